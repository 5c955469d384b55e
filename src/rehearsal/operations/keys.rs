//! DescribeKey, ListKeys, EnableKey, DisableKey, UpdateKeyDescription.

use std::ops::Bound;

use serde_json::{Value, json};

use super::paging;
use crate::rehearsal::model::call::{Call, Reply};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::World;
use crate::rehearsal::state::key_id::KeyId;

pub(crate) fn describe_key(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    if let Some(before) = call.lag.and_then(|lag| world.lagging.shown(&found.arn, call.now, lag)) {
        return Ok(json!({ "KeyMetadata": before }));
    }
    Ok(json!({ "KeyMetadata": world.metadata(&call.region, &found, call.now)? }))
}

pub(crate) fn list_keys(world: &mut World, call: &Call) -> Reply {
    let owners: Vec<&str> = call.items("ResourceOwners").iter().filter_map(Value::as_str).collect();
    if !owners.is_empty() && !owners.contains(&"SELF") {
        // No other account shares keys here.
        return match call.has("Marker") {
            true => Err(Refusal::new("InvalidMarkerException", "The marker is not valid.")),
            false => paging::page(call, "Keys", 100, std::iter::empty()),
        };
    }
    let after = match paging::after(call)? {
        Some(id) => Bound::Excluded(
            KeyId::read(&id).ok_or_else(|| Refusal::new("InvalidMarkerException", "The marker is not valid."))?,
        ),
        None => Bound::Unbounded,
    };
    let arn = world.alias_arn(&call.region, "key/");
    let keys = world.region(&call.region).keys.range((after, Bound::Unbounded));
    let there = keys.filter(|(_, key)| {
        let deleted = key.deletion.as_ref().and_then(|deletion| deletion.date).is_some_and(|date| date <= call.now);
        key.visible <= call.now && !deleted
    });
    let entries = there.map(|(id, _)| {
        let id = id.to_string();
        let entry = json!({ "KeyId": id, "KeyArn": format!("{arn}{id}") });
        (id, entry)
    });
    paging::page(call, "Keys", 100, entries)
}

pub(crate) fn enable_key(world: &mut World, call: &Call) -> Reply {
    set_disabled(world, call, false)
}

pub(crate) fn disable_key(world: &mut World, call: &Call) -> Reply {
    set_disabled(world, call, true)
}

fn set_disabled(world: &mut World, call: &Call, disabled: bool) -> Reply {
    let found = world.admit(call)?;
    let key = world.key(&call.region, &found)?;
    key.disabled = disabled;
    Ok(json!(null))
}

pub(crate) fn update_key_description(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let key = world.key(&call.region, &found)?;
    key.description = call.required("Description").into();
    Ok(json!(null))
}
