//! The environments of other people's programs that `scripts/check` makes: Python with the aws CLI, boto3, MiniStack and encryption
//! libraries. A plain `cargo test` may lack them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory of Python and of what is installed beside it, if all these programs and modules are there.
pub(crate) fn python(programs: &[&str], modules: &[&str]) -> Option<PathBuf> {
    let directory = directory("KMS_BYOK_PYTHON", "target/python/bin");
    let loads = |module: &&&str| {
        Command::new(directory.join("python"))
            .args(["-c", &format!("import {module}")])
            .output()
            .is_ok_and(|run| run.status.success())
    };
    let there = programs.iter().all(|program| directory.join(program).exists())
        && modules.iter().filter(|module| !loads(module)).count() == 0;
    if there {
        return Some(directory);
    }
    println!(
        "skipped: no {} in {}; scripts/python-env makes it",
        [programs, modules].concat().join(", "),
        directory.display()
    );
    None
}

pub(crate) fn directory(variable: &str, usual: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(usual), PathBuf::from)
}
