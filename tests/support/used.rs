//! What a key of KMS that signs or makes HMACs is asked to do, and whether it has done that with these bytes.

use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey};
use openssl::sign::{Signer, Verifier};
use serde_json::{Value, json};

use super::importing::{base64, bytes};

const MESSAGE: &[u8] = b"a message that both sides know";

/// The call.
pub(crate) fn call(spec: &str, key: &str) -> (&'static str, Value) {
    let algorithm = match spec {
        "HMAC_224" => "HMAC_SHA_224",
        "HMAC_256" => "HMAC_SHA_256",
        "HMAC_384" => "HMAC_SHA_384",
        "HMAC_512" => "HMAC_SHA_512",
        "ECC_NIST_P256" | "ECC_SECG_P256K1" => "ECDSA_SHA_256",
        "ECC_NIST_P384" => "ECDSA_SHA_384",
        "ECC_NIST_P521" => "ECDSA_SHA_512",
        "ECC_NIST_EDWARDS25519" => "ED25519_SHA_512",
        _ => "RSASSA_PKCS1_V1_5_SHA_256",
    };
    let message = base64(MESSAGE);
    match spec.starts_with("HMAC") {
        true => ("GenerateMac", json!({ "KeyId": key, "Message": message, "MacAlgorithm": algorithm })),
        false => ("Sign", json!({ "KeyId": key, "Message": message, "SigningAlgorithm": algorithm })),
    }
}

/// Whether its reply is the work of that key material.
pub(crate) fn is_work_of(spec: &str, material: &[u8], reply: &Value) -> bool {
    let digest = match spec {
        "HMAC_224" => MessageDigest::sha224(),
        "HMAC_384" | "ECC_NIST_P384" => MessageDigest::sha384(),
        "HMAC_512" | "ECC_NIST_P521" => MessageDigest::sha512(),
        _ => MessageDigest::sha256(),
    };
    if spec.starts_with("HMAC") {
        let mac = Signer::new(digest, &PKey::hmac(material).unwrap()).unwrap().sign_oneshot_to_vec(MESSAGE).unwrap();
        return bytes(&reply["Mac"]) == mac;
    }
    let key = PKey::private_key_from_der(material).unwrap();
    let verifier = match key.id() {
        Id::ED25519 => Verifier::new_without_digest(&key),
        _ => Verifier::new(digest, &key),
    };
    verifier.unwrap().verify_oneshot(&bytes(&reply["Signature"]), MESSAGE).unwrap_or(false)
}
