//! `rotate --disable-old`: the old key is disabled once the alias has moved and somebody has said so, and is never scheduled for deletion.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::scene::Scene;
use crate::support::typed::typing;
use crate::support::{self, Run};

const ROTATE: &str = "rotate --key-id alias/app --wrapping-key-spec RSA_2048";

/// `alias/app` on an EC key, and files of key material; the key's ARN.
fn scene(flags: &str) -> (Scene, String) {
    let scene = Scene::new(flags);
    for file in ["one", "two"] {
        scene.bench.kms_byok(&format!("generate --key-spec ECC_NIST_P256 --out {file}")).succeeds();
    }
    let arn = scene.provision("--alias alias/app --key-spec ECC_NIST_P256 --material one");
    (scene, arn)
}

fn state(scene: &Scene, arn: &str) -> String {
    scene.describe(arn)["KeyState"].as_str().unwrap().to_owned()
}

fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap()
}

#[test]
fn the_old_key_is_disabled_after_the_alias_has_moved() {
    let (scene, old) = scene("");
    let answer = scene.json(&format!("{ROTATE} --material two --disable-old --yes"));
    assert_eq!((&answer["previous_key_arn"], &answer["changed"]), (&json!(old), &json!(true)));
    let rotation = &answer["alias_rotation"];
    let enable = format!("aws kms enable-key --region us-east-1 --key-id {old} --endpoint-url {}", scene.kms.url);
    assert_eq!((&rotation["previous_key_state"], &rotation["enable"]), (&json!("Disabled"), &json!(enable)));
    assert_eq!((&rotation["disable"], &answer["next"]), (&Value::Null, &Value::Null));
    assert_eq!(rotation["last_use"]["operation"], "Sign");
    assert_eq!(
        (state(&scene, &old), scene.named_by("alias/app")),
        ("Disabled".to_owned(), answer["key_arn"].as_str().unwrap().to_owned())
    );
    let log = String::from_utf8(scene.bench.read("calls.log")).unwrap();
    let calls: Vec<_> = log.lines().map(|line| line.split(' ').nth(2).unwrap()).collect();
    let last = |operation: &str| calls.iter().rposition(|call| *call == operation).unwrap();
    assert!(last("UpdateAlias") < last("GetKeyLastUsage") && last("GetKeyLastUsage") < last("DisableKey"), "{log}");
    assert_eq!(scene.calls("ScheduleKeyDeletion"), 0);
    // The same again changes nothing.
    let again = scene.json(&format!("{ROTATE} --material two --disable-old --yes"));
    assert_eq!((&again["changed"], scene.calls("DisableKey")), (&json!(false), 1));
    // What brings it back is printed, and works.
    let Some(pasted) = scene.paste(&enable) else { return };
    pasted.succeeds();
    assert_eq!(state(&scene, &old), "Enabled");
    assert_eq!(scene.json("rotate --key-id alias/app --rollback")["key_arn"], old);
}

#[test]
fn a_prepared_and_a_finished_rotation_disable_the_old_key_too() {
    let (scene, old) = scene("");
    let new = scene.json(&format!("{ROTATE} --material two --prepare"))["key_arn"].as_str().unwrap().to_owned();
    let answer = scene.json(&format!("rotate --key-id alias/app --switch {new} --disable-old --yes"));
    assert_eq!((&answer["key_arn"], state(&scene, &old)), (&json!(new), "Disabled".to_owned()));
    // A rotation that is over.
    scene.bench.kms_byok("generate --key-spec ECC_NIST_P256 --out three").succeeds();
    let newest = scene.json(&format!("{ROTATE} --material three"))["key_arn"].as_str().unwrap().to_owned();
    assert_eq!(state(&scene, &new), "Enabled");
    let answer = scene.json(&format!("{ROTATE} --material three --disable-old --yes"));
    assert_eq!((&answer["key_arn"], &answer["previous_key_arn"]), (&json!(newest), &json!(new)));
    assert_eq!((state(&scene, &new), &answer["changed"]), ("Disabled".to_owned(), &json!(true)));
}

#[test]
fn what_follows_is_said_before() {
    let (scene, old) = scene("");
    scene.kms.ok("CreateAlias", json!({ "AliasName": "alias/other", "TargetKeyId": old }));
    let run = scene.run(&format!("{ROTATE} --material two --disable-old --yes"));
    run.succeeds();
    let said = run.stderr.split_once(&format!("disabling key {old} means:\n")).unwrap().1;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "- KMS signs nothing with it any more; who has its public key still verifies its signatures");
    assert_eq!(lines[1], "- calls that use alias/other are refused");
    assert!(lines[2].starts_with("- the key was last used at ") && lines[2].ends_with(", for Sign"), "{said}");
    assert_eq!(lines[3..], ["- it can be enabled again at any time", &format!("disabled {old}")]);
    assert!(run.stdout.contains("\ndisabled   the previous key\nenable     aws kms enable-key "), "{}", run.stdout);
}

#[test]
fn nothing_begins_where_nobody_can_be_asked() {
    let (scene, old) = scene("");
    let asked = scene.bench.read("calls.log").len();
    for more in ["--material two", &format!("--switch {old}")] {
        let words = format!("{ROTATE} {more} --disable-old --quiet {}", scene.at());
        let words: Vec<&str> = words.split_whitespace().collect();
        // A session of its own has no terminal.
        let mut command = Command::new("setsid");
        let inner = scene.bench.command(&words);
        command.arg("-w").arg(inner.get_program()).args(inner.get_args()).current_dir(scene.bench.directory());
        command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        support::run(&mut command, b"")
            .refuses(2, "error: the confirmation is missing\nhint: add --yes, or run it on a terminal\n");
    }
    assert_eq!(scene.bench.read("calls.log").len(), asked);
    for flags in ["--disable-old --prepare", "--yes"] {
        assert_eq!(scene.run(&format!("{ROTATE} --material two {flags}")).code, Some(2), "{flags}");
    }
    // A plan asks nobody.
    let plan = scene.json(&format!("{ROTATE} --material two --disable-old --dry-run"));
    assert!(plan["permissions"].as_array().unwrap().contains(&json!("kms:DisableKey")), "{plan}");
    assert_eq!(state(&scene, &old), "Enabled");
}

#[test]
fn the_key_id_typed_on_the_terminal_confirms_and_nothing_else() {
    let (scene, old) = scene("");
    let Some(run) = typing(&scene, &format!("{ROTATE} --material two --disable-old"), "yes") else { return };
    let new = scene.named_by("alias/app");
    let screen = run.stdout.replace("\r\n", "\n");
    assert_eq!((run.code, state(&scene, &old).as_str()), (Some(3), "Enabled"), "{screen}");
    assert_ne!(new, old);
    assert!(screen.contains(&format!("type the key id {} to disable it: ", id(&old))), "{screen}");
    assert!(
        screen.contains(&format!("error: what was typed is not the id of key {old}: it stays enabled\n")),
        "{screen}"
    );
    // What follows asks again.
    let next =
        format!("next: kms-byok rotate --key-id alias/app --disable-old {} --switch {new} --adopt {old}\n", scene.at());
    assert!(screen.contains(&next), "{screen}");
    let Some(run) = typing(&scene, &format!("{ROTATE} --switch {new} --adopt {old} --disable-old"), id(&old)) else {
        return;
    };
    assert_eq!((run.code, state(&scene, &old).as_str()), (Some(0), "Disabled"), "{}", run.stdout);
}

#[test]
fn a_run_that_breaks_off_at_the_last_call_is_gone_on_with() {
    for how in
        ["reset-before", "reset-after", "error=AccessDeniedException", "error=KMSInternalException", "empty-object"]
    {
        let last = if how.contains("Denied") || how == "empty-object" { 1 } else { 9 };
        let (scene, old) = scene(&format!("--fault DisableKey:1-{last}:{how}"));
        let run = scene.run(&format!("{ROTATE} --material two --disable-old --yes --quiet"));
        let new = scene.named_by("alias/app");
        assert_ne!(new, old, "{how}");
        if run.code == Some(0) {
            assert!(how.contains("after") || how == "empty-object", "{how}");
        } else {
            assert_eq!((run.code, state(&scene, &old).as_str()), (Some(3), "Enabled"), "{how}: {}", run.stderr);
            let next = support::next::next_of(&run);
            assert!(
                next.ends_with(&format!(" --disable-old --yes --quiet {} --switch {new} --adopt {old}", scene.at())),
                "{next}"
            );
            scene.kms.http("POST", "/_rehearsal/faults", &[], br#"{"faults":[]}"#).unwrap();
            scene.paste(next).unwrap().succeeds();
        }
        assert_eq!((state(&scene, &old).as_str(), scene.keys()), ("Disabled", 2), "{how}");
    }
}

#[test]
fn a_tag_alone_disables_no_key() {
    let (scene, old) = scene("");
    let new = scene.json(&format!("{ROTATE} --material two"))["key_arn"].as_str().unwrap().to_owned();
    let victim = scene.provision("--alias alias/victim --key-spec ECC_NIST_P256 --generate --discard");
    let tag = json!([{ "TagKey": "kms-byok:supersedes", "TagValue": id(&victim) }]);
    scene.kms.ok("TagResource", json!({ "KeyId": new, "Tags": tag }));
    for source in ["--material two".to_owned(), format!("--switch {new}")] {
        let line = format!("{ROTATE} {source} --disable-old --yes");
        for dry in ["", " --dry-run"] {
            let run = scene.run(&format!("{line} --quiet{dry}"));
            run.refuses(
                1,
                &format!(
                    "error: only a tag of key {new} says that {victim} is the key before it, and that is too little to disable it\n\
                     hint: if it is, add --adopt {victim}\n"
                ),
            );
        }
    }
    assert_eq!((state(&scene, &victim), state(&scene, &old)), ("Enabled".to_owned(), "Enabled".to_owned()));
    assert_eq!((scene.calls("DisableKey"), scene.tag(&victim, "kms-byok:superseded-by")), (0, None));
    // Who knows better says so.
    let tag = json!([{ "TagKey": "kms-byok:supersedes", "TagValue": id(&old) }]);
    scene.kms.ok("TagResource", json!({ "KeyId": new, "Tags": tag }));
    scene.kms.ok("UntagResource", json!({ "KeyId": old, "TagKeys": ["kms-byok:superseded-by"] }));
    scene.fails(1, &format!("{ROTATE} --switch {new} --disable-old --yes"));
    scene.json(&format!("{ROTATE} --switch {new} --disable-old --yes --adopt {old}"));
    assert_eq!(state(&scene, &old), "Disabled");
}

#[test]
fn no_key_is_disabled_that_the_alias_points_to_again() {
    // The answer about the last use is held until somebody has moved the alias back.
    let (scene, old) = scene("--fault GetKeyLastUsage:1:latency=3s");
    let line = format!("{ROTATE} --material two --disable-old --yes --output json {}", scene.at());
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = scene.bench.command(&words);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let run = command.spawn().unwrap();
    support::struck::wait_until_struck(&scene.kms.url);
    scene.kms.ok("UpdateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": old }));
    let run = Run::of(run.wait_with_output().unwrap());
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &answer["error"]["id"]), (Some(3), &json!("rotation_overtaken")), "{}", run.stderr);
    assert_eq!((&answer["leftovers"], answer["alias_rotation"]["alias_names"].clone()), (&json!([]), json!(old)));
    assert_eq!((state(&scene, &old).as_str(), scene.calls("DisableKey")), ("Enabled", 0));
}
