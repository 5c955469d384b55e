//! An embedded KMS in the process of the test, with its client.

use std::ops::{Deref, DerefMut};

use kms_byok::rehearsal::{Server, Settings};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use serde_json::{Value, json};

use super::embedded_kms::{Kms, Refused};
use super::importing::random;
use super::keys::{ec, pkcs8, rsa};

pub(crate) struct Served {
    client: Kms,
    _server: Server,
}

impl Deref for Served {
    type Target = Kms;

    fn deref(&self) -> &Kms {
        &self.client
    }
}

impl DerefMut for Served {
    fn deref_mut(&mut self) -> &mut Kms {
        &mut self.client
    }
}

impl Kms {
    pub(crate) fn start() -> Served {
        Kms::start_with(Settings::default())
    }

    pub(crate) fn start_with(settings: Settings) -> Served {
        let server = Server::start(settings).unwrap();
        Served { client: Kms::at(&server.url()), _server: server }
    }

    pub(crate) fn refused(&self, operation: &str, body: Value) -> Refused {
        match self.call(operation, body.clone()) {
            Ok(reply) => panic!("{operation} {body} succeeded: {reply}"),
            Err(refused) => refused,
        }
    }

    pub(crate) fn code(&self, operation: &str, body: Value) -> String {
        self.refused(operation, body).0
    }

    pub(crate) fn imported(&self, spec: &str, usage: &str, material: &[u8]) -> String {
        let key = self.external_key(spec, usage);
        self.import(&key, material, json!({})).unwrap();
        key
    }
}

/// Fresh key material of every key spec, with a key usage.
pub(crate) fn materials() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let (mac, sign) = ("GENERATE_VERIFY_MAC", "SIGN_VERIFY");
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        ("HMAC_224", mac),
        ("HMAC_256", mac),
        ("HMAC_384", mac),
        ("HMAC_512", mac),
        ("RSA_2048", sign),
        ("RSA_3072", "ENCRYPT_DECRYPT"),
        ("RSA_4096", sign),
        ("ECC_NIST_P256", sign),
        ("ECC_NIST_P384", "KEY_AGREEMENT"),
        ("ECC_NIST_P521", sign),
        ("ECC_SECG_P256K1", sign),
        ("ECC_NIST_EDWARDS25519", sign),
    ]
    .map(|(spec, usage)| (spec, usage, material(spec)))
    .into()
}

/// Fresh key material of a key spec.
pub(crate) fn material(spec: &str) -> Vec<u8> {
    match spec {
        "SYMMETRIC_DEFAULT" => random(32),
        "RSA_2048" => pkcs8(&rsa(2048)),
        "RSA_3072" => pkcs8(&rsa(3072)),
        "RSA_4096" => pkcs8(&rsa(4096)),
        "ECC_NIST_P256" => pkcs8(&ec(Nid::X9_62_PRIME256V1)),
        "ECC_NIST_P384" => pkcs8(&ec(Nid::SECP384R1)),
        "ECC_NIST_P521" => pkcs8(&ec(Nid::SECP521R1)),
        "ECC_SECG_P256K1" => pkcs8(&ec(Nid::SECP256K1)),
        "ECC_NIST_EDWARDS25519" => pkcs8(&PKey::generate_ed25519().unwrap()),
        _ => random(spec.trim_start_matches("HMAC_").parse::<usize>().unwrap() / 8),
    }
}
