//! `public-key`: every form and fingerprint of every asymmetric key spec, as OpenSSL, ssh-keygen and a JOSE library make it.

use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::pairs::{self, PAIRS};
use crate::support::scene::Scene;
use crate::support::{Run, ended, pinned};

#[test]
fn each_form_is_what_openssl_and_ssh_keygen_make_of_the_same_key() {
    let scene = Scene::new("");
    let bench = &scene.bench;
    for (number, pair) in PAIRS.iter().enumerate() {
        let name = format!("k{number}");
        let arn = scene.pair(pair, &name);
        let answer = scene.json(&format!("public-key --key-id alias/{name}"));
        let parts: Vec<&str> = arn.split([':', '/']).collect();
        for (field, value) in [
            ("key_arn", &*arn),
            ("key_id", parts[6]),
            ("account", parts[4]),
            ("region", "us-east-1"),
            ("key_spec", pair.spec),
            ("key_usage", pair.usage),
            ("key_state", "Enabled"),
        ] {
            assert_eq!(answer[field], value, "{name} {field}");
        }
        let answer = &answer["public_key"];
        assert_eq!(answer["pem"], String::from_utf8(bench.read(&format!("{name}.pem"))).unwrap());
        let der = bench.read(&format!("{name}.der"));
        assert_eq!(answer["der"], BASE64_STANDARD.encode(&der));
        let prints = &answer["fingerprints"];
        let digest = bench.prints("openssl", &format!("dgst -sha256 -r {name}.der"));
        let digest = digest.split(' ').next().unwrap();
        assert_eq!(prints["spki_sha256"], digest);
        let base64 = BASE64_STANDARD.encode(hex::decode(digest).unwrap());
        assert_eq!(prints["spki_sha256_base64"], base64);
        assert_eq!(prints["certificate_pin"], format!("sha256//{base64}"));
        let Some(line) = answer["openssh"].as_str() else {
            assert_eq!((pair.spec, &prints["ssh_sha256"]), ("ECC_SECG_P256K1", &Value::Null));
            continue;
        };
        bench.write(&format!("{name}.pub"), format!("{line}\n"));
        let shown = bench.prints("ssh-keygen", &format!("-l -f {name}.pub"));
        assert_eq!(shown.split(' ').nth(1).unwrap(), prints["ssh_sha256"], "{shown}");
        if pair.spec != "ECC_NIST_EDWARDS25519" {
            // ssh-keygen has no PKCS#8 for Ed25519: the JOSE test compares with another library.
            let made = bench.prints("ssh-keygen", &format!("-i -m PKCS8 -f {name}.pem"));
            assert_eq!(made.trim(), line);
        }
    }
}

/// KMS's signing algorithm for a JWK's `alg`.
fn kms_name(alg: &str) -> Option<&'static str> {
    Some(match alg {
        "RS256" => "RSASSA_PKCS1_V1_5_SHA_256",
        "ES256" | "ES256K" => "ECDSA_SHA_256",
        "ES384" => "ECDSA_SHA_384",
        "ES512" => "ECDSA_SHA_512",
        "EdDSA" => "ED25519_SHA_512",
        _ => return None,
    })
}

#[test]
fn a_jose_library_computes_the_same_kid_and_verifies_a_token_that_kms_signs() {
    let Some(programs) = pinned::python(&[], &["joserfc"]) else { return };
    let scene = Scene::new("");
    let mut jobs = Vec::new();
    let mut expected = Vec::new();
    for (number, pair) in PAIRS.iter().enumerate() {
        let name = format!("k{number}");
        let arn = scene.pair(pair, &name);
        let answer = scene.json(&format!("public-key {arn}"))["public_key"].clone();
        let jwk = &answer["jwk"];
        let alg = jwk["alg"].as_str().unwrap();
        let (usage, algorithms): (_, &[&str]) = match pair.usage {
            "SIGN_VERIFY" => ("sig", &["RS256", "ES256", "ES384", "ES512", "ES256K", "EdDSA"]),
            "ENCRYPT_DECRYPT" => ("enc", &["RSA-OAEP-256"]),
            _ => ("enc", &["ECDH-ES"]),
        };
        assert_eq!(jwk["use"], usage);
        assert!(algorithms.contains(&alg), "{alg}");
        let mut job = json!({ "jwk": jwk });
        if let Some(algorithm) = kms_name(alg) {
            let header = BASE64_URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "kid": jwk["kid"] }).to_string());
            let input = format!("{header}.{}", BASE64_URL_SAFE_NO_PAD.encode(&name));
            let message = BASE64_STANDARD.encode(&input);
            let body = json!({ "KeyId": arn, "Message": message, "SigningAlgorithm": algorithm });
            let signature = scene.kms.ok("Sign", body)["Signature"].as_str().unwrap().to_owned();
            job["signature"] = hex::encode(BASE64_STANDARD.decode(signature).unwrap()).into();
            job["input"] = input.into();
        }
        let verified = (usage == "sig").then_some(name.clone());
        let spki = hex::encode(scene.bench.read(&format!("{name}.der")));
        expected.push(json!({
            "thumbprint": jwk["kid"], "spki": spki, "openssh": answer["openssh"], "verified": verified,
        }));
        jobs.push(job.to_string());
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/jose.py");
    let run =
        Run::of_others(ended(Command::new(programs.join("python")).arg(script), (jobs.join("\n") + "\n").as_bytes()));
    let answers = run.succeeds().stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert_eq!(answers.collect::<Vec<_>>(), expected);
}

#[test]
fn the_report_says_it_all_once() {
    let scene = Scene::new("");
    let arn = scene.pair(pairs::of("ECC_SECG_P256K1", "SIGN_VERIFY"), "wallet");
    let answer = scene.json("public-key alias/wallet")["public_key"].clone();
    let shown = scene.run("public-key alias/wallet --quiet").succeeds().stdout.clone();
    let prints = &answer["fingerprints"];
    let value = |field: &Value| field.as_str().unwrap().to_owned();
    let address = match answer["ethereum_address"].as_str() {
        Some(address) => address.to_owned(),
        None => {
            let version = kms_byok::for_the_binary::openssl_probe::loaded();
            format!("not shown: an Ethereum address needs Keccak-256, which {version} does not have")
        }
    };
    let url = scene.at().split(' ').nth(1).unwrap().to_owned();
    let expected = format!(
        "key              {arn}
spec             ECC_SECG_P256K1
usage            SIGN_VERIFY
state            Enabled
SHA-256          {}
SHA-256, base64  {}
certificate pin  {}
kid              {}
Ethereum         {address}
JWK              {}
endpoint         {url}
rehearsal        yes: an embedded KMS, nothing is in AWS
{}",
        value(&prints["spki_sha256"]),
        value(&prints["spki_sha256_base64"]),
        value(&prints["certificate_pin"]),
        value(&answer["jwk"]["kid"]),
        shown.lines().find_map(|line| line.strip_prefix("JWK              ")).unwrap(),
        value(&answer["pem"]),
    );
    assert_eq!(shown, expected);
    let jwk = shown.lines().find_map(|line| line.strip_prefix("JWK              ")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(jwk).unwrap(), answer["jwk"]);
}

#[test]
fn the_report_of_an_import_has_the_same() {
    let scene = Scene::new("");
    for (spec, usage) in [("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"), ("RSA_2048", "ENCRYPT_DECRYPT")] {
        scene.bench.pair(pairs::of(spec, usage).genpkey, "k");
        let line = "--wrapping-key-spec RSA_2048 --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256";
        let provision =
            format!("provision --alias alias/{spec} --key-spec {spec} --key-usage {usage} --material k.key");
        let report = scene.json(&format!("{provision} {line}"));
        let answer = scene.json(&format!("public-key alias/{spec}"))["public_key"].clone();
        assert_eq!(report["public_key"], answer);
        let shown = scene.run(&format!("{provision} {line} --quiet")).succeeds().stdout.clone();
        let value = |field: &Value| field.as_str().unwrap().to_owned();
        let prints = &answer["fingerprints"];
        let expected = format!(
            "SHA-256    {}\n           {} in base64\nSSH        {}\nkid        {}\n",
            value(&prints["spki_sha256"]),
            value(&prints["spki_sha256_base64"]),
            value(&prints["ssh_sha256"]),
            value(&answer["jwk"]["kid"]),
        );
        assert!(shown.contains(&expected), "{shown}");
        // The steps one by one end with the same.
        scene.json(&format!("create-key --alias alias/{usage} --key-spec {spec} --key-usage {usage}"));
        scene.json(&format!("get-parameters --key-id alias/{usage} --dir {spec} {line}"));
        scene.bench.kms_byok(&format!("wrap --dir {spec} --material k.key")).succeeds();
        let imported = scene.json(&format!("import --dir {spec}"));
        assert_eq!(imported["public_key"], report["public_key"]);
    }
    scene.material("one", 32);
    let report = scene.json("provision --alias alias/a --material one --wrapping-key-spec RSA_2048");
    assert_eq!(report["public_key"], Value::Null);
}

#[test]
fn what_has_no_public_key_is_refused() {
    let scene = Scene::new("");
    scene.material("one", 32);
    scene.provision("--alias alias/a --material one");
    let (answer, _) = scene.fails(1, "public-key --key-id alias/a");
    assert_eq!(
        (&answer["error"]["id"], &answer["error"]["cause"]),
        (&json!("no_public_key"), &json!("SYMMETRIC_DEFAULT keys have no public key"))
    );
    assert_eq!(scene.calls("GetPublicKey"), 0);
    for line in ["public-key", "public-key alias/a --key-id alias/a", "public-key alias/a --force"] {
        assert_eq!(scene.run(line).code, Some(2), "{line}");
    }
}

/// KMS is not believed.
#[test]
fn a_public_key_of_another_spec_is_no_answer() {
    let other = Scene::new("");
    other.bench.pair("EC -pkeyopt ec_paramgen_curve:P-384", "other");
    let base64 = BASE64_STANDARD.encode(other.bench.read("other.der"));
    let scene = Scene::new(&format!("--fault GetPublicKey:always:set=PublicKey={base64}"));
    scene.bench.pair("EC -pkeyopt ec_paramgen_curve:P-256", "k");
    scene.provision("--alias alias/k --key-spec ECC_NIST_P256 --material k.key --verify off");
    let (answer, _) = scene.fails(1, "public-key alias/k");
    assert_eq!(answer["error"]["cause"], "KMS's key is ECC_NIST_P256, and its public key is of ECC_NIST_P384");
}
