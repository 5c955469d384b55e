//! `rotate` for keys that KMS does not rotate: a new key like the old one is proven, and then the alias moves to it.

use serde_json::{Value, json};

use crate::support::scene::Scene;

const SPECS: [&str; 12] = [
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "ECC_NIST_EDWARDS25519",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
];
const ROTATE: &str = "rotate --key-id alias/app";

/// `alias/app` on a key of that spec, and files of key material; the key's ARN.
fn scene_of(spec: &str, more: &str, flags: &str) -> (Scene, String) {
    let scene = Scene::new(flags);
    for file in ["one", "two"] {
        scene.bench.kms_byok(&format!("generate --key-spec {spec} --out {file}")).succeeds();
    }
    let arn = provision(&scene, &format!("--alias alias/app --key-spec {spec} --material one {more}"));
    (scene, arn)
}

fn scene(spec: &str) -> (Scene, String) {
    scene_of(spec, "", "")
}

/// With the largest wrapping key, which every spec fits.
fn provision(scene: &Scene, flags: &str) -> String {
    let answer = scene.json(&format!("provision --quiet {flags}"));
    answer["key_arn"].as_str().unwrap().to_owned()
}

fn id(arn: &str) -> String {
    arn.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn a_key_of_every_spec_gets_a_new_key_like_it_and_the_alias_moves() {
    for spec in SPECS {
        let (scene, old) = scene_of(spec, "--description signs --tag team=pay --tag stage=prod", "");
        let answer = scene.json(&format!("{ROTATE} --material two"));
        let new = answer["key_arn"].as_str().unwrap().to_owned();
        assert_eq!((&answer["previous_key_arn"], &answer["alias"]), (&json!(old), &json!("alias/app")), "{spec}");
        assert_eq!((&answer["changed"], &answer["proof"]["outcome"]), (&json!(true), &json!("proven")), "{spec}");
        assert_eq!(answer["next"], Value::Null, "{spec}");
        assert_ne!(old, new);
        assert_eq!(scene.named_by("alias/app"), new);
        let (was, is) = (scene.describe(&old), scene.describe(&new));
        for same in ["KeySpec", "KeyUsage", "Description", "Origin", "MultiRegion", "KeyState"] {
            assert_eq!(was[same], is[same], "{spec}: {same}");
        }
        for (name, value) in [("team", "pay"), ("stage", "prod"), ("kms-byok:supersedes", &*id(&old))] {
            assert_eq!(scene.tag(&new, name).as_deref(), Some(value), "{spec}");
        }
        assert_eq!(scene.tag(&old, "kms-byok:superseded-by"), Some(id(&new)), "{spec}");
        assert_eq!(scene.tag(&old, "team").as_deref(), Some("pay"), "{spec}");
        // Both work, each with its own bytes.
        assert_eq!(scene.json("verify --key-id alias/app --material two")["proof"]["outcome"], "proven", "{spec}");
        assert_eq!(scene.json(&format!("verify --key-id {old} --material one"))["proof"]["outcome"], "proven");
        // The same again changes nothing.
        let again = scene.json(&format!("{ROTATE} --material two"));
        assert_eq!((&again["changed"], &again["key_arn"]), (&json!(false), &json!(new)), "{spec}");
        assert_eq!(again["previous_key_arn"], old, "{spec}");
        assert_eq!(scene.keys(), 2, "{spec}");
    }
}

#[test]
fn what_is_copied_is_shown_and_so_is_what_does_not_move() {
    let (scene, old) = scene_of("ECC_NIST_P256", "--description signs --tag team=pay", "");
    scene.kms.ok("CreateAlias", json!({ "AliasName": "alias/other", "TargetKeyId": old }));
    let reader = "arn:aws:iam::000000000000:role/reader";
    scene.kms.ok("CreateGrant", json!({ "KeyId": old, "GranteePrincipal": reader, "Operations": ["Sign"] }));
    let run = scene.run(&format!("{ROTATE} --material two"));
    run.succeeds();
    let new = scene.named_by("alias/app");
    let said: Vec<&str> = run.stderr.lines().filter(|line| !line.starts_with("endpoint: ")).collect();
    let used = said.iter().find(|line| line.starts_with("of the old key")).copied().unwrap_or_default();
    let got = said.iter().find(|line| line.starts_with("got an ")).copied().unwrap_or_default();
    let read = said[0];
    assert_eq!(
        said,
        [
            read,
            &format!("a grant on {old} lets {reader} call Sign"),
            &format!("alias/app points to {old}"),
            "the new key is ECC_NIST_P256 for SIGN_VERIFY, with KMS's default key policy, the description `signs` and the tags team",
            &format!("warning: alias/other points to {old} too, and does not move"),
            &format!("created key {new}"),
            got,
            "wrapped 138 bytes of key material with RSAES_OAEP_SHA_256: 512 bytes",
            "imported the key material; it does not expire",
            "proven: KMS says that the key is enabled",
            "proven: KMS reports the public key of your private key",
            "proven: KMS signs a fresh nonce with the private key, verified by OpenSSL",
            &format!("alias/app points to {new}"),
            used,
        ]
    );
    let text = &run.stdout;
    for line in [
        format!("key        {new}\n"),
        "alias      alias/app\n".to_owned(),
        format!("previous   {old}\n"),
        "moved      alias/app points to the new key\n".to_owned(),
        "not moved  alias/other points to the previous key too\n".to_owned(),
        "note       whoever verifies must know the new public key already\n".to_owned(),
        format!("disable    aws kms disable-key --region us-east-1 --key-id {old} --endpoint-url {}\n", scene.kms.url),
    ] {
        assert!(text.contains(&line), "{line}: {text}");
    }
}

#[test]
fn generated_key_material_is_in_its_copy_before_it_is_in_the_new_key() {
    let (scene, old) = scene("ECC_NIST_P256");
    let answer = scene.json(&format!("{ROTATE} --generate --keep copy"));
    assert_eq!((&answer["kept"], &answer["generated"]), (&json!("copy"), &json!(true)));
    assert_eq!(scene.json("verify --key-id alias/app --material copy")["proof"]["outcome"], "proven");
    // Another one is another rotation.
    let next = scene.json(&format!("{ROTATE} --generate --discard"));
    assert_eq!(next["previous_key_arn"], answer["key_arn"]);
    assert_eq!(scene.json(&format!("verify --key-id {old} --material one"))["proof"]["outcome"], "proven");
    assert_eq!(scene.keys(), 3);
    scene.bench.kms_byok(&format!("{ROTATE} --generate")).refuses(
        2,
        "error: the generated key material would have no copy outside KMS\n\
         hint: add --escrow CERT --escrow-out FILE, --keep FILE for plaintext, or --discard if KMS is to hold the only one\n",
    );
}

#[test]
fn each_part_of_the_new_key_can_be_another_one() {
    let (scene, old) = scene_of("ECC_NIST_P256", "--description signs --tag team=pay --tag stage=prod", "");
    scene.bench.kms_byok("generate --key-spec ECC_NIST_P384 --out larger").succeeds();
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "own", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:root" }, "Action": "kms:*", "Resource": "*" },
        { "Sid": "more", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:role/app" }, "Action": "kms:Sign", "Resource": "*" },
    ] });
    scene.bench.write("policy.json", policy.to_string());
    let line = format!(
        "{ROTATE} --material larger --key-spec ECC_NIST_P384 --description second --tag stage=next --tag owner=me --policy policy.json"
    );
    let new = scene.json(&line)["key_arn"].as_str().unwrap().to_owned();
    let is = scene.describe(&new);
    assert_eq!((&is["KeySpec"], &is["Description"]), (&json!("ECC_NIST_P384"), &json!("second")));
    for (name, value) in [("team", "pay"), ("stage", "next"), ("owner", "me")] {
        assert_eq!(scene.tag(&new, name).as_deref(), Some(value));
    }
    let given = scene.kms.ok("GetKeyPolicy", json!({ "KeyId": new }))["Policy"].as_str().unwrap().to_owned();
    assert_eq!(serde_json::from_str::<Value>(&given).unwrap(), policy);
    assert_ne!(scene.kms.ok("GetKeyPolicy", json!({ "KeyId": old }))["Policy"], given);
    // The next one gets that policy too: it is trusted where it is given.
    let run = scene.run(&format!("{ROTATE} --generate --discard"));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let next =
        scene.json(&format!("{ROTATE} --generate --discard --adopt {new}"))["key_arn"].as_str().unwrap().to_owned();
    let copied = scene.kms.ok("GetKeyPolicy", json!({ "KeyId": next }))["Policy"].as_str().unwrap().to_owned();
    assert_eq!(serde_json::from_str::<Value>(&copied).unwrap(), policy);
}

/// The alias has moved: the same command again has nothing to do, and one that asks for something else says what differs.
#[test]
fn a_rotation_that_is_over_is_compared_with_all_that_is_asked_for() {
    let (scene, _) = scene_of("ECC_NIST_P256", "--description signs --tag team=pay", "");
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:root" }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:role/app" }, "Action": "kms:Sign", "Resource": "*" },
    ] });
    scene.bench.write("policy.json", policy.to_string());
    let line = format!("{ROTATE} --material two --description second --tag team=web --expires-in 90d");
    let new = scene.json(&line)["key_arn"].as_str().unwrap().to_owned();
    let again = scene.json(&line);
    assert_eq!((&again["key_arn"], &again["changed"]), (&json!(new), &json!(false)));
    let told = again["proof"]["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap());
    let told: Vec<&str> = told.collect();
    assert!(told.contains(&"description") && told.contains(&"tags"), "{told:?}");
    let (moved, made) = (scene.calls("UpdateAlias"), scene.calls("CreateKey"));
    let switch = format!("{ROTATE} --switch {new}");
    let expires = "--expires-in 90d";
    for (line, difference) in [
        (format!("{ROTATE} --material two"), "its key material expires "),
        (format!("{ROTATE} --material two --expires-in 30d"), "its key material expires "),
        (
            format!("{ROTATE} --material two {expires} --description third"),
            "its description is `second`, but `third` was asked for",
        ),
        (
            format!("{ROTATE} --material two {expires} --tag team=ops"),
            "its tag `team` is `web`, but `ops` was asked for",
        ),
        (format!("{ROTATE} --material two {expires} --tag new=1"), "it has no tag `new`, but `new=1` was asked for"),
        (format!("{ROTATE} --material two {expires} --policy policy.json"), "its key policy is not the one asked for"),
        (format!("{switch} --description third"), "its description is `second`, but `third` was asked for"),
        (
            format!("{switch} --key-spec ECC_NIST_P384"),
            "its key spec is ECC_NIST_P256, but ECC_NIST_P384 was asked for",
        ),
    ] {
        let (answer, _) = scene.fails(1, &line);
        assert_eq!(answer["error"]["id"], "differs", "{line}");
        assert!(answer["error"]["cause"].as_str().unwrap().contains(difference), "{line}: {answer}");
    }
    // Whoever switches says nothing about the key material.
    assert_eq!(scene.json(&switch)["changed"], false);
    assert_eq!((scene.calls("UpdateAlias"), scene.calls("CreateKey")), (moved, made));
}

#[test]
fn an_alias_moves_to_no_prepared_key_that_is_not_what_the_switch_asks_for() {
    let (scene, old) = scene("ECC_NIST_P256");
    let new = scene.json(&format!("{ROTATE} --material two --prepare --tag team=web"))["key_arn"]
        .as_str()
        .unwrap()
        .to_owned();
    let (answer, _) = scene.fails(1, &format!("{ROTATE} --switch {new} --tag team=ops"));
    let difference = "its tag `team` is `web`, but `ops` was asked for";
    assert_eq!(answer["error"]["cause"], format!("`{new}` exists and is not what was asked for: {difference}"));
    assert_eq!((scene.named_by("alias/app"), scene.calls("UpdateAlias")), (old, 0));
    // The prepared key is what it is: nothing is said about what a new one would be.
    let run = scene.run(&format!("{ROTATE} --switch {new} --tag team=web"));
    assert!(!run.succeeds().stderr.contains("the new key is "), "{}", run.stderr);
    assert_eq!(scene.named_by("alias/app"), new);
}

/// Somebody gives the file of the key that is there.
#[test]
fn a_key_that_was_never_rotated_is_not_called_the_new_one() {
    let (scene, old) = scene("ECC_NIST_P256");
    for line in [format!("{ROTATE} --material one"), format!("{ROTATE} --switch {old}")] {
        let run = scene.run(&format!("{line} --quiet"));
        let text = &run.succeeds().stdout;
        assert!(text.contains("changed    no\n"), "{text}");
        assert!(text.contains("moved      alias/app points to this key, and no key before it is known\n"), "{text}");
        assert!(!text.contains("\nnote "), "{text}");
        assert_eq!(scene.json(&line)["previous_key_arn"], Value::Null);
    }
    assert_eq!(scene.keys(), 1);
}

#[test]
fn a_planted_alias_hands_its_policy_to_no_new_key() {
    let (scene, _) = scene("RSA_2048");
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:root" }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "kms:Sign", "Resource": "*" },
    ] });
    let planted =
        scene.kms.key(json!({ "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY", "Policy": policy.to_string() }));
    scene.kms.ok("UpdateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": planted }));
    let made = scene.calls("CreateKey");
    let run = scene.run(&format!("{ROTATE} --material two --quiet"));
    run.refuses(
        1,
        &format!(
            "error: `alias/app` points to key {planted}, which this run did not create, and its key policy is not the one asked for\n\
             because: it lets in account 999999999999\n\
             hint: read its policy (`aws kms get-key-policy --region us-east-1 --key-id {planted}`), or if you trust the key run \
             `kms-byok rotate --key-id alias/app --material two --quiet --endpoint-url {} --region us-east-1 --adopt {planted}`\n",
            scene.kms.url
        ),
    );
    assert_eq!((scene.calls("CreateKey"), scene.calls("TagResource")), (made, 0));
    assert_eq!(scene.named_by("alias/app"), planted);
    // Whoever vouches for it sees whom the new key lets in.
    let run = scene.run(&format!("{ROTATE} --material two --quiet --adopt {planted}"));
    let warning = format!("warning: the key policy of {planted} lets in account 999999999999\n");
    assert!(run.succeeds().stderr.contains(&warning), "{}", run.stderr);
}

#[test]
fn a_policy_that_may_not_be_read_is_copied_to_no_new_key() {
    let (scene, old) = scene_of("HMAC_256", "", "--fault GetKeyPolicy:always:error=AccessDeniedException");
    for line in [format!("{ROTATE} --material two"), format!("rotate --key-id {old} --alias alias/app --material two")]
    {
        let (answer, _) = scene.fails(1, &line);
        assert!(["policy_unread", "access_denied"].contains(&answer["error"]["id"].as_str().unwrap()), "{answer}");
    }
    assert_eq!((scene.keys(), scene.named_by("alias/app")), (1, old));
}

#[test]
fn a_key_that_is_named_by_its_arn_needs_the_alias_that_moves() {
    let (scene, old) = scene("ECC_NIST_P256");
    scene.kms.ok("CreateAlias", json!({ "AliasName": "alias/other", "TargetKeyId": old }));
    let run = scene.run(&format!("rotate --key-id {old} --material two --quiet"));
    run.refuses(
        2,
        &format!(
            "error: key {old} is ECC_NIST_P256: it is rotated by moving an alias to a new key, but no alias is named\n\
             hint: name it with --alias: alias/app, alias/other\n"
        ),
    );
    let answer = scene.json(&format!("rotate --key-id {old} --alias alias/other --material two"));
    assert_eq!(answer["alias"], "alias/other");
    assert_eq!(answer["alias_rotation"]["other_aliases"], json!(["alias/app"]));
    assert_eq!(scene.named_by("alias/app"), old);
    // It has moved: the same command has nothing to do, and another one is refused.
    let again = scene.json(&format!("rotate --key-id {old} --alias alias/other --material two"));
    assert_eq!((&again["changed"], &again["key_arn"]), (&json!(false), &answer["key_arn"]));
    let stranger = scene.provision("--alias alias/stranger --key-spec ECC_NIST_P256 --generate --discard");
    let (refused, _) = scene.fails(1, &format!("rotate --key-id {stranger} --alias alias/other --generate --discard"));
    assert_eq!(
        refused["error"]["cause"],
        format!("`alias/other` points to key {}, not to {stranger}", answer["key_arn"].as_str().unwrap())
    );
}

#[test]
fn a_prepared_key_waits_for_its_switch_and_both_public_keys_are_shown() {
    let (scene, old) = scene("ECC_NIST_P256");
    let run = scene.run(&format!("{ROTATE} --material two --prepare --quiet"));
    let text = &run.succeeds().stdout;
    let new = scene.kms.ok("ListKeys", json!({}))["Keys"].as_array().unwrap().iter().find_map(|key| {
        let arn = key["KeyArn"].as_str().unwrap();
        (arn != old).then(|| arn.to_owned())
    });
    let new = new.unwrap();
    assert_eq!(scene.named_by("alias/app"), old);
    assert_eq!(scene.tag(&old, "kms-byok:superseded-by"), None);
    let next = format!(
        "kms-byok rotate --key-id alias/app --quiet --endpoint-url {} --region us-east-1 --switch {new}",
        scene.kms.url
    );
    assert!(text.contains(&format!("next       {next}\n")), "{text}");
    assert!(text.contains("moved      no: alias/app points to the previous key\n"), "{text}");
    let pem = scene.bench.kms_byok_with_credentials(&format!("public-key --key-id {new} --format pem {}", scene.at()));
    assert!(text.ends_with(&pem.stdout), "{text}");
    let answer = scene.json(&format!("{ROTATE} --material two --prepare"));
    assert_eq!((&answer["changed"], &answer["key_arn"]), (&json!(false), &json!(new)));
    let kid = |key: &str| scene.json(&format!("public-key --key-id {key}"))["public_key"]["jwk"].clone();
    assert_eq!(answer["alias_rotation"]["jwks"], json!([kid(&new), kid(&old)]));
    assert_eq!(scene.keys(), 2);
    // The command that was printed moves the alias; once more, it has nothing to do.
    let words: Vec<&str> = next.split(' ').skip(1).collect();
    scene.bench.kms_byok_with_credentials(&words.join(" ")).succeeds();
    assert_eq!(scene.named_by("alias/app"), new);
    assert_eq!(scene.tag(&old, "kms-byok:superseded-by"), Some(id(&new)));
    let again = scene.json(&format!("{ROTATE} --switch {new}"));
    assert_eq!((&again["changed"], &again["previous_key_arn"]), (&json!(false), &json!(old)));
    assert_eq!(scene.bench.names().iter().filter(|name| name.ends_with(".json")).count(), 0);
}

#[test]
fn an_alias_moves_to_no_key_that_is_not_like_the_old_one() {
    let (scene, old) = scene("ECC_NIST_P256");
    let empty = scene.kms.external_key("ECC_NIST_P256", "SIGN_VERIFY");
    let agrees =
        scene.provision("--alias alias/b --key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT --generate --discard");
    let mac = scene.provision("--alias alias/c --key-spec HMAC_256 --generate --discard");
    let own = scene.kms.key(json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" }));
    let cause = |arn: &str| scene.fails(1, &format!("{ROTATE} --switch {arn}")).0["error"]["cause"].clone();
    assert_eq!(cause(&empty), format!("key {empty} waits for key material, but none is given"));
    assert_eq!(
        cause(&agrees),
        format!(
            "key {agrees} cannot take the place of key {old}: its key usage is KEY_AGREEMENT, but SIGN_VERIFY is needed"
        )
    );
    assert!(cause(&mac).as_str().unwrap().contains("its key spec is HMAC_256"), "{}", cause(&mac));
    assert_eq!(
        cause(&own),
        format!("key {own} has origin AWS_KMS, but key material can be imported only into EXTERNAL keys")
    );
    assert_eq!((scene.named_by("alias/app"), scene.calls("UpdateAlias")), (old, 0));
}

#[test]
fn an_alias_moves_to_no_key_whose_work_is_not_seen() {
    let (scene, old) = scene_of("ECC_NIST_P256", "", "--fault Sign:2+:error=AccessDeniedException");
    let (answer, _) = scene.fails(4, &format!("{ROTATE} --material two"));
    assert_eq!(answer["error"]["id"], "proof_not_permitted");
    assert_eq!((scene.named_by("alias/app"), scene.calls("UpdateAlias")), (old, 0));
    // Who knows better says so.
    let new = answer["key_arn"].as_str().unwrap();
    let done = scene.json(&format!("{ROTATE} --switch {new} --verify state"));
    assert_eq!((&done["key_arn"], &done["changed"]), (&json!(new), &json!(true)));
    assert_eq!(scene.named_by("alias/app"), new);
}

#[test]
fn flags_of_the_other_way_are_refused() {
    let (scene, _) = scene("HMAC_256");
    let symmetric = scene.provision("--alias alias/s --generate --discard");
    let made = scene.calls("CreateKey");
    for flags in ["--prepare", "--alias alias/s", "--tag a=b", "--key-spec RSA_2048", "--description d"] {
        let run = scene.run(&format!("rotate --key-id alias/s --generate --discard {flags} --quiet"));
        run.refuses(
            2,
            &format!(
                "error: key {symmetric} is symmetric: KMS rotates it, and no alias moves\n\
                 hint: leave out --prepare, --switch, --rollback, --disable-old, --jwks, --new-key and --alias\n"
            ),
        );
    }
    let cause = |flags: &str| {
        scene.fails(if flags == "--resume" { 1 } else { 2 }, &format!("{ROTATE} {flags}")).0["error"]["cause"].clone()
    };
    assert_eq!(
        cause("--material two --material-description d"),
        "--material-description cannot be used for HMAC_256 keys"
    );
    assert!(cause("--resume").as_str().unwrap().ends_with(" is HMAC_256, but KMS rotates only symmetric keys"));
    let (answer, _) = scene.fails(1, &format!("{ROTATE} --generate --discard --key-spec RSA_2048"));
    assert!(answer["error"]["cause"].as_str().unwrap().contains("HMAC_256 and RSA_2048 is another kind"), "{answer}");
    assert_eq!((scene.calls("CreateKey"), scene.calls("UpdateAlias")), (made, 0));
}
