//! `provision`, the whole recipe through the binary: every key spec from every source, and what is answered.

use std::os::unix::fs::PermissionsExt;

use crate::support::cloud::Cloud;

const SPECS: [&str; 13] = [
    "SYMMETRIC_DEFAULT",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "ECC_NIST_EDWARDS25519",
];

fn usage(spec: &str) -> &'static str {
    match spec {
        "SYMMETRIC_DEFAULT" => "ENCRYPT_DECRYPT",
        hmac if hmac.starts_with("HMAC") => "GENERATE_VERIFY_MAC",
        _ => "SIGN_VERIFY",
    }
}

fn wrapping(spec: &str) -> &'static str {
    if spec.starts_with("RSA") { "RSA_AES_KEY_WRAP_SHA_256" } else { "RSAES_OAEP_SHA_256" }
}

/// What proves each kind of key by the key itself.
fn proof(spec: &str) -> &'static str {
    match spec {
        "SYMMETRIC_DEFAULT" => "KMS encrypts and decrypts with the key",
        hmac if hmac.starts_with("HMAC") => {
            "KMS computes the same HMAC of a fresh nonce as OpenSSL does with your key material"
        }
        _ => "KMS reports the public key of your private key",
    }
}

#[test]
fn a_generated_key_of_every_spec_goes_in_is_proven_and_answered_in_the_names_of_the_contract() {
    let cloud = Cloud::new("");
    for spec in SPECS {
        let size = if spec == "ECC_NIST_P521" { "RSA_3072" } else { "RSA_2048" };
        let alias = format!("alias/{spec}");
        let answer = cloud
            .run(&format!(
                "provision --alias {alias} --key-spec {spec} --wrapping-key-spec {size} --generate --discard --output json"
            ))
            .json();
        let id = answer["key_id"].as_str().unwrap();
        let material = answer["key_material_id"].as_str();
        assert_eq!(material.map(str::len), (spec == "SYMMETRIC_DEFAULT").then_some(64), "{spec}");
        let mut expected = serde_json::json!({
            "schema": "kms-byok/provision/1",
            "error": null,
            "account": "000000000000",
            "exists": [],
            "previous_key_arn": null,
            "escrow_recipients": [],
            "public_key": null,
            "rotation": null,
            "alias_rotation": null,
            "replicas": [],
            "causes": [],
            "material": null,
            "token": null,
            "escrow_opened": null,
            "components": null,
            "key_check_value": null,
            "key_arn": format!("arn:aws:kms:us-east-1:000000000000:key/{id}"),
            "key_id": id,
            "alias": alias,
            "region": "us-east-1",
            "endpoint": cloud.url(),
            "key_spec": spec,
            "key_usage": usage(spec),
            "key_state": "Enabled",
            "wrapping_algorithm": wrapping(spec),
            "wrapping_key_spec": size,
            "key_material_id": material,
            "expires": null,
            "changed": true,
            "generated": true,
            "kept": null,
            "escrow": null,
            "plaintext": { "files": [], "encrypted_backup": null, "remove": null },
            "rehearsal": true,
            "proof": answer["proof"],
            "in_doubt": null,
            "leftovers": [],
            "next": null,
        });
        let asymmetric = spec != "SYMMETRIC_DEFAULT" && !spec.starts_with("HMAC_");
        if asymmetric {
            expected["public_key"] =
                cloud.run(&format!("public-key {alias} --output json")).json()["public_key"].clone();
            assert_eq!(expected["public_key"]["jwk"]["kid"].as_str().map(str::len), Some(43), "{spec}");
        }
        assert_eq!(answer, expected, "{spec}");
        let outcome = &answer["proof"];
        assert_eq!((&outcome["level"], &outcome["outcome"]), (&"use".into(), &"proven".into()), "{spec}");
        assert!(outcome["proven"].as_array().unwrap().contains(&proof(spec).into()), "{spec}: {outcome}");
    }
    assert_eq!(cloud.states(), ["Enabled"; 13]);
}

#[test]
fn a_kept_key_is_on_disk_and_is_the_one_in_kms() {
    let cloud = Cloud::new("");
    for spec in ["SYMMETRIC_DEFAULT", "HMAC_384", "RSA_2048", "ECC_NIST_P384", "ECC_NIST_EDWARDS25519"] {
        let line =
            format!("provision --alias alias/{spec} --key-spec {spec} --wrapping-key-spec RSA_2048 --output json");
        let answer = cloud.run(&format!("{line} --generate --keep {spec}.key")).json();
        assert_eq!(answer["kept"], format!("{spec}.key"));
        let mode = std::fs::metadata(cloud.bench.path(&format!("{spec}.key"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{spec}");
        let verified = cloud.run(&format!("verify --key-id alias/{spec} --material {spec}.key --output json")).json();
        assert_eq!(verified["proof"]["outcome"], "proven", "{spec}: {verified}");
    }
}

#[test]
fn text_and_steps_say_what_was_done() {
    let cloud = Cloud::new("");
    let run = cloud
        .run("provision --alias alias/payments --generate --discard --wrapping-key-spec RSA_2048 --expires-in 90d");
    let shown = cloud.plain(&run.succeeds().stdout);
    assert_eq!(
        shown,
        "key        ARN\n\
         alias      alias/payments\n\
         spec       SYMMETRIC_DEFAULT\n\
         usage      ENCRYPT_DECRYPT\n\
         state      Enabled\n\
         wrapped    RSAES_OAEP_SHA_256 with RSA_2048\n\
         material   MATERIAL\n\
         expires    TIME\n\
         changed    yes\n\
         plaintext  in no file that this run has read or written\n\
         backup     no encrypted one that this run has made or read\n\
         endpoint   URL\n\
         rehearsal  yes: an embedded KMS, nothing is in AWS\n\
         proof: proven\n  \
           + KMS says that the key is enabled\n  \
           + the current key material is the one imported\n  \
           + KMS encrypts and decrypts with the key\n  \
           + it does so with the current key material\n  \
           - not proven: that the bytes are those of your copy: accepted and consistent, attested by KMS; not independently verifiable\n"
    );
    assert_eq!(
        cloud.plain(&run.stderr),
        "endpoint: URL\n\
         created key ARN\n\
         alias/payments points to it\n\
         got an RSA_2048 wrapping key and an import token, valid until TIME\n\
         generated 32 bytes of key material with OPENSSL\n\
         wrapped 32 bytes of key material with RSAES_OAEP_SHA_256: 256 bytes\n\
         imported the key material; it expires TIME\n\
         proven: KMS says that the key is enabled\n\
         proven: the current key material is the one imported\n\
         proven: KMS encrypts and decrypts with the key\n\
         proven: it does so with the current key material\n\
         not proven: that the bytes are those of your copy: accepted and consistent, attested by KMS; not independently verifiable\n"
    );
    let quiet = cloud.run("provision --alias alias/quiet --generate --discard --wrapping-key-spec RSA_2048 --quiet");
    assert_eq!(quiet.succeeds().stderr, "");
}

#[test]
fn every_key_usage_that_kms_allows_is_proven_by_using_it() {
    let cloud = Cloud::new("");
    for (spec, usage, proof) in [
        ("RSA_2048", "ENCRYPT_DECRYPT", "KMS decrypts"),
        ("ECC_NIST_P256", "KEY_AGREEMENT", "KMS derives"),
        ("ECC_NIST_P521", "KEY_AGREEMENT", "KMS derives"),
        ("ECC_SECG_P256K1", "SIGN_VERIFY", "KMS signs"),
    ] {
        let answer = cloud
            .run(&format!(
                "provision --key-spec {spec} --key-usage {usage} --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 \
                 --wrapping-key-spec RSA_2048 --generate --discard --output json"
            ))
            .json();
        let proven = answer["proof"]["proven"].to_string();
        assert_eq!((&answer["key_usage"], &answer["alias"]), (&usage.into(), &serde_json::Value::Null));
        assert!(proven.contains(proof), "{spec} {usage}: {proven}");
    }
}

#[test]
fn every_wrapping_algorithm_and_key_is_taken_where_kms_takes_it() {
    let cloud = Cloud::new("");
    for (spec, algorithms) in [
        ("SYMMETRIC_DEFAULT", ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"]),
        ("ECC_NIST_P384", ["RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_1"]),
        ("RSA_2048", ["RSA_AES_KEY_WRAP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1"]),
    ] {
        for algorithm in algorithms {
            for size in ["RSA_2048", "RSA_3072", "RSA_4096"] {
                let answer = cloud
                    .run(&format!(
                        "provision --key-spec {spec} --wrapping-algorithm {algorithm} --wrapping-key-spec {size} --allow-sha1 \
                         --generate --discard --output json"
                    ))
                    .json();
                assert_eq!(
                    (&answer["wrapping_algorithm"], &answer["wrapping_key_spec"]),
                    (&algorithm.into(), &size.into())
                );
                assert_eq!(answer["proof"]["outcome"], "proven", "{spec} {algorithm} {size}");
            }
        }
    }
}
