//! When KMS refuses an import, the reasoning of `diagnose` stands below the error: with what `import` and `provision` have at hand.

use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::{Bench, EmbeddedKms, Run};

/// A bench with a server and a parameter directory `D` for a new symmetric key; the key's ARN.
fn set(bench: &Bench, server: &EmbeddedKms) -> String {
    let key = run(bench, server, "create-key --output json").json()["key_arn"].as_str().unwrap().to_owned();
    run(bench, server, &format!("get-parameters --key-id {key} --dir D --wrapping-key-spec RSA_2048")).succeeds();
    bench.openssl("rand -out key 32");
    key
}

fn run(bench: &Bench, server: &EmbeddedKms, line: &str) -> Run {
    bench.kms_byok_with_credentials(&format!("{line} --endpoint-url {} --region us-east-1", server.url()))
}

/// The first cause in the failure object, as `certainty id`.
fn first_cause(run: &Run) -> String {
    let failure: Value = serde_json::from_str(&run.stdout).unwrap();
    let first = &failure["causes"][0];
    format!("{} {}", first["certainty"].as_str().unwrap_or("no"), first["id"].as_str().unwrap_or("cause"))
}

#[test]
fn the_famous_mistake_is_explained_below_the_error() {
    let bench = Bench::new();
    let server = bench.serve();
    let key = set(&bench, &server);
    bench.openssl("pkeyutl -encrypt -pubin -keyform DER -inkey D/PublicKey.bin -in key -out D/EncryptedKeyMaterial.bin -pkeyopt rsa_padding_mode:oaep");
    let refused = run(&bench, &server, "import --dir D --quiet");
    let version = bench.kms_byok("diagnose --dir D --output json");
    let version: Value = serde_json::from_str(&version.stdout).unwrap();
    let version = version["openssl_on_path"]["version"].as_str().unwrap();
    let wrap = "kms-byok wrap --dir D --material FILE --force";
    refused.refuses(
        1,
        &format!(
            "error: KMS cannot unwrap the key material for key `{key}`\n\
             because: InvalidCiphertextException\n\
             hint: wrap it again with the public key of the same parameters, OAEP and MGF1 both with the algorithm's digest; \
             `kms-byok diagnose` finds the cause\n\
             likely (oaep_hash): KMS could not unwrap the wrapped key material `D/EncryptedKeyMaterial.bin`, and OAEP with another hash \
             than SHA-256 is the usual cause: the `openssl` on PATH, `{version}`, uses SHA-1 unless rsa_oaep_md says otherwise\n  \
             fix: wrap it with `{wrap}`, or set both hashes in `openssl`, by rsa_oaep_md:sha256 and rsa_mgf1_md:sha256\n\
             possible (pkcs1_padding): KMS could not unwrap the wrapped key material `D/EncryptedKeyMaterial.bin`, and PKCS#1 v1.5 padding, \
             which `openssl pkeyutl` uses unless told otherwise, would not open either\n  \
             fix: wrap it with `{wrap}`, or set the padding in `openssl`, by rsa_padding_mode:oaep\n\
             possible (other_public_key): KMS could not unwrap the wrapped key material `D/EncryptedKeyMaterial.bin`, which the public key \
             of another parameter set would explain too\n  \
             fix: wrap it for the public key that came with the import token: `{wrap}`\n"
        ),
    );
    assert_eq!(first_cause(&run(&bench, &server, "import --dir D --quiet --output json")), "likely oaep_hash");
    // And the fix is one.
    bench.kms_byok("wrap --dir D --material key --force").succeeds();
    run(&bench, &server, "import --dir D").succeeds();
}

#[test]
fn what_the_files_show_comes_before_the_usual_suspects() {
    let bench = Bench::new();
    let server = bench.serve();
    set(&bench, &server);
    bench.kms_byok("wrap --dir D --material key").succeeds();
    bench.openssl("rand -out D/EncryptedKeyMaterial.bin 256");
    let mut blob = bench.read("D/EncryptedKeyMaterial.bin");
    blob[0] = 0xff;
    bench.write("D/EncryptedKeyMaterial.bin", blob);
    assert_eq!(first_cause(&run(&bench, &server, "import --dir D --output json")), "certain other_public_key");
}

#[test]
fn a_token_of_another_key_and_an_expired_one_are_told_apart() {
    let bench = Bench::new();
    let server = bench.serve();
    set(&bench, &server);
    bench.kms_byok("wrap --dir D --material key").succeeds();
    let other = run(&bench, &server, "create-key --output json").json()["key_arn"].as_str().unwrap().to_owned();
    let bare = format!(
        "import --key-id {other} --encrypted D/EncryptedKeyMaterial.bin --import-token D/ImportToken.bin --output json"
    );
    assert_eq!(first_cause(&run(&bench, &server, &bare)), "likely import_token_refused");
    Kms::at(server.url()).move_clock(json!({ "advance": "25h" }));
    assert_eq!(first_cause(&run(&bench, &server, "import --dir D --output json")), "certain parameters_expired");
}

#[test]
fn other_bytes_than_the_original_are_named_for_import_and_provision() {
    let bench = Bench::new();
    let server = bench.serve();
    let key = set(&bench, &server);
    bench.kms_byok("wrap --dir D --material key").succeeds();
    run(&bench, &server, "import --dir D").succeeds();
    Kms::at(server.url()).ok("DeleteImportedKeyMaterial", json!({ "KeyId": key }));
    bench.openssl("rand -out other 32");
    let provision = format!("provision --adopt {key} --material other --wrapping-key-spec RSA_2048 --output json");
    let refused = run(&bench, &server, &provision);
    assert_eq!(first_cause(&refused), "likely not_the_original_material");
    run(&bench, &server, &format!("get-parameters --key-id {key} --dir D --force")).succeeds();
    bench.kms_byok("wrap --dir D --material other").succeeds();
    assert_eq!(first_cause(&run(&bench, &server, "import --dir D --output json")), "likely not_the_original_material");
}

#[test]
fn provision_explains_each_of_the_five_answers_with_what_is_in_memory() {
    for (code, expected) in [
        ("IncorrectKeyMaterialException", "likely material_refused"),
        ("InvalidImportTokenException", "likely import_token_refused"),
        ("ExpiredImportTokenException", "certain parameters_expired"),
        ("InvalidCiphertextException", "no cause"),
        ("ValidationException", "no cause"),
    ] {
        let bench = Bench::new();
        let server = bench.serve_with(&format!("--no-quotas --fault ImportKeyMaterial:always:error={code}"));
        bench.openssl("rand -out key 32");
        let provision = "provision --alias alias/a --material key --wrapping-key-spec RSA_2048 --quiet";
        let refused = run(&bench, &server, &format!("{provision} --output json"));
        assert_eq!((refused.code, first_cause(&refused).as_str()), (Some(3), expected), "{}", refused.stderr);
        if code == "InvalidCiphertextException" {
            assert!(
                refused.stderr.contains("not known (endpoint): why KMS could not unwrap what this program has wrapped")
            );
        }
        // Nothing that was only in memory has become a file.
        assert!(bench.names().iter().all(|name| name == "key" || name == ".local"), "{:?}", bench.names());
        let state = bench.path(".local/state/kms-byok");
        let key = bench.read("key");
        let files = std::fs::read_dir(state)
            .map(|files| files.map(|file| file.unwrap().path()).collect())
            .unwrap_or_else(|_| Vec::new());
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!bytes.windows(32).any(|window| window == key), "{}", file.display());
        }
    }
}

#[test]
fn other_refusals_are_not_explained() {
    let bench = Bench::new();
    let server = bench.serve_with("--no-quotas --fault ImportKeyMaterial:always:error=AccessDeniedException");
    set(&bench, &server);
    bench.kms_byok("wrap --dir D --material key").succeeds();
    let refused = run(&bench, &server, "import --dir D --output json");
    let failure: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(failure["causes"], serde_json::json!([]));
}
