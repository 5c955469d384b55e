//! Files: who may read them, what is never replaced, and what is left when writing fails.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use crate::support::disk::Disk;
use crate::support::{self, Bench, EmbeddedKms, run};

/// Bytes of which nobody can say that they are weak, or text.
const KEY: &[u8; 32] =
    b"\x1e\xec\x03\xd3\x9e\x7a\x87\x6a\x59\x01\xe0\x5c\x7f\x2c\x73\xd6\xaf\x14\x79\x6d\x64\x64\x6f\x54\xf1\x76\xbc\xcc\x8f\x33\xed\x19";

impl Bench {
    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(&self, name: &str) -> u32 {
        fs::symlink_metadata(self.path(name)).unwrap().mode() & 0o7777
    }

    fn certificate(&self) {
        self.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out recovery.key");
        self.openssl("req -x509 -new -key recovery.key -subj /CN=recovery -days 2 -out recovery.pem");
    }
}

fn parameters(bench: &Bench, kms: &EmbeddedKms) -> String {
    let at = format!("--endpoint-url {} --region us-east-1", kms.url());
    let answer = bench.kms_byok_with_credentials(&format!("create-key {at} --output json")).json();
    let arn = answer["key_arn"].as_str().unwrap();
    format!("get-parameters {at} --key-id {arn} --wrapping-key-spec RSA_2048")
}

#[test]
fn a_secret_that_others_can_read_is_warned_about_and_refused_with_strict() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.certificate();
    bench.write("key", KEY);
    bench.write("passphrase", b"correct horse");
    bench.openssl("pkcs8 -topk8 -in recovery.key -passout file:passphrase -out encrypted.pem");
    bench
        .kms_byok("wrap --generate --escrow recovery.pem --escrow-out key.cms --inkey PublicKey.bin --out wrapped")
        .succeeds();
    let cases = [
        ("key", "key material file", "--material key"),
        (
            "passphrase",
            "passphrase file",
            "--material encrypted.pem --key-spec ECC_NIST_P256 --passphrase-file passphrase",
        ),
        ("recovery.key", "recipient key", "--material-from-escrow key.cms --recipient-key recovery.key"),
    ];
    for name in ["key", "passphrase", "recovery.key", "encrypted.pem"] {
        bench.set_mode(name, 0o600);
    }
    for (name, what, flags) in cases {
        let line = format!("wrap {flags} --inkey PublicKey.bin --out wrapped --force --quiet");
        assert_eq!(bench.kms_byok(&format!("{line} --strict")).succeeds().stderr, "");
        for mode in [0o640, 0o604, 0o666] {
            bench.set_mode(name, mode);
            let said = format!("the {what} `{name}` can be read by other users (mode {mode:o})\n");
            assert_eq!(bench.kms_byok(&line).succeeds().stderr, format!("warning: {said}"));
            let fix = "run `chmod 600` on it, and consider whether somebody has read it\n";
            bench.kms_byok(&format!("{line} --strict")).refuses(1, &format!("error: {said}hint: {fix}"));
        }
        bench.set_mode(name, 0o600);
    }
}

#[test]
fn keys_are_private_and_parameters_are_not_writable_whatever_the_umask() {
    for (umask, directory, file) in [("000", 0o755, 0o644), ("077", 0o700, 0o600), ("777", 0o700, 0o600)] {
        check_modes(umask, directory, file);
    }
}

fn check_modes(umask: &str, directory: u32, file: u32) {
    let bench = Bench::new();
    bench.certificate();
    let kms = bench.serve();
    let get = parameters(&bench, &kms);
    let lines = [
        "generate --out made".to_owned(),
        format!("{get} --dir D"),
        "wrap --dir D --generate --keep kept".to_owned(),
        "provision --rehearse --wrapping-key-spec RSA_2048 --generate --escrow recovery.pem --escrow-out escrowed"
            .to_owned(),
    ];
    for line in lines {
        let script = format!("umask {umask}; exec {} {line}", env!("CARGO_BIN_EXE_kms-byok"));
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &script]).current_dir(bench.directory());
        shell.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        run(&mut shell, b"").succeeds();
    }
    assert_eq!((bench.mode("made"), bench.mode("kept")), (0o600, 0o600));
    assert_eq!(bench.mode("D"), directory);
    for name in ["D/PublicKey.bin", "D/ImportToken.bin", "D/parameters.json", "D/EncryptedKeyMaterial.bin", "escrowed"]
    {
        assert_eq!(bench.mode(name), file, "{name}");
    }
}

/// What is written there names keys and accounts, and whoever may write there can hide a lost key.
#[test]
fn the_directory_of_requests_is_the_users_alone_whatever_the_umask_and_whatever_it_was() {
    for (umask, before) in
        [("000", None), ("777", None), ("022", Some(0o777)), ("022", Some(0o755)), ("077", Some(0o500))]
    {
        let bench = Bench::new();
        let kms = bench.serve();
        if let Some(mode) = before {
            fs::create_dir_all(bench.path("state/kms-byok")).unwrap();
            bench.set_mode("state/kms-byok", mode);
        }
        let line = format!("create-key --endpoint-url {} --region us-east-1 --alias alias/a --quiet", kms.url());
        let script = format!("umask {umask}; exec {} {line}", env!("CARGO_BIN_EXE_kms-byok"));
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &script]).current_dir(bench.directory()).env("XDG_STATE_HOME", bench.path("state"));
        shell.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        run(&mut shell, b"").succeeds();
        assert_eq!(bench.mode("state/kms-byok"), 0o700, "{umask} {before:?}");
        if before.is_none() {
            assert_eq!(bench.mode("state"), 0o700, "{umask}");
        }
    }
}

#[test]
fn a_key_or_directory_that_others_can_write_to_is_warned_about_and_refused_with_strict() {
    let bench = Bench::new();
    let kms = bench.serve();
    let get = parameters(&bench, &kms);
    fs::create_dir_all(bench.path("above/there")).unwrap();
    bench.kms_byok_with_credentials(&format!("{get} --dir above/there/D")).succeeds();
    let whole = |name: &str| fs::canonicalize(bench.path(name)).unwrap().display().to_string();
    let directory = |path: &str| format!("can replace files in the directory `{path}`");
    let (above, there) = (directory(&whole("above")), directory(&whole("above/there")));
    let key = "can write to the wrapping public key `above/there/D/PublicKey.bin`".to_owned();
    let json = "can write to the parameter file `above/there/D/parameters.json`".to_owned();
    let by_set = "wrap --dir above/there/D --generate --discard --force --quiet";
    bench.set_mode("above/there/D/PublicKey.bin", 0o646);
    assert_eq!(
        bench.kms_byok("wrap --dir above/there/D --generate --discard --quiet").succeeds().stderr,
        "warning: any user can write to the wrapping public key `above/there/D/PublicKey.bin` (mode 646)\n"
    );
    bench.set_mode("above/there/D/PublicKey.bin", 0o644);
    let by_key = "wrap --inkey above/there/D/PublicKey.bin --out blob --generate --discard --force --quiet";
    for (name, said) in [
        ("above", &above),
        ("above/there", &there),
        ("above/there/D", &directory("above/there/D")),
        ("above/there/D/PublicKey.bin", &key),
        ("above/there/D/parameters.json", &json),
    ] {
        let before = bench.mode(name);
        for (bits, who) in [(0o020, "any user of its group"), (0o002, "any user"), (0o022, "any user")] {
            let mode = before | bits;
            bench.set_mode(name, mode);
            for line in [by_set, by_key] {
                if line == by_key && name.ends_with("json") {
                    continue;
                }
                let said = format!("{who} {said} (mode {mode:03o})\n");
                assert_eq!(bench.kms_byok(line).succeeds().stderr, format!("warning: {said}"), "{line}");
                let hint = "compare the wrapping public key by another way (`--expect-public-key`), or use a private directory";
                bench.kms_byok(&format!("{line} --strict")).refuses(1, &format!("error: {said}hint: {hint}\n"));
            }
        }
        bench.set_mode(name, before);
        for line in [by_set, by_key] {
            assert_eq!(bench.kms_byok(&format!("{line} --strict")).succeeds().stderr, "");
        }
    }
}

#[test]
fn a_directory_in_which_anybody_can_replace_the_wrapping_key_is_warned_about_and_refused_with_strict() {
    let bench = Bench::new();
    let kms = bench.serve();
    let get = parameters(&bench, &kms);
    let fingerprint = bench.kms_byok_with_credentials(&format!("{get} --dir D --output json")).json();
    let fingerprint = fingerprint["public_key_sha256"].as_str().unwrap();
    bench.set_mode("D", 0o777);
    let line = "wrap --dir D --generate --discard --quiet --force";
    let said = "any user can replace files in the directory `D` (mode 777)\n";
    assert_eq!(bench.kms_byok(line).succeeds().stderr, format!("warning: {said}"));
    assert_eq!(bench.kms_byok(&format!("{line} --strict")).code, Some(1));
    // Whoever compares the key by another way need not mind.
    let compared = bench.kms_byok(&format!("{line} --strict --expect-public-key {fingerprint}"));
    assert_eq!(compared.succeeds().stderr, "");
    bench.set_mode("D", 0o1777);
    assert_eq!(bench.kms_byok(&format!("{line} --strict")).succeeds().stderr, "");
}

#[test]
fn a_link_is_never_written_through() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.certificate();
    bench.write("precious", b"somebody's file");
    for target in ["precious", "nowhere"] {
        for (name, line) in [
            ("generated", "generate --out generated"),
            ("wrapped", "wrap --generate --discard --inkey PublicKey.bin --out wrapped"),
        ] {
            symlink(bench.path(target), bench.path(name)).unwrap();
            let refused = bench.kms_byok(line);
            assert_eq!(refused.code, Some(1), "{line}: {}", refused.stderr);
            assert!(refused.stderr.contains("exists"), "{}", refused.stderr);
            assert_eq!(fs::read_link(bench.path(name)).unwrap(), bench.path(target));
            fs::remove_file(bench.path(name)).unwrap();
        }
        // What moves a file aside moves the link, and what replaces one replaces the link.
        for (name, line) in [
            ("kept", "wrap --generate --keep kept --inkey PublicKey.bin --out blob --force"),
            (
                "escrowed",
                "wrap --generate --escrow recovery.pem --escrow-out escrowed --inkey PublicKey.bin --out blob --force",
            ),
            ("forced", "wrap --generate --discard --inkey PublicKey.bin --out forced --force"),
        ] {
            let _ = fs::remove_file(bench.path(name));
            symlink(bench.path(target), bench.path(name)).unwrap();
            bench.kms_byok(line).succeeds();
            assert!(fs::symlink_metadata(bench.path(name)).unwrap().is_file(), "{name}");
        }
        assert_eq!(bench.read("precious"), b"somebody's file");
        assert!(!bench.exists("nowhere"));
    }
}

#[test]
fn no_output_replaces_a_key_that_the_same_command_names() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.certificate();
    bench.write("key", support::material(7));
    bench.set_mode("key", 0o600);
    let kms = bench.serve();
    bench.kms_byok_with_credentials(&format!("{} --dir D", parameters(&bench, &kms))).succeeds();
    let bare = "wrap --inkey PublicKey.bin --force";
    for (line, named) in [
        (format!("{bare} --material key --out ./key"), "./key"),
        (format!("{bare} --generate --escrow recovery.pem --escrow-out x --out recovery.pem"), "recovery.pem"),
        (format!("{bare} --generate --escrow recovery.pem --escrow-out ./recovery.pem --out x"), "./recovery.pem"),
        (format!("{bare} --material key --out PublicKey.bin"), "PublicKey.bin"),
    ] {
        bench.kms_byok(&line).refuses(
            2,
            &format!("error: `{named}` is both input and output\nhint: name another path for the output\n"),
        );
    }
    assert_eq!(bench.read("key"), support::material(7));
    assert!(!bench.exists("x"));
}

/// What each verb that writes says when it cannot, and that nothing is left: no half file, no temporary one, no key in AWS.
#[test]
fn a_full_or_read_only_disk_leaves_nothing_behind() {
    let bench = Bench::new();
    let Some(disk) = Disk::mount(&bench.path("disk")) else { return };
    bench.wrapping_key(2048);
    bench.certificate();
    let kms = bench.serve();
    let get = parameters(&bench, &kms);
    bench.kms_byok_with_credentials(&format!("{get} --dir D")).succeeds();
    bench.kms_byok_with_credentials(&format!("{get} --dir disk/D")).succeeds();
    let provision = format!(
        "provision --endpoint-url {} --region us-east-1 --wrapping-key-spec RSA_2048 --alias alias/full --generate",
        kms.url()
    );
    let lines = [
        "generate --out disk/key".to_owned(),
        "generate --key-spec RSA_4096 --out disk/key".to_owned(),
        format!("{get} --dir disk/new"),
        format!("{get} --dir disk/D --force"),
        "wrap --dir disk/D --generate --discard".to_owned(),
        "wrap --dir D --generate --keep disk/key".to_owned(),
        "wrap --inkey PublicKey.bin --generate --discard --out disk/wrapped".to_owned(),
        format!("{provision} --keep disk/key"),
        format!("{provision} --escrow recovery.pem --escrow-out disk/key.cms"),
    ];
    let entries = || -> Vec<(String, Vec<u8>)> {
        let mut entries = Vec::new();
        for name in ["disk", "disk/D"] {
            for entry in fs::read_dir(bench.path(name)).unwrap() {
                let path = entry.unwrap().path();
                let bytes = if path.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
                entries.push((path.display().to_string(), bytes));
            }
        }
        entries.sort();
        entries
    };
    for (how, because) in [
        ("full", "because: No space left on device (os error 28)\n"),
        ("read-only", "because: Read-only file system (os error 30)\n"),
    ] {
        disk.fail(how == "read-only");
        let before = entries();
        for line in &lines {
            let failed = bench.kms_byok_with_credentials(line);
            assert_eq!(failed.code, Some(1), "{how}: {line}: {}", failed.stderr);
            assert!(failed.stderr.contains("cannot be written\n"), "{how}: {line}: {}", failed.stderr);
            assert!(failed.stderr.contains(because), "{how}: {line}: {}", failed.stderr);
            assert_eq!(entries(), before, "{how}: {line}");
        }
        disk.fix();
    }
    assert!(!bench.exists("D/EncryptedKeyMaterial.bin"));
    // No key was created for a copy that could not be kept.
    bench.kms_byok_with_credentials(&format!("{provision} --keep disk/key")).succeeds();
    assert_eq!(bench.read("disk/key").len(), 32);
}
