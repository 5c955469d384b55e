//! Clients that nobody here wrote live a whole life with keys of the embedded KMS: created, wrapped by their own crypto, imported,
//! used, rotated, replicated, expired, deleted; and refused where KMS refuses. Their scripts are in `tests/clients/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Bench, pinned, run};

#[test]
fn boto3_lives_a_whole_life_and_every_reply_is_of_the_service_model() {
    python("boto3_life.py", &["boto3", "cryptography"]);
}

#[test]
fn the_aws_cli_lives_a_whole_life() {
    python("aws_cli_life.py", &["awscli"]);
}

#[test]
fn the_sdk_for_javascript_lives_a_whole_life() {
    let Some(directory) = node() else { return };
    lives(Command::new("node").env("KMS_BYOK_NODE", directory), "node_life.mjs");
}

/// Lengths, patterns, enumerations, ranges and types of every member of every request, one broken at a time.
#[test]
fn every_constraint_of_the_service_model_is_refused_in_awss_words() {
    python("model_constraints.py", &["botocore"]);
}

fn python(script: &str, modules: &[&str]) {
    let Some(directory) = pinned::python(&["python"], modules) else { return };
    lives(Command::new(directory.join("python")).env("PYTHONDONTWRITEBYTECODE", "1"), script);
}

fn lives(program: &mut Command, script: &str) {
    let bench = Bench::new();
    let kms = bench.serve();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    let run = run(program.arg(script).arg(kms.url()).env("HOME", bench.directory()), b"");
    println!("{}{}", run.stdout, run.stderr);
    run.succeeds();
}

/// The directory whose `node_modules` has the AWS SDK for JavaScript, if it and Node are there.
fn node() -> Option<PathBuf> {
    let directory = pinned::directory("KMS_BYOK_NODE", "target/node");
    let runs = Command::new("node").arg("--version").output().is_ok_and(|run| run.status.success());
    if runs && directory.join("node_modules/@aws-sdk/client-kms/package.json").exists() {
        return Some(directory);
    }
    println!("skipped: no Node, or no AWS SDK in {}; scripts/node-env makes it", directory.display());
    None
}
