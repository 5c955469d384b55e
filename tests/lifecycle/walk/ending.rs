//! What must be true in the end: as many keys and aliases as were asked for and no other, the bytes, and nothing left behind.

use super::scene::{Scene, bytes_of};
use super::session::Session;
use super::task::{Ends, Source, Task};
use crate::support::cloud::wait;
use crate::support::order::ALIAS;
use crate::support::world::{REGIONS, Truth, World};

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
    match std::fs::read_dir(state).map_or(0, Iterator::count) {
        0 => Ok(()),
        _ => Err("a request is still written down as under way".to_owned()),
    }
}
