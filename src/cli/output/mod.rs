//! What is printed: the answer on stdout, once, as text or as one JSON object; the talk on stderr.

pub(crate) mod diagnosis;
pub(crate) mod document;
pub(crate) mod key_status;
pub(crate) mod lifecycle;
pub(crate) mod parts;
mod rows;
#[cfg(all(test, feature = "schemas", feature = "rehearsal", feature = "fleet"))] // every verb has its schema
mod schemas;
pub(crate) mod table;
pub(crate) mod tone;

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use kms_byok::Progress;
use kms_byok::for_the_binary::printable;
use serde::Serialize;

pub(crate) use self::rows::{because, line, lines};
use self::tone::{Tone, labelled};
use super::colour::Colour;
use super::live;
use crate::closed::was_stdout_closed;

/// Format of the answer on standard output.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Text,
    Json,
}

/// Whether anything was written to standard output.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// Writes to standard error. It is the only place that does, so that every text is cleaned of control characters.
pub(crate) fn say(text: &str) {
    let text = tone::shown(text, Colour::asked_for().on_stderr());
    let _ = live::beside(|| io::stderr().write_all(text.as_bytes()));
}

/// A text for people, as standard output gets it.
pub(crate) fn on_stdout(text: &str) -> Vec<u8> {
    tone::shown(text, Colour::asked_for().on_stdout()).into_bytes()
}

/// Writes the answer in one piece, and gives what kept it from arriving.
pub(crate) fn answer<R: Serialize>(output: Output, report: &R, text: &str) -> Option<io::Error> {
    match output {
        Output::Json => bytes(&printable::json(report)),
        Output::Text if text.is_empty() || text.ends_with('\n') => bytes(&on_stdout(text)),
        Output::Text => bytes(&on_stdout(&line(text))),
    }
}

/// Writes bytes to standard output. A closed pipe is no error: the reader had enough.
pub(crate) fn bytes(bytes: &[u8]) -> Option<io::Error> {
    begin();
    let mut stdout = io::stdout();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
}

/// The answer comes: nothing moves any more.
fn begin() {
    live::end();
    BEGUN.store(true, Ordering::Relaxed);
}

/// Writes what carries key material to standard output itself: std's buffer would keep a copy, and takes a closed descriptor for one
/// that is written to. Whatever was not written is lost, whoever closed the pipe.
pub(crate) fn material(mut bytes: &[u8]) -> Option<io::Error> {
    begin();
    if was_stdout_closed() {
        return Some(rustix::io::Errno::BADF.into());
    }
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(0) => return Some(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Some(error.into()),
        }
    }
    None
}

/// The talk on stderr.
pub(crate) struct Stderr {
    pub(crate) quiet: bool,
    pub(crate) verbose: u8,
}

impl Stderr {
    /// What is done now, for a terminal alone: elsewhere only what was done is said.
    pub(crate) fn doing(&self, text: &str) {
        let _ = self.moves() && live::step(text);
    }

    /// Shows lines that move instead of steps; `false` where nothing moves.
    #[cfg(feature = "fleet")]
    pub(crate) fn lines(&self, lines: impl Fn(usize) -> Vec<String> + Send + 'static) -> bool {
        self.moves() && live::lines(lines)
    }

    /// With `--verbose` the talk is a log: each step stays.
    fn moves(&self) -> bool {
        !self.quiet && self.verbose == 0
    }
}

impl Progress for Stderr {
    /// The answer tells what was done: on a terminal a step is shown until the next one comes, or the answer.
    fn step(&self, text: &str) {
        if !self.moves() || !live::step(text) {
            self.note(text);
        }
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            say(&line(text));
        }
    }

    fn warn(&self, text: &str) {
        say(&labelled(Tone::Doubtful, "warning", text));
    }

    fn detail(&self, text: &str) {
        if self.verbose > 0 {
            say(&line(text));
        }
    }
}

/// Whether anything was written to standard output.
pub(crate) fn has_begun() -> bool {
    BEGUN.load(Ordering::Relaxed)
}
