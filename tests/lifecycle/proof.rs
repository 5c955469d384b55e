//! What is proven at the end of `provision` and `import` and by `verify`, for every key spec and usage; and what happens when KMS
//! lies or does not permit the question.

use openssl::nid::Nid;
use openssl::pkey::PKey;
use serde_json::{Value, json};

use crate::support::importing::random;
use crate::support::keys::{ec, pkcs8, rsa};
use crate::support::scene::Scene;

/// Key spec, usage, fresh key material, and what only the right material proves.
struct Row {
    spec: &'static str,
    usage: &'static str,
    make: fn() -> Vec<u8>,
    proven: &'static [&'static str],
}

const MAC: &[&str] = &["KMS computes the same HMAC of a fresh nonce as OpenSSL does with your key material"];
const SIGN: &[&str] = &[
    "KMS reports the public key of your private key",
    "KMS signs a fresh nonce with the private key, verified by OpenSSL",
];
const DECRYPT: &[&str] = &[
    "KMS reports the public key of your private key",
    "KMS decrypts with the private key what OpenSSL encrypted for it",
];
const AGREE: &[&str] = &[
    "KMS reports the public key of your private key",
    "KMS derives the same shared secret with the private key as OpenSSL does with an ephemeral one",
];

const fn row(spec: &'static str, usage: &'static str, make: fn() -> Vec<u8>, proven: &'static [&'static str]) -> Row {
    Row { spec, usage, make, proven }
}

const ROWS: &[Row] = &[
    row("HMAC_224", "GENERATE_VERIFY_MAC", || random(28), MAC),
    row("HMAC_256", "GENERATE_VERIFY_MAC", || random(32), MAC),
    row("HMAC_384", "GENERATE_VERIFY_MAC", || random(48), MAC),
    row("HMAC_512", "GENERATE_VERIFY_MAC", || random(64), MAC),
    row("RSA_2048", "SIGN_VERIFY", || pkcs8(&rsa(2048)), SIGN),
    row("RSA_2048", "ENCRYPT_DECRYPT", || pkcs8(&rsa(2048)), DECRYPT),
    row("RSA_3072", "SIGN_VERIFY", || pkcs8(&rsa(3072)), SIGN),
    row("RSA_3072", "ENCRYPT_DECRYPT", || pkcs8(&rsa(3072)), DECRYPT),
    row("RSA_4096", "SIGN_VERIFY", || pkcs8(&rsa(4096)), SIGN),
    row("RSA_4096", "ENCRYPT_DECRYPT", || pkcs8(&rsa(4096)), DECRYPT),
    row("ECC_NIST_P256", "SIGN_VERIFY", || pkcs8(&ec(Nid::X9_62_PRIME256V1)), SIGN),
    row("ECC_NIST_P256", "KEY_AGREEMENT", || pkcs8(&ec(Nid::X9_62_PRIME256V1)), AGREE),
    row("ECC_NIST_P384", "SIGN_VERIFY", || pkcs8(&ec(Nid::SECP384R1)), SIGN),
    row("ECC_NIST_P384", "KEY_AGREEMENT", || pkcs8(&ec(Nid::SECP384R1)), AGREE),
    row("ECC_NIST_P521", "SIGN_VERIFY", || pkcs8(&ec(Nid::SECP521R1)), SIGN),
    row("ECC_NIST_P521", "KEY_AGREEMENT", || pkcs8(&ec(Nid::SECP521R1)), AGREE),
    row("ECC_SECG_P256K1", "SIGN_VERIFY", || pkcs8(&ec(Nid::SECP256K1)), SIGN),
    row("ECC_NIST_EDWARDS25519", "SIGN_VERIFY", || pkcs8(&PKey::generate_ed25519().unwrap()), SIGN),
];

fn sentences(proof: &Value) -> Vec<String> {
    proof["proven"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_key_spec_and_usage_is_proven_and_a_wrong_file_is_found_with_exit_4() {
    let scene = Scene::new("");
    let mut made = "";
    for Row { spec, usage, make, proven } in ROWS {
        let what = format!("{spec} {usage}");
        // Large RSA keys take their time: two of each spec are enough for all its usages.
        if made != *spec {
            scene.bench.write_private("right", make());
            scene.bench.write_private("wrong", make());
            made = spec;
        }
        let key = format!("--key-spec {spec} --key-usage {usage} --wrapping-key-spec RSA_3072");
        let answer = scene.json(&format!("provision {key} --material right --quiet"));
        let arn = answer["key_arn"].as_str().unwrap();
        assert_eq!(
            (&answer["proof"]["outcome"], &answer["proof"]["level"]),
            (&json!("proven"), &json!("use")),
            "{what}"
        );
        let expected: Vec<&str> =
            std::iter::once("KMS says that the key is enabled").chain(proven.iter().copied()).collect();
        assert_eq!(sentences(&answer["proof"]), expected, "{what}");

        let before = scene.describe(arn);
        let right = scene.json(&format!("verify --key-id {arn} --material right"));
        assert_eq!(
            (right["proof"]["outcome"].as_str(), sentences(&right["proof"])),
            (Some("proven"), expected.iter().map(ToString::to_string).collect()),
            "{what}"
        );
        let imports = scene.calls("ImportKeyMaterial");
        let (wrong, _) = scene.fails(4, &format!("verify --key-id {arn} --material wrong"));
        assert_eq!(wrong["proof"]["outcome"], "contradicted", "{what}");
        assert_eq!((scene.describe(arn), scene.calls("ImportKeyMaterial")), (before, imports), "{what}");
    }
}

#[test]
fn step_by_step_what_can_be_proven_without_the_material_is() {
    let scene = Scene::new("");
    for Row { spec, usage, make, .. } in
        ROWS.iter().filter(|row| !row.spec.ends_with("3072") && !row.spec.ends_with("4096"))
    {
        let what = format!("{spec} {usage}");
        let directory = what.replace(' ', ".");
        scene.bench.write_private("right", make());
        let arn = scene.kms.external_key(spec, usage);
        scene.json(&format!("get-parameters --key-id {arn} --dir {directory}"));
        scene.bench.kms_byok(&format!("wrap --dir {directory} --material right")).succeeds();
        let answer = scene.json(&format!("import --dir {directory}"));
        assert_eq!((&answer["key_arn"], &answer["proof"]["outcome"]), (&json!(arn), &json!("proven")), "{what}");
        let not_proven = answer["proof"]["not_proven"].to_string();
        assert!(not_proven.contains("that it is your key"), "{what}: {not_proven}");
        let works = sentences(&answer["proof"]).pop().unwrap();
        assert!(works.contains("an HMAC with the key") || works.contains("the private key"), "{what}: {works}");
    }
}

#[test]
fn a_symmetric_key_is_shown_to_work_and_its_bytes_are_attested_at_most() {
    let scene = Scene::new("");
    scene.material("right", 32);
    let answer = scene.json("provision --alias alias/a --material right");
    assert_eq!(
        answer["proof"],
        json!({
            "level": "use",
            "outcome": "proven",
            "contradiction": null,
            "not_permitted": [],
            "items": [
                { "id": "state", "outcome": "proven", "text": "KMS says that the key is enabled" },
                { "id": "material_id", "outcome": "proven", "text": "the current key material is the one imported" },
                { "id": "use", "outcome": "proven", "text": "KMS encrypts and decrypts with the key" },
                { "id": "material_id", "outcome": "proven", "text": "it does so with the current key material" },
                {
                    "id": "bytes",
                    "outcome": "not_compared",
                    "text": "that the bytes are those of your copy: accepted and consistent, attested by KMS; not independently verifiable",
                },
            ],
            "proven": [
                "KMS says that the key is enabled",
                "the current key material is the one imported",
                "KMS encrypts and decrypts with the key",
                "it does so with the current key material",
            ],
            "not_proven": [
                "that the bytes are those of your copy: accepted and consistent, attested by KMS; not independently verifiable",
            ],
        })
    );
    let id = answer["key_material_id"].as_str().unwrap();
    let answer = scene.json("provision --alias alias/b --material right --verify full");
    assert_eq!(answer["wrapping_key_spec"], "RSA_4096", "the report is about the import, not about its proof");
    let again = sentences(&answer["proof"]).pop().unwrap();
    let id_b = answer["key_material_id"].as_str().unwrap();
    assert_eq!(again, format!("KMS took a second import of the same bytes as the current key material, {id_b}"));
    assert_ne!(id, id_b);
}

#[test]
fn the_level_asked_for_is_what_is_asked_of_kms() {
    let scene = Scene::new("");
    scene.material("right", 32);
    let used = |scene: &Scene| (scene.calls("Encrypt"), scene.calls("Decrypt"), scene.calls("ImportKeyMaterial"));
    let mut before = used(&scene);
    for (level, outcome, calls) in [
        ("off", "skipped", (0, 0, 1)),
        ("state", "proven", (0, 0, 1)),
        ("use", "proven", (1, 1, 1)),
        ("full", "proven", (1, 1, 2)),
    ] {
        let answer = scene.json(&format!("provision --material right --wrapping-key-spec RSA_2048 --verify {level}"));
        assert_eq!((&answer["proof"]["level"], &answer["proof"]["outcome"]), (&json!(level), &json!(outcome)));
        let now = used(&scene);
        assert_eq!((now.0 - before.0, now.1 - before.1, now.2 - before.2), calls, "{level}");
        before = now;
    }
    assert_eq!(scene.run("provision --material right --verify everything").code, Some(2));
}

/// Which answer is a lie, for which key, and what it contradicts.
const LIES: &[(&str, &str, &str)] = &[
    ("GetPublicKey", "RSA_2048 SIGN_VERIFY", "KMS reports another public key than that of this private key"),
    ("GetPublicKey", "ECC_NIST_P384 KEY_AGREEMENT", "KMS reports another public key than that of this private key"),
    (
        "GetPublicKey",
        "ECC_NIST_EDWARDS25519 SIGN_VERIFY",
        "KMS reports another public key than that of this private key",
    ),
    ("Sign", "RSA_2048 SIGN_VERIFY", "KMS's signature does not verify with the public key"),
    ("Sign", "ECC_SECG_P256K1 SIGN_VERIFY", "KMS's signature does not verify with the public key"),
    ("Sign", "ECC_NIST_EDWARDS25519 SIGN_VERIFY", "KMS's signature does not verify with the public key"),
    ("Decrypt", "RSA_2048 ENCRYPT_DECRYPT", "KMS decrypted to other bytes than were encrypted"),
    ("DeriveSharedSecret", "ECC_NIST_P256 KEY_AGREEMENT", "KMS derived another shared secret than OpenSSL"),
    (
        "GenerateMac",
        "HMAC_512 GENERATE_VERIFY_MAC",
        "KMS computes another HMAC than OpenSSL does with this key material",
    ),
];

#[test]
fn an_answer_that_contradicts_the_import_is_exit_code_3_and_4_for_verify() {
    for (operation, key, contradiction) in LIES {
        let scene = Scene::new(&format!("--fault {operation}:always:lie"));
        let row = ROWS.iter().find(|row| format!("{} {}", row.spec, row.usage) == *key).unwrap();
        scene.bench.write_private("right", (row.make)());
        let flags = format!("--key-spec {} --key-usage {} --material right --alias alias/a", row.spec, row.usage);
        let (answer, stderr) = scene.fails(3, &format!("provision {flags} --wrapping-key-spec RSA_2048"));
        assert_eq!(answer["proof"]["contradiction"], *contradiction, "{operation} {key}");
        assert_eq!(answer["error"]["cause"], format!("what KMS answers contradicts the import: {contradiction}"));
        assert!(stderr.contains("exists: key arn:"), "{stderr}");
        let (answer, _) = scene.fails(4, "verify --key-id alias/a --material right");
        assert_eq!(answer["proof"]["outcome"], "contradicted", "{operation} {key}");
    }
}

#[test]
fn a_symmetric_key_that_uses_other_material_or_other_bytes_is_a_contradiction() {
    for (fault, expected) in [
        ("Decrypt:always:lie", "KMS decrypted its own ciphertext to other bytes"),
        // The second DescribeKey of a provision is the proof's.
        ("DescribeKey:2+:lie", "is current"),
        ("ImportKeyMaterial:always:lie", "the import was answered with key material 0000"),
    ] {
        let scene = Scene::new(&format!("--fault {fault}"));
        scene.material("right", 32);
        let (answer, _) = scene.fails(3, "provision --alias alias/a --material right --wrapping-key-spec RSA_2048");
        let found = answer["proof"]["contradiction"].as_str().unwrap();
        assert!(found.contains(expected), "{fault}: {found}");
    }
}

/// The second DescribeKey of a provision with an alias comes after the import, while the key is used.
#[test]
fn a_key_that_is_shown_as_it_was_before_the_import_is_asked_for_again() {
    for fault in ["DescribeKey:2", "DescribeKey:2-3"] {
        for key in ["SYMMETRIC_DEFAULT --material right", "HMAC_256 --material right"] {
            let scene = Scene::new(&format!("--fault {fault}:set=KeyMetadata.KeyState=PendingImport"));
            scene.material("right", 32);
            let run = scene
                .run(&format!("provision --alias alias/a --key-spec {key} --wrapping-key-spec RSA_2048 --output json"));
            assert_eq!(run.json()["proof"]["outcome"], "proven", "{fault} {key}");
            assert!(run.stderr.contains("waiting up to "), "{fault}: {}", run.stderr);
        }
    }
}

#[test]
fn a_key_that_stays_without_its_import_is_a_failure_after_the_wait() {
    let scene = Scene::new("--fault DescribeKey:2+:set=KeyMetadata.KeyState=PendingImport");
    scene.material("right", 32);
    let line = "provision --alias alias/a --material right --wrapping-key-spec RSA_2048 --wait 2s";
    let (answer, _) = scene.fails(3, line);
    let cause = answer["error"]["cause"].as_str().unwrap();
    assert!(cause.ends_with(", but DescribeKey still says PendingImport after 2 s"), "{cause}");
    // The key was used meanwhile; that proves nothing of a key that does not show its import.
    assert_eq!((scene.calls("Decrypt"), &answer["proof"]), (1, &json!(null)));
}

#[test]
fn a_disabled_key_whose_material_is_renewed_is_not_called_a_contradiction() {
    let scene = Scene::new("");
    scene.material("right", 32);
    for (spec, proven) in [
        ("SYMMETRIC_DEFAULT", "the current key material is the one imported"),
        ("HMAC_256", "KMS says that the key is disabled, as it was before"),
    ] {
        let arn = scene.provision(&format!("--key-spec {spec} --material right --expires-in 30d"));
        scene.kms.ok("DisableKey", json!({ "KeyId": arn }));
        for level in ["use", "state"] {
            let directory = format!("{spec}.{level}");
            scene.json(&format!("get-parameters --key-id {arn} --dir {directory} --wrapping-key-spec RSA_2048"));
            scene.bench.kms_byok(&format!("wrap --dir {directory} --material right")).succeeds();
            let answer = scene.json(&format!("import --dir {directory} --expires-in 60d --verify {level}"));
            assert_eq!(
                (&answer["proof"]["outcome"], &answer["proof"]["not_proven"]),
                (&json!("proven"), &json!(["that the key works: it is disabled"])),
                "{spec}"
            );
            assert_eq!(sentences(&answer["proof"]).pop().unwrap(), proven, "{spec}");
            assert_eq!(scene.describe(&arn)["KeyState"], "Disabled", "{spec}");
        }
    }
}

#[test]
fn a_proof_that_is_not_permitted_is_said_clearly_and_fails_only_with_full() {
    for (operation, key) in [
        ("Encrypt", "SYMMETRIC_DEFAULT ENCRYPT_DECRYPT"),
        ("Decrypt", "SYMMETRIC_DEFAULT ENCRYPT_DECRYPT"),
        ("GenerateMac", "HMAC_256 GENERATE_VERIFY_MAC"),
        ("GetPublicKey", "RSA_2048 SIGN_VERIFY"),
        ("Sign", "ECC_NIST_P256 SIGN_VERIFY"),
        ("Decrypt", "RSA_2048 ENCRYPT_DECRYPT"),
        ("DeriveSharedSecret", "ECC_NIST_P256 KEY_AGREEMENT"),
    ] {
        let scene = Scene::new(&format!("--fault {operation}:always:error=AccessDeniedException"));
        let (spec, usage) = key.split_once(' ').unwrap();
        let row = ROWS.iter().find(|row| row.spec == spec && row.usage == usage);
        scene.bench.write_private("right", row.map_or_else(|| random(32), |row| (row.make)()));
        let flags = format!("--key-spec {spec} --key-usage {usage} --material right --wrapping-key-spec RSA_2048");
        let run = scene.run(&format!("provision {flags} --quiet"));
        let text = &run.succeeds().stdout;
        assert!(text.contains("proof: not permitted\n"), "{key}: {text}");
        assert!(
            text.contains(&format!("  - not proven: what kms:{operation} would show: it was not permitted\n")),
            "{text}"
        );
        let (answer, _) = scene.fails(4, &format!("provision {flags} --verify full"));
        assert_eq!(answer["proof"]["not_permitted"], json!([format!("kms:{operation}")]), "{key}");
        assert_eq!(
            answer["error"]["cause"],
            format!("the proof that was asked for was not permitted: kms:{operation}"),
            "{key}"
        );
        // Without GetPublicKey the local public key still checks the signature.
        if operation == "GetPublicKey" {
            assert!(sentences(&answer["proof"]).contains(&SIGN[1].to_owned()), "{answer}");
        }
    }
}
