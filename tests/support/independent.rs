//! The unwrapping that OpenSSL has no part in: `tests/independent/unwrap.py`, one process for many blobs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use kms_byok::wrap::{WrappingAlgorithm, WrappingKey, WrappingKeySpec};
use openssl::rsa::Rsa;

/// A wrapping key whose private half the script gets.
pub struct KeyPair {
    pub public: WrappingKey,
    /// PKCS#1 DER.
    private: Vec<u8>,
}

impl KeyPair {
    pub fn generate(spec: WrappingKeySpec) -> Self {
        Self::of(&Rsa::generate(spec.bits()).unwrap())
    }

    pub fn of(rsa: &Rsa<openssl::pkey::Private>) -> Self {
        let public = WrappingKey::from_der(&rsa.public_key_to_der().unwrap()).unwrap();
        KeyPair { public, private: rsa.private_key_to_der().unwrap() }
    }

    /// One line for the script.
    pub fn job(&self, algorithm: WrappingAlgorithm, blob: &[u8]) -> String {
        format!("{} {} {}\n", hex::encode(&self.private), algorithm.name(), hex::encode(blob))
    }
}

/// What the script makes of each job, in order: hex, or `refused: …`. Nothing where there is no Python, which is said.
pub fn unwrap(jobs: &[String]) -> Option<Vec<String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent/unwrap.py");
    let pinned = std::env::var_os("KMS_BYOK_PYTHON").map(|programs| PathBuf::from(programs).join("python"));
    let python = pinned.filter(|python| python.exists()).unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
    let Ok(mut process) = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        println!("skipped: there is no python3 for the independent unwrapping");
        return None;
    };
    let (mut stdin, input) = (process.stdin.take().unwrap(), jobs.concat());
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), jobs.len());
    Some(lines)
}
