//! `rotate`: new material becomes current, in one Region; what broke off goes on.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::next::next_of;
use crate::support::scene::Scene;
use crate::support::{self, Run, importing};

const ROTATE: &str = "rotate --key-id alias/a --wrapping-key-spec RSA_2048";

fn scene(flags: &str) -> (Scene, String) {
    Scene::with_key(flags, "")
}

#[test]
fn new_material_becomes_current_and_the_old_still_decrypts() {
    let (scene, arn) = scene("");
    let old = scene.describe(&arn)["CurrentKeyMaterialId"].clone();
    let plain = importing::base64(b"before");
    let sealed = scene.kms.ok("Encrypt", json!({ "KeyId": arn, "Plaintext": plain }))["CiphertextBlob"].clone();

    let run = scene.run(&format!("{ROTATE} --generate --keep copy --material-description second --output json"));
    let answer = run.json();
    let new = scene.describe(&arn)["CurrentKeyMaterialId"].clone();
    assert_ne!(old, new);
    assert_eq!((&answer["key_arn"], &answer["key_material_id"]), (&json!(arn), &new));
    assert_eq!((&answer["changed"], &answer["generated"]), (&json!(true), &json!(true)));
    assert_eq!(
        answer["rotation"],
        json!({
            "previous_key_material_id": old, "new_key_material_id": new, "missing_in": [],
            "begun": true, "rotated": true, "rotations_left": 24,
        })
    );
    assert_eq!(answer["proof"]["outcome"], "proven");
    assert!(run.stderr.contains("25 of 25 on-demand rotations are left\n"), "{}", run.stderr);
    assert!(
        run.stderr
            .contains(&format!("waiting up to 60 s for key material {} to become current\n", new.as_str().unwrap())),
        "{}",
        run.stderr
    );
    assert_eq!(scene.materials(&arn)[0]["KeyMaterialDescription"], "second");
    assert_eq!(scene.kms.ok("Decrypt", json!({ "CiphertextBlob": sealed }))["Plaintext"], plain);
    // The copy is what KMS got.
    assert_eq!(scene.json("verify --key-id alias/a --material copy")["proof"]["outcome"], "proven");
}

#[test]
fn the_text_says_what_was_rotated_and_what_is_left() {
    let (scene, arn) = scene("");
    let old = scene.describe(&arn)["CurrentKeyMaterialId"].as_str().unwrap().to_owned();
    let run = scene.run(&format!("{ROTATE} --material two --quiet"));
    let text = &run.succeeds().stdout;
    assert!(
        text.contains(&format!("before     {old}\nrotated    yes\nleft       24 of 25 on-demand rotations\n")),
        "{text}"
    );
}

#[test]
fn the_new_material_has_an_expiry_of_its_own() {
    let (scene, arn) = scene("");
    scene.json(&format!("{ROTATE} --material two --expires-in 30d"));
    let materials = scene.materials(&arn);
    assert_eq!(materials[0]["ExpirationModel"], "KEY_MATERIAL_EXPIRES");
    assert_eq!(materials[1]["ExpirationModel"], "KEY_MATERIAL_DOES_NOT_EXPIRE");
}

#[test]
fn a_rotation_that_stopped_before_rotating_goes_on_with_the_same_bytes() {
    let (scene, arn) = scene("--fault RotateKeyOnDemand:1:error=AccessDeniedException");
    let (answer, stderr) = scene.fails(3, &format!("{ROTATE} --material two"));
    let id = scene.materials(&arn)[0]["KeyMaterialId"].as_str().unwrap().to_owned();
    assert_eq!(answer["rotation"]["new_key_material_id"], *id);
    assert!(stderr.contains(&format!("exists: key material {id} in the key, and waits for rotation\n")), "{stderr}");
    assert_eq!(
        answer["next"],
        format!(
            "kms-byok rotate --output json --endpoint-url {} --region us-east-1 --key-id {arn} --resume",
            scene.kms.url
        )
    );
    assert_eq!(scene.json(&format!("{ROTATE} --material two"))["key_material_id"], *id);
}

#[test]
fn a_rotation_that_stopped_before_rotating_goes_on_without_the_bytes() {
    let (scene, arn) = scene("--fault RotateKeyOnDemand:1:error=AccessDeniedException");
    let (answer, _) = scene.fails(3, &format!("{ROTATE} --generate --discard"));
    let next: Vec<&str> = answer["next"].as_str().unwrap().split(' ').skip(1).collect();
    let run = scene.bench.kms_byok_with_credentials(&next.join(" "));
    assert_eq!(run.json()["key_material_id"], scene.describe(&arn)["CurrentKeyMaterialId"]);
    assert_eq!(scene.calls("RotateKeyOnDemand"), 2);
}

#[test]
fn generating_beside_material_that_waits_is_refused_with_the_fix() {
    let (scene, arn) = scene("--fault RotateKeyOnDemand:1:error=AccessDeniedException");
    scene.fails(3, &format!("{ROTATE} --material two"));
    let id = scene.materials(&arn)[0]["KeyMaterialId"].as_str().unwrap().to_owned();
    let run = scene.run(&format!("{ROTATE} --generate --keep copy --quiet"));
    run.refuses(
        1,
        &format!(
            "error: key material {id} waits for rotation in key {arn}, and until it is current KMS takes no other\n\
             hint: rotate to it with --resume or with its own bytes, or take it back: `kms-byok delete-material --key-id {arn} --key-material-id {id} --region us-east-1 --endpoint-url {}`\n",
            scene.kms.url
        ),
    );
    assert!(!scene.bench.exists("copy"));
    scene.material("three", 32);
    let (answer, _) = scene.fails(1, &format!("{ROTATE} --material three"));
    assert_eq!(
        answer["error"]["cause"],
        format!("key material {id} waits for rotation in key {arn}, and it is not the one given")
    );
}

#[test]
fn rotating_again_to_the_current_material_changes_nothing() {
    let (scene, arn) = scene("");
    scene.json(&format!("{ROTATE} --material two --expires-in 30d"));
    let before = (scene.describe(&arn), scene.materials(&arn));
    let answer = scene.json(&format!("{ROTATE} --material two"));
    assert_eq!((&answer["rotation"]["rotated"], &answer["rotation"]["rotations_left"]), (&json!(false), &json!(24)));
    assert_eq!((scene.describe(&arn), scene.materials(&arn)), before);
    assert_eq!(answer["changed"], false);
    let (answer, _) = scene.fails(1, &format!("{ROTATE} --material one"));
    assert_eq!(
        answer["error"]["cause"],
        format!("the bytes given are an earlier key material of key {arn}, and KMS does not rotate back")
    );
    assert_eq!((scene.describe(&arn), scene.materials(&arn)), before);
    assert_eq!(scene.calls("RotateKeyOnDemand"), 1);
}

/// A rotation that somebody else has begun, on a clock that stands before it.
fn rotating(scene: &Scene, arn: &str) {
    scene.kms.move_clock(json!({ "set": "+4m" }));
    scene.kms.import(arn, &importing::random(32), json!({ "ImportType": "NEW_KEY_MATERIAL" })).unwrap();
    scene.kms.ok("RotateKeyOnDemand", json!({ "KeyId": arn }));
    scene.kms.move_clock(json!({ "set": "+2m" }));
}

#[test]
fn a_rotation_in_progress_is_waited_for() {
    let (scene, arn) = scene("");
    rotating(&scene, &arn);
    let line = format!("{ROTATE} --resume --output json {}", scene.at());
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = scene.bench.command(&words);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    let waiting = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while scene.calls("GetKeyRotationStatus") < 2 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(20));
    }
    scene.kms.move_clock(json!({ "set": "+5m" }));
    let run = Run::of(waiting.wait_with_output().unwrap());
    assert!(
        run.stderr.contains("a rotation is in progress\nwaiting up to 60 s for the rotation to end\n"),
        "{}",
        run.stderr
    );
    assert_eq!(run.json()["key_material_id"], scene.describe(&arn)["CurrentKeyMaterialId"]);
    assert_eq!(scene.calls("RotateKeyOnDemand"), 1);
}

#[test]
fn the_wait_for_the_rotation_of_somebody_else_has_an_end() {
    let (scene, arn) = scene("");
    rotating(&scene, &arn);
    let run = scene.run(&format!("{ROTATE} --resume --wait 0s --quiet"));
    let next = next_of(&run).to_owned();
    run.refuses(
        3,
        &format!(
            "error: the rotation of key {arn} that was under way has not ended after 0 s\n\
             hint: keep waiting with --resume\n\
             exists: key {arn}, Enabled\n\
             next: {next}\n"
        ),
    );
    assert!(next.starts_with("kms-byok rotate ") && next.contains(" --resume "), "{next}");
    let (answer, _) = scene.fails(1, &format!("{ROTATE} --generate --discard"));
    assert_eq!(answer["error"]["cause"], format!("a rotation of key {arn} is in progress"));
}

#[test]
fn a_wait_has_an_end_and_says_how_to_go_on() {
    let (scene, arn) = scene("--fault DescribeKey:4+:lie");
    let seen = scene.calls("DescribeKey");
    assert_eq!(seen, 2, "the fault counts on it");
    let (answer, _) = scene.fails(3, &format!("{ROTATE} --material two --wait 0s"));
    let id = scene.materials(&arn)[0]["KeyMaterialId"].as_str().unwrap().to_owned();
    assert_eq!(
        answer["error"]["cause"],
        format!("the rotation of key {arn} began, and key material {id} is not current after 0 s")
    );
    assert!(answer["next"].as_str().unwrap().contains("--resume"));
}

#[test]
fn what_cannot_rotate_is_refused_before_anything_is_imported() {
    let (scene, arn) = scene("");
    scene.provision("--alias alias/mac --key-spec HMAC_256 --generate --discard");
    let own = scene.kms.key(json!({}));
    let empty = scene.kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    let mac = scene.kms.describe("alias/mac")["Arn"].as_str().unwrap().to_owned();
    let imports = scene.calls("ImportKeyMaterial");
    let cause = |key: &str| {
        let line = format!("rotate --key-id {key} --generate --keep copy");
        scene.fails(1, &line).0["error"]["cause"].as_str().unwrap().to_owned()
    };
    let (answer, _) = scene.fails(1, "rotate --key-id alias/mac --resume");
    assert_eq!(answer["error"]["cause"], format!("key {mac} is HMAC_256, but KMS rotates only symmetric keys"));
    assert_eq!(
        cause(&own),
        format!("key {own} has origin AWS_KMS, but key material can be imported only into EXTERNAL keys")
    );
    assert_eq!(cause(&empty), format!("key {empty} is PendingImport, and rotation needs it Enabled"));
    scene.kms.ok("DisableKey", json!({ "KeyId": arn }));
    assert_eq!(cause(&arn), format!("key {arn} is Disabled, and rotation needs it Enabled"));
    scene.kms.ok("EnableKey", json!({ "KeyId": arn }));
    for _ in 0..25 {
        scene.kms.import(&arn, &importing::random(32), json!({ "ImportType": "NEW_KEY_MATERIAL" })).unwrap();
        scene.kms.ok("RotateKeyOnDemand", json!({ "KeyId": arn }));
        scene.kms.move_clock(json!({ "advance": "1s" }));
    }
    let imports = imports + 25;
    assert_eq!(cause(&arn), format!("key {arn} was rotated on demand 25 times, and KMS allows no more"));
    assert_eq!(scene.calls("ImportKeyMaterial"), imports);
    assert!(!scene.bench.exists("copy"));
    let nothing = scene.provision("--alias alias/b --generate --discard");
    let (answer, _) = scene.fails(1, &format!("rotate --key-id {nothing} --resume"));
    assert_eq!(answer["error"]["cause"], format!("no key material waits for rotation in key {nothing}"));
}

#[test]
fn flags_that_cannot_be_meant_are_refused() {
    let bench = support::Bench::new();
    bench.kms_byok("rotate --key-id alias/a").refuses(
        2,
        "error: the new key material is missing\n\
         hint: add --generate, --material FILE (`-` for standard input), or --resume\n",
    );
    assert_eq!(bench.kms_byok("rotate --key-id alias/a --generate").code, Some(2));
    assert_eq!(bench.kms_byok("rotate --key-id alias/a --resume --discard").code, Some(2));
    assert_eq!(bench.kms_byok("rotate --key-id alias/a --resume --material f").code, Some(2));
    assert_eq!(bench.kms_byok("rotate --key-id alias/a --resume --generate --keep f").code, Some(2));
}

#[test]
fn new_material_imported_step_by_step_is_rotated_to_with_resume() {
    let (scene, arn) = scene("");
    scene.json("get-parameters --key-id alias/a --dir D --wrapping-key-spec RSA_2048");
    scene.bench.kms_byok("wrap --dir D --material two").succeeds();
    let run = scene.run("import --dir D --import-type new --output json");
    let id = scene.materials(&arn)[0]["KeyMaterialId"].clone();
    assert_eq!((&run.json()["key_material_id"], &run.json()["proof"]["outcome"]), (&id, &json!("proven")));
    let said = format!("it waits for rotation: `kms-byok rotate --key-id {arn} --resume` makes it current\n");
    assert!(run.stderr.contains(&said), "{}", run.stderr);
    assert_ne!(scene.describe(&arn)["CurrentKeyMaterialId"], id);
    scene.json(&format!("{ROTATE} --resume"));
    assert_eq!(scene.describe(&arn)["CurrentKeyMaterialId"], id);
}

/// No further rotation is needed to see that the last one is over.
#[test]
fn the_last_rotation_is_finished_like_any_other() {
    let (scene, _) = scene("");
    for _ in 0..24 {
        scene.json(&format!("{ROTATE} --generate --discard --verify off --quiet"));
    }
    let (answer, _) = scene.fails(3, &format!("{ROTATE} --generate --keep last --wait 0s"));
    assert!(answer["next"].as_str().unwrap().ends_with(" --resume"), "{answer}");
    let answer = scene.json(&format!("{ROTATE} --resume"));
    assert_eq!((&answer["proof"]["outcome"], &answer["rotation"]["rotated"]), (&json!("proven"), &json!(true)));
    scene.material("other", 32);
    for source in ["--generate --discard", "--material one", "--material other"] {
        let (answer, _) = scene.fails(1, &format!("{ROTATE} {source}"));
        let cause = answer["error"]["cause"].as_str().unwrap();
        assert!(cause.contains("25 times") || source == "--material one" && cause.contains("earlier"), "{answer}");
    }
    // What is current already needs no rotation.
    let before = scene.calls("RotateKeyOnDemand");
    let answer = scene.json(&format!("{ROTATE} --material last"));
    assert_eq!((&answer["changed"], &answer["proof"]["outcome"]), (&json!(false), &json!("proven")), "{answer}");
    assert_eq!(scene.calls("RotateKeyOnDemand"), before);
}
