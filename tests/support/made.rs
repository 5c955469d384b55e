//! Keys made without this program.

use serde_json::{Value, json};

use super::embedded_kms::Kms;

impl Kms {
    /// A new key of origin EXTERNAL; its ARN.
    pub(crate) fn external_key(&self, spec: &str, usage: &str) -> String {
        self.key(json!({ "Origin": "EXTERNAL", "KeySpec": spec, "KeyUsage": usage }))
    }

    pub(crate) fn key(&self, body: Value) -> String {
        self.ok("CreateKey", body)["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
    }
}
