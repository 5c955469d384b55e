//! Two rotations of one alias at the same time: those of one machine wait for each other; of two machines' one wins, and the other says so.

use serde_json::{Value, json};

use crate::support::machines::{end, start};
use crate::support::scene::Scene;
use crate::support::struck::wait_until_struck;

const ROTATE: &str = "rotate --key-id alias/app --wrapping-key-spec RSA_2048";

/// `alias/app` on an EC key; its ARN.
fn scene(flags: &str) -> (Scene, String) {
    let scene = Scene::new(flags);
    let arn = scene.provision("--alias alias/app --key-spec ECC_NIST_P256 --generate --keep one");
    (scene, arn)
}

fn named_by(scene: &Scene, alias: &str) -> Value {
    scene.kms.describe(alias)["Arn"].clone()
}

fn keys(scene: &Scene) -> usize {
    scene.kms.ok("ListKeys", json!({}))["Keys"].as_array().unwrap().len()
}

#[test]
fn two_rotations_at_once_on_one_machine_come_one_after_the_other() {
    let (scene, old) = scene("--fault ImportKeyMaterial:2:latency=3s");
    let first = start(&scene, "here", &format!("{ROTATE} --generate --keep a"));
    wait_until_struck(&scene.kms.url);
    let second = start(&scene, "here", &format!("{ROTATE} --generate --keep b"));
    let (code, first, said) = end(first);
    assert_eq!((code, &first["previous_key_arn"]), (Some(0), &json!(old)), "{said}");
    let (code, second, said) = end(second);
    assert_eq!((code, &second["previous_key_arn"]), (Some(0), &first["key_arn"]), "{said}");
    assert!(said.contains("waiting up to 60 s for another run on this machine, which rotates alias/app\n"), "{said}");
    assert_eq!((named_by(&scene, "alias/app"), keys(&scene)), (second["key_arn"].clone(), 3));
    assert_eq!(scene.json("verify --key-id alias/app --material b")["proof"]["outcome"], "proven");
    assert_eq!(scene.json(&format!("verify --key-id {old} --material one"))["proof"]["outcome"], "proven");
}

#[test]
fn a_run_does_not_wait_for_ever_for_another_one() {
    let (scene, old) = scene("--fault ImportKeyMaterial:2:latency=5s");
    let first = start(&scene, "here", &format!("{ROTATE} --generate --keep a"));
    wait_until_struck(&scene.kms.url);
    let (code, answer, said) = end(start(&scene, "here", &format!("{ROTATE} --generate --keep b --wait 0s")));
    assert_eq!((code, &answer["error"]["id"]), (Some(1), &json!("rotation_running")), "{said}");
    assert_eq!(answer["error"]["cause"], "another run on this machine still rotates `alias/app` after 0 s");
    let (code, first, said) = end(first);
    assert_eq!((code, &first["previous_key_arn"], keys(&scene)), (Some(0), &json!(old), 2), "{said}");
}

#[test]
fn of_two_machines_the_loser_names_both_keys_and_moves_nothing() {
    let (scene, old) = scene("--fault ImportKeyMaterial:2:latency=4s");
    let loser = start(&scene, "here", &format!("{ROTATE} --generate --keep a"));
    wait_until_struck(&scene.kms.url);
    let (code, winner, said) = end(start(&scene, "there", &format!("{ROTATE} --generate --keep b")));
    assert_eq!((code, &winner["previous_key_arn"]), (Some(0), &json!(old)), "{said}");
    let theirs = winner["key_arn"].as_str().unwrap();
    let (code, answer, said) = end(loser);
    let ours = answer["key_arn"].as_str().unwrap();
    assert_eq!((code, &answer["error"]["id"]), (Some(3), &json!("rotation_overtaken")), "{said}");
    assert_eq!(
        answer["error"]["cause"],
        format!("`alias/app` points to key {theirs} by now, but this run moves it to {ours}")
    );
    assert_eq!(answer["alias_rotation"]["alias_names"], theirs);
    assert_eq!((&answer["previous_key_arn"], &answer["next"]), (&json!(old), &Value::Null));
    let at =
        format!("--region us-east-1 --key-id {} --pending-window-in-days 7 --endpoint-url {}", id(ours), scene.kms.url);
    assert_eq!(
        answer["leftovers"],
        json!([{
            "key_arn": ours,
            "reason": format!("alias/app points to {theirs} by now; nothing uses this key"),
            "remove": format!("aws kms schedule-key-deletion {at}"),
        }])
    );
    assert!(said.contains(&format!("exists: previous key {old}, no longer the key of alias/app\n")), "{said}");
    assert_eq!((named_by(&scene, "alias/app"), scene.calls("UpdateAlias"), keys(&scene)), (json!(theirs), 1, 3));
    // Its copy is the key that it names, and whoever wants that key to win says so.
    assert_eq!(scene.json(&format!("verify --key-id {ours} --material a"))["proof"]["outcome"], "proven");
    scene.json(&format!("rotate --key-id alias/app --switch {ours}"));
    assert_eq!(named_by(&scene, "alias/app"), ours);
}

#[test]
fn an_alias_that_somebody_moves_right_after_the_run_is_seen() {
    // The DescribeKey after UpdateAlias is held until somebody else has moved the alias again.
    let (scene, old) = scene("--fault UpdateAlias:1:latency-after=3s");
    let stranger = scene.provision("--alias alias/stranger --key-spec ECC_NIST_P256 --generate --discard");
    let run = start(&scene, "here", &format!("{ROTATE} --generate --keep a"));
    wait_until_struck(&scene.kms.url);
    std::thread::sleep(std::time::Duration::from_secs(1));
    scene.kms.ok("UpdateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": stranger }));
    let (code, answer, said) = end(run);
    assert_eq!((code, &answer["error"]["id"]), (Some(3), &json!("rotation_overtaken")), "{said}");
    assert_eq!(answer["alias_rotation"]["alias_names"], stranger);
    assert_eq!((&answer["alias_rotation"]["moved"], &answer["previous_key_arn"]), (&json!(false), &json!(old)));
    assert_eq!(named_by(&scene, "alias/app"), stranger);
}

fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap()
}
