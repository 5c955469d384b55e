//! Whatever a run meets, the commands that it prints lead to the end: they are pasted word for word until one ends with 0, and then
//! there is one key with its alias, and the file that the last report names holds the bytes that KMS holds.
//!
//! A cell is a task, a source of key material, the call that goes wrong, how it goes wrong, and how long DescribeKey lags behind an
//! import. It is walked twice, side by side, with text and with JSON; both must tell the same, and so must their records. Here a sample
//! is walked, by a seed that is printed and can be given (`KMS_BYOK_SEED`); `KMS_BYOK_WALK=all` walks every cell, `KMS_BYOK_WALK=300`
//! so many, and `KMS_BYOK_WALK=rollback` those of the tasks with that in their name.

mod ending;
mod scene;
mod session;
mod task;

use std::collections::{BTreeMap, HashMap};
use std::thread;

use self::scene::{Scene, Strike};
use self::session::Session;
use self::task::{SOURCES, Source, Task};
use crate::support::cloud::timeless;
use crate::support::order::BACKUP;
use crate::support::printings;
use crate::support::sample::sample;
use crate::support::seed::seed;
use crate::support::walk_cell;
use crate::support::workers::in_parallel;

const SAMPLE: usize = 80;
const LAGS: [u32; 2] = [0, 9];

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// KMS does not do it, and says so.
    Refused,
    /// KMS does it, and the connection breaks.
    ReplyLost,
    /// KMS does it, and answers with an error of its own.
    Failed,
    /// KMS does it, and the reply lacks all that KMS always says.
    ReplyEmpty,
    /// The reply is about another key or other bytes.
    Forged,
    /// The process is killed before KMS has done it.
    KilledBefore,
    /// The process is killed after that, and before the reply.
    KilledAfter,
}

const WAYS: [Way; 7] =
    [Way::Refused, Way::ReplyLost, Way::Failed, Way::ReplyEmpty, Way::Forged, Way::KilledBefore, Way::KilledAfter];

impl Way {
    /// In the words of the embedded KMS. What is killed is held for longer than anybody waits.
    fn fault(self) -> &'static str {
        match self {
            Way::Refused => "error=AccessDeniedException",
            Way::ReplyLost => "reset-after",
            Way::Failed => "error-after=KMSInternalException",
            Way::ReplyEmpty => "empty-object",
            Way::Forged => "lie",
            Way::KilledBefore => "latency=1h",
            Way::KilledAfter => "latency-after=1h",
        }
    }

    fn kills(self) -> bool {
        matches!(self, Way::KilledBefore | Way::KilledAfter)
    }
}

/// A call of a run that nothing disturbs.
#[derive(Clone, Debug)]
struct Call {
    operation: String,
    /// Which call of that operation, from 1.
    number: usize,
    /// The key has key material by then.
    filled: bool,
}

impl Call {
    /// What can go wrong. Whether KMS has done what only looks makes no difference.
    fn ways(&self, spec: &str) -> impl Iterator<Item = Way> {
        let (changes, forgeable) = (self.changes(), self.is_forgeable(spec));
        WAYS.into_iter().filter(move |way| match way {
            Way::ReplyLost | Way::Failed | Way::KilledAfter => changes,
            Way::Forged => forgeable,
            Way::Refused | Way::ReplyEmpty | Way::KilledBefore => true,
        })
    }

    fn changes(&self) -> bool {
        walk_cell::changes(&self.operation)
    }

    /// The reply says something that could be of another key: the others say only what was asked.
    fn is_forgeable(&self, spec: &str) -> bool {
        let symmetric = spec == "SYMMETRIC_DEFAULT";
        match self.operation.as_str() {
            "GetParametersForImport" | "GetPublicKey" | "Sign" | "GenerateMac" | "Decrypt" => true,
            "ImportKeyMaterial" => symmetric,
            "DescribeKey" => symmetric && self.filled,
            _ => false,
        }
    }
}

#[derive(Clone, Debug)]
struct Cell {
    task: Task,
    source: Source,
    lag: u32,
    call: Call,
    way: Way,
}

impl Cell {
    fn name(&self) -> String {
        let Cell { task, source, lag, call, way } = self;
        format!("{}, {source:?}, {} {}: {way:?}, lag {lag} s", task.name, call.operation, call.number)
    }
}

/// The calls of a session that nothing disturbs.
fn calls(task: &Task, source: Source) -> Result<Vec<Call>, String> {
    let mut scene = Scene::new(task, source, true);
    let before = scene.calls().len();
    let mut session = Session::default();
    let done = session.follow(task, source, &mut scene, false);
    done.map_err(|problem| format!("{}, {source:?}: {problem}\n{}", task.name, session.said))?;
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut filled = task.filled;
    let call = |operation: String| {
        let number = counts.entry(operation.clone()).or_default();
        *number += 1;
        filled |= operation == "ImportKeyMaterial";
        Call { number: *number, operation, filled }
    };
    Ok(scene.calls().into_iter().skip(before).map(call).collect())
}

/// Every cell.
fn cells() -> Vec<Cell> {
    let tasks = Task::all();
    let rows: Vec<(Task, Source)> =
        tasks.iter().flat_map(|task| task.sources.iter().map(|source| (task.clone(), *source))).collect();
    let found = in_parallel(8, &rows, |(task, source)| calls(task, *source));
    let mut cells = Vec::new();
    for ((task, source), calls) in rows.into_iter().zip(found) {
        for call in calls.unwrap_or_else(|problem| panic!("{problem}")) {
            for way in call.ways(task.spec) {
                cells.extend(LAGS.map(|lag| Cell { task: task.clone(), source, lag, call: call.clone(), way }));
            }
        }
    }
    cells
}

/// One session of a cell, up to the end.
fn walk_in(cell: &Cell, json: bool) -> Result<Session, String> {
    let Cell { task, source, lag, call, way } = cell;
    let mut scene = Scene::new(task, *source, json);
    let strike = Strike { operation: call.operation.clone(), number: call.number, what: way.fault() };
    scene.disturb(Some(strike), *lag);
    let mut session = Session::default();
    let done = session.follow(task, *source, &mut scene, way.kills());
    let done = done.and_then(|()| ending::check(task, *source, &mut session, &mut scene));
    // With a lag the session may have gone another way round, and how often a change is asked after depends on the load.
    let polled = ["DescribeKey", "ListKeyRotations", "GetKeyRotationStatus"].contains(&call.operation.as_str());
    let missed = done.is_ok() && !session.struck && *lag == 0 && !polled;
    match done {
        _ if missed => Err(format!("the call was not made\n{}", session.said)),
        Ok(()) => Ok(session),
        Err(problem) => Err(format!("{}: {problem}\n{}", if json { "JSON" } else { "text" }, session.said)),
    }
}

/// Both sessions of a cell.
fn walk(cell: &Cell) -> Result<Session, String> {
    let (text, json) = thread::scope(|scope| {
        let text = scope.spawn(|| walk_in(cell, false));
        (text.join(), walk_in(cell, true))
    });
    let (text, json) = (text.map_err(|_| "the session with text panics")??, json?);
    // How often one waits for a lag depends on the load of the machine, and which of two calls at once is struck on nothing.
    let codes = |session: &Session| session.printed.iter().map(|printed| printed.code).collect::<Vec<_>>();
    let alike = codes(&text) == codes(&json);
    for (one, other) in text.printed.iter().zip(&json.printed).filter(|_| alike) {
        printings::compare(one, other, anonymous)
            .map_err(|problem| format!("{problem}\n{}\n{}", text.said, json.said))?;
    }
    Ok(json)
}

/// A line without what differs from session to session: ids, fingerprints, ports, times, and the form.
fn anonymous(line: &str) -> String {
    if line.ends_with(" in base64") || line.starts_with("SSH ") || line.starts_with("kid ") {
        return "fingerprint".to_owned();
    }
    if line.ends_with(" bytes") {
        return "so many bytes".to_owned();
    }
    let line = timeless(&line.replace(" --output json", ""));
    let is_id = |word: &str| {
        word.len() >= 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
            || line.contains(&format!("127.0.0.1:{word}"))
    };
    let separates = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    line.split_inclusive(separates)
        .map(|word| {
            let end = word.find(separates).unwrap_or(word.len());
            let (word, rest) = word.split_at(end);
            let hex = word.strip_prefix("mrk-").unwrap_or(word);
            format!("{}{rest}", if !hex.is_empty() && is_id(hex) { "ID" } else { word })
        })
        .collect()
}

#[test]
fn the_commands_that_are_printed_lead_to_the_end() {
    let mut cells = cells();
    let all = cells.len();
    let wanted = std::env::var("KMS_BYOK_WALK").unwrap_or_default();
    let is_wanted = |cell: &Cell| cell.task.name.contains(&wanted);
    if !wanted.is_empty() && cells.iter().any(is_wanted) {
        cells.retain(is_wanted);
    } else if wanted != "all" {
        let count = wanted.parse().unwrap_or(SAMPLE);
        cells = sample(seed(), count, all).into_iter().map(|index| cells[index].clone()).collect();
    }
    let outcomes = in_parallel(24, &cells, walk);
    let mut rows = BTreeMap::<_, (usize, BTreeMap<usize, usize>)>::new();
    let mut ways = BTreeMap::<_, BTreeMap<String, usize>>::new();
    for (cell, outcome) in cells.iter().zip(&outcomes) {
        let (count, runs) = rows.entry((cell.task.name.clone(), format!("{:?}", cell.source))).or_default();
        *count += 1;
        let Ok(session) = outcome else { continue };
        *runs.entry(session.printed.len()).or_default() += 1;
        let first = match (session.struck, session.first) {
            (false, _) => "not reached".to_owned(),
            (true, None) => "killed".to_owned(),
            (true, Some(code)) => code.to_string(),
        };
        *ways.entry(cell.way).or_default().entry(first).or_default() += 1;
    }
    for ((task, source), (count, runs)) in rows {
        println!("{task}, {source}: {count} cells, runs to the end {runs:?}");
    }
    for (way, first) in ways {
        println!("{way:?}: the run that it struck ended so: {first:?}");
    }
    println!("{} of {all} cells walked, none skipped", cells.len());
    walk_cell::all_hold(&cells, &outcomes, Cell::name);
}

/// What is no cell: a line that has no place for a source, or that makes no key material, is wrong usage with one, before KMS is asked; and
/// a key that had key material before takes no other.
#[test]
fn a_line_with_a_source_that_is_not_walked_is_refused() {
    let mut combinations: Vec<(Task, String, Source, i32)> = Vec::new();
    for task in Task::all() {
        for line in &task.lines {
            let (named, takes) = match line.contains("SOURCE") {
                true => (line.clone(), task.sources),
                false => (format!("{line} SOURCE"), &[][..]),
            };
            for source in
                SOURCES.into_iter().filter(|source| !takes.contains(source) && task.writes_over != Some(BACKUP))
            {
                let code = if task.was_deleted && !takes.is_empty() { 1 } else { 2 };
                combinations.push((task.clone(), named.clone(), source, code));
            }
        }
    }
    let outcomes = in_parallel(8, &combinations, |(task, line, source, code)| {
        // Wrong usage is seen before KMS is asked.
        let before = if *code == 2 { &[][..] } else { task.before };
        let mut scene = Scene::new(&Task { before, ..task.clone() }, *source, false);
        let (world, calls) = (scene.world(), scene.calls().len());
        let run = scene.cloud.shell(&scene.typed(line, *source), &scene.stdin);
        let asked = scene.calls().len() > calls;
        match run.code == Some(*code) && asked == (*code == 1) && scene.world() == world {
            true => Ok(()),
            false => Err(format!("{line}, {source:?}: {:?} {}", run.code, run.stderr)),
        }
    });
    let failures: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    println!("{} combinations of a line and a source are no cells, and refused", outcomes.len());
}
