//! CreateAlias, UpdateAlias, DeleteAlias, ListAliases.

use std::ops::Bound;

use serde_json::json;

use super::checks::takes_an_alias;
use super::paging;
use crate::rehearsal::model::call::{Call, Reply, seconds};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::key::Key;
use crate::rehearsal::state::{Alias, Found, World};

pub(crate) fn create_alias(world: &mut World, call: &Call) -> Reply {
    let name = name(call)?;
    let found = target(world, call)?;
    let arn = world.alias_arn(&call.region, name);
    if world.region(&call.region).aliases.contains_key(name) {
        return Err(Refusal::new("AlreadyExistsException", format!("An alias with the name {arn} already exists")));
    }
    world.key(&call.region, &found)?.aliases += 1;
    let visible = call.now + world.consistency_delay;
    let alias = Alias { target: found.id, created: call.now, updated: call.now, visible };
    world.region(&call.region).aliases.insert(name.into(), alias);
    Ok(json!(null))
}

pub(crate) fn update_alias(world: &mut World, call: &Call) -> Reply {
    let name = name(call)?;
    let found = target(world, call)?;
    let arn = world.alias_arn(&call.region, name);
    let (spec, usage) = {
        let key = world.key(&call.region, &found)?;
        (key.spec, key.usage)
    };
    let missing = Refusal::not_found(format!("Alias {arn} is not found."));
    let region = world.region(&call.region);
    let alias = region.aliases.get_mut(name).ok_or(missing)?;
    let same = |old: &Key| old.usage == usage && old.spec.is_private_key() == spec.is_private_key();
    if region.keys.get(&alias.target).is_some_and(|old| !same(old)) {
        return Err(Refusal::validation(format!(
            "Alias {arn} cannot be changed to a key of another type or key usage."
        )));
    }
    if alias.target == found.id {
        alias.updated = call.now;
        return Ok(json!(null));
    }
    if let Some(key) = region.keys.get_mut(&found.id) {
        takes_an_alias(key, &found.arn)?;
        key.aliases += 1;
    }
    if let Some(old) = region.keys.get_mut(&alias.target) {
        old.aliases = old.aliases.saturating_sub(1);
    }
    alias.target = found.id;
    alias.updated = call.now;
    Ok(json!(null))
}

pub(crate) fn delete_alias(world: &mut World, call: &Call) -> Reply {
    let name = name(call)?;
    let missing = Refusal::not_found(format!("Alias {} is not found.", world.alias_arn(&call.region, name)));
    let region = world.region(&call.region);
    let alias = region.aliases.remove(name).ok_or(missing)?;
    if let Some(key) = region.keys.get_mut(&alias.target) {
        key.aliases = key.aliases.saturating_sub(1);
    }
    Ok(json!(null))
}

pub(crate) fn list_aliases(world: &mut World, call: &Call) -> Reply {
    let only = match call.has("KeyId") {
        true => Some(world.admit(call)?.id),
        false => None,
    };
    let after = paging::after(call)?;
    let after = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let arn = world.alias_arn(&call.region, "");
    let aliases = world.region(&call.region).aliases.range::<str, _>((after, Bound::Unbounded));
    let entries = aliases
        .filter(|(_, alias)| alias.visible <= call.now && only.is_none_or(|id| alias.target == id))
        .map(|(name, alias)| {
            let entry = json!({
                "AliasName": name,
                "AliasArn": format!("{arn}{name}"),
                "TargetKeyId": alias.target.to_string(),
                "CreationDate": seconds(alias.created),
                "LastUpdatedDate": seconds(alias.updated),
            });
            (name.to_string(), entry)
        });
    paging::page(call, "Aliases", 50, entries)
}

fn name(call: &Call) -> Result<&str, Refusal> {
    let name = call.required("AliasName");
    if !name.starts_with("alias/") {
        return Err(Refusal::validation(
            "Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        ));
    }
    if name == "alias/" || name[6..].contains(':') {
        return Err(Refusal::new("InvalidAliasNameException", format!("{name} is not a valid alias name.")));
    }
    if name.starts_with("alias/aws/") && call.operation != "DeleteAlias" {
        return Err(Refusal::new("NotAuthorizedException", ""));
    }
    Ok(name)
}

fn target(world: &mut World, call: &Call) -> Result<Found, Refusal> {
    let target = call.required("TargetKeyId");
    if target.starts_with("alias/") || target.contains(":alias/") {
        return Err(Refusal::validation("Aliases must refer to keys. Not aliases"));
    }
    world.admit_as(call, "TargetKeyId")
}
