//! Each fault at each call of a rotation by alias, for every key spec that KMS does not rotate by itself. At every stop the old key works with
//! its own bytes, and the alias points to it or to a key that works with the new ones; the run says truthfully whether anything has changed,
//! and the same command again completes the rotation.
//!
//! Of the cells of each key spec some are tried here, by a seed that is printed and can be given (`KMS_BYOK_SEED`); `KMS_BYOK_FAULTS=all`
//! tries every one.

use std::fs;
use std::sync::OnceLock;
use std::time::Instant;

use kms_byok::Error;
use kms_byok::kms::Kms;
use kms_byok::lifecycle::{self, KeyRequest, Material, PendingRequests, Provision, RotateByAlias, Wrapping};
use kms_byok::material::{KeyMaterial, KeySpec};
use kms_byok::wrap::WrappingKeySpec;
use serde_json::{Value, json};

use super::matrix::{AT_ONCE, Fault, HASTE, NO_ANSWER, NO_ANSWER_AFTER, PATIENT, TRIES, faults};
use crate::support::fault_scene::{Ended, KILLED, Runs, Scene, World, alone, ended, given};
use crate::support::sample::sample;
use crate::support::seed::seed;
use crate::support::used;
use crate::support::way::{Plan, Trouble};
use crate::support::workers::in_parallel;

const ALIAS: &str = "alias/a";
/// So many cells of each key spec are tried.
const SAMPLE: usize = 14;

struct Cell {
    spec: KeySpec,
    /// Counted from 1.
    call: usize,
    operation: String,
    fault: Fault,
}

fn specs() -> Vec<KeySpec> {
    KeySpec::ALL.into_iter().filter(|spec| *spec != KeySpec::SymmetricDefault).collect()
}

/// What the old key has, and the new one; made once.
fn bytes(spec: KeySpec) -> &'static [Vec<u8>; 2] {
    static BYTES: [OnceLock<[Vec<u8>; 2]>; KeySpec::ALL.len()] = [const { OnceLock::new() }; KeySpec::ALL.len()];
    let place = KeySpec::ALL.iter().position(|known| *known == spec).unwrap();
    BYTES[place].get_or_init(|| [(); 2].map(|()| KeyMaterial::generate(spec).unwrap().expose().to_vec()))
}

fn material(spec: KeySpec, which: usize) -> Material {
    Material::given(given(spec.name(), &bytes(spec)[which]))
}

fn wrapping(spec: KeySpec) -> Wrapping {
    // OAEP with the smallest one carries 190 bytes, and a private key on P-521 has 241.
    let key_spec = if spec == KeySpec::EccNistP521 { WrappingKeySpec::Rsa3072 } else { WrappingKeySpec::Rsa2048 };
    Wrapping { key_spec, ..Wrapping::default_for(spec) }
}

fn pending(scene: &Scene) -> PendingRequests {
    PendingRequests { directory: Some(scene.path("state/kms-byok")), find_lost: None }
}

/// The old key; its ARN.
fn prepare(spec: KeySpec, scene: &Scene) -> String {
    let request = KeyRequest {
        alias: Some(ALIAS.parse().unwrap()),
        spec,
        usage: spec.usages()[0],
        description: None,
        policy: None,
        tags: Vec::new(),
        multi_region: false,
    };
    let plan = Provision::of(request).material(material(spec, 0)).wrapping(wrapping(spec)).pending(pending(scene));
    let done = scene.run(async |kms, runs| ended(Box::pin(lifecycle::provision(kms, &plan, &runs.begin())).await));
    assert_eq!(done.exit, 0, "{}", done.said);
    scene.way.heal();
    done.key_arn.unwrap()
}

async fn rotate(spec: KeySpec, scene: &Scene, kms: &Kms, runs: &Runs) -> Result<(), Error> {
    let plan = RotateByAlias::new(ALIAS).material(material(spec, 1)).wrapping(wrapping(spec)).pending(pending(scene));
    ended(Box::pin(lifecycle::rotate_by_alias(kms, plan, &runs.begin())).await)
}

/// Keys, aliases and tags.
fn truth(scene: &Scene) -> (World, Vec<Value>) {
    let world = scene.world();
    let tags =
        |(arn, _): &(String, Value)| scene.truth().ok("ListResourceTags", json!({ "KeyId": arn }))["Tags"].clone();
    let tags = world.keys.iter().map(tags).collect();
    (world, tags)
}

/// Whether a key does its work with these bytes.
fn works(scene: &Scene, spec: KeySpec, arn: &str, material: &[u8]) -> bool {
    let (operation, body) = used::call(spec.name(), arn);
    scene.truth().call(operation, body).is_ok_and(|reply| used::is_work_of(spec.name(), material, &reply))
}

/// At every stop; gives the key that the alias points to.
fn check_stop(spec: KeySpec, scene: &Scene, old: &str, calls: &[String]) -> Result<String, String> {
    let [first, second] = bytes(spec);
    if !works(scene, spec, old, first) {
        return Err("the old key does not work".to_owned());
    }
    let named = scene.truth().describe(ALIAS)["Arn"].as_str().unwrap().to_owned();
    if named != old && !works(scene, spec, &named, second) {
        return Err(format!("the alias points to {named}, which does not work with the new bytes"));
    }
    let place = |names: &[&str]| calls.iter().position(|call| names.contains(&call.as_str()));
    match (place(&["UpdateAlias"]), place(&["Sign", "GenerateMac"])) {
        (Some(moved), Some(used)) if used < moved => Ok(named),
        (None, _) => Ok(named),
        _ => Err(format!("the alias moves to a key that was not used: {calls:?}")),
    }
}

/// Exit code and report against the truth.
fn check_first(first: &Ended, before: &(World, Vec<Value>), between: &(World, Vec<Value>)) -> Result<(), String> {
    let (changed, unsure) = (before != between, first.uncertain.is_some());
    match first.exit {
        1 if changed => return Err("it says that nothing has changed, and something has".to_owned()),
        3 | 4 if !changed && !unsure => {
            return Err("it says that something has changed, and nothing has".to_owned());
        }
        0 | 1 | 3 | 4 | KILLED => {}
        other => return Err(format!("exit code {other}")),
    }
    let made = between.0.keys.iter().filter(|(arn, _)| before.0.keys.iter().all(|(known, _)| known != arn));
    for (arn, _) in made {
        if first.exit != KILLED && !first.names(arn) && first.uncertain.as_deref() != Some("CreateKey") {
            return Err(format!("it does not name {arn}, which it has made"));
        }
    }
    Ok(())
}

/// The alias points to the new key, both keys say which is which, and every other key is a named leftover.
fn check_goal(spec: KeySpec, scene: &Scene, old: &str, runs: &[&Ended]) -> Result<(), String> {
    let named = check_stop(spec, scene, old, &[])?;
    let (world, tags) = truth(scene);
    if named == old || runs.last().unwrap().key_arn.as_deref() != Some(&named) {
        return Err(format!("the alias points to {named}, and the report names {:?}", runs.last().unwrap().key_arn));
    }
    let id = |arn: &str| arn.rsplit('/').next().unwrap().to_owned();
    for ((arn, key), tags) in world.keys.iter().zip(tags) {
        let has = |name: &str, value: String| {
            tags.as_array().unwrap().contains(&json!({ "TagKey": format!("kms-byok:{name}"), "TagValue": value }))
        };
        let right = match arn {
            arn if *arn == named => has("supersedes", id(old)),
            arn if arn == old => has("superseded-by", id(&named)) && key["KeyState"] == "Enabled",
            _ => runs.iter().any(|run| run.names(arn)),
        };
        if !right {
            return Err(format!("{arn} is {key} with {tags}"));
        }
    }
    let state = fs::read_dir(scene.path("state/kms-byok")).unwrap();
    match state.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "json")).count() {
        0 => Ok(()),
        notes => Err(format!("{notes} rotations are written down as under way")),
    }
}

/// A rotation without fault shows which calls there are.
fn cells_of(spec: &KeySpec) -> Result<Vec<Cell>, String> {
    let (spec, scene) = (*spec, Scene::new());
    let old = prepare(spec, &scene);
    let done = scene.run(async |kms, runs| rotate(spec, &scene, kms, runs).await);
    let calls = scene.way.heal();
    check_stop(spec, &scene, &old, &calls)?;
    check_goal(spec, &scene, &old, &[&done])?;
    let cells = calls.into_iter().enumerate().flat_map(|(index, operation)| {
        faults().into_iter().map(move |fault| Cell { spec, call: index + 1, operation: operation.clone(), fault })
    });
    Ok(cells.collect())
}

/// The run that meets the fault, and the same command again.
fn run(cell: &Cell) -> Result<u8, String> {
    for _ in 0..TRIES {
        if let Some(outcome) = run_once(cell) {
            return outcome;
        }
    }
    Err(format!("the call is not reached in {TRIES} runs"))
}

/// Nothing where the run makes fewer calls.
fn run_once(cell: &Cell) -> Option<Result<u8, String>> {
    let Cell { spec, call, fault, .. } = cell;
    let scene = Scene::new();
    let old = prepare(*spec, &scene);
    let before = truth(&scene);
    scene.way.trouble(Plan { at: *call, lasting: fault.lasting, trouble: fault.trouble.clone() });
    let haste = if matches!(fault.trouble, Trouble::Fault(NO_ANSWER | NO_ANSWER_AFTER)) { HASTE } else { PATIENT };
    let command = async |kms: &Kms, runs: &Runs| rotate(*spec, &scene, kms, runs).await;
    let first = match fault.trouble {
        Trouble::Panic => scene.run_panicking(*call, command),
        _ => scene.run_within(haste, command),
    };
    let calls = scene.way.heal();
    // Where nobody listens, nobody counts.
    if calls.len() < *call && !matches!(fault.trouble, Trouble::Refused) {
        return None;
    }
    let told = |problem| format!("{problem}; it ended with {}: {}", first.exit, first.said);
    let again = || {
        check_stop(*spec, &scene, &old, &calls)
            .and_then(|_| check_first(&first, &before, &truth(&scene)))
            .map_err(told)?;
        let second = scene.run(async |kms, runs| rotate(*spec, &scene, kms, runs).await);
        let calls = scene.way.heal();
        if second.exit != 0 {
            return Err(format!("{}, then again: {}", first.said, second.said));
        }
        check_stop(*spec, &scene, &old, &calls)
            .and_then(|_| check_goal(*spec, &scene, &old, &[&first, &second]))
            .map_err(|problem| format!("{problem}; first {}, then {}", first.said, second.said))?;
        Ok(first.exit)
    };
    Some(again())
}

#[test]
fn whatever_fails_the_old_key_works_and_the_same_command_completes_the_rotation() {
    let _alone = alone();
    let began = Instant::now();
    let (all, seed) = (std::env::var("KMS_BYOK_FAULTS").as_deref() == Ok("all"), seed());
    let (mut cells, mut every) = (Vec::new(), 0);
    for (number, found) in in_parallel(AT_ONCE, &specs(), cells_of).into_iter().enumerate() {
        let mut found = found.unwrap();
        every += found.len();
        if !all {
            let chosen = sample(seed + number as u64, SAMPLE, found.len());
            let mut place = 0..;
            found.retain(|_| chosen.contains(&place.next().unwrap_or_default()));
        }
        cells.extend(found);
    }
    let outcomes = in_parallel(AT_ONCE, &cells, run);
    println!("{} of {every} cells in {:.0} s, none skipped", cells.len(), began.elapsed().as_secs_f64());
    let failures: Vec<String> = (cells.iter().zip(&outcomes))
        .filter_map(|(Cell { spec, call, operation, fault }, outcome)| {
            let problem = outcome.as_ref().err()?;
            Some(format!("{spec}, {} at call {call} ({operation}): {problem}", fault.name))
        })
        .collect();
    let shown = &failures[..failures.len().min(30)];
    assert!(failures.is_empty(), "{} of {} cells:\n{}", failures.len(), cells.len(), shown.join("\n"));
    let struck = outcomes.iter().filter(|outcome| **outcome != Ok(0)).count();
    assert!(struck * 3 > cells.len(), "only {struck} runs met their fault");
}
