//! Runs of the real binary against a KMS whose DescribeKey lags behind imports, and the commands that they print, word for word.

use std::fs;
use std::path::Path;
use std::process::Command;

use kms_byok::escrow;
use kms_byok::rehearsal::Settings;
use openssl::pkey::PKey;
use serde_json::json;

use super::fault_scene::Scene;
use super::fits;
use super::life_verbs::NEXT;
use super::recipient;
use super::verbs::GIVEN;

/// What is run, and what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Provision,
    Import,
    Rotate,
    Replicate,
}

/// Where the key material comes from, or what becomes of its copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Keep,
    Escrow,
    Material,
    Discard,
}

/// What is run after a run that did not end with 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The command that it has printed.
    Next,
    /// The same command, typed again.
    Same,
}

#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub verb: Verb,
    pub source: Source,
    pub spec: &'static str,
    pub lag: u64,
    pub then: Then,
}

const WRAPPING: &str = "--wrapping-key-spec RSA_2048";

pub fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for lag in [0, 9] {
        for source in [Source::Keep, Source::Escrow, Source::Material, Source::Discard] {
            for spec in ["SYMMETRIC_DEFAULT", "HMAC_256", "ECC_NIST_P256", "RSA_2048"] {
                let material = source == Source::Material && ["ECC_NIST_P256", "RSA_2048"].contains(&spec);
                if !material {
                    for then in [Then::Next, Then::Same] {
                        cells.push(Cell { verb: Verb::Provision, source, spec, lag, then });
                    }
                }
            }
            cells.push(Cell { verb: Verb::Rotate, source, spec: "SYMMETRIC_DEFAULT", lag, then: Then::Next });
        }
        for verb in [Verb::Import, Verb::Replicate] {
            cells.push(Cell { verb, source: Source::Material, spec: "SYMMETRIC_DEFAULT", lag, then: Then::Next });
        }
    }
    cells
}

impl Cell {
    fn words(&self) -> String {
        let source = match self.source {
            Source::Keep => "--generate --keep copy",
            Source::Escrow => "--generate --escrow recovery.pem --escrow-out copy",
            Source::Material => "--material given",
            Source::Discard => "--generate --discard",
        };
        let spec = self.spec;
        match self.verb {
            Verb::Provision => format!("provision --alias alias/a --key-spec {spec} {source} {WRAPPING} --wait 3s"),
            Verb::Rotate => format!("rotate --key-id alias/a {source} {WRAPPING} --wait 3s"),
            Verb::Replicate => {
                format!("replicate --key-id alias/a --to eu-west-1 --alias alias/a {source} {WRAPPING} --wait 3s")
            }
            Verb::Import => "import --dir D --wait 3s".to_owned(),
        }
    }

    /// Runs it to its end. Gives the exit codes.
    pub fn run(&self) -> Result<Vec<i32>, String> {
        let fault = format!("DescribeKey:always:lag={}s", self.lag).parse().unwrap();
        let scene = Scene::with(Settings { faults: vec![fault], ..Settings::default() });
        self.prepare(&scene);
        let mut codes = Vec::new();
        let mut line = format!("kms-byok {} {}", self.words(), address(&scene));
        for _ in 0..8 {
            let (code, said) = shell(&scene, &line);
            codes.push(code);
            if code == 0 {
                let named = if line.contains(" copy") { Some("copy") } else { None };
                return self
                    .check(&scene, named)
                    .map(|()| codes)
                    .map_err(|problem| format!("{problem}: {line}: {said}"));
            }
            let next = said.lines().find_map(|line| line.strip_prefix("next: "));
            line = match (self.then, next) {
                (Then::Next, Some(next)) => next.replace("--recipient-key KEY", "--recipient-key recovery.key"),
                (Then::Next, None) => return Err(format!("exit code {code} and no next command: {line}: {said}")),
                (Then::Same, _) => line,
            };
            let sent_once = next.is_some_and(|next| next.contains("--generate"));
            if sent_once {
                return Err(format!("it would generate again: {said}"));
            }
        }
        Err(format!("no end after {codes:?}: {line}"))
    }

    fn prepare(&self, scene: &Scene) {
        recipient::place(&scene.directory);
        let given = if self.verb == Verb::Rotate { NEXT } else { GIVEN };
        fs::write(scene.path("given"), given).unwrap();
        fs::write(scene.path("first"), GIVEN).unwrap();
        let done = |line: &str| {
            let (code, said) = shell(scene, &format!("kms-byok {line}"));
            assert_eq!(code, 0, "{line}: {said}");
        };
        let at = address(scene);
        match self.verb {
            Verb::Provision => {}
            Verb::Import => {
                done(&format!("create-key --alias alias/a {at}"));
                done(&format!("get-parameters --key-id alias/a --dir D {WRAPPING} {at}"));
                done("wrap --dir D --material given");
            }
            Verb::Rotate | Verb::Replicate => {
                done(&format!("provision --alias alias/a --multi-region --material first {WRAPPING} --wait 20s {at}"));
            }
        }
    }

    /// One key, one alias, and the bytes of the file that was named last.
    fn check(&self, scene: &Scene, named: Option<&str>) -> Result<(), String> {
        scene.truth().move_clock(json!({ "advance": "1m" }));
        let world = scene.world();
        let here = world.in_region("us-east-1", "Enabled");
        let [arn] = here[..] else { return Err(format!("not one key is enabled: {world:?}")) };
        let regions = 1 + usize::from(self.verb == Verb::Replicate);
        if world.keys.len() != regions || world.aliases.len() != regions {
            return Err(format!("not one key and one alias: {world:?}"));
        }
        let made = scene.names().into_iter().filter(|name| name.starts_with("copy")).collect::<Vec<_>>();
        let wanted: &[&str] = if matches!(self.source, Source::Keep | Source::Escrow) { &["copy"] } else { &[] };
        if made != wanted {
            return Err(format!("the copies are {made:?}"));
        }
        let file = if self.source == Source::Material { "given" } else { "copy" };
        if self.source == Source::Discard && named.is_none() {
            return Ok(());
        }
        let bytes = match self.source {
            Source::Escrow => {
                let recovery = PKey::private_key_from_pem(&fs::read(scene.path("recovery.key")).unwrap()).unwrap();
                escrow::open(&scene.path(file), &recovery).unwrap().expose().to_vec()
            }
            _ => fs::read(scene.path(file)).unwrap(),
        };
        let held = match self.spec {
            "SYMMETRIC_DEFAULT" => scene.is_current(arn, &bytes),
            spec => scene.holds(arn, spec, &bytes),
        };
        if held { Ok(()) } else { Err(format!("`{file}` is not the key that KMS holds")) }
    }
}

fn address(scene: &Scene) -> String {
    format!("--region us-east-1 --endpoint-url {}", scene.way.url)
}

/// Runs a printed command as a person would paste it.
fn shell(scene: &Scene, line: &str) -> (i32, String) {
    let binary = Path::new(env!("CARGO_BIN_EXE_kms-byok")).parent().unwrap().display().to_string();
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(&scene.directory).env_clear();
    for (name, value) in [
        ("PATH", format!("{binary}:/usr/bin:/bin")),
        ("HOME", scene.directory.display().to_string()),
        ("XDG_STATE_HOME", scene.path("state").display().to_string()),
        ("AWS_ACCESS_KEY_ID", "AKIDTEST".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ] {
        shell.env(name, value);
    }
    if let Some(libraries) = std::env::var_os("LD_LIBRARY_PATH") {
        shell.env("LD_LIBRARY_PATH", libraries);
    }
    let output = shell.output().unwrap();
    fits::assert_answers(&String::from_utf8_lossy(&output.stdout));
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}
