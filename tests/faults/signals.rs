//! SIGINT, SIGTERM, SIGHUP and SIGKILL at each call of the real binary, and a panic in it, before and after KMS has done its part: the
//! exit code tells truthfully whether AWS has changed, and the same command again completes it.
//!
//! Of the ten cells of each call some are tried here, by a seed that is printed and can be given (`KMS_BYOK_SEED`), and by all calls
//! together each end of a run; `KMS_BYOK_KILL=all` tries every cell.

use std::collections::{BTreeMap, BTreeSet};

use rustix::process::Signal;

use crate::support::fault_scene::{KILLED, Scene, alone};
use crate::support::goal::{check_first, check_goal, check_tidy};
use crate::support::sample::sample;
use crate::support::seed::seed;
use crate::support::verbs::Verb;
use crate::support::workers::in_parallel;

struct Cell {
    verb: Verb,
    /// Counted from 1.
    call: usize,
    operation: String,
    end: End,
    after: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    By(Signal),
    Panic,
}

/// What ends a run, in the order of the columns.
const ENDS: [End; 5] =
    [End::By(Signal::INT), End::By(Signal::TERM), End::By(Signal::HUP), End::By(Signal::KILL), End::Panic];
/// Before each call and after it.
const COLUMNS: usize = 2 * ENDS.len();
/// How many are tried besides two of each call.
const MORE: usize = 40;

#[test]
fn a_signal_or_a_panic_at_any_call_loses_nothing() {
    let _alone = alone();
    let mut cells: Vec<Cell> = Verb::ALL[..Verb::FIRST].iter().copied().flat_map(cells_of).collect();
    let all = cells.len();
    if std::env::var("KMS_BYOK_KILL").as_deref() != Ok("all") {
        let seed = seed();
        let rows = 0..all / COLUMNS;
        let chosen = rows.flat_map(|row| {
            // One before the call and one after it; the same end of a run comes back only after all others.
            let (first, half) = (seed as usize + row, ENDS.len());
            [row * COLUMNS + first % half, row * COLUMNS + half + (first + 2) % half]
        });
        let chosen: BTreeSet<usize> = chosen.chain(sample(seed, MORE, all)).collect();
        let mut number = 0..;
        cells.retain(|_| chosen.contains(&number.next().unwrap_or_default()));
    }
    let outcomes = in_parallel(6, &cells, run);
    println!("exit codes after SIGINT, SIGTERM, SIGHUP, SIGKILL and a panic before the call, and after it");
    let mut rows = BTreeMap::<_, [String; COLUMNS]>::new();
    for (Cell { verb, call, operation, end, after }, outcome) in cells.iter().zip(&outcomes) {
        let blank = || std::array::from_fn(|_| ".".to_owned());
        let row = rows.entry((verb.name(), call, operation)).or_insert_with(blank);
        let column = ENDS.iter().position(|one| one == end).unwrap() + if *after { ENDS.len() } else { 0 };
        row[column] = outcome.as_ref().map_or("!".to_owned(), u8::to_string);
    }
    for ((verb, call, operation), codes) in rows {
        println!("{verb:29} {call:>2} {operation:24} {}", codes.join(" "));
    }
    println!("{} of {all} cells, none skipped", cells.len());
    let failures: Vec<String> = (cells.iter().zip(&outcomes))
        .filter_map(|(Cell { verb, call, operation, end, after }, outcome)| {
            let when = if *after { "after" } else { "before" };
            let problem = outcome.as_ref().err()?;
            Some(format!("{}, {end:?} {when} call {call} ({operation}): {problem}", verb.name()))
        })
        .collect();
    assert!(failures.is_empty(), "{} of {} cells:\n{}", failures.len(), cells.len(), failures.join("\n"));
}

/// A run without signal shows which calls there are.
fn cells_of(verb: Verb) -> Vec<Cell> {
    let scene = Scene::new();
    verb.prepare(&scene);
    let ended = scene.run_binary(verb);
    assert_eq!(ended.exit, 0, "{}", ended.said);
    let mut cells = Vec::new();
    for (index, operation) in scene.way.heal().into_iter().enumerate() {
        for after in [false, true] {
            for end in ENDS {
                cells.push(Cell { verb, call: index + 1, operation: operation.clone(), end, after });
            }
        }
    }
    cells
}

impl End {
    /// Its words on standard error.
    fn says(self) -> &'static str {
        match self {
            End::By(Signal::INT) => "error: stopped by SIGINT\n",
            End::By(Signal::TERM) => "error: stopped by SIGTERM\n",
            End::By(Signal::HUP) => "error: stopped by SIGHUP\n",
            End::By(_) => "",
            End::Panic => "error: a bug in kms-byok ended this run, at src/kms/injected.rs:",
        }
    }
}

/// A run that waits asks more or less often, by the load of the machine: one that ended before the call is repeated.
fn run(cell: &Cell) -> Result<u8, String> {
    for _ in 0..4 {
        if let Some(exit) = try_run(cell)? {
            return Ok(exit);
        }
    }
    Err("four runs ended before that call".to_owned())
}

fn try_run(cell: &Cell) -> Result<Option<u8>, String> {
    let scene = Scene::new();
    cell.verb.prepare(&scene);
    let before = scene.world();
    let first = match cell.end {
        End::By(signal) => scene.run_stopped(cell.verb, cell.call, cell.after, signal),
        End::Panic => scene
            .run_binary_panicking(cell.verb, &format!("{}:{}", if cell.after { "after" } else { "before" }, cell.call)),
    };
    if first.exit == 0 && scene.way.calls() < cell.call {
        return Ok(None);
    }
    let between = scene.world();
    let killed = matches!(cell.end, End::By(Signal::KILL));
    if killed != (first.exit == KILLED) || first.exit == 0 || !first.said.contains(cell.end.says()) {
        return Err(format!("it ended with {}: {}", first.exit, first.said));
    }
    check_first(cell.verb, &scene, &first, &before, &between)
        .map_err(|problem| format!("{problem}; it ended with {}: {}", first.exit, first.said))?;
    let second = scene.run_binary(cell.verb);
    if second.exit != 0 {
        return Err(format!("{}, then again: {}", first.said, second.said));
    }
    check_goal(cell.verb, &scene, &[&first, &second])
        .and_then(|()| check_tidy(&scene))
        .map_err(|problem| format!("{problem}; first {}, then {}", first.said, second.said))?;
    Ok(Some(first.exit))
}
