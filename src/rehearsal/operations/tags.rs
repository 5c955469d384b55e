//! TagResource, UntagResource, ListResourceTags.

use serde_json::{Value, json};

use super::paging;
use crate::rehearsal::model::call::{Call, Reply};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::World;

type Tags = Vec<(Box<str>, Box<str>)>;

/// The quota of tags for one key.
const MOST: usize = 50;

pub(crate) fn tag_resource(world: &mut World, call: &Call) -> Reply {
    let new = read(call)?;
    let found = world.admit(call)?;
    let key = world.key(&call.region, &found)?;
    let mut tags = key.tags.clone();
    for (name, value) in new {
        match tags.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => tags.push((name, value)),
        }
    }
    not_too_many(&tags)?;
    key.tags = tags;
    Ok(json!(null))
}

pub(crate) fn untag_resource(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let key = world.key(&call.region, &found)?;
    let gone: Vec<&str> = call.items("TagKeys").iter().filter_map(Value::as_str).collect();
    key.tags.retain(|(name, _)| !gone.contains(&&**name));
    Ok(json!(null))
}

pub(crate) fn list_resource_tags(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let after = paging::after(call)?;
    let mut tags = world.key(&call.region, &found)?.tags.clone();
    tags.sort_unstable();
    let entries = tags
        .into_iter()
        .filter(|(name, _)| after.as_deref().is_none_or(|after| &**name > after))
        .map(|(name, value)| (name.to_string(), json!({ "TagKey": name, "TagValue": value })));
    paging::page(call, "Tags", 50, entries)
}

/// The `Tags` of a request.
pub(crate) fn read(call: &Call) -> Result<Tags, Refusal> {
    let text = |tag: &Value, name: &str| tag.get(name).and_then(Value::as_str).unwrap_or_default().into();
    let tags: Tags = call.items("Tags").iter().map(|tag| (text(tag, "TagKey"), text(tag, "TagValue"))).collect();
    if tags.iter().any(|(name, _): &(Box<str>, Box<str>)| name.to_ascii_lowercase().starts_with("aws:")) {
        return Err(tag_refusal("Tags beginning with aws: are reserved"));
    }
    let mut names: Vec<&str> = tags.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(tag_refusal("Duplicate tag keys"));
    }
    not_too_many(&tags)?;
    Ok(tags)
}

fn not_too_many(tags: &Tags) -> Result<(), Refusal> {
    if tags.len() > MOST { Err(tag_refusal("Too many tags")) } else { Ok(()) }
}

fn tag_refusal(message: &str) -> Refusal {
    Refusal::new("TagException", message)
}
