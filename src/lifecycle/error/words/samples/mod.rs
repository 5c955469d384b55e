//! One sample at least of every variant of every error type: what was typed is [`TYPED`], what others said is [`FOREIGN`].

mod far;
#[cfg(feature = "fleet")]
mod fleets;
mod keys;
mod machine;
#[cfg(feature = "rehearsal")]
mod rehearsals;
#[cfg(feature = "pkcs11")]
mod tokens;
mod wrapping;

use std::io;
use std::path::PathBuf;

use super::{FOREIGN, Sample, TYPED};
use crate::kms::{EndpointError, KeyArn};

pub(super) fn all() -> Vec<Sample> {
    let of_each_room = [
        far::all(),
        keys::all(),
        wrapping::all(),
        machine::all(),
        #[cfg(feature = "pkcs11")]
        tokens::all(),
        #[cfg(feature = "fleet")]
        fleets::all(),
        #[cfg(feature = "rehearsal")]
        rehearsals::all(),
    ];
    of_each_room.into_iter().flatten().collect()
}

pub(super) fn typed() -> String {
    TYPED.to_owned()
}

pub(super) fn path() -> PathBuf {
    TYPED.into()
}

pub(super) fn foreign() -> String {
    FOREIGN.to_owned()
}

pub(super) fn system() -> io::Error {
    io::Error::other(FOREIGN)
}

pub(super) fn lost() -> EndpointError {
    EndpointError::Reset { host: typed(), because: foreign() }
}

pub(super) fn id() -> String {
    "1f".repeat(32)
}

pub(super) fn arn() -> KeyArn {
    "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap()
}

pub(super) fn time() -> String {
    "2027-01-31T12:00:00Z".to_owned()
}
