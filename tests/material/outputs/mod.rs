//! Outputs that are inputs, that exist, that are no files, or that cannot be written: nothing is replaced, nothing half-written stays,
//! and nothing was changed in AWS.

mod before_a_key;
mod forced;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use crate::support::Bench;
use crate::support::cloud::Cloud;

/// Bytes of which nobody can say that they are weak, or text.
const KEY: &[u8; 32] =
    b"\x1e\xec\x03\xd3\x9e\x7a\x87\x6a\x59\x01\xe0\x5c\x7f\x2c\x73\xd6\xaf\x14\x79\x6d\x64\x64\x6f\x54\xf1\x76\xbc\xcc\x8f\x33\xed\x19";

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
    bench.write("key", KEY);
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
            2,
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
            2,
            &format!("error: `{shown}` is named for two outputs\nhint: name another path for one of them\n"),
        );
        assert!(contents(&cloud.bench) == before, "{line}");
    }
}

/// The bytes of the one file that was moved aside from there.
fn aside(bench: &Bench, name: &str) -> Vec<u8> {
    let prefix = format!("{name}.superseded-");
    let found = bench.names().into_iter().filter(|name| name.starts_with(&prefix)).collect::<Vec<_>>();
    assert_eq!(found.len(), 1, "{found:?}");
    let bytes = bench.read(&found[0]);
    std::fs::remove_file(bench.path(&found[0])).unwrap();
    bytes
}

/// Links there are descriptors of the process and devices of the machine. (What must not be tried on a machine, `/dev/stdout` itself,
/// is in the tests of `src/files/devices.rs`.)
#[cfg(target_os = "linux")]
#[test]
fn an_output_that_leads_into_dev_or_proc_is_refused_and_every_link_stays() {
    let cloud = inputs();
    let bench = &cloud.bench;
    for (name, target) in [
        ("descriptor", "/dev/fd/1"),
        ("second", "descriptor"),
        ("descriptors", "/dev/fd"),
        ("process", "/proc/self"),
        ("nothing", "/proc/no-such-thing"),
    ] {
        std::os::unix::fs::symlink(target, bench.path(name)).unwrap();
    }
    bench.write("stdout", "");
    let (before, made) = (bench.names(), cloud.requests("CreateKey"));
    let stdout = || std::fs::File::create(bench.path("stdout")).unwrap();
    let lines = [
        ("generate --out PATH", "plaintext key file"),
        ("wrap --force --inkey PublicKey.bin --material key --out PATH", "wrapped key material"),
        ("wrap --inkey PublicKey.bin --generate --keep PATH --out out", "plaintext key file"),
        ("wrap --inkey PublicKey.bin --generate --escrow ec.pem --escrow-out PATH --out out", "escrow file"),
        ("provision --rehearse --generate --keep PATH", "plaintext key file"),
        ("provision --rehearse --generate --escrow ec.pem --escrow-out PATH", "escrow file"),
    ];
    for path in [
        "/dev/fd/1",
        "/proc/self/fd/1",
        "descriptor",
        "second",
        "descriptors/1",
        "process/fd/1",
        "process/cwd/other",
        "nothing",
    ] {
        for (line, what) in lines {
            let line = format!("{} --quiet", line.replace("PATH", path));
            let mut command = bench.command(&line.split_whitespace().collect::<Vec<_>>());
            let ended = command.stdout(stdout()).output().unwrap();
            let place =
                if path == "descriptor" || path == "second" || path.starts_with("/dev") || path == "descriptors/1" {
                    "/dev"
                } else {
                    "/proc"
                };
            let said = format!("error: {what} `{path}` leads into `{place}`, where no file is kept\n");
            let hint = "hint: name a regular file, or a path where none is yet\n";
            assert_eq!(String::from_utf8_lossy(&ended.stderr), said + hint, "{line}");
            assert_eq!((ended.status.code(), bench.names()), (Some(1), before.clone()), "{line}");
            assert_eq!(bench.read("stdout"), b"", "{line}");
        }
        let record = cloud.run(&format!("provision --generate --discard --quiet --record {path}"));
        assert_eq!((record.code, bench.names()), (Some(1), before.clone()), "{}", record.stderr);
    }
    for path in ["descriptors", "process/cwd/E", "/proc/self/cwd/E", "/dev/fd/E"] {
        let run = cloud.run(&format!("get-parameters --key-id alias/a --force --quiet --dir {path}"));
        assert!(run.stderr.contains(&format!("parameter directory `{path}` leads into `/")), "{path}: {}", run.stderr);
        assert_eq!((run.code, bench.names()), (Some(1), before.clone()), "{path}");
    }
    for link in ["descriptor", "second", "descriptors", "process", "nothing"] {
        assert!(std::fs::symlink_metadata(bench.path(link)).unwrap().is_symlink(), "{link}");
    }
    assert_eq!(cloud.requests("CreateKey"), made);
}
