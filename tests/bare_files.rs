//! Bare files as with the recipe, and replies that are no parameters: swapped, encoded, cut and half-made ones are named before anything
//! is sent or written.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "rehearsal")]

#[path = "support/cloud.rs"]
mod cloud;
mod support;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cloud::Cloud;

const GET: &str = "get-parameters --wrapping-key-spec RSA_2048";

#[test]
fn bare_files_that_are_swapped_encoded_or_something_else_are_named() {
    let cloud = Cloud::new("");
    cloud.empty_key("--alias alias/a");
    cloud.run(&format!("{GET} --key-id alias/a --dir D")).succeeds();
    cloud.bench.kms_byok("wrap --dir D --generate --discard").succeeds();
    let [blob, token] =
        ["EncryptedKeyMaterial.bin", "ImportToken.bin"].map(|name| cloud.bench.read(&format!("D/{name}")));
    cloud.bench.write("blob.base64", BASE64_STANDARD.encode(&blob));
    cloud.bench.write("token.hex", hex::encode(&token));
    cloud.bench.write("long", vec![0xa5; 7000]);
    cloud.bench.openssl("pkey -pubin -inform DER -in D/PublicKey.bin -out public.pem");
    let both = "hint: give EncryptedKeyMaterial.bin to --encrypted and ImportToken.bin to --import-token, both as whole binary files\n";
    let public = "hint: give EncryptedKeyMaterial.bin to --encrypted and ImportToken.bin to --import-token: the public key is for `kms-byok wrap --inkey`\n";
    for (encrypted, import_token, said) in [
        ("D/ImportToken.bin", "D/EncryptedKeyMaterial.bin", format!("the wrapped key material has {} bytes, and wrapping SYMMETRIC_DEFAULT key material gives 256, 384 or 512\n{both}", token.len())),
        ("D/PublicKey.bin", "D/ImportToken.bin", format!("the wrapped key material `D/PublicKey.bin` is a wrapping public key\n{public}")),
        ("D/EncryptedKeyMaterial.bin", "D/PublicKey.bin", format!("the import token `D/PublicKey.bin` is a wrapping public key\n{public}")),
        ("blob.base64", "D/ImportToken.bin", "the wrapped key material `blob.base64` is base64 text, and the bytes themselves are needed\nhint: decode it first: `tr -d '\\n' < FILE | openssl base64 -d -A -out OUT`\n".to_owned()),
        ("D/EncryptedKeyMaterial.bin", "token.hex", "the import token `token.hex` is hex text, and the bytes themselves are needed\nhint: decode it first: `tr -d '[:space:]' < FILE | fold -w 2 | while read -r byte || [ -n \"$byte\" ]; do printf %b \"\\\\0$(printf %03o \"0x$byte\")\"; done > OUT`\n".to_owned()),
        ("public.pem", "D/ImportToken.bin", "the wrapped key material `public.pem` is PEM text, and the bytes themselves are needed\nhint: give the binary files that GetParametersForImport and the wrapping made; neither of them is PEM\n".to_owned()),
        ("long", "D/ImportToken.bin", "the wrapped key material `long` has 7000 bytes, and KMS takes at most 6144\nhint: check that it is the file you mean\n".to_owned()),
    ] {
        let line = format!("import --key-id alias/a --encrypted {encrypted} --import-token {import_token} --quiet");
        cloud.run(&line).refuses(1, &format!("error: {said}"));
    }
    assert_eq!((cloud.requests("ImportKeyMaterial"), cloud.states()), (0, vec!["PendingImport".to_owned()]));
    let line = "import --key-id alias/a --encrypted D/EncryptedKeyMaterial.bin --import-token D/ImportToken.bin";
    assert_eq!(cloud.run(&format!("{line} --output json")).json()["key_state"], "Enabled");
}

#[test]
fn a_reply_that_is_no_parameter_set_makes_no_directory() {
    for (fault, cause) in [
        ("wrong-key-size", "the wrapping public key has 1024 bits, and KMS makes 2048, 3072 and 4096 only"),
        ("empty-object", "the reply to GetParametersForImport has no KeyId, which KMS always sends"),
        ("truncated", "what answers GetParametersForImport at `URL` is not KMS"),
        ("html=200", "what answers GetParametersForImport at `URL` is not KMS"),
        ("html=500", "what answers GetParametersForImport at `URL` is not KMS"),
    ] {
        let cloud = Cloud::new(&format!("--fault GetParametersForImport:always:{fault}"));
        cloud.empty_key("--alias alias/a");
        let run = cloud.run(&format!("{GET} --key-id alias/a --dir D --quiet"));
        let shown = cloud.plain(&run.stderr);
        assert!(run.code == Some(1) && shown.starts_with(&format!("error: {cause}\n")), "{fault}: {shown}");
        assert!(shown.contains("\nhint: ") && !cloud.bench.exists("D"), "{fault}: {shown}");
    }
}

/// Base64 comes in lines, and `openssl base64 -A` alone makes nothing of them and says nothing.
#[test]
fn the_hint_for_base64_decodes_it() {
    let cloud = Cloud::new("");
    let bench = &cloud.bench;
    cloud.empty_key("--alias alias/a");
    cloud.run(&format!("{GET} --key-id alias/a --dir D")).succeeds();
    bench.write("bytes", [7; 512]);
    bench.openssl("base64 -in bytes -out FILE");
    let run = cloud.run("import --key-id alias/a --encrypted FILE --import-token D/ImportToken.bin");
    let hint = run.stderr.split('`').find(|part| part.contains("openssl")).unwrap();
    let mut shell = std::process::Command::new("sh");
    assert!(shell.args(["-c", hint]).current_dir(bench.directory()).status().unwrap().success());
    assert_eq!(bench.read("OUT"), [7; 512]);
}

/// The console's zip has a public key and a token with an id in their names, and no `parameters.json`; the recipe's files have none either.
#[test]
fn a_directory_without_parameters_is_taken_under_the_recipes_names_and_the_consoles() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(7));
    std::fs::set_permissions(cloud.bench.path("key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    for (directory, public_key, token) in [
        (
            "console",
            "wrappingKey_fcb572d3-6680-449c-91ab-ac3a5c07dc09_0804104355",
            "importToken_fcb572d3-6680-449c-91ab-ac3a5c07dc09_0804104355",
        ),
        ("recipe", "PublicKey.bin", "ImportToken.bin"),
    ] {
        let arn = cloud.empty_key("");
        cloud.run(&format!("{GET} --key-id {arn} --dir D --force")).succeeds();
        std::fs::create_dir(cloud.bench.path(directory)).unwrap();
        cloud.bench.write(&format!("{directory}/{public_key}"), cloud.bench.read("D/PublicKey.bin"));
        cloud.bench.write(&format!("{directory}/{token}"), cloud.bench.read("D/ImportToken.bin"));
        let wrapped = cloud.bench.kms_byok(&format!("wrap --dir {directory} --material key --output json")).json();
        assert_eq!(wrapped["out"], format!("{directory}/EncryptedKeyMaterial.bin"));
        let diagnosis = cloud.run(&format!("diagnose --dir {directory} --key-spec SYMMETRIC_DEFAULT --output json"));
        assert_eq!((diagnosis.code, diagnosis.json()["causes"].as_array().map(Vec::len)), (Some(0), Some(0)));
        cloud.run(&format!("import --dir {directory}")).refuses(
            2,
            "error: the key is missing\nhint: add --key-id K: a directory without parameters.json does not say for which key it is\n",
        );
        cloud.run(&format!("import --dir {directory} --key-id {arn}")).succeeds();
        assert_eq!(
            cloud.run(&format!("verify --key-id {arn} --material key --output json")).json()["proof"]["outcome"],
            "proven"
        );
    }
    // Two sets in one directory: which belongs to which would be a guess.
    for name in ["importToken_other", "wrappingKey_other"] {
        cloud.bench.write(&format!("console/{name}"), [1; 300]);
    }
    for line in ["wrap --material key", "import --key-id alias/a", "diagnose"] {
        cloud.run(&format!("{line} --dir console --quiet")).refuses(
            1,
            "error: the directory `console` has several files that are named as wrapping public key\n\
                 hint: give the files of each parameter set a directory of their own\n",
        );
    }
    cloud.run("wrap --dir D --material key --key-spec HMAC_256").refuses(
        2,
        "error: --key-spec and --dir with a parameters.json exclude each other\nhint: leave one of them out\n",
    );
}
