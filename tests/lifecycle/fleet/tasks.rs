//! `fleet run --only renew|rotate|verify`, and key material from escrow files and from elsewhere.

use std::fs;

use serde_json::{Value, json};

use crate::support::scene::Scene;

/// A scene with the recovery certificate `recovery.pem` and its key.
fn with_recovery() -> Scene {
    let scene = Scene::new("");
    let line = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout recovery.key -subj /CN=recovery -days 9 -out recovery.pem";
    let made = std::process::Command::new("openssl")
        .args(line.split(' '))
        .current_dir(scene.bench.directory())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    scene
}

const RUN: &str = "fleet run keys.csv --quota none --alias alias/{id} --wrapping-key-spec RSA_2048";

/// The rows of a run, and the last line.
fn lines(text: &str) -> (Vec<Value>, Value) {
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.pop().unwrap();
    (lines, last)
}

#[test]
fn renewal_imports_the_same_bytes_again_from_every_source_that_has_them() {
    let scene = with_recovery();
    scene.material("a.key", 32);
    let rows = "a,a.key,,,\nb,generate-keep,b.key,,\nc,generate-escrow,,recovery.pem,c.cms\n";
    scene.bench.write("keys.csv", format!("id,material,keep,escrow,escrow_out\n{rows}"));
    scene.run(&format!("{RUN} --expires 10d")).succeeds();
    assert_eq!(scene.calls("ImportKeyMaterial"), 3);
    // Nothing expires within a week.
    let week =
        scene.run(&format!("{RUN} --only renew --expires 90d --expiring-within 7d --recipient-key recovery.key"));
    week.succeeds();
    assert_eq!(scene.calls("ImportKeyMaterial"), 3);
    let renewed = scene.run(&format!("{RUN} --only renew --expires 90d --recipient-key recovery.key --output json"));
    renewed.succeeds();
    let (keys, last) = lines(&renewed.stdout);
    assert_eq!((last["done"].as_u64(), scene.calls("ImportKeyMaterial")), (Some(3), 6));
    for key in &keys {
        let status = scene.json(&format!("status --key-id {}", key["key_arn"].as_str().unwrap()));
        assert_eq!((&status["expires"], status["materials"].as_array().unwrap().len()), (&key["expires"], 1), "{key}");
    }
    assert_eq!(scene.json("status --expiring-within 80d")["expiring"], json!([]));
    // The expiry has moved: the same command has nothing to do.
    scene.run(&format!("{RUN} --only renew --expires 90d --recipient-key recovery.key")).succeeds();
    assert_eq!(scene.calls("ImportKeyMaterial"), 6);
}

#[test]
fn what_cannot_be_renewed_or_rotated_is_refused_by_row_and_column_before_aws_is_asked() {
    let scene = with_recovery();
    scene.material("d.key", 32);
    scene.bench.write(
        "keys.csv",
        "id,key_spec,material,escrow,escrow_out\na,,generate-discard,,\nb,ECC_NIST_P256,generate-discard,,\n\
         c,,generate-escrow,recovery.pem,c.cms\nd,,d.key,,\n",
    );
    scene.run(RUN).succeeds();
    let calls = scene.bench.read("calls.log").len();
    let (answer, _) = scene.fails(4, &format!("{RUN} --only renew"));
    let shown = |answer: &Value| -> Vec<(u64, String, String)> {
        let mistakes = answer["mistakes"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        mistakes.map(|one| (one["row"].as_u64().unwrap(), text(&one["column"]), text(&one["id"]))).collect()
    };
    let is = |row, column: &str, id: &str| (row, column.to_owned(), id.to_owned());
    assert_eq!(
        shown(&answer),
        [
            is(2, "material", "material_discarded"),
            is(3, "material", "material_discarded"),
            is(4, "escrow_out", "escrow_closed")
        ]
    );
    let (answer, _) = scene.fails(4, &format!("{RUN} --only rotate"));
    assert_eq!(shown(&answer), [is(3, "key_spec", "row_not_rotated"), is(5, "material", "nothing_new")]);
    assert_eq!(answer["mistakes"][0]["cause"], "KMS does not rotate keys of the key spec ECC_NIST_P256");
    assert_eq!(
        answer["mistakes"][0]["hint"],
        "move its alias to a new key: `kms-byok rotate --key-id alias/b --generate`"
    );
    assert_eq!(scene.bench.read("calls.log").len(), calls);
}

#[test]
fn a_rotation_happens_once_a_round_with_a_copy_as_the_row_asks() {
    let scene = Scene::new("");
    scene.bench.write("keys.csv", "id,material,keep\na,generate-keep,a.key\nb,generate-discard,\n");
    scene.run(RUN).succeeds();
    let old = scene.bench.read("a.key");
    for _ in 0..2 {
        scene.run(&format!("{RUN} --only rotate --round 2027-01")).succeeds();
        assert_eq!(scene.calls("RotateKeyOnDemand"), 2);
    }
    assert_ne!(scene.bench.read("a.key"), old);
    scene.json("verify --key-id alias/a --material a.key");
    let superseded = fs::read_dir(scene.bench.directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.starts_with("a.key.superseded-"))
        .unwrap();
    assert_eq!(scene.bench.read(&superseded), old);
    scene.run(&format!("{RUN} --only rotate --round 2027-02")).succeeds();
    assert_eq!(scene.calls("RotateKeyOnDemand"), 4);
    // Each round is noted on its own, and what was provisioned stays as it was.
    for (flags, code) in [("", 0), ("--only rotate --round 2027-01", 0), ("--only rotate --round other", 3)] {
        let run = scene.run(&format!("fleet status keys.csv --alias alias/{{id}} {flags}"));
        assert_eq!(run.code, Some(code), "{flags}: {}", run.stdout);
    }
}

#[test]
fn verify_tells_what_differs_and_changes_nothing() {
    let scene = Scene::new("");
    ["a.key", "b.key"].iter().for_each(|name| scene.material(name, 32));
    scene.bench.write("keys.csv", "id,material\na,a.key\nb,b.key\nc,generate-discard\nd,generate-discard\n");
    scene.run(RUN).succeeds();
    scene.run(&format!("{RUN} --only verify --verify full")).succeeds();
    scene.bench.write_private("b.key", scene.bench.read("a.key"));
    scene.json("delete-material --key-id alias/c --yes");
    scene.kms.ok("DeleteAlias", json!({ "AliasName": "alias/d" }));
    let changes = ["CreateKey", "CreateAlias", "DeleteImportedKeyMaterial", "RotateKeyOnDemand"];
    let before = changes.map(|call| scene.calls(call));
    let run = scene.run(&format!("{RUN} --only verify --verify full --output json"));
    assert_eq!(run.code, Some(4), "{}{}", run.stdout, run.stderr);
    let (keys, last) = lines(&run.stdout);
    let states: Vec<&str> = keys.iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!((states, &last["failed"]), (vec!["done", "failed", "failed", "failed"], &json!(3)), "{}", run.stdout);
    assert_eq!((&keys[2]["error"]["id"], &keys[3]["error"]["id"]), (&json!("key_empty"), &json!("row_without_key")));
    assert_eq!(changes.map(|call| scene.calls(call)), before);
}

#[test]
fn an_escrow_file_and_what_was_wrapped_elsewhere_are_key_material() {
    let scene = with_recovery();
    scene.material("a.key", 32);
    scene.provision("--alias alias/first --generate --escrow recovery.pem --escrow-out first.cms");
    let waiting = scene.json("create-key --alias alias/w")["key_arn"].as_str().unwrap().to_owned();
    scene.json(&format!("get-parameters --key-id {waiting} --dir w --wrapping-key-spec RSA_2048"));
    scene.bench.kms_byok("wrap --dir w --material a.key").succeeds();
    scene.bench.write("keys.csv", "id,material\nw,w\ncopy,first.cms\n");
    let (answer, _) = scene.fails(4, "fleet plan keys.csv --alias alias/{id}");
    assert_eq!((&answer["mistakes"][0]["row"], &answer["mistakes"][0]["id"]), (&json!(3), &json!("escrow_closed")));
    assert_eq!(answer["mistakes"][0]["hint"], "give --recipient-key");
    let plan = scene.json("fleet plan keys.csv --alias alias/{id} --recipient-key recovery.key --quota none");
    assert_eq!((&plan["complete"], &plan["make"]), (&json!(1), &json!(1)), "{plan}");
    scene.run(&format!("{RUN} --recipient-key recovery.key")).succeeds();
    assert_eq!(scene.json("verify --key-id alias/w --material a.key")["proof"]["outcome"], "proven");
    let same = "verify --key-id alias/copy --material-from-escrow first.cms --recipient-key recovery.key";
    assert_eq!(scene.json(same)["proof"]["outcome"], "proven");
    // A directory that is none, or is of another key spec.
    fs::create_dir(scene.bench.directory().join("empty")).unwrap();
    scene.bench.write("keys.csv", "id,material,key_spec\nw,w,HMAC_256\nx,empty,\n");
    let (answer, _) = scene.fails(4, "fleet plan keys.csv --alias alias/{id}");
    let ids: Vec<&Value> = answer["mistakes"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, ["wrapped_for_other", "nothing_wrapped"]);
}

#[test]
fn rows_without_alias_are_found_by_every_task_with_another_number_of_shards() {
    let scene = Scene::new("");
    scene.material("a.key", 32);
    let rows = "a,a.key,,eu-west-1\nb,generate-keep,b.key,us-east-1\nc,generate-keep,c.key,us-west-2\n";
    scene.bench.write("keys.csv", format!("id,material,keep,regions\n{rows}"));
    let line = "fleet run keys.csv --quota none --wrapping-key-spec RSA_2048";
    for shard in 1..=3 {
        scene.run(&format!("{line} --expires 10d --shard {shard}/3")).succeeds();
    }
    let (keys, sent) = (scene.calls("CreateKey"), scene.calls("ImportKeyMaterial"));
    assert_eq!((keys, sent), (3, 3));
    for shard in 1..=2 {
        let verified = scene.run(&format!("{line} --only verify --expires 10d --shard {shard}/2"));
        // The expiry of a key is a time, and that of its row a duration from now.
        assert!(
            !verified.stdout.contains("row_without_key") && !verified.stdout.contains("there is no key"),
            "{}",
            verified.stdout
        );
        scene.run(&format!("{line} --only renew --expires 90d --shard {shard}/2")).succeeds();
    }
    assert_eq!((scene.calls("CreateKey"), scene.calls("ImportKeyMaterial")), (keys, sent + 3));
    scene.bench.write(
        "keys.csv",
        "id,material,keep,regions\nb,generate-keep,b.key,us-east-1\nc,generate-keep,c.key,us-west-2\n",
    );
    for shard in 1..=2 {
        scene.run(&format!("{line} --only rotate --expires 90d --shard {shard}/2 --journal new.{shard}")).succeeds();
    }
    assert_eq!((scene.calls("CreateKey"), scene.calls("RotateKeyOnDemand")), (keys, 2));
    scene.run(&format!("{line} --expires 90d --shard 1/1")).succeeds();
    assert_eq!(scene.calls("CreateKey"), keys);
}

#[test]
fn a_key_that_carries_the_tag_of_a_row_and_has_another_policy_is_used_by_no_task() {
    let scene = Scene::new("");
    scene.bench.write("keys.csv", "id,material,keep\na,generate-keep,a.key\n");
    let line = "fleet run keys.csv --quota none --wrapping-key-spec RSA_2048";
    scene.run(line).succeeds();
    let arn = scene.kms.ok("ListKeys", json!({}))["Keys"][0]["KeyArn"].as_str().unwrap().to_owned();
    let policy = scene.kms.ok("GetKeyPolicy", json!({ "KeyId": arn, "PolicyName": "default" }));
    let open = policy["Policy"].as_str().unwrap().replace("arn:aws:iam::000000000000:root", "*");
    scene.kms.ok("PutKeyPolicy", json!({ "KeyId": arn, "PolicyName": "default", "Policy": open }));
    let sent = scene.calls("ImportKeyMaterial");
    for (task, code) in [("verify", 4), ("renew --expires 9d --expiring-within 999d", 3), ("rotate", 3)] {
        let run = scene.run(
            &format!("{line} --only {task} --journal other.{task} --output json")
                .replace("other.renew --expires 9d --expiring-within 999d", "other.renew"),
        );
        assert_eq!(run.code, Some(code), "{task}: {}{}", run.stdout, run.stderr);
        let (keys, _) = lines(&run.stdout);
        assert_eq!(keys[0]["error"]["id"], "foreign_policy", "{task}: {}", keys[0]);
    }
    assert_eq!(scene.calls("ImportKeyMaterial"), sent);
}

#[test]
fn each_key_is_told_with_the_files_that_hold_its_key_material() {
    let scene = with_recovery();
    scene.material("a.key", 32);
    scene.provision("--alias alias/first --generate --escrow recovery.pem --escrow-out first.cms");
    let rows = "a,a.key,,,\nb,generate-keep,b.key,,\nc,generate-escrow,,recovery.pem,c.cms\nd,generate-discard,,,\ne,first.cms,,,\n";
    scene.bench.write("keys.csv", format!("id,material,keep,escrow,escrow_out\n{rows}"));
    let run = scene.run(&format!("{RUN} --recipient-key recovery.key --output json"));
    run.succeeds();
    let told = |file: Value, backup: Value, remove: Value| json!({ "files": file, "encrypted_backup": backup, "remove": remove });
    let expected = [
        told(json!(["a.key"]), Value::Null, json!("shred -u -- a.key")),
        told(json!(["b.key"]), Value::Null, json!("shred -u -- b.key")),
        told(json!([]), json!("c.cms"), Value::Null),
        told(json!([]), Value::Null, Value::Null),
        told(json!([]), json!("first.cms"), Value::Null),
    ];
    let (keys, _) = lines(&run.stdout);
    let seen: Vec<Value> = keys.iter().map(|key| key["plaintext"].clone()).collect();
    assert_eq!(seen, expected);
    // As a single run tells it.
    let single = scene.json("provision --wrapping-key-spec RSA_2048 --alias alias/single --material a.key");
    assert_eq!(single["plaintext"], expected[0]);
    let status = scene.run("fleet status keys.csv --alias alias/{id} --recipient-key recovery.key");
    let says = "plaintext: that of 2 keys is in files, as in a.key; --output json names each\n5 keys: 5 done, 0 failed, 0 left\n";
    assert!(status.stdout.ends_with(says), "{}", status.stdout);
}

#[test]
fn no_file_is_to_be_removed_while_another_key_may_need_it() {
    let scene = Scene::new("--fault CreateKey:2:error=LimitExceededException");
    scene.material("a.key", 32);
    scene.bench.write("keys.csv", "id,material,regions\na,a.key,eu-west-1;us-east-1\n");
    let removes =
        |text: &str| -> Vec<Value> { lines(text).0.iter().map(|key| key["plaintext"]["remove"].clone()).collect() };
    let first = scene.run(&format!("{RUN} --concurrency 1 --output json"));
    assert_eq!((first.code, removes(&first.stdout)), (Some(3), vec![Value::Null; 2]), "{}", first.stdout);
    let again = scene.run(&format!("{RUN} --output json"));
    assert_eq!(removes(&again.succeeds().stdout), ["shred -u -- a.key", "shred -u -- a.key"]);
    // A shard does not know of the others.
    for shard in 1..=2 {
        let run = scene.run(&format!("{RUN} --shard {shard}/2 --output json"));
        assert_eq!(removes(&run.succeeds().stdout), [Value::Null], "{}", run.stdout);
    }
}
