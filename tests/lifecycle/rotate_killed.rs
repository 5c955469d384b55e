//! SIGKILL at every call of a rotation by alias and of the way back, before KMS has done its part and after it: the same command again ends
//! with 0, and then there is one new key, named by the alias, and no other that nobody names.
//!
//! Of the cells some are tried here, by a seed that is printed and can be given (`KMS_BYOK_SEED`); `KMS_BYOK_KILL=all` tries every one.

use std::collections::HashMap;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::sample::sample;
use crate::support::scene::Scene;
use crate::support::seed::seed;
use crate::support::struck::has_struck;
use crate::support::workers::in_parallel;

const SAMPLE: usize = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    Given,
    Generated,
    Disabling,
    Back,
}

use Errand::{Back, Disabling, Generated, Given};

#[derive(Clone, Debug)]
struct Cell {
    errand: Errand,
    operation: String,
    /// Counted from 1, among the calls of this operation.
    number: usize,
    after: bool,
}

impl Errand {
    fn line(self) -> &'static str {
        match self {
            Given => "rotate --key-id alias/app --material two --wrapping-key-spec RSA_2048 --jwks set.json",
            Generated => "rotate --key-id alias/app --generate --keep copy --wrapping-key-spec RSA_2048",
            Disabling => "rotate --key-id alias/app --material two --wrapping-key-spec RSA_2048 --disable-old --yes",
            Back => "rotate --key-id alias/app --rollback --jwks set.json",
        }
    }

    /// The keys that there are before, the one of the alias last.
    fn scene(self) -> (Scene, Vec<String>) {
        let scene = Scene::new("");
        for file in ["one", "two"] {
            scene.bench.kms_byok(&format!("generate --key-spec ECC_NIST_P256 --out {file}")).succeeds();
        }
        let mut keys = vec![scene.provision("--alias alias/app --key-spec ECC_NIST_P256 --material one")];
        if self == Back {
            let answer = scene.json(&format!("{} --quiet", Given.line()));
            keys.push(answer["key_arn"].as_str().unwrap().to_owned());
        }
        (scene, keys)
    }
}

fn cells_of(errand: &Errand) -> Result<Vec<Cell>, String> {
    let (scene, _) = errand.scene();
    let before = scene.operations().len();
    scene.json(errand.line());
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut cells = Vec::new();
    for operation in scene.operations().split_off(before) {
        let number = numbers.entry(operation.clone()).or_default();
        *number += 1;
        for after in [false, true] {
            cells.push(Cell { errand: *errand, operation: operation.clone(), number: *number, after });
        }
    }
    Ok(cells)
}

fn start(scene: &Scene, line: &str) -> Child {
    let line = format!("{line} {}", scene.at());
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = scene.bench.command(&words);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn faults(scene: &Scene, faults: &[String]) {
    let body = json!({ "faults": faults }).to_string();
    let reply = scene.kms.http("POST", "/_rehearsal/faults", &[], body.as_bytes()).unwrap();
    assert_eq!(reply.status, 200);
}

fn walk(cell: &Cell) -> Result<bool, String> {
    let Cell { errand, operation, number, after } = cell;
    let (scene, keys) = errand.scene();
    let held = if *after { "latency-after=1h" } else { "latency=1h" };
    faults(&scene, &[format!("{operation}:{number}:{held}")]);
    let mut run = start(&scene, errand.line());
    let end = Instant::now() + Duration::from_secs(60);
    let killed = loop {
        if has_struck(&scene.kms.url) {
            run.kill().unwrap();
            break true;
        }
        if run.try_wait().unwrap().is_some() {
            break false;
        }
        if Instant::now() > end {
            run.kill().unwrap();
            return Err("the call does not come".to_owned());
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    run.wait().unwrap();
    faults(&scene, &[]);
    check_stop(&scene, *errand, &keys)?;
    // Who has a copy from the run that was killed is told to import it.
    let mut again = scene.run(&format!("{} --output json", errand.line()));
    if again.code == Some(1) && again.stdout.contains("may_have_copy") {
        let line = errand.line().replace("--generate --keep copy", "--material copy");
        again = scene.run(&format!("{line} --output json"));
    }
    if again.code != Some(0) {
        return Err(format!("the same command ends with {:?}: {}", again.code, again.stderr));
    }
    let answer = again.json();
    check_end(
        &scene,
        *errand,
        &keys,
        answer["key_arn"].as_str().unwrap(),
        answer["leftovers"].as_array().unwrap().len(),
    )?;
    Ok(killed)
}

/// The alias names a key that works with the bytes that it should have, and the key before it still works.
fn check_stop(scene: &Scene, errand: Errand, keys: &[String]) -> Result<(), String> {
    let named = scene.named_by("alias/app");
    if scene.bench.exists("set.json") && serde_json::from_slice::<Value>(&scene.bench.read("set.json")).is_err() {
        return Err("a part of the JWK Set is there".to_owned());
    }
    let new = if errand == Generated { "copy" } else { "two" };
    for key in [&named, &keys[0]] {
        let state = scene.describe(key)["KeyState"].clone();
        if state == "Disabled" && errand == Disabling && *key != named {
            continue;
        }
        let file = if *key == keys[0] { "one" } else { new };
        let outcome = scene.json(&format!("verify --key-id {key} --material {file}"))["proof"]["outcome"].clone();
        if outcome != "proven" {
            return Err(format!("{key} is {state}, and {outcome}; the alias names {named}"));
        }
    }
    Ok(())
}

fn check_end(scene: &Scene, errand: Errand, before: &[String], key: &str, leftovers: usize) -> Result<(), String> {
    let named = scene.named_by("alias/app");
    let wanted = if errand == Back { before[0].clone() } else { key.to_owned() };
    if named != wanted || named != key {
        return Err(format!("the alias names {named}, not {wanted}"));
    }
    if errand != Back && before.contains(&named) {
        return Err("the alias names the old key".to_owned());
    }
    if scene.keys() != 2 + leftovers {
        return Err(format!("there are {} keys, and {leftovers} are named as left over", scene.keys()));
    }
    let file = match errand {
        Back => "one",
        Generated => "copy",
        Given | Disabling => "two",
    };
    let proven = scene.json(&format!("verify --key-id alias/app --material {file}"))["proof"]["outcome"].clone();
    let old = scene.describe(&before[0])["KeyState"].clone();
    let state = if errand == Disabling { "Disabled" } else { "Enabled" };
    if proven != "proven" || old != state {
        return Err(format!("the key of the alias is {proven}, and the old one {old}"));
    }
    if matches!(errand, Given | Back) {
        let set: Value = serde_json::from_slice(&scene.bench.read("set.json")).unwrap();
        let jwk = scene.json("public-key alias/app")["public_key"]["jwk"].clone();
        if set["keys"][0] != jwk || set["keys"].as_array().unwrap().len() != 2 {
            return Err(format!("the JWK Set has not the key of the alias and the one before it: {set}"));
        }
    }
    let state = scene.bench.path(".local/state/kms-byok");
    let notes = std::fs::read_dir(state).map_or(0, |entries| {
        entries.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "json")).count()
    });
    if notes == 0 { Ok(()) } else { Err(format!("{notes} rotations are written down as under way")) }
}

#[test]
fn the_same_command_again_completes_a_rotation_that_was_killed_at_any_call() {
    let found = in_parallel(4, &[Given, Generated, Disabling, Back], cells_of);
    let mut cells: Vec<Cell> = found.into_iter().flat_map(Result::unwrap).collect();
    let all = cells.len();
    if std::env::var("KMS_BYOK_KILL").as_deref() != Ok("all") {
        cells = sample(seed(), SAMPLE, all).into_iter().map(|index| cells[index].clone()).collect();
    }
    let outcomes = in_parallel(4, &cells, walk);
    let killed = outcomes.iter().filter(|outcome| **outcome == Ok(true)).count();
    println!("{} of {all} cells, {killed} runs were killed, none skipped", cells.len());
    let failures: Vec<String> = cells
        .iter()
        .zip(&outcomes)
        .filter_map(|(cell, outcome)| Some(format!("{cell:?}: {}", outcome.as_ref().err()?)))
        .collect();
    assert!(failures.is_empty(), "{} of {} cells:\n{}", failures.len(), cells.len(), failures.join("\n"));
    assert!(killed * 2 > cells.len(), "only {killed} runs were killed");
}
