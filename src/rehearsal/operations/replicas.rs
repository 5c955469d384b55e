//! ReplicateKey, UpdatePrimaryRegion.

use serde_json::{Value, json};

use super::policy;
use super::tags;
use crate::rehearsal::model::call::{Call, Reply};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::clock::Millis;
use crate::rehearsal::state::key::{Key, KeyMaterial, Origin, Role, Rotations, State};
use crate::rehearsal::state::{Found, World, partition_of};

/// How long a new replica is Creating, and a change of the primary Region Updating.
const TAKES: Millis = 250;

pub(crate) fn replicate_key(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let region = call.required("ReplicaRegion");
    let delay = world.consistency_delay;
    let key = world.key(&call.region, &found)?;
    if partition_of(region) != partition_of(&call.region) || region == call.region {
        return Err(Refusal::validation(format!("{region} is not a Region that {} can be replicated to.", found.arn)));
    }
    let policy = policy::read(call)?;
    let tags = tags::read(call)?;
    let replica = Key {
        spec: key.spec,
        usage: key.usage,
        origin: key.origin,
        role: Role::Replica,
        created: call.now,
        visible: call.now + delay,
        complete: call.now + delay + TAKES,
        updated: call.now,
        disabled: false,
        deletion: None,
        description: call.text("Description").unwrap_or_default().into(),
        policy,
        tags: tags.clone(),
        grants: Vec::new(),
        aliases: 0,
        materials: key.materials.iter().map(|material| shared(key.origin, material)).collect(),
        rotations: Rotations { automatic: key.rotations.automatic, ..Rotations::default() },
        last_usage: None,
    };
    let replica_found = Found { id: found.id, arn: world.arn(region, found.id) };
    if world.region(region).keys.contains_key(&found.id) {
        return Err(Refusal::new("AlreadyExistsException", format!("{} already exists.", replica_found.arn)));
    }
    let shown_policy =
        replica.policy.as_deref().map_or_else(|| policy::default_policy(region, &world.account), str::to_owned);
    world.region(region).keys.insert(found.id, replica);
    let mut reply = json!({
        "ReplicaKeyMetadata": world.metadata(region, &replica_found, call.now)?,
        "ReplicaPolicy": shown_policy,
    });
    if !tags.is_empty() {
        let tags: Vec<Value> = tags.iter().map(|(name, value)| json!({ "TagKey": name, "TagValue": value })).collect();
        reply["ReplicaTags"] = tags.into();
    }
    Ok(reply)
}

/// What a replica gets of the primary's material: everything of KMS's own, and of imported material only that it is to be imported.
fn shared(origin: Origin, material: &KeyMaterial) -> KeyMaterial {
    KeyMaterial {
        id: material.id,
        public: None,
        bytes: material.bytes.clone().filter(|_| origin == Origin::AwsKms),
        valid_to: None,
        description: None,
        stage: material.stage,
        rotated: material.rotated,
    }
}

pub(crate) fn update_primary_region(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let region = call.required("PrimaryRegion");
    let replica_arn = world.arn(region, found.id);
    let replica = world
        .region(region)
        .keys
        .get(&found.id)
        .filter(|key| key.role == Role::Replica)
        .ok_or_else(|| Refusal::not_found(format!("Key '{replica_arn}' does not exist")))?;
    replica.require(&replica_arn, call.now, &[State::Enabled, State::Updating])?;
    let mut rotations = Rotations::default();
    for (name, key) in world.relatives(found.id) {
        if name == call.region {
            key.role = Role::Replica;
            key.updated = call.now + TAKES;
            rotations = std::mem::take(&mut key.rotations);
            key.rotations.automatic = rotations.automatic;
        } else if name == region {
            key.role = Role::Primary;
            key.updated = call.now + TAKES;
        }
    }
    world.key(region, &found)?.rotations = rotations;
    Ok(json!(null))
}
