//! An embedded KMS, a way to it that can go wrong, a directory for files, and the truth about all three.

use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kms_byok::kms::{Connection, Kms};
use kms_byok::lifecycle::{Account, Facts, Interrupted, Report, Run, Stage, Watched, provision};
use kms_byok::material::KeyMaterial;
use kms_byok::rehearsal::{Server, Settings};
use kms_byok::{Error, Explain, Hint, KeyError, Progress, Silent};
use serde_json::{Value, json};

use super::embedded_kms;
use super::life_verbs::REPLICA_REGION;
use super::way::Way;

/// One test after the other: a process that is being started holds the file locks of the runs in this one for a moment.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub struct Scene {
    _files: tempfile::TempDir,
    /// Where the files of the runs are; below `_files`.
    pub directory: PathBuf,
    pub way: Way,
    server: Server,
}

/// What a run is broken off with that has panicked, as the program does it.
#[derive(Debug)]
struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a defect of kms-byok ends this run")
    }
}

impl std::error::Error for Panicked {}

impl Explain for Panicked {
    fn id(&self) -> &'static str {
        "defect"
    }

    fn hint(&self) -> Option<Hint> {
        None
    }
}

/// Panics when it is told of the reply to a call, counted from 1.
struct Panicking {
    call: usize,
    replies: AtomicUsize,
}

impl Progress for Panicking {
    fn step(&self, _: &str) {}

    fn warn(&self, _: &str) {}

    fn detail(&self, text: &str) {
        if text.contains(": HTTP ") {
            let reply = self.replies.fetch_add(1, Ordering::Relaxed) + 1;
            assert_ne!(reply, self.call, "a panic at `{text}`");
        }
    }
}

/// How long a change that KMS has answered is waited for: here it does everything at once.
const WAIT: Duration = Duration::from_secs(2);

/// The run that was begun last, readable whatever becomes of it.
#[derive(Default)]
pub struct Runs(Mutex<Option<Arc<dyn Watched>>>);

impl Runs {
    pub fn begin<R: Stage>(&self) -> Arc<Run<R>> {
        let run = Arc::new(Run::default());
        *self.0.lock().unwrap() = Some(run.clone());
        run
    }

    /// What it has come to; it may have panicked.
    fn account(&self) -> Account {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref()
            .map_or_else(|| Account::of(&provision::Reached::default(), &Facts::default()), |run| run.account())
    }
}

/// How a run ended, and nothing else.
pub fn ended<T, R>(result: Result<T, Interrupted<R>>) -> Result<(), Error> {
    result.map(drop).map_err(|interrupted| interrupted.error)
}

/// The exit code of a run that could not say anything any more.
pub const KILLED: u8 = 137;

/// How a run ended, as its exit code and its report say it.
#[derive(Debug, Default)]
pub struct Ended {
    pub exit: u8,
    pub key_arn: Option<String>,
    pub key_state: Option<String>,
    /// Keys that are named with the command that removes them.
    pub leftovers: Vec<String>,
    pub replicas: Vec<String>,
    /// The call whose effect is unknown.
    pub uncertain: Option<String>,
    pub said: String,
    /// The whole account, where the run was in this process.
    pub report: Report,
}

/// What stands in KMS, in both Regions.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// ARN and everything DescribeKey says, in order of the ARN.
    pub keys: Vec<(String, Value)>,
    /// Region, alias and key id.
    pub aliases: Vec<(String, String, String)>,
    /// The key materials of symmetric keys, as ListKeyRotations tells them, by ARN.
    pub materials: Vec<(String, Value)>,
}

impl Scene {
    pub fn new() -> Self {
        Scene::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let server = Server::start(settings).unwrap();
        let way = Way::to(&server.url());
        let files = tempfile::tempdir().unwrap();
        Scene { directory: files.path().to_owned(), _files: files, way, server }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A client that sees what stands in KMS, whatever is wrong on the way.
    pub fn truth(&self) -> embedded_kms::Kms {
        embedded_kms::Kms::at(&self.server.url())
    }

    /// Runs a ceremony as the binary does, and ends it by the same rule.
    pub fn run(&self, ceremony: impl AsyncFnOnce(&Kms, &Runs) -> Result<(), Error>) -> Ended {
        self.run_with(Connection { wait: WAIT, ..Connection::default() }, Arc::new(Silent), ceremony)
    }

    /// The same with a read timeout, and waiting little for KMS to become consistent or to stop throttling.
    pub fn run_within(
        &self,
        read_timeout: Duration,
        ceremony: impl AsyncFnOnce(&Kms, &Runs) -> Result<(), Error>,
    ) -> Ended {
        let max_wait = Duration::from_millis(200);
        self.run_with(
            Connection { read_timeout, max_wait, wait: WAIT, ..Connection::default() },
            Arc::new(Silent),
            ceremony,
        )
    }

    /// The same, with a panic when the reply to that call has come.
    pub fn run_panicking(&self, call: usize, ceremony: impl AsyncFnOnce(&Kms, &Runs) -> Result<(), Error>) -> Ended {
        self.run_with(
            Connection { wait: WAIT, ..Connection::default() },
            Arc::new(Panicking { call, replies: AtomicUsize::new(0) }),
            ceremony,
        )
    }

    fn run_with(
        &self,
        connection: Connection,
        talk: Arc<dyn Progress + Send>,
        ceremony: impl AsyncFnOnce(&Kms, &Runs) -> Result<(), Error>,
    ) -> Ended {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let runs = Runs::default();
        let run = AssertUnwindSafe(|| {
            runtime.block_on(async {
                let kms = Kms::isolated(&self.way.url, "AKIDTEST", &connection, talk);
                // On the heap: a ceremony is large, and a panic is caught around it.
                Box::pin(ceremony(&kms, &runs)).await
            })
        });
        let result = catch_unwind(run).unwrap_or_else(|_| Err(Error::Caller(Box::new(Panicked))));
        Ended::of(result, &runs.account())
    }

    pub fn world(&self) -> World {
        let mut world = World { keys: Vec::new(), aliases: Vec::new(), materials: Vec::new() };
        for region in ["us-east-1", REPLICA_REGION] {
            let kms = self.truth().in_region(region);
            let text = |object: &Value, name: &str| object[name].as_str().unwrap_or_default().to_owned();
            for key in kms.ok("ListKeys", json!({ "Limit": 1000 }))["Keys"].as_array().unwrap() {
                let arn = text(key, "KeyArn");
                let described = kms.describe(&arn);
                if described["KeySpec"] == "SYMMETRIC_DEFAULT" {
                    world.materials.extend(self.materials(&arn).into_iter().map(|material| (arn.clone(), material)));
                }
                world.keys.push((arn, described));
            }
            for alias in kms.ok("ListAliases", json!({ "Limit": 100 }))["Aliases"].as_array().unwrap() {
                world.aliases.push((region.to_owned(), text(alias, "AliasName"), text(alias, "TargetKeyId")));
            }
        }
        world.keys.sort_by(|one, other| one.0.cmp(&other.0));
        world
    }

    /// Every key material of a symmetric key.
    pub fn materials(&self, arn: &str) -> Vec<Value> {
        let reply = self
            .truth_for(arn)
            .ok("ListKeyRotations", json!({ "KeyId": arn, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" }));
        reply["Rotations"].as_array().unwrap().clone()
    }

    fn truth_for(&self, arn: &str) -> embedded_kms::Kms {
        self.truth().in_region(arn.split(':').nth(3).unwrap())
    }

    /// Whether KMS takes these bytes as what the key has: the one answer of KMS that depends on them.
    pub fn holds(&self, arn: &str, spec: &str, bytes: &[u8]) -> bool {
        let extra = match spec {
            "SYMMETRIC_DEFAULT" => json!({ "ImportType": "EXISTING_KEY_MATERIAL" }),
            _ => json!({}),
        };
        self.truth_for(arn).import(arn, bytes, extra).is_ok()
    }

    /// Whether they are what a symmetric key encrypts with.
    pub fn is_current(&self, arn: &str, bytes: &[u8]) -> bool {
        let current = self.truth_for(arn).describe(arn)["CurrentKeyMaterialId"].clone();
        let extra = json!({ "ImportType": "EXISTING_KEY_MATERIAL", "KeyMaterialId": current });
        self.truth_for(arn).import(arn, bytes, extra).is_ok()
    }

    /// Every file but those of requests under way, by name.
    pub fn names(&self) -> Vec<String> {
        let names = fs::read_dir(&self.directory).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.retain(|name| name != "state" && name != ".filler");
        names.sort();
        names
    }

    /// Requests that are still written down as under way.
    pub fn remembered(&self) -> usize {
        fs::read_dir(self.path("state/kms-byok")).map_or(0, Iterator::count)
    }
}

impl World {
    pub fn in_region(&self, region: &str, state: &str) -> Vec<&str> {
        self.in_state(state).into_iter().filter(|arn| arn.split(':').nth(3) == Some(region)).collect()
    }

    pub fn materials_of<'a>(&'a self, arn: &'a str) -> impl Iterator<Item = &'a Value> {
        self.materials.iter().filter(move |(key, _)| key == arn).map(|(_, material)| material)
    }

    pub fn in_state(&self, state: &str) -> Vec<&str> {
        self.keys.iter().filter(|(_, key)| key["KeyState"] == state).map(|(arn, _)| arn.as_str()).collect()
    }
}

impl Ended {
    /// The rule of the binary.
    fn of(result: Result<(), Error>, Account { report, facts, .. }: &Account) -> Self {
        let exit = match &result {
            Ok(()) => 0,
            Err(error) if !facts.may_have_changed() => 1 + u8::from(error.is_usage()),
            Err(Error::Key(KeyError::ProofNotPermitted { .. })) => 4,
            Err(_) => 3,
        };
        let removable = report.leftovers.iter().filter(|leftover| leftover.remove.contains("schedule-key-deletion"));
        Ended {
            exit,
            leftovers: removable.map(|leftover| leftover.key_arn.clone()).collect(),
            replicas: report.replicas.iter().map(|replica| replica.key_arn.to_string()).collect(),
            key_arn: report.key_arn.as_ref().map(ToString::to_string),
            key_state: report.key_state.map(|state| state.to_string()),
            uncertain: report.in_doubt.map(str::to_owned),
            report: report.clone(),
            said: match result {
                Ok(()) => "done".to_owned(),
                Err(error) => format!("{error} (because: {})", error.because().unwrap_or_default()),
            },
        }
    }

    pub fn names(&self, arn: &str) -> bool {
        self.key_arn.as_deref() == Some(arn)
            || self.leftovers.iter().any(|leftover| leftover == arn)
            || self.replicas.iter().any(|replica| replica == arn)
    }
}

/// Key material of a spec, as it is given by hand.
pub fn given(spec: &str, bytes: &[u8]) -> KeyMaterial {
    let bytes = kms_byok::Secret::copy(bytes).unwrap();
    KeyMaterial::read(bytes, spec.parse().unwrap(), None, &mut kms_byok::material::NoPassphrase).unwrap()
}
