//! What `--force` replaces, and what is moved aside or kept.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{KEY, aside, inputs};
use crate::support::Bench;
use crate::support::cloud::Cloud;

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
