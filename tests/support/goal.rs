//! What must be true after a run that met a fault, and after the same command again.
#![allow(dead_code, unreachable_pub)] // each test program uses a part of it
#![allow(clippy::unwrap_used)] // a helper that fails is a test that fails

use super::fault_scene::{Ended, KILLED, Scene, World};
use super::verbs::Verb;

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
        if first.exit != KILLED && !first.names(arn) && first.uncertain.as_deref() != Some("CreateKey") {
            return Err(format!("it does not name {arn}, which it has made"));
        }
    }
    for arn in between.in_state("Enabled") {
        if !verb.copies(scene).iter().any(|(_, bytes)| scene.holds(arn, verb.spec().name(), bytes)) {
            return Err("KMS holds key material of which no copy is left".to_owned());
        }
    }
    Ok(())
}

/// One key holds the material, one alias names it, every other key is a named leftover, and the copy is where it belongs.
pub fn check_goal(verb: Verb, scene: &Scene, runs: &[&Ended]) -> Result<(), String> {
    let world = scene.world();
    let [arn] = world.in_state("Enabled")[..] else { return Err(format!("not one key is enabled: {world:?}")) };
    let id = arn.rsplit('/').next().unwrap_or_default();
    if world.aliases != [("alias/a".to_owned(), id.to_owned())] {
        return Err(format!("the aliases are {:?}", world.aliases));
    }
    for (other, _) in world.keys.iter().filter(|(other, _)| other != arn) {
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
    if !right.is_some_and(|(_, bytes)| scene.holds(arn, verb.spec().name(), bytes)) {
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
