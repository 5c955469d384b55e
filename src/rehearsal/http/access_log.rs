//! One line for each request: when, where, what, how it ended. Nothing of what was sent or answered.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::printable;
use crate::rehearsal::error::RehearsalError;
use crate::rehearsal::state::clock::{Millis, rfc3339};

pub(crate) struct AccessLog {
    file: Option<Mutex<File>>,
}

pub(crate) struct Line<'a> {
    pub(crate) time: Millis,
    pub(crate) region: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) status: u16,
    pub(crate) code: &'a str,
    pub(crate) took: Duration,
    pub(crate) request_id: &'a str,
}

impl AccessLog {
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, RehearsalError> {
        let open = |path: &Path| {
            OpenOptions::new()
                .append(true)
                .create(true)
                .open(path)
                .map_err(|source| RehearsalError::AccessLog { path: path.to_owned(), source })
        };
        Ok(AccessLog { file: path.map(open).transpose()?.map(Mutex::new) })
    }

    pub(crate) fn write(&self, line: &Line<'_>) {
        let Some(file) = &self.file else { return };
        let text = format!(
            "{} {} {} {} {} {:.1}ms {}",
            rfc3339(line.time),
            line.region,
            line.operation,
            line.status,
            line.code,
            line.took.as_secs_f64() * 1000.0,
            line.request_id,
        );
        let _ =
            file.lock().unwrap_or_else(PoisonError::into_inner).write_all((printable::line(&text) + "\n").as_bytes());
    }
}
