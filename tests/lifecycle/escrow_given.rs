//! `--escrow` with key material that the user has: the encrypted backup holds the very bytes that KMS gets, is on disk before the import,
//! and is never lost or taken for that of other bytes.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::next::next_of;
use crate::support::scene::Scene;
use crate::support::{Run, run};

const ESCROW: &str = "--escrow rec.pem --escrow-out k.cms";
const PROVISION: &str = "provision --alias alias/a --wrapping-key-spec RSA_2048";

/// `rec.pem` with `rec.key`, and private files of key material.
fn scene(flags: &str) -> Scene {
    let scene = Scene::new(flags);
    scene.bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out rec.key");
    scene.bench.openssl("req -x509 -new -key rec.key -subj /CN=recovery -days 2 -out rec.pem");
    ["one", "two", "three"].iter().for_each(|name| scene.material(name, 32));
    scene
}

impl Scene {
    /// What is in an escrow file.
    fn opened(&self, name: &str) -> Vec<u8> {
        self.bench.openssl(&format!("cms -decrypt -binary -inform DER -in {name} -inkey rec.key -out opened"));
        self.bench.read("opened")
    }

    /// The names of escrow files that were moved aside.
    fn aside(&self) -> Vec<String> {
        self.bench.names().into_iter().filter(|name| name.starts_with("k.cms.superseded-")).collect()
    }

    /// A line as bash takes it, in another shell.
    fn bash(&self, line: &str) -> Run {
        let mut command = Command::new("bash");
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_kms-byok")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        command.args(["-c", line]).current_dir(self.bench.directory()).env("PATH", path);
        command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        command.env("HOME", self.bench.directory());
        run(&mut command, b"")
    }

    fn run_reading(&self, line: &str, stdin: &[u8]) -> Run {
        let line = format!("{line} {}", self.at());
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut command = self.bench.command(&words);
        run(command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test"), stdin)
    }
}

#[test]
fn the_backup_of_given_key_material_holds_the_very_bytes_that_are_imported() {
    let scene = scene("");
    scene.bench.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out app.pem");
    scene.bench.openssl("pkcs8 -topk8 -nocrypt -in app.pem -outform DER -out app.der");
    scene.bench.write_private("hexed", hex::encode(scene.bench.read("two")));
    for (spec, file, bytes) in
        [("SYMMETRIC_DEFAULT", "one", "one"), ("HMAC_256", "hexed", "two"), ("RSA_2048", "app.pem", "app.der")]
    {
        let line = format!("provision --alias alias/{spec} --key-spec {spec} --escrow rec.pem --escrow-out {spec}.cms");
        let answer = scene.json(&format!("{line} --material {file}"));
        assert_eq!((&answer["escrow"], &answer["generated"]), (&json!(format!("{spec}.cms")), &json!(false)));
        assert_eq!(answer["escrow_recipients"][0]["subject"], "CN = recovery");
        assert_eq!(scene.opened(&format!("{spec}.cms")), scene.bench.read(bytes), "{spec}");
    }
    // From standard input nothing else is left of them here.
    let line = format!("{PROVISION} {ESCROW} --material - --output json");
    let answer: Value = scene.run_reading(&line, &scene.bench.read("three")).json();
    assert_eq!(answer["proof"]["outcome"], "proven");
    assert_eq!(scene.opened("k.cms"), scene.bench.read("three"));
}

#[test]
fn the_backup_is_there_before_the_import_and_the_next_command_makes_it_again_beside_the_first() {
    let scene = scene("--fault ImportKeyMaterial:1:error=AccessDeniedException");
    let stopped = scene.run(&format!("{PROVISION} --material one {ESCROW}"));
    assert_eq!(stopped.code, Some(3), "{}", stopped.stderr);
    assert_eq!(scene.opened("k.cms"), scene.bench.read("one"));
    let first = scene.bench.read("k.cms");
    let next = next_of(&stopped);
    assert!(next.contains(&format!(" --material one {ESCROW}")), "{next}");
    let done = scene.bash(next);
    done.succeeds();
    let aside = scene.aside();
    assert_eq!(aside.len(), 1);
    let said = format!("warning: `k.cms` existed and may hold a key: it is now `{}`\n", aside[0]);
    assert!(done.stderr.contains(&said), "{}", done.stderr);
    assert_eq!((scene.bench.read(&aside[0]), scene.opened("k.cms")), (first, scene.bench.read("one")));
}

#[test]
fn a_rotation_to_given_key_material_has_its_backup_too() {
    let scene = scene("--fault RotateKeyOnDemand:1:error=AccessDeniedException");
    scene.provision("--alias alias/a --material one");
    let line = format!("rotate --key-id alias/a --wrapping-key-spec RSA_2048 --material two {ESCROW}");
    let stopped = scene.run(&line);
    assert_eq!(stopped.code, Some(3), "{}", stopped.stderr);
    assert_eq!(scene.opened("k.cms"), scene.bench.read("two"));
    // What waits is found again by its bytes.
    let answer = scene.json(&line);
    assert_eq!((&answer["escrow"], scene.aside().len()), (&json!("k.cms"), 1));
    assert_eq!(scene.opened("k.cms"), scene.bench.read("two"));
}

#[test]
fn bytes_that_kms_has_refused_do_not_stay_under_the_name_of_the_backup() {
    let scene = scene("");
    scene.json(&format!("{PROVISION} --material one {ESCROW}"));
    let right = scene.bench.read("k.cms");
    scene.json("delete-material --key-id alias/a --yes");
    scene.fails(1, &format!("{PROVISION} --material two {ESCROW}"));
    let aside = scene.aside();
    assert_eq!((scene.bench.read("k.cms"), aside.len()), (right.clone(), 1));
    assert_eq!(scene.opened(&aside[0]), scene.bench.read("two"));
    scene.json(&format!("{PROVISION} --material one"));
    // A rotation refuses the key material of an earlier one, and another one than what waits.
    scene.json("rotate --key-id alias/a --material two");
    scene.fails(1, &format!("rotate --key-id alias/a --material one {ESCROW}"));
    assert_eq!(scene.bench.read("k.cms"), right);
}

#[test]
fn a_key_that_has_its_key_material_gets_a_backup_only_of_bytes_that_are_its() {
    let scene = scene("");
    scene.provision("--alias alias/a --material one");
    let warned = scene.run(&format!("{PROVISION} --material one {ESCROW}"));
    let said =
        "warning: `k.cms` was not made: nothing was imported, and whether the key has these bytes is not known\n";
    assert!(warned.succeeds().stderr.contains(said) && !scene.bench.exists("k.cms"), "{}", warned.stderr);
    let answer = scene.json(&format!("{PROVISION} --material one {ESCROW} --verify full"));
    assert_eq!((&answer["changed"], &answer["escrow"]), (&json!(false), &json!("k.cms")));
    assert_eq!(scene.opened("k.cms"), scene.bench.read("one"));
    let before = scene.bench.read("k.cms");
    let again = scene.run(&format!("{PROVISION} --material one {ESCROW} --verify full"));
    let said = "`k.cms` stays as it is: nothing was imported, and it was not opened\n";
    assert!(again.succeeds().stderr.contains(said), "{}", again.stderr);
    assert_eq!((scene.bench.read("k.cms"), scene.aside().len()), (before, 0));
    // Other keys show whose bytes they are when they are used.
    scene.provision("--alias alias/mac --key-spec HMAC_256 --material two");
    let mac = "provision --alias alias/mac --key-spec HMAC_256 --material two --escrow rec.pem --escrow-out mac.cms";
    assert_eq!(scene.json(mac)["escrow"], "mac.cms");
    assert_eq!(scene.opened("mac.cms"), scene.bench.read("two"));
}

#[test]
fn a_dry_run_says_which_backup_would_be_written() {
    let scene = scene("");
    let line = format!("{PROVISION} --material one {ESCROW}");
    let writes = |line: &str| scene.json(&format!("{line} --dry-run"))["writes"].clone();
    assert_eq!(writes(&line), json!(["k.cms"]));
    scene.json(&format!("{PROVISION} --material one"));
    assert_eq!(writes(&line), json!([]));
    assert_eq!(writes(&format!("{line} --verify full")), json!(["k.cms"]));
    assert_eq!(writes(&format!("rotate --key-id alias/a --material two {ESCROW}")), json!(["k.cms"]));
    for name in ["old", "new"] {
        scene.bench.kms_byok(&format!("generate --key-spec ECC_NIST_P256 --out {name}")).succeeds();
    }
    scene.provision("--alias alias/app --key-spec ECC_NIST_P256 --material old");
    let by_alias = "rotate --key-id alias/app --material new --escrow rec.pem --escrow-out";
    assert_eq!(writes(&format!("{by_alias} k.cms")), json!(["k.cms"]));
    // What could not be written is refused before there is a key.
    scene.fails(1, &format!("{by_alias} missing/k.cms"));
    assert_eq!((scene.calls("CreateKey"), scene.bench.exists("k.cms")), (2, false));
}

#[test]
fn a_backup_that_makes_no_sense_is_refused_before_anything_is_asked() {
    let scene = scene("");
    let out = "--escrow rec.pem --escrow-out";
    for (line, code, said) in [
        (
            format!("{PROVISION} --material one {out} -"),
            2,
            "error: --escrow-out `-` is not a file, and a copy of a key needs one\n",
        ),
        (format!("{PROVISION} --material one {out} ./one"), 2, "error: `./one` is both input and output\n"),
        (format!("{PROVISION} --material one --keep copy"), 2, "error: --keep is for generated key material\n"),
        (format!("{PROVISION} {ESCROW}"), 2, "error: --escrow is for a copy of key material, and there is none\n"),
        (
            format!(
                "rotate --key-id alias/a --switch arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab {ESCROW}"
            ),
            2,
            "error: --escrow is for a copy of key material, and there is none\n",
        ),
        (
            format!("{PROVISION} --material one --escrow one --escrow-out k.cms"),
            1,
            "error: `one` is not a certificate\n",
        ),
    ] {
        let run = scene.run(&line);
        assert_eq!(run.code, Some(code), "{line}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{line}: {}", run.stderr);
    }
    assert_eq!((scene.calls("DescribeKey"), scene.bench.exists("k.cms")), (0, false));
}

#[test]
fn what_is_wrapped_offline_or_by_the_shell_has_its_backup_too() {
    let scene = scene("");
    scene.bench.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out wrapping.pem");
    scene.bench.openssl("pkey -in wrapping.pem -pubout -outform DER -out PublicKey.bin");
    scene.bench.kms_byok(&format!("wrap --inkey PublicKey.bin --out blob --material one {ESCROW}")).succeeds();
    assert_eq!(scene.opened("k.cms"), scene.bench.read("one"));
    let recipe = scene.bench.kms_byok(&format!("recipe --alias alias/a --material two {ESCROW}"));
    let (_, steps) = recipe.succeeds().stdout.split_once("# 3.").unwrap();
    assert!(steps.contains("openssl cms -encrypt -binary -aes-256-gcm"), "{steps}");
}

/// A key that signs often comes with its certificate.
#[test]
fn a_copy_that_only_the_key_itself_opens_is_no_backup() {
    let scene = scene("");
    scene.bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out app.pem");
    scene.bench.openssl("req -x509 -new -key app.pem -subj /CN=app -days 2 -out app.crt");
    let (spec, small) = ("--key-spec ECC_NIST_P256", "--wrapping-key-spec RSA_2048");
    scene.provision(&format!("--alias alias/old {spec} --generate --discard"));
    scene.json(&format!("create-key --alias alias/w {spec}"));
    scene.json(&format!("get-parameters --key-id alias/w --dir w {small}"));
    let made = scene.calls("CreateKey");
    for certificates in ["--escrow app.crt", "--escrow rec.pem --escrow app.crt"] {
        for line in [
            format!("provision --alias alias/app {spec} --material app.pem {small}"),
            format!("rotate --key-id alias/old --material app.pem {small}"),
        ] {
            let (answer, _) = scene.fails(1, &format!("{line} {certificates} --escrow-out k.cms"));
            assert_eq!(answer["error"]["id"], "own_certificate", "{line}");
            assert_eq!(
                answer["error"]["cause"],
                "the recovery certificate `CN = app` is that of the key itself: whoever has lost the key cannot open the copy"
            );
        }
    }
    let wrap = "wrap --dir w --material app.pem --escrow app.crt --escrow-out k.cms --output json";
    let answer: Value = serde_json::from_str(&scene.bench.kms_byok(wrap).stdout).unwrap();
    assert_eq!(answer["error"]["id"], "own_certificate");
    assert_eq!((scene.calls("CreateKey"), scene.bench.exists("k.cms")), (made, false));
    // That of another key of the same person is as good as any.
    scene.json(&format!("provision --alias alias/app {spec} --material app.pem {small} {ESCROW}"));
}
