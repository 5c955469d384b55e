//! `generate`: new key material of every spec, as other tools read it, in a file that is new and private.

use std::os::unix::fs::PermissionsExt;

use openssl::pkey::PKey;

use crate::support::Bench;

/// Key spec, what is in the file, and what OpenSSL calls the key in it.
const SPECS: [(&str, usize, &str); 13] = [
    ("SYMMETRIC_DEFAULT", 32, ""),
    ("HMAC_224", 28, ""),
    ("HMAC_256", 32, ""),
    ("HMAC_384", 48, ""),
    ("HMAC_512", 64, ""),
    ("RSA_2048", 0, "(2048 bit"),
    ("RSA_3072", 0, "(3072 bit"),
    ("RSA_4096", 0, "(4096 bit"),
    ("ECC_NIST_P256", 138, "prime256v1"),
    ("ECC_NIST_P384", 185, "secp384r1"),
    ("ECC_NIST_P521", 241, "secp521r1"),
    ("ECC_SECG_P256K1", 135, "secp256k1"),
    ("ECC_NIST_EDWARDS25519", 48, "ED25519"),
];

#[test]
fn every_key_spec_gives_a_key_of_that_kind_in_a_private_file() {
    let bench = Bench::new();
    for (spec, bytes, kind) in SPECS {
        let answer = bench.kms_byok(&format!("generate --key-spec {spec} --out {spec} --output json")).json();
        let file = bench.read(spec);
        let format = if kind.is_empty() { "raw" } else { "PKCS#8 DER" };
        let expected = serde_json::json!({
            "schema": "kms-byok/generate/1", "key_spec": spec, "bytes": file.len(), "format": format, "out": spec, "changed": false,
            "exists": [], "in_doubt": null, "leftovers": [], "next": null, "rehearsal": false, "error": null,
            "parts": [], "material": null, "token": null, "escrow_opened": null, "components": null, "key_check_value": null,
        });
        assert_eq!(answer, expected);
        assert!(bytes == 0 || file.len() == bytes, "{spec}: {}", file.len());
        assert_eq!(std::fs::metadata(bench.path(spec)).unwrap().permissions().mode() & 0o7777, 0o600, "{spec}");
        if kind.is_empty() {
            assert!(file.iter().any(|byte| *byte != file[0]), "{spec}");
        } else {
            let key = PKey::private_key_from_pkcs8(&file).unwrap();
            let pkcs8 = key.private_key_to_pkcs8().unwrap();
            assert!(pkcs8 == file, "{spec}: unencrypted PKCS#8 and nothing else");
            bench.openssl(&format!("pkey -inform DER -in {spec} -noout -text -out text"));
            let text = String::from_utf8(bench.read("text")).unwrap();
            assert!(text.contains(kind), "{spec}: {text}");
        }
        bench.kms_byok(&format!("generate --key-spec {spec} --out {spec}.again")).succeeds();
        assert_ne!(bench.read(&format!("{spec}.again")), file, "{spec}");
    }
}

#[test]
fn the_answer_names_the_file_and_nothing_of_the_key() {
    let bench = Bench::new();
    let run = bench.kms_byok("generate --out key");
    assert_eq!(
        (run.succeeds().stdout.as_str(), run.stderr.as_str()),
        ("key material  32 bytes, raw\nspec          SYMMETRIC_DEFAULT\nfile          key\n", "")
    );
}

#[test]
fn a_generous_umask_does_not_open_the_file() {
    let bench = Bench::new();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &format!("umask 000; {} generate --out key", env!("CARGO_BIN_EXE_kms-byok"))]);
    assert!(shell.current_dir(bench.directory()).output().unwrap().status.success());
    assert_eq!(std::fs::metadata(bench.path("key")).unwrap().permissions().mode() & 0o7777, 0o600);
}
