//! An embedded KMS in a process of its own, the user's directory, and the fault that is to strike.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use kms_byok::escrow::{self, Recipient};
use kms_byok::material::{KeyMaterial, KeySpec};
use serde_json::{Value, json};

use super::task::{Source, Task};
use crate::support::cloud::{Cloud, wait};
use crate::support::embedded_kms::Kms;
use crate::support::order::{self, GIVEN};
use crate::support::recipient;
use crate::support::world::{Truth, World};

/// The call that goes wrong, counted among those of its operation from 1, and how.
#[derive(Clone, Debug)]
pub struct Strike {
    pub operation: String,
    pub number: usize,
    pub what: &'static str,
}

pub struct Scene {
    pub cloud: Cloud,
    kms: Kms,
    pub spec: KeySpec,
    pub stdin: Vec<u8>,
    json: bool,
    strike: Option<Strike>,
    lag: u32,
}

impl Scene {
    /// The server, and what the task needs to be there before.
    pub fn new(task: &Task, source: Source, json: bool) -> Self {
        let cloud = Cloud::new("");
        let bench = &cloud.bench;
        recipient::place(bench.directory());
        // The file that only the user knows, by the name that a printed command gives it.
        bench.write_private("KEY", bench.read("recovery.key"));
        let spec: KeySpec = task.spec.parse().unwrap();
        for name in [GIVEN, "first"] {
            bench.write_private(name, material(spec, name));
        }
        bench.write_private("FILE", bench.read(GIVEN));
        let recipients = [Recipient::read(&bench.path("recovery.pem")).unwrap()];
        bench.write("given.cms", escrow::seal(&bench.read(GIVEN), &recipients).unwrap());
        let kms = Kms::at(cloud.url());
        let stdin = if source == Source::Stdin { bench.read(GIVEN) } else { Vec::new() };
        let scene = Scene { cloud, kms, spec, stdin, json, strike: None, lag: 0 };
        for line in task.before {
            let run = scene.cloud.run(&line.replace("SPEC", task.spec));
            assert_eq!(run.code, Some(0), "{line}: {}", run.stderr);
        }
        scene
    }

    /// Has that call go wrong, and DescribeKey lag behind imports from here on.
    pub fn disturb(&mut self, strike: Option<Strike>, lag: u32) {
        (self.strike, self.lag) = (strike, lag);
        self.put_faults();
    }

    fn put_faults(&self) {
        let strike =
            self.strike.iter().map(|Strike { operation, number, what }| format!("{operation}:{number}:{what}"));
        let lag = (self.lag > 0).then(|| format!("DescribeKey:always:lag={}s", self.lag));
        self.post(&strike.chain(lag).collect::<Vec<_>>());
    }

    fn post(&self, faults: &[String]) {
        let reply =
            self.kms.http("POST", "/_rehearsal/faults", &[], json!({ "faults": faults }).to_string().as_bytes());
        assert_eq!(reply.unwrap().status, 200, "{faults:?}");
    }

    /// How many calls of the fault's operation there were, and whether it has struck.
    fn told(&self) -> (usize, bool) {
        let reply = self.kms.http("GET", "/_rehearsal/faults", &[], b"").unwrap();
        let told: Value = serde_json::from_slice(&reply.body).unwrap();
        let first = &told["faults"][0];
        (first["seen"].as_u64().unwrap() as usize, first["struck"] != 0)
    }

    /// Whether the fault has struck.
    pub fn has_struck(&mut self) -> bool {
        if self.strike.is_some() && self.told().1 {
            self.strike = None;
            self.put_faults();
        }
        self.strike.is_none()
    }

    /// As `has_struck`, while a run goes on.
    pub fn strikes(&self) -> bool {
        self.strike.is_some() && self.told().1
    }

    /// What KMS holds, as nobody who lags behind sees it.
    pub fn world(&mut self) -> World {
        if !self.has_struck() {
            let seen = self.told().0;
            self.strike.iter_mut().for_each(|strike| strike.number -= seen);
        }
        self.look(|kms| wait(kms.world()))
    }

    /// Undisturbed.
    pub fn look<T>(&self, work: impl FnOnce(&Kms) -> T) -> T {
        self.post(&[]);
        let seen = work(&self.kms);
        self.put_faults();
        seen
    }

    /// A line as the user types it.
    pub fn typed(&self, line: &str, source: Source) -> String {
        let form = if self.json { " --output json" } else { "" };
        self.cloud.line(&format!("kms-byok {}{form}", line.replace("SOURCE", source.flags())))
    }

    /// The operations that were called, in order.
    pub fn calls(&self) -> Vec<String> {
        let log = String::from_utf8(self.cloud.bench.read("requests.log")).unwrap();
        log.lines().filter_map(|line| line.split(' ').nth(2).map(str::to_owned)).collect()
    }
}

/// Bytes of that name and key spec: made once, as RSA keys take their time.
fn material(spec: KeySpec, name: &'static str) -> Vec<u8> {
    type Made = HashMap<(&'static str, &'static str), Vec<u8>>;
    static MADE: LazyLock<Mutex<Made>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap();
    let make = || KeyMaterial::generate(spec).unwrap().expose().to_vec();
    made.entry((spec.name(), name)).or_insert_with(make).clone()
}

/// The bytes of a file, which may be an escrow file.
pub fn bytes_of(scene: &Scene, file: &str) -> Result<KeyMaterial, String> {
    let directory = scene.cloud.bench.directory();
    let path = directory.join(file);
    let opened = order::read(&path, scene.spec).or_else(|_| order::opened(&path, scene.spec, directory));
    opened.map_err(|error| format!("`{file}`: {error}"))
}
