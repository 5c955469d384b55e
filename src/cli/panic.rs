//! A panic as an error: the place in the code, and none of the values.

use std::fmt;
use std::panic::PanicHookInfo;

use kms_byok::{Error, Explain, Hint};

use super::output::tone::{Tone, labelled};
use super::words::sentence;
use super::{live, output};

/// A panic. Its own text may show values, and stays out.
#[derive(Clone, Debug)]
pub(crate) struct Panic {
    place: Option<String>,
}

impl Panic {
    /// Where it happened.
    pub(crate) fn of(panic: &PanicHookInfo<'_>) -> Self {
        Panic { place: panic.location().map(|place| format!("{}:{}", shorten(place.file()), place.line())) }
    }

    /// Prints it, without anything of the run.
    pub(crate) fn say(&self) {
        let hint = self.hint().map(|hint| sentence(&hint)).unwrap_or_default();
        live::end();
        output::say(&(labelled(Tone::Bad, "error", &self.to_string()) + &labelled(Tone::Help, "hint", &hint)));
    }
}

/// A dependency's file without the directory that it was built in.
fn shorten(file: &str) -> &str {
    file.split_once("/registry/src/").and_then(|(_, rest)| rest.split_once('/')).map_or(file, |(_, file)| file)
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a bug in kms-byok ended this run, at {}", self.place.as_deref().unwrap_or("an unknown place"))
    }
}

impl std::error::Error for Panic {}

impl From<Panic> for Error {
    fn from(panic: Panic) -> Self {
        Error::Caller(Box::new(panic))
    }
}

impl Explain for Panic {
    fn id(&self) -> &'static str {
        "defect"
    }

    fn hint(&self) -> Option<Hint> {
        Some(
            "report it with this location and the command line, then run the same command again: it finds what exists"
                .into(),
        )
    }
}
