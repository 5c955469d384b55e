//! How every cell ends: one key, one alias, the bytes, and no file that nobody knows.

use std::fs;
use std::path::PathBuf;

use kms_byok::kms::KeyState;

use super::row::{Before, Row, Scene};
use super::{FIRST, LONG, SEALED};
use crate::support::order::{self, ALIAS, BACKUP, GIVEN, PARAMETERS, Source, Verb};
use crate::support::world::{REGIONS, Truth, World};

/// One key, one alias, and the bytes.
pub(super) async fn check_end(row: &Row, scene: &Scene, named: &Option<PathBuf>) -> Result<(), String> {
    tokio::time::advance(LONG).await;
    let mut world = scene.runtime.world().await;
    if row.verbs == [Verb::DeleteMaterial] {
        // The same bytes bring it back.
        let [key] = &world.keys[..] else { return Err(format!("not one key: {world:?}")) };
        if key.state != KeyState::PendingImport.to_string() {
            return Err(format!("the key material is there still: {world:?}"));
        }
        let given = order::read(&scene.order.path(GIVEN), row.spec).unwrap();
        scene.runtime.import(key, given.expose()).await?;
        tokio::time::advance(LONG).await;
        world = scene.runtime.world().await;
    }
    let regions = if row.replicated { &REGIONS[..] } else { &REGIONS[..1] };
    let id = world.keys.first().and_then(|key| key.arn.rsplit('/').next()).unwrap_or_default().to_owned();
    let alias = |region: &&str| ((*region).to_owned(), ALIAS.to_owned(), id.clone());
    let enabled = world.keys.iter().filter(|key| key.state == KeyState::Enabled.to_string() && key.arn.ends_with(&id));
    if enabled.count() != regions.len() || world.keys.len() != regions.len() {
        return Err(format!("not one enabled key: {world:?}"));
    }
    let mut aliases = world.aliases.clone();
    aliases.sort_by_key(|(region, ..)| REGIONS.iter().position(|known| known == region));
    if aliases != regions.iter().map(alias).collect::<Vec<_>>() {
        return Err(format!("not one alias: {world:?}"));
    }
    check_files(scene)?;
    let spec = row.spec;
    let asked_for = scene.order.path(BACKUP);
    let file = named.as_ref().unwrap_or(&asked_for);
    let material = match &row.source {
        // What is there is what was asked for, and nothing is generated.
        _ if row.before == Before::Filled && row.verbs == [Verb::Provision] => {
            order::read(&scene.order.path(GIVEN), spec)
        }
        Source::Keep => order::read(file, spec),
        Source::Escrow => order::opened(file, spec, scene.directory.path()),
        Source::Discard if named.is_none() && !asked_for.exists() => return check_new(row, scene, &world).await,
        Source::DiscardOrResume => return check_new(row, scene, &world).await,
        _ if named.is_some() => return Err(format!("bytes without a backup are said to be in {named:?}")),
        _ => order::read(&scene.order.path(GIVEN), spec),
    };
    let material = material.map_err(|error| format!("{}: {error}", file.display()))?;
    for key in &world.keys {
        if !scene.runtime.holds(key, spec.name(), material.expose()).await {
            return Err(format!("{} does not hold what {} holds: {world:?}", key.arn, file.display()));
        }
    }
    Ok(())
}

/// No file that nobody knows, and no request that is still written down as under way.
fn check_files(scene: &Scene) -> Result<(), String> {
    let names = fs::read_dir(scene.directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let known = [BACKUP, FIRST, GIVEN, SEALED, PARAMETERS, "record", "recovery.key", "recovery.pem", "state"];
    let superseded =
        |name: &str| ["copy.superseded-", "record.superseded-"].iter().any(|begin| name.starts_with(begin));
    let mut names = names.map(|name| name.to_string_lossy().into_owned());
    if let Some(stray) = names.find(|name| !known.contains(&name.as_str()) && !superseded(name)) {
        return Err(format!("`{stray}` is left behind"));
    }
    match fs::read_dir(scene.order.path("state")).map_or(0, Iterator::count) {
        0 => Ok(()),
        _ => Err("a request is still written down as under way".to_owned()),
    }
}

/// What a rotation has made and nobody has stored is not what was there before.
async fn check_new(row: &Row, scene: &Scene, world: &World) -> Result<(), String> {
    if row.verbs[0] != Verb::Rotate {
        return Ok(());
    }
    let first = order::read(&scene.order.path(FIRST), row.spec).unwrap();
    for key in &world.keys {
        if key.current != world.keys[0].current || scene.runtime.holds(key, row.spec.name(), first.expose()).await {
            return Err(format!("it is not rotated: {world:?}"));
        }
    }
    Ok(())
}
