//! A row as it stands in the file, and how far it is read.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use super::column::Cells;
use super::error::Mistake;

/// The most bytes of a row. A policy or a key is a file, and no cell of its own.
pub(super) const ROW_LIMIT: u64 = 256 * 1024;

/// Where a row begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) offset: u64,
    pub(crate) line: u64,
}

/// A row as it stands in the file.
pub(crate) struct Record {
    /// Where it begins.
    pub(crate) position: Position,
    /// The line it begins on, counted from 1.
    pub(crate) number: u64,
    pub(crate) cells: Result<Cells, Vec<Mistake>>,
}

/// A reader that gives up within a row that is too long, so that no row is held that fills the memory.
pub(super) struct Guarded {
    inner: BufReader<File>,
    since: u64,
}

impl Guarded {
    pub(super) fn new(file: File) -> Self {
        Guarded { inner: BufReader::with_capacity(32 * 1024, file), since: 0 }
    }

    /// A row has ended.
    pub(super) fn ended(&mut self) {
        self.since = 0;
    }
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.since > ROW_LIMIT {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        let count = self.inner.read(buffer)?;
        self.since += count as u64;
        Ok(count)
    }
}

impl BufRead for Guarded {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.since > ROW_LIMIT {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.since += count as u64;
        self.inner.consume(count);
    }
}
