//! Envelope encryption with a key that `provision` has imported: the programs of `examples/envelope` run as the manual shows them, through a
//! rotation by `rotate`.

use super::signers::Consumers;

const PAGE: &str = "envelope-encryption.md";

#[test]
fn the_encryption_sdk_for_python_opens_what_it_has_sealed_before_a_rotation() {
    let modules = ["boto3", "aws_encryption_sdk", "aws_cryptographic_material_providers"];
    lives(Consumers::in_python(&modules), "encryption_sdk.py");
}

#[test]
fn the_encryption_sdk_for_javascript_opens_what_it_has_sealed_before_a_rotation() {
    lives(Consumers::in_node(&["@aws-crypto/client-node", "@aws-sdk/client-kms"]), "encryption_sdk.mjs");
}

#[test]
fn tink_opens_what_it_has_sealed_before_a_rotation() {
    lives(Consumers::in_python(&["boto3", "tink.integration.awskms"]), "tink_aead.py");
}

/// What a key has sealed it opens, before a rotation and after it, and no other key does.
fn lives(consumers: Option<Consumers>, program: &str) {
    let Some(consumers) = consumers else { return };
    let arn = |alias: &str| {
        consumers.provision(alias, "SYMMETRIC_DEFAULT", "--generate --discard");
        let status = consumers.kms_byok(&format!("status --key-id alias/{alias} --output json"));
        serde_json::from_str::<serde_json::Value>(&status).unwrap()["key_arn"].as_str().unwrap().to_owned()
    };
    let (arn, other) = (arn("data"), arn("other"));
    let seal = |plain: &str, sealed: &str| {
        consumers.bench.write("plain", plain);
        let encrypt = format!("{program} encrypt");
        consumers.shown(PAGE, &encrypt, &[("KEY_ARN", &arn), ("> sealed", &format!("> {sealed}"))]);
        assert!(!consumers.bench.read(sealed).windows(plain.len()).any(|bytes| bytes == plain.as_bytes()));
    };
    let opens = |sealed: &str| {
        let decrypt = format!("{program} decrypt");
        consumers.shown(PAGE, &decrypt, &[("KEY_ARN", &arn), (" sealed ", &format!(" {sealed} "))]);
        String::from_utf8(consumers.bench.read("opened")).unwrap()
    };
    seal("before the rotation", "first");
    assert_eq!(opens("first"), "before the rotation");
    consumers.kms_byok("rotate --key-id alias/data --generate --discard");
    seal("after the rotation", "second");
    assert_eq!((opens("first"), opens("second")), ("before the rotation".to_owned(), "after the rotation".to_owned()));
    let with = if program.ends_with(".mjs") { "node" } else { "python" };
    consumers.shell(&format!("! {with} {program} decrypt {other} first > stolen 2> why; [[ ! -s stolen && -s why ]]"));
}
