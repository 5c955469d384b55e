//! The embedded KMS opens what is wrapped right, and refuses the rest in KMS's words.

use kms_byok::rehearsal::Settings;
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::md::Md;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use serde_json::{Value, json};

use crate::support::embedded_kms::{Kms, Refused};
use crate::support::importing::{base64, bytes, key_wrap, oaep, random};
use crate::support::keys::{ec, pkcs8, rsa};
use crate::support::served::materials;

const OAEP: &str = "RSAES_OAEP_SHA_256";
const KEY_WRAP: &str = "RSA_AES_KEY_WRAP_SHA_256";

fn silent(code: &str) -> Refused {
    (code.to_owned(), String::new())
}

#[test]
fn every_key_spec_imports_under_every_algorithm_and_wrapping_key_that_kms_allows() {
    let kms = Kms::start();
    let algorithms = [OAEP, "RSAES_OAEP_SHA_1", KEY_WRAP, "RSA_AES_KEY_WRAP_SHA_1"];
    for (spec, usage, material) in materials() {
        for algorithm in algorithms {
            for wrapping in ["RSA_2048", "RSA_3072", "RSA_4096"] {
                let key = kms.external_key(spec, usage);
                let raw = !(spec.starts_with("RSA") || spec.starts_with("ECC"));
                let key_wrap = algorithm.starts_with("RSA_AES");
                let allowed = match spec {
                    _ if raw => !key_wrap,
                    _ if spec.starts_with("RSA") => key_wrap,
                    "ECC_NIST_P521" => key_wrap || wrapping != "RSA_2048",
                    _ => true,
                };
                let body = json!({ "KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": wrapping });
                if !allowed {
                    let code = kms.code("GetParametersForImport", body);
                    assert_eq!(code, "UnsupportedOperationException", "{spec} {algorithm} {wrapping}");
                    continue;
                }
                let parameters = kms.parameters(&key, algorithm, wrapping);
                let bits = wrapping.trim_start_matches("RSA_").parse::<u32>().unwrap();
                assert_eq!(PKey::public_key_from_der(&parameters.public_key).unwrap().bits(), bits);
                assert!(parameters.token.len() <= 6144);
                let wrapped = parameters.wrap(&material);
                let reply = kms.ok("ImportKeyMaterial", parameters.request(&key, &wrapped, json!({})));
                assert_eq!(reply["KeyId"], key);
                assert_eq!(reply.get("KeyMaterialId").is_some(), spec == "SYMMETRIC_DEFAULT", "{spec}");
                assert_eq!(kms.state(&key), "Enabled", "{spec} {algorithm} {wrapping}");
            }
        }
    }
}

#[test]
fn a_bad_wrap_is_an_invalid_ciphertext_without_a_word() {
    let kms = Kms::start();
    let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    let material = random(32);
    let parameters = kms.parameters(&key, OAEP, "RSA_2048");
    let other_set = kms.parameters(&key, OAEP, "RSA_2048");
    let good = parameters.wrap(&material);
    let mut flipped = good.clone();
    flipped[100] ^= 1;
    let public = PKey::public_key_from_der(&parameters.public_key).unwrap().rsa().unwrap();
    let mut pkcs1 = vec![0; 256];
    public.public_encrypt(&material, &mut pkcs1, openssl::rsa::Padding::PKCS1).unwrap();
    let bad: [(&str, Vec<u8>); 8] = [
        ("OAEP hash left at SHA-1", oaep(&parameters.public_key, Md::sha1(), Md::sha1(), &material)),
        ("another hash in MGF1", oaep(&parameters.public_key, Md::sha256(), Md::sha1(), &material)),
        ("PKCS#1 v1.5", pkcs1),
        ("a flipped bit", flipped),
        ("a byte missing", good[..255].to_vec()),
        ("a byte too many", [&good[..], b"\n"].concat()),
        ("base64 instead of bytes", base64(&good).into_bytes()),
        ("the public key of another set", other_set.wrap(&material)),
    ];
    for (what, wrapped) in bad {
        let refused = kms.refused("ImportKeyMaterial", parameters.request(&key, &wrapped, json!({})));
        assert_eq!(refused, silent("InvalidCiphertextException"), "{what}");
    }
    kms.ok("ImportKeyMaterial", parameters.request(&key, &good, json!({})));
}

#[test]
fn the_halves_of_a_key_wrap_must_be_whole_and_in_order() {
    let kms = Kms::start();
    let key = kms.external_key("ECC_NIST_P256", "SIGN_VERIFY");
    let material = pkcs8(&ec(Nid::X9_62_PRIME256V1));
    let parameters = kms.parameters(&key, KEY_WRAP, "RSA_2048");
    let aes_key = random(32);
    let first = oaep(&parameters.public_key, Md::sha256(), Md::sha256(), &aes_key);
    let second = key_wrap(&aes_key, &material);
    let short_key = oaep(&parameters.public_key, Md::sha256(), Md::sha256(), &aes_key[..16]);
    let bad: [(&str, Vec<u8>); 6] = [
        ("swapped", [&second[..], &first].concat()),
        ("wrapped under another AES key", [&first[..], &key_wrap(&random(32), &material)].concat()),
        ("a 16-byte AES key", [&short_key[..], &second].concat()),
        ("the first half alone", first.clone()),
        ("cut", [&first[..], &second[..second.len() - 8]].concat()),
        ("only OAEP", oaep(&parameters.public_key, Md::sha256(), Md::sha256(), &material)),
    ];
    for (what, wrapped) in bad {
        let refused = kms.refused("ImportKeyMaterial", parameters.request(&key, &wrapped, json!({})));
        assert_eq!(refused, silent("InvalidCiphertextException"), "{what}");
    }
    kms.ok("ImportKeyMaterial", parameters.request(&key, &[first, second].concat(), json!({})));
}

#[test]
fn material_that_is_not_of_the_key_spec_is_incorrect() {
    let kms = Kms::start();
    let (p256, rsa2048) = (ec(Nid::X9_62_PRIME256V1), rsa(2048));
    let with_newline = |material: &[u8]| [material, b"\n"].concat();
    let mut explicit = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    explicit.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
    let explicit = PKey::from_ec_key(EcKey::generate(&explicit).unwrap()).unwrap();
    let bad: Vec<(&str, &str, Vec<u8>)> = vec![
        ("16 bytes", "SYMMETRIC_DEFAULT", random(16)),
        ("a newline", "SYMMETRIC_DEFAULT", random(33)),
        ("a short HMAC key", "HMAC_512", random(63)),
        ("a long HMAC key", "HMAC_224", random(129)),
        ("PKCS#1", "RSA_2048", rsa2048.private_key_to_der().unwrap()),
        ("a wrong modulus", "RSA_3072", pkcs8(&rsa2048)),
        ("another kind of key", "RSA_2048", pkcs8(&p256)),
        ("bytes after it", "RSA_2048", with_newline(&pkcs8(&rsa2048))),
        ("PEM", "RSA_2048", rsa2048.private_key_to_pem_pkcs8().unwrap()),
        ("SEC1", "ECC_NIST_P256", p256.private_key_to_der().unwrap()),
        ("another curve", "ECC_NIST_P256", pkcs8(&ec(Nid::SECP256K1))),
        ("an explicit curve", "ECC_NIST_P256", pkcs8(&explicit)),
        ("bytes after it", "ECC_NIST_P256", with_newline(&pkcs8(&p256))),
        ("another kind of key", "ECC_NIST_EDWARDS25519", pkcs8(&p256)),
        (
            "encrypted",
            "ECC_NIST_P256",
            p256.private_key_to_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"secret").unwrap(),
        ),
    ];
    for (what, spec, material) in bad {
        let usage = match spec {
            "SYMMETRIC_DEFAULT" => "ENCRYPT_DECRYPT",
            _ if spec.starts_with("HMAC") => "GENERATE_VERIFY_MAC",
            _ => "SIGN_VERIFY",
        };
        let key = kms.external_key(spec, usage);
        let private = spec.starts_with("RSA") || spec.starts_with("ECC");
        let parameters = kms.parameters(&key, if private { KEY_WRAP } else { OAEP }, "RSA_2048");
        let request = parameters.request(&key, &parameters.wrap(&material), json!({}));
        assert_eq!(kms.code("ImportKeyMaterial", request), "IncorrectKeyMaterialException", "{what} into {spec}");
        assert_eq!(kms.state(&key), "PendingImport");
    }
}

#[test]
fn hmac_keys_may_be_longer_than_their_digest_up_to_128_bytes() {
    let kms = Kms::start();
    for length in [28, 64, 128] {
        kms.imported("HMAC_224", "GENERATE_VERIFY_MAC", &random(length));
    }
}

#[test]
fn a_token_is_for_one_key_and_24_hours() {
    let kms = Kms::start();
    let (key, other) = (
        kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
    );
    let parameters = kms.parameters(&key, OAEP, "RSA_2048");
    let wrapped = parameters.wrap(&random(32));
    assert_eq!(
        kms.code("ImportKeyMaterial", parameters.request(&other, &wrapped, json!({}))),
        "InvalidImportTokenException"
    );
    let garbage = json!({ "ImportToken": base64(b"garbage") });
    assert_eq!(
        kms.code("ImportKeyMaterial", parameters.request(&key, &wrapped, garbage)),
        "InvalidImportTokenException"
    );
    kms.move_clock(json!({ "advance": "25h" }));
    assert_eq!(
        kms.code("ImportKeyMaterial", parameters.request(&key, &wrapped, json!({}))),
        "ExpiredImportTokenException"
    );
}

#[test]
fn the_algorithm_is_the_one_of_the_token() {
    let kms = Kms::start();
    let key = kms.external_key("ECC_NIST_P256", "SIGN_VERIFY");
    let material = pkcs8(&ec(Nid::X9_62_PRIME256V1));
    let (direct, wrapped) = (kms.parameters(&key, OAEP, "RSA_2048"), kms.parameters(&key, KEY_WRAP, "RSA_2048"));
    let request = wrapped.request(&key, &direct.wrap(&material), json!({}));
    assert_eq!(kms.refused("ImportKeyMaterial", request), silent("InvalidCiphertextException"));
}

#[test]
fn an_expiry_must_be_given_and_be_possible() {
    let kms = Kms::start();
    let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    let parameters = kms.parameters(&key, OAEP, "RSA_2048");
    let wrapped = parameters.wrap(&random(32));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let import = |extra: Value| kms.refused("ImportKeyMaterial", parameters.request(&key, &wrapped, extra));
    let missing = "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES";
    assert_eq!(
        import(json!({ "ExpirationModel": "KEY_MATERIAL_EXPIRES" })),
        ("ValidationException".into(), missing.into())
    );
    assert_eq!(import(json!({ "ExpirationModel": null })), ("ValidationException".into(), missing.into()));
    for wrong in [
        json!({ "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": now - 1 }),
        json!({ "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": now + 366 * 86_400 }),
        json!({ "ValidTo": now + 86_400 }),
    ] {
        assert_eq!(import(wrong).0, "ValidationException");
    }
    // None of this burnt the set.
    let right = json!({ "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": now + 86_400 });
    kms.ok("ImportKeyMaterial", parameters.request(&key, &wrapped, right));
    let metadata = kms.describe(&key);
    assert_eq!(
        (&metadata["ExpirationModel"], metadata["ValidTo"].as_f64()),
        (&json!("KEY_MATERIAL_EXPIRES"), Some((now + 86_400) as f64))
    );
}

#[test]
fn the_first_import_is_for_ever() {
    let kms = Kms::start();
    for (spec, usage, material) in materials() {
        if spec.starts_with("RSA_3") || spec.starts_with("RSA_4") {
            continue;
        }
        let key = kms.imported(spec, usage, &material);
        let id = kms.describe(&key)["CurrentKeyMaterialId"].clone();
        let other = match spec {
            "RSA_2048" => pkcs8(&rsa(2048)),
            "ECC_NIST_P256" => pkcs8(&ec(Nid::X9_62_PRIME256V1)),
            "ECC_NIST_P384" => pkcs8(&ec(Nid::SECP384R1)),
            "ECC_NIST_P521" => pkcs8(&ec(Nid::SECP521R1)),
            "ECC_SECG_P256K1" => pkcs8(&ec(Nid::SECP256K1)),
            "ECC_NIST_EDWARDS25519" => pkcs8(&PKey::generate_ed25519().unwrap()),
            _ => random(material.len()),
        };
        for deleted in [false, true] {
            if deleted {
                kms.ok("DeleteImportedKeyMaterial", json!({ "KeyId": key }));
                assert_eq!(kms.state(&key), "PendingImport", "{spec}");
            }
            let refused = kms.import(&key, &other, json!({})).unwrap_err();
            assert_eq!(refused.0, "IncorrectKeyMaterialException", "{spec}, deleted: {deleted}");
            kms.import(&key, &material, json!({})).unwrap();
            assert_eq!(kms.state(&key), "Enabled", "{spec}");
            assert_eq!(kms.describe(&key)["CurrentKeyMaterialId"], id);
        }
    }
}

#[test]
fn only_external_keys_take_material() {
    let kms = Kms::start();
    let key = kms.key(json!({}));
    let refused = kms.refused(
        "GetParametersForImport",
        json!({ "KeyId": key, "WrappingAlgorithm": OAEP, "WrappingKeySpec": "RSA_2048" }),
    );
    let message = format!("{key} origin is AWS_KMS which is not valid for this operation.");
    assert_eq!(refused, ("UnsupportedOperationException".to_owned(), message));
}

#[test]
fn the_old_padding_and_the_algorithms_of_china_are_refused() {
    let kms = Kms::start();
    let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    for (algorithm, wrapping) in [("RSAES_PKCS1_V1_5", "RSA_2048"), ("SM2PKE", "SM2"), (OAEP, "SM2")] {
        let body = json!({ "KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": wrapping });
        assert_eq!(kms.code("GetParametersForImport", body), "UnsupportedOperationException", "{algorithm} {wrapping}");
    }
    for spec in ["SM2", "ML_DSA_44"] {
        let body = json!({ "Origin": "EXTERNAL", "KeySpec": spec, "KeyUsage": "SIGN_VERIFY" });
        assert_eq!(kms.code("CreateKey", body), "UnsupportedOperationException", "{spec}");
    }
}

#[test]
fn an_alias_is_not_accepted_for_imports() {
    let kms = Kms::start();
    let key = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    kms.ok("CreateAlias", json!({ "AliasName": "alias/mine", "TargetKeyId": key }));
    assert_eq!(kms.describe("alias/mine")["Arn"], key);
    let body = json!({ "KeyId": "alias/mine", "WrappingAlgorithm": OAEP, "WrappingKeySpec": "RSA_2048" });
    assert_eq!(kms.code("GetParametersForImport", body), "NotFoundException");
}

#[test]
fn import_types_and_descriptions_are_for_symmetric_keys() {
    let kms = Kms::start();
    let key = kms.external_key("HMAC_256", "GENERATE_VERIFY_MAC");
    for extra in [json!({ "ImportType": "NEW_KEY_MATERIAL" }), json!({ "KeyMaterialDescription": "x" })] {
        assert_eq!(kms.import(&key, &random(32), extra).unwrap_err().0, "UnsupportedOperationException");
    }
}

#[test]
fn only_the_access_key_of_the_run_is_accepted() {
    let settings = Settings { access_key_id: Some("AKIDONLY".to_owned()), ..Settings::default() };
    let mut kms = Kms::start_with(settings);
    let refused = kms.refused("ListKeys", json!({}));
    assert_eq!(refused.0, "UnrecognizedClientException");
    kms.access_key_id = "AKIDONLY".to_owned();
    kms.ok("ListKeys", json!({}));
}

#[test]
fn what_it_does_not_know_is_refused() {
    let kms = Kms::start();
    assert_eq!(kms.refused("CreateCustomKeyStore", json!({})), silent("UnknownOperationException"));
    assert_eq!(kms.refused("Nothing", json!({})), silent("UnknownOperationException"));
    let reply = kms.http("POST", "/", &[], b"{}").unwrap();
    assert_eq!(reply.status, 400);
    assert!(String::from_utf8(reply.body).unwrap().contains("MissingAuthenticationTokenException"));
}

#[test]
fn every_reply_says_that_it_is_a_rehearsal() {
    let kms = Kms::start();
    for reply in [
        kms.post("ListKeys", "{}"),
        kms.post("Nothing", "{}"),
        kms.http("GET", "/_rehearsal/health", &[], b"").unwrap(),
    ] {
        assert!(reply.head.contains("x-kms-byok-rehearsal: true"), "{}", reply.head);
        assert!(reply.head.contains("x-amzn-requestid: "));
    }
}

#[test]
fn it_listens_on_loopback_only() {
    let settings = Settings { listen: "0.0.0.0:0".parse().unwrap(), ..Settings::default() };
    let error = kms_byok::rehearsal::Server::start(settings).unwrap_err();
    assert_eq!(error.to_string(), "`0.0.0.0:0` is not a loopback address, and the embedded KMS checks no signatures");
}

#[test]
fn a_private_key_that_was_imported_signs() {
    let kms = Kms::start();
    let key = ec(Nid::X9_62_PRIME256V1);
    let arn = kms.imported("ECC_NIST_P256", "SIGN_VERIFY", &pkcs8(&key));
    assert_eq!(bytes(&kms.ok("GetPublicKey", json!({ "KeyId": arn }))["PublicKey"]), key.public_key_to_der().unwrap());
    let request = json!({ "KeyId": arn, "Message": base64(b"nonce"), "SigningAlgorithm": "ECDSA_SHA_256" });
    let signature = bytes(&kms.ok("Sign", request)["Signature"]);
    let mut verifier = openssl::sign::Verifier::new(openssl::hash::MessageDigest::sha256(), &key).unwrap();
    assert!(verifier.verify_oneshot(&signature, b"nonce").unwrap());
}
