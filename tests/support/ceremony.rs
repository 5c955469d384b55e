//! An offline ceremony: parameter directories of real keys, and copies of them to spoil.

use std::fs;

use openssl::sha::sha256;
use serde_json::Value;

use super::stage::Stage;

pub const FILES: [&str; 4] = ["parameters.json", "PublicKey.bin", "ImportToken.bin", "EncryptedKeyMaterial.bin"];

impl Stage {
    /// A key of that spec with parameters in `directory`, and its ARN.
    pub fn parameters(&self, spec: &str, directory: &str) -> String {
        let arn = self.run(&format!("create-key AT --key-spec {spec} --output json")).json()["key_arn"].clone();
        let arn = arn.as_str().unwrap().to_owned();
        self.parameters_for(&arn, directory);
        arn
    }

    pub fn parameters_for(&self, key: &str, directory: &str) {
        let line = format!("get-parameters AT --key-id {key} --dir {directory} --wrapping-key-spec RSA_2048 --quiet");
        self.run(&line).succeeds();
    }

    /// A copy of a directory under a new name, without what is not there.
    pub fn copy(&self, from: &str, to: &str) {
        let _ = fs::remove_dir_all(self.bench.path(to));
        fs::create_dir(self.bench.path(to)).unwrap();
        for name in FILES {
            let from = self.bench.path(from).join(name);
            if from.exists() {
                fs::copy(from, self.bench.path(to).join(name)).unwrap();
            }
        }
    }

    /// Takes a file of one directory into another.
    pub fn swap(&self, name: &str, from: &str, to: &str) {
        fs::copy(self.bench.path(from).join(name), self.bench.path(to).join(name)).unwrap();
    }

    pub fn truncate(&self, path: &str) {
        let bytes = self.bench.read(path);
        self.bench.write(path, &bytes[..bytes.len() - 1]);
    }

    pub fn field(&self, directory: &str, field: &str) -> String {
        let json: Value = serde_json::from_slice(&self.bench.read(&format!("{directory}/parameters.json"))).unwrap();
        json[field].as_str().unwrap_or("null").to_owned()
    }

    /// Alters one field of `parameters.json`; null takes it out.
    pub fn alter(&self, directory: &str, field: &str, value: &Value) {
        let path = format!("{directory}/parameters.json");
        let mut json: Value = serde_json::from_slice(&self.bench.read(&path)).unwrap();
        assert_ne!(json[field], *value);
        match value {
            Value::Null => drop(json.as_object_mut().unwrap().remove(field)),
            value => json[field] = value.clone(),
        }
        self.bench.write(&path, json.to_string());
    }

    pub fn hash(&self, path: &str) -> String {
        hex::encode(sha256(&self.bench.read(path)))
    }
}
