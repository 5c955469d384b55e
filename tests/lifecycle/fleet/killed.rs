//! kill -9 anywhere in a run: the same command goes on, and in the end there is one key a row, proven, whose kept file is the key.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::scene::Scene;
use crate::support::seed;

const RUN: &str = "fleet run keys.csv --quota none --alias alias/{id} --material generate-keep --keep {id}.key --wrapping-key-spec RSA_2048 --concurrency 8";

/// Begins a run so often, and ends it with SIGKILL at some point of its first one and a half seconds.
fn kill(scene: &Scene, line: &str, kills: usize) {
    let mut state = seed::seed();
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let line = format!("{line} {}", scene.at());
    let words: Vec<&str> = line.split_whitespace().collect();
    for _ in 0..kills {
        let mut command = scene.bench.command(&words);
        command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random() % 1_500_000));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// So many rows, and so many kills.
fn size(rows: usize, kills: usize) -> (usize, usize) {
    // `scripts/campaign fleet` asks for all of them.
    let all = std::env::var_os("KMS_BYOK_FLEET").is_some_and(|value| value == "all");
    if all { (500, 200) } else { (rows, kills) }
}

/// The kills of a run of so many rows.
fn survive(rows: usize, kills: usize) {
    let scene = Scene::new("");
    let ids: String = (0..rows).map(|row| format!("k{row:03}\n")).collect();
    scene.bench.write("keys.csv", format!("id\n{ids}"));
    kill(&scene, RUN, kills);
    let run = scene.run(&format!("{RUN} --output json"));
    run.succeeds();
    let keys: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((keys.len(), &keys[rows]["done"]), (rows + 1, &json!(rows)));
    assert_eq!(scene.kms.ok("ListKeys", json!({ "Limit": 1000 }))["Keys"].as_array().unwrap().len(), rows);
    let listed = scene.kms.ok("ListAliases", json!({ "Limit": 100 }));
    assert!(listed["Aliases"].as_array().unwrap().len() == rows.min(100));
    for key in &keys[..rows] {
        let id = key["id"].as_str().unwrap();
        let verified = scene.json(&format!("verify --key-id alias/{id} --material {id}.key"));
        assert_eq!((&verified["proof"]["outcome"], &verified["key_arn"]), (&json!("proven"), &key["key_arn"]), "{id}");
    }
    let lost = fs::read_dir(scene.bench.directory())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".lock"));
    assert_eq!(lost.count(), 0);
}

#[test]
fn a_run_that_is_killed_anywhere_goes_on_with_the_same_command() {
    let (rows, kills) = size(24, 6);
    survive(rows, kills);
}

#[test]
fn a_run_that_a_bug_ends_says_that_keys_may_have_changed_and_goes_on_with_the_same_command() {
    let scene = Scene::new("");
    scene.bench.write("keys.csv", "id\nk000\nk001\nk002\n");
    let line = format!("{RUN} --output json {}", scene.at());
    let mut command = scene.bench.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    command.env("KMS_BYOK_TEST_PANIC", "after:6").stdin(Stdio::null());
    let ended = command.output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("error: a bug in kms-byok ended this run, at src/kms/injected.rs:"), "{said}");
    let run = scene.run(RUN);
    run.succeeds();
    assert!(run.stdout.ends_with("3 keys: 3 done, 0 failed, 0 left\n"), "{}", run.stdout);
    assert_eq!(scene.kms.ok("ListKeys", json!({}))["Keys"].as_array().unwrap().len(), 3);
    kept_files_are_the_keys(&scene, 3);
}

/// What the key of each row holds is the file that was kept for it.
fn kept_files_are_the_keys(scene: &Scene, rows: usize) {
    for row in 0..rows {
        let verified = scene.json(&format!("verify --key-id alias/k{row:03} --material k{row:03}.key"));
        assert_eq!(verified["proof"]["outcome"], "proven", "{row}");
    }
}

#[test]
fn rotations_that_are_killed_anywhere_happen_once_and_the_kept_files_are_the_keys() {
    let scene = Scene::new("");
    let (rows, kills) = size(16, 8);
    let ids: String = (0..rows).map(|row| format!("k{row:03}\n")).collect();
    scene.bench.write("keys.csv", format!("id\n{ids}"));
    scene.run(RUN).succeeds();
    let line = format!("{RUN} --only rotate --round one");
    kill(&scene, &line, kills);
    let run = scene.run(&line);
    run.succeeds();
    // Once more changes nothing: each round rotates once.
    let calls = scene.calls("RotateKeyOnDemand");
    scene.run(&line).succeeds();
    assert_eq!(scene.calls("RotateKeyOnDemand"), calls);
    for row in 0..rows {
        let arn =
            scene.kms.ok("DescribeKey", json!({ "KeyId": format!("alias/k{row:03}") }))["KeyMetadata"]["Arn"].clone();
        let materials = scene.materials(arn.as_str().unwrap());
        assert_eq!(materials.len(), 2, "{row}: {materials:?}");
    }
    kept_files_are_the_keys(&scene, rows);
}

#[test]
fn renewals_that_are_killed_anywhere_leave_each_key_as_it_was_with_a_later_expiry() {
    let scene = Scene::new("");
    let (rows, kills) = size(16, 6);
    let ids: String = (0..rows).map(|row| format!("k{row:03}\n")).collect();
    scene.bench.write("keys.csv", format!("id\n{ids}"));
    scene.run(&format!("{RUN} --expires 10d")).succeeds();
    let line = format!("{RUN} --only renew --expires 90d");
    kill(&scene, &line, kills);
    scene.run(&line).succeeds();
    let imports = scene.calls("ImportKeyMaterial");
    scene.run(&line).succeeds();
    assert_eq!(scene.calls("ImportKeyMaterial"), imports);
    let soon = scene.json("status --expiring-within 80d");
    assert_eq!(soon["expiring"], json!([]));
    kept_files_are_the_keys(&scene, rows);
}
