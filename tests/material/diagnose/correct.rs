//! Correct sets are not accused, whoever has made them: all key specs, algorithms and wrapping keys; with and without the private key.

use crate::support::seeded::Workshop;
use crate::support::{Bench, seeded};

#[track_caller]
fn accuses_nobody(bench: &Bench, flags: &str) {
    let answer = seeded::diagnosis(bench, flags);
    assert_eq!(seeded::ids(&answer), [""; 0], "{flags}: {answer:#}");
}

#[test]
fn what_kms_byok_wraps_is_right_for_every_key_spec_and_algorithm() {
    let workshop = Workshop::open();
    let oaep = ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"];
    let key_wrap = ["RSA_AES_KEY_WRAP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1"];
    let sets = [
        ("SYMMETRIC_DEFAULT", &oaep[..]),
        ("HMAC_224", &oaep[..1]),
        ("HMAC_256", &oaep[..1]),
        ("HMAC_384", &oaep[..1]),
        ("HMAC_512", &oaep[..1]),
        ("RSA_2048", &key_wrap),
        ("RSA_3072", &key_wrap[..1]),
        ("RSA_4096", &key_wrap[..1]),
        ("ECC_NIST_P256", &[oaep[0], key_wrap[0]]),
        ("ECC_NIST_P384", &[oaep[0], key_wrap[0]]),
        ("ECC_NIST_P521", &key_wrap[..1]),
        ("ECC_SECG_P256K1", &[oaep[0], key_wrap[0]]),
        ("ECC_NIST_EDWARDS25519", &[oaep[0], key_wrap[0]]),
    ];
    for (spec, algorithms) in sets {
        for algorithm in algorithms {
            let bench = workshop.bench(&format!(
                "parameters {spec} {algorithm} RSA_2048; kms-byok generate --key-spec {spec} --out new.key; \
                 kms-byok wrap --dir . --material new.key --allow-sha1"
            ));
            accuses_nobody(&bench, "--dir . --material new.key");
            accuses_nobody(&bench, "--dir . --material new.key --private-key wrapping.pem");
            accuses_nobody(
                &bench,
                &format!("--encrypted EncryptedKeyMaterial.bin --import-token ImportToken.bin --key-spec {spec}"),
            );
        }
    }
}

#[test]
fn what_the_recipe_wraps_is_right_for_every_wrapping_key() {
    let workshop = Workshop::open();
    for (private, public, size) in [("wrapping.pem", "PublicKey.bin", "RSA_2048"), ("big.pem", "Big.bin", "RSA_3072")] {
        let bench = workshop.bench(&format!(
            "[[ {public} = PublicKey.bin ]] || cp {public} PublicKey.bin; parameters SYMMETRIC_DEFAULT RSAES_OAEP_SHA_256 {size}; \
             oaep key EncryptedKeyMaterial.bin"
        ));
        accuses_nobody(&bench, "--dir . --material key");
        accuses_nobody(&bench, &format!("--dir . --material key --private-key {private}"));
        accuses_nobody(
            &bench,
            "--public-key PublicKey.bin --import-token ImportToken.bin --encrypted EncryptedKeyMaterial.bin --material key",
        );
    }
    let bench = workshop
        .bench("parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap rsa.der EncryptedKeyMaterial.bin");
    accuses_nobody(&bench, "--dir . --material rsa.der");
    accuses_nobody(&bench, "--dir . --material rsa.der --private-key wrapping.pem");
    accuses_nobody(&bench, "--dir . --material other.pem --private-key wrapping.pem");
}

/// Nobody has to keep the key material in the container that KMS wants: the length of the blob shows that it was converted.
#[test]
fn a_private_key_that_was_converted_on_the_way_is_not_accused() {
    let workshop = Workshop::open();
    for file in ["other.pem", "rsa1.pem", "rsa1.der"] {
        let bench = workshop.bench(&format!(
            "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; kms-byok wrap --dir . --material {file}"
        ));
        accuses_nobody(&bench, &format!("--dir . --material {file}"));
        accuses_nobody(&bench, &format!("--dir . --material {file} --private-key wrapping.pem"));
    }
    let bench = workshop.bench("openssl rand -hex 32 > hex; parameters SYMMETRIC_DEFAULT RSAES_OAEP_SHA_256 RSA_2048; kms-byok wrap --dir . --material hex --material-format hex");
    accuses_nobody(&bench, "--dir . --material hex --material-format hex");
    accuses_nobody(&bench, "--dir . --material hex --private-key wrapping.pem");
}

/// Between `get-parameters` and `wrap` there is no blob; the recipe writes no parameter file. Neither is a mistake.
#[test]
fn unfinished_sets_are_not_accused() {
    let workshop = Workshop::open();
    let bench = workshop.bench("parameters SYMMETRIC_DEFAULT RSAES_OAEP_SHA_256 RSA_2048");
    accuses_nobody(&bench, "--dir .");
    accuses_nobody(&workshop.bench("symmetric; rm parameters.json"), "--dir .");
}

#[test]
fn a_set_of_the_embedded_kms_is_right_before_and_after_its_import() {
    let bench = Bench::new();
    let server = bench.serve();
    let kms = format!("--endpoint-url {} --region us-east-1", server.url());
    let key = bench.kms_byok_with_credentials(&format!("create-key --output json {kms}")).json()["key_arn"].take();
    bench
        .kms_byok_with_credentials(&format!("get-parameters --key-id {} --dir D {kms}", key.as_str().unwrap()))
        .succeeds();
    bench.kms_byok("generate --out key").succeeds();
    bench.kms_byok("wrap --dir D --material key").succeeds();
    accuses_nobody(&bench, "--dir D --material key");
    bench.kms_byok_with_credentials(&format!("import --dir D {kms}")).succeeds();
    accuses_nobody(&bench, "--dir D --material key");
}
