//! Whether an imported key does in KMS what the same key does here.

use openssl::hash::MessageDigest;
use openssl::md::Md;
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::{Signer, Verifier};
use serde_json::json;

use super::embedded_kms::Kms;
use super::importing::{base64, bytes, oaep};

const MESSAGE: &[u8] = b"a message that both sides know";

/// Uses the key and compares with the material at hand; panics on a difference.
pub(crate) fn works(kms: &Kms, key: &str, spec: &str, usage: &str, material: &[u8]) {
    let place = format!("{spec} {usage} at {}", kms.url);
    match usage {
        "ENCRYPT_DECRYPT" if spec == "SYMMETRIC_DEFAULT" => {
            let sealed = kms.ok("Encrypt", json!({ "KeyId": key, "Plaintext": base64(MESSAGE) }));
            let opened = kms.ok("Decrypt", json!({ "CiphertextBlob": sealed["CiphertextBlob"] }));
            assert_eq!(bytes(&opened["Plaintext"]), MESSAGE, "{place}");
        }
        "GENERATE_VERIFY_MAC" => {
            let (digest, algorithm) = match spec {
                "HMAC_224" => (MessageDigest::sha224(), "HMAC_SHA_224"),
                "HMAC_256" => (MessageDigest::sha256(), "HMAC_SHA_256"),
                "HMAC_384" => (MessageDigest::sha384(), "HMAC_SHA_384"),
                _ => (MessageDigest::sha512(), "HMAC_SHA_512"),
            };
            let ours =
                Signer::new(digest, &PKey::hmac(material).unwrap()).unwrap().sign_oneshot_to_vec(MESSAGE).unwrap();
            let request = json!({ "KeyId": key, "Message": base64(MESSAGE), "MacAlgorithm": algorithm });
            assert_eq!(bytes(&kms.ok("GenerateMac", request)["Mac"]), ours, "{place}");
        }
        _ => private_key(kms, key, usage, &PKey::private_key_from_pkcs8(material).unwrap(), &place),
    }
}

fn private_key(kms: &Kms, key: &str, usage: &str, own: &PKey<Private>, place: &str) {
    let public = own.public_key_to_der().unwrap();
    assert_eq!(bytes(&kms.ok("GetPublicKey", json!({ "KeyId": key }))["PublicKey"]), public, "{place}");
    match usage {
        "SIGN_VERIFY" => {
            let (algorithm, digest) = match (own.id(), own.bits()) {
                (Id::RSA, _) => ("RSASSA_PKCS1_V1_5_SHA_256", Some(MessageDigest::sha256())),
                (Id::ED25519, _) => ("ED25519_SHA_512", None),
                (_, 384) => ("ECDSA_SHA_384", Some(MessageDigest::sha384())),
                (_, 521) => ("ECDSA_SHA_512", Some(MessageDigest::sha512())),
                _ => ("ECDSA_SHA_256", Some(MessageDigest::sha256())),
            };
            let request = json!({ "KeyId": key, "Message": base64(MESSAGE), "SigningAlgorithm": algorithm });
            let signature = bytes(&kms.ok("Sign", request)["Signature"]);
            let mut verifier = match digest {
                Some(digest) => Verifier::new(digest, own).unwrap(),
                None => Verifier::new_without_digest(own).unwrap(),
            };
            assert!(verifier.verify_oneshot(&signature, MESSAGE).unwrap(), "{place}");
        }
        "ENCRYPT_DECRYPT" => {
            let sealed = base64(&oaep(&public, Md::sha256(), Md::sha256(), MESSAGE));
            let request =
                json!({ "KeyId": key, "CiphertextBlob": sealed, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256" });
            assert_eq!(bytes(&kms.ok("Decrypt", request)["Plaintext"]), MESSAGE, "{place}");
        }
        _ => panic!("{place}: no use is known"),
    }
}
