//! What is asked for, what is there before, and every call at which it is broken off.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use kms_byok::escrow::{self, Recipient};
use kms_byok::kms::{Connection, ImportType};
use kms_byok::lifecycle::{BackupForm, StoredBackup};
use kms_byok::material::{KeyMaterial, KeySpec};
use kms_byok::proof::Level;
use tempfile::TempDir;

use super::{FIRST, LONG, SEALED};
use crate::support::in_runtime::{EVERY_WAY, How, InRuntime, StopPoint};
use crate::support::order::{BACKUP, GIVEN, Order, Source, Verb};
use crate::support::recipient;
use crate::support::walk_cell::{self, in_a_runtime};
use crate::support::world::{Truth, World};

/// What is asked for, and how long DescribeKey lags.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// One after the other.
    pub(super) verbs: &'static [Verb],
    pub(super) before: Before,
    /// With a replica in another Region.
    pub(super) replicated: bool,
    pub(super) import_type: Option<ImportType>,
    pub(super) spec: KeySpec,
    pub(super) level: Level,
    pub(super) source: Source,
    pub(super) lag: u64,
}

/// What is there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
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

pub(super) type Cell = walk_cell::Cell<Row>;

impl Cell {
    pub(super) fn name(&self) -> String {
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
pub(super) struct Scene {
    pub(super) runtime: InRuntime,
    pub(super) directory: TempDir,
    pub(super) order: Order,
    pub(super) before: World,
}

impl Row {
    pub(super) async fn scene(&self) -> Scene {
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
pub(super) fn cells_of(row: &Row) -> (Vec<Cell>, usize) {
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
