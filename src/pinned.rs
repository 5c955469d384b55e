//! For tests: what the pinned botocore says, in the environment that `scripts/python-env` makes.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // skips are printed

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What this program prints; nothing where that Python is not there.
pub(crate) fn python(program: &str) -> Option<String> {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin");
    let directory = env::var_os("KMS_BYOK_PYTHON").map_or(usual, PathBuf::from);
    let Ok(run) = Command::new(directory.join("python")).args(["-c", program]).output() else {
        println!("skipped: no python in {}; scripts/python-env makes it", directory.display());
        return None;
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    Some(String::from_utf8(run.stdout).unwrap())
}
