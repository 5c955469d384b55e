//! Files that are missing, unreadable, empty, oversized or directories, for every verb and flag that reads one: a cause, a fix, exit
//! code 1, no file, and no call that changes anything.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::support::cloud::Cloud;
use crate::support::{self, run};

/// A flag that reads a file: the words around its name, what errors call it, and how much is read.
struct Reads {
    line: &'static str,
    what: &'static str,
    limit: usize,
}

const fn reads(line: &'static str, what: &'static str, limit: usize) -> Reads {
    Reads { line, what, limit }
}

const KIB: usize = 1024;

const SECRET_HINT: &str = "hint: give the path of a file, or `-` and pipe the bytes in; a secret in an argument is seen by every user of \
                           the machine\n";

/// `FILE` is where the file goes.
const ALL: [Reads; 17] = [
    reads("create-key --policy FILE", "key policy", 32 * KIB),
    reads("provision --generate --discard --policy FILE", "key policy", 32 * KIB),
    reads("provision --material FILE", "key material file", 64 * KIB),
    reads("provision --key-spec RSA_2048 --material FILE", "key material file", 64 * KIB),
    reads("provision --key-spec RSA_2048 --material encrypted.pem --passphrase-file FILE", "passphrase file", 4 * KIB),
    reads("provision --generate --escrow FILE --escrow-out out", "recovery certificate", 64 * KIB),
    reads("provision --material-from-escrow FILE --recipient-key key.pem", "escrow file", 256 * KIB),
    reads("provision --material-from-escrow key.pem --recipient-key FILE", "recipient key", 64 * KIB),
    reads("verify --key-id alias/a --material FILE", "key material file", 64 * KIB),
    reads("wrap --material FILE --inkey D/PublicKey.bin --out out", "key material file", 64 * KIB),
    reads("wrap --generate --discard --inkey FILE --out out", "wrapping public key", 16 * KIB),
    reads(
        "import --key-id alias/a --encrypted FILE --import-token D/ImportToken.bin",
        "wrapped key material",
        16 * KIB,
    ),
    reads("import --key-id alias/a --encrypted D/PublicKey.bin --import-token FILE", "import token", 16 * KIB),
    reads("wrap --dir DIRECTORY/parameters.json --generate --discard", "parameter file", 64 * KIB),
    reads("wrap --dir DIRECTORY/PublicKey.bin --generate --discard", "wrapping public key", 16 * KIB),
    reads("wrap --dir DIRECTORY/ImportToken.bin --generate --discard", "import token", 6 * KIB),
    reads("import --dir DIRECTORY/parameters.json", "parameter file", 64 * KIB),
];

fn scene() -> Cloud {
    let cloud = Cloud::new("");
    cloud.empty_key("--alias alias/a");
    cloud.run("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048").succeeds();
    cloud.bench.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem");
    cloud.bench.openssl("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:swordfish -in key.pem -out encrypted.pem");
    for name in ["key.pem", "encrypted.pem"] {
        std::fs::set_permissions(cloud.bench.path(name), Permissions::from_mode(0o600)).unwrap();
    }
    cloud
}

impl Reads {
    /// The command line with that file in its place. For a file of a parameter directory, a directory is made around it.
    fn with(&self, cloud: &Cloud, file: &str) -> (String, String) {
        let Some((before, after)) = self.line.split_once("DIRECTORY/") else {
            return (self.line.replace("FILE", file), file.to_owned());
        };
        let (part, after) = after.split_once(' ').unwrap_or((after, ""));
        let directory = format!("with-{file}-as-{part}");
        let place = |name: &str| cloud.bench.path(&format!("{directory}/{name}"));
        std::fs::create_dir_all(cloud.bench.path(&directory)).unwrap();
        for name in ["PublicKey.bin", "ImportToken.bin", "parameters.json"].into_iter().filter(|name| *name != part) {
            std::fs::copy(cloud.bench.path(&format!("D/{name}")), place(name)).unwrap();
        }
        if cloud.bench.exists(file) && !place(part).exists() {
            std::os::unix::fs::symlink(cloud.bench.path(file), place(part)).unwrap();
        }
        (format!("{before}{directory} {after}"), format!("{directory}/{part}"))
    }
}

#[test]
fn a_file_that_cannot_be_what_is_meant_is_named_with_cause_and_fix() {
    let cloud = scene();
    cloud.bench.write("empty", []);
    cloud.bench.write("huge", vec![b'A'; 300 * KIB]);
    std::fs::create_dir(cloud.bench.path("directory")).unwrap();
    for file in ["empty", "huge"] {
        std::fs::set_permissions(cloud.bench.path(file), Permissions::from_mode(0o600)).unwrap();
    }
    let changes = || ["CreateKey", "CreateAlias", "ImportKeyMaterial"].map(|operation| cloud.requests(operation));
    let before = changes();
    for reads in &ALL {
        for (file, cause, hint) in [
            ("missing", "does not exist".to_owned(), "check the path"),
            ("empty", "is empty".to_owned(), "check the command that should have written it"),
            ("directory", "is a directory".to_owned(), "name a file in it"),
            ("huge", format!("is larger than {} bytes", reads.limit), "check that it is the file you mean"),
        ] {
            if reads.what == "parameter file" && file == "missing" {
                continue; // the files of the recipe have none: tests/material/bare_files.rs
            }
            let (line, shown) = reads.with(&cloud, file);
            let names = cloud.bench.names();
            let run = cloud.run(&format!("{line} --quiet"));
            let flag = match reads.what {
                "key material file" => Some("--material"),
                "passphrase file" => Some("--passphrase-file"),
                "recipient key" => Some("--recipient-key"),
                _ => None,
            };
            match flag.filter(|_| file == "missing") {
                // It may be the secret itself.
                Some(flag) => run.refuses(
                    1,
                    &format!("error: {flag} does not name a file: its value is 7 characters\n{SECRET_HINT}"),
                ),
                None => run.refuses(1, &format!("error: {} `{shown}` {cause}\nhint: {hint}\n", reads.what)),
            }
            assert_eq!(cloud.bench.names(), names, "{line}");
        }
    }
    assert_eq!(changes(), before);
}

#[test]
fn a_file_that_the_user_may_not_read_is_named_with_what_the_system_says() {
    let cloud = scene();
    let open =
        |path: &str, mode| std::fs::set_permissions(cloud.bench.path(path), Permissions::from_mode(mode)).unwrap();
    cloud.bench.write("secret", support::material(7));
    open("secret", 0o000);
    // An output beside the file must be possible: that is found out first.
    std::os::unix::fs::chown(cloud.bench.directory(), Some(65534), Some(65534)).unwrap_or(());
    for name in ["key.pem", "encrypted.pem"] {
        open(name, 0o644);
    }
    if unprivileged(&mut cloud.command("doctor")).output().is_err() {
        println!("skipped: the binary is in a directory that only root can enter");
        return;
    }
    for reads in ALL.iter().filter(|reads| !reads.line.contains("DIRECTORY")) {
        let (line, _) = reads.with(&cloud, "secret");
        let mut command = cloud.command(&format!("{line} --quiet"));
        unprivileged(&mut command);
        run(&mut command, b"").refuses_with(
            1,
            &format!(
                "error: {} `secret` cannot be read\nbecause: Permission denied (os error 13)\n\
                 hint: check its permissions, and which user runs this\n",
                reads.what
            ),
        );
    }
}

/// Root reads everything, so the run is made by nobody.
fn unprivileged(command: &mut Command) -> &mut Command {
    if rustix::process::geteuid().is_root() { command.uid(65534).gid(65534) } else { command }
}

#[test]
fn an_endless_file_is_not_read_to_its_end() {
    let cloud = scene();
    for reads in ALL.iter().filter(|reads| !reads.line.contains("DIRECTORY")) {
        let (line, _) = reads.with(&cloud, "/dev/zero");
        cloud.run(&format!("{line} --quiet")).refuses_with(
            1,
            &format!(
                "error: {} `/dev/zero` is larger than {} bytes\nhint: check that it is the file you mean\n",
                reads.what, reads.limit
            ),
        );
    }
}

#[test]
fn standard_input_is_held_to_the_same_limits() {
    let cloud = scene();
    for line in [
        "provision --material -",
        "verify --key-id alias/a --material -",
        "wrap --material - --inkey D/PublicKey.bin --out out",
    ] {
        let quiet = format!("{line} --quiet");
        cloud
            .run_reading(&quiet, b"")
            .refuses(1, "error: key material `-` is empty\nhint: check the command that should have written it\n");
        cloud.run_reading(&quiet, &[7; 65 * KIB]).refuses(
            1,
            "error: key material `-` is larger than 65536 bytes\nhint: check that it is the file you mean\n",
        );
    }
    assert_eq!((cloud.requests("CreateKey"), cloud.requests("ImportKeyMaterial")), (1, 0));
}

/// People give the key or the passphrase itself where its file is wanted.
#[test]
fn a_secret_in_the_place_of_its_file_is_never_repeated() {
    let cloud = scene();
    let pem = String::from_utf8(cloud.bench.read("key.pem")).unwrap();
    let passphrase = "Tr0ub4dor and 3 horses";
    let secrets = [
        ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "64 characters of hex"),
        ("0x9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "66 characters of hex"),
        ("n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", "44 characters of base64's alphabet"),
        ("n4bQgYhMfWWaL/qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", "44 characters of base64's alphabet"),
        (r#"{"kty":"oct","k":"n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"}"#, "63 characters of JSON"),
        (passphrase, "22 characters"),
        ("--hunter2", "9 characters"),
        (&pem, "characters of PEM text"),
    ];
    let takes = [
        ("provision --alias alias/b", "--material", ""),
        ("provision --key-spec RSA_2048 --material encrypted.pem", "--passphrase-file", ""),
        ("provision --material-from-escrow key.pem", "--recipient-key", ""),
        ("wrap --inkey D/PublicKey.bin --out out", "--material", ""),
        ("wrap --inkey D/PublicKey.bin --out out --material-from-escrow key.pem", "--recipient-key", ""),
        ("verify --key-id alias/a", "--material", ""),
        ("rotate --key-id alias/a", "--material", ""),
        ("replicate --key-id alias/a --to eu-west-1", "--material", ""),
        ("recipe", "--material", ""),
        ("diagnose", "--material", ""),
        ("diagnose --encrypted D/ImportToken.bin", "--private-key", ""),
        ("diagnose --encrypted D/ImportToken.bin --private-key encrypted.pem", "--passphrase-file", ""),
        ("provision", "--material", "--record record.json"),
    ];
    let mut tried = 0;
    for (line, flag, more) in takes {
        for (secret, said) in secrets {
            for joined in [false, true] {
                let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
                match joined {
                    true => words.push(format!("{flag}={secret}")),
                    false => words.extend([flag.to_owned(), secret.to_owned()]),
                }
                words.extend(more.split_whitespace().map(str::to_owned));
                words.extend(["--output", "json", "--endpoint-url", cloud.url()].map(str::to_owned));
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let mut command = cloud.bench.command(&words);
                command
                    .env("AWS_ACCESS_KEY_ID", "AKIDTEST")
                    .env("AWS_SECRET_ACCESS_KEY", "test")
                    .env("AWS_REGION", "us-east-1");
                let run = run(&mut command, b"");
                let cause = format!("error: {flag} does not name a file: its value is ");
                assert!(run.stderr.contains(&cause) && run.stderr.contains(said), "{words:?}: {}", run.stderr);
                assert_eq!(run.code, Some(1), "{words:?}");
                let record =
                    if cloud.bench.exists("record.json") { cloud.bench.read("record.json") } else { Vec::new() };
                let everything = format!("{}{}{}", run.stdout, run.stderr, String::from_utf8_lossy(&record));
                for piece in secret.as_bytes().windows(7.min(secret.len())) {
                    let piece = std::str::from_utf8(piece).unwrap();
                    // Words of the program's own: PEM's lines and JSON's members.
                    let own =
                        piece.chars().all(|c| c.is_ascii_uppercase() || " -".contains(c)) || secret.starts_with('{');
                    assert!(own || !everything.contains(piece), "{words:?} repeats `{piece}`: {everything}");
                }
                tried += 1;
            }
        }
    }
    println!("{tried} secrets in the place of a file name");
}
