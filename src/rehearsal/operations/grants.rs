//! CreateGrant, ListGrants, ListRetirableGrants, RetireGrant and RevokeGrant. Grants are kept and listed; nothing here evaluates them,
//! and grant tokens that come with other requests are not looked at.

use openssl::rand::rand_bytes;
use serde_json::{Value, json};

use super::key_metadata::algorithms;
use super::paging;
use crate::rehearsal::model::call::{Call, Reply, not_a_dry_run, seconds};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::key::Key;
use crate::rehearsal::state::key_id::KeyId;
use crate::rehearsal::state::{World, partition_of};

/// What a grant keeps of the request that made it.
const KEPT: &[&str] = &[
    "Name",
    "GranteePrincipal",
    "GranteeServicePrincipal",
    "RetiringPrincipal",
    "RetiringServicePrincipal",
    "Operations",
    "Constraints",
];

pub(crate) fn create_grant(world: &mut World, call: &Call) -> Reply {
    principals(call)?;
    let found = world.admit(call)?;
    let issuer = format!("arn:{}:iam::{}:root", partition_of(&call.region), world.account);
    let key = world.key(&call.region, &found)?;
    fits(call, key)?;
    not_a_dry_run(call)?;
    if let Some(id) = same(call, key) {
        return Ok(json!({ "GrantId": id, "GrantToken": token(&id)? }));
    }
    let id = random_hex::<32>()?;
    let mut grant = json!({
        "KeyId": found.arn, "GrantId": id, "CreationDate": seconds(call.now), "IssuingAccount": issuer,
    });
    for name in KEPT.iter().filter(|name| call.has(name)) {
        grant[*name] = call.input[*name].clone();
    }
    key.grants.push((id.as_str().into(), grant));
    Ok(json!({ "GrantId": id, "GrantToken": token(&id)? }))
}

/// Service model, CreateGrant: who may use the grant, and who may retire it.
fn principals(call: &Call) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::validation(message));
    if call.has("GranteePrincipal") == call.has("GranteeServicePrincipal") {
        return refuse("Either GranteePrincipal or GranteeServicePrincipal must be specified.");
    }
    if call.has("RetiringPrincipal") && call.has("RetiringServicePrincipal") {
        return refuse("RetiringPrincipal and RetiringServicePrincipal cannot both be specified.");
    }
    if call.has("GranteeServicePrincipal") {
        if call.input.get("Constraints").is_none_or(|constraints| constraints["SourceArn"].is_null()) {
            return refuse("A grant for a service principal needs a SourceArn constraint.");
        }
        if !call.has("RetiringPrincipal") && !call.has("RetiringServicePrincipal") {
            return refuse("A grant for a service principal needs a retiring principal.");
        }
    }
    Ok(())
}

/// Service model, CreateGrant: the key can do what the grant permits, and has the encryption context that it asks for.
fn fits(call: &Call, key: &Key) -> Result<(), Refusal> {
    let symmetric = algorithms(key.spec, key.usage).1 == ["SYMMETRIC_DEFAULT"];
    let operations: &[&str] = match key.usage.name() {
        "ENCRYPT_DECRYPT" if symmetric => &[
            "Encrypt",
            "Decrypt",
            "ReEncryptFrom",
            "ReEncryptTo",
            "GenerateDataKey",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
        ],
        "ENCRYPT_DECRYPT" => &["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey"],
        "SIGN_VERIFY" => &["Sign", "Verify", "GetPublicKey"],
        "KEY_AGREEMENT" => &["DeriveSharedSecret", "GetPublicKey"],
        _ => &["GenerateMac", "VerifyMac"],
    };
    let managing = ["CreateGrant", "RetireGrant", "DescribeKey"];
    let mut asked = call.items("Operations").iter().filter_map(Value::as_str);
    if let Some(other) = asked.find(|asked| !operations.contains(asked) && !managing.contains(asked)) {
        return Err(Refusal::validation(format!("Operation {other} is not valid for a key of KeySpec {}.", key.spec)));
    }
    let context = |name: &str| call.input.get("Constraints").is_some_and(|constraints| !constraints[name].is_null());
    if !symmetric && (context("EncryptionContextSubset") || context("EncryptionContextEquals")) {
        return Err(Refusal::validation(format!(
            "Encryption context constraints are not valid for a key of KeySpec {}.",
            key.spec
        )));
    }
    Ok(())
}

/// The id of the grant that a repeated request made before: they are the same if they have the same name and all else.
fn same(call: &Call, key: &Key) -> Option<String> {
    call.text("Name")?;
    let equal = |grant: &Value| {
        KEPT.iter().all(|name| grant.get(*name) == call.input.get(*name).filter(|value| !value.is_null()))
    };
    key.grants.iter().find(|(_, grant)| equal(grant)).map(|(id, _)| id.to_string())
}

/// A token of a grant: each request gets its own, and all of them name the grant.
fn token(id: &str) -> Result<String, Refusal> {
    Ok(format!("rehearsal-{id}-{}", random_hex::<8>()?))
}

fn random_hex<const LENGTH: usize>() -> Result<String, Refusal> {
    let mut bytes = [0; LENGTH];
    rand_bytes(&mut bytes)?;
    Ok(hex::encode(bytes))
}

pub(crate) fn list_grants(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    let names = ["GrantId", "GranteePrincipal", "GranteeServicePrincipal"];
    let grants = world.key(&call.region, &found)?.grants.iter();
    list(call, grants.map(|(_, grant)| grant), &names)
}

pub(crate) fn list_retirable_grants(world: &mut World, call: &Call) -> Reply {
    let names = ["RetiringPrincipal", "RetiringServicePrincipal"];
    if call.has(names[0]) == call.has(names[1]) {
        return Err(Refusal::validation("Either RetiringPrincipal or RetiringServicePrincipal must be specified."));
    }
    let keys = world.region(&call.region).keys.values();
    list(call, keys.flat_map(|key| &key.grants).map(|(_, grant)| grant), &names)
}

/// A page of the grants that have what the request says under these names.
fn list<'g>(call: &Call, grants: impl Iterator<Item = &'g Value>, names: &[&str]) -> Reply {
    let after = paging::after(call)?.unwrap_or_default();
    let wanted = |grant: &&Value| names.iter().all(|name| call.text(name).is_none_or(|wanted| grant[*name] == wanted));
    let mut grants: Vec<(String, Value)> = grants
        .filter(wanted)
        .map(|grant| (grant["GrantId"].as_str().unwrap_or_default().to_owned(), grant.clone()))
        .filter(|(id, _)| *id > after)
        .collect();
    grants.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    paging::page(call, "Grants", 50, grants.into_iter())
}

pub(crate) fn retire_grant(world: &mut World, call: &Call) -> Reply {
    let (key, grant) = match (call.text("GrantToken"), call.text("KeyId"), call.text("GrantId")) {
        (Some(token), None, None) => {
            let invalid = || Refusal::silent("InvalidGrantTokenException");
            let id = token.strip_prefix("rehearsal-").and_then(|rest| rest.split_once('-')).ok_or_else(invalid)?.0;
            let mut keys = world.region(&call.region).keys.iter();
            let key = keys.find(|(_, key)| key.grants.iter().any(|(known, _)| &**known == id));
            (*key.ok_or_else(|| missing(id))?.0, id)
        }
        (None, Some(_), Some(id)) => (world.admit(call)?.id, id),
        _ => return Err(Refusal::validation("Specify either GrantToken, or KeyId and GrantId.")),
    };
    end(world, call, key, grant)
}

pub(crate) fn revoke_grant(world: &mut World, call: &Call) -> Reply {
    let key = world.admit(call)?.id;
    end(world, call, key, call.required("GrantId"))
}

fn end(world: &mut World, call: &Call, key: KeyId, id: &str) -> Reply {
    if id.len() != 64 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refusal::silent("InvalidGrantIdException"));
    }
    let grants = world.region(&call.region).keys.get_mut(&key).map(|key| &mut key.grants);
    let grants = grants.filter(|grants| grants.iter().any(|(known, _)| &**known == id)).ok_or_else(|| missing(id))?;
    not_a_dry_run(call)?;
    grants.retain(|(known, _)| &**known != id);
    Ok(json!(null))
}

fn missing(id: &str) -> Refusal {
    Refusal::not_found(format!("Grant ID {id} not found"))
}
