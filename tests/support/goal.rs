//! What must be true after a run that met a fault, and after the same command again.

use super::fault_scene::{Ended, KILLED, Scene, World};
use super::life_verbs::REPLICA_REGION;
use super::verbs::{GIVEN, Verb};

/// Exit code and report against the truth.
pub fn check_first(verb: Verb, scene: &Scene, first: &Ended, before: &World, between: &World) -> Result<(), String> {
    let changed = before != between;
    let unsure = first.uncertain.is_some();
    match first.exit {
        0 => check_goal(verb, scene, &[first])?,
        1 if changed => return Err("it says that nothing has changed, and something has".to_owned()),
        3 if !changed && !unsure => return Err("it says that something has changed, and nothing has".to_owned()),
        1 | 3 | KILLED => {}
        other => return Err(format!("exit code {other}")),
    }
    let new = between.keys.iter().filter(|(arn, _)| before.keys.iter().all(|(known, _)| known != arn));
    for (arn, _) in new {
        let unanswered = matches!(first.uncertain.as_deref(), Some("CreateKey" | "ReplicateKey"));
        if first.exit != KILLED && !first.names(arn) && !unanswered {
            return Err(format!("it does not name {arn}, which it has made"));
        }
    }
    // Every key material that KMS has is in a copy, or is one that stood there before.
    for arn in between.in_state("Enabled") {
        let copies = verb.copies(scene).into_iter().map(|(_, bytes)| bytes).chain([GIVEN.to_vec()]);
        let held = copies.filter(|bytes| scene.holds(arn, verb.spec().name(), bytes)).count();
        let materials = match verb.spec().name() {
            "SYMMETRIC_DEFAULT" => between.materials_of(arn).filter(|m| m["ImportState"] == "IMPORTED").count(),
            _ => 1,
        };
        if held < materials {
            return Err(format!("KMS holds key material of which no copy is left: {:?}", scene.names()));
        }
    }
    Ok(())
}

/// One key holds the material, one alias names it, every other key is a named leftover, and the copy is where it belongs.
pub fn check_goal(verb: Verb, scene: &Scene, runs: &[&Ended]) -> Result<(), String> {
    let world = scene.world();
    let here = world.in_region("us-east-1", "Enabled");
    let [arn] = here[..] else { return Err(format!("not one key is enabled: {world:?}")) };
    let id = arn.rsplit('/').next().unwrap_or_default();
    let replicated = matches!(verb, Verb::Replicate | Verb::RotateReplicas);
    let regions: &[&str] = if replicated { &["us-east-1", REPLICA_REGION] } else { &["us-east-1"] };
    let alias = |region: &&str| ((*region).to_owned(), "alias/a".to_owned(), id.to_owned());
    if world.aliases != regions.iter().map(alias).collect::<Vec<_>>() {
        return Err(format!("the aliases are {:?}", world.aliases));
    }
    let replicas = world.in_region(REPLICA_REGION, "Enabled");
    if replicas.len() + 1 != regions.len() {
        return Err(format!("not one replica is enabled: {world:?}"));
    }
    let rotated = matches!(verb, Verb::RotateGiven | Verb::RotateGenerated | Verb::RotateReplicas);
    for key in replicas.iter().chain([&arn]) {
        let materials: Vec<_> = world.materials_of(key).collect();
        let current = |m: &&&serde_json::Value| m["KeyMaterialState"] == "CURRENT";
        let imported = materials.iter().all(|m| m["ImportState"] == "IMPORTED");
        if verb.spec().name() == "SYMMETRIC_DEFAULT"
            && (materials.len() != 1 + usize::from(rotated)
                || materials.iter().filter(current).count() != 1
                || !imported)
        {
            return Err(format!("the key materials of {key} are {materials:?}"));
        }
        if rotated && !scene.holds(key, "SYMMETRIC_DEFAULT", &GIVEN) {
            return Err("the key material before the rotation is lost".to_owned());
        }
    }
    for (other, _) in world.keys.iter().filter(|(other, _)| other != arn && !replicas.contains(&other.as_str())) {
        if !runs.iter().any(|run| run.names(other)) {
            return Err(format!("{other} is left over and not named"));
        }
    }
    let last = runs.last().unwrap();
    if last.key_arn.as_deref() != Some(arn) || last.key_state.as_deref() != Some("Enabled") {
        return Err(format!("the report names {:?}, {:?}", last.key_arn, last.key_state));
    }
    let copies = verb.copies(scene);
    let right = copies.iter().find(|(name, _)| name == "copy" || name == "given");
    let is_it = |key: &str, bytes: &[u8]| match verb.spec().name() {
        "SYMMETRIC_DEFAULT" => scene.is_current(key, bytes),
        spec => scene.holds(key, spec, bytes),
    };
    if !right.is_some_and(|(_, bytes)| replicas.iter().chain([&arn]).all(|key| is_it(key, bytes))) {
        return Err(format!("the copy is not the key that KMS holds: {:?}", scene.names()));
    }
    let known = ["D", "copy", "recovery.key", "recovery.pem"];
    let stray =
        scene.names().into_iter().find(|name| !known.contains(&&**name) && !name.starts_with("copy.superseded-"));
    match stray {
        Some(name) => Err(format!("`{name}` is left behind")),
        None => Ok(()),
    }
}

/// Nothing is written down as under way.
pub fn check_tidy(scene: &Scene) -> Result<(), String> {
    if scene.remembered() > 0 {
        return Err("a request is still written down as under way".to_owned());
    }
    Ok(())
}
