//! `delete-material`: what becomes unusable is said, somebody confirms it, and the way back is named.

use std::process::Command;

use serde_json::json;

use crate::support::scene::Scene;
use crate::support::typed::typing;
use crate::support::{self, importing};

const DELETE: &str = "delete-material --key-id alias/a";

fn scene(flags: &str) -> (Scene, String) {
    let scene = Scene::new(flags);
    scene.material("one", 32);
    let arn = scene.provision("--alias alias/a --material one");
    (scene, arn)
}

#[test]
fn what_becomes_unusable_is_said_before_and_the_way_back_after() {
    let (scene, arn) = scene("");
    scene.kms.ok("CreateAlias", json!({ "AliasName": "alias/b", "TargetKeyId": arn }));
    let id = scene.describe(&arn)["CurrentKeyMaterialId"].as_str().unwrap().to_owned();
    let run = scene.run(&format!("{DELETE} --yes --output json"));
    // The proof has used the key.
    let at = run.json()["last_use"]["at"].as_str().unwrap().to_owned();
    assert_eq!(
        run.stderr,
        format!(
            "endpoint: {}\n\
             deleting key material {id} of key {arn} means:\n\
             - the key, now Enabled, becomes PendingImport: it no longer encrypts or decrypts anything until the same bytes are imported again\n\
             - calls that use alias/a, alias/b are refused\n\
             - the key was last used at {at}, for Decrypt\n\
             - KMS keeps no copy: without yours, what was protected with it is lost\n\
             deleted the key material\n",
            scene.kms.url
        )
    );
    let answer = run.json();
    assert_eq!((&answer["key_arn"], &answer["key_material_id"]), (&json!(arn), &json!(id)));
    assert_eq!((&answer["previous_key_state"], &answer["key_state"]), (&json!("Enabled"), &json!("PendingImport")));
    assert_eq!((&answer["changed"], &answer["aliases"]), (&json!(true), &json!(["alias/a", "alias/b"])));

    // The way back, as it is printed.
    for command in answer["restore"].as_str().unwrap().split(" && ") {
        let command = command.replace("FILE", "one");
        scene.bench.kms_byok_with_credentials(command.strip_prefix("kms-byok ").unwrap()).succeeds();
    }
    let now = scene.describe(&arn);
    assert_eq!((&now["KeyState"], &now["CurrentKeyMaterialId"]), (&json!("Enabled"), &json!(id)));
}

#[test]
fn a_list_that_is_left_out_or_empty_does_not_pass_for_a_key_without_key_material() {
    for (fault, cause) in [
        ("empty-object", "the reply to ListKeyRotations has no Rotations, which KMS always sends".to_owned()),
        ("drop=Rotations", "the reply to ListKeyRotations has no Rotations, which KMS always sends".to_owned()),
        (
            "set=Rotations=[]",
            "it is not known how many key materials key ARN has: KMS lists none, and says that the key is Enabled"
                .to_owned(),
        ),
    ] {
        let (scene, arn) = scene(&format!("--fault ListKeyRotations:1:{fault}"));
        let (answer, _) = scene.fails(1, &format!("{DELETE} --yes"));
        assert_eq!(answer["error"]["cause"], cause.replace("ARN", &arn), "{fault}");
        assert_eq!(scene.describe(&arn)["KeyState"], "Enabled");
    }
}

/// The last use is told for what it is worth: nobody who may not see it, and no endpoint without it, is stopped.
#[test]
fn the_last_use_of_the_key_is_said_or_that_it_is_not_known() {
    for (fault, sentence) in [
        ("", "KMS has recorded no use of the key since "),
        (
            "--fault GetKeyLastUsage:always:error=AccessDeniedException",
            "it is not known when the key was last used: kms:GetKeyLastUsage is not permitted\n",
        ),
        (
            "--fault GetKeyLastUsage:always:error=UnknownOperationException",
            "it is not known when the key was last used: KMS did not tell it\n",
        ),
        (
            "--fault GetKeyLastUsage:always:drop=KeyLastUsage",
            "it is not known when the key was last used: KMS did not tell it\n",
        ),
    ] {
        let scene = Scene::new(fault);
        scene.material("one", 32);
        let arn = scene.provision("--alias alias/a --material one --verify state");
        let run = scene.run(&format!("{DELETE} --yes --output json"));
        assert!(run.stderr.contains(&format!("- {sentence}")), "{fault}: {}", run.stderr);
        let last_use = &run.json()["last_use"];
        assert_eq!(last_use.is_null(), !fault.is_empty(), "{fault}: {last_use}");
        assert!(last_use["operation"].is_null() && last_use["at"].is_null());
        assert_eq!(scene.describe(&arn)["KeyState"], "PendingImport");
    }
}

#[test]
fn nothing_is_deleted_without_a_confirmation() {
    let (scene, arn) = scene("");
    let words = format!("{DELETE} --quiet {}", scene.at());
    let words: Vec<&str> = words.split_whitespace().collect();
    // A session of its own has no terminal.
    let mut command = Command::new("setsid");
    let inner = scene.bench.command(&words);
    command.arg("-w").arg(inner.get_program()).args(inner.get_args()).current_dir(scene.bench.directory()).env_clear();
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    support::run(&mut command, b"")
        .refuses(2, "error: the confirmation is missing\nhint: add --yes, or run it on a terminal\n");
    assert_eq!(scene.describe(&arn)["KeyState"], "Enabled");
    assert_eq!(scene.calls("DeleteImportedKeyMaterial"), 0);
}

#[test]
fn the_key_id_typed_on_the_terminal_confirms_and_nothing_else() {
    let (scene, arn) = scene("");
    let Some(run) = typing(&scene, DELETE, "yes") else { return };
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    assert!(run.stdout.contains("what was typed is not the id of the key: nothing was deleted"), "{}", run.stdout);
    assert_eq!(scene.describe(&arn)["KeyState"], "Enabled");
    let id = arn.rsplit('/').next().unwrap();
    let run = typing(&scene, DELETE, id).unwrap();
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert!(run.stdout.contains(&format!("type the key id {id} to delete it: ")), "{}", run.stdout);
    assert_eq!(scene.describe(&arn)["KeyState"], "PendingImport");
}

#[test]
fn of_several_materials_one_has_to_be_named() {
    let (scene, arn) = scene("");
    scene.material("two", 32);
    scene.json("rotate --key-id alias/a --material two");
    let ids: Vec<String> =
        scene.materials(&arn).iter().map(|one| one["KeyMaterialId"].as_str().unwrap().to_owned()).collect();
    scene.run(&format!("{DELETE} --yes --quiet")).refuses(
        1,
        &format!("error: key {arn} has 2 key materials\nhint: name one with --key-material-id: {}\n", ids.join(", ")),
    );
    let (answer, _) = scene.fails(1, &format!("{DELETE} --yes --key-material-id abcd"));
    assert_eq!(answer["error"]["cause"], format!("key {arn} has no key material abcd"));
    let answer = scene.json(&format!("{DELETE} --yes --key-material-id {}", ids[1]));
    assert_eq!(answer["key_material_id"], *ids[1]);
    assert!(
        answer["consequences"]
            .as_array()
            .unwrap()
            .contains(&json!("its other key material stays, but cannot be used until then")),
        "{answer}"
    );
    let states: Vec<String> = scene.materials(&arn).iter().map(|one| one["ImportState"].to_string()).collect();
    assert_eq!(states, ["\"IMPORTED\"", "\"PENDING_IMPORT\""]);
    // Again: there is nothing left to delete.
    let answer = scene.json(&format!("{DELETE} --yes --key-material-id {}", ids[1]));
    assert_eq!((&answer["changed"], scene.calls("DeleteImportedKeyMaterial")), (&json!(false), 1));
}

#[test]
fn without_permission_to_list_the_materials_one_has_to_be_named() {
    let (scene, arn) = scene("--fault ListKeyRotations:always:error=AccessDeniedException");
    let id = scene.describe(&arn)["CurrentKeyMaterialId"].as_str().unwrap().to_owned();
    let (answer, _) = scene.fails(1, &format!("{DELETE} --yes"));
    assert_eq!(
        answer["error"]["cause"],
        format!("it is not known how many key materials key {arn} has: kms:ListKeyRotations is not permitted")
    );
    let answer = scene.json(&format!("{DELETE} --yes --key-material-id {id}"));
    assert_eq!(answer["key_state"], "PendingImport");
    assert!(answer["consequences"].to_string().contains("its other key materials are not known"), "{answer}");
}

#[test]
fn material_that_waits_for_rotation_is_taken_back_and_the_key_goes_on() {
    let (scene, arn) = scene("--fault DeleteImportedKeyMaterial:1:reset-after");
    scene.kms.import(&arn, &importing::random(32), json!({ "ImportType": "NEW_KEY_MATERIAL" })).unwrap();
    let id = scene.materials(&arn)[0]["KeyMaterialId"].as_str().unwrap().to_owned();
    // The reply is lost, and repeating it KMS knows no such material: it is gone all the same.
    let answer = scene.json(&format!("{DELETE} --yes --key-material-id {id}"));
    assert_eq!(
        (&answer["key_state"], &answer["changed"], &answer["restore"]),
        (&json!("Enabled"), &json!(true), &json!(null))
    );
    assert_eq!(answer["consequences"], json!(["it waits for rotation: the key goes on with its current key material"]));
    assert_eq!(scene.materials(&arn).len(), 1);
}

#[test]
fn replicas_and_other_kinds_of_keys_are_told_apart() {
    let scene = Scene::new("");
    scene.material("mac", 32);
    let arn = scene.provision("--alias alias/a --key-spec HMAC_256 --material mac --multi-region");
    scene.json("replicate --key-id alias/a --to eu-west-2 --material mac");
    let (answer, _) = scene.fails(2, &format!("{DELETE} --yes --key-material-id abcd"));
    assert_eq!(answer["error"]["cause"], "--key-material-id cannot be used for HMAC_256 keys");
    let answer = scene.json(&format!("{DELETE} --yes"));
    assert_eq!((&answer["key_state"], &answer["key_material_id"]), (&json!("PendingImport"), &json!(null)));
    let at = answer["last_use"]["at"].as_str().unwrap();
    assert_eq!(
        answer["consequences"],
        json!([
            "the key, now Enabled, becomes PendingImport: it no longer makes or verifies any HMAC until the same bytes are imported again",
            "calls that use alias/a are refused",
            "it is deleted only in us-east-1: the replicas in eu-west-2 keep their own imports",
            format!("the key was last used at {at}, for GenerateMac"),
            "KMS keeps no copy: without yours, what was protected with it is lost",
        ])
    );
    assert_eq!(scene.describe(&arn.replace("us-east-1", "eu-west-2"))["KeyState"], "Enabled");
    assert_eq!(scene.json(&format!("{DELETE} --yes"))["changed"], false);
    let own = scene.kms.key(json!({}));
    let (answer, _) = scene.fails(1, &format!("delete-material --key-id {own} --yes"));
    assert_eq!(
        answer["error"]["cause"],
        format!("key {own} has origin AWS_KMS, but key material can be imported only into EXTERNAL keys")
    );
}

#[test]
fn a_deletion_that_was_not_answered_is_uncertain_until_it_is_seen() {
    let (scene, arn) = scene("--fault DeleteImportedKeyMaterial:1-3:reset-before");
    let (answer, stderr) = scene.fails(3, &format!("{DELETE} --yes"));
    assert_eq!(
        answer["error"]["cause"],
        "the reply to DeleteImportedKeyMaterial is lost, and the key material may have been deleted"
    );
    assert!(
        stderr.contains("unknown: whether DeleteImportedKeyMaterial took effect; its reply was not seen\n"),
        "{stderr}"
    );
    assert_eq!(scene.describe(&arn)["KeyState"], "Enabled");
}

/// PendingImport before and after says nothing about the second key material.
#[test]
fn a_deletion_that_did_not_happen_is_not_called_done() {
    let (scene, arn) = scene("--fault DeleteImportedKeyMaterial:2+:reset-before");
    scene.json("rotate --key-id alias/a --generate --discard --wrapping-key-spec RSA_2048");
    let ids: Vec<String> =
        scene.materials(&arn).iter().map(|one| one["KeyMaterialId"].as_str().unwrap().to_owned()).collect();
    scene.json(&format!("{DELETE} --key-material-id {} --yes", ids[1]));
    assert_eq!(scene.describe(&arn)["KeyState"], "PendingImport");
    let (answer, _) = scene.fails(3, &format!("{DELETE} --key-material-id {} --yes", ids[0]));
    assert!(answer["error"]["cause"].as_str().unwrap().contains("DeleteImportedKeyMaterial"), "{answer}");
    assert_eq!(scene.materials(&arn)[0]["ImportState"], "IMPORTED");
}

#[test]
fn a_mistyped_id_deletes_nothing_where_the_materials_cannot_be_listed() {
    let (scene, arn) = scene("--fault ListKeyRotations:always:error=AccessDeniedException");
    let id = scene.describe(&arn)["CurrentKeyMaterialId"].as_str().unwrap().to_owned();
    scene.json(&format!("{DELETE} --key-material-id {id} --yes"));
    let other = "0".repeat(64);
    let (answer, stderr) = scene.fails(1, &format!("{DELETE} --key-material-id {other} --yes"));
    assert!(answer["error"]["because"].as_str().unwrap().starts_with("NotFoundException"), "{answer}");
    assert!(!stderr.contains("deleted the key material"), "{stderr}");
}
