//! A key whose CreateKey reply was lost is not forgotten before it has its alias, and `--adopt` reports no alias that is not there.

use serde_json::{Value, json};

use crate::support::scene::Scene;

const PROVISION: &str = "provision --wrapping-key-spec RSA_2048 --generate --discard --quiet";
/// The reply of the first CreateKey is lost, and so is the right to look for the key, for a while.
const LOST: &str = "--fault CreateKey:1:reset-after --fault ListKeys:1-2:error=AccessDeniedException";

fn keys(scene: &Scene) -> usize {
    scene.kms.ok("ListKeys", json!({}))["Keys"].as_array().unwrap().len()
}

fn target(scene: &Scene, alias: &str) -> Value {
    scene.kms.describe(alias)["Arn"].clone()
}

#[test]
fn a_search_that_fails_does_not_say_that_there_is_none() {
    let scene = Scene::new(LOST);
    let (answer, _) = scene.fails(3, &format!("{PROVISION} --alias alias/a"));
    let next = answer["next"].as_str().unwrap().to_owned();
    assert!(next.contains(" --lost-request "), "{next}");
    let again = || scene.bench.kms_byok_with_credentials(next.strip_prefix("kms-byok ").unwrap());
    // As on another machine: nothing is written down there.
    std::fs::remove_dir_all(scene.bench.path(".local")).unwrap();
    let run = again();
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("the credentials do not permit kms:ListKeys"), "{}", run.stderr);
    again().succeeds();
    assert_eq!(keys(&scene), 1);
}

#[test]
fn a_key_that_was_found_is_remembered_until_it_has_its_alias() {
    let scene = Scene::new(
        "--fault CreateKey:1:reset-after --fault ListKeys:1:error=AccessDeniedException --fault CreateAlias:1:error=AccessDeniedException",
    );
    scene.fails(3, &format!("{PROVISION} --alias alias/a"));
    scene.fails(1, &format!("{PROVISION} --alias alias/a"));
    let answer = scene.json(&format!("{PROVISION} --alias alias/a"));
    assert_eq!((keys(&scene), &answer["key_arn"]), (1, &target(&scene, "alias/a")));
}

#[test]
fn a_key_that_was_adopted_is_remembered_no_more() {
    let scene = Scene::new("--fault CreateAlias:1:error=AccessDeniedException");
    let (answer, _) = scene.fails(3, "create-key --alias alias/a");
    let remembered = || std::fs::read_dir(scene.bench.path(".local/state/kms-byok")).unwrap().count();
    assert_eq!(remembered(), 1);
    let next = answer["next"].as_str().unwrap();
    assert!(next.contains(" --adopt "), "{next}");
    scene.bench.kms_byok_with_credentials(next.strip_prefix("kms-byok ").unwrap()).succeeds();
    assert_eq!(remembered(), 0);
}

#[test]
fn the_search_for_a_lost_key_is_planned_without_an_alias_too() {
    let scene = Scene::new("");
    let answer = scene.json("create-key --find-lost --dry-run");
    let calls: Vec<&str> =
        answer["plan"].as_array().unwrap().iter().map(|step| step["call"].as_str().unwrap()).collect();
    assert_eq!(calls[..5], ["ListKeys", "ListResourceTags", "DescribeKey", "ListAliases", "GetKeyPolicy"]);
}

#[test]
fn adopting_a_key_that_is_complete_makes_its_alias() {
    let scene = Scene::new("");
    scene.material("one", 32);
    let arn = scene.provision("--material one");
    let line = format!("provision --wrapping-key-spec RSA_2048 --material one --alias alias/new --adopt {arn}");
    let planned = scene.json(&format!("{line} --dry-run"));
    assert!(planned["plan"].as_array().unwrap().iter().any(|step| step["call"] == "CreateAlias"), "{planned}");
    let answer = scene.json(&line);
    assert_eq!((&answer["changed"], &answer["alias"]), (&json!(true), &json!("alias/new")));
    assert_eq!(target(&scene, "alias/new"), arn);
    assert_eq!(scene.json(&line)["changed"], false);
}

#[test]
fn an_alias_of_another_complete_key_is_not_taken_for_the_adopted_one() {
    let scene = Scene::new("");
    scene.material("one", 32);
    let named = scene.provision("--alias alias/a --material one");
    let mine = scene.kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    for more in ["", "--dry-run"] {
        let (answer, _) = scene.fails(1, &format!("provision --alias alias/a --material one --adopt {mine} {more}"));
        assert_eq!(answer["error"]["cause"], format!("`alias/a` points to key {named}, but the adopted key is {mine}"));
    }
    assert_eq!(scene.kms.state(&mine), "PendingImport");
}

#[test]
fn an_alias_that_another_run_has_just_made_is_not_taken_for_ones_own() {
    let scene = Scene::new("--consistency-delay 2s");
    scene.material("one", 32);
    let mine = scene.kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    let other = scene.kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    scene.kms.move_clock(json!({ "advance": "3s" }));
    scene.kms.ok("CreateAlias", json!({ "AliasName": "alias/a", "TargetKeyId": other }));
    let (answer, _) = scene.fails(1, &format!("provision --alias alias/a --material one --adopt {mine}"));
    assert_eq!(answer["error"]["cause"], format!("`alias/a` points to key {other}, but the adopted key is {mine}"));
    assert_eq!((scene.kms.state(&mine), scene.calls("ImportKeyMaterial")), ("PendingImport".to_owned(), 0));
}

#[test]
fn an_adopted_key_of_a_rehearsal_is_reported_as_one() {
    let scene = Scene::new("");
    let arn = scene.json("create-key")["key_arn"].as_str().unwrap().to_owned();
    let answer = scene.json(&format!("create-key --alias alias/a --adopt {arn}"));
    assert_eq!((&answer["rehearsal"], &answer["changed"]), (&json!(true), &json!(true)));
}

/// After rotations the missing key material need not be the current one.
#[test]
fn a_key_that_lacks_an_earlier_material_is_completed_with_it() {
    let (scene, arn) = Scene::with_key("", "");
    let first = scene.describe(&arn)["CurrentKeyMaterialId"].as_str().unwrap().to_owned();
    scene.json("rotate --key-id alias/a --material two --wrapping-key-spec RSA_2048");
    scene.json(&format!("delete-material --key-id alias/a --key-material-id {first} --yes"));
    assert_eq!(scene.describe(&arn)["KeyState"], "PendingImport");
    let wrong = scene.run("provision --alias alias/a --material three --wrapping-key-spec RSA_2048");
    assert_eq!(wrong.code, Some(1), "{}", wrong.stderr);
    scene.json("provision --alias alias/a --material one --wrapping-key-spec RSA_2048");
    assert_eq!(scene.describe(&arn)["KeyState"], "Enabled");
}
