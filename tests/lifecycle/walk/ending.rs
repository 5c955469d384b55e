//! What must be true in the end: as many keys and aliases as were asked for and no other, the bytes, and nothing left behind.

use super::scene::{Scene, bytes_of};
use super::session::Session;
use super::task::{Ends, Source, Task};
use crate::support::cloud::wait;
use crate::support::order::ALIAS;
use crate::support::world::{Key, REGIONS, Truth, World};

pub fn check(task: &Task, source: Source, session: &mut Session, scene: &mut Scene) -> Result<(), String> {
    if task.ends == Ends::Deleted {
        let world = scene.world();
        if world.keys.iter().map(|key| key.state.as_str()).ne(["PendingImport"]) {
            return Err(format!("the key material is there still: {world:?}"));
        }
        // The way back, as it is printed; whoever saw no end of it looks into the file.
        let restore = session.printed.iter().rev().find_map(|printed| printed.restore.clone());
        let restore = restore.ok_or("no way back is printed")?;
        for command in restore.split(" && ") {
            session.paste(command, scene)?;
        }
    }
    let world = scene.world();
    if matches!(task.ends, Ends::Moved(_) | Ends::Back) {
        check_two(task, source, session, scene, world)?;
        return check_files(scene);
    }
    let regions = &REGIONS[..task.regions];
    let id = world.keys.first().and_then(|key| key.arn.rsplit('/').next()).unwrap_or_default().to_owned();
    let enabled = world.keys.iter().filter(|key| key.state == "Enabled" && key.arn.ends_with(&id));
    if enabled.count() != regions.len() || world.keys.len() != regions.len() {
        return Err(format!("not one enabled key: {world:?}"));
    }
    let mut aliases = world.aliases.clone();
    aliases.sort_by_key(|(region, ..)| REGIONS.iter().position(|known| known == region));
    let alias = |region: &&str| ((*region).to_owned(), ALIAS.to_owned(), id.clone());
    if aliases != regions.iter().map(alias).collect::<Vec<_>>() {
        return Err(format!("not one alias: {world:?}"));
    }
    check_bytes(task, source, session, scene, &world)?;
    check_files(scene)
}

/// Two keys, of which the alias names the right one; each has its bytes.
fn check_two(task: &Task, source: Source, session: &Session, scene: &Scene, world: World) -> Result<(), String> {
    let [(_, alias, id)] = &world.aliases[..] else { return Err(format!("not one alias: {world:?}")) };
    let named = |key: &&Key| key.arn.ends_with(id.as_str());
    let (Some(current), [_, _]) = (world.keys.iter().find(named), &world.keys[..]) else {
        return Err(format!("not two keys, of which the alias names one: {world:?}"));
    };
    let Some(other) = world.keys.iter().find(|key| !named(key)) else { return Err("one key twice".to_owned()) };
    let first = bytes_of(scene, "first")?;
    let holds = |key: &Key, material: &[u8]| scene.look(|kms| wait(kms.holds(key, task.spec, material)));
    let (old, state) = match task.ends {
        Ends::Moved(state) => (other, state),
        _ => (current, "Enabled"),
    };
    if alias != ALIAS
        || current.state != "Enabled"
        || (old.state.as_str(), old.arn == other.arn) != (state, task.ends != Ends::Back)
    {
        return Err(format!("the alias and the states are not right: {world:?}"));
    }
    // A disabled key computes no HMAC; its public key is told.
    if !holds(old, first.expose()) {
        return Err(format!("the old key has not its bytes: {world:?}"));
    }
    let new = if task.ends == Ends::Back { other } else { current };
    let file = session.named.as_deref().or(task.file(source));
    match file {
        Some(file) if !holds(new, bytes_of(scene, file)?.expose()) => {
            Err(format!("the new key does not hold what `{file}` holds: {world:?}"))
        }
        _ => Ok(()),
    }
}

/// KMS holds what the file holds that the last report names, or else the one that was asked for.
fn check_bytes(task: &Task, source: Source, session: &Session, scene: &Scene, world: &World) -> Result<(), String> {
    let file = session.named.as_deref().or(task.file(source));
    let holds = |material: &[u8]| {
        let held = |key| scene.look(|kms| wait(kms.holds(key, task.spec, material)));
        world.keys.iter().map(held).collect::<Vec<_>>()
    };
    let Some(file) = file else {
        // What was made and not stored is not what was there before.
        let first = bytes_of(scene, "first")?;
        let same = world.keys.iter().all(|key| key.current == world.keys[0].current);
        return match !same || holds(first.expose()).contains(&true) {
            true => Err(format!("it is not new: {world:?}")),
            false => Ok(()),
        };
    };
    match holds(bytes_of(scene, file)?.expose()).contains(&false) {
        true => Err(format!("KMS does not hold what `{file}` holds: {world:?}")),
        false => Ok(()),
    }
}

/// What the user's directory has in the end, and no request that is still written down as under way.
fn check_files(scene: &Scene) -> Result<(), String> {
    let known = [
        ".local",
        "D",
        "FILE",
        "KEY",
        "copy",
        "first",
        "given",
        "given.cms",
        "record",
        "recovery.key",
        "recovery.pem",
        "requests.log",
    ];
    let superseded =
        |name: &str| ["copy.", "record."].iter().any(|begin| name.starts_with(&format!("{begin}superseded-")));
    let stray = scene.cloud.bench.names().into_iter().find(|name| !known.contains(&name.as_str()) && !superseded(name));
    if let Some(stray) = stray {
        return Err(format!("`{stray}` is left behind"));
    }
    let state = scene.cloud.bench.path(".local/state/kms-byok");
    // The lock of an alias stays.
    let notes = |entries: std::fs::ReadDir| {
        entries.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "json")).count()
    };
    match std::fs::read_dir(state).map_or(0, notes) {
        0 => Ok(()),
        _ => Err("a request is still written down as under way".to_owned()),
    }
}
