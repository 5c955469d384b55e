//! The rows of one account and Region, some at a time.

use std::future::Future;

use tokio::task::JoinSet;

use super::check::Lane;
use super::manifest::{Manifest, Row};
use crate::files::FileError;

/// The rows of a lane, in their order. The manifest was checked: a row that is no longer understood has been changed meanwhile, and is left
/// out.
pub(crate) fn rows(manifest: &Manifest, lane: &Lane) -> Result<impl Iterator<Item = Row> + use<>, FileError> {
    let (manifest, place, last) = (manifest.clone(), lane.place.clone(), lane.last);
    let records = manifest.records_from(lane.first)?.take_while(move |record| record.position <= last);
    Ok(records.filter_map(move |mut record| {
        let cells = std::mem::replace(&mut record.cells, Ok(Default::default())).ok()?;
        let row = manifest.row(&record, &cells).ok()?;
        row.places.contains(&place).then_some(row)
    }))
}

/// Does the work of each row, so many `at_once`. `done` gets what came of it, in the order in which it comes.
pub(crate) async fn each<T, W>(
    mut rows: impl Iterator<Item = Row>,
    at_once: usize,
    work: impl Fn(Row) -> W,
    mut done: impl FnMut(T),
) where
    T: Send + 'static,
    W: Future<Output = T> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() < at_once.max(1)
            && let Some(row) = rows.next()
        {
            under_way.spawn(work(row));
        }
        match under_way.join_next().await {
            Some(Ok(result)) => done(result),
            // A panic in a row is one of the program: it ends as it would without the task.
            Some(Err(error)) => {
                if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
            None => return,
        }
    }
}
