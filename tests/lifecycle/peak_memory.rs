//! Of many keys a run keeps what its answer shows, and of those that it only looks through next to nothing: its peak memory hardly grows.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::embedded_kms::Kms;
use crate::support::scene::Scene;

const FEW: usize = 200;
const MANY: usize = 2000;

/// An embedded KMS with that many keys, an hour old. KMS lets nobody list the key materials of 2,000 symmetric keys in less than 20 s.
fn region_of(count: usize) -> Scene {
    let scene = Scene::new("");
    let key = json!({ "Origin": "EXTERNAL", "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" });
    (0..count).for_each(|_| drop(scene.kms.ok("CreateKey", key.clone())));
    scene.kms.move_clock(json!({ "advance": "1h" }));
    scene
}

fn command(scene: &Scene, line: &str) -> Command {
    let line = format!("{line} {}", scene.at());
    let mut command = scene.bench.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    command
}

/// The most KiB that a process has had in memory so far (proc(5), `status`).
fn peak(process: &Child) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Grows by no more than so many bytes a key.
#[track_caller]
fn hardly_grows(peak_with: impl Fn(usize) -> usize + Sync, bytes_a_key: usize) {
    let [few, many] = std::thread::scope(|scope| {
        [FEW, MANY]
            .map(|count| {
                scope.spawn({
                    let peak_with = &peak_with;
                    move || peak_with(count)
                })
            })
            .map(|run| run.join().unwrap())
    });
    println!("{few} KiB with {FEW} keys, {many} KiB with {MANY}");
    let grown = many.saturating_sub(few) * 1024;
    assert!(grown <= (MANY - FEW) * bytes_a_key, "{few} KiB with {FEW} keys, {many} KiB with {MANY}");
}

#[test]
fn the_memory_of_status_hardly_grows_with_the_keys() {
    let peak_with = |count| {
        let scene = region_of(count);
        let mut command = command(&scene, "status --output json --quiet");
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = process.stdout.take().unwrap();
        // The answer is written in one piece, which is more than a pipe holds: once it begins, all of it is in memory.
        let mut answer = vec![0];
        stdout.read_exact(&mut answer).unwrap();
        let peak = peak(&process);
        stdout.read_to_end(&mut answer).unwrap();
        assert!(process.wait().unwrap().success());
        assert!(answer.len() > 80 * 1024, "{}", answer.len());
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["keys"].as_array().unwrap().len(), count);
        peak
    };
    hardly_grows(peak_with, 4096);
}

#[test]
fn the_memory_of_the_search_for_a_lost_key_hardly_grows_with_the_keys() {
    let peak_with = |count| {
        let scene = region_of(count);
        // The search is over when a key is made after all, and that takes its time.
        let slow = json!({ "faults": ["CreateKey:1:latency=10m"] }).to_string();
        let url = &scene.kms.url;
        assert_eq!(Kms::at(url).http("POST", "/_rehearsal/faults", &[], slow.as_bytes()).unwrap().status, 200);
        let before = scene.calls("ListResourceTags");
        let mut command = command(&scene, "create-key --alias alias/new --find-lost");
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        let said: Vec<String> = said.take_while(|line| line != "there is none").collect();
        let peak = peak(&process);
        process.kill().unwrap();
        process.wait().unwrap();
        assert_eq!(said.last().unwrap(), "looking for a key that an earlier run has lost");
        assert_eq!(scene.calls("ListResourceTags") - before, count);
        peak
    };
    hardly_grows(peak_with, 3072);
}
