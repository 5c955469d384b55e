//! Standard input, given up at a signal.

use std::future::pending;
use std::sync::mpsc;
use std::thread;

use kms_byok::{Error, FileError, Secret};

use super::context::{block_on, until_stopped};

/// Reads standard input to its end, unless SIGINT or SIGTERM comes first.
///
/// A read cannot be broken off, and process 1 of a container does not even get signals that it does not wait for: so the
/// read has a thread of its own, which ends with the process.
pub(super) fn read(what: &'static str, limit: usize) -> Result<Secret, Error> {
    let (tell, first) = mpsc::channel();
    let told = tell.clone();
    thread::spawn(move || told.send(Secret::read_stdin(what, limit).map_err(Error::from)));
    thread::spawn(move || tell.send(block_on(until_stopped(pending()))));
    first.recv().map_err(|source| FileError::StdinUnreadable { what, source: std::io::Error::other(source) })?
}
