//! What a person reads: causes with evidence and fix, and what cannot be known, in plain words on standard output.

use crate::support::seeded::Workshop;
use crate::support::{Bench, seeded};

/// The `openssl` of this machine, as the answer names it.
fn openssl(bench: &Bench) -> String {
    seeded::diagnosis(bench, "--encrypted EncryptedKeyMaterial.bin")["openssl_on_path"]["version"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_cause_is_told_with_its_evidence_and_its_fix() {
    let bench = Workshop::open().bench("with key EncryptedKeyMaterial.bin rsa_padding_mode:oaep");
    let version = openssl(&bench);
    let run = bench.kms_byok(
        "diagnose --public-key PublicKey.bin --encrypted EncryptedKeyMaterial.bin --material key --private-key wrapping.pem \
         --wrapping-algorithm RSAES_OAEP_SHA_256 --key-spec SYMMETRIC_DEFAULT",
    );
    assert_eq!((run.code, run.stderr.as_str()), (Some(4), ""));
    assert_eq!(
        run.stdout,
        format!(
            "opened           RSAES-OAEP, hash SHA-1, MGF1 SHA-1, 32 bytes of key material\n\
             openssl on PATH  {version}; its pkeyutl uses SHA-1 for OAEP unless rsa_oaep_md says otherwise\n\
             certain (oaep_hash): the wrapped key material `EncryptedKeyMaterial.bin` is padded with OAEP and SHA-1, but \
             RSAES_OAEP_SHA_256 means SHA-256\n  \
             fix: wrap it with `kms-byok wrap --in key --inkey PublicKey.bin --out EncryptedKeyMaterial.bin --key-spec SYMMETRIC_DEFAULT \
             --wrapping-algorithm RSAES_OAEP_SHA_256 --force`, or set both hashes in `openssl`, by rsa_oaep_md:sha256 and rsa_mgf1_md:sha256\n\
             not known (key_state): whether the KMS key waits for key material: KMS was not asked\n  \
             find out: run `kms-byok status --key-id KEY`\n"
        )
    );
}

#[test]
fn without_a_cause_it_is_said_what_nobody_can_know_from_outside() {
    let bench = Workshop::open().bench("symmetric");
    let version = openssl(&bench);
    let run = bench.kms_byok("diagnose --dir .");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_eq!(
        run.stdout,
        format!(
            "key              arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\n\
             openssl on PATH  {version}; its pkeyutl uses SHA-1 for OAEP unless rsa_oaep_md says otherwise\n\
             no cause was found in the files given\n\
             not known (oaep_hash): which padding and which hashes the wrapped key material was made with, which only its private key \
             could show: the `openssl` on PATH, `{version}`, uses SHA-1 unless rsa_oaep_md says otherwise\n  \
             find out: wrap for a throw-away key in the same way and look at that: `kms-byok diagnose --private-key KEY --encrypted FILE`\n\
             not known (public_key): whether the wrapped key material was made for this public key\n  \
             find out: wrap it again, which takes seconds: `kms-byok wrap --dir . --material FILE --force`\n\
             not known (key_state): whether the KMS key waits for key material: KMS was not asked\n  \
             find out: run `kms-byok status --key-id arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab --region eu-central-1`\n"
        )
    );
}

#[test]
fn what_cannot_be_read_is_an_error_and_not_a_cause() {
    let bench = Bench::new();
    bench
        .kms_byok("diagnose --encrypted nothing")
        .refuses(1, "error: wrapped key material `nothing` does not exist\nhint: check the path\n");
    bench
        .kms_byok("diagnose --dir nowhere")
        .refuses(1, "error: parameter directory `nowhere` does not exist\nhint: check the path\n");
    bench.kms_byok("diagnose").refuses(
        2,
        "error: something to look at is missing\n\
         hint: add --dir D, or any of --public-key, --import-token, --encrypted, --material and --key-id\n",
    );
    bench.write("key", "k");
    let unknown = bench.kms_byok("diagnose --material key --error AccessDeniedException");
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.stderr.contains("use InvalidCiphertextException, IncorrectKeyMaterialException,"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn key_material_that_others_can_read_is_minded() {
    let bench = Workshop::open().bench("chmod 644 key");
    let line = "diagnose --material key --key-spec SYMMETRIC_DEFAULT";
    let run = bench.kms_byok(line);
    let warning = "the key material file `key` can be read by other users (mode 644)";
    assert_eq!((run.code, run.stderr), (Some(0), format!("warning: {warning}\n")));
    let strict = bench.kms_byok(&format!("{line} --strict"));
    assert!(strict.code == Some(1) && strict.stderr.starts_with(&format!("error: {warning}\n")), "{}", strict.stderr);
}
