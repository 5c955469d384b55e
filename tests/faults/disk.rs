//! The disk fills up or turns read-only, or the clock is a day off, while KMS answers: what is told is the truth, and the same command
//! completes it once the disk or the clock is as it should be.

use std::sync::Arc;

use kms_byok::rehearsal::Settings;
use serde_json::json;

use crate::support::disk::Disk;
use crate::support::fault_scene::{Scene, alone};
use crate::support::goal::{check_first, check_goal, check_tidy};
use crate::support::verbs::Verb;
use crate::support::way::{Plan, Trouble};
use crate::support::workers::in_parallel;

struct Cell {
    verb: Verb,
    /// Counted from 1.
    call: usize,
    read_only: bool,
}

#[test]
fn a_disk_that_fails_at_any_call_loses_nothing() {
    let _alone = alone();
    let probe = tempfile::tempdir().unwrap();
    if Disk::mount(probe.path()).is_none() {
        return;
    }
    let mut cells = Vec::new();
    // Those that write files.
    for verb in [Verb::ProvisionKept, Verb::ProvisionEscrowed, Verb::ProvisionGiven, Verb::RotateGenerated] {
        for call in 1..=calls_of(verb) {
            cells.extend([false, true].map(|read_only| Cell { verb, call, read_only }));
        }
    }
    let outcomes = in_parallel(4, &cells, run);
    println!("exit codes when the disk is full, and when it is read-only, from each call on");
    let mut failures = Vec::new();
    for (pair, outcome) in cells.chunks(2).zip(outcomes.chunks(2)) {
        let codes = outcome.iter().map(|code| code.as_ref().map_or("!".to_owned(), u8::to_string));
        println!("{:29} {:>2} {}", pair[0].verb.name(), pair[0].call, codes.collect::<Vec<_>>().join(" "));
        for (Cell { verb, call, read_only }, outcome) in pair.iter().zip(outcome) {
            let how = if *read_only { "read-only" } else { "full" };
            failures.extend(outcome.as_ref().err().map(|e| format!("{}, {how} at call {call}: {e}", verb.name())));
        }
    }
    println!("{} cells, none skipped", cells.len());
    assert!(failures.is_empty(), "{} of {} cells:\n{}", failures.len(), cells.len(), failures.join("\n"));
}

/// A run without fault shows how many calls there are.
fn calls_of(verb: Verb) -> usize {
    let scene = Scene::new();
    verb.prepare(&scene);
    let ended = scene.run(async |kms, runs| verb.run(&scene, kms, runs).await);
    assert_eq!(ended.exit, 0, "{}", ended.said);
    scene.way.heal().len()
}

fn run(cell: &Cell) -> Result<u8, String> {
    let verb = cell.verb;
    let mut scene = Scene::new();
    let disk = Arc::new(Disk::mount(&scene.path("disk")).ok_or("no disk")?);
    scene.directory = scene.path("disk");
    verb.prepare(&scene);
    let before = scene.world();
    let (failing, read_only) = (disk.clone(), cell.read_only);
    let happens = Arc::new(move || {
        failing.fail(read_only);
        true
    });
    scene.way.trouble(Plan { at: cell.call, lasting: false, trouble: Trouble::Meanwhile { happens, after: true } });
    let first = scene.run(async |kms, runs| verb.run(&scene, kms, runs).await);
    scene.way.heal();
    let between = scene.world();
    let checked = check_first(verb, &scene, &first, &before, &between);
    disk.fix();
    checked.map_err(|problem| format!("{problem}; it ended with {}: {}", first.exit, first.said))?;
    if verb.is_done_once(&first) {
        return Ok(0);
    }
    let second = scene.run(async |kms, runs| verb.run_again(&first, &scene, kms, runs).await);
    if second.exit != 0 {
        return Err(format!("{}, then again: {}", first.said, second.said));
    }
    check_goal(verb, &scene, &[&first, &second])
        .and_then(|()| check_tidy(&scene))
        .map_err(|problem| format!("{problem}; first {}, then {}", first.said, second.said))?;
    Ok(first.exit)
}

/// The embedded KMS checks no signatures, so that a clock that is a day off shows in the validity of parameters only: what the
/// service itself says to such a signature is in the matrix.
#[test]
fn a_clock_that_is_a_day_off_loses_nothing() {
    let _alone = alone();
    // The other verbs begin with a key that could not be provisioned so; and the next test is about `import`.
    let verbs = [Verb::ProvisionKept, Verb::ProvisionEscrowed, Verb::ProvisionGiven, Verb::ProvisionWaiting];
    for verb in verbs {
        for offset in ["+25h", "-25h"] {
            let scene = Scene::with(Settings { clock: offset.parse().unwrap(), ..Settings::default() });
            verb.prepare(&scene);
            let before = scene.world();
            let first = scene.run(async |kms, runs| verb.run(&scene, kms, runs).await);
            let between = scene.world();
            check_first(verb, &scene, &first, &before, &between)
                .unwrap_or_else(|problem| panic!("{verb:?} {offset}: {problem}: {}", first.said));
            if offset == "-25h" {
                assert!(first.exit != 0 && first.said.contains("expired"), "{verb:?}: {}", first.said);
                scene.truth().move_clock(json!({ "advance": "25h" }));
            }
            let second = scene.run(async |kms, runs| verb.run_again(&first, &scene, kms, runs).await);
            assert_eq!(second.exit, 0, "{verb:?} {offset}: {}", second.said);
            check_goal(verb, &scene, &[&first, &second])
                .unwrap_or_else(|problem| panic!("{verb:?} {offset}: {problem}"));
        }
    }
}

#[test]
fn an_import_a_day_too_late_is_refused_and_changes_nothing() {
    let _alone = alone();
    let scene = Scene::new();
    Verb::Import.prepare(&scene);
    scene.truth().move_clock(json!({ "advance": "25h" }));
    let before = scene.world();
    let ended = scene.run(async |kms, runs| Verb::Import.run(&scene, kms, runs).await);
    assert_eq!(
        (ended.exit, ended.said.as_str()),
        (1, "the import token has expired (because: ExpiredImportTokenException)")
    );
    assert_eq!(scene.world(), before);
}
