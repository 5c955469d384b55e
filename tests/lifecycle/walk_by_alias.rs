//! Whatever a rotation by alias meets, what follows from it as a value leads to the end. At every stop the old key works, and the alias
//! names the old key or one that was proven; in the end there are two keys, the alias names the new one, and the file that the last report
//! names holds its bytes.
//!
//! A cell is a key spec, a source of key material, how long DescribeKey lags behind an import, the call at which a run is broken off, how,
//! and whether the user has a state directory.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use kms_byok::kms::{Connection, KeyArn};
use kms_byok::lifecycle::rotate::by_alias::Reached;
use kms_byok::lifecycle::{
    BackupForm, FindLost, GoOn, Next, PendingRequests, RotateByAlias, Run, StoredBackup, Watched, rotate_by_alias,
};
use kms_byok::material::{KeyMaterial, KeySpec};
use kms_byok::proof::Level;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::in_runtime::{Client, EVERY_WAY, How, InRuntime, StopPoint};
use crate::support::order::{self, ALIAS, BACKUP, GIVEN, Order, Source, Verb};
use crate::support::recipient;
use crate::support::walk_cell::{self, in_a_runtime, walk_sample};
use crate::support::workers::in_parallel;
use crate::support::world::{Truth, World};

/// What the old key has.
pub(super) const FIRST: &str = "first";
const MOST_RUNS: usize = 8;
/// So many cells are walked by the gate, by a seed that is printed and can be given; `KMS_BYOK_WALK=all` walks every one.
const SAMPLE: usize = 150;
const LONG: Duration = Duration::from_secs(3600);
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) spec: KeySpec,
    pub(super) source: Source,
    pub(super) lag: u64,
    /// Whether the state directory is there.
    pub(super) remembers: bool,
}

type Cell = walk_cell::Cell<Row>;

impl Row {
    fn name(&self) -> String {
        let Row { spec, source, lag, remembers } = self;
        let state = if *remembers { "" } else { ", no state directory" };
        format!("{spec} {source:?} lag {lag} s{state}")
    }
}

pub(super) struct Scene {
    pub(super) runtime: InRuntime,
    directory: TempDir,
    pub(super) order: Order,
    old: String,
    before: World,
}

/// What is asked for: the order, and what the last report has added to it.
#[derive(Clone)]
struct Asked {
    source: Source,
    new_key: Option<KeyArn>,
    lost: Option<String>,
}

/// Every key spec that KMS does not rotate by itself.
pub(super) fn specs() -> impl Iterator<Item = KeySpec> {
    KeySpec::ALL.into_iter().filter(|spec| *spec != KeySpec::SymmetricDefault)
}

/// Those that are walked in every way; the others differ from one of them in their bytes alone.
pub(super) const THOROUGH: [KeySpec; 2] = [KeySpec::EccNistP256, KeySpec::Hmac256];

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for spec in specs() {
        for source in [Source::Keep, Source::Escrow, Source::Discard, Source::Given] {
            for (lag, remembers) in [(0, true), (0, false), (9, true)] {
                if THOROUGH.contains(&spec) || source == Source::Given && lag == 0 {
                    rows.push(Row { spec, source: source.clone(), lag, remembers });
                }
            }
        }
    }
    rows
}

fn write_private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Two keys of a key spec, made once.
fn two_keys(spec: KeySpec) -> &'static [Vec<u8>; 2] {
    static KEYS: [OnceLock<[Vec<u8>; 2]>; KeySpec::ALL.len()] = [const { OnceLock::new() }; KeySpec::ALL.len()];
    let place = KeySpec::ALL.iter().position(|known| *known == spec).unwrap();
    KEYS[place].get_or_init(|| [(); 2].map(|()| KeyMaterial::generate(spec).unwrap().expose().to_vec()))
}

impl Row {
    pub(super) async fn scene(&self) -> Scene {
        let shared = Path::new("/dev/shm");
        let directory = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
        recipient::place(directory.path());
        for (file, bytes) in [FIRST, GIVEN].iter().zip(two_keys(self.spec)) {
            write_private(&directory.path().join(file), bytes);
        }
        let lag = format!("DescribeKey:always:lag={}s", self.lag);
        let faults = [lag.as_str()];
        let runtime = InRuntime::new(&faults[..usize::from(self.lag > 0)], Connection::default());
        let order = Order {
            verb: Verb::Provision,
            spec: self.spec,
            source: self.source.clone(),
            level: Level::Use,
            directory: directory.path().to_owned(),
            key: None,
            lost: None,
            import_type: None,
            or_new: false,
            multi_region: false,
            material_id: None,
        };
        let first = StoredBackup { path: order.path(FIRST), form: BackupForm::Plaintext };
        let ended = Order { source: Source::Stored(first), ..order.clone() }.carry_out(&runtime.connect(None)).await;
        assert_eq!(ended.unwrap().exit, 0);
        tokio::time::advance(LONG).await;
        let before = runtime.world().await;
        let old = before.keys[0].arn.clone();
        Scene { runtime, directory, order, old, before }
    }
}

impl Scene {
    fn plan(&self, asked: &Asked, remembers: bool) -> RotateByAlias {
        let order = Order { source: asked.source.clone(), ..self.order.clone() };
        let pending = PendingRequests {
            directory: remembers.then(|| order.path("state")),
            find_lost: asked.lost.clone().map(FindLost::Request),
        };
        let plan = RotateByAlias::new(ALIAS).wrapping(order.wrapping()).pending(pending).new_key(asked.new_key.clone());
        match order.material().unwrap() {
            Some(material) => plan.material(material),
            None => plan,
        }
    }

    /// The old key works with its own bytes, and the alias names it, or a key that works with the new ones.
    async fn check_stop(&self, asked: &Asked, named: Option<&PathBuf>, calls: &[String]) -> Result<(), String> {
        let world = self.runtime.world().await;
        let old = world.keys.iter().find(|key| key.arn == self.old).ok_or("the old key is gone")?;
        let first = order::read(&self.order.path(FIRST), self.order.spec).unwrap();
        if old.state != "Enabled" || !self.runtime.holds(old, self.order.spec.name(), first.expose()).await {
            return Err(format!("the old key does not work: {world:?}"));
        }
        let [(_, _, id)] = &world.aliases[..] else { return Err(format!("not one alias: {world:?}")) };
        if !self.old.ends_with(id) {
            let new = world.keys.iter().find(|key| key.arn.ends_with(id)).unwrap();
            if new.state != "Enabled" {
                return Err(format!("the alias names {new:?}"));
            }
            if let Some(bytes) = self.bytes(asked, named)
                && !self.runtime.holds(new, self.order.spec.name(), &bytes).await
            {
                return Err(format!("the alias names a key of other bytes: {new:?}"));
            }
        }
        // In each run the key has worked before the alias moves to it.
        let position = |wanted: &[&str]| calls.iter().position(|call| wanted.contains(&call.as_str()));
        match (position(&["UpdateAlias"]), position(&["Sign", "GenerateMac"])) {
            (Some(moved), Some(worked)) if worked < moved => Ok(()),
            (None, _) => Ok(()),
            _ => Err(format!("the alias moves to a key that was not used: {calls:?}")),
        }
    }

    /// The bytes of the new key, where a file has them.
    fn bytes(&self, asked: &Asked, named: Option<&PathBuf>) -> Option<Vec<u8>> {
        let (spec, directory) = (self.order.spec, self.directory.path());
        let material = match (&asked.source, &self.order.source) {
            (Source::Stored(backup), _) => order::stored(backup, spec, directory),
            (_, Source::Given) => order::read(&self.order.path(GIVEN), spec),
            (_, Source::Keep) => order::read(named.unwrap_or(&self.order.path(BACKUP)), spec),
            (_, Source::Escrow) => order::opened(named.unwrap_or(&self.order.path(BACKUP)), spec, directory),
            _ => return None,
        };
        Some(material.unwrap().expose().to_vec())
    }

    async fn tag(&self, arn: &str, name: &str) -> Option<String> {
        let reply = self.runtime.ask("us-east-1", "ListResourceTags", json!({ "KeyId": arn })).await.unwrap();
        let tags = reply["Tags"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        tags.iter().find(|tag| tag["TagKey"] == *name).map(|tag| text(&tag["TagValue"]))
    }

    /// Two keys, one alias, and the bytes.
    async fn check_end(&self, asked: &Asked, named: Option<&PathBuf>, remembers: bool) -> Result<(), String> {
        tokio::time::advance(LONG).await;
        let world = self.runtime.world().await;
        let [one, two] = &world.keys[..] else { return Err(format!("not two keys: {world:?}")) };
        let new = if one.arn == self.old { two } else { one };
        let id = new.arn.rsplit('/').next().unwrap();
        if world.aliases != [("us-east-1".to_owned(), ALIAS.to_owned(), id.to_owned())] {
            return Err(format!("the alias does not name the new key: {world:?}"));
        }
        if let Some(bytes) = self.bytes(asked, named)
            && !self.runtime.holds(new, self.order.spec.name(), &bytes).await
        {
            return Err(format!("the new key has other bytes than {named:?}"));
        }
        let old_id = self.old.rsplit('/').next().unwrap();
        if self.tag(&self.old, "kms-byok:superseded-by").await.as_deref() != Some(id)
            || self.tag(&new.arn, "kms-byok:supersedes").await.as_deref() != Some(old_id)
        {
            return Err("the keys do not name each other".to_owned());
        }
        let notes = fs::read_dir(self.order.path("state")).map_or(0, |entries| {
            entries.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "json")).count()
        });
        match notes {
            0 => Ok(()),
            _ => Err(format!("{notes} rotations are written down as under way, remembers: {remembers}")),
        }
    }
}

/// What the report names as the next command; nothing where there is none.
fn then(asked: &Asked, next: &Next) -> Option<Asked> {
    let mut asked = asked.clone();
    match next.clone() {
        Next::Again { key_arn, .. } => asked.new_key = key_arn.or(asked.new_key),
        Next::FindLost { request } => asked.lost = Some(request),
        Next::GoOn(GoOn::WithBackup { backup, key_arn }) => {
            asked.source = Source::Stored(backup);
            (asked.new_key, asked.lost) = (Some(key_arn), None);
        }
        Next::GoOn(GoOn::Switch { key_arn, .. }) => {
            asked.source = Source::Resume;
            (asked.new_key, asked.lost) = (Some(key_arn), None);
        }
        _ => return None,
    }
    if asked.new_key.is_some() {
        asked.lost = None;
    }
    Some(asked)
}

async fn once(
    scene: &Scene,
    asked: &Asked,
    remembers: bool,
    client: &Client,
) -> (Option<Result<(), String>>, Run<Reached>) {
    let run = Run::<Reached>::default();
    let plan = scene.plan(asked, remembers);
    let work = async {
        let done = Box::pin(rotate_by_alias(&client.kms, plan, &run)).await;
        done.map(drop).map_err(|interrupted| format!("{}: {interrupted}", interrupted.error.id()))
    };
    let ended = client.run(work).await;
    (ended, run)
}

fn cells_of(row: &Row) -> Vec<Cell> {
    let calls = in_a_runtime(Box::pin(async {
        let scene = Box::pin(row.scene()).await;
        let client = scene.runtime.connect(None);
        let asked = Asked { source: row.source.clone(), new_key: None, lost: None };
        let (ended, _) = once(&scene, &asked, row.remembers, &client).await;
        assert_eq!(ended, Some(Ok(())), "{row:?}");
        client.calls()
    }));
    let mut cells = Vec::new();
    for (index, operation) in calls.into_iter().enumerate() {
        let changes = walk_cell::changes(&operation);
        for how in EVERY_WAY.into_iter().filter(|how| changes || !how.is_done() || *how == How::ReplyEmpty) {
            for killed in [false, true] {
                // Without a state directory nobody knows of a run that was killed.
                if !killed || how.stops() && row.remembers {
                    let stop = StopPoint { call: index + 1, how };
                    cells.push(Cell { row: row.clone(), operation: operation.clone(), stop, killed });
                }
            }
        }
    }
    cells
}

async fn follow(cell: &Cell, said: &mut String) -> Result<usize, String> {
    let mut scene = Box::pin(cell.row.scene()).await;
    let remembers = cell.row.remembers;
    let mut asked = Asked { source: cell.row.source.clone(), new_key: None, lost: None };
    let (mut stop, mut named) = (Some(cell.stop), None);
    for runs in 1..=MOST_RUNS {
        let client = scene.runtime.connect(stop.take());
        let (ended, run) = once(&scene, &asked, remembers, &client).await;
        let account = run.account();
        let (report, next) = (&account.report, &account.next);
        said.push_str(&format!("$ {ended:?}\n  {:?}\n  {next:?}\n  {report:?}\n", client.calls()));
        named = report.kept.clone().or(report.escrow.clone()).or(named);
        scene.check_stop(&asked, named.as_ref(), &client.calls()).await?;
        let changed = account.facts.may_have_changed();
        let killed = ended.is_none() && cell.killed;
        match ended {
            Some(Ok(())) => return scene.check_end(&asked, named.as_ref(), remembers).await.map(|()| runs),
            _ if killed => {}
            // Nobody has seen the report of the run that was killed; what this one says leads on.
            Some(Err(error)) if error.starts_with("may_have_copy: ") && cell.killed => {
                let form = match cell.row.source {
                    Source::Escrow => BackupForm::Escrow(Vec::new()),
                    _ => BackupForm::Plaintext,
                };
                asked.source = Source::Stored(StoredBackup { path: scene.order.path(BACKUP), form });
            }
            _ if !changed && runs == 1 => {
                tokio::time::advance(LONG).await;
                let now = scene.runtime.world().await;
                if now != scene.before {
                    return Err(format!("it says that nothing has changed, and there is {now:?}"));
                }
            }
            _ if changed => asked = then(&asked, next).ok_or("nothing follows")?,
            _ => return Err("it says that nothing has changed".to_owned()),
        }
        scene.before = scene.runtime.world().await;
    }
    Err(format!("{MOST_RUNS} runs were not enough"))
}

#[test]
fn what_follows_from_a_broken_rotation_by_alias_leads_to_the_end() {
    let rows = rows();
    let cells: Vec<Cell> =
        in_parallel(2, &rows, |row| Ok(cells_of(row))).into_iter().flat_map(Result::unwrap).collect();
    walk_sample(cells, (SAMPLE, MOST_RUNS), Row::name, |cell| {
        let mut said = String::new();
        in_a_runtime(Box::pin(follow(cell, &mut said))).map_err(|problem| format!("{problem}\n{said}"))
    });
}
