//! SIGINT, SIGTERM and SIGKILL at each call of the real binary, before and after KMS has done its part: the exit code tells truthfully
//! whether AWS has changed, and the same command again completes it.
#![allow(clippy::print_stdout, clippy::unwrap_used)]
#![cfg(feature = "rehearsal")]

mod support {
    pub(crate) mod certificate;
    pub(crate) mod embedded_kms;
    pub(crate) mod fault_scene;
    pub(crate) mod goal;
    pub(crate) mod life_verbs;
    pub(crate) mod stopped;
    pub(crate) mod verbs;
    pub(crate) mod way;
    pub(crate) mod workers;
}

use rustix::process::Signal;
use support::fault_scene::{KILLED, Scene};
use support::goal::{check_first, check_goal, check_tidy};
use support::verbs::Verb;
use support::workers::in_parallel;

struct Cell {
    verb: Verb,
    /// Counted from 1.
    call: usize,
    operation: String,
    signal: Signal,
    after: bool,
}

#[test]
fn a_signal_at_any_call_loses_nothing() {
    let cells: Vec<Cell> = Verb::ALL[..Verb::FIRST].iter().copied().flat_map(cells_of).collect();
    let outcomes = in_parallel(6, &cells, run);
    println!("exit codes after SIGINT, SIGTERM, SIGKILL before the call, and after it");
    for row in 0..cells.len() / 6 {
        let Cell { verb, call, operation, .. } = &cells[6 * row];
        let codes =
            outcomes[6 * row..6 * row + 6].iter().map(|code| code.as_ref().map_or("!".to_owned(), u8::to_string));
        println!("{:29} {call:>2} {operation:24} {}", verb.name(), codes.collect::<Vec<_>>().join(" "));
    }
    println!("{} cells, none skipped", cells.len());
    let failures: Vec<String> = (cells.iter().zip(&outcomes))
        .filter_map(|(Cell { verb, call, operation, signal, after }, outcome)| {
            let when = if *after { "after" } else { "before" };
            let problem = outcome.as_ref().err()?;
            Some(format!("{}, {signal:?} {when} call {call} ({operation}): {problem}", verb.name()))
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
            for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
                cells.push(Cell { verb, call: index + 1, operation: operation.clone(), signal, after });
            }
        }
    }
    cells
}

fn run(cell: &Cell) -> Result<u8, String> {
    let scene = Scene::new();
    cell.verb.prepare(&scene);
    let before = scene.world();
    let first = scene.run_stopped(cell.verb, cell.call, cell.after, cell.signal);
    let between = scene.world();
    if (cell.signal == Signal::KILL) != (first.exit == KILLED) || first.exit == 0 {
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
    Ok(first.exit)
}
