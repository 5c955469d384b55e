//! ScheduleKeyDeletion, CancelKeyDeletion.

use serde_json::json;

use crate::rehearsal::model::call::{Call, Reply, seconds};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::World;
use crate::rehearsal::state::clock::{DAY, Millis};
use crate::rehearsal::state::key::{Deletion, Role};

pub(crate) fn schedule_key_deletion(world: &mut World, call: &Call) -> Reply {
    let days = call.number("PendingWindowInDays").unwrap_or(30);
    let window_in_days = u32::try_from(days)
        .ok()
        .filter(|days| (7..=30).contains(days))
        .ok_or_else(|| Refusal::validation("PendingWindowInDays must be between 7 and 30."))?;
    let found = world.admit(call)?;
    let replicas = world.relatives(found.id).any(|(_, key)| key.role == Role::Replica);
    let key = world.key(&call.region, &found)?;
    let waits = key.role == Role::Primary && replicas;
    let date = (!waits).then(|| call.now + DAY * Millis::from(window_in_days));
    key.deletion = Some(Deletion { window_in_days, date });
    let mut reply = json!({
        "KeyId": found.arn,
        "KeyState": key.state(call.now).name(),
        "PendingWindowInDays": window_in_days,
    });
    if let Some(date) = date {
        reply["DeletionDate"] = seconds(date);
    }
    Ok(reply)
}

pub(crate) fn cancel_key_deletion(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let key = world.key(&call.region, &found)?;
    key.deletion = None;
    key.disabled = true;
    Ok(json!({ "KeyId": found.arn }))
}
