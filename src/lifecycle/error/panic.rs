//! A panic as an error: the place in the code, and none of the values.

use std::fmt;
use std::panic::PanicHookInfo;

use crate::explain::{Explain, Hint, some};

/// A panic. Its own text may show values, and stays out.
#[derive(Debug, Default)]
pub struct Panic {
    place: Option<String>,
    because: Option<String>,
}

impl Panic {
    /// Where it happened.
    pub fn of(panic: &PanicHookInfo<'_>) -> Self {
        let place = panic.location().map(|place| format!("{}:{}", shorten(place.file()), place.line()));
        Panic { place, because: None }
    }

    /// The failure that it has led to: a panic of one task is a broken connection to another.
    pub fn that_led_to(self, failure: &dyn Explain) -> Self {
        let because = failure.because().map_or_else(|| failure.to_string(), |inner| format!("{failure}: {inner}"));
        Panic { because: Some(because), ..self }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<Hint> {
        Explain::hint(self)
    }
}

/// A dependency's file without the directory that it was built in.
fn shorten(file: &str) -> &str {
    file.split_once("/registry/src/").and_then(|(_, rest)| rest.split_once('/')).map_or(file, |(_, file)| file)
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a defect of kms-byok ends this run, at {}", self.place.as_deref().unwrap_or("an unknown place"))
    }
}

impl std::error::Error for Panic {}

impl Explain for Panic {
    fn id(&self) -> &'static str {
        "defect"
    }

    fn hint(&self) -> Option<Hint> {
        some("report it with this place and the command line, then run the same command again: it finds what exists")
    }

    fn because(&self) -> Option<String> {
        self.because.clone()
    }
}
