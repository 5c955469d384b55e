//! Clients that nobody here wrote live a whole life with keys of the embedded KMS: created, wrapped by their own crypto, imported,
//! used, rotated, replicated, expired, deleted; and refused where KMS refuses. Their scripts are in `tests/clients/`.

use std::path::Path;
use std::process::Command;

use crate::support::{Bench, Run, pinned, pinned_node, run};

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
    node("node_life.mjs", "@aws-sdk/client-kms");
}

#[test]
fn the_encryption_sdk_for_python_encrypts_with_an_imported_key_through_a_rotation() {
    python(
        "encryption_sdk.py",
        &["boto3", "cryptography", "aws_encryption_sdk", "aws_cryptographic_material_providers"],
    );
}

#[test]
fn the_encryption_sdk_for_javascript_encrypts_with_an_imported_key_through_a_rotation() {
    node("node_encryption_sdk.mjs", "@aws-crypto/client-node");
}

#[test]
fn tink_encrypts_with_an_imported_key_through_a_rotation() {
    python("tink_life.py", &["boto3", "cryptography", "tink.integration.awskms"]);
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

/// Node's own warnings (it is too old for the SDK) are failures.
fn node(script: &str, package: &str) {
    let Some((node, directory)) = pinned_node::node(&[package]) else { return };
    let run = lives(Command::new(node).env("KMS_BYOK_NODE", directory), script);
    assert_eq!(run.stderr, "");
}

fn lives(program: &mut Command, script: &str) -> Run {
    let bench = Bench::new();
    let kms = bench.serve();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    let run = run(program.arg(script).arg(kms.url()).env("HOME", bench.directory()), b"");
    println!("{}{}", run.stdout, run.stderr);
    run.succeeds();
    run
}
