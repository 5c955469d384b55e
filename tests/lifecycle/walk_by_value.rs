//! Whatever a run meets, what follows from it as a value leads to the end: `next` is carried out until there is none, and then the run
//! has succeeded, there is one key with one alias, and the file that the last report names holds the bytes that KMS holds.
//!
//! A cell is a verb, a source of key material, how long DescribeKey lags behind an import, the call at which a run is broken off, and how.
//! It is walked in the runtime of its embedded KMS, with one clock that is paused.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use kms_byok::escrow::{self, Recipient};
use kms_byok::kms::{Connection, ImportType, KeyState};
use kms_byok::lifecycle::{BackupForm, StoredBackup};
use kms_byok::material::{KeyMaterial, KeySpec};
use kms_byok::proof::Level;
use tempfile::TempDir;

use crate::support::carried_out::Ended;
use crate::support::in_runtime::{EVERY_WAY, How, InRuntime, StopPoint};
use crate::support::order::{self, ALIAS, BACKUP, GIVEN, Order, PARAMETERS, Source, Then, Verb};
use crate::support::recipient;
use crate::support::sample::sample;
use crate::support::seed::seed;
use crate::support::walk_cell::{self, in_a_runtime};
use crate::support::workers::in_parallel;
use crate::support::world::{REGIONS, Truth, World};

/// One cell in so many is walked by the gate, by a seed that is printed and can be given (`KMS_BYOK_SEED`); `KMS_BYOK_WALK=all` walks
/// every one.
const SAMPLED: usize = 79;
/// What a key that is rotated has before.
const FIRST: &str = "first";
/// The bytes that are given, in escrow.
const SEALED: &str = "given.cms";
const LAGS: [u64; 3] = [0, 9, 120];
/// A run waits for a minute, and the longest lag is two.
const MOST_RUNS: usize = 8;
/// What an import looks like after that is no longer a matter of lag.
const LONG: Duration = Duration::from_secs(3600);

/// What is asked for, and how long DescribeKey lags.
#[derive(Clone, Debug)]
struct Row {
    /// One after the other.
    verbs: &'static [Verb],
    before: Before,
    /// With a replica in another Region.
    replicated: bool,
    import_type: Option<ImportType>,
    spec: KeySpec,
    level: Level,
    source: Source,
    lag: u64,
}

/// What is there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    /// The file that a copy is to go to.
    Copy,
    /// A key without key material.
    Empty,
    /// And what was given is wrapped for it.
    Wrapped,
    /// A key with the bytes that are given.
    Filled,
    /// The same, and they were deleted.
    Deleted,
    /// And wrapped anew.
    DeletedAndWrapped,
    /// A key with other bytes.
    First,
    /// The same, and a replica with them.
    FirstReplicated,
    /// A key with other bytes, in which those that are given wait for rotation.
    Waiting,
}

impl Before {
    /// How it comes to be, and of which bytes.
    fn steps(self) -> &'static [(Verb, &'static str)] {
        use Verb::{CreateKey, DeleteMaterial, Import, Provision, Replicate, Wrap};
        match self {
            Before::Nothing | Before::Copy => &[],
            Before::Empty => &[(CreateKey, GIVEN)],
            Before::Wrapped => &[(CreateKey, GIVEN), (Wrap, GIVEN)],
            Before::Filled => &[(Provision, GIVEN)],
            Before::Deleted => &[(Provision, GIVEN), (DeleteMaterial, GIVEN)],
            Before::DeletedAndWrapped => &[(Provision, GIVEN), (DeleteMaterial, GIVEN), (Wrap, GIVEN)],
            Before::First => &[(Provision, FIRST)],
            Before::FirstReplicated => &[(Provision, FIRST), (Replicate, FIRST)],
            Before::Waiting => &[(Provision, FIRST), (Wrap, GIVEN), (Import, GIVEN)],
        }
    }
}

type Cell = walk_cell::Cell<Row>;

impl Cell {
    fn name(&self) -> String {
        let Row { verbs, before, replicated, import_type, spec, level, source, lag } = &self.row;
        let (call, how) = (self.stop.call, self.stop.how);
        let killed = if self.killed { ", killed" } else { "" };
        let more = format!("{} {import_type:?}", if *replicated { "replicated" } else { "" });
        format!(
            "{verbs:?} {before:?} {more} {spec} {level:?} {source:?} lag {lag} s, call {call} {}: {how:?}{killed}",
            self.operation
        )
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
        write_private(&directory.path().join(GIVEN), &material(self.spec, GIVEN));
        if self.before == Before::Copy {
            write_private(&directory.path().join(BACKUP), &material(self.spec, FIRST));
        }
        let recipients = [Recipient::read(&directory.path().join("recovery.pem")).unwrap()];
        fs::write(directory.path().join(SEALED), escrow::seal(&material(self.spec, GIVEN), &recipients).unwrap())
            .unwrap();
        let lag = format!("DescribeKey:always:lag={}s", self.lag);
        let faults = [lag.as_str()];
        let runtime = InRuntime::new(&faults[..usize::from(self.lag > 0)], Connection::default());
        let order = Order {
            verb: self.verbs[0],
            spec: self.spec,
            source: match &self.source {
                // The directory has its name only now.
                Source::Stored(backup) => {
                    let path = directory.path().join(&backup.path);
                    Source::Stored(StoredBackup { path, ..backup.clone() })
                }
                source => source.clone(),
            },
            level: self.level,
            directory: directory.path().to_owned(),
            key: None,
            lost: None,
            import_type: self.import_type,
            or_new: false,
            multi_region: self.replicated,
            material_id: None,
        };
        for (verb, file) in self.before.steps() {
            let path = directory.path().join(file);
            if !path.exists() {
                write_private(&path, &material(self.spec, FIRST));
            }
            let import_type = (self.before == Before::Waiting).then_some(ImportType::New);
            let source = Source::Stored(StoredBackup { path, form: BackupForm::Plaintext });
            let mut client = runtime.connect(None);
            client.kms = client.kms.clone().waiting(Duration::from_secs(200));
            let prepared = Order { verb: *verb, source, level: Level::State, import_type, ..order.clone() };
            let ended = prepared.carry_out(&client).await;
            let ended = ended.unwrap();
            assert_eq!(ended.exit, 0, "{verb:?}: {:?}", ended.error);
        }
        tokio::time::advance(LONG).await;
        let before = runtime.world().await;
        Scene { runtime, directory, order, before }
    }

    /// The calls of a run that nothing breaks off, and how many of them are left out: of one wait loop, the first poll, the second
    /// and the last are enough.
    async fn stop_points(&self) -> (Vec<(usize, String, bool)>, usize) {
        let scene = Box::pin(self.scene()).await;
        let (mut calls, mut forgeable) = (Vec::new(), Vec::new());
        for verb in self.verbs {
            let client = scene.runtime.connect(None);
            Order { verb: *verb, ..scene.order.clone() }.carry_out(&client).await.unwrap();
            calls.extend(client.calls());
            forgeable.extend((1..=client.calls().len()).map(|call| client.is_forgeable(call)));
        }
        let points = without_polls(&calls);
        let left_out = calls.len() - points.len();
        (points.into_iter().map(|(call, name)| (call, name, forgeable[call - 1])).collect(), left_out)
    }
}

/// Bytes of that name and key spec: made once, as RSA keys take their time.
fn material(spec: KeySpec, name: &'static str) -> Vec<u8> {
    type Made = BTreeMap<(&'static str, &'static str), Vec<u8>>;
    static MADE: LazyLock<Mutex<Made>> = LazyLock::new(Mutex::default);
    let make = || KeyMaterial::generate(spec).unwrap().expose().to_vec();
    MADE.lock().unwrap().entry((spec.name(), name)).or_insert_with(make).clone()
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

/// Every cell of a row.
fn cells_of(row: &Row) -> (Vec<Cell>, usize) {
    let (points, left_out) = in_a_runtime(Box::pin(row.stop_points()));
    let mut cells = Vec::new();
    for (call, operation, forgeable) in points {
        // Whether KMS has answered what only looks changes nothing.
        let changes = walk_cell::changes(&operation);
        let ways = EVERY_WAY.into_iter().filter(|how| match how {
            How::Forged => forgeable,
            How::ReplyEmpty => true,
            how => changes || !how.is_done(),
        });
        for how in ways {
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

/// One key, one alias, and the bytes.
async fn check_end(row: &Row, scene: &Scene, named: &Option<PathBuf>) -> Result<(), String> {
    tokio::time::advance(LONG).await;
    let mut world = scene.runtime.world().await;
    if row.verbs == [Verb::DeleteMaterial] {
        // The same bytes bring it back.
        let [key] = &world.keys[..] else { return Err(format!("not one key: {world:?}")) };
        if key.state != KeyState::PendingImport.to_string() {
            return Err(format!("the key material is there still: {world:?}"));
        }
        let given = order::read(&scene.order.path(GIVEN), row.spec).unwrap();
        scene.runtime.import(key, given.expose()).await?;
        tokio::time::advance(LONG).await;
        world = scene.runtime.world().await;
    }
    let regions = if row.replicated { &REGIONS[..] } else { &REGIONS[..1] };
    let id = world.keys.first().and_then(|key| key.arn.rsplit('/').next()).unwrap_or_default().to_owned();
    let alias = |region: &&str| ((*region).to_owned(), ALIAS.to_owned(), id.clone());
    let enabled = world.keys.iter().filter(|key| key.state == KeyState::Enabled.to_string() && key.arn.ends_with(&id));
    if enabled.count() != regions.len() || world.keys.len() != regions.len() {
        return Err(format!("not one enabled key: {world:?}"));
    }
    let mut aliases = world.aliases.clone();
    aliases.sort_by_key(|(region, ..)| REGIONS.iter().position(|known| known == region));
    if aliases != regions.iter().map(alias).collect::<Vec<_>>() {
        return Err(format!("not one alias: {world:?}"));
    }
    check_files(scene)?;
    let spec = row.spec;
    let asked_for = scene.order.path(BACKUP);
    let file = named.as_ref().unwrap_or(&asked_for);
    let material = match &row.source {
        // What is there is what was asked for, and nothing is generated.
        _ if row.before == Before::Filled && row.verbs == [Verb::Provision] => {
            order::read(&scene.order.path(GIVEN), spec)
        }
        Source::Keep => order::read(file, spec),
        Source::Escrow => order::opened(file, spec, scene.directory.path()),
        Source::Discard if named.is_none() && !asked_for.exists() => return check_new(row, scene, &world).await,
        Source::DiscardOrResume => return check_new(row, scene, &world).await,
        _ if named.is_some() => return Err(format!("bytes without a backup are said to be in {named:?}")),
        _ => order::read(&scene.order.path(GIVEN), spec),
    };
    let material = material.map_err(|error| format!("{}: {error}", file.display()))?;
    for key in &world.keys {
        if !scene.runtime.holds(key, spec.name(), material.expose()).await {
            return Err(format!("{} does not hold what {} holds: {world:?}", key.arn, file.display()));
        }
    }
    Ok(())
}

/// No file that nobody knows, and no request that is still written down as under way.
fn check_files(scene: &Scene) -> Result<(), String> {
    let names = fs::read_dir(scene.directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let known = [BACKUP, FIRST, GIVEN, SEALED, PARAMETERS, "record", "recovery.key", "recovery.pem", "state"];
    let superseded =
        |name: &str| ["copy.superseded-", "record.superseded-"].iter().any(|begin| name.starts_with(begin));
    let mut names = names.map(|name| name.to_string_lossy().into_owned());
    if let Some(stray) = names.find(|name| !known.contains(&name.as_str()) && !superseded(name)) {
        return Err(format!("`{stray}` is left behind"));
    }
    match fs::read_dir(scene.order.path("state")).map_or(0, Iterator::count) {
        0 => Ok(()),
        _ => Err("a request is still written down as under way".to_owned()),
    }
}

/// What a rotation has made and nobody has stored is not what was there before.
async fn check_new(row: &Row, scene: &Scene, world: &World) -> Result<(), String> {
    if row.verbs[0] != Verb::Rotate {
        return Ok(());
    }
    let first = order::read(&scene.order.path(FIRST), row.spec).unwrap();
    for key in &world.keys {
        if key.current != world.keys[0].current || scene.runtime.holds(key, row.spec.name(), first.expose()).await {
            return Err(format!("it is not rotated: {world:?}"));
        }
    }
    Ok(())
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
    let all = cells.len();
    if !std::env::var("KMS_BYOK_WALK").is_ok_and(|wanted| wanted == "all") {
        cells = sample(seed(), all.div_ceil(SAMPLED), all).into_iter().map(|index| cells[index].clone()).collect();
    }
    let outcomes = in_parallel(2, &cells, walk);
    let mut runs: BTreeMap<usize, usize> = BTreeMap::new();
    let mut exits: BTreeMap<String, BTreeMap<u8, usize>> = BTreeMap::new();
    for (cell, outcome) in cells.iter().zip(&outcomes) {
        let Ok(walked) = outcome else { continue };
        *runs.entry(walked.runs).or_default() += 1;
        *exits.entry(format!("{:?}", cell.stop.how)).or_default().entry(walked.first).or_default() += 1;
    }
    println!(
        "{} of {all} cells walked, {left_out} further polls of wait loops left out; runs to the end {runs:?}, first exit {exits:?}, {:?}",
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

/// Every source of key material.
fn sources() -> Vec<Source> {
    [vec![Source::Keep, Source::Escrow, Source::Discard], had()].concat()
}

/// Those of bytes that the user has.
fn had() -> Vec<Source> {
    let sealed = StoredBackup { path: SEALED.into(), form: BackupForm::Escrow(Vec::new()) };
    vec![Source::Given, Source::Stdin, Source::Stored(sealed)]
}

/// What is asked for, from each of these sources, with every lag.
fn rows(verbs: &'static [Verb], before: Before, spec: KeySpec, sources: &[Source]) -> Vec<Row> {
    let row = |source: &Source, lag| {
        let (replicated, import_type, level, source) = (false, None, Level::Use, source.clone());
        Row { verbs, before, replicated, import_type, spec, level, source, lag }
    };
    sources.iter().flat_map(|source| LAGS.map(|lag| row(source, lag))).collect()
}

fn in_full(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().map(|row| Row { level: Level::Full, ..row }).collect()
}

fn replicated(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().map(|row| Row { replicated: true, ..row }).collect()
}

const SYMMETRIC: KeySpec = KeySpec::SymmetricDefault;
/// One for each kind of proof of the others, and the one that is wrapped in two layers.
const OTHERS: [KeySpec; 3] = [KeySpec::Hmac384, KeySpec::EccNistP256, KeySpec::Rsa2048];

#[test]
fn every_way_to_break_off_a_provision_leads_to_one_key_with_the_bytes_of_its_file() {
    walk_all(&rows(&[Verb::Provision], Before::Nothing, SYMMETRIC, &sources()));
}

#[test]
fn every_way_to_break_off_a_provision_of_another_key_spec_leads_to_one_key_with_the_bytes_of_its_file() {
    walk_all(&OTHERS.map(|spec| rows(&[Verb::Provision], Before::Nothing, spec, &sources())).concat());
}

#[test]
fn every_way_to_break_off_a_provision_that_proves_in_full_leads_to_one_key_with_the_bytes_of_its_file() {
    walk_all(&in_full(rows(&[Verb::Provision], Before::Nothing, SYMMETRIC, &sources())));
}

#[test]
fn every_way_to_break_off_a_provision_beside_what_is_there_leads_to_one_key_with_the_bytes_of_its_file() {
    let mut all = rows(&[Verb::Provision], Before::Copy, SYMMETRIC, &[Source::Keep, Source::Escrow]);
    all.extend(rows(&[Verb::Provision], Before::Empty, SYMMETRIC, &sources()));
    all.extend(in_full(rows(&[Verb::Provision], Before::Filled, SYMMETRIC, &sources())));
    all.extend(rows(&[Verb::Provision], Before::Deleted, SYMMETRIC, &had()));
    walk_all(&all);
}

#[test]
fn every_way_to_break_off_the_steps_of_the_recipe_leads_to_one_key_with_the_bytes() {
    const RECIPE: &[Verb] = &[Verb::CreateKey, Verb::Wrap, Verb::Import];
    let mut all = rows(RECIPE, Before::Nothing, SYMMETRIC, &sources());
    all.extend(OTHERS.map(|spec| rows(RECIPE, Before::Nothing, spec, &[Source::Keep, Source::Given])).concat());
    for import_type in [None, Some(ImportType::New)] {
        let import = rows(&[Verb::Import], Before::Wrapped, SYMMETRIC, &[Source::Given]);
        all.extend(import.into_iter().map(|row| Row { import_type, ..row }));
    }
    for import_type in [None, Some(ImportType::Existing)] {
        let import = rows(&[Verb::Import], Before::DeletedAndWrapped, SYMMETRIC, &[Source::Given]);
        all.extend(import.into_iter().map(|row| Row { import_type, ..row }));
    }
    walk_all(&all);
}

#[test]
fn every_way_to_break_off_a_rotation_leads_to_the_bytes_of_its_file() {
    let mut all = rows(&[Verb::Rotate], Before::First, SYMMETRIC, &sources());
    all.extend(rows(&[Verb::Rotate], Before::Waiting, SYMMETRIC, &[Source::Resume, Source::DiscardOrResume]));
    walk_all(&all);
}

#[test]
fn every_way_to_break_off_a_rotation_with_a_replica_leads_to_the_same_bytes_in_both_regions() {
    walk_all(&replicated(rows(&[Verb::Rotate], Before::FirstReplicated, SYMMETRIC, &sources())));
}

#[test]
fn every_way_to_break_off_a_replication_leads_to_the_same_bytes_in_both_regions() {
    let mut all = rows(&[Verb::Replicate], Before::Filled, SYMMETRIC, &had());
    all.extend(OTHERS.map(|spec| rows(&[Verb::Replicate], Before::Filled, spec, &[Source::Given])).concat());
    walk_all(&replicated(all));
}

#[test]
fn every_way_to_break_off_a_deletion_leads_to_a_key_that_the_same_bytes_bring_back() {
    walk_all(&rows(&[Verb::DeleteMaterial], Before::Filled, SYMMETRIC, &[Source::Given]));
}

#[test]
fn every_way_to_break_off_a_full_verification_leads_to_the_proof() {
    let mut all = rows(&[Verb::Verify], Before::Filled, SYMMETRIC, &had());
    all.extend(OTHERS.map(|spec| rows(&[Verb::Verify], Before::Filled, spec, &[Source::Given])).concat());
    walk_all(&all);
}
