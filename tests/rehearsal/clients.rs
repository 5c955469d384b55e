//! Clients that nobody here wrote live a whole life with keys of the embedded KMS: created, wrapped by their own crypto, imported,
//! used, rotated, replicated, expired, deleted; and refused where KMS refuses. Their scripts are in `tests/clients/`.
#![cfg(feature = "rehearsal")]
#![allow(clippy::print_stdout, clippy::unwrap_used)] // what the scripts say; a helper that fails is a test that fails

#[path = "support/pinned.rs"]
mod pinned;
#[path = "support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Command;

use support::{Bench, run};

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
    let Some(directory) = pinned::node() else { return };
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
