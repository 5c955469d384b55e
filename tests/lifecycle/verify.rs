//! `verify` of a symmetric key: the second import that only the same bytes survive, and that leaves the key as it is.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::Run;
use crate::support::importing::random;
use crate::support::scene::Scene;
use crate::support::struck::wait_until_struck;

const VERIFY: &str = "verify --key-id alias/a --material";

/// A key with material `one`; `other` is another file.
fn scene(serve: &str, provision: &str) -> (Scene, String) {
    let scene = Scene::new(serve);
    scene.material("one", 32);
    scene.material("other", 32);
    let arn = scene.provision(&format!("--alias alias/a --material one --verify off {provision}"));
    (scene, arn)
}

/// Everything that DescribeKey and ListKeyRotations tell.
fn everything(scene: &Scene, arn: &str) -> (Value, Vec<Value>) {
    (scene.describe(arn), scene.materials(arn))
}

#[test]
fn the_same_bytes_are_taken_again_and_nothing_changes() {
    let (scene, arn) = scene("", "--expires-in 30d --material-description first");
    let before = everything(&scene, &arn);
    let run = scene.run(&format!("{VERIFY} one --output json"));
    let answer = run.json();
    assert_eq!(
        (&answer["key_arn"], &answer["proof"]["outcome"], &answer["proof"]["level"]),
        (&json!(arn), &json!("proven"), &json!("full"))
    );
    let id = before.0["CurrentKeyMaterialId"].as_str().unwrap();
    let last = answer["proof"]["proven"].as_array().unwrap().last().unwrap();
    assert_eq!(*last, format!("KMS took a second import of the same bytes as the current key material, {id}"));
    assert_eq!(everything(&scene, &arn), before);
    // It is said before it is done.
    let said = run
        .stderr
        .find("importing the same bytes a second time, as existing key material with unchanged expiry")
        .unwrap();
    assert!(said < run.stderr.find("got an RSA_2048 wrapping key").unwrap(), "{}", run.stderr);
}

#[test]
fn other_bytes_are_found_with_exit_4_and_nothing_changes() {
    let (scene, arn) = scene("", "--expires-in 30d --material-description first");
    let before = everything(&scene, &arn);
    let (answer, _) = scene.fails(4, &format!("{VERIFY} other"));
    assert_eq!(
        answer["proof"]["contradiction"],
        "KMS refuses these bytes as key material of the key: it holds other bytes"
    );
    assert_eq!(everything(&scene, &arn), before);
    // A byte too many is no key material at all.
    scene.bench.write_private("newline", [scene.bench.read("one"), b"\n".to_vec()].concat());
    assert_eq!(scene.run(&format!("{VERIFY} newline")).code, Some(1));
    assert_eq!(everything(&scene, &arn), before);
}

#[test]
fn without_the_second_import_it_is_encrypt_and_decrypt() {
    let (scene, _) = scene("", "");
    let imports = scene.calls("ImportKeyMaterial");
    for file in ["one", "other"] {
        let answer = scene.json(&format!("{VERIFY} {file} --no-reimport"));
        assert_eq!((&answer["proof"]["outcome"], &answer["proof"]["level"]), (&json!("not_compared"), &json!("use")));
        assert!(
            answer["proof"]["not_proven"][0].as_str().unwrap().starts_with("that the bytes are those of your copy")
        );
    }
    assert_eq!(scene.calls("ImportKeyMaterial"), imports);
}

#[test]
fn material_from_escrow_is_verified_as_well() {
    let scene = Scene::new("");
    scene.bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out rec.key");
    scene.bench.openssl("req -x509 -new -key rec.key -subj /CN=recovery -days 2 -out rec.pem");
    let key = "--generate --escrow rec.pem --escrow-out";
    scene.provision(&format!("--alias alias/a {key} a.cms"));
    scene.provision(&format!("--alias alias/b {key} b.cms"));
    let verify = |file: &str| format!("verify --key-id alias/a --material-from-escrow {file} --recipient-key rec.key");
    assert_eq!(scene.json(&verify("a.cms"))["proof"]["outcome"], "proven");
    scene.fails(4, &verify("b.cms"));
}

#[test]
fn after_rotations_every_material_is_recognised() {
    let (scene, arn) = scene("", "--expires-in 30d");
    scene.material("two", 32);
    scene.json("rotate --key-id alias/a --material two");
    scene.bench.write_private("three", random(32));
    let new = json!({ "ImportType": "NEW_KEY_MATERIAL" });
    scene.kms.import(&arn, &scene.bench.read("three"), new).unwrap();
    let before = everything(&scene, &arn);
    for (file, as_what) in [
        ("one", "as earlier key material, which decrypts only, "),
        ("two", "as the current key material, "),
        ("three", "as the key material that waits for rotation, "),
    ] {
        let answer = scene.json(&format!("{VERIFY} {file}"));
        let last = answer["proof"]["proven"].as_array().unwrap().last().unwrap().as_str().unwrap();
        assert!(last.contains(as_what), "{file}: {last}");
        assert_eq!(everything(&scene, &arn), before, "{file}");
    }
    scene.fails(4, &format!("{VERIFY} other"));
    assert_eq!(everything(&scene, &arn), before);
}

/// What KMS lacks must not come back by a proof.
#[test]
fn a_key_that_waits_for_material_is_refused_and_stays_as_it_is() {
    let (scene, arn) = scene("", "");
    scene.material("two", 32);
    scene.json("rotate --key-id alias/a --material two");
    let first = scene.materials(&arn)[1]["KeyMaterialId"].clone();
    scene.kms.ok("DeleteImportedKeyMaterial", json!({ "KeyId": arn, "KeyMaterialId": first }));
    let before = everything(&scene, &arn);
    for flags in ["", " --no-reimport"] {
        let (answer, _) = scene.fails(4, &format!("{VERIFY} one{flags}"));
        let contradiction = "KMS says that the key is PendingImport: it holds no key material now";
        assert_eq!(answer["proof"]["contradiction"], contradiction, "{flags}");
    }
    assert_eq!(everything(&scene, &arn), before);
}

#[test]
fn a_disabled_key_is_verified_by_the_second_import_alone() {
    let (scene, arn) = scene("", "");
    scene.kms.ok("DisableKey", json!({ "KeyId": arn }));
    let before = everything(&scene, &arn);
    let answer = scene.json(&format!("{VERIFY} one"));
    assert_eq!(
        (&answer["key_state"], &answer["proof"]["not_proven"][0]),
        (&json!("Disabled"), &json!("that the key works: it is disabled"))
    );
    scene.fails(4, &format!("{VERIFY} other"));
    assert_eq!(everything(&scene, &arn), before);
    // Nothing else could be asked of it.
    let (answer, _) = scene.fails(1, &format!("{VERIFY} one --no-reimport"));
    assert_eq!(answer["error"]["cause"], format!("key {arn} is Disabled, and the proof needs it Enabled"));
    let mac = scene.provision("--key-spec HMAC_256 --material one");
    scene.kms.ok("DisableKey", json!({ "KeyId": mac }));
    let (answer, _) = scene.fails(1, &format!("verify --key-id {mac} --material one"));
    assert_eq!(answer["error"]["cause"], format!("key {mac} is Disabled, and the proof needs it Enabled"));
}

#[test]
fn within_ten_minutes_of_the_expiry_nothing_is_imported() {
    let (scene, arn) = scene("", "--expires-in 30d");
    scene.kms.move_clock(json!({ "advance": "30d" }));
    scene.kms.move_clock(json!({ "set": "+719h 45m" }));
    assert_eq!(scene.json(&format!("{VERIFY} one"))["proof"]["outcome"], "proven", "a quarter of an hour is enough");
    scene.kms.move_clock(json!({ "set": "+719h 51m" }));
    let imports = scene.calls("ImportKeyMaterial");
    let (answer, _) = scene.fails(1, &format!("{VERIFY} one"));
    let cause = answer["error"]["cause"].as_str().unwrap();
    assert!(cause.starts_with(&format!("the key material of {arn} expires at ")), "{cause}");
    assert!(cause.ends_with(", too soon to import it again safely"), "{cause}");
    assert_eq!(scene.calls("ImportKeyMaterial"), imports);
}

/// It may be what the file holds.
#[test]
fn key_material_that_expires_too_soon_to_be_tried_is_no_contradiction() {
    let (scene, arn) = scene("", "");
    scene.material("two", 32);
    scene.json("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048");
    scene.bench.kms_byok("wrap --dir D --material two").succeeds();
    scene.json("import --dir D --import-type new --expires-in 5m");
    let before = everything(&scene, &arn);
    let pending = before.1.iter().find(|material| material["KeyMaterialState"] == "PENDING_ROTATION").unwrap();
    for file in ["two", "other"] {
        let (answer, stderr) = scene.fails(1, &format!("{VERIFY} {file}"));
        let cause = answer["error"]["cause"].as_str().unwrap();
        assert!(cause.starts_with(&format!("the key material of {arn} expires at ")), "{cause}");
        let id = pending["KeyMaterialId"].as_str().unwrap();
        let told = format!("not proven: whether it is key material {id}: that expires too soon\n");
        assert!(stderr.contains(&told), "{stderr}");
    }
    assert_eq!(scene.json(&format!("{VERIFY} one"))["proof"]["outcome"], "proven");
    assert_eq!(everything(&scene, &arn), before);
}

#[test]
fn where_the_materials_may_not_be_listed_an_expiry_is_not_put_at_risk() {
    let denied = "--fault ListKeyRotations:always:error=AccessDeniedException";
    let (scene, _) = self::scene(denied, "--expires-in 30d");
    let imports = scene.calls("ImportKeyMaterial");
    let (answer, _) = scene.fails(4, &format!("{VERIFY} one"));
    assert_eq!(answer["proof"]["not_permitted"], json!(["kms:ListKeyRotations"]));
    assert_eq!(scene.calls("ImportKeyMaterial"), imports);
    // What never expires can be taken back without the list.
    let (scene, _) = self::scene(denied, "");
    assert_eq!(scene.json(&format!("{VERIFY} one"))["proof"]["outcome"], "proven");
    scene.fails(4, &format!("{VERIFY} other"));
}

#[test]
fn a_second_import_that_is_not_permitted_is_no_proof() {
    let (scene, _) = scene("--fault GetParametersForImport:2+:error=AccessDeniedException", "");
    let (answer, _) = scene.fails(4, &format!("{VERIFY} one"));
    assert_eq!(answer["proof"]["outcome"], "not_permitted");
    assert_eq!(answer["proof"]["not_permitted"], json!(["kms:GetParametersForImport"]));
}

/// An error is neither a match nor a mismatch.
#[test]
fn an_error_on_the_way_is_no_verdict() {
    for (fault, code) in [
        ("Encrypt:1-3:error=KMSInternalException", 1),
        ("ListKeyRotations:1:error=KMSInvalidStateException", 1),
        ("ImportKeyMaterial:2:error=InvalidCiphertextException", 1),
        ("ImportKeyMaterial:2:error=ExpiredImportTokenException", 1),
        ("GetParametersForImport:2:html=403", 1),
        // Not answered: it may have been done.
        ("ImportKeyMaterial:2+:reset-after", 3),
        ("ImportKeyMaterial:2+:reset-before", 3),
        ("ImportKeyMaterial:2+:500", 3),
        ("ImportKeyMaterial:2:empty-object", 3),
    ] {
        let (scene, arn) = scene(&format!("--fault {fault}"), "");
        let (answer, stderr) = scene.fails(code, &format!("{VERIFY} one"));
        assert!(answer["proof"].is_null(), "{fault}: {answer}");
        if code == 3 {
            assert!(
                stderr.contains("unknown: whether ImportKeyMaterial took effect; its reply was not seen\n"),
                "{stderr}"
            );
            assert!(stderr.contains(&format!("exists: key {arn}, Enabled\n")), "{stderr}");
            assert!(stderr.contains("next: kms-byok verify --key-id alias/a --material one "), "{stderr}");
        }
    }
}

#[test]
fn a_difference_afterwards_is_found() {
    // After the import KMS tells of other current material.
    let (scene, arn) = scene("--fault DescribeKey:5+:lie", "");
    let before = scene.describe(&arn)["CurrentKeyMaterialId"].as_str().unwrap().to_owned();
    assert_eq!(scene.calls("DescribeKey"), 3, "the fault counts on it");
    let (answer, _) = scene.fails(4, &format!("{VERIFY} one"));
    assert_eq!(
        answer["proof"]["contradiction"],
        format!("the key is not what it was: its current key material was {before}, and is {}", "0".repeat(64))
    );
}

#[test]
fn a_signal_during_the_second_import_ends_with_3_and_before_it_with_1() {
    for (fault, seen, code) in
        [("ImportKeyMaterial:2:latency=30s", "GetParametersForImport", 3), ("Decrypt:1:latency=30s", "Encrypt", 1)]
    {
        let (scene, _) = scene(&format!("--fault {fault}"), "");
        let before = scene.calls(seen);
        let line = format!("{VERIFY} one {}", scene.at());
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut command = scene.bench.command(&words);
        command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until_struck(&scene.kms.url);
        assert_ne!(scene.calls(seen), before);
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let run = Run::of(child.wait_with_output().unwrap());
        assert_eq!(run.code, Some(code), "{fault}: {}", run.stderr);
        assert!(run.stderr.contains("error: stopped by SIGTERM\n"), "{}", run.stderr);
        let uncertain = run.stderr.contains("unknown: whether ImportKeyMaterial took effect");
        assert_eq!(uncertain, code == 3, "{}", run.stderr);
    }
}

/// Bash that writes `k`, what goes into KMS with `--material-format raw`, and `v`, what `verify` is given; and what it says KMS holds.
const TEXT_FORMS: &[(&str, &str)] = &[
    ("hex raw > k; cp raw v", "the hex text of these bytes"),
    ("(hex raw; echo) > k; cp raw v", "the hex text of these bytes with a line end"),
    ("hex raw | tr a-f A-F > k; cp raw v", "the hex text of these bytes"),
    ("(printf 0x; hex raw) > k; cp raw v", "the hex text of these bytes"),
    ("openssl base64 -A -in raw > k; cp raw v", "the base64 text of these bytes"),
    ("openssl base64 -A -in raw > k; echo >> k; cp raw v", "the base64 text of these bytes with a line end"),
    ("openssl base64 -A -in raw | tr '+/' '-_' | tr -d = > k; cp raw v", "the base64"),
    ("openssl base64 -in long > k; cp long v", "the base64 text of these bytes in lines with a line end"),
    ("hex raw > k; openssl base64 -in raw > v", "the hex text of these bytes"),
    ("hex raw > k; openssl base64 -in raw | openssl base64 > v", "the hex text of these bytes"),
    ("cp raw k; hex raw > v; raw=1", "the bytes that this hex text stands for"),
    ("cp raw k; openssl base64 -A -in raw > v; raw=1", "the bytes that this base64 text stands for"),
    (
        "cp raw k; (printf '\"'; openssl base64 -A -in raw; printf '\"') > v; raw=1",
        "the bytes that this base64 text in quotation marks stands for",
    ),
    ("(cat raw; echo) > k; cp raw v", "these bytes with a line end"),
    ("cp raw k; (cat raw; echo) > v; raw=1", "these bytes without the line end"),
    (
        "echo 'correct horse battery staple and a battery of horses that are correct' > k; tr -d '\\n' < k > v; raw=1",
        "these bytes with a line end",
    ),
    (
        "echo 'correct horse battery staple and a battery of horses that are correct' | tr -d '\\n' > k; (cat k; echo) > v; raw=1",
        "these bytes without the line end",
    ),
];

#[test]
fn what_was_imported_as_text_and_what_as_bytes_is_said_by_verify() {
    let scene = Scene::new("");
    let bash = |script: &str| {
        let functions = "hex() { od -An -v -tx1 \"$1\" | tr -d ' \\n'; }";
        let script = format!(
            "set -e; umask 077; {functions}; rm -f k v; {script}; if [ \"${{raw-}}\" ]; then touch given; else rm -f given; fi"
        );
        let made =
            std::process::Command::new("bash").args(["-c", &script]).current_dir(scene.bench.directory()).status();
        assert!(made.unwrap().success(), "{script}");
    };
    bash("(openssl rand 49; printf K) > raw; openssl rand -out long 80");
    for (number, (made, holds)) in TEXT_FORMS.iter().enumerate() {
        bash(made);
        let alias = format!("alias/text{number}");
        scene
            .provision(&format!("--alias {alias} --key-spec HMAC_384 --material k --material-format raw --verify off"));
        let format = if scene.bench.exists("given") { " --material-format raw" } else { "" };
        let run = scene.run(&format!("verify --key-id {alias} --material v{format} --output json"));
        let answer: Value = serde_json::from_str(&run.stdout).unwrap();
        let contradiction = answer["proof"]["contradiction"].as_str().unwrap_or_default().to_owned();
        let expected = format!("KMS computes another HMAC than OpenSSL does with this key material: it holds {holds}");
        assert!(contradiction.starts_with(&expected), "{made}: {contradiction} {}", run.stderr);
        assert_eq!(run.code, Some(4), "{made}");
    }
}

/// Text that stands for the bytes that KMS holds is those bytes.
#[test]
fn the_text_of_the_right_bytes_is_the_right_bytes() {
    let scene = Scene::new("");
    let bash = |script: &str| {
        let functions = "hex() { od -An -v -tx1 \"$1\" | tr -d ' \\n'; }";
        let script = format!("set -e; umask 077; {functions}; {script}");
        let made =
            std::process::Command::new("bash").args(["-c", &script]).current_dir(scene.bench.directory()).status();
        assert!(made.unwrap().success(), "{script}");
    };
    bash(
        "(openssl rand 31; printf K) > raw; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem",
    );
    bash("openssl pkcs8 -topk8 -nocrypt -in ec.pem -outform DER -out ec.der");
    for (alias, spec, file, forms) in [
        (
            "alias/s",
            "SYMMETRIC_DEFAULT",
            "raw",
            &[
                "hex raw",
                "openssl base64 -in raw",
                "hex raw | openssl base64",
                "openssl base64 -A -in raw | iconv -t UTF-16",
                "(hex raw; echo)",
            ][..],
        ),
        (
            "alias/h",
            "HMAC_256",
            "raw",
            &[
                "hex raw",
                "openssl base64 -in raw",
                "(printf 0x; hex raw)",
                "(printf '\"'; openssl base64 -A -in raw; echo '\"')",
            ],
        ),
        (
            "alias/e",
            "ECC_NIST_P256",
            "ec.pem",
            &[
                "cat ec.der",
                "(cat ec.der; echo)",
                "openssl base64 -in ec.der",
                "openssl base64 -in ec.pem",
                "hex ec.der",
                "tr '\\n' ' ' < ec.pem",
                "sed 's/^/  /' ec.pem",
            ],
        ),
    ] {
        scene.provision(&format!("--alias {alias} --key-spec {spec} --material {file} --verify off"));
        for form in forms {
            bash(&format!("{form} > v"));
            let run = scene.run(&format!("verify --key-id {alias} --material v --output json"));
            assert_eq!(run.json()["proof"]["outcome"], "proven", "{spec} {form}");
        }
    }
}
