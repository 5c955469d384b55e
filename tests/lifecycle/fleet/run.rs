//! `fleet run`: every row becomes a key, and the same command goes on after any end.

use serde_json::{Value, json};

use crate::support::scene::Scene;

/// A manifest of so many rows whose plaintext is kept.
fn manifest(scene: &Scene, rows: usize) {
    let rows: String =
        (0..rows).map(|row| format!("k{row:03},alias/k{row:03},generate-keep,k{row:03}.key,RSA_2048\n")).collect();
    scene.bench.write("keys.csv", format!("id,alias,material,keep,wrapping_key_spec\n{rows}"));
}

/// The JSON Lines of a run, and the last one.
fn lines(text: &str) -> (Vec<Value>, Value) {
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.pop().unwrap();
    (lines, last)
}

#[test]
fn every_row_becomes_a_key_and_a_second_run_asks_for_nothing() {
    let scene = Scene::new("");
    manifest(&scene, 20);
    let run = scene.run("fleet run keys.csv --quota none --output json");
    run.succeeds();
    let (keys, last) = lines(&run.stdout);
    assert_eq!((keys.len(), &last["done"], &last["next"]), (20, &json!(20), &Value::Null));
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(
            (&key["row"], &key["state"], &key["proof_outcome"]),
            (&json!(number + 2), &json!("done"), &json!("proven"))
        );
        let verified =
            scene.json(&format!("verify --key-id {} --material k{number:03}.key", key["alias"].as_str().unwrap()));
        assert_eq!((&verified["proof"]["outcome"], &verified["key_arn"]), (&json!("proven"), &key["key_arn"]));
    }
    let calls = scene.bench.read("calls.log").len();
    let again = scene.run("fleet run keys.csv --quota none");
    again.succeeds();
    assert!(again.stdout.ends_with("20 keys: 20 done, 0 failed, 0 left\n"), "{}", again.stdout);
    assert_eq!(scene.bench.read("calls.log").len(), calls);
    assert!(!scene.bench.exists("keys.csv.journal.lock"));
}

#[test]
fn the_keys_of_several_regions_are_made_side_by_side() {
    let scene = Scene::new("");
    scene.bench.write(
        "keys.jsonl",
        "{\"id\":\"a\",\"material\":\"generate-discard\",\"regions\":[\"eu-west-1\",\"us-east-1\"]}\n",
    );
    let run = scene
        .run("fleet run keys.jsonl --alias alias/prod-{id} --wrapping-key-spec RSA_2048 --tag team=x --output json");
    run.succeeds();
    let (keys, _) = lines(&run.stdout);
    let regions: Vec<&str> = keys.iter().map(|key| key["region"].as_str().unwrap()).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1"]);
    for key in &keys {
        let arn = key["key_arn"].as_str().unwrap();
        assert!(arn.contains(key["region"].as_str().unwrap()), "{arn}");
        assert_eq!(key["alias"], "alias/prod-a");
    }
    let seen = scene.json("status --key-id alias/prod-a");
    assert_eq!(seen["key_state"], "Enabled");
}

#[test]
fn a_row_that_fails_has_cause_fix_and_next_and_stops_no_other() {
    let scene = Scene::new("--fault CreateAlias:2:error=LimitExceededException");
    manifest(&scene, 5);
    let run = scene.run("fleet run keys.csv --quota none --concurrency 1");
    assert_eq!(run.code, Some(3), "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("5 keys: 4 done, 1 failed, 0 left\nnext: kms-byok fleet run keys.csv"),
        "{}",
        run.stdout
    );
    let failed: Vec<&str> = run.stdout.lines().skip_while(|line| !line.contains("failed")).take(4).collect();
    assert!(failed[0].ends_with("alias/k001  failed  a KMS quota of this account is used up"), "{failed:?}");
    assert_eq!(
        failed[1..3],
        [
            "    because: LimitExceededException",
            "    hint: delete what is not needed, or ask for more in AWS Service Quotas"
        ]
    );
    assert!(failed[3].starts_with("    next: kms-byok fleet run keys.csv --quota none --concurrency 1"), "{failed:?}");
    // The same command completes it, with the key that was made for it.
    let again = scene.run("fleet run keys.csv --quota none --output json");
    again.succeeds();
    assert_eq!(scene.kms.ok("ListKeys", json!({}))["Keys"].as_array().unwrap().len(), 5);
}

#[test]
fn a_run_ends_after_so_many_failures() {
    let scene = Scene::new("--fault CreateKey:always:error=LimitExceededException");
    manifest(&scene, 30);
    let run = scene.run("fleet run keys.csv --quota none --concurrency 2 --stop-after 3 --output json");
    assert_eq!(run.code, Some(3));
    let (_, last) = lines(&run.stdout);
    let failed = last["failed"].as_u64().unwrap();
    assert!((3..=5).contains(&failed), "{last}");
    assert_eq!(last["left"], json!(30 - failed));
}

#[test]
fn a_row_that_was_changed_is_compared_again() {
    let scene = Scene::new("");
    manifest(&scene, 2);
    scene.run("fleet run keys.csv --quota none").succeeds();
    let text = String::from_utf8(scene.bench.read("keys.csv")).unwrap();
    scene.bench.write(
        "keys.csv",
        text.replace("keep,wrapping", "keep,description,wrapping").replacen(".key,", ".key,other,", 2),
    );
    let run = scene.run("fleet run keys.csv --quota none --output json");
    assert_eq!(run.code, Some(3), "{}{}", run.stdout, run.stderr);
    let (keys, last) = lines(&run.stdout);
    assert_eq!((&keys[0]["error"]["id"], &last["failed"]), (&json!("differs"), &json!(2)));
}
