//! A panic as an error: the place in the code, and none of the values.

use std::fmt;
use std::panic::PanicHookInfo;

use kms_byok::{Error, Explain, Hint};

/// A panic. Its own text may show values, and stays out.
#[derive(Debug, Default)]
pub(crate) struct Panic {
    place: Option<String>,
    because: Option<String>,
}

impl Panic {
    /// Where it happened.
    pub(crate) fn of(panic: &PanicHookInfo<'_>) -> Self {
        let place = panic.location().map(|place| format!("{}:{}", shorten(place.file()), place.line()));
        Panic { place, because: None }
    }

    /// The failure that it has led to: a panic of one task is a broken connection to another.
    pub(crate) fn that_led_to(self, failure: &dyn Explain) -> Self {
        let because = failure.because().map_or_else(|| failure.to_string(), |inner| format!("{failure}: {inner}"));
        Panic { because: Some(because), ..self }
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

    fn because(&self) -> Option<String> {
        self.because.clone()
    }
}
