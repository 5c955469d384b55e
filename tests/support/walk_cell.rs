//! What the walks have in common: a run that is broken off, and which calls change something.

use super::in_runtime::StopPoint;
use super::sample::sample;
use super::seed::seed;
use super::workers::in_parallel;

/// A run that is broken off at a call.
#[derive(Clone, Debug)]
pub struct Cell<R> {
    /// What is run.
    pub row: R,
    pub operation: String,
    pub stop: StopPoint,
    /// The process was killed: nobody has seen a report, and the user types the same again.
    pub killed: bool,
}

/// Whether a call changes something in KMS.
pub fn changes(operation: &str) -> bool {
    let changing = [
        "CreateKey",
        "CreateAlias",
        "UpdateAlias",
        "ReplicateKey",
        "ImportKeyMaterial",
        "RotateKeyOnDemand",
        "DeleteImportedKeyMaterial",
        "TagResource",
        "UntagResource",
        "DisableKey",
    ];
    changing.contains(&operation)
}

/// On a clock that is paused.
pub fn in_a_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(work)
}

/// Walks so many cells by a seed that is printed, or with `KMS_BYOK_WALK=all` every one; each must come to the end within so many runs.
/// `walk` gives how many it took.
pub fn walk_sample<R: Clone + Sync>(
    cells: Vec<Cell<R>>,
    (size, most_runs): (usize, usize),
    name: impl Fn(&R) -> String,
    walk: impl Fn(&Cell<R>) -> Result<usize, String> + Sync,
) {
    let all = cells.len();
    let cells: Vec<Cell<R>> = match std::env::var("KMS_BYOK_WALK").as_deref() {
        Ok("all") => cells,
        _ => sample(seed(), size, all).into_iter().map(|index| cells[index].clone()).collect(),
    };
    let outcomes = in_parallel(2, &cells, walk);
    let mut runs = vec![0; most_runs + 1];
    for number in outcomes.iter().flatten() {
        runs[*number] += 1;
    }
    println!(
        "{} of {all} cells walked, none skipped; ended after 1 to {most_runs} runs: {:?}",
        cells.len(),
        &runs[1..]
    );
    let full = |cell: &Cell<R>| {
        let killed = if cell.killed { ", killed" } else { "" };
        format!("{}, call {} {}: {:?}{killed}", name(&cell.row), cell.stop.call, cell.operation, cell.stop.how)
    };
    all_hold(&cells, &outcomes, full);
}

/// Fails with the first of the cells that do not hold.
pub fn all_hold<C, T>(cells: &[C], outcomes: &[Result<T, String>], name: impl Fn(&C) -> String) {
    let failures: Vec<String> = cells
        .iter()
        .zip(outcomes)
        .filter_map(|(cell, outcome)| Some(format!("{}: {}", name(cell), outcome.as_ref().err()?)))
        .collect();
    let shown = failures.iter().take(8).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(failures.is_empty(), "{} of {} cells:\n{shown}", failures.len(), cells.len());
}
