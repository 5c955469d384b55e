//! `rotate --rollback`: the alias goes back to the key before, which is trusted and proven first; never two steps at once.

mod broken_off;
mod refused;

use serde_json::{Value, json};

use crate::support::scene::Scene;

const ROTATE: &str = "rotate --key-id alias/app --wrapping-key-spec RSA_2048";
const BACK: &str = "rotate --key-id alias/app --rollback";

/// `alias/app` on a key of that spec; its ARN.
fn scene_of(spec: &str, flags: &str) -> (Scene, String) {
    let scene = Scene::new(flags);
    for file in ["one", "two", "three"] {
        scene.bench.kms_byok(&format!("generate --key-spec {spec} --out {file}")).succeeds();
    }
    let arn = scene.provision(&format!("--alias alias/app --key-spec {spec} --material one"));
    (scene, arn)
}

/// The same after a rotation; the ARNs of the old key and the new one.
fn rotated(flags: &str) -> (Scene, String, String) {
    let (scene, old) = scene_of("ECC_NIST_P256", flags);
    let new = rotate(&scene, "two");
    (scene, old, new)
}

fn rotate(scene: &Scene, file: &str) -> String {
    scene.json(&format!("{ROTATE} --material {file} --quiet"))["key_arn"].as_str().unwrap().to_owned()
}

fn id(arn: &str) -> String {
    arn.rsplit('/').next().unwrap().to_owned()
}

/// The tags by which keys name each other: superseded, superseded by, gone back from.
fn tags(scene: &Scene, arn: &str) -> [Option<String>; 3] {
    ["supersedes", "superseded-by", "rolled-back-from"].map(|name| scene.tag(arn, &format!("kms-byok:{name}")))
}

#[test]
fn the_alias_of_every_kind_goes_back_and_forth() {
    for spec in ["RSA_2048", "ECC_NIST_P256", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519", "HMAC_256"] {
        let (scene, old) = scene_of(spec, "");
        let new = scene.json("rotate --key-id alias/app --material two --quiet")["key_arn"].clone();
        let new = new.as_str().unwrap().to_owned();
        let answer = scene.json(BACK);
        assert_eq!((&answer["key_arn"], &answer["previous_key_arn"]), (&json!(old), &json!(new)), "{spec}");
        assert_eq!((&answer["changed"], &answer["alias"]), (&json!(true), &json!("alias/app")), "{spec}");
        assert_eq!(answer["proof"]["outcome"], "not_compared", "{spec}");
        let rotation = &answer["alias_rotation"];
        assert_eq!((&rotation["moved"], &rotation["rolled_back"]), (&json!(true), &json!(true)), "{spec}");
        assert_eq!(answer["next"], Value::Null, "{spec}");
        assert_eq!(scene.named_by("alias/app"), old, "{spec}");
        assert_eq!(tags(&scene, &old), [None, None, Some(id(&new))], "{spec}");
        assert_eq!(tags(&scene, &new), [None, Some(id(&old)), None], "{spec}");
        // Both work, each with its own bytes.
        assert_eq!(scene.json("verify --key-id alias/app --material one")["proof"]["outcome"], "proven", "{spec}");
        assert_eq!(scene.json(&format!("verify --key-id {new} --material two"))["proof"]["outcome"], "proven");
        // The same again changes nothing.
        let moves = scene.calls("UpdateAlias");
        let again = scene.json(BACK);
        assert_eq!((&again["changed"], &again["key_arn"]), (&json!(false), &json!(old)), "{spec}");
        assert_eq!((&again["previous_key_arn"], scene.calls("UpdateAlias")), (&json!(new), moves), "{spec}");
        // A second rotation and a second way back.
        let next = scene.json("rotate --key-id alias/app --material three --quiet")["key_arn"].clone();
        let next = next.as_str().unwrap().to_owned();
        assert_eq!((scene.named_by("alias/app"), scene.tag(&next, "kms-byok:rolled-back-from")), (next.clone(), None));
        let answer = scene.json(BACK);
        assert_eq!((&answer["key_arn"], &answer["previous_key_arn"]), (&json!(old), &json!(next)), "{spec}");
        assert_eq!(tags(&scene, &old), [None, None, Some(format!("{} {}", id(&next), id(&new)))], "{spec}");
        // And forward again to the first new key.
        scene.json(&format!("rotate --key-id alias/app --switch {new}"));
        assert_eq!(tags(&scene, &new), [Some(id(&old)), None, None], "{spec}");
        assert_eq!(scene.tag(&old, "kms-byok:superseded-by"), Some(id(&new)), "{spec}");
        assert_eq!(scene.json(BACK)["key_arn"], old, "{spec}");
        assert_eq!((scene.named_by("alias/app"), scene.keys()), (old, 3), "{spec}");
    }
}

#[test]
fn the_alias_goes_back_one_key_however_often_it_is_said() {
    let (scene, first, second) = rotated("");
    let third = rotate(&scene, "three");
    for changed in [true, false, false] {
        let answer = scene.json(BACK);
        assert_eq!((&answer["key_arn"], &answer["changed"]), (&json!(second), &json!(changed)));
        assert_eq!(answer["previous_key_arn"], third);
    }
    assert_eq!(tags(&scene, &second), [Some(id(&first)), None, Some(id(&third))]);
    // Whoever wants the first key names it; from there, back is where the alias was.
    let answer = scene.json(&format!("rotate --key-id alias/app --switch {first}"));
    assert_eq!((&answer["key_arn"], &answer["previous_key_arn"]), (&json!(first), &json!(second)));
    assert_eq!(scene.json(BACK)["key_arn"], second);
}

#[test]
fn the_way_back_is_told_in_text() {
    let (scene, old, new) = rotated("");
    scene.kms.ok("CreateAlias", json!({ "AliasName": "alias/other", "TargetKeyId": new }));
    let run = scene.run(BACK);
    let text = &run.succeeds().stdout;
    for line in [
        format!("key        {old}\n"),
        "alias      alias/app\n".to_owned(),
        format!("previous   {new}\n"),
        "moved      back: alias/app points to the key that it pointed to before\n".to_owned(),
        "not moved  alias/other points to the previous key too\n".to_owned(),
        "note       what the previous key has signed is verified with the previous public key\n".to_owned(),
        format!("disable    aws kms disable-key --region us-east-1 --key-id {new} --endpoint-url {}\n", scene.kms.url),
    ] {
        assert!(text.contains(&line), "{line}: {text}");
    }
    for line in [
        format!("alias/app points to {new}, which superseded {old}\n"),
        "proven: KMS signs a fresh nonce with the private key, verified by OpenSSL\n".to_owned(),
        format!("alias/app points to {old}\n"),
        format!("of the key that it has left, {new}: the key was last used at "),
    ] {
        assert!(run.stderr.contains(&line), "{line}: {}", run.stderr);
    }
    // One of the two commands is what a mistaken key needs next; it is pasted as it stands.
    let disable = text.lines().find_map(|line| line.strip_prefix("disable    ")).unwrap();
    let Some(pasted) = scene.paste(disable) else { return };
    pasted.succeeds();
    assert_eq!(scene.describe(&new)["KeyState"], "Disabled");
    let text = scene.run(BACK).succeeds().stdout.clone();
    let enable = text.lines().find_map(|line| line.strip_prefix("enable     ")).unwrap();
    scene.paste(enable).unwrap().succeeds();
    assert_eq!(scene.describe(&new)["KeyState"], "Enabled");
}

#[test]
fn a_key_may_be_named_by_either_arn() {
    for names_new in [true, false] {
        let (scene, old, new) = rotated("");
        let named = if names_new { &new } else { &old };
        scene.run(&format!("rotate --key-id {named} --rollback --quiet")).refuses(
            2,
            &format!(
                "error: key {named} is ECC_NIST_P256: it is rotated by moving an alias to a new key, but no alias is named\n{}\n",
                match names_new {
                    true => "hint: name it with --alias: alias/app",
                    false => "hint: give the key an alias first, and name it with --alias",
                }
            ),
        );
        for _ in 0..2 {
            let answer = scene.json(&format!("rotate --key-id {named} --alias alias/app --rollback"));
            assert_eq!(answer["key_arn"], old, "{names_new}");
        }
        let stranger = scene.provision("--alias alias/b --key-spec ECC_NIST_P256 --generate --discard");
        let (answer, _) = scene.fails(1, &format!("rotate --key-id {stranger} --alias alias/app --rollback"));
        assert_eq!(answer["error"]["id"], "rotation_alias_elsewhere");
    }
}

#[test]
fn a_disabled_key_is_gone_back_to_once_it_is_enabled_as_the_report_says() {
    let (scene, old, new) = rotated("");
    scene.kms.ok("DisableKey", json!({ "KeyId": old }));
    let run = scene.run(&format!("{BACK} --quiet"));
    let enable = format!("aws kms enable-key --region us-east-1 --key-id {old} --endpoint-url {}", scene.kms.url);
    run.refuses(
        1,
        &format!(
            "error: key {old} is Disabled, but an alias goes back only to a key that is Enabled\nhint: enable it: `{enable}`\n"
        ),
    );
    assert_eq!((scene.named_by("alias/app"), scene.calls("TagResource")), (new, 1));
    match scene.paste(&enable) {
        Some(pasted) => drop(pasted.succeeds().stdout.len()),
        None => drop(scene.kms.ok("EnableKey", json!({ "KeyId": old }))),
    }
    assert_eq!(scene.json(BACK)["key_arn"], old);
}

#[test]
fn a_key_that_is_to_be_deleted_is_gone_back_from() {
    let (scene, old, new) = rotated("");
    scene.kms.ok("ScheduleKeyDeletion", json!({ "KeyId": new }));
    let answer = scene.json(BACK);
    assert_eq!((&answer["key_arn"], scene.named_by("alias/app")), (&json!(old), old.clone()));
    assert_eq!(answer["alias_rotation"]["previous_key_state"], "PendingDeletion");
    assert_eq!(scene.json(BACK)["changed"], false);
}

#[test]
fn two_aliases_of_one_key_go_back_one_after_the_other() {
    let (scene, old, new) = rotated("");
    let alias = |target: &str| json!({ "AliasName": "alias/second", "TargetKeyId": target });
    let second = "rotate --key-id alias/second --rollback --quiet";
    // The second one moves there too, and the first one goes back.
    scene.kms.ok("CreateAlias", alias(&new));
    scene.json(BACK);
    let tags_then = (tags(&scene, &old), tags(&scene, &new));
    let steps = scene.json(&format!("{second} --dry-run"));
    let looks =
        |calls: &Value| calls.as_array().unwrap().iter().filter(|step| step["call"] == "ListResourceTags").count();
    let before = scene.calls("ListResourceTags");
    let answer = scene.json(second);
    assert_eq!(scene.calls("ListResourceTags") - before, looks(&steps["plan"]));
    assert_eq!((&answer["key_arn"], &answer["previous_key_arn"]), (&json!(old), &json!(new)));
    assert_eq!((scene.named_by("alias/app"), scene.named_by("alias/second")), (old.clone(), old.clone()));
    assert_eq!((tags(&scene, &old), tags(&scene, &new)), tags_then);
    // An alias that stayed at the old key all the time has nowhere to go back to, and no word says that it went.
    let run = scene.run("rotate --key-id alias/second --rollback");
    let said =
        format!("alias/second points to {old}, to which an alias has gone back from {new} already: it stays there");
    assert!(run.succeeds().stderr.contains(&said), "{}", run.stderr);
    assert!(run.stdout.contains("changed    no\n"), "{}", run.stdout);
    // The tag that only says what has superseded a key leads nowhere; nor does one to a key of others.
    let newer = rotate(&scene, "three");
    assert_eq!((scene.named_by("alias/app"), scene.named_by("alias/second")), (newer.clone(), old.clone()));
    scene.kms.ok("UntagResource", json!({ "KeyId": old, "TagKeys": ["kms-byok:rolled-back-from"] }));
    let (answer, _) = scene.fails(1, second);
    assert_eq!(answer["error"]["id"], "rotation_back_already");
    assert_eq!(scene.named_by("alias/second"), old);
}
