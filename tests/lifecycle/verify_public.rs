//! `verify --certificate` and `verify --public-key`: KMS signs what the file of the other side verifies, with every algorithm, and nobody
//! needs the private key.

use std::fs;

use serde_json::{Value, json};

use crate::support::pairs::{self, PAIRS};
use crate::support::scene::Scene;

const RSA: &[&str] = &[
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
];

fn sentences(answer: &Value, list: &str) -> Vec<String> {
    answer["proof"][list].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// What is proven of a key of that spec and usage by the file that is named so.
fn expected(spec: &str, usage: &str, file: &str) -> Vec<String> {
    let signs = |algorithm: &&str| format!("KMS signs with {algorithm} what {file} verifies");
    let mut all: Vec<String> = match (usage, spec) {
        ("ENCRYPT_DECRYPT", _) => ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"]
            .map(|algorithm| format!("KMS decrypts with {algorithm} what OpenSSL encrypted for {file}"))
            .to_vec(),
        ("KEY_AGREEMENT", _) => {
            vec![format!("KMS derives by ECDH the same shared secret as OpenSSL does with {file}")]
        }
        (_, "ECC_NIST_P384") => vec![signs(&"ECDSA_SHA_384")],
        (_, "ECC_NIST_P521") => vec![signs(&"ECDSA_SHA_512")],
        (_, "ECC_NIST_EDWARDS25519") => vec![signs(&"ED25519_SHA_512")],
        (_, spec) if spec.starts_with("RSA") => RSA.iter().map(signs).collect(),
        _ => vec![signs(&"ECDSA_SHA_256")],
    };
    all.push(format!("KMS reports the public key of {file}"));
    all
}

#[test]
fn every_algorithm_of_every_key_spec_is_proven_by_the_certificate_and_by_each_form_of_the_public_key() {
    let scene = Scene::new("");
    let bench = &scene.bench;
    for (number, pair) in PAIRS.iter().enumerate() {
        let name = format!("k{number}");
        scene.pair(pair, &name);
        bench.certificate(&name);
        let forms = scene.json(&format!("public-key alias/{name}"))["public_key"].clone();
        bench.write(&format!("{name}.jwk"), forms["jwk"].to_string());
        let mut files = vec![
            ("certificate", "crt", "certificate"),
            ("public-key", "pem", "public key"),
            ("public-key", "der", "public key"),
            ("public-key", "jwk", "JWK"),
        ];
        if let Some(line) = forms["openssh"].as_str() {
            bench.write(&format!("{name}.pub"), format!("{line} somebody@somewhere\n"));
            files.push(("public-key", "pub", "OpenSSH public key"));
        }
        // Nothing of the private key is left to be read.
        fs::remove_file(bench.path(&format!("{name}.key"))).unwrap();
        for (flag, ending, what) in files {
            let answer = scene.json(&format!("verify --key-id alias/{name} --{flag} {name}.{ending}"));
            let file = format!("the {what} in `{name}.{ending}`");
            assert_eq!(sentences(&answer, "proven"), expected(pair.spec, pair.usage, &file));
            assert_eq!(answer["proof"]["outcome"], "proven");
            let subject = (flag == "certificate").then(|| format!("O=Example, CN={name}"));
            assert_eq!(answer["certificate_subject"].as_str(), subject.as_deref());
            let open: &[&str] = match pair.spec {
                "ECC_NIST_EDWARDS25519" => {
                    &["that KMS signs with ED25519_PH_SHA_512: kms-byok cannot verify Ed25519ph (RFC 8032 §5.1)"]
                }
                _ => &[],
            };
            assert_eq!(sentences(&answer, "not_proven"), open);
        }
    }
}

#[test]
fn the_file_of_another_key_is_contradicted_with_exit_4_and_nothing_is_signed() {
    let scene = Scene::new("");
    for (spec, usage) in [("ECC_NIST_P256", "SIGN_VERIFY"), ("RSA_2048", "ENCRYPT_DECRYPT")] {
        let name = usage.to_lowercase();
        scene.pair(pairs::of(spec, usage), &name);
        scene.bench.pair(pairs::of(spec, usage).genpkey, "other");
        scene.bench.certificate("other");
        for (flag, file, what) in
            [("certificate", "other.crt", "certificate"), ("public-key", "other.der", "public key")]
        {
            let signed = scene.calls("Sign") + scene.calls("Decrypt");
            let (answer, _) = scene.fails(4, &format!("verify --key-id alias/{name} --{flag} {file}"));
            let contradiction = format!("KMS reports another public key than the {what} in `{file}`");
            assert_eq!(answer["proof"]["contradiction"], contradiction);
            assert_eq!(scene.calls("Sign") + scene.calls("Decrypt"), signed);
        }
    }
}

/// The answer of GetPublicKey is no proof by itself, and none is needed.
#[test]
fn a_signature_tells_whose_key_it_is_where_the_public_key_may_not_be_asked_for() {
    let scene = Scene::new("--fault GetPublicKey:always:error=AccessDeniedException");
    scene.bench.pair("EC -pkeyopt ec_paramgen_curve:P-256", "k");
    scene.bench.pair("EC -pkeyopt ec_paramgen_curve:P-256", "other");
    scene.provision("--alias alias/k --key-spec ECC_NIST_P256 --material k.key");
    let answer = scene.json("verify --key-id alias/k --public-key k.pem");
    assert_eq!(
        sentences(&answer, "proven"),
        [
            "KMS signs with ECDSA_SHA_256 what the public key in `k.pem` verifies",
            "so KMS holds the private key that belongs to the public key in `k.pem`",
        ]
    );
    let (answer, _) = scene.fails(4, "verify --key-id alias/k --public-key other.pem");
    assert_eq!(
        answer["proof"]["contradiction"],
        "the public key in `other.pem` does not verify the signature that KMS makes with ECDSA_SHA_256"
    );
}

#[test]
fn what_may_not_be_asked_is_not_permitted_and_said_once() {
    let scene = Scene::new("--fault Sign:always:error=AccessDeniedException");
    scene.bench.pair("RSA -pkeyopt rsa_keygen_bits:2048", "k");
    scene.provision("--alias alias/k --key-spec RSA_2048 --material k.key");
    let answer = scene.json("verify --key-id alias/k --public-key k.pem");
    assert_eq!(answer["proof"]["outcome"], "not_permitted");
    assert_eq!(answer["proof"]["not_permitted"], json!(["kms:Sign"]));
    assert_eq!(
        sentences(&answer, "not_proven"),
        RSA.iter()
            .map(|algorithm| format!("that KMS signs with {algorithm}: kms:Sign was not permitted"))
            .collect::<Vec<_>>()
    );
}

/// An authority signs with the same kind of key, and its certificate stands first.
#[test]
fn of_a_chain_the_keys_own_certificate_counts_wherever_it_stands_and_its_subject_is_shown() {
    for fault in ["", "--fault GetPublicKey:always:error=AccessDeniedException"] {
        let scene = Scene::new(fault);
        let bench = &scene.bench;
        for name in ["k", "root", "other"] {
            bench.pair("EC -pkeyopt ec_paramgen_curve:P-256", name);
            bench.certificate(name);
        }
        bench.pair("RSA -pkeyopt rsa_keygen_bits:2048", "rsa");
        bench.certificate("rsa");
        scene.provision("--alias alias/k --key-spec ECC_NIST_P256 --material k.key");
        for chain in [["k", "root", "rsa"], ["root", "k", "rsa"], ["rsa", "root", "k"]] {
            let files = chain.map(|name| bench.read(&format!("{name}.crt")));
            bench.write("chain.pem", files.concat());
            let answer = scene.json("verify --key-id alias/k --certificate chain.pem");
            assert_eq!(answer["certificate_subject"], "O=Example, CN=k", "{chain:?}");
            assert_eq!(answer["proof"]["outcome"], "proven", "{chain:?} {answer}");
        }
        // A chain without it is another one's.
        bench.write("chain.pem", [bench.read("root.crt"), bench.read("other.crt")].concat());
        let (answer, _) = scene.fails(4, "verify --key-id alias/k --certificate chain.pem");
        assert_eq!(answer["certificate_subject"], "O=Example, CN=root");
        assert_eq!(answer["proof"]["outcome"], "contradicted");
    }
}

#[test]
fn a_chain_is_searched_and_a_private_key_or_anything_else_refused() {
    let scene = Scene::new("");
    let bench = &scene.bench;
    scene.pair(pairs::of("ECC_NIST_P384", "SIGN_VERIFY"), "k");
    bench.pair("RSA -pkeyopt rsa_keygen_bits:1024", "root");
    ["k", "root"].iter().for_each(|name| bench.certificate(name));
    bench.write("chain.pem", [bench.read("root.crt"), bench.read("k.crt")].concat());
    let answer = scene.json("verify --key-id alias/k --certificate chain.pem");
    assert_eq!(answer["proof"]["outcome"], "proven");
    bench.write("rest", "nothing of the kind, only words\n");
    let calls = scene.calls("DescribeKey");
    for (file, id, cause) in [
        (
            "k.key",
            "private_key_given",
            "`k.key` holds a private key, but the public key or the certificate of the other side is needed",
        ),
        (
            "rest",
            "not_a_public_key",
            "`rest` is text in no known encoding, but a public key or a certificate is needed",
        ),
        ("root.crt", "public_key_unfit", "the public key is of a type or size that KMS has no key spec for"),
    ] {
        let (answer, _) = scene.fails(1, &format!("verify --key-id alias/k --public-key {file}"));
        assert_eq!((&answer["error"]["id"], &answer["error"]["cause"]), (&json!(id), &json!(cause)));
    }
    // All of that without a question to KMS.
    assert_eq!(scene.calls("DescribeKey"), calls);
    for line in ["--certificate k.crt --public-key k.pem", "--certificate k.crt --material k.key"] {
        assert_eq!(scene.run(&format!("verify --key-id alias/k {line}")).code, Some(2), "{line}");
    }
}

#[test]
fn a_key_that_cannot_be_used_is_said_to_be_so() {
    let scene = Scene::new("");
    let arn = scene.pair(pairs::of("ECC_NIST_P256", "SIGN_VERIFY"), "k");
    scene.kms.ok("DisableKey", json!({ "KeyId": arn }));
    let (answer, _) = scene.fails(1, "verify --key-id alias/k --public-key k.pem");
    assert_eq!(answer["error"]["cause"], format!("key {arn} is Disabled, and the proof needs it Enabled"));
    scene.kms.ok("EnableKey", json!({ "KeyId": arn }));
    scene.kms.ok("DeleteImportedKeyMaterial", json!({ "KeyId": arn }));
    let (answer, _) = scene.fails(4, "verify --key-id alias/k --public-key k.pem");
    let contradiction = "KMS says that the key is PendingImport: it holds no key material now";
    assert_eq!(answer["proof"]["contradiction"], contradiction);
    scene.material("one", 32);
    scene.provision("--alias alias/a --material one");
    let (answer, _) = scene.fails(1, "verify --key-id alias/a --public-key k.pem");
    assert_eq!(answer["error"]["id"], "no_public_key");
}
