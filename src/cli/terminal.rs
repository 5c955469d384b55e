//! The terminal: asking for a passphrase, or a key component, without showing it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kms_byok::for_the_binary::printable;
use kms_byok::{FileError, Secret};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetwinsize, tcsetattr,
};

use super::live;
use super::signals::system::mind_terminal;

/// Asks for the passphrase of a key on the controlling terminal; nothing if there is none.
pub(super) fn ask_passphrase(key: &Path) -> Result<Option<Secret>, FileError> {
    ask_unseen(&format!("passphrase of `{}`: ", key.display()), "passphrase")
}

/// Asks on the controlling terminal for what is not shown; nothing if there is none. `what` names it in errors.
pub(super) fn ask_unseen(question_line: &str, what: &'static str) -> Result<Option<Secret>, FileError> {
    live::hide();
    let answer = unseen(question_line, |terminal| read_line(terminal, what));
    live::show();
    answer.transpose()
}

/// Reads while what is typed is not shown; nothing if there is no terminal to say so on.
fn unseen<T>(question_line: &str, read: impl FnOnce(&File) -> T) -> Option<T> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    let before = tcgetattr(&terminal).ok()?;
    let prompt = printable::line(question_line);
    // Who sees the question may type.
    let hidden = Hidden::until_dropped(&terminal, before, &prompt)?;
    if write!(terminal, "{prompt}").is_err() {
        drop(hidden);
        question().take();
        return None;
    }
    let answer = read(&terminal);
    drop(hidden);
    end_line();
    Some(answer)
}

/// Asks for a line on the controlling terminal, and goes on listening to signals meanwhile; nothing if there is no terminal.
pub(super) async fn ask(question: String) -> Option<String> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    // A read cannot be cancelled: after a signal the thread ends with the process.
    std::thread::spawn(move || answer.send(ask_now(&question)));
    answered.await.ok().flatten()
}

/// Asks for a line on the controlling terminal, and waits for it; nothing if there is no terminal.
pub(super) fn ask_now(question: &str) -> Option<String> {
    live::hide();
    let answer = read_answer(question);
    live::show();
    answer
}

fn read_answer(question: &str) -> Option<String> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    terminal.write_all(printable::page(question).as_bytes()).ok()?;
    let mut line = String::new();
    BufReader::new(terminal.take(4096)).read_line(&mut line).ok()?;
    Some(line.trim().to_owned())
}

/// Reads standard input up to its end. On a terminal it is said that something is to be typed, and what is typed is not shown.
pub(super) fn read_stdin(what: &'static str, limit: usize) -> Result<Secret, FileError> {
    let read = || Secret::read_stdin(what, limit);
    if !isatty(rustix::stdio::stdin()) {
        return read();
    }
    live::hide();
    let prompt = format!("type or paste the {what}, then Enter and Ctrl-D (it is not shown): ");
    let typed = unseen(&prompt, |_| read());
    live::show();
    // What tells nobody that it waits is waited for all the same.
    typed.unwrap_or_else(read)
}

/// What has to be read before a question is answered, where standard error does not show it: with `--quiet`, or in a file.
pub(super) fn to_be_read(head: &str, sentences: &[String], quiet: bool) -> String {
    if !quiet && stderr_is_terminal() {
        return String::new();
    }
    let items = sentences.iter().map(|sentence| format!("- {}\n", printable::line(sentence)));
    items.fold(printable::line(head) + "\n", |text, item| text + &item)
}

/// Whether there is a terminal to ask on.
pub(super) fn is_there() -> bool {
    OpenOptions::new().read(true).write(true).open("/dev/tty").is_ok()
}

/// Says something on the controlling terminal, between two questions.
pub(super) fn tell(text: &str) {
    if let Ok(mut terminal) = OpenOptions::new().write(true).open("/dev/tty") {
        let _ = live::beside(|| writeln!(terminal, "{}", printable::line(text)));
    }
}

/// Whether standard output is a terminal.
pub(crate) fn stdout_is_terminal() -> bool {
    isatty(rustix::stdio::stdout())
}

/// Whether standard error is a terminal.
pub(crate) fn stderr_is_terminal() -> bool {
    isatty(rustix::stdio::stderr())
}

/// How many columns the terminal has that shows standard output.
pub(crate) fn columns_of_stdout() -> Option<usize> {
    tcgetwinsize(rustix::stdio::stdout()).ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// A question whose answer is not shown. Whatever ends or stops the process meanwhile, the terminal shows again what is typed.
struct Question {
    terminal: File,
    before: Termios,
    prompt: String,
    /// The process may be stopped and go on.
    hidden: bool,
}

static QUESTION: Mutex<Option<Question>> = Mutex::new(None);

fn question() -> MutexGuard<'static, Option<Question>> {
    QUESTION.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows again what is typed; what was typed unseen is thrown away. Does not wait for a terminal that is held (Ctrl-S).
pub(super) fn show_typing() {
    if let Some(asked) = question().as_mut().filter(|asked| asked.hidden) {
        let _ = tcflush(&asked.terminal, QueueSelector::IFlush);
        let _ = tcsetattr(&asked.terminal, OptionalActions::Now, &asked.before);
        asked.hidden = false;
    }
}

/// Asks again after the process was stopped.
pub(super) fn hide_typing() {
    if let Some(asked) = question().as_mut() {
        asked.hide();
        let _ = write!(&asked.terminal, "{}", asked.prompt);
    }
}

/// Leaves the line of a question that got no answer.
pub(super) fn end_line() {
    let asked = question().take();
    if let Some(asked) = asked {
        let _ = writeln!(&asked.terminal);
    }
}

impl Question {
    fn hide(&mut self) {
        let mut silent = self.before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        self.hidden = tcsetattr(&self.terminal, OptionalActions::Flush, &silent).is_ok();
    }
}

/// Hides what is typed while it lives.
struct Hidden;

impl Hidden {
    fn until_dropped(terminal: &File, before: Termios, prompt: &str) -> Option<Self> {
        let terminal = terminal.try_clone().ok()?;
        mind_terminal();
        let mut asked = Question { terminal, before, prompt: prompt.to_owned(), hidden: false };
        asked.hide();
        *question() = Some(asked);
        Some(Hidden)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        show_typing();
    }
}

/// One line, straight into the secret.
fn read_line(terminal: &File, what: &'static str) -> Result<Secret, FileError> {
    let mut line = Secret::zeroed(4096)?;
    let mut length = 0;
    while length < line.len() {
        let read = rustix::io::read(terminal, &mut line.expose_mut()[length..=length]);
        match read {
            Ok(1) if line.expose()[length] != b'\n' => length += 1,
            Ok(_) => break,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(FileError::StdinUnreadable { what, source: error.into() }),
        }
    }
    line.truncate(length);
    Ok(line)
}
