//! Whatever a run meets, what follows from it as a value leads to the end: `next` is carried out until there is none, and then the run
//! has succeeded, there is one key with one alias, and the file that the last report names holds the bytes that KMS holds.
//!
//! A cell is a verb, a source of key material, how long DescribeKey lags behind an import, the call at which a run is broken off, and how.
//! Every cell is walked, in the runtime of its embedded KMS, with one clock that is paused.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use kms_byok::kms::{Connection, KeyState};
use kms_byok::material::{KeyMaterial, KeySpec};
use kms_byok::proof::Level;
use tempfile::TempDir;

use crate::support::carried_out::Ended;
use crate::support::in_runtime::{EVERY_WAY, How, InRuntime, StopPoint};
use crate::support::order::{self, ALIAS, BACKUP, GIVEN, Order, Source, Then, Verb};
use crate::support::recipient;
use crate::support::workers::in_parallel;
use crate::support::world::World;

/// The operations that change something.
const CHANGING: &[&str] = &[
    "CreateKey",
    "CreateAlias",
    "ReplicateKey",
    "ImportKeyMaterial",
    "RotateKeyOnDemand",
    "DeleteImportedKeyMaterial",
];
const LAGS: [u64; 3] = [0, 9, 120];
/// A run waits for a minute, and the longest lag is two.
const MOST_RUNS: usize = 8;
/// What an import looks like after that is no longer a matter of lag.
const LONG: Duration = Duration::from_secs(3600);

/// What is asked for, and how long DescribeKey lags.
#[derive(Clone, Debug)]
struct Row {
    verb: Verb,
    spec: KeySpec,
    level: Level,
    source: Source,
    lag: u64,
}

#[derive(Clone, Debug)]
struct Cell {
    row: Row,
    operation: String,
    stop: StopPoint,
    /// The process was killed: nobody has seen a report, and the user types the same again.
    killed: bool,
}

impl Cell {
    fn name(&self) -> String {
        let Row { verb, spec, level, source, lag } = &self.row;
        let (call, how) = (self.stop.call, self.stop.how);
        let killed = if self.killed { ", killed" } else { "" };
        format!("{verb:?} {spec} {level:?} {source:?} lag {lag} s, call {call} {}: {how:?}{killed}", self.operation)
    }
}

/// The embedded KMS with what the verb needs to be there before, and the directory of the user.
struct Scene {
    runtime: InRuntime,
    directory: TempDir,
    order: Order,
    before: World,
}

impl Row {
    async fn scene(&self) -> Scene {
        let shared = Path::new("/dev/shm");
        let directory = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
        recipient::place(directory.path());
        write_private(&directory.path().join(GIVEN), KeyMaterial::generate(self.spec).unwrap().expose());
        let lag = format!("DescribeKey:always:lag={}s", self.lag);
        let faults = [lag.as_str()];
        let runtime = InRuntime::new(&faults[..usize::from(self.lag > 0)], Connection::default());
        let order = Order {
            verb: self.verb,
            spec: self.spec,
            source: self.source.clone(),
            level: self.level,
            directory: directory.path().to_owned(),
            key: None,
            lost: None,
            import_type: None,
        };
        let before = runtime.world().await;
        Scene { runtime, directory, order, before }
    }

    /// The calls of a run that nothing breaks off, and how many of them are left out: of one wait loop, the first poll, the second
    /// and the last are enough.
    async fn stop_points(&self) -> (Vec<(usize, String)>, usize) {
        let scene = self.scene().await;
        let client = scene.runtime.connect(None);
        scene.order.carry_out(&client).await.unwrap();
        let calls = client.calls();
        let points = without_polls(&calls);
        let left_out = calls.len() - points.len();
        (points, left_out)
    }
}

fn write_private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Of calls that repeat themselves four times and more, the first two rounds and the last.
fn without_polls(calls: &[String]) -> Vec<(usize, String)> {
    let mut points = Vec::new();
    let mut at = 0;
    while at < calls.len() {
        let rounds = |period: usize| {
            let round = &calls[at..(at + period).min(calls.len())];
            calls[at..].chunks(period).take_while(|next| *next == round).count()
        };
        let (period, rounds) =
            (1..=3).map(|period| (period, rounds(period))).max_by_key(|(p, r)| (*r > 3, p * r)).unwrap();
        let length = if rounds > 3 { period * rounds } else { 1 };
        for index in 0..length {
            if rounds <= 3 || index < 2 * period || index >= length - period {
                points.push((at + index + 1, calls[at + index].clone()));
            }
        }
        at += length;
    }
    points
}

fn in_a_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(work)
}

/// Every cell of a row.
fn cells_of(row: &Row) -> (Vec<Cell>, usize) {
    let (points, left_out) = in_a_runtime(row.stop_points());
    let mut cells = Vec::new();
    for (call, operation) in points {
        // Whether KMS has answered what only looks changes nothing.
        let changes = CHANGING.contains(&operation.as_str());
        for how in EVERY_WAY.into_iter().filter(|how| changes || !how.is_done() || *how == How::ReplyEmpty) {
            for killed in [false, true] {
                if !killed || how.stops() {
                    let stop = StopPoint { call, how };
                    cells.push(Cell { row: row.clone(), operation: operation.clone(), stop, killed });
                }
            }
        }
    }
    (cells, left_out)
}

/// How a cell ended.
struct Walked {
    runs: usize,
    /// Its first run ended so.
    first: u8,
}

fn walk(cell: &Cell) -> Result<Walked, String> {
    let mut said = String::new();
    in_a_runtime(follow(cell, &mut said)).map_err(|problem| format!("{problem}\n{said}"))
}

/// Carries out the order, and what follows from it.
async fn follow(cell: &Cell, said: &mut String) -> Result<Walked, String> {
    let scene = cell.row.scene().await;
    let mut order = scene.order.clone();
    let (mut stop, mut first, mut named) = (Some(cell.stop), None, None);
    for runs in 1..=MOST_RUNS {
        let client = scene.runtime.connect(stop.take());
        let ended = order.carry_out(&client).await?;
        let Ended { account, error, .. } = &ended;
        let report = &account.report;
        said.push_str(&format!(
            "{runs}. {order}: exit {} {error:?}\n   {:?} {:?}\n   {report:?}\n   {:?}\n",
            ended.exit,
            client.calls(),
            account.next,
            account.facts.in_doubt
        ));
        let first = *first.get_or_insert(ended.exit);
        named = report.kept.clone().or(report.escrow.clone()).or(named);
        if ended.stopped && cell.killed {
            continue;
        }
        let walked = Walked { runs, first };
        match ended.exit {
            0 => return check_end(&scene, &order, &named).await.map(|()| walked),
            1 if runs == 1 => {
                // Nothing has changed; the user does away with what was in the way, and asks for the same again.
                tokio::time::advance(LONG).await;
                let now = scene.runtime.world().await;
                if now != scene.before {
                    return Err(format!("it says that nothing has changed, and there is {now:?}"));
                }
            }
            1 => return Err("it ended with 1".to_owned()),
            _ => match order.then(&account.next) {
                None => return Err("nothing follows".to_owned()),
                Some(Then::Look) => {
                    order.key = report.key_arn.clone();
                    return check_end(&scene, &order, &named).await.map(|()| walked);
                }
                Some(Then::Run(next)) => order = *next,
                Some(other) => return Err(format!("what follows is {other:?}")),
            },
        }
    }
    Err(format!("{MOST_RUNS} runs were not enough"))
}

/// One key, one alias, and the bytes.
async fn check_end(scene: &Scene, order: &Order, named: &Option<std::path::PathBuf>) -> Result<(), String> {
    tokio::time::advance(LONG).await;
    let world = scene.runtime.world().await;
    let [key] = &world.keys[..] else { return Err(format!("not one key: {world:?}")) };
    let id = key.arn.rsplit('/').next().unwrap().to_owned();
    if key.state != KeyState::Enabled.to_string() || world.aliases != [("us-east-1".to_owned(), ALIAS.to_owned(), id)] {
        return Err(format!("not one enabled key with one alias: {world:?}"));
    }
    let spec = order.spec;
    let asked_for = scene.order.path(BACKUP);
    let file = named.as_ref().unwrap_or(&asked_for);
    let directory = scene.directory.path();
    let material = match &scene.order.source {
        Source::Keep => order::read(file, spec),
        Source::Escrow => order::opened(file, spec, directory),
        Source::Discard => {
            return match (named, asked_for.exists()) {
                (None, false) => Ok(()),
                _ => Err(format!("bytes that were to be discarded are said to be in {named:?}")),
            };
        }
        _ if named.is_some() => return Err(format!("the user's own bytes are said to be in {named:?}")),
        _ => order::read(&scene.order.path(GIVEN), spec),
    };
    let material = material.map_err(|error| format!("{}: {error}", file.display()))?;
    match scene.runtime.holds(key, spec.name(), material.expose()).await {
        true => Ok(()),
        false => Err(format!("KMS does not hold what {} holds", file.display())),
    }
}

/// Walks every cell of these rows, and prints how many there were and how they ended.
fn walk_all(rows: &[Row]) {
    let begun = Instant::now();
    let found = in_parallel(2, rows, |row| Ok(cells_of(row)));
    let mut cells = Vec::new();
    let mut left_out = 0;
    for found in found {
        let (of_row, polls) = found.unwrap_or_else(|problem| panic!("{problem}"));
        cells.extend(of_row);
        left_out += polls;
    }
    let outcomes = in_parallel(2, &cells, walk);
    let mut runs: BTreeMap<usize, usize> = BTreeMap::new();
    let mut exits: BTreeMap<u8, usize> = BTreeMap::new();
    for walked in outcomes.iter().flatten() {
        *runs.entry(walked.runs).or_default() += 1;
        *exits.entry(walked.first).or_default() += 1;
    }
    println!(
        "{} cells walked, none skipped, {left_out} further polls of wait loops left out; runs to the end {runs:?}, first exit {exits:?}, {:?}",
        cells.len(),
        begun.elapsed()
    );
    let failures: Vec<String> = cells
        .iter()
        .zip(&outcomes)
        .filter_map(|(cell, outcome)| Some(format!("{}: {}", cell.name(), outcome.as_ref().err()?)))
        .collect();
    assert!(failures.is_empty(), "{} of {} cells:\n{}", failures.len(), cells.len(), failures.join("\n\n"));
}

const SOURCES: [Source; 5] = [Source::Keep, Source::Escrow, Source::Given, Source::Stdin, Source::Discard];

fn rows(verb: Verb, spec: KeySpec, level: Level, sources: &[Source]) -> Vec<Row> {
    let with_lag = |source: &Source| LAGS.map(|lag| Row { verb, spec, level, source: source.clone(), lag });
    sources.iter().flat_map(with_lag).collect()
}

#[test]
fn every_way_to_break_off_a_provision_leads_to_one_key_with_the_bytes_of_its_file() {
    let mut all = rows(Verb::Provision, KeySpec::SymmetricDefault, Level::Use, &SOURCES);
    for spec in [KeySpec::Hmac384, KeySpec::EccNistP256] {
        all.extend(rows(Verb::Provision, spec, Level::Use, &[Source::Keep, Source::Given]));
    }
    walk_all(&all);
}
