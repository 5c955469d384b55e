//! `rotate --rollback`: the alias goes back to the key before, which is trusted and proven first; never two steps at once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::machines::{end, start};
use crate::support::scene::Scene;
use crate::support::struck::wait_until_struck;

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
fn a_key_that_is_to_be_deleted_or_has_no_key_material_is_not_gone_back_to() {
    for call in ["ScheduleKeyDeletion", "DeleteImportedKeyMaterial"] {
        let (scene, old, new) = rotated("");
        scene.kms.ok(call, json!({ "KeyId": old }));
        let (answer, _) = scene.fails(1, BACK);
        assert_eq!(answer["error"]["id"], "rotation_previous_not_enabled", "{call}");
        assert_eq!((scene.named_by("alias/app"), scene.calls("UpdateAlias")), (new, 1), "{call}");
    }
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
fn a_planted_tag_leads_the_alias_to_no_key_of_others() {
    let (scene, _, new) = rotated("");
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:root" }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "kms:*", "Resource": "*" },
    ] });
    let planted =
        scene.kms.key(json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "Policy": policy.to_string() }));
    let tag = json!([{ "TagKey": "kms-byok:supersedes", "TagValue": id(&planted) }]);
    scene.kms.ok("TagResource", json!({ "KeyId": new, "Tags": tag }));
    let run = scene.run(&format!("{BACK} --quiet"));
    run.refuses(
        1,
        &format!(
            "error: `kms-byok:supersedes` points to key {planted}, which this run did not create, and its key policy is not the one asked for\n\
             because: it lets in account 999999999999\n\
             hint: read its policy (`aws kms get-key-policy --region us-east-1 --key-id {planted}`), or if you trust the key run \
             `kms-byok {BACK} --quiet --endpoint-url {} --region us-east-1 --adopt {planted}`\n",
            scene.kms.url
        ),
    );
    assert_eq!((scene.named_by("alias/app"), scene.calls("UpdateAlias")), (new.clone(), 1));
    assert_eq!(scene.tag(&planted, "kms-byok:rolled-back-from"), None);
    // Nor do tags of both keys that look as if another alias had gone back already.
    for (key, name, value) in [(&new, "superseded-by", &planted), (&planted, "rolled-back-from", &new)] {
        let tag = json!([{ "TagKey": format!("kms-byok:{name}"), "TagValue": id(value) }]);
        scene.kms.ok("TagResource", json!({ "KeyId": key, "Tags": tag }));
    }
    let (answer, _) = scene.fails(1, BACK);
    let cause = format!(
        "`kms-byok:superseded-by` points to key {planted}, which this run did not create, and its key policy is not the one asked for"
    );
    assert_eq!((&answer["error"]["cause"], scene.calls("UpdateAlias")), (&json!(cause), 1));
    // Whoever vouches for it gets it; so does one who types its ARN.
    let answer = scene.json(&format!("rotate --key-id {planted} --alias alias/app --rollback"));
    assert_eq!(answer["key_arn"], planted);
}

#[test]
fn an_alias_goes_back_to_no_key_of_another_kind() {
    let (scene, _, new) = rotated("");
    let mac = scene.provision("--alias alias/c --key-spec HMAC_256 --generate --discard");
    let tag = json!([{ "TagKey": "kms-byok:supersedes", "TagValue": id(&mac) }]);
    scene.kms.ok("TagResource", json!({ "KeyId": new, "Tags": tag }));
    let (answer, _) = scene.fails(1, BACK);
    assert_eq!(answer["error"]["id"], "rotation_unfit_key");
    assert_eq!((scene.named_by("alias/app"), scene.calls("UpdateAlias")), (new, 1));
}

#[test]
fn an_alias_goes_back_to_no_key_whose_work_is_not_seen() {
    // The first two are the proofs of the import and of the rotation.
    let (scene, old, new) = rotated("--fault Sign:3+:error=AccessDeniedException");
    let (answer, _) = scene.fails(4, BACK);
    assert_eq!(answer["error"]["id"], "proof_not_permitted");
    assert_eq!((scene.named_by("alias/app"), scene.tag(&old, "kms-byok:rolled-back-from")), (new, None));
    assert_eq!(scene.json(&format!("{BACK} --verify state"))["key_arn"], old);
}

#[test]
fn where_nothing_tells_which_key_was_before_nothing_moves() {
    let (scene, old) = scene_of("ECC_NIST_P256", "");
    scene.run(&format!("{BACK} --quiet")).refuses(
        1,
        &format!(
            "error: key {old}, to which `alias/app` points, has no tag that says which key was there before\n\
             hint: name the key that the alias is to point to: --switch KEY_ARN\n"
        ),
    );
    // Somebody has moved the alias back by hand: the key before that is not meant.
    let new = rotate(&scene, "two");
    scene.kms.ok("UpdateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": old }));
    scene.run(&format!("{BACK} --quiet")).refuses(
        1,
        &format!(
            "error: `alias/app` points to key {old}, which key {} has superseded: somebody has moved the alias back, or has rotated another alias of that key\n\
             hint: if the alias is to point to yet another key, name that: --switch KEY_ARN\n",
            id(&new)
        ),
    );
    let nowhere = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let tag = json!([{ "TagKey": "kms-byok:supersedes", "TagValue": nowhere }]);
    scene.kms.ok("TagResource", json!({ "KeyId": new, "Tags": tag }));
    scene.kms.ok("UpdateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": new }));
    let (answer, _) = scene.fails(1, BACK);
    assert_eq!(
        answer["error"]["cause"],
        format!("key {nowhere}, which key {new} has superseded, does not exist any more")
    );
    assert_eq!(scene.named_by("alias/app"), new);
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

#[test]
fn a_key_without_room_for_the_tag_is_refused_before_anything_moves() {
    let (scene, old, new) = rotated("");
    let tags = (0..49).map(|number| json!({ "TagKey": format!("t{number}"), "TagValue": "v" }));
    let used = scene.kms.ok("ListResourceTags", json!({ "KeyId": old }))["Tags"].as_array().unwrap().len();
    let tags: Vec<Value> = tags.take(50 - used).collect();
    scene.kms.ok("TagResource", json!({ "KeyId": old, "Tags": tags }));
    let cause = format!("key {old} has 50 tags, but one more is needed to say which key has superseded it");
    assert_eq!(scene.fails(1, BACK).0["error"]["cause"], cause);
    assert_eq!((scene.named_by("alias/app"), scene.calls("UpdateAlias")), (new, 1));
    // Forward, too: nothing is made before.
    scene.kms.ok("UntagResource", json!({ "KeyId": old, "TagKeys": ["kms-byok:superseded-by"] }));
    scene.kms.ok("TagResource", json!({ "KeyId": old, "Tags": [{ "TagKey": "last", "TagValue": "v" }] }));
    scene.kms.ok("UpdateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": old }));
    let keys = scene.keys();
    let (answer, _) = scene.fails(1, &format!("{ROTATE} --material three"));
    assert!(answer["error"]["id"] == "rotation_too_many_tags" || answer["error"]["cause"] == cause, "{answer}");
    assert_eq!(scene.keys(), keys);
}

#[test]
fn flags_that_go_forward_are_refused() {
    let (scene, _, new) = rotated("");
    let calls = scene.calls("DescribeKey");
    for flags in [
        "--material two",
        "--generate --discard",
        "--prepare",
        &format!("--switch {new}"),
        &format!("--new-key {new}"),
        "--disable-old --yes",
        "--tag a=b",
        "--key-spec RSA_2048",
        "--description d",
        "--expires-in 9d",
        "--resume",
        "--find-lost",
        "--wrapping-algorithm RSAES_OAEP_SHA_256",
    ] {
        let run = scene.run(&format!("{BACK} {flags}"));
        assert_eq!(run.code, Some(2), "{flags}: {}", run.stderr);
        assert!(run.stderr.contains(" exclude each other\n"), "{flags}: {}", run.stderr);
    }
    assert_eq!(scene.calls("DescribeKey"), calls);
    let symmetric = scene.provision("--alias alias/s --generate --discard");
    let run = scene.run("rotate --key-id alias/s --rollback --quiet");
    assert!(run.stderr.contains(&format!("key {symmetric} is symmetric")), "{}", run.stderr);
    assert_eq!(run.code, Some(2));
}

/// Whatever call fails, and however, the command that follows from it ends with the alias at the old key.
#[test]
fn a_way_back_that_breaks_off_is_gone_on_with() {
    let mut cells = 0;
    for (operation, first) in
        [("TagResource", 2), ("TagResource", 3), ("UpdateAlias", 2), ("UntagResource", 1), ("UntagResource", 2)]
    {
        for how in ["reset-before", "reset-after", "error=AccessDeniedException", "empty-object"] {
            // Calls that may be repeated are sent up to three times.
            let last = if how.starts_with("reset") { first + 2 } else { first };
            let (scene, old, new) = rotated(&format!("--fault {operation}:{first}-{last}:{how}"));
            let run = scene.run(&format!("{BACK} --quiet"));
            let named = scene.named_by("alias/app");
            assert!(named == old || named == new, "{operation} {first} {how}: {named}");
            let mark = scene.tag(&old, "kms-byok:rolled-back-from");
            assert!(named == new || mark == Some(id(&new)), "{operation} {first} {how}: the alias has moved unmarked");
            if run.code != Some(0) {
                cells += 1;
                let next = match run.stderr.lines().find_map(|line| line.strip_prefix("next: ")) {
                    Some(next) => next.to_owned(),
                    None => {
                        assert_eq!((run.code, &named, mark), (Some(1), &new, None), "{operation} {first} {how}");
                        format!("kms-byok {BACK} {}", scene.at())
                    }
                };
                scene.paste(&next).unwrap().succeeds();
            }
            assert_eq!(scene.named_by("alias/app"), old, "{operation} {first} {how}");
            assert_eq!(tags(&scene, &old), [None, None, Some(id(&new))], "{operation} {first} {how}");
            assert_eq!(tags(&scene, &new), [None, Some(id(&old)), None], "{operation} {first} {how}");
        }
    }
    assert!(cells >= 5, "only {cells} runs were broken off");
}

#[test]
fn of_two_machines_the_one_that_goes_back_sees_the_other_and_leaves_nothing_to_delete() {
    let (scene, old, new) = rotated("--fault Sign:3:latency=4s");
    let back = start(&scene, "here", BACK);
    wait_until_struck(&scene.kms.url);
    let (code, winner, said) = end(start(&scene, "there", &format!("{ROTATE} --material three")));
    assert_eq!((code, &winner["previous_key_arn"]), (Some(0), &json!(new)), "{said}");
    let theirs = winner["key_arn"].as_str().unwrap();
    let (code, answer, said) = end(back);
    assert_eq!((code, &answer["error"]["id"]), (Some(3), &json!("rotation_overtaken")), "{said}");
    assert_eq!(
        answer["error"]["cause"],
        format!("`alias/app` points to key {theirs} by now, but this run moves it to {old}")
    );
    assert_eq!(answer["alias_rotation"]["alias_names"], theirs);
    assert_eq!((&answer["leftovers"], &answer["next"]), (&json!([]), &Value::Null));
    assert_eq!(scene.named_by("alias/app"), theirs);
    // The hint is a whole command.
    let hint = answer["error"]["hint"].as_str().unwrap();
    scene.paste(hint.split('`').nth(1).unwrap()).unwrap().succeeds();
    assert_eq!(scene.named_by("alias/app"), old);
}

#[test]
fn on_one_machine_a_rotation_and_a_way_back_come_one_after_the_other() {
    let (scene, _, new) = rotated("--fault ImportKeyMaterial:3:latency=2s");
    let rotation = start(&scene, "here", &format!("{ROTATE} --material three"));
    wait_until_struck(&scene.kms.url);
    std::thread::sleep(Duration::from_millis(100));
    let (code, back, said) = end(start(&scene, "here", BACK));
    let (first, rotation, _) = end(rotation);
    assert_eq!((first, code), (Some(0), Some(0)), "{said}");
    assert!(said.contains("another run on this machine, which rotates alias/app\n"), "{said}");
    assert_eq!((&back["key_arn"], &back["previous_key_arn"]), (&json!(new), &rotation["key_arn"]));
}
