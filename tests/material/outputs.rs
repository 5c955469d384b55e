//! Outputs that are inputs, that exist, that are no files, or that cannot be written: nothing is replaced, nothing half-written stays,
//! and nothing was changed in AWS.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

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
        assert_eq!(std::fs::read_dir(cloud.bench.path("D")).unwrap().count(), 4, "three, and the one that is kept");
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

/// The bytes of the one file that was moved aside from there.
fn aside(bench: &Bench, name: &str) -> Vec<u8> {
    let prefix = format!("{name}.superseded-");
    let found = bench.names().into_iter().filter(|name| name.starts_with(&prefix)).collect::<Vec<_>>();
    assert_eq!(found.len(), 1, "{found:?}");
    let bytes = bench.read(&found[0]);
    std::fs::remove_file(bench.path(&found[0])).unwrap();
    bytes
}

#[test]
fn what_may_be_the_only_copy_of_a_key_is_kept_when_an_output_is_forced() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.write("k2.key", KEY);
    bench.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem");
    bench.openssl("pkcs8 -topk8 -nocrypt -in rsa.pem -outform DER -out rsa.der");
    bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key");
    bench.openssl("req -x509 -new -key ec.key -subj /CN=recovery -days 2 -out ec.pem");
    bench.openssl("enc -aes-256-cbc -pbkdf2 -pass pass:swordfish -in rsa.der -out rsa.enc");
    bench.openssl("base64 -in rsa.der -out rsa.txt");
    bench.write("raw.key", [9; 64]);
    bench.write("256.txt", "a".repeat(256));
    bench.write("zeros", [0; 512]);
    for name in ["k2.key", "rsa.pem", "rsa.der", "ec.key", "rsa.enc", "rsa.txt", "raw.key"] {
        std::fs::set_permissions(bench.path(name), Permissions::from_mode(0o600)).unwrap();
    }
    let line = "wrap --in k2.key --inkey PublicKey.bin --force --quiet --out";
    for name in ["rsa.pem", "rsa.der", "ec.key", "ec.pem", "rsa.enc", "rsa.txt", "raw.key", "256.txt", "zeros"] {
        let before = bench.read(name);
        let run = bench.kms_byok(&format!("{line} {name}"));
        let moved =
            bench.names().into_iter().find(|other| other.starts_with(&format!("{name}.superseded-"))).expect(name);
        let said = format!("warning: `{name}` is no wrapped key material and is kept: it is now `{moved}`\n");
        assert_eq!(run.succeeds().stderr, said);
        assert!(aside(&bench, name) == before, "{name}");
        // The blob that is there now is one.
        assert_eq!(bench.kms_byok(&format!("{line} {name}")).succeeds().stderr, "");
        assert_eq!(bench.read(name).len(), 256);
    }
    // A link may lead to a key: it is moved, and its target stays.
    std::os::unix::fs::symlink("k2.key", bench.path("other")).unwrap();
    std::os::unix::fs::symlink("rsa.pem", bench.path("link")).unwrap();
    let target = bench.read("rsa.pem");
    bench.kms_byok(&format!("{line} link")).succeeds();
    assert!(aside(&bench, "link") == target && bench.read("rsa.pem") == target);
}

#[test]
fn forced_parameters_keep_every_file_that_is_none() {
    let cloud = Cloud::new("");
    let bench = &cloud.bench;
    cloud.empty_key("--alias alias/a");
    let line = "get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048 --quiet --force";
    cloud.run(line).succeeds();
    bench.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -outform DER -out rsa.der");
    let names = || {
        let found = std::fs::read_dir(bench.path("D")).unwrap();
        let mut names: Vec<_> = found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let cases = [
        ("PublicKey.bin", bench.read("rsa.der"), "wrapping public key"),
        ("PublicKey.bin", vec![7; 32], "wrapping public key"),
        ("ImportToken.bin", vec![7; 46], "import token"),
        ("ImportToken.bin", bench.read("rsa.der"), "import token"),
        ("parameters.json", br#"{"kty":"oct","k":"AAAA"}"#.to_vec(), "parameter file"),
        ("parameters.json", vec![7; 32], "parameter file"),
        ("EncryptedKeyMaterial.bin", vec![7; 32], "wrapped key material"),
        ("EncryptedKeyMaterial.bin", bench.read("rsa.der"), "wrapped key material"),
    ];
    for (name, bytes, what) in cases {
        bench.write(&format!("D/{name}"), &bytes);
        let run = cloud.run(line);
        let names = names();
        let moved = names.iter().find(|other| other.starts_with(&format!("{name}.superseded-"))).expect(name);
        let said = format!("warning: `D/{name}` is no {what} and is kept: it is now `D/{moved}`\n");
        assert!(run.succeeds().stderr.contains(&said), "{}", run.stderr);
        assert!(bench.read(&format!("D/{moved}")) == bytes, "{name}");
        std::fs::remove_dir_all(bench.path("D")).unwrap();
        cloud.run(line).succeeds();
    }
    bench.kms_byok("wrap --dir D --generate --discard --quiet").succeeds();
    bench.kms_byok("wrap --dir D --generate --discard --quiet --force").succeeds();
    assert_eq!(cloud.run(line).succeeds().stderr, "");
    assert_eq!(names(), ["ImportToken.bin", "PublicKey.bin", "parameters.json"]);
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

#[test]
fn what_stands_against_an_output_is_found_before_a_key_is_made() {
    let cloud = inputs();
    let bench = &cloud.bench;
    let made = cloud.requests("CreateKey");
    let refused = |line: &str, cause: &str| {
        let before = bench.names();
        let run = cloud.run(&format!("{line} --quiet"));
        let said = run.stderr.lines().next().unwrap_or_default().to_owned();
        assert_eq!((run.code, said), (Some(1), format!("error: {cause}")), "{line}: {}", run.stderr);
        assert_eq!((cloud.requests("CreateKey"), bench.names()), (made, before), "{line}");
    };
    let long = "k".repeat(230);
    let deep = format!("{}new", "./".repeat(2040));
    let keep = "provision --generate --keep";
    let escrow = "provision --generate --escrow ec.pem --escrow-out";
    let record = "provision --generate --discard --record";
    for (line, what) in [(keep, "plaintext key file"), (escrow, "escrow file"), (record, "record")] {
        for path in ["newdir/", "newdir/.", "ec.pem/"] {
            refused(&format!("{line} {path}"), &format!("{what} `{path}` names a directory that does not exist"));
        }
        for path in ["D/..", "D/"] {
            if line == record && path.starts_with('D') {
                continue; // that is no record
            }
            refused(&format!("{line} {path}"), &format!("{what} `{path}` is a directory"));
        }
        for path in [&long, &format!("D/{long}"), &"k".repeat(300), &deep] {
            refused(&format!("{line} {path}"), &format!("the name of the {what} `{path}` is too long"));
        }
    }
    refused(
        &format!("get-parameters --key-id alias/a --dir {}/D", "k".repeat(300)),
        &format!("the name of the parameter directory `{}/D` is too long", "k".repeat(300)),
    );
    let name = "k".repeat(224);
    cloud.run(&format!("{keep} {name} --wrapping-key-spec RSA_2048")).succeeds();
    cloud.run(&format!("{keep} {name} --wrapping-key-spec RSA_2048")).succeeds();
    assert_eq!(aside(bench, &name).len(), 32);
}

/// Root can make each kind; where the system or its file system has none of a kind, that is said.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_moved_aside_is_found_before_a_key_is_made() {
    let cloud = inputs();
    let bench = &cloud.bench;
    let tool = |name: &str, words: &[&str]| {
        let ended = Command::new(name).args(words).current_dir(bench.directory()).output();
        ended.is_ok_and(|ended| ended.status.success())
    };
    let made = cloud.requests("CreateKey");
    let refused = |line: &str, what: &str, path: &str, because: &str| {
        let before = bench.names();
        let run = cloud.run(&format!("{} --quiet", line.replace("PATH", path)));
        let said = format!(
            "error: {what} `{path}` exists and cannot be moved or replaced\nbecause: {because}\nhint: name a path where no file is yet\n"
        );
        assert_eq!((run.code, run.stderr), (Some(1), said), "{line}");
        assert_eq!((cloud.requests("CreateKey"), bench.names()), (made, before), "{line}");
    };
    let lines = [
        ("provision --generate --keep PATH", "plaintext key file"),
        ("provision --generate --escrow ec.pem --escrow-out PATH", "escrow file"),
        ("provision --generate --discard --record PATH", "record"),
        ("wrap --force --inkey PublicKey.bin --material key --out PATH", "wrapped key material"),
    ];
    bench.kms_byok("provision --rehearse --generate --discard --record old --wrapping-key-spec RSA_2048").succeeds();
    let kinds: [(&str, &[&str], &[&str], &str); 3] = [
        ("mount", &["--bind", "old", "old"], &["-l", "old"], "Device or resource busy (os error 16)"),
        ("chattr", &["+i", "old"], &["-i", "old"], "Operation not permitted (os error 1)"),
        ("chattr", &["+a", "old"], &["-a", "old"], "Operation not permitted (os error 1)"),
    ];
    for (name, words, back, because) in kinds {
        if !tool(name, words) {
            println!("skipped: `{name} {}` does not work here", words.join(" "));
            continue;
        }
        for (line, what) in lines {
            refused(line, what, "old", because);
        }
        assert!(tool(if name == "mount" { "umount" } else { name }, back));
    }
}
