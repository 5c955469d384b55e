//! MiniStack, an emulator that shares no code with the embedded KMS, is sent the same requests: where it is known to answer as KMS
//! does, both must agree, on success and on the error code, and the imported key must work in both.
//!
//! What MiniStack is known to do otherwise is left out: it takes other bytes on re-import, never checks ValidTo, accepts SEC1, RSA
//! keys under OAEP and P-521 keys under OAEP with RSA_2048, and makes new material current at once.

use openssl::md::Md;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use serde_json::{Value, json};

use crate::support::embedded_kms::{Kms, Refused};
use crate::support::importing::{oaep, random};
use crate::support::keys::{ec, pkcs8, rsa};
use crate::support::ministack::MiniStack;
use crate::support::served::materials;
use crate::support::{importing, works};

const OAEP: &str = "RSAES_OAEP_SHA_256";
const KEY_WRAP: &str = "RSA_AES_KEY_WRAP_SHA_256";

/// All key specs and algorithms with RSA_2048, and each algorithm with RSA_3072 and RSA_4096: MiniStack makes a wrapping key for each
/// set, which takes long. KMS_BYOK_EVERY_COMBINATION=1 runs them all.
#[test]
fn what_kms_takes_both_take_and_the_key_works() {
    let Some(ministack) = MiniStack::start() else { return };
    let (embedded, other) = (Kms::start(), ministack.client());
    let every = std::env::var_os("KMS_BYOK_EVERY_COMBINATION").is_some();
    let mut combinations = 0;
    for (spec, usage, material) in materials() {
        let usage = if spec.starts_with("ECC") { "SIGN_VERIFY" } else { usage }; // MiniStack knows no DeriveSharedSecret
        for (algorithm, wrapping) in allowed(spec) {
            if !every && !usual(spec, algorithm, wrapping) {
                continue;
            }
            combinations += 1;
            for kms in [&embedded, &other] {
                let key = kms.external_key(spec, usage);
                let parameters = kms.parameters(&key, algorithm, wrapping);
                let request = parameters.request(&key, &parameters.wrap(&material), json!({}));
                kms.ok("ImportKeyMaterial", request);
                assert_eq!(kms.state(&key), "Enabled", "{spec} {algorithm} {wrapping} at {}", kms.url);
                works::works(kms, &key, spec, usage, &material);
            }
        }
    }
    println!("{combinations} combinations of key spec, wrapping algorithm and wrapping key spec");
}

fn allowed(spec: &str) -> Vec<(&'static str, &'static str)> {
    let (oaep, key_wrap): (&[&str], &[&str]) = (&[OAEP, "RSAES_OAEP_SHA_1"], &[KEY_WRAP, "RSA_AES_KEY_WRAP_SHA_1"]);
    let algorithms = match spec {
        _ if spec.starts_with("ECC") => [oaep, key_wrap].concat(),
        _ if spec.starts_with("RSA") => key_wrap.to_vec(),
        _ => oaep.to_vec(),
    };
    let all = ["RSA_2048", "RSA_3072", "RSA_4096"];
    let pairs = algorithms.iter().flat_map(|algorithm| all.map(|wrapping| (*algorithm, wrapping)));
    pairs.filter(|pair| spec != "ECC_NIST_P521" || !pair.0.starts_with("RSAES") || pair.1 != "RSA_2048").collect()
}

fn usual(spec: &str, algorithm: &str, wrapping: &str) -> bool {
    let each_algorithm = [
        ("SYMMETRIC_DEFAULT", OAEP),
        ("HMAC_512", "RSAES_OAEP_SHA_1"),
        ("RSA_4096", KEY_WRAP),
        ("ECC_NIST_EDWARDS25519", "RSA_AES_KEY_WRAP_SHA_1"),
    ];
    let fits_from_here_on = (spec, algorithm, wrapping) == ("ECC_NIST_P521", OAEP, "RSA_3072");
    wrapping == "RSA_2048" || fits_from_here_on || each_algorithm.contains(&(spec, algorithm))
}

#[test]
fn what_is_wrapped_wrong_neither_opens() {
    let Some(ministack) = MiniStack::start() else { return };
    type Wrap = fn(&[u8], &[u8]) -> Vec<u8>;
    let good: Wrap = |key, material| oaep(key, Md::sha256(), Md::sha256(), material);
    let bad: [(&str, Wrap); 6] = [
        ("the hash left at SHA-1", |key, material| oaep(key, Md::sha1(), Md::sha1(), material)),
        ("another hash in MGF1", |key, material| oaep(key, Md::sha256(), Md::sha1(), material)),
        ("PKCS#1 v1.5", pkcs1),
        ("a bit flipped", |key, material| {
            let mut wrapped = oaep(key, Md::sha256(), Md::sha256(), material);
            wrapped[100] ^= 1;
            wrapped
        }),
        ("truncated", |key, material| oaep(key, Md::sha256(), Md::sha256(), material)[..255].to_vec()),
        ("another key's", |_, material| {
            let other = rsa(2048).public_key_to_der().unwrap();
            oaep(&other, Md::sha256(), Md::sha256(), material)
        }),
    ];
    for kms in [&*Kms::start(), &ministack.client()] {
        let (key, material) = (kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), random(32));
        for (what, wrap) in &bad {
            let parameters = kms.parameters(&key, OAEP, "RSA_2048");
            let request = parameters.request(&key, &wrap(&parameters.public_key, &material), json!({}));
            assert_eq!(kms.code("ImportKeyMaterial", request), "InvalidCiphertextException", "{what} at {}", kms.url);
            assert_eq!(kms.state(&key), "PendingImport", "{what} at {}", kms.url);
        }
        let parameters = kms.parameters(&key, OAEP, "RSA_2048");
        kms.ok("ImportKeyMaterial", parameters.request(&key, &good(&parameters.public_key, &material), json!({})));
    }
}

fn pkcs1(key: &[u8], material: &[u8]) -> Vec<u8> {
    let public = PKey::public_key_from_der(key).unwrap().rsa().unwrap();
    let mut wrapped = vec![0; 256];
    public.public_encrypt(material, &mut wrapped, Padding::PKCS1).unwrap();
    wrapped
}

#[test]
fn a_wrong_key_wrap_neither_opens() {
    let Some(ministack) = MiniStack::start() else { return };
    let material = pkcs8(&ec(Nid::X9_62_PRIME256V1));
    for kms in [&*Kms::start(), &ministack.client()] {
        let key = kms.external_key("ECC_NIST_P256", "SIGN_VERIFY");
        for what in ["halves swapped", "cut by a block", "a bit flipped in the second half"] {
            let parameters = kms.parameters(&key, KEY_WRAP, "RSA_2048");
            let mut wrapped = parameters.wrap(&material);
            match what {
                "halves swapped" => wrapped.rotate_left(256),
                "cut by a block" => wrapped.truncate(wrapped.len() - 8),
                _ => wrapped[300] ^= 1,
            }
            let request = parameters.request(&key, &wrapped, json!({}));
            assert_eq!(kms.code("ImportKeyMaterial", request), "InvalidCiphertextException", "{what} at {}", kms.url);
        }
    }
}

#[test]
fn a_token_of_another_key_or_of_nobody_opens_nothing() {
    let Some(ministack) = MiniStack::start() else { return };
    for kms in [&*Kms::start(), &ministack.client()] {
        let new = || kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
        let (key, other) = (new(), new());
        let (own, foreign) = (kms.parameters(&key, OAEP, "RSA_2048"), kms.parameters(&other, OAEP, "RSA_2048"));
        let wrapped = own.wrap(&random(32));
        let mut damaged = own.token.clone();
        damaged[0] ^= 1;
        for token in [foreign.token, damaged, random(64)] {
            let request = own.request(&key, &wrapped, json!({ "ImportToken": importing::base64(&token) }));
            assert_eq!(kms.code("ImportKeyMaterial", request), "InvalidImportTokenException", "at {}", kms.url);
        }
    }
}

#[test]
fn material_of_a_wrong_length_or_key_spec_fits_neither() {
    let Some(ministack) = MiniStack::start() else { return };
    let (symmetric, mac, sign) = ("ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "SIGN_VERIFY");
    let bad = [
        ("SYMMETRIC_DEFAULT", symmetric, random(16)),
        ("SYMMETRIC_DEFAULT", symmetric, random(31)),
        ("SYMMETRIC_DEFAULT", symmetric, random(33)),
        ("HMAC_224", mac, random(27)),
        ("HMAC_256", mac, random(31)),
        ("HMAC_384", mac, random(47)),
        ("HMAC_512", mac, random(63)),
        ("RSA_3072", sign, pkcs8(&rsa(2048))),
        ("RSA_2048", sign, pkcs8(&ec(Nid::X9_62_PRIME256V1))),
        ("ECC_NIST_P256", sign, pkcs8(&ec(Nid::SECP256K1))),
        ("ECC_NIST_P384", sign, pkcs8(&ec(Nid::X9_62_PRIME256V1))),
        ("ECC_NIST_P256", sign, pkcs8(&PKey::generate_ed25519().unwrap())),
        ("ECC_NIST_EDWARDS25519", sign, pkcs8(&ec(Nid::X9_62_PRIME256V1))),
    ];
    for kms in [&*Kms::start(), &ministack.client()] {
        for (spec, usage, material) in &bad {
            let key = kms.external_key(spec, usage);
            let length = material.len();
            let algorithm = if *usage == sign { KEY_WRAP } else { OAEP };
            let parameters = kms.parameters(&key, algorithm, "RSA_2048");
            let request = parameters.request(&key, &parameters.wrap(material), json!({}));
            let code = kms.code("ImportKeyMaterial", request);
            assert_eq!(code, "IncorrectKeyMaterialException", "{length} bytes into {spec} at {}", kms.url);
        }
    }
}

#[test]
fn an_expiring_import_without_a_date_is_refused_by_both() {
    let Some(ministack) = MiniStack::start() else { return };
    for kms in [&*Kms::start(), &ministack.client()] {
        let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
        for expiry in [json!("KEY_MATERIAL_EXPIRES"), Value::Null] {
            let refused = import(kms, &key, json!({ "ExpirationModel": expiry })).unwrap_err();
            assert_eq!(refused.0, "ValidationException", "at {}", kms.url);
        }
    }
}

#[test]
fn key_material_is_named_by_key_and_bytes_in_both() {
    let Some(ministack) = MiniStack::start() else { return };
    let material = random(32);
    for kms in [&*Kms::start(), &ministack.client()] {
        let new = || kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
        let id =
            |key: &str| kms.import(key, &material, json!({})).unwrap()["KeyMaterialId"].as_str().unwrap().to_owned();
        let (key, other) = (new(), new());
        let first = id(&key);
        assert!(first.len() == 64 && first.bytes().all(|byte| byte.is_ascii_hexdigit()), "{first} at {}", kms.url);
        assert_eq!(id(&key), first, "the same bytes again at {}", kms.url);
        assert_ne!(id(&other), first, "the same bytes in another key at {}", kms.url);
    }
}

#[test]
fn a_set_of_25_hours_ago_is_too_old_for_both() {
    let Some(ministack) = MiniStack::with_a_clock() else { return };
    let (embedded, other) = (Kms::start(), ministack.client());
    let prepared = [&embedded, &other].map(|kms| {
        let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
        let parameters = kms.parameters(&key, OAEP, "RSA_2048");
        parameters.request(&key, &parameters.wrap(&random(32)), json!({}))
    });
    embedded.move_clock(json!({ "advance": "25h" }));
    ministack.advance("+25h");
    for (kms, request) in [&embedded, &other].into_iter().zip(prepared) {
        assert_eq!(kms.code("ImportKeyMaterial", request), "ExpiredImportTokenException", "at {}", kms.url);
    }
}

fn import(kms: &Kms, key: &str, extra: Value) -> Result<Value, Refused> {
    kms.import(key, &random(32), extra)
}
