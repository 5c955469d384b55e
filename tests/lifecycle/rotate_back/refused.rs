//! An alias goes back to no key of others, of another kind, or that does not work: nothing moves.

use serde_json::{Value, json};

use super::{BACK, ROTATE, id, rotate, rotated, scene_of};

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
