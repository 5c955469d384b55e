//! What the embedded KMS holds, asked without the product.

use openssl::pkey::PKey;
use serde_json::{Value, json};

use super::embedded_kms::Kms;
use super::importing::{Parameters, bytes};
use super::in_runtime::InRuntime;
use super::used;

pub const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// Keys with their states and key materials, and aliases with their keys.
#[derive(Debug, PartialEq)]
pub struct World {
    pub keys: Vec<Key>,
    /// Region, name and key id.
    pub aliases: Vec<(String, String, String)>,
}

#[derive(Debug, PartialEq)]
pub struct Key {
    pub region: String,
    pub arn: String,
    pub state: String,
    pub current: Value,
    /// Of symmetric keys: the key materials and what became of each.
    pub materials: Value,
}

/// Whoever answers as KMS, asked without the product.
pub trait Truth {
    /// The reply to an operation, or the code of its error.
    async fn ask(&self, region: &str, operation: &str, body: Value) -> Result<Value, String>;

    async fn told(&self, region: &str, operation: &str, body: Value) -> Value {
        self.ask(region, operation, body).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn world(&self) -> World {
        let (mut keys, mut aliases) = (Vec::new(), Vec::new());
        for region in REGIONS {
            for listed in self.told(region, "ListKeys", json!({})).await["Keys"].as_array().unwrap() {
                let id = &listed["KeyId"];
                let described = self.told(region, "DescribeKey", json!({ "KeyId": id })).await;
                let described = &described["KeyMetadata"];
                let text = |name: &str| described[name].as_str().unwrap().to_owned();
                let query = json!({ "KeyId": id, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" });
                let materials = self.ask(region, "ListKeyRotations", query).await.unwrap_or_default();
                keys.push(Key {
                    region: region.to_owned(),
                    arn: text("Arn"),
                    state: text("KeyState"),
                    current: described["CurrentKeyMaterialId"].clone(),
                    materials: materials["Rotations"].clone(),
                });
            }
            for alias in self.told(region, "ListAliases", json!({})).await["Aliases"].as_array().unwrap() {
                let text = |name: &str| alias[name].as_str().unwrap_or_default().to_owned();
                aliases.push((region.to_owned(), text("AliasName"), text("TargetKeyId")));
            }
        }
        World { keys, aliases }
    }

    /// Imports bytes that the key has had.
    async fn import(&self, key: &Key, material: &[u8]) -> Result<Value, String> {
        let algorithm = if material.len() > 128 { "RSA_AES_KEY_WRAP_SHA_256" } else { "RSAES_OAEP_SHA_256" };
        let query = json!({ "KeyId": key.arn, "WrappingAlgorithm": algorithm, "WrappingKeySpec": "RSA_2048" });
        let reply = self.told(&key.region, "GetParametersForImport", query).await;
        let (public_key, token) = (bytes(&reply["PublicKey"]), bytes(&reply["ImportToken"]));
        let parameters = Parameters { algorithm: algorithm.to_owned(), public_key, token };
        let symmetric = key.current.is_string() || key.materials.is_array();
        let existing = if symmetric { json!({ "ImportType": "EXISTING_KEY_MATERIAL" }) } else { json!({}) };
        let request = parameters.request(&key.arn, &parameters.wrap(material), existing);
        self.ask(&key.region, "ImportKeyMaterial", request).await
    }

    /// Whether the key encrypts, signs or computes with these bytes.
    async fn holds(&self, key: &Key, spec: &str, material: &[u8]) -> bool {
        let (region, id) = (key.region.as_str(), key.arn.as_str());
        match spec {
            "SYMMETRIC_DEFAULT" => {
                let taken = self.import(key, material).await;
                taken.is_ok_and(|taken| taken["KeyMaterialId"] == key.current)
            }
            // A disabled key does nothing, and tells its public key.
            spec if key.state != "Enabled" && !spec.starts_with("HMAC") => {
                let public = PKey::private_key_from_der(material).unwrap().public_key_to_der().unwrap();
                let reply = self.ask(region, "GetPublicKey", json!({ "KeyId": id })).await;
                reply.is_ok_and(|reply| bytes(&reply["PublicKey"]) == public)
            }
            spec => {
                let (operation, body) = used::call(spec, id);
                let reply = self.ask(region, operation, body).await;
                reply.is_ok_and(|reply| used::is_work_of(spec, material, &reply))
            }
        }
    }
}

impl Truth for InRuntime {
    async fn ask(&self, region: &str, operation: &str, body: Value) -> Result<Value, String> {
        InRuntime::ask(self, region, operation, body).await
    }
}

impl Truth for Kms {
    async fn ask(&self, region: &str, operation: &str, body: Value) -> Result<Value, String> {
        self.in_region(region).call(operation, body).map_err(|(code, _)| code)
    }
}
