"""The pinned aws CLI, started once: what takes longest of a command is to import it.

    warm_aws.py DIRECTORY      makes DIRECTORY/aws, a command like any other, and answers it until standard input ends;
                               then DIRECTORY is removed

Each command is a fork of this process, with the arguments, environment, working directory and standard streams of whoever gave it.
"""

import json
import os
import select
import shutil
import signal
import socket
import sys
import traceback

import awscli.clidriver

DATA_PATH = os.environ["AWS_DATA_PATH"]  # the import has set it

CLIENT = """#!{python} -IS
import json, os, socket, sys
warm = socket.socket(socket.AF_UNIX)
warm.connect({path!r})
said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(warm, [len(said).to_bytes(4, "big")], [0, 1, 2])
warm.sendall(said)
code = warm.recv(1)
sys.exit(code[0] if code else 255)
"""


def main():
    directory = sys.argv[1]
    path = os.path.join(directory, "socket")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    run(["kms", "list-keys", "--generate-cli-skeleton"], os.open(os.devnull, os.O_RDWR))  # imports what is imported late
    client = os.path.join(directory, "aws")
    with open(os.open(client, os.O_WRONLY | os.O_CREAT, 0o755), "w") as file:
        file.write(CLIENT.format(python=sys.executable, path=path))
    print("ready", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            shutil.rmtree(directory)
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            serve(connection)
            os._exit(0)
        connection.close()


def serve(connection):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, _, _ = socket.recv_fds(connection, 4, 3)
    said = connection.makefile("rb").read(int.from_bytes(length, "big"))
    child = os.fork()
    if child == 0:
        arguments, directory, environment = json.loads(said)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        for descriptor in [*streams, connection.fileno()]:
            if descriptor > 2:
                os.close(descriptor)
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environment, AWS_DATA_PATH=DATA_PATH)
        code = 255
        try:
            sys.argv = ["aws", *arguments]
            code = awscli.clidriver.main()
            sys.stdout.flush()
            sys.stderr.flush()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(code)
    for stream in streams:
        os.close(stream)
    _, status = os.waitpid(child, 0)
    connection.sendall(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))


def run(arguments, output):
    """Runs a command here, for what it leaves behind."""
    kept = os.dup(1)
    os.dup2(output, 1)
    sys.argv = ["aws", *arguments]
    awscli.clidriver.main()
    sys.stdout.flush()
    os.dup2(kept, 1)
    os.close(kept)
    os.close(output)


main()
