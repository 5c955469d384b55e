//! Every cause that can be named, in words. An evidence is written as an error is: lower case, present tense, no full stop, the
//! user's values in backticks; a fix is one imperative sentence with a command in it.
//!
//! Their ids are listed in the documentation of `diagnose`.

mod blob;
mod file;
mod key;
mod material;
mod opened;
mod parameters;
mod public_key;
mod words;

use std::fmt;

pub(crate) use self::blob::BlobCause;
pub(crate) use self::file::FileCause;
pub(crate) use self::key::KeyCause;
pub(crate) use self::material::{MaterialCause, Otherwise};
pub(crate) use self::opened::OpenedCause;
pub(crate) use self::parameters::ParametersCause;
pub(crate) use self::public_key::PublicKeyCause;
use self::words::Words;
use super::commands::Commands;
use crate::explain::Hint;

/// Why an import fails, sorted by what it is about.
#[derive(Debug)]
pub(crate) enum Cause {
    File(FileCause),
    PublicKey(PublicKeyCause),
    Blob(BlobCause),
    Opened(OpenedCause),
    Material(MaterialCause),
    Parameters(ParametersCause),
    Key(KeyCause),
}

impl Cause {
    pub(crate) fn id(&self) -> &'static str {
        self.words().id()
    }

    pub(crate) fn fix(&self, commands: &Commands) -> Hint {
        self.words().fix(commands)
    }

    fn words(&self) -> &dyn Words {
        match self {
            Cause::File(cause) => cause,
            Cause::PublicKey(cause) => cause,
            Cause::Blob(cause) => cause,
            Cause::Opened(cause) => cause,
            Cause::Material(cause) => cause,
            Cause::Parameters(cause) => cause,
            Cause::Key(cause) => cause,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words().fmt(f)
    }
}

macro_rules! sorted {
    ($($variant:ident($cause:ident)),*) => {$(
        impl From<$cause> for Cause {
            fn from(cause: $cause) -> Self {
                Cause::$variant(cause)
            }
        }
    )*};
}

sorted!(
    File(FileCause),
    PublicKey(PublicKeyCause),
    Blob(BlobCause),
    Opened(OpenedCause),
    Material(MaterialCause),
    Parameters(ParametersCause),
    Key(KeyCause)
);

#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;
