//! Which key it is: the report of every import of an asymmetric key says it, whichever verb imports and however little is proven.

use serde_json::{Value, json};

use crate::support::scene::Scene;

const EC: &str = "EC -pkeyopt ec_paramgen_curve:P-256";
const SPEC: &str = "--key-spec ECC_NIST_P256";
const SMALL: &str = "--wrapping-key-spec RSA_2048";

/// With the private keys `one.key` and `two.key`.
fn scene(flags: &str) -> Scene {
    let scene = Scene::new(flags);
    ["one", "two"].iter().for_each(|name| scene.bench.pair(EC, name));
    scene
}

/// Parameters for alias/k, and `one.key` wrapped for them, in the directory of that name.
fn wrapped(scene: &Scene, directory: &str) {
    scene.json(&format!("get-parameters --key-id alias/k --dir {directory} {SMALL}"));
    scene.bench.kms_byok(&format!("wrap --dir {directory} --material one.key")).succeeds();
}

/// The PEM that a report shows.
fn pem(report: &Value) -> String {
    report["public_key"]["pem"].as_str().unwrap_or_else(|| panic!("{report}")).to_owned()
}

#[test]
fn every_report_of_an_import_says_it_however_little_is_proven() {
    for level in ["off", "state", "use"] {
        let scene = scene("");
        let [one, two] = ["one.pem", "two.pem"].map(|file| String::from_utf8(scene.bench.read(file)).unwrap());
        let asked = usize::from(level == "use");
        let verify = format!("--verify {level}");
        // It is that of the private key at hand: nobody is asked for it.
        let provision = format!("provision --alias alias/m {SPEC} --multi-region --material one.key {SMALL} {verify}");
        for changed in [true, false] {
            let report = scene.json(&provision);
            assert_eq!((pem(&report), &report["changed"]), (one.clone(), &json!(changed)), "{level}");
        }
        assert_eq!(scene.calls("GetPublicKey"), 2 * asked, "{level}");
        assert_eq!(scene.json(&provision)["public_key"], scene.json("public-key alias/m")["public_key"]);
        let replicate = format!("replicate --key-id alias/m --to eu-west-1 --material one.key {SMALL} {verify}");
        for _ in 0..2 {
            assert_eq!(pem(&scene.json(&replicate)), one, "{level}");
        }
        // What was wrapped before is wrapped: KMS says whose it is.
        scene.json(&format!("create-key --alias alias/k {SPEC}"));
        wrapped(&scene, "d");
        let before = scene.calls("GetPublicKey");
        assert_eq!(pem(&scene.json(&format!("import --dir d {verify}"))), one, "{level}");
        assert_eq!(scene.calls("GetPublicKey"), before + 1, "{level}");
        let run = scene.run(&format!("rotate --key-id alias/k --material two.key {SMALL} {verify} --output json"));
        let report = run.json();
        assert_eq!(pem(&report), two, "{level}");
        // Once more it is over, and back it goes; the keys are proven as they are.
        assert_eq!(pem(&scene.json(&format!("rotate --key-id alias/k --rollback {verify}"))), one, "{level}");
        let new = report["key_arn"].as_str().unwrap();
        let switched = scene.run(&format!("rotate --key-id alias/k --switch {new} {verify} --quiet"));
        let note = "note       whoever verifies must know the new public key already\n";
        assert!(switched.succeeds().stdout.contains(note), "{level}: {}", switched.stdout);
        assert_eq!(pem(&scene.json(&format!("rotate --key-id alias/k --switch {new} {verify}"))), two, "{level}");
    }
}

#[test]
fn a_public_key_that_kms_does_not_tell_fails_no_run() {
    let scene = scene("--fault GetPublicKey:always:error=AccessDeniedException");
    scene.json(&format!("create-key --alias alias/k {SPEC}"));
    for (directory, level) in [("d", "off"), ("e", "state")] {
        wrapped(&scene, directory);
        let run = scene.run(&format!("import --dir {directory} --verify {level} --output json"));
        let report = run.json();
        assert_eq!((&report["public_key"], &report["error"]), (&Value::Null, &Value::Null), "{level}");
        let arn = report["key_arn"].as_str().unwrap();
        let said = format!(
            "the public key of {arn} is not shown: the credentials do not permit kms:GetPublicKey on key `{arn}`"
        );
        assert!(run.stderr.contains(&said), "{}", run.stderr);
    }
    let report = scene.json(&format!("provision --alias alias/o {SPEC} --material one.key {SMALL}"));
    assert_eq!(pem(&report).into_bytes(), scene.bench.read("one.pem"));
}

/// A disabled key is asked to do nothing, and says all the same which key it is.
#[test]
fn a_disabled_key_says_it_too() {
    let scene = scene("");
    let arn = scene.provision(&format!("--alias alias/k {SPEC} --material one.key"));
    wrapped(&scene, "d");
    scene.kms.ok("DisableKey", json!({ "KeyId": arn }));
    let before = scene.calls("Sign");
    let report = scene.json("import --dir d");
    assert_eq!((&report["key_state"], scene.calls("Sign")), (&json!("Disabled"), before));
    assert_eq!(pem(&report).into_bytes(), scene.bench.read("one.pem"));
}

/// A key without a public half has none at any level.
#[test]
fn no_other_key_is_asked_for_one() {
    let scene = scene("");
    ["SYMMETRIC_DEFAULT", "HMAC_256"].iter().enumerate().for_each(|(number, spec)| {
        for level in ["off", "state", "use"] {
            let line =
                format!("provision --alias alias/{number}-{level} --key-spec {spec} --generate --discard {SMALL}");
            assert_eq!(scene.json(&format!("{line} --verify {level}"))["public_key"], Value::Null);
        }
    });
    assert_eq!(scene.calls("GetPublicKey"), 0);
}
