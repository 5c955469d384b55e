//! Limit, Marker, NextMarker, Truncated.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::rehearsal::model::call::{Call, Reply};
use crate::rehearsal::model::protocol::Refusal;

/// The name after which the page begins: that of the last item of the page before.
pub(crate) fn after(call: &Call) -> Result<Option<String>, Refusal> {
    let Some(marker) = call.text("Marker") else { return Ok(None) };
    BASE64_STANDARD
        .decode(marker)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix("after:").map(str::to_owned))
        .map(Some)
        .ok_or_else(|| Refusal::new("InvalidMarkerException", "The marker is not valid."))
}

/// One page of items that come with their names, in the order of the names; `usual` is the page's length when no Limit is given.
pub(crate) fn page(call: &Call, field: &str, usual: usize, mut items: impl Iterator<Item = (String, Value)>) -> Reply {
    let limit = call.number("Limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usual);
    let mut last = None;
    let shown: Vec<Value> = items
        .by_ref()
        .take(limit)
        .map(|(name, item)| {
            last = Some(name);
            item
        })
        .collect();
    let truncated = items.next().is_some();
    let mut reply = json!({ field: shown, "Truncated": truncated });
    if truncated && let Some(last) = last {
        reply["NextMarker"] = BASE64_STANDARD.encode(format!("after:{last}")).into();
    }
    Ok(reply)
}
