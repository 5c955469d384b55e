//! RotateKeyOnDemand, GetKeyRotationStatus, EnableKeyRotation, DisableKeyRotation, ListKeyRotations.

use hex::encode;
use serde_json::{Value, json};

use super::create_key::random;
use super::paging;
use crate::rehearsal::model::call::{Call, Reply, seconds};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::clock::{DAY, Millis};
use crate::rehearsal::state::key::{Key, KeyMaterial, Origin, Stage};
use crate::rehearsal::state::key_id::KeyId;
use crate::rehearsal::state::{Found, World};

/// How long a rotation takes: KMS does it in the background.
const TAKES: Millis = 250;

pub(crate) fn rotate_key_on_demand(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let complete =
        world.relatives(found.id).all(|(_, key)| key.pending().is_none_or(|material| material.bytes.is_some()));
    let key = world.key(&call.region, &found)?;
    if key.rotations.started.is_some() {
        return Err(Refusal::new("ConflictException", format!("A rotation of {} is in progress.", found.arn)));
    }
    match key.origin {
        Origin::AwsKms => world.add_material(found.id)?,
        Origin::External if key.pending().is_none() || !complete => {
            return Err(Refusal::invalid_state(format!(
                "No available key material pending rotation for the key: {}.",
                found.arn
            )));
        }
        Origin::External => {}
    }
    let key = world.key(&call.region, &found)?;
    key.rotations.started = Some(call.now);
    key.rotations.on_demand += 1;
    Ok(json!({ "KeyId": found.arn }))
}

pub(crate) fn get_key_rotation_status(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let key = world.key(&call.region, &found)?;
    let automatic = key.rotations.automatic.filter(|_| key.deletion.is_none());
    let mut reply = json!({ "KeyId": found.arn, "KeyRotationEnabled": automatic.is_some() });
    if let Some((period, next)) = automatic {
        reply["RotationPeriodInDays"] = period.into();
        reply["NextRotationDate"] = seconds(next);
    }
    if let Some(started) = key.rotations.started {
        reply["OnDemandRotationStartDate"] = seconds(started);
    }
    Ok(reply)
}

pub(crate) fn enable_key_rotation(world: &mut World, call: &Call) -> Reply {
    let period = call.number("RotationPeriodInDays").and_then(|days| u32::try_from(days).ok()).unwrap_or(365);
    set_automatic(world, call, Some((period, call.now + DAY * Millis::from(period))))
}

pub(crate) fn disable_key_rotation(world: &mut World, call: &Call) -> Reply {
    set_automatic(world, call, None)
}

fn set_automatic(world: &mut World, call: &Call, automatic: Option<(u32, Millis)>) -> Reply {
    let found = world.admit(call)?;
    for (_, key) in world.relatives(found.id) {
        key.rotations.automatic = automatic;
    }
    Ok(json!(null))
}

pub(crate) fn list_key_rotations(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let after = paging::after(call)?.and_then(|index| index.parse().ok()).unwrap_or(0);
    let everywhere =
        world.relatives(found.id).all(|(_, key)| key.pending().is_none_or(|material| material.bytes.is_some()));
    let key = world.key(&call.region, &found)?;
    let all = call.text("IncludeKeyMaterial") == Some("ALL_KEY_MATERIAL");
    let shown = key.materials.iter().filter(|material| match material.stage {
        Stage::Pending => all && key.origin == Origin::External,
        _ => all || material.rotated.is_some(),
    });
    // The newest first, as KMS lists rotations.
    let newest_first: Vec<Value> = shown.rev().map(|material| entry(key, &found, material, everywhere)).collect();
    let named = newest_first.into_iter().enumerate().map(|(index, entry)| ((index + 1).to_string(), entry));
    paging::page(call, "Rotations", 100, named.skip(after))
}

fn entry(key: &Key, found: &Found, material: &KeyMaterial, everywhere: bool) -> Value {
    let state = match material.stage {
        Stage::Current => "CURRENT",
        Stage::NonCurrent => "NON_CURRENT",
        Stage::Pending if everywhere => "PENDING_ROTATION",
        Stage::Pending => "PENDING_MULTI_REGION_IMPORT_AND_ROTATION",
    };
    let mut entry = json!({
        "KeyId": found.id.to_string(),
        "KeyMaterialId": encode(material.id),
        "KeyMaterialState": state,
    });
    if key.origin == Origin::External {
        let imported = material.bytes.is_some();
        entry["ImportState"] = if imported { "IMPORTED" } else { "PENDING_IMPORT" }.into();
        if let Some(description) = &material.description {
            entry["KeyMaterialDescription"] = (&**description).into();
        }
        if imported {
            entry["ExpirationModel"] = material.expiration_model().into();
        }
        if let Some(end) = material.valid_to {
            entry["ValidTo"] = seconds(end);
        }
    }
    if let Some((date, on_demand)) = material.rotated {
        entry["RotationDate"] = seconds(date);
        entry["RotationType"] = if on_demand { "ON_DEMAND" } else { "AUTOMATIC" }.into();
    }
    entry
}

impl World {
    /// Makes the pending material current in all Regions, once a rotation that was asked for is due, and rotates what rotates by itself.
    pub(crate) fn finish_rotations(&mut self, id: KeyId, now: Millis) {
        let started =
            self.relatives(id).find_map(|(_, key)| key.rotations.started.filter(|start| start + TAKES <= now));
        if let Some(started) = started {
            self.rotate(id, started + TAKES, true);
        }
        loop {
            let due = self.relatives(id).find_map(|(_, key)| key.automatic_rotation_due(now));
            let Some((period, due)) = due else { return };
            for (_, key) in self.relatives(id) {
                key.rotations.automatic = Some((period, due + DAY * Millis::from(period)));
            }
            if self.add_material(id).is_ok() {
                self.rotate(id, due, false);
            }
        }
    }

    fn rotate(&mut self, id: KeyId, done: Millis, on_demand: bool) {
        for (_, key) in self.relatives(id) {
            key.rotations.started = None;
            for material in &mut key.materials {
                match material.stage {
                    Stage::Current => material.stage = Stage::NonCurrent,
                    Stage::Pending => {
                        material.stage = Stage::Current;
                        material.rotated = Some((done, on_demand));
                    }
                    Stage::NonCurrent => {}
                }
            }
        }
    }

    /// Fresh material of KMS's own for a key of origin AWS_KMS, the same in all Regions.
    fn add_material(&mut self, id: KeyId) -> Result<(), Refusal> {
        let bytes = random(32)?;
        let material_id = self.material_id(id, &bytes)?;
        for (_, key) in self.relatives(id) {
            key.materials.push(KeyMaterial {
                id: material_id,
                bytes: Some(bytes.clone()),
                public: None,
                valid_to: None,
                description: None,
                stage: Stage::Pending,
                rotated: None,
            });
        }
        Ok(())
    }
}

impl Key {
    fn automatic_rotation_due(&self, now: Millis) -> Option<(u32, Millis)> {
        let usable = self.deletion.is_none() && !self.disabled && self.rotations.started.is_none();
        self.rotations.automatic.filter(|(_, next)| usable && *next <= now)
    }
}
