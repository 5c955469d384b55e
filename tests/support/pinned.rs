//! The environments of other people's programs that `scripts/check` makes: Python with the aws CLI, boto3 and MiniStack, and the
//! AWS SDK for JavaScript. A plain `cargo test` may lack them.
#![allow(dead_code)] // each test program uses a part of it
#![allow(clippy::print_stdout)] // skips are printed

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

/// The directory whose `node_modules` has the AWS SDK for JavaScript, if it and Node are there.
pub(crate) fn node() -> Option<PathBuf> {
    let directory = directory("KMS_BYOK_NODE", "target/node");
    let runs = Command::new("node").arg("--version").output().is_ok_and(|run| run.status.success());
    if runs && directory.join("node_modules/@aws-sdk/client-kms/package.json").exists() {
        return Some(directory);
    }
    println!("skipped: no Node, or no AWS SDK in {}; scripts/node-env makes it", directory.display());
    None
}

fn directory(variable: &str, usual: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(usual), PathBuf::from)
}
