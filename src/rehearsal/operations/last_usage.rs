//! GetKeyLastUsage, and what it tells.

use serde_json::{Value, json};

use crate::rehearsal::model::call::{Call, Reply, seconds};
use crate::rehearsal::state::key::Usage;
use crate::rehearsal::state::{By, World};

/// Service model, KeyLastUsageTrackingOperation.
pub(crate) const TRACKED: &[&str] = &[
    "Decrypt",
    "DeriveSharedSecret",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
    "Encapsulate",
    "Decapsulate",
];

pub(crate) fn get_key_last_usage(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let key = world.key(&call.region, &found)?;
    let usage = match &key.last_usage {
        Some(usage) => json!({
            "Operation": usage.operation,
            "Timestamp": seconds(usage.time),
            "CloudTrailEventId": usage.event_id,
            "KmsRequestId": usage.request_id,
        }),
        None => json!({}),
    };
    // Every key here is younger than KMS's tracking, which then begins with the key.
    let created = seconds(key.created);
    Ok(json!({
        "KeyId": found.arn, "KeyLastUsage": usage, "TrackingStartDate": created, "KeyCreationDate": created,
    }))
}

/// Keeps that the keys of a reply were used: a ReEncrypt has two.
pub(crate) fn note(world: &mut World, call: &Call, reply: &Value) {
    let Some(operation) = TRACKED.iter().find(|tracked| **tracked == call.operation) else { return };
    for arn in ["KeyId", "SourceKeyId"].iter().filter_map(|member| reply[*member].as_str()) {
        if let Ok(found) = world.locate(&call.region, arn, call.now, By::IdOrArn)
            && let Ok(key) = world.key(&call.region, &found)
        {
            let (request_id, event_id) = (call.request_id.as_str().into(), crate::rehearsal::state::key_id::uuid());
            key.last_usage = Some(Usage { operation, time: call.now, request_id, event_id });
        }
    }
}
