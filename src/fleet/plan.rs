//! What a run would do, and how long the quotas let it take.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::check::{Checked, Lane};
use super::connections::Connections;
use super::manifest::{Manifest, ManifestError, Row};
use super::pace::{Lanes, Quotas};
use super::request::known;
use super::rows::{each, rows};
use super::run::wrapped_import;
use crate::kms::{KeyArn, Kms, Operation, Region};
use crate::lifecycle::{Error, plan};
use crate::progress::Silent;

/// The plan of a fleet.
#[derive(Debug, Default)]
pub struct FleetPlan {
    /// Each key, by row and Region.
    pub keys: Vec<PlannedKey>,
    /// The calls that have a quota.
    pub quotas: Vec<QuotaUse>,
    /// How long the quotas let it take.
    pub takes: Duration,
}

/// What would become of a key.
#[derive(Debug)]
pub struct PlannedKey {
    /// The row.
    pub row: u64,
    /// Its id.
    pub id: String,
    /// The Region.
    pub region: Region,
    /// The alias.
    pub alias: Option<String>,
    /// The key, where there is one.
    pub key_arn: Option<KeyArn>,
    /// What would become of it.
    pub fate: Fate,
}

/// What would become of a key.
#[derive(Debug)]
pub enum Fate {
    /// It would be made.
    Make,
    /// It is there, and would get its key material.
    Complete,
    /// It is there, and is what the row asks for.
    Unchanged,
    /// It could not be made what the row asks for.
    Refused(Box<Error>),
}

/// How often a call would be made in an account and Region.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct QuotaUse {
    /// The account, where a key has told it.
    pub account: Option<String>,
    /// The profile, where the rows name one.
    pub profile: Option<String>,
    /// The role, where the rows name one.
    pub role_arn: Option<String>,
    /// The Region.
    pub region: Region,
    /// The operation, by KMS's name.
    pub call: &'static str,
    /// How many calls.
    pub calls: u64,
    /// How many are made a second.
    pub per_second: f64,
    /// How long that takes.
    pub seconds: u64,
}

/// Operations with a quota, scarce ones first.
const WITH_QUOTA: [Operation; 14] = [
    Operation::GetParametersForImport,
    Operation::CreateKey,
    Operation::CreateAlias,
    Operation::ImportKeyMaterial,
    Operation::ReplicateKey,
    Operation::RotateKeyOnDemand,
    Operation::TagResource,
    Operation::ListGrants,
    Operation::ListKeyRotations,
    Operation::ListAliases,
    Operation::ListKeys,
    Operation::GetKeyRotationStatus,
    Operation::DescribeKey,
    Operation::GetPublicKey,
];

/// The operations whose quota may be adjusted.
pub fn operations_with_quota() -> &'static [Operation] {
    &WITH_QUOTA
}

/// So many questions at once.
const AT_ONCE: usize = 16;

/// Makes the plan of a manifest that was checked. AWS is asked only what reads.
///
/// # Errors
/// [`Error::Kms`] and [`Error::Endpoint`] where an account and Region cannot be connected to. What KMS refuses about one key is the fate of
/// that key.
pub async fn plan(
    manifest: &Manifest,
    checked: &Checked,
    connections: &mut Connections,
    quotas: &Quotas,
) -> Result<FleetPlan, Error> {
    let mut whole = FleetPlan::default();
    for lane in &checked.lanes {
        let kms = connections.to(&lane.place).await?;
        let part = of_lane(manifest, lane, kms, quotas).await?;
        whole.takes = whole.takes.max(part.takes);
        whole.keys.extend(part.keys);
        whole.quotas.extend(part.quotas);
    }
    whole.keys.sort_unstable_by(|one, other| (one.row, &one.region).cmp(&(other.row, &other.region)));
    Ok(whole)
}

async fn of_lane(manifest: &Manifest, lane: &Lane, kms: Kms, quotas: &Quotas) -> Result<FleetPlan, Error> {
    let kms = kms.paced(Arc::new(Lanes::new(quotas.clone())));
    let calls: Arc<Mutex<BTreeMap<&'static str, u64>>> = Arc::default();
    let mut keys = Vec::new();
    let work = |row: Row| {
        let (kms, calls) = (kms.clone(), calls.clone());
        async move { of_key(row, &kms, &calls).await }
    };
    each(rows(manifest, lane)?, AT_ONCE, work, |key| keys.push(key)).await;
    let account = keys.iter().find_map(|key: &PlannedKey| key.key_arn.as_ref()).map(|arn| arn.account().to_owned());
    let calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
    let uses: Vec<QuotaUse> = WITH_QUOTA
        .into_iter()
        .filter_map(|operation| {
            let (count, per_second) = (*calls.get(operation.name())?, quotas.rate(operation)?);
            Some(QuotaUse {
                account: account.clone(),
                profile: lane.place.profile.as_ref().map(ToString::to_string),
                role_arn: lane.place.role_arn.as_ref().map(ToString::to_string),
                region: kms.region().clone(),
                call: operation.name(),
                calls: count,
                per_second,
                seconds: (count as f64 / per_second).ceil() as u64,
            })
        })
        .collect();
    let takes = Duration::from_secs(uses.iter().map(|one| one.seconds).max().unwrap_or(0));
    Ok(FleetPlan { keys, quotas: uses, takes })
}

async fn of_key(row: Row, kms: &Kms, calls: &Mutex<BTreeMap<&'static str, u64>>) -> PlannedKey {
    let region = kms.region().clone();
    let (alias, id, number) = (row.alias_in(Some(&region)), row.id.clone(), row.number);
    let mut key_arn = None;
    let fate = match planned(&row, kms).await {
        Err(error) => Fate::Refused(Box::new(error)),
        Ok(plan) => {
            let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
            plan.steps.iter().for_each(|step| *calls.entry(step.call).or_default() += 1);
            key_arn = plan.key.map(|key| key.arn);
            let has = |operation: Operation| plan.steps.iter().any(|step| step.call == operation.name());
            match (has(Operation::CreateKey), has(Operation::ImportKeyMaterial)) {
                (true, _) => Fate::Make,
                (false, true) => Fate::Complete,
                (false, false) => Fate::Unchanged,
            }
        }
    };
    PlannedKey { row: number, id, region, alias, key_arn, fate }
}

async fn planned(row: &Row, kms: &Kms) -> Result<plan::Plan, Error> {
    let region = kms.region();
    if let Some(wrapped) = row.wrapped_in(Some(region)).map_err(|(_, error)| error.into_error())? {
        let (import, found) = wrapped_import(row, kms, wrapped).await?;
        return plan::import(kms, &found, &import);
    }
    let material = row.material_in(Some(region)).map_err(|(_, error)| error.into_error())?;
    let wanted = row.provision(region, material)?.pending(known(row.request_id(region)?, None));
    plan::provision(kms, &wanted, &Silent).await
}

impl ManifestError {
    /// The error of the room where it happened.
    pub(crate) fn into_error(self) -> Error {
        match self {
            ManifestError::Cell(error) => *error,
            error => Error::Caller(Box::new(error)),
        }
    }
}
