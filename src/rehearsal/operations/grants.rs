//! CreateGrant and ListGrants. Grants are kept and listed; nothing here evaluates them.

use openssl::rand::rand_bytes;
use serde_json::{Value, json};

use super::paging;
use crate::rehearsal::model::call::{Call, Reply, seconds};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::key::IN_USE;
use crate::rehearsal::state::{By, World, partition_of};

/// The quota of grants on one key is 50,000; nobody rehearses with so many.
const MOST: usize = 1000;

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
    if call.has("GranteePrincipal") == call.has("GranteeServicePrincipal") {
        return Err(Refusal::validation("Either GranteePrincipal or GranteeServicePrincipal must be specified."));
    }
    let found = world.find(call, By::IdOrArn)?;
    let issuer = format!("arn:{}:iam::{}:root", partition_of(&call.region), world.account);
    let mut id = [0; 32];
    rand_bytes(&mut id)?;
    let id = hex::encode(id);
    let key = world.key(&call.region, &found)?;
    key.require(&found.arn, call.now, IN_USE)?;
    if key.grants.len() >= MOST {
        return Err(Refusal::new("LimitExceededException", format!("A key has at most {MOST} grants here.")));
    }
    if call.flag("DryRun") {
        return Err(Refusal::new("DryRunOperationException", "The request would have succeeded."));
    }
    let mut grant = json!({
        "KeyId": found.arn, "GrantId": id, "CreationDate": seconds(call.now), "IssuingAccount": issuer,
    });
    for name in KEPT.iter().filter(|name| call.has(name)) {
        grant[*name] = call.input[*name].clone();
    }
    key.grants.push((id.as_str().into(), grant));
    Ok(json!({ "GrantId": id, "GrantToken": format!("rehearsal-{id}") }))
}

pub(crate) fn list_grants(world: &mut World, call: &Call) -> Reply {
    let found = world.find(call, By::IdOrArn)?;
    let after = paging::after(call)?;
    let mut grants: Vec<(String, Value)> = world
        .key(&call.region, &found)?
        .grants
        .iter()
        .filter(|(id, grant)| after.as_deref().is_none_or(|after| &**id > after) && is_wanted(call, grant))
        .map(|(id, grant)| (id.to_string(), grant.clone()))
        .collect();
    grants.sort_by(|(one, _), (other, _)| one.cmp(other));
    paging::page(call, "Grants", 50, grants.into_iter())
}

fn is_wanted(call: &Call, grant: &Value) -> bool {
    let names = ["GrantId", "GranteePrincipal", "GranteeServicePrincipal"];
    names.iter().all(|name| call.text(name).is_none_or(|wanted| grant[*name] == wanted))
}
