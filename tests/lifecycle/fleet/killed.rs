//! kill -9 anywhere in a run: the same command goes on, and in the end there is one key a row, proven, whose kept file is the key.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::scene::Scene;
use crate::support::seed;

const RUN: &str = "fleet run keys.csv --quota none --alias alias/{id} --material generate-keep --keep {id}.key --wrapping-key-spec RSA_2048 --concurrency 8";

/// The kills of a run of so many rows.
fn survive(rows: usize, kills: usize) {
    let scene = Scene::new("");
    let ids: String = (0..rows).map(|row| format!("k{row:03}\n")).collect();
    scene.bench.write("keys.csv", format!("id\n{ids}"));
    let mut state = seed::seed();
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let line = format!("{RUN} {}", scene.at());
    let words: Vec<&str> = line.split_whitespace().collect();
    for _ in 0..kills {
        let mut command = scene.bench.command(&words);
        command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random() % 1_500_000));
        child.kill().unwrap();
        child.wait().unwrap();
    }
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
    survive(24, 6);
}
