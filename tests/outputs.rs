//! Outputs that are inputs, that exist, that are no files, or that cannot be written: nothing is replaced, nothing half-written stays,
//! and nothing was changed in AWS.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "rehearsal")]

#[path = "support/cloud.rs"]
mod cloud;
mod support;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use cloud::Cloud;
use support::Bench;

/// The names in a bench with the bytes of each file.
fn contents(bench: &Bench) -> Vec<(String, Vec<u8>)> {
    let files = bench.names().into_iter().filter(|name| bench.path(name).is_file() && name != "requests.log");
    files.map(|name| (name.clone(), bench.read(&name))).collect()
}

/// Files of every kind that is read.
fn inputs() -> Cloud {
    let cloud = Cloud::new("");
    let bench = &cloud.bench;
    bench.wrapping_key(2048);
    bench.write("key", [7; 32]);
    bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key");
    bench.openssl("req -x509 -new -key ec.key -subj /CN=recovery -days 2 -out ec.pem");
    bench.openssl("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:swordfish -in ec.key -out encrypted.key");
    bench.write("passphrase", "swordfish\n");
    bench.write("policy", "{}");
    for name in ["key", "ec.key", "encrypted.key", "passphrase"] {
        std::fs::set_permissions(bench.path(name), Permissions::from_mode(0o600)).unwrap();
    }
    let line = "provision --rehearse --wrapping-key-spec RSA_2048 --generate --escrow ec.pem --escrow-out key.cms";
    bench.kms_byok(line).succeeds();
    cloud.empty_key("--alias alias/a");
    cloud.run("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048").succeeds();
    cloud
}

#[test]
fn an_output_that_is_an_input_is_refused_under_whatever_name() {
    let cloud = inputs();
    let bench = &cloud.bench;
    std::fs::hard_link(bench.path("key"), bench.path("hard")).unwrap();
    std::os::unix::fs::symlink("key", bench.path("soft")).unwrap();
    std::fs::copy(bench.path("key"), bench.path("D/EncryptedKeyMaterial.bin")).unwrap();
    let before = contents(bench);
    let parameters = || ["EncryptedKeyMaterial.bin", "ImportToken.bin"].map(|name| bench.read(&format!("D/{name}")));
    let before_parameters = parameters();
    let wrap = "wrap --force --inkey PublicKey.bin";
    for (line, shown) in [
        (format!("{wrap} --material key --out key"), "key"),
        (format!("{wrap} --material key --out ./key"), "./key"),
        (format!("{wrap} --material key --out D/../key"), "D/../key"),
        (format!("{wrap} --material key --out hard"), "hard"),
        (format!("{wrap} --material key --out soft"), "soft"),
        (format!("{wrap} --material soft --out key"), "key"),
        (format!("{wrap} --material key --out PublicKey.bin"), "PublicKey.bin"),
        (format!("{wrap} --material-from-escrow key.cms --recipient-key ec.key --out key.cms"), "key.cms"),
        (format!("{wrap} --material-from-escrow key.cms --recipient-key ec.key --out ec.key"), "ec.key"),
        (
            format!(
                "{wrap} --key-spec ECC_NIST_P256 --material encrypted.key --passphrase-file passphrase --out passphrase"
            ),
            "passphrase",
        ),
        (format!("{wrap} --generate --keep PublicKey.bin --out out"), "PublicKey.bin"),
        (format!("{wrap} --generate --escrow ec.pem --escrow-out ec.pem --out out"), "ec.pem"),
        ("wrap --force --dir D --material D/EncryptedKeyMaterial.bin".to_owned(), "D/EncryptedKeyMaterial.bin"),
        ("wrap --force --dir D --generate --keep D/ImportToken.bin".to_owned(), "D/ImportToken.bin"),
        ("provision --rehearse --generate --escrow ec.pem --escrow-out ec.pem".to_owned(), "ec.pem"),
        ("provision --rehearse --generate --policy policy --keep policy".to_owned(), "policy"),
    ] {
        bench.kms_byok(&line).refuses(
            1,
            &format!("error: `{shown}` is both input and output\nhint: name another path for the output\n"),
        );
        assert!(contents(bench) == before && parameters() == before_parameters, "{line}");
    }
}

#[test]
fn two_outputs_in_one_file_are_refused() {
    let cloud = inputs();
    let before = contents(&cloud.bench);
    for (line, shown) in [
        ("wrap --force --inkey PublicKey.bin --generate --keep out --out out", "out"),
        ("wrap --inkey PublicKey.bin --generate --keep out --out ./out", "./out"),
        ("wrap --inkey PublicKey.bin --generate --escrow ec.pem --escrow-out D/../out --out out", "out"),
        ("wrap --dir D --generate --keep D/EncryptedKeyMaterial.bin", "D/EncryptedKeyMaterial.bin"),
    ] {
        cloud.bench.kms_byok(line).refuses(
            1,
            &format!("error: `{shown}` is named for two outputs\nhint: name another path for one of them\n"),
        );
        assert!(contents(&cloud.bench) == before, "{line}");
    }
}

#[test]
fn parameters_that_are_there_are_replaced_only_when_forced_and_then_as_a_whole() {
    let cloud = Cloud::new("");
    cloud.empty_key("--alias alias/a");
    let line = "get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048 --quiet";
    for name in ["parameters.json", "PublicKey.bin", "ImportToken.bin", "EncryptedKeyMaterial.bin"] {
        std::fs::create_dir(cloud.bench.path("D")).unwrap();
        cloud.bench.write(&format!("D/{name}"), "mine");
        cloud.run(line).refuses(
            1,
            &format!(
                "error: parameter file `D/{name}` exists\nhint: name another path, or add --force to replace it\n"
            ),
        );
        assert_eq!(std::fs::read_dir(cloud.bench.path("D")).unwrap().count(), 1);
        cloud.run(&format!("{line} --force")).succeeds();
        assert_eq!(std::fs::read_dir(cloud.bench.path("D")).unwrap().count(), 3, "a blob of the old set is gone");
        cloud.bench.kms_byok("wrap --dir D --generate --discard --quiet").succeeds();
        std::fs::remove_dir_all(cloud.bench.path("D")).unwrap();
    }
}

/// As root, a rename would make a file of a device or pipe.
#[test]
fn pipes_and_directories_are_never_put_aside_or_replaced() {
    let cloud = inputs();
    let bench = &cloud.bench;
    assert!(Command::new("mkfifo").arg(bench.path("pipe")).status().unwrap().success());
    std::fs::create_dir(bench.path("directory")).unwrap();
    let before = bench.names();
    for (line, what) in [
        ("generate --out PATH", "plaintext key file"),
        ("wrap --force --inkey PublicKey.bin --material key --out PATH", "wrapped key material"),
        ("wrap --inkey PublicKey.bin --generate --keep PATH --out out", "plaintext key file"),
        ("provision --rehearse --generate --keep PATH", "plaintext key file"),
        ("provision --rehearse --generate --escrow ec.pem --escrow-out PATH", "escrow file"),
    ] {
        for (path, problem, hint) in [
            ("pipe", "is not a regular file", "name a regular file, or a path where none is yet"),
            ("directory", "is a directory", "name a file in it"),
        ] {
            let run = bench.kms_byok(&format!("{} --quiet", line.replace("PATH", path)));
            run.refuses(1, &format!("error: {what} `{path}` {problem}\nhint: {hint}\n"));
            assert_eq!(bench.names(), before, "{line}");
        }
    }
}

#[test]
fn a_place_that_takes_no_file_is_found_out_before_a_key_is_made() {
    let cloud = inputs();
    let before = cloud.bench.names();
    let changes = cloud.requests("CreateKey");
    for flags in ["--keep missing/key", "--escrow ec.pem --escrow-out missing/key", "--keep key/key"] {
        let run = cloud.run(&format!("provision --generate {flags} --quiet"));
        assert_eq!(run.code, Some(1), "{flags}: {}", run.stderr);
        assert!(run.stderr.contains("cannot be written\nbecause: "), "{flags}: {}", run.stderr);
        assert!(run.stderr.contains("\nhint: "), "{}", run.stderr);
    }
    let run = cloud.run("get-parameters --key-id alias/a --dir key/D --quiet");
    assert!(
        run.stderr.starts_with("error: parameter directory `key/D` cannot be written\nbecause: "),
        "{}",
        run.stderr
    );
    assert_eq!((cloud.requests("CreateKey"), cloud.bench.names()), (changes, before));
}
