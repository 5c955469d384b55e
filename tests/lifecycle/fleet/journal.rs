//! The journal of a run: one run has it, others may look, no secret is in it, and without it the keys are found all the same.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::Run;
use crate::support::scene::Scene;

fn manifest(scene: &Scene, rows: usize) {
    let rows: String = (0..rows).map(|row| format!("k{row:03}\n")).collect();
    scene.bench.write("keys.csv", format!("id\n{rows}"));
}

const RUN: &str =
    "fleet run keys.csv --alias alias/{id} --material generate-keep --keep {id}.key --wrapping-key-spec RSA_2048";

fn start(scene: &Scene, line: &str) -> std::process::Child {
    let line = format!("{line} {}", scene.at());
    let mut command = scene.bench.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn wait_for(scene: &Scene, call: &str) {
    let begun = Instant::now();
    while !scene.bench.exists("calls.log") || !String::from_utf8_lossy(&scene.bench.read("calls.log")).contains(call) {
        assert!(begun.elapsed() < Duration::from_secs(60), "no {call}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Until the journal says that an import is about to be sent.
fn wait_for_intent(scene: &Scene) {
    let begun = Instant::now();
    let says = || {
        let journal =
            if scene.bench.exists("keys.csv.journal") { scene.bench.read("keys.csv.journal") } else { Vec::new() };
        String::from_utf8_lossy(&journal).contains("\"call\":\"ImportKeyMaterial\"")
    };
    while !says() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no import");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn aliases(scene: &Scene) -> usize {
    scene.kms.ok("ListAliases", json!({}))["Aliases"].as_array().unwrap().len()
}

fn keys(scene: &Scene) -> usize {
    scene.kms.ok("ListKeys", json!({}))["Keys"].as_array().unwrap().len()
}

#[test]
fn a_second_run_is_told_who_has_the_journal() {
    let scene = Scene::new("--fault ImportKeyMaterial:1:latency=20s");
    manifest(&scene, 1);
    let mut first = start(&scene, RUN);
    wait_for(&scene, "GetParametersForImport");
    let second = scene.run(RUN);
    assert_eq!(second.code, Some(1), "{}", second.stderr);
    let holder = format!("the journal `keys.csv.journal` is in use by process {} on ", first.id());
    assert!(second.stderr.contains(&holder), "{}", second.stderr);
    first.kill().unwrap();
    first.wait().unwrap();
    // A killed run holds nothing.
    scene.run(RUN).succeeds();
    assert_eq!((keys(&scene), aliases(&scene)), (1, 1));
}

#[test]
fn what_a_killed_run_has_reached_is_shown_and_the_run_goes_on() {
    let scene = Scene::new("--fault ImportKeyMaterial:2:latency=60s");
    manifest(&scene, 3);
    let mut first = start(&scene, &format!("{RUN} --concurrency 1"));
    let begun = Instant::now();
    while scene.calls("GetParametersForImport") < 2 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(300));
    first.kill().unwrap();
    first.wait().unwrap();
    for _ in 0..2 {
        let status = scene.run("fleet status keys.csv --alias alias/{id} --material generate-discard --output json");
        assert_eq!((status.code, &*status.stderr), (Some(3), ""), "{}", status.stdout);
        let last: Value = serde_json::from_str(status.stdout.lines().last().unwrap()).unwrap();
        assert_eq!((&last["done"], &last["failed"], &last["left"]), (&json!(1), &json!(0), &json!(2)));
    }
    scene.run(RUN).succeeds();
    assert_eq!((keys(&scene), aliases(&scene)), (3, 3));
}

#[test]
fn a_run_that_is_told_to_stop_finishes_its_step_and_says_what_is_left() {
    for (signal, code) in [(Signal::TERM, 3), (Signal::INT, 130)] {
        let scene = Scene::new("--fault ImportKeyMaterial:1:latency=2s");
        manifest(&scene, 9);
        let child = start(&scene, &format!("{RUN} --concurrency 1 --output json"));
        wait_for_intent(&scene);
        std::thread::sleep(Duration::from_millis(300));
        kill_process(Pid::from_child(&child), signal).unwrap();
        let run = Run::of(child.wait_with_output().unwrap());
        assert_eq!(run.code, Some(code), "{}{}", run.stdout, run.stderr);
        let last: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
        // The import that was under way was answered.
        assert_eq!((&last["keys"], &last["failed"]), (&json!(9), &json!(0)), "{last}");
        assert!(last["left"].as_u64().unwrap() >= 8, "{last}");
        assert!(last["next"].as_str().unwrap().starts_with("kms-byok fleet run keys.csv"), "{last}");
        let calls = String::from_utf8(scene.bench.read("calls.log")).unwrap();
        assert_eq!(calls.matches(" ImportKeyMaterial 200 ").count(), 1, "{calls}");
        scene.run(RUN).succeeds();
        assert_eq!((keys(&scene), aliases(&scene)), (9, 9));
    }
}

#[test]
fn without_its_journal_a_run_finds_its_keys_by_alias_and_by_tag() {
    // The replies to CreateKey and to CreateAlias are the last that the first run sees of two of its keys.
    let scene = Scene::new("--fault CreateAlias:2:latency=60s");
    manifest(&scene, 4);
    let mut first = start(&scene, &format!("{RUN} --concurrency 1"));
    wait_for(&scene, "ImportKeyMaterial");
    let begun = Instant::now();
    while keys(&scene) < 2 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    std::fs::remove_file(scene.bench.path("keys.csv.journal")).unwrap();
    scene.run(RUN).succeeds();
    assert_eq!((keys(&scene), aliases(&scene)), (4, 4));
    // Without an alias the tag alone tells a key that is done.
    let unnamed = "fleet run keys.csv --material generate-discard --wrapping-key-spec RSA_2048 --journal other";
    scene.run(unnamed).succeeds();
    std::fs::remove_file(scene.bench.path("other")).unwrap();
    scene.run(unnamed).succeeds();
    assert_eq!((keys(&scene), aliases(&scene)), (8, 4));
}

#[test]
fn the_journal_holds_no_secret() {
    let scene = Scene::new("");
    manifest(&scene, 3);
    scene.run(RUN).succeeds();
    let journal = scene.bench.read("keys.csv.journal");
    for row in 0..3 {
        let key = scene.bench.read(&format!("k{row:03}.key"));
        for form in [key.clone(), hex::encode(&key).into_bytes()] {
            assert!(!journal.windows(form.len()).any(|window| window == form));
        }
    }
}
