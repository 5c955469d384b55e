//! The recipient of escrow copies, made once.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use super::certificate::make;

/// Puts `recovery.pem` and `recovery.key` into a directory.
pub fn place(directory: &Path) {
    static MADE: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| make(false));
    fs::write(directory.join("recovery.pem"), &MADE.0).unwrap();
    fs::write(directory.join("recovery.key"), &MADE.1).unwrap();
}
