//! An embedded KMS, the binary that talks to it, and a second client that sees what the binary has done.

use serde_json::{Value, json};

use super::embedded_kms::Kms;
use super::importing::random;
use super::{Bench, EmbeddedKms, Run};

pub(crate) struct Scene {
    pub(crate) bench: Bench,
    /// The second client, in us-east-1.
    pub(crate) kms: Kms,
    server: EmbeddedKms,
}

impl Scene {
    /// `flags` of `rehearsal serve`; quotas are off.
    pub(crate) fn new(flags: &str) -> Self {
        let bench = Bench::new();
        let server = bench.serve_with(&format!("--no-quotas --access-log calls.log {flags}"));
        let kms = Kms::at(server.url());
        Scene { bench, kms, server }
    }

    /// The same with private files of 32 random bytes, `one`, `two` and `three`, and the key alias/a with the first of them; its ARN.
    /// `more` goes to `provision`.
    pub(crate) fn with_key(flags: &str, more: &str) -> (Self, String) {
        let scene = Scene::new(flags);
        ["one", "two", "three"].iter().for_each(|name| scene.material(name, 32));
        let arn = scene.provision(&format!("--alias alias/a --material one {more}"));
        (scene, arn)
    }

    /// Where the binary finds it.
    pub(crate) fn at(&self) -> String {
        format!("--endpoint-url {} --region us-east-1", self.server.url())
    }

    /// `kms-byok LINE` in us-east-1.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.bench.kms_byok_with_credentials(&format!("{line} {}", self.at()))
    }

    /// The same, which must succeed; its answer.
    #[track_caller]
    pub(crate) fn json(&self, line: &str) -> Value {
        self.run(&format!("{line} --output json")).json()
    }

    /// The same, which must fail with that exit code; its answer and what it said.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, line: &str) -> (Value, String) {
        let run = self.run(&format!("{line} --output json"));
        assert_eq!(run.code, Some(code), "{}{}", run.stdout, run.stderr);
        (serde_json::from_str(&run.stdout).unwrap(), run.stderr)
    }

    /// Provisions a key; its ARN.
    #[track_caller]
    pub(crate) fn provision(&self, flags: &str) -> String {
        let answer = self.json(&format!("provision --wrapping-key-spec RSA_2048 --quiet {flags}"));
        answer["key_arn"].as_str().unwrap().to_owned()
    }

    /// How often an operation was asked for so far.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        let log = String::from_utf8(self.bench.read("calls.log")).unwrap();
        log.lines().filter(|line| line.split(' ').nth(2) == Some(operation)).count()
    }

    /// Every operation that was asked for so far.
    pub(crate) fn operations(&self) -> Vec<String> {
        let log = String::from_utf8(self.bench.read("calls.log")).unwrap();
        log.lines().filter_map(|line| Some(line.split(' ').nth(2)?.to_owned())).collect()
    }

    /// Every key material of a symmetric key, the newest first.
    pub(crate) fn materials(&self, arn: &str) -> Vec<Value> {
        let kms = self.kms.in_region(arn.split(':').nth(3).unwrap());
        let reply = kms.ok("ListKeyRotations", json!({ "KeyId": arn, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" }));
        reply["Rotations"].as_array().unwrap().clone()
    }

    /// DescribeKey, in the Region of the ARN.
    pub(crate) fn describe(&self, arn: &str) -> Value {
        self.kms.in_region(arn.split(':').nth(3).unwrap()).describe(arn)
    }

    /// A private file of random bytes.
    pub(crate) fn material(&self, name: &str, length: usize) {
        self.bench.write_private(name, random(length));
    }
}
