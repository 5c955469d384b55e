//! Each fault at each call, before and after KMS has done its part. The run that meets it says truthfully whether AWS has changed, and the
//! same command again completes it: then one key holds the material, one alias names it, and nothing is lost.

use std::time::{Duration, Instant};

use crate::support::fault_scene::{Ended, Scene, World, alone};
use crate::support::goal::{check_first, check_goal, check_tidy};
use crate::support::lag;
use crate::support::verbs::Verb;
use crate::support::way::{Plan, Trouble};
use crate::support::workers::in_parallel;

/// Most of the time a cell waits.
pub(super) const AT_ONCE: usize = 12;
/// The read timeout of runs that are not answered, and of the others.
pub(super) const HASTE: Duration = Duration::from_millis(200);
pub(super) const PATIENT: Duration = Duration::from_secs(20);

/// No answer comes within any patience, before or after KMS has done its part.
pub(super) const NO_ANSWER: &str = "latency=1h";
pub(super) const NO_ANSWER_AFTER: &str = "latency-after=1h";

/// A fault with its name in the table; `lasting` ones strike every request from the chosen one on.
#[derive(Clone)]
pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) lasting: bool,
    /// Met by every verb; the others by one verb of each kind.
    common: bool,
    pub(super) trouble: Trouble,
}

pub(super) fn faults() -> Vec<Fault> {
    let once = |name, what| Fault { name, lasting: false, common: false, trouble: Trouble::Fault(what) };
    let lasting = |name, what| Fault { name, lasting: true, common: false, trouble: Trouble::Fault(what) };
    let common = |fault: Fault| Fault { common: true, ..fault };
    let ours = |name, lasting, trouble| Fault { name, lasting, common: true, trouble };
    vec![
        ours("connection refused", true, Trouble::Refused),
        once("reset, once", "reset-before"),
        common(lasting("reset", "reset-before")),
        common(once("reply lost, once", "reset-after")),
        common(lasting("reply lost", "reset-after")),
        lasting("timeout before", NO_ANSWER),
        once("timeout after, once", NO_ANSWER_AFTER),
        common(lasting("timeout after", NO_ANSWER_AFTER)),
        once("500, once", "500"),
        common(lasting("500", "500")),
        once("500 after, once", "500-after"),
        common(lasting("500 after", "500-after")),
        once("throttled, once", "error=ThrottlingException=Rate exceeded"),
        common(lasting("throttled", "error=ThrottlingException=Rate exceeded")),
        lasting("slow", "latency-after=30ms"),
        common(lasting("half a reply", "truncated")),
        lasting("wrong JSON", r#"reply={"KeyMetadata": 7, "KeyId": []}"#),
        lasting("HTML 200", "reply=<!doctype html><html><body>Something is in the way</body></html>"),
        common(lasting("HTML 502 after", "html=502")),
        lasting("{}", "reply={}"),
        common(lasting("{} after", "empty-object")),
        common(once("not found, once", "error=NotFoundException=not yet")),
        common(lasting(
            "credentials expired",
            "error=ExpiredTokenException=The security token included in the request is expired",
        )),
        lasting(
            "clock behind",
            "error=InvalidSignatureException=Signature expired: 20270101T000000Z is now earlier than 20270102T010000Z",
        ),
        lasting(
            "clock ahead",
            "error=InvalidSignatureException=Signature not yet current: 20270102T010000Z is still later than 20270101T000000Z",
        ),
        common(lasting("access denied", "error=AccessDeniedException")),
        ours("panic", false, Trouble::Panic),
    ]
}

/// The row "lag of DescribeKey": runs end before it shows what KMS has taken, and the commands that they print, or the same command
/// again, come to an end with the key whose copy is on disk.
#[test]
fn an_answered_import_that_does_not_show_yet_is_completed_with_the_same_bytes() {
    let _alone = alone();
    let began = Instant::now();
    let cells = lag::cells();
    let outcomes = in_parallel(AT_ONCE, &cells, lag::Cell::run);
    println!("exit codes of the runs with --wait 3s; `!` where the promise was broken");
    for (cell, outcome) in cells.iter().zip(&outcomes) {
        let codes = outcome.as_ref().map_or("!".to_owned(), |codes| format!("{codes:?}"));
        let lag::Cell { verb, source, spec, lag, then } = cell;
        println!(
            "{:10}{:9}{spec:18}lag {lag} s  {:5}{codes}",
            format!("{verb:?}"),
            format!("{source:?}"),
            format!("{then:?}")
        );
    }
    println!("{} cells in {:.0} s, none skipped", cells.len(), began.elapsed().as_secs_f64());
    let failed = cells.iter().zip(&outcomes).filter_map(|(cell, outcome)| Some((cell, outcome.as_ref().err()?)));
    let failures: Vec<String> = failed.map(|(cell, problem)| format!("{cell:?}: {problem}")).collect();
    assert!(failures.is_empty(), "{} of {} cells:\n{}", failures.len(), cells.len(), failures.join("\n"));
    // Without lag every run ends at once; with it, none of a new key does.
    for (cell, outcome) in cells.iter().zip(outcomes) {
        let runs = outcome.unwrap_or_default().len();
        assert!(
            if cell.lag == 0 { runs == 1 } else { runs > 1 || cell.verb != lag::Verb::Provision },
            "{cell:?}: {runs}"
        );
    }
}

struct Cell {
    verb: Verb,
    /// Counted from 1.
    call: usize,
    operation: String,
    fault: Fault,
}

#[test]
fn whatever_fails_is_told_truthfully_and_completed_by_the_same_command() {
    let _alone = alone();
    let began = Instant::now();
    let cells: Vec<Cell> = Verb::ALL.into_iter().flat_map(cells_of).collect();
    let outcomes = in_parallel(AT_ONCE, &cells, run);
    print_table(&cells, &outcomes);
    println!("{} cells in {:.0} s, none skipped", cells.len(), began.elapsed().as_secs_f64());
    let failures: Vec<String> = (cells.iter().enumerate())
        .filter_map(|(number, cell)| {
            let Cell { verb, call, operation, fault } = cell;
            let problem = outcomes[number].as_ref().err()?;
            Some(format!("{}, {} at call {call} ({operation}): {problem}", verb.name(), fault.name))
        })
        .collect();
    let shown = &failures[..failures.len().min(30)];
    assert!(failures.is_empty(), "{} of {} cells:\n{}", failures.len(), cells.len(), shown.join("\n"));
    assert!(cells.len() >= 300 && outcomes.len() == cells.len());
}

/// Verbs whose answer is key material, and every way in which standard output does not take it.
#[cfg(target_os = "linux")] // elsewhere there is no /dev/full
#[test]
fn a_closed_stdout_never_ends_well_where_it_loses_key_material() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let rsa = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
    std::fs::write(folder.path().join("PublicKey.bin"), rsa.public_key_to_der().unwrap()).unwrap();
    let lines = [
        "generate --out -",
        "generate --key-spec HMAC_512 --out -",
        "generate --key-spec RSA_2048 --out -",
        "wrap --generate --discard --inkey PublicKey.bin --out -",
        "wrap --generate --keep KEPT --inkey PublicKey.bin --out -",
        "wrap --generate --discard --key-spec ECC_NIST_P256 --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 \
         --inkey PublicKey.bin --out -",
    ];
    let ways =
        [("closed", ">&-"), ("closed pipe", "| exec 2>&-"), ("full", "> /dev/full"), ("read only", "1< PublicKey.bin")];
    println!("\nclosed stdout: exit code of the run that meets it");
    let mut wrong = Vec::new();
    for line in lines {
        let exits = ways.map(|(way, output)| {
            let _ = std::fs::remove_file(folder.path().join("code"));
            // The reader of the pipe is gone before the run begins.
            let run = "sleep 0.2; \"$0\" \"$@\"; echo $? > code";
            let script = if output.starts_with('|') {
                format!("({run}) {output}")
            } else {
                format!("\"$0\" \"$@\" {output}; echo $? > code")
            };
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &script, env!("CARGO_BIN_EXE_kms-byok")]).args(line.split_whitespace());
            shell.current_dir(folder.path()).stderr(std::process::Stdio::null()).status().unwrap();
            let exit = std::fs::read_to_string(folder.path().join("code")).unwrap().trim().to_owned();
            if exit != "1" {
                wrong.push(format!("{line}, {way}: {exit}"));
            }
            format!("{exit:>3}")
        });
        println!("  {:90.90} {}", line, exits.concat());
    }
    println!("{} cells, none skipped", lines.len() * ways.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A run without fault shows which calls there are.
fn cells_of(verb: Verb) -> Vec<Cell> {
    let scene = Scene::new();
    verb.prepare(&scene);
    let ended = scene.run(async |kms, runs| verb.run(&scene, kms, runs).await);
    assert_eq!(ended.exit, 0, "{}", ended.said);
    let calls = scene.way.heal();
    let all = Verb::ALL[..Verb::FIRST].contains(&verb);
    let cells = |(index, operation): (usize, String)| {
        let faults = faults().into_iter().filter(move |fault| all || fault.common);
        faults.map(move |fault| Cell { verb, call: index + 1, operation: operation.clone(), fault })
    };
    calls.into_iter().enumerate().flat_map(cells).collect()
}

/// How often a run is tried that may come to its end before the call: how often a rotation is looked at is a matter of time.
pub(super) const TRIES: usize = 5;

/// One cell: the run that meets the fault, and the same command again. Gives the exit code of the first.
fn run(cell: &Cell) -> Result<u8, String> {
    for _ in 1..TRIES {
        if let Some(outcome) = run_once(cell) {
            return outcome;
        }
    }
    run_once(cell).unwrap_or_else(|| Err(format!("the call is not reached in {TRIES} runs")))
}

/// Nothing where the run makes fewer calls.
fn run_once(cell: &Cell) -> Option<Result<u8, String>> {
    let Cell { verb, call, fault, .. } = cell;
    let scene = Scene::new();
    verb.prepare(&scene);
    let before = scene.world();
    scene.way.trouble(Plan { at: *call, lasting: fault.lasting, trouble: fault.trouble.clone() });
    // Only where no answer comes is there anything to wait for.
    let haste = if matches!(fault.trouble, Trouble::Fault(NO_ANSWER | NO_ANSWER_AFTER)) { HASTE } else { PATIENT };
    let ceremony = async |kms: &_, runs: &_| Box::pin(verb.run(&scene, kms, runs)).await;
    let first = match fault.trouble {
        Trouble::Panic => scene.run_panicking(*call, ceremony),
        _ => scene.run_within(haste, ceremony),
    };
    let made = scene.way.heal().len();
    if matches!(fault.trouble, Trouble::Panic) && !first.said.starts_with("a defect of kms-byok ends this run") {
        return (made >= *call).then(|| Err(format!("it does not panic: {}", first.said)));
    }
    Some(goes_on(cell, &scene, &first, &before))
}

/// What a run has left that met its fault, and what the same command makes of it.
fn goes_on(cell: &Cell, scene: &Scene, first: &Ended, before: &World) -> Result<u8, String> {
    let verb = &cell.verb;
    let between = scene.world();
    check_first(*verb, scene, first, before, &between)
        .map_err(|problem| format!("{problem}; it ended with {}: {}", first.exit, first.said))?;
    if verb.is_done_once(first) {
        return Ok(0);
    }
    let second = scene.run(async |kms, runs| verb.run_again(first, scene, kms, runs).await);
    if second.exit != 0 {
        return Err(format!("{}, then again: {}", first.said, second.said));
    }
    check_goal(*verb, scene, &[first, &second])
        .and_then(|()| check_tidy(scene))
        .map_err(|problem| format!("{problem}; first {}, then {}", first.said, second.said))?;
    Ok(first.exit)
}

/// One row for each call, one column for each fault, and in it the exit code of the run that met it.
fn print_table(cells: &[Cell], outcomes: &[Result<u8, String>]) {
    println!("exit code of the run that meets the fault; `!` where the promise was broken");
    for (number, fault) in faults().iter().enumerate() {
        println!("{:>4} {}", number + 1, fault.name);
    }
    let (mut row, mut filled) = ((None, 0), 0);
    for (number, cell) in cells.iter().enumerate() {
        if row != (Some(cell.verb), cell.call) {
            if row.0 != Some(cell.verb) {
                print!("\n{}\n{:29}", cell.verb.name(), "");
                (1..=faults().len()).for_each(|number| print!("{number:>3}"));
            }
            print!("\n  {:>2} {:24}", cell.call, cell.operation);
            (row, filled) = ((Some(cell.verb), cell.call), 0);
        }
        let column = faults().iter().position(|fault| fault.name == cell.fault.name).unwrap();
        (filled..column).for_each(|_| print!("   "));
        filled = column + 1;
        match &outcomes[number] {
            Ok(exit) => print!("{exit:>3}"),
            Err(_) => print!("  !"),
        }
    }
    println!();
}
