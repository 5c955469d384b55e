//! Imports by hand: parameters, and wrapping by the openssl crate.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use openssl::cipher::Cipher;
use openssl::cipher_ctx::{CipherCtx, CipherCtxFlags};
use openssl::md::{Md, MdRef};
use openssl::pkey::PKey;
use openssl::pkey_ctx::PkeyCtx;
use openssl::rand::rand_bytes;
use openssl::rsa::Padding;
use serde_json::{Value, json};

use super::embedded_kms::{Kms, Refused};

impl Kms {
    pub(crate) fn parameters(&self, key: &str, algorithm: &str, wrapping: &str) -> Parameters {
        let reply = self.ok(
            "GetParametersForImport",
            json!({ "KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": wrapping }),
        );
        Parameters {
            algorithm: algorithm.to_owned(),
            public_key: bytes(&reply["PublicKey"]),
            token: bytes(&reply["ImportToken"]),
        }
    }

    /// An import without expiry under the usual algorithm for this material, with whatever else the request is to say.
    pub(crate) fn import(&self, key: &str, material: &[u8], extra: Value) -> Result<Value, Refused> {
        let algorithm = if material.len() > 128 { "RSA_AES_KEY_WRAP_SHA_256" } else { "RSAES_OAEP_SHA_256" };
        let parameters = self.parameters(key, algorithm, "RSA_2048");
        self.call("ImportKeyMaterial", parameters.request(key, &parameters.wrap(material), extra))
    }
}

pub(crate) struct Parameters {
    pub(crate) algorithm: String,
    pub(crate) public_key: Vec<u8>,
    pub(crate) token: Vec<u8>,
}

impl Parameters {
    pub(crate) fn wrap(&self, material: &[u8]) -> Vec<u8> {
        let digest = if self.algorithm.ends_with("SHA_1") { Md::sha1() } else { Md::sha256() };
        if !self.algorithm.starts_with("RSA_AES") {
            return oaep(&self.public_key, digest, digest, material);
        }
        let aes_key = random(32);
        [oaep(&self.public_key, digest, digest, &aes_key), key_wrap(&aes_key, material)].concat()
    }

    /// The body of an ImportKeyMaterial; it does not expire unless `extra` says so.
    pub(crate) fn request(&self, key: &str, wrapped: &[u8], extra: Value) -> Value {
        let mut body = json!({
            "KeyId": key,
            "ImportToken": base64(&self.token),
            "EncryptedKeyMaterial": base64(wrapped),
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        });
        for (name, value) in extra.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }
}

pub(crate) fn oaep(public_key: &[u8], digest: &MdRef, mgf1: &MdRef, plain: &[u8]) -> Vec<u8> {
    let key = PKey::public_key_from_der(public_key).unwrap();
    let mut context = PkeyCtx::new(&key).unwrap();
    context.encrypt_init().unwrap();
    context.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    context.set_rsa_oaep_md(digest).unwrap();
    context.set_rsa_mgf1_md(mgf1).unwrap();
    let mut out = Vec::new();
    context.encrypt_to_vec(plain, &mut out).unwrap();
    out
}

pub(crate) fn key_wrap(aes_key: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut context = CipherCtx::new().unwrap();
    context.set_flags(CipherCtxFlags::FLAG_WRAP_ALLOW);
    context.encrypt_init(Some(Cipher::aes_256_wrap_pad()), Some(aes_key), None).unwrap();
    let mut out = vec![0; plain.len() + 32];
    let length = context.cipher_update(plain, Some(&mut out)).unwrap();
    out.truncate(length);
    out
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

pub(crate) fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand_bytes(&mut bytes).unwrap();
    bytes
}
