#![allow(missing_docs, unused)]
use crate::error::Error;
use crate::material::*;
use crate::talk::Talk;
use crate::wrap::*;
use aws_smithy_types::DateTime;
use std::sync::Arc;
use std::time::Duration;
pub struct Connection {
    pub region: Option<String>,
    pub profile: Option<String>,
    pub endpoint_url: Option<String>,
    pub allow_endpoint_env: bool,
    pub insecure_endpoint: bool,
    pub fips_endpoint: bool,
    pub connect_timeout: Duration,
    pub read_timeout: Duration,
    pub patience: Duration,
}
impl Default for Connection {
    fn default() -> Self {
        todo!()
    }
}
pub struct Kms;
#[derive(Clone, Copy, Debug)]
pub enum ImportType {
    New,
    Existing,
}
pub enum AliasOutcome {
    Created,
    Exists,
}
pub struct Parameters {
    pub key_arn: String,
    pub public_key: Vec<u8>,
    pub import_token: Vec<u8>,
    pub valid_to: DateTime,
}
pub struct Import<'a> {
    pub encrypted: &'a [u8],
    pub token: &'a [u8],
    pub expires: Option<DateTime>,
    pub import_type: Option<ImportType>,
    pub description: Option<&'a str>,
    pub key_material_id: Option<&'a str>,
}
pub struct Imported {
    pub key_arn: String,
    pub key_material_id: Option<String>,
}
pub struct Decrypted {
    pub plaintext: Vec<u8>,
    pub key_material_id: Option<String>,
}
#[derive(Clone, Debug)]
pub struct MultiRegion {
    pub primary: bool,
}
#[derive(Clone, Debug)]
pub struct KeyDescription {
    pub arn: String,
    pub id: String,
    pub account: String,
    pub region: String,
    pub spec: String,
    pub usage: String,
    pub origin: String,
    pub state: String,
    pub enabled: bool,
    pub current_key_material_id: Option<String>,
    pub expires: Option<DateTime>,
    pub expiration_model: Option<String>,
    pub multi_region: Option<MultiRegion>,
    pub description: String,
    pub created: Option<DateTime>,
    pub deletion_date: Option<DateTime>,
}
pub struct NewKey {
    pub spec: KeySpec,
    pub usage: KeyUsage,
    pub description: Option<String>,
    pub policy: Option<String>,
    pub tags: Vec<(String, String)>,
    pub multi_region: bool,
}
impl Kms {
    pub async fn connect(connection: &Connection, talk: Arc<dyn Talk + Send>) -> Result<Kms, Error> {
        todo!()
    }
    pub fn region(&self) -> &str {
        todo!()
    }
    pub fn endpoint(&self) -> Option<&str> {
        todo!()
    }
    pub fn rehearsal(url: &str, access_key_id: &str, talk: Arc<dyn Talk + Send>) -> Kms {
        todo!()
    }
    pub fn seen_rehearsal(&self) -> bool {
        todo!()
    }
    pub async fn describe(&self, key: &str) -> Result<KeyDescription, Error> {
        todo!()
    }
    pub async fn find_alias(&self, alias: &str) -> Result<Option<KeyDescription>, Error> {
        todo!()
    }
    pub async fn create_key(&self, new: &NewKey) -> Result<KeyDescription, Error> {
        todo!()
    }
    pub async fn wait_until_visible(&self, key_arn: &str) -> Result<KeyDescription, Error> {
        todo!()
    }
    pub async fn create_alias(&self, alias: &str, key_arn: &str) -> Result<AliasOutcome, Error> {
        todo!()
    }
    pub async fn key_policy(&self, key_arn: &str) -> Result<String, Error> {
        todo!()
    }
    pub async fn parameters(
        &self,
        key_arn: &str,
        a: WrappingAlgorithm,
        s: WrappingKeySpec,
    ) -> Result<Parameters, Error> {
        todo!()
    }
    pub async fn import(&self, key_arn: &str, import: &Import<'_>) -> Result<Imported, Error> {
        todo!()
    }
    pub async fn public_key(&self, key: &str) -> Result<Vec<u8>, Error> {
        todo!()
    }
    pub async fn sign(&self, key: &str, message: &[u8], algorithm: &str) -> Result<Vec<u8>, Error> {
        todo!()
    }
    pub async fn generate_mac(&self, key: &str, message: &[u8], algorithm: &str) -> Result<Vec<u8>, Error> {
        todo!()
    }
    pub async fn encrypt(&self, key: &str, plaintext: &[u8], algorithm: Option<&str>) -> Result<Vec<u8>, Error> {
        todo!()
    }
    pub async fn decrypt(&self, key: &str, ciphertext: &[u8], algorithm: Option<&str>) -> Result<Decrypted, Error> {
        todo!()
    }
    pub async fn derive_shared_secret(&self, key: &str, peer_spki: &[u8]) -> Result<Vec<u8>, Error> {
        todo!()
    }
}
#[derive(Clone)]
pub struct Rotation {
    pub key_material_id: Option<String>,
    pub expires: Option<DateTime>,
}
impl Kms {
    pub async fn rotations(&self, key_arn: &str) -> Result<Vec<Rotation>, Error> {
        todo!()
    }
}
impl Error {
    pub fn is_incorrect_key_material(&self) -> bool {
        todo!()
    }
    pub fn is_unsupported(&self) -> bool {
        todo!()
    }
    pub fn may_have_changed(&self) -> bool {
        todo!()
    }
    pub fn is_access_denied(&self) -> bool {
        todo!()
    }
}
