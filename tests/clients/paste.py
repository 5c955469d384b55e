"""Runs a command as a person who pastes it into a terminal: each question is answered with the passphrase of the first argument, but
one for a new passphrase of ssh-keygen with nothing. Prints what the terminal showed, and ends as the command did.
"""

import os
import pty
import re
import select
import sys

passphrase, command = sys.argv[1:3]
child, terminal = pty.fork()
if child == 0:
    os.execvp("sh", ["sh", "-c", command])
shown = b""
answered = 0
while True:
    ready, _, _ = select.select([terminal], [], [], 60)
    if not ready:
        os.kill(child, 9)
        sys.exit("no end: " + shown.decode(errors="replace"))
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    question = shown[answered:].splitlines()[-1:] or [b""]
    if re.search(rb"[:?] *$", question[0]) and not shown.endswith(b"\n"):
        answered = len(shown)
        empty = b"empty for no" in question[0] or b"same passphrase" in question[0]
        os.write(terminal, b"\n" if empty else passphrase.encode() + b"\n")
_, status = os.waitpid(child, 0)
sys.stdout.write(shown.decode(errors="replace"))
sys.exit(os.waitstatus_to_exitcode(status))
