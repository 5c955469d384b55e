//! A cell that is walked: the order is carried out, and then what follows from it, until it has succeeded.

use kms_byok::kms::ImportType;
use kms_byok::lifecycle::{BackupForm, StoredBackup};

use super::ending::check_end;
use super::row::Cell;
use super::{LONG, MOST_RUNS};
use crate::support::carried_out::Ended;
use crate::support::in_runtime::{How, StopPoint};
use crate::support::order::{BACKUP, Order, Source, Then, Verb};
use crate::support::walk_cell::in_a_runtime;
use crate::support::world::Truth;

/// How a cell ended.
pub(super) struct Walked {
    pub(super) runs: usize,
    /// Its first run ended so.
    pub(super) first: u8,
}

pub(super) fn walk(cell: &Cell) -> Result<Walked, String> {
    let mut said = String::new();
    in_a_runtime(Box::pin(follow(cell, &mut said))).map_err(|problem| format!("{problem}\n{said}"))
}

/// Carries out the order, and what follows from it, until every verb has succeeded.
async fn follow(cell: &Cell, said: &mut String) -> Result<Walked, String> {
    let mut scene = Box::pin(cell.row.scene()).await;
    let (mut stop, mut walked, mut named) = (Some(cell.stop), Walked { runs: 0, first: 0 }, None);
    for verb in cell.row.verbs {
        let mut order = Order { verb: *verb, ..scene.order.clone() };
        scene.before = scene.runtime.world().await;
        let (mut runs, mut wrapped_again) = (0, false);
        loop {
            runs += 1;
            if runs > MOST_RUNS {
                return Err(format!("{MOST_RUNS} runs were not enough"));
            }
            let client = scene.runtime.connect(stop);
            let ended = Box::pin(order.carry_out(&client)).await?;
            let calls = client.calls();
            let struck = stop.is_some_and(|stop| stop.call <= calls.len());
            stop = stop.filter(|_| !struck).map(|stop| StopPoint { call: stop.call - calls.len(), ..stop });
            let Ended { account, error, .. } = &ended;
            let report = &account.report;
            let (next, exit) = (&account.next, ended.exit);
            said.push_str(&format!("$ {order}: exit {exit} {error:?}\n  {calls:?}\n  {next:?}\n  {report:?}\n"));
            walked.runs += 1;
            if struck {
                walked.first = exit;
            }
            named = report.kept.clone().or(report.escrow.clone()).or(named);
            if ended.stopped && cell.killed {
                continue;
            }
            let waits = error.as_ref().is_some_and(|error| {
                ["pending_exists: ", "in_progress: ", "may_have_copy: "].iter().any(|id| error.starts_with(id))
            });
            match exit {
                0 => break,
                // Nothing has changed; the user does away with what was in the way, and asks for the same again.
                1 | 4 if struck => {
                    tokio::time::advance(LONG).await;
                    let now = scene.runtime.world().await;
                    if now != scene.before {
                        return Err(format!("it says that nothing has changed, and there is {now:?}"));
                    }
                }
                // It was wrapped for another key than KMS's: the parameters were forged, and are fetched again.
                1 if cell.stop.how == How::Forged && *verb == Verb::Import && !wrapped_again => {
                    wrapped_again = true;
                    let wrap = Order { verb: Verb::Wrap, ..scene.order.clone() };
                    let wrapped = wrap.carry_out(&scene.runtime.connect(None)).await?;
                    if wrapped.exit != 0 {
                        return Err(format!("it is not wrapped again: {:?}", wrapped.error));
                    }
                }
                // Nobody has seen the report of the run that was killed; what this one says leads on.
                1 if waits && cell.killed => order.source = of_the_killed(&order),
                // What the user calls new is there already.
                1 if cell.killed && order.import_type == Some(ImportType::New) => {
                    order.import_type = Some(ImportType::Existing);
                }
                3 => match order.then(next) {
                    None => return Err("nothing follows".to_owned()),
                    Some(Then::Look) => break,
                    Some(Then::Run(next)) => order = *next,
                    Some(Then::TakeBack(key, id, next)) => {
                        let (verb, key, material_id) = (Verb::DeleteMaterial, Some(key), Some(id));
                        let delete = Order { verb, key, material_id, ..order };
                        let deleted = delete.carry_out(&scene.runtime.connect(None)).await?;
                        if deleted.exit != 0 {
                            return Err(format!("it is not taken back: {:?}", deleted.error));
                        }
                        order = *next;
                    }
                },
                exit => return Err(format!("it ended with {exit}")),
            }
        }
    }
    check_end(&cell.row, &scene, &named).await.map(|()| walked)
}

/// Where the bytes are of a run that was killed.
fn of_the_killed(order: &Order) -> Source {
    let backup = |form| Source::Stored(StoredBackup { path: order.path(BACKUP), form });
    match order.source {
        Source::Keep => backup(BackupForm::Plaintext),
        Source::Escrow => backup(BackupForm::Escrow(Vec::new())),
        Source::Discard => Source::DiscardOrResume,
        _ => Source::Resume,
    }
}
