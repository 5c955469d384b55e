//! `diagnose --private-key` opens what the `openssl` command has wrapped, and says how that was really done: each mistake that KMS
//! answers with InvalidCiphertext, and each that only the key material inside shows.

use std::process::{Command, Stdio};

use openssl::hash::MessageDigest;
use serde_json::json;

use crate::support::seeded;
use crate::support::seeded::{Workshop, certain, likely};

const OAEP: &str =
    "--encrypted blob --private-key wrapping.pem --wrapping-algorithm RSAES_OAEP_SHA_256 --key-spec SYMMETRIC_DEFAULT";
const OAEP_SHA_1: &str =
    "--encrypted blob --private-key wrapping.pem --wrapping-algorithm RSAES_OAEP_SHA_1 --key-spec SYMMETRIC_DEFAULT";
const KEY_WRAP: &str =
    "--encrypted blob --private-key wrapping.pem --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 --key-spec RSA_2048";
const KEY_WRAP_EC: &str = "--encrypted blob --private-key wrapping.pem --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 --key-spec ECC_NIST_P256";

#[test]
fn the_padding_is_read_and_not_guessed() {
    Workshop::open().check(&[
        certain("no rsa_oaep_md: SHA-1", "with key blob rsa_padding_mode:oaep", OAEP, "oaep_hash"),
        certain("rsa_oaep_md:sha1", "with key blob rsa_padding_mode:oaep rsa_oaep_md:sha1", OAEP, "oaep_hash"),
        certain("SHA-224", "with key blob rsa_padding_mode:oaep rsa_oaep_md:sha224", OAEP, "oaep_hash"),
        certain("SHA-384", "with key blob rsa_padding_mode:oaep rsa_oaep_md:sha384", OAEP, "oaep_hash"),
        certain("SHA-512", "with key blob rsa_padding_mode:oaep rsa_oaep_md:sha512", OAEP, "oaep_hash"),
        certain(
            "only MGF1 is SHA-256",
            "with key blob rsa_padding_mode:oaep rsa_oaep_md:sha1 rsa_mgf1_md:sha256",
            OAEP,
            "oaep_hash",
        ),
        certain(
            "MGF1 left at SHA-1",
            "with key blob rsa_padding_mode:oaep rsa_oaep_md:sha256 rsa_mgf1_md:sha1",
            OAEP,
            "mgf1_hash",
        ),
        certain("SHA-256 where SHA-1 was asked for", "oaep key blob", OAEP_SHA_1, "oaep_hash"),
        certain(
            "a label",
            "with key blob rsa_padding_mode:oaep rsa_oaep_md:sha256 rsa_oaep_label:6b6d73",
            OAEP,
            "oaep_label",
        ),
        certain("pkeyutl without options", "with key blob", OAEP, "pkcs1_padding"),
        certain("PKCS#1 v1.5 said expressly", "with key blob rsa_padding_mode:pkcs1", OAEP_SHA_1, "pkcs1_padding"),
        certain(
            "no padding",
            "(head -c 224 /dev/zero; cat key) > padded; with padded blob rsa_padding_mode:none",
            OAEP,
            "no_padding",
        ),
        likely("the public key of another set", "oaep_below key blob Other.bin", OAEP, "other_public_key"),
        likely("random bytes", "(printf '\\0'; openssl rand 255) > blob", OAEP, "other_public_key"),
        certain(
            "random bytes above the modulus",
            "(printf '\\377%.0s' {1..8}; openssl rand 248) > blob",
            OAEP,
            "other_public_key",
        ),
        certain(
            "a private key that is not that of the public key",
            "oaep_below key blob",
            "--encrypted blob --private-key other.pem --public-key PublicKey.bin",
            "other_public_key",
        ),
    ]);
}

/// A right public key is not accused because the hash is a rare one.
#[test]
fn hashes_that_few_use_are_read_too() {
    let workshop = Workshop::open();
    for (digest, name) in [("sha3-256", "SHA3-256"), ("sha512-256", "SHA-512/256")] {
        if !is_known(digest) {
            println!("{digest}: skipped, `openssl` or the loaded library does not know it");
            continue;
        }
        for mgf1 in ["", " rsa_mgf1_md:sha256"] {
            let bench = workshop.bench(&format!("with key blob rsa_padding_mode:oaep rsa_oaep_md:{digest}{mgf1}"));
            let answer = seeded::diagnosis(&bench, OAEP);
            assert_eq!(seeded::ids(&answer), ["oaep_hash"], "{answer:#}");
            assert_eq!(answer["causes"][0]["certainty"], "certain");
            let expected = if mgf1.is_empty() { name } else { "SHA-256" };
            assert_eq!(
                (&answer["opened"]["oaep_hash"], &answer["opened"]["mgf1_hash"]),
                (&json!(name), &json!(expected))
            );
        }
    }
}

fn is_known(digest: &str) -> bool {
    let mut command = Command::new("openssl");
    command.args(["dgst", &format!("-{digest}")]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().unwrap().success() && MessageDigest::from_name(digest).is_some()
}

#[test]
fn the_halves_of_rsa_aes_key_wrap_are_opened_one_after_the_other() {
    Workshop::open().check(&[
        certain(
            "OAEP of the AES key with SHA-1",
            "with aes first rsa_padding_mode:oaep; kwp rsa.der second; cat first second > blob",
            KEY_WRAP,
            "oaep_hash",
        ),
        certain(
            "PKCS#1 v1.5 around the AES key",
            "with aes first; kwp rsa.der second; cat first second > blob",
            KEY_WRAP,
            "pkcs1_padding",
        ),
        certain("the halves in the wrong order", "oaep aes first; kwp rsa.der second; cat second first > blob", KEY_WRAP, "halves_swapped"),
        certain(
            "AES-KW instead of AES-KWP",
            "oaep aes first; (cat ec.der; head -c 6 /dev/zero) > padded; \"$OPENSSL3\" enc -id-aes256-wrap -K $(hex aes) -iv A6A6A6A6A6A6A6A6 -in padded -out second; cat first second > blob",
            KEY_WRAP_EC,
            "key_wrap_unpadded",
        ),
        certain(
            "an AES key of 16 bytes",
            "openssl rand -out aes 16; oaep aes first; \"$OPENSSL3\" enc -id-aes128-wrap-pad -K $(hex aes) -iv A65959A6 -in rsa.der -out second; cat first second > blob",
            KEY_WRAP,
            "aes_key_length",
        ),
        certain(
            "the AES key as hex text",
            "openssl rand -hex 32 > aes.hex; oaep aes.hex first; \"$OPENSSL3\" enc -id-aes256-wrap-pad -K $(cat aes.hex) -iv A65959A6 -in rsa.der -out second; cat first second > blob",
            KEY_WRAP,
            "aes_key_encoded",
        ),
        certain(
            "halves of two runs",
            "oaep aes first; openssl rand -out aes 32; kwp rsa.der second; cat first second > blob",
            KEY_WRAP,
            "second_half",
        ),
        certain(
            "AES-CBC instead of key wrap",
            "oaep aes first; openssl enc -aes-256-cbc -K $(hex aes) -iv 00000000000000000000000000000000 -in rsa.der -out second; cat first second > blob",
            KEY_WRAP,
            "second_half",
        ),
        likely("for another public key", "oaep_below aes first Other.bin; kwp rsa.der second; cat first second > blob", KEY_WRAP, "other_public_key"),
    ]);
}

#[test]
fn the_key_material_inside_is_held_to_the_key_spec() {
    Workshop::open().check(&[
        certain("a line end inside", "echo >> key; oaep key blob", OAEP, "trailing_newline"),
        certain("hex text inside", "openssl rand -hex 32 > key; oaep key blob", OAEP, "material_encoded"),
        certain("base64 text inside", "openssl rand -base64 32 > key; oaep key blob", OAEP, "material_encoded"),
        certain("31 bytes inside", "openssl rand -out key 31; oaep key blob", OAEP, "material_length"),
        certain("zeros inside", "head -c 32 /dev/zero > key; oaep key blob", OAEP, "material_all_zero"),
        certain("PEM inside", "key_wrap ec.pem blob", KEY_WRAP_EC, "material_container"),
        certain("another curve inside", "key_wrap p384.der blob", KEY_WRAP_EC, "material_curve"),
        certain(
            "other bytes than those of the file",
            "oaep key blob; openssl rand -out key 32",
            "--encrypted blob --private-key wrapping.pem --wrapping-algorithm RSAES_OAEP_SHA_256 --material key",
            "other_material_inside",
        ),
    ]);
}

#[test]
fn what_was_used_is_told() {
    let workshop = Workshop::open();
    let bench = workshop
        .bench("with key blob rsa_padding_mode:oaep rsa_oaep_md:sha512 rsa_mgf1_md:sha1; key_wrap rsa.der wrapped");
    let opened = |flags: &str| seeded::diagnosis(&bench, flags)["opened"].take();
    assert_eq!(
        opened("--encrypted blob --private-key wrapping.pem"),
        json!({ "padding": "RSAES-OAEP", "oaep_hash": "SHA-512", "mgf1_hash": "SHA-1", "payload_bytes": 32, "second_half": null, "material_bytes": 32 })
    );
    let length = bench.read("rsa.der").len();
    assert_eq!(
        opened("--encrypted wrapped --private-key wrapping.pem"),
        json!({ "padding": "RSAES-OAEP", "oaep_hash": "SHA-256", "mgf1_hash": "SHA-256", "payload_bytes": 32, "second_half": "AES-KWP", "material_bytes": length })
    );
    assert_eq!(opened("--encrypted blob --private-key other.pem")["padding"], json!(null));
    assert_eq!(opened("--encrypted blob"), json!(null));
}

#[test]
fn a_wrong_private_key_says_that_the_blob_is_for_another_public_key() {
    let bench = Workshop::open().bench("oaep_below key blob");
    for said in ["", " --error InvalidCiphertextException"] {
        let answer = seeded::diagnosis(&bench, &format!("--encrypted blob --private-key other.pem{said}"));
        assert_eq!(seeded::ids(&answer), ["other_public_key"], "{answer:#}");
        assert_eq!(answer["causes"][0]["certainty"], "likely");
        assert_eq!(
            answer["causes"][0]["evidence"],
            "the wrapped key material `blob` shows no padding under the private key `other.pem`: it is for another public key, damaged, \
             or padded in a way that is not known here"
        );
    }
    let answer = seeded::diagnosis(&bench, "--encrypted blob --private-key wrapping.pem --public-key Other.bin");
    assert!(seeded::ids(&answer).contains(&"other_public_key"), "{answer:#}");
    bench.kms_byok("diagnose --encrypted blob --private-key ec.pem").refuses(
        1,
        "error: the private key to open wrapped key material with is not an RSA key\n\
         hint: give the private key whose public half it was wrapped for\n",
    );
}

/// Two mistakes at once are both named: text first, because the rest is only seen behind it.
#[test]
fn several_causes_are_named_together() {
    let bench = Workshop::open().bench(
        "with key raw rsa_padding_mode:oaep rsa_oaep_md:sha1 rsa_mgf1_md:sha256; openssl base64 -in raw -out blob",
    );
    let answer = seeded::diagnosis(
        &bench,
        "--encrypted blob --private-key wrapping.pem --wrapping-algorithm RSAES_OAEP_SHA_256",
    );
    assert_eq!(seeded::ids(&answer), ["encrypted_encoded", "oaep_hash"]);
}

/// Secrets that are opened on the way are neither shown nor left behind.
#[test]
fn nothing_of_the_key_material_is_shown() {
    let bench = Workshop::open()
        .bench("printf 'correct horse battery staple 32b\\n' > key; with key blob rsa_padding_mode:oaep");
    let before = bench.names();
    for output in ["text", "json"] {
        let run = bench.kms_byok(&format!("diagnose {OAEP} --material key --output {output} -vv"));
        assert!(!run.stdout.contains("horse") && !run.stderr.contains("horse"), "{}{}", run.stdout, run.stderr);
    }
    assert_eq!(bench.names(), before);
}
