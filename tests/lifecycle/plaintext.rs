//! After the import, the plaintext: which files still hold it, whether an encrypted backup of the same bytes exists, and the command that
//! removes it, in text, JSON and record. The program itself removes nothing.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::scene::Scene;
use crate::support::{Run, run};

const NONE: &str = "no encrypted one that this run has made or read";
const ONLY: &str = "no encrypted one that this run has made or read: without the plaintext, only KMS has the key";

fn scene(flags: &str) -> Scene {
    let scene = Scene::new(flags);
    scene.bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out rec.key");
    scene.bench.openssl("req -x509 -new -key rec.key -subj /CN=recovery -days 2 -out rec.pem");
    std::fs::set_permissions(scene.bench.path("rec.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    ["one", "two"].iter().for_each(|name| scene.material(name, 32));
    scene
}

impl Scene {
    fn words(&self, words: &[&str], stdin: &[u8]) -> Run {
        let at = self.at();
        let words: Vec<&str> = words.iter().copied().chain(at.split(' ')).collect();
        let mut command = self.bench.command(&words);
        run(command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test"), stdin)
    }

    fn pasted(&self, line: &str) -> Run {
        run(Command::new("bash").args(["-c", line]).current_dir(self.bench.directory()), b"")
    }
}

/// The lines of a text about the plaintext, as `label value`.
fn lines(text: &str) -> Vec<String> {
    let about = |line: &&str| ["plaintext", "backup", "escrow", "remove"].iter().any(|label| line.starts_with(label));
    text.lines().filter(about).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn the_report_names_the_files_with_the_plaintext_and_the_backup_whatever_the_source_is() {
    let scene = scene("");
    scene.provision("--alias alias/escrowed --generate --escrow rec.pem --escrow-out made.cms");
    scene.bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p256.pem");
    scene.bench.openssl("pkcs8 -topk8 -in p256.pem -passout pass:sesame -out sealed.pem");
    scene.bench.openssl("req -x509 -new -key p256.pem -subj /CN=app -days 2 -out p256.crt");
    let pkcs12 = "pkcs12 -export -inkey p256.pem -in p256.crt";
    scene.bench.openssl(&format!("{pkcs12} -passout pass:sesame -out sealed.p12"));
    scene.bench.openssl(&format!("{pkcs12} -passout pass: -out empty.p12"));
    scene.bench.openssl(&format!("{pkcs12} -keypbe NONE -passout pass:sesame -out clear.p12"));
    scene.bench.write_private("pass", "sesame\n");
    std::os::unix::fs::symlink("one", scene.bench.path("link")).unwrap();
    let one = scene.bench.path("one").canonicalize().unwrap().display().to_string();
    let (ec, with) = ("--key-spec ECC_NIST_P256", "--passphrase-file pass");
    for (flags, files, backup) in [
        ("--material one".to_owned(), vec!["one"], None),
        ("--material one --verify off".to_owned(), vec!["one"], None),
        ("--material link".to_owned(), vec![&*one], None),
        ("--material one --escrow rec.pem --escrow-out k.cms".to_owned(), vec!["one"], Some("k.cms")),
        ("--material -".to_owned(), vec![], None),
        ("--material /dev/stdin".to_owned(), vec![], None),
        ("--material - --escrow rec.pem --escrow-out stdin.cms".to_owned(), vec![], Some("stdin.cms")),
        ("--generate --discard".to_owned(), vec![], None),
        ("--generate --keep kept".to_owned(), vec!["kept"], None),
        ("--generate --escrow rec.pem --escrow-out g.cms".to_owned(), vec![], Some("g.cms")),
        ("--material-from-escrow made.cms --recipient-key rec.key".to_owned(), vec![], Some("made.cms")),
        (format!("{ec} --material p256.pem"), vec!["p256.pem"], None),
        (format!("{ec} --material sealed.pem {with}"), vec![], Some("sealed.pem")),
        (format!("{ec} --material sealed.p12 {with}"), vec![], Some("sealed.p12")),
        (format!("{ec} --material empty.p12"), vec!["empty.p12"], None),
        (format!("{ec} --material clear.p12 {with}"), vec!["clear.p12"], None),
    ] {
        let json = format!("provision --wrapping-key-spec RSA_2048 {flags} --output json --record record");
        let words: Vec<&str> = json.split(' ').collect();
        let answer = scene.words(&words, &scene.bench.read("two")).json();
        let remove = (!files.is_empty()).then(|| format!("shred -u -- {}", files.join(" ")));
        let expected = json!({ "files": files, "encrypted_backup": backup, "remove": remove });
        assert_eq!(answer["plaintext"], expected, "{flags}");
        let record: Value = serde_json::from_slice(&scene.bench.read("record")).unwrap();
        assert_eq!(record["plaintext"], expected, "{flags}");
        let escrow = answer["escrow"].as_str();
        let text = scene.words(&words[..words.len() - 4], &scene.bench.read("two"));
        let mut wanted: Vec<String> = escrow.map(|file| format!("escrow {file}")).into_iter().collect();
        wanted.push(match files.is_empty() {
            true => "plaintext in no file that this run has read or written".to_owned(),
            false => format!("plaintext {}", files.join(", ")),
        });
        match (escrow, backup) {
            (Some(_), _) => {}
            (None, Some(file)) => wanted.push(format!("backup {file}, encrypted")),
            (None, None) => wanted.push(format!("backup {}", if files.is_empty() { NONE } else { ONLY })),
        }
        wanted.extend(remove.map(|remove| format!("remove {remove}")));
        assert_eq!(lines(&text.succeeds().stdout), wanted, "{flags}");
    }
}

#[test]
fn the_command_that_removes_the_plaintext_works_as_pasted_and_the_program_removes_nothing() {
    let scene = scene("");
    for name in ["it's my key", "-k", "tab\there", "two"] {
        scene.bench.write_private(name, scene.bench.read("two"));
        let path = if name.starts_with('-') { format!("./{name}") } else { name.to_owned() };
        let answer = scene.words(&["provision", "--material", &path, "--quiet", "--output", "json"], b"").json();
        assert!(scene.bench.exists(name));
        scene.pasted(answer["plaintext"]["remove"].as_str().unwrap()).succeeds();
        assert!(!scene.bench.exists(name) && scene.bench.exists("one"));
    }
    // Where there is no `shred`, the name at least goes.
    let line = format!("provision --material one --quiet --output json {}", scene.at());
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = scene.bench.command(&words);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test").env("PATH", "/nowhere");
    assert_eq!(run(&mut command, b"").json()["plaintext"]["remove"], "rm -- one");
}

#[test]
fn a_run_that_broke_off_says_where_the_plaintext_is_and_keeps_what_completes_it() {
    let scene = scene("--fault ImportKeyMaterial:1:error=AccessDeniedException");
    let line = "provision --alias alias/a --material one --escrow rec.pem --escrow-out k.cms --record record";
    let (answer, stderr) = scene.fails(3, line);
    let expected = json!({ "files": ["one"], "encrypted_backup": "k.cms", "remove": null });
    assert_eq!(answer["plaintext"], expected);
    let record: Value = serde_json::from_slice(&scene.bench.read("record")).unwrap();
    assert_eq!(record["plaintext"], expected);
    assert_eq!(lines(&stderr), ["plaintext: one", "backup: k.cms, encrypted"]);
    // Also before the bytes were on their way, and of generated ones.
    for (fault, source, said) in [
        (
            "GetParametersForImport:1:error=AccessDeniedException",
            "--material one",
            ["plaintext: one".to_owned(), format!("backup: {NONE}")],
        ),
        (
            "ImportKeyMaterial:1:error=AccessDeniedException",
            "--generate --keep kept",
            ["plaintext: kept".to_owned(), format!("backup: {NONE}")],
        ),
    ] {
        let scene = self::scene(&format!("--fault {fault}"));
        let (_, stderr) = scene.fails(3, &format!("provision --alias alias/a {source}"));
        assert_eq!(lines(&stderr), said, "{source}");
    }
}

#[test]
fn no_command_removes_what_kms_is_not_known_to_have() {
    let scene = scene("");
    scene.provision("--alias alias/a --material one");
    // Nothing compares the bytes of a symmetric key that exists, unless it is asked for.
    let line = "provision --alias alias/a --material two";
    let answer = scene.json(line);
    assert_eq!(answer["plaintext"], json!({ "files": ["two"], "encrypted_backup": null, "remove": null }));
    let (answer, _) = scene.fails(1, &format!("{line} --verify full"));
    assert_eq!(answer["plaintext"]["remove"], Value::Null, "{answer}");
    let answer = scene.json("provision --alias alias/a --material one --verify full");
    assert_eq!(answer["plaintext"]["remove"], "shred -u -- one");
    // The embedded KMS of a rehearsal ends with the run.
    let answer = scene.bench.kms_byok("provision --rehearse --material one --output json").json();
    assert_eq!(answer["plaintext"], json!({ "files": ["one"], "encrypted_backup": null, "remove": null }));
    // No run of these has key material at hand.
    assert_eq!(scene.json("create-key --alias alias/b")["plaintext"], Value::Null);
    assert_eq!(scene.json("provision --alias alias/a --generate --discard")["plaintext"], Value::Null);
}

#[test]
fn the_other_verbs_that_import_say_it_too() {
    let scene = scene("");
    scene.provision("--alias alias/a --material one --multi-region");
    let expected =
        |file: &str| json!({ "files": [file], "encrypted_backup": null, "remove": format!("shred -u -- {file}") });
    let replicated = scene.json("replicate --key-id alias/a --to eu-west-1 --material one");
    assert_eq!(replicated["plaintext"], expected("one"));
    scene.provision("--alias alias/b --material one");
    assert_eq!(scene.json("rotate --key-id alias/b --material two")["plaintext"], expected("two"));
    for name in ["old", "new"] {
        scene.bench.kms_byok(&format!("generate --key-spec ECC_NIST_P256 --out {name}")).succeeds();
    }
    scene.provision("--alias alias/app --key-spec ECC_NIST_P256 --material old");
    let prepared =
        scene.json("rotate --key-id alias/app --material new --escrow rec.pem --escrow-out new.cms --prepare");
    let mut both = expected("new");
    both["encrypted_backup"] = json!("new.cms");
    assert_eq!(prepared["plaintext"], both);
    // `import` gets wrapped key material, and does not know what it was made of.
    scene.run("create-key --alias alias/c").succeeds();
    scene.run("get-parameters --key-id alias/c --dir D").succeeds();
    scene.bench.kms_byok("wrap --dir D --material one").succeeds();
    assert_eq!(scene.json("import --dir D")["plaintext"], Value::Null);
}

/// Several files hold a key in plaintext together; where one of them is encrypted, the others alone do not.
#[test]
fn components_hold_the_key_in_plaintext_only_where_all_of_them_do() {
    let scene = scene("");
    for (prefix, more) in [("plain", "--plain"), ("mixed", "--custodian rec.pem two.pem")] {
        if prefix == "mixed" {
            scene.bench.openssl("req -x509 -newkey rsa:2048 -nodes -keyout two.key -subj /CN=two -days 2 -out two.pem");
        }
        scene.bench.kms_byok(&format!("generate --components 2 --out-prefix {prefix} {more}")).succeeds();
    }
    let files = ["plain-1-of-2.txt", "plain-2-of-2.txt"];
    let answer = scene.json(&format!("provision --alias alias/a --component {} --component {}", files[0], files[1]));
    let remove = "shred -u -- plain-1-of-2.txt plain-2-of-2.txt";
    assert_eq!(answer["plaintext"], json!({ "files": files, "encrypted_backup": null, "remove": remove }));
    let sealed: Vec<String> = (1..=2).map(|number| format!("mixed-{number}-of-2.cms")).collect();
    std::fs::set_permissions(scene.bench.path("two.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let line =
        format!("--component {} --component {} --recipient-key rec.key --recipient-key two.key", sealed[0], sealed[1]);
    let answer = scene.json(&format!("provision --alias alias/b {line}"));
    assert_eq!(answer["plaintext"]["files"], json!([]), "{answer}");
}
