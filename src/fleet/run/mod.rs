//! Works on the keys of a manifest. Accounts and Regions run side by side, and in each of them some rows.

mod existing;
mod key;
mod lost;
mod options;
mod provision;
mod renew;
mod rotate;
mod shared;
mod verify;
mod wrapped;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinSet;

use self::key::Ended;
pub use self::options::{FleetRun, Told};
use self::shared::Shared;
pub(crate) use self::wrapped::wrapped_import;
use super::check::{Checked, Lane};
use super::connections::Connections;
use super::entry::State;
use super::error::FleetError;
use super::journal::Journal;
use super::manifest::{Manifest, Place};
use super::pace::Lanes;
use super::rows::{each, rows};
use crate::kms::Kms;
use crate::lifecycle::Error;

/// So many accounts and Regions run side by side.
const LANES: usize = 64;

/// Runs a manifest that was checked. What became of each key stands in the journal, which is on disk when this returns.
///
/// # Errors
/// What keeps the run from going on: a journal that cannot be written, an account and Region that cannot be connected to. Keys that fail are
/// no error.
pub async fn run(
    manifest: &Manifest,
    checked: &Checked,
    connections: &mut Connections,
    journal: &Arc<Journal>,
    plan: FleetRun,
) -> Result<(), Error> {
    let failed = Arc::new(AtomicU64::new(0));
    let plan = Arc::new(plan);
    let (mut lanes, mut paces) = (JoinSet::new(), HashMap::new());
    let mut first_error = None;
    for lane in &checked.lanes {
        let kms = match connections.to(&lane.place).await {
            Ok(kms) => kms,
            Err(error) => {
                first_error.get_or_insert(Error::from(error));
                continue;
            }
        };
        // Rows that name the Region of the configuration and rows that name none share its quotas.
        let place = Place { region: Some(kms.region().clone()), ..lane.place.clone() };
        let pace = paces.entry(place).or_insert_with(|| Arc::new(Lanes::new(plan.quotas.clone())));
        let kms = kms.paced(pace.clone());
        while lanes.len() >= LANES {
            keep_first(&mut first_error, lanes.join_next().await);
        }
        let (manifest, lane) = (manifest.clone(), lane.clone());
        let (journal, plan, failed) = (journal.clone(), plan.clone(), failed.clone());
        lanes.spawn(async move { of_lane(&manifest, lane, kms, (journal, plan, failed)).await });
    }
    while let Some(ended) = lanes.join_next().await {
        keep_first(&mut first_error, Some(ended));
    }
    journal.settle().await?;
    first_error.map_or(Ok(()), Err)
}

fn keep_first(first: &mut Option<Error>, ended: Option<Result<Result<(), Error>, tokio::task::JoinError>>) {
    match ended {
        Some(Ok(Err(error))) => {
            first.get_or_insert(error);
        }
        Some(Err(error)) => {
            if let Ok(panic) = error.try_into_panic() {
                std::panic::resume_unwind(panic);
            }
        }
        Some(Ok(Ok(()))) | None => {}
    }
}

async fn of_lane(
    manifest: &Manifest,
    lane: Lane,
    kms: Kms,
    (journal, plan, failed): (Arc<Journal>, Arc<FleetRun>, Arc<AtomicU64>),
) -> Result<(), Error> {
    plan.told.lane(&lane, kms.region());
    let shared = Arc::new(Shared::new(kms, journal, plan.clone())?);
    let work = |row| {
        let shared = shared.clone();
        async move { key::run(row, &shared).await }
    };
    let stop = plan.stop.clone();
    let rows = rows(manifest, &lane)?.take_while(move |_| !stop.is_stopped());
    let mut broken: Option<FleetError> = None;
    each(rows, plan.concurrency, work, |ended| match ended {
        Ok(Ended::Left) => {}
        Ok(Ended::Done) => plan.told.key(&lane, State::Done),
        Ok(Ended::Failed) => {
            plan.told.key(&lane, State::Failed);
            let failures = failed.fetch_add(1, Ordering::Relaxed) + 1;
            if plan.stop_after.is_some_and(|most| failures >= most) {
                plan.stop.stop();
            }
        }
        // Nothing goes on that cannot be written down.
        Err(error) => {
            plan.stop.stop();
            broken.get_or_insert(error);
        }
    })
    .await;
    broken.map_or(Ok(()), |error| Err(error.into()))
}
