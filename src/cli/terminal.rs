//! The terminal: asking for a passphrase without showing it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;

use kms_byok::{Error, FileError, Secret, printable};
use rustix::termios::{LocalModes, OptionalActions, Termios, isatty, tcgetattr, tcsetattr};

use super::stoppable::stoppable;

/// Asks on the controlling terminal; nothing if there is none.
pub(super) fn ask_passphrase(key: &Path) -> Result<Option<Secret>, Error> {
    let Ok(mut terminal) = OpenOptions::new().read(true).write(true).open("/dev/tty") else { return Ok(None) };
    let Ok(before) = tcgetattr(&terminal) else { return Ok(None) };
    let Ok(typed) = terminal.try_clone() else { return Ok(None) };
    if terminal.write_all(printable::line(&format!("passphrase of `{}`: ", key.display())).as_bytes()).is_err() {
        return Ok(None);
    }
    // Echo comes back in every case, also when the question is answered with Ctrl-C.
    let secret = {
        let _hidden = Hidden::new(&terminal, before);
        stoppable(move || read_line(&typed))
    };
    let _ = writeln!(terminal);
    secret.map(Some)
}

/// Asks for a line on the controlling terminal, and goes on listening to signals meanwhile; nothing if there is no terminal.
pub(super) async fn ask(question: String) -> Option<String> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    // A read cannot be cancelled: after a signal the thread ends with the process.
    std::thread::spawn(move || answer.send(read_answer(&question)));
    answered.await.ok().flatten()
}

fn read_answer(question: &str) -> Option<String> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    terminal.write_all(printable::page(question).as_bytes()).ok()?;
    let mut line = String::new();
    BufReader::new(terminal.take(4096)).read_line(&mut line).ok()?;
    Some(line.trim().to_owned())
}

/// Whether standard output is a terminal.
pub(crate) fn stdout_is_terminal() -> bool {
    isatty(rustix::stdio::stdout())
}

/// Echo is off while this lives.
struct Hidden<'a, T: AsFd> {
    terminal: &'a T,
    before: Termios,
}

impl<'a, T: AsFd> Hidden<'a, T> {
    fn new(terminal: &'a T, before: Termios) -> Self {
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        let _ = tcsetattr(terminal, OptionalActions::Flush, &silent);
        Hidden { terminal, before }
    }
}

impl<T: AsFd> Drop for Hidden<'_, T> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// One line, straight into the secret.
fn read_line(terminal: &File) -> Result<Secret, Error> {
    let mut line = Secret::zeroed(4096)?;
    let mut length = 0;
    while length < line.len() {
        let read = rustix::io::read(terminal, &mut line.expose_mut()[length..=length]);
        match read {
            Ok(1) if line.expose()[length] != b'\n' => length += 1,
            Ok(_) => break,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(FileError::StdinUnreadable { what: "passphrase", source: error.into() }.into()),
        }
    }
    line.truncate(length);
    Ok(line)
}
