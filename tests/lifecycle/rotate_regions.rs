//! `rotate` of a multi-Region key: the primary, every replica, then RotateKeyOnDemand; and lost replies of it.

use serde_json::json;

use crate::support::scene::Scene;

const ROTATE: &str = "rotate --key-id alias/a --wrapping-key-spec RSA_2048";

/// A key in us-east-1, eu-west-2 and ap-south-1 with material `one`.
fn scene(flags: &str) -> (Scene, String) {
    let (scene, arn) = Scene::with_key(flags, "--multi-region");
    scene.json("replicate --key-id alias/a --to eu-west-2 ap-south-1 --material one --wrapping-key-spec RSA_2048");
    (scene, arn)
}

fn everywhere(arn: &str) -> [String; 3] {
    ["us-east-1", "ap-south-1", "eu-west-2"].map(|region| arn.replace("us-east-1", region))
}

/// The operations that changed something, with their Regions, in order.
fn changes(scene: &Scene) -> Vec<String> {
    let log = String::from_utf8(scene.bench.read("calls.log")).unwrap();
    let words = log.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    words
        .filter(|words| words[3] == "200" && ["ImportKeyMaterial", "RotateKeyOnDemand"].contains(&words[2]))
        .map(|words| format!("{} {}", words[2], words[1]))
        .collect()
}

#[test]
fn the_primary_first_then_every_replica_then_the_rotation() {
    let (scene, arn) = scene("");
    let before = changes(&scene).len();
    let answer = scene.json(&format!("{ROTATE} --generate --keep copy --material-description new"));
    assert_eq!(
        changes(&scene)[before..],
        [
            "ImportKeyMaterial us-east-1",
            "ImportKeyMaterial ap-south-1",
            "ImportKeyMaterial eu-west-2",
            "RotateKeyOnDemand us-east-1"
        ]
    );
    let id = &answer["key_material_id"];
    for arn in everywhere(&arn) {
        assert_eq!(scene.describe(&arn)["CurrentKeyMaterialId"], *id, "{arn}");
        assert_eq!(scene.describe(&arn)["KeyState"], "Enabled", "{arn}");
    }
    for replica in answer["replicas"].as_array().unwrap() {
        assert_eq!((&replica["key_material_id"], &replica["imported"]), (id, &json!(true)));
        assert_eq!(replica["proof"]["outcome"], "proven");
    }
    assert_eq!(answer["replicas"].as_array().unwrap().len(), 2);
    assert_eq!(scene.materials(&arn)[0]["KeyMaterialDescription"], "new");
}

/// Stopped at each import: what the report says to run completes it.
#[test]
fn a_rotation_that_stopped_between_regions_is_completed_by_the_command_it_names() {
    // Three imports have made the key; the fourth is the primary's.
    for broken in [5, 6] {
        let (scene, arn) = scene(&format!("--fault ImportKeyMaterial:{broken}:error=AccessDeniedException"));
        let (answer, stderr) = scene.fails(3, &format!("{ROTATE} --generate --keep copy"));
        let missing = &answer["rotation"]["missing_in"];
        assert_eq!(*missing, if broken == 5 { json!(["ap-south-1", "eu-west-2"]) } else { json!(["eu-west-2"]) });
        let next = answer["next"].as_str().unwrap();
        assert!(next.ends_with(&format!(" --key-id {arn} --material copy")), "{next}");
        assert!(stderr.contains("and waits for rotation\n"), "{stderr}");
        // Without the bytes it cannot go on, and says so.
        let (refused, _) = scene.fails(1, &format!("{ROTATE} --resume"));
        assert!(
            refused["error"]["cause"]
                .as_str()
                .unwrap()
                .ends_with(" but a multi-Region key rotates only when every Region has it"),
            "{refused}"
        );
        let words: Vec<&str> = next.split(' ').skip(1).collect();
        let answer = scene.bench.kms_byok_with_credentials(&words.join(" ")).json();
        assert_eq!(scene.describe(&everywhere(&arn)[2])["CurrentKeyMaterialId"], answer["key_material_id"]);
        assert_eq!(scene.materials(&arn).len(), 2);
    }
}

#[test]
fn generated_material_without_a_copy_that_stopped_between_regions_is_taken_back() {
    let (scene, arn) = scene("--fault ImportKeyMaterial:5:error=AccessDeniedException");
    let (answer, _) = scene.fails(3, &format!("{ROTATE} --generate --discard"));
    let id = answer["rotation"]["new_key_material_id"].as_str().unwrap();
    let next = answer["next"].as_str().unwrap();
    assert!(next.starts_with(&format!("kms-byok delete-material --key-id {arn} --key-material-id {id} ")), "{next}");
}

#[test]
fn a_rotation_that_every_region_is_ready_for_is_resumed_without_the_bytes() {
    let (scene, arn) = scene("--fault RotateKeyOnDemand:1:error=AccessDeniedException");
    scene.fails(3, &format!("{ROTATE} --generate --discard"));
    let imports = scene.calls("ImportKeyMaterial");
    let answer = scene.json(&format!("{ROTATE} --resume"));
    assert_eq!(scene.calls("ImportKeyMaterial"), imports);
    for arn in everywhere(&arn) {
        assert_eq!(scene.describe(&arn)["CurrentKeyMaterialId"], answer["key_material_id"], "{arn}");
    }
}

#[test]
fn a_replica_named_instead_of_the_primary_is_refused() {
    let (scene, arn) = scene("");
    let replica = &everywhere(&arn)[2];
    let line = format!(
        "rotate --key-id {replica} --generate --discard --quiet --endpoint-url {} --region eu-west-2",
        scene.kms.url
    );
    scene.bench.kms_byok_with_credentials(&line).refuses(
        1,
        &format!(
            "error: key {replica} is a replica, and rotation begins at the primary key {arn}\n\
             hint: name the primary key: --key-id {arn} --region us-east-1\n"
        ),
    );
}

#[test]
fn a_replica_that_takes_no_material_is_refused_before_the_primary_gets_any() {
    let (scene, arn) = scene("");
    let replica = &everywhere(&arn)[2];
    scene.kms.in_region("eu-west-2").ok("ScheduleKeyDeletion", json!({ "KeyId": replica, "PendingWindowInDays": 7 }));
    let imports = scene.calls("ImportKeyMaterial");
    let (answer, _) = scene.fails(1, &format!("{ROTATE} --generate --keep copy"));
    assert_eq!(
        answer["error"]["cause"],
        format!("key {replica} is PendingDeletion, and takes no key material in that state")
    );
    assert_eq!(scene.calls("ImportKeyMaterial"), imports);
    assert!(!scene.bench.exists("copy"));
}

#[test]
fn a_rotation_that_was_not_answered_is_looked_up_and_not_asked_for_again() {
    for fault in ["reset-after", "500-after", "empty-object"] {
        let (scene, arn) = scene(&format!("--fault RotateKeyOnDemand:1:{fault}"));
        let run = scene.run(&format!("{ROTATE} --material two --output json"));
        assert_eq!(run.json()["key_material_id"], scene.describe(&arn)["CurrentKeyMaterialId"], "{fault}");
        assert!(run.stderr.contains(": looking whether it began\n"), "{}", run.stderr);
        assert_eq!(scene.calls("RotateKeyOnDemand"), 1, "{fault}");
    }
}

#[test]
fn a_rotation_that_was_not_answered_and_did_not_begin_is_uncertain() {
    let (scene, arn) = scene("--fault RotateKeyOnDemand:1:reset-before");
    let (answer, stderr) = scene.fails(3, &format!("{ROTATE} --material two"));
    assert_eq!(answer["error"]["cause"], "the reply to RotateKeyOnDemand is lost, and the rotation may have begun");
    assert!(stderr.contains("unknown: whether RotateKeyOnDemand took effect; its reply was not seen\n"), "{stderr}");
    assert_eq!(scene.calls("RotateKeyOnDemand"), 1);
    assert!(answer["next"].as_str().unwrap().ends_with(&format!(" --key-id {arn} --resume")));
    scene.json(&format!("{ROTATE} --resume"));
}

/// NEW_KEY_MATERIAL repeated after a lost reply is refused by KMS: the bytes are there already.
#[test]
fn an_import_of_new_material_that_was_not_answered_is_found() {
    let (scene, arn) = scene("--fault ImportKeyMaterial:4:reset-after");
    let answer = scene.json(&format!("{ROTATE} --generate --keep copy"));
    assert_eq!(answer["key_material_id"], scene.describe(&arn)["CurrentKeyMaterialId"]);
    assert_eq!(scene.materials(&arn).len(), 2);
    assert!(scene.bench.exists("copy"));
}

/// The new material of a run that stopped expires when that run said, wherever the next command imports it.
#[test]
fn the_command_that_completes_a_rotation_keeps_expiry_and_proof() {
    let (scene, arn) = scene("--fault ImportKeyMaterial:5:error=AccessDeniedException");
    let flags = "--expires-in 90d --verify full --wait 5m --material-description new";
    let (answer, _) = scene.fails(3, &format!("{ROTATE} --generate --keep copy {flags}"));
    let next = answer["next"].as_str().unwrap();
    for kept in
        ["--expires-at ", "--verify full", "--wait 5m", "--material-description new", "--wrapping-key-spec RSA_2048"]
    {
        assert!(next.contains(kept), "{kept}: {next}");
    }
    let answer = scene.bench.kms_byok_with_credentials(&next["kms-byok ".len()..]).json();
    assert_eq!(answer["proof"]["level"], "full");
    for arn in everywhere(&arn) {
        assert_eq!(scene.materials(&arn)[0]["ExpirationModel"], "KEY_MATERIAL_EXPIRES", "{arn}");
    }
}
