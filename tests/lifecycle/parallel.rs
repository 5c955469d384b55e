//! Lost replies, killed runs and runs at the same time: in the end one key holds the material, and what is left over is named.

use std::process::Stdio;
use std::sync::Arc;

use kms_byok::Silent;
use kms_byok::kms::{Connection, Kms};
use kms_byok::lifecycle::REQUEST_TAG;

use crate::support::struck::wait_until_struck;
use crate::support::{Bench, EmbeddedKms, Run};

struct Scene {
    bench: Bench,
    server: EmbeddedKms,
}

impl Scene {
    fn new(flags: &str) -> Self {
        let bench = Bench::new();
        let server = bench.serve_with(&format!("--no-quotas {flags}"));
        Scene { bench, server }
    }

    fn line(&self, more: &str) -> String {
        let url = self.server.url();
        format!(
            "provision --endpoint-url {url} --region us-east-1 --wrapping-key-spec RSA_2048 --alias alias/a --output json {more}"
        )
    }

    fn provision(&self, more: &str) -> Run {
        self.bench.kms_byok_with_credentials(&self.line(more))
    }

    fn kms(&self) -> Kms {
        Kms::isolated(self.server.url(), "AKIDTEST", &Connection::default(), Arc::new(Silent))
    }

    /// Every key of the embedded KMS with its state, seen by a client of its own.
    fn keys(&self) -> Vec<(String, String)> {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let kms = self.kms();
            let mut keys = Vec::new();
            for arn in kms.keys().await.unwrap() {
                let state = kms.describe(&arn).await.unwrap().state;
                keys.push((arn.to_string(), state.to_string()));
            }
            keys
        })
    }

    fn remembered(&self) -> usize {
        std::fs::read_dir(self.bench.path(".local/state/kms-byok")).map_or(0, Iterator::count)
    }
}

#[test]
fn a_key_whose_creation_was_not_answered_is_found_by_its_tag() {
    let scene = Scene::new("--fault CreateKey:1:reset-after");
    let run = scene.provision("--generate --discard");
    let answer = run.json();
    assert_eq!(scene.keys(), [(answer["key_arn"].as_str().unwrap().to_owned(), "Enabled".to_owned())]);
    assert!(run.stderr.contains("looking for it by its tag"), "{}", run.stderr);
    assert_eq!(scene.remembered(), 0);
}

#[test]
fn every_key_carries_the_tag_of_its_request() {
    let scene = Scene::new("");
    let arn = scene.provision("--generate --discard --tag team=keys").json()["key_arn"].as_str().unwrap().to_owned();
    let tags = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async { scene.kms().tags(&arn).await.unwrap() });
    assert!(tags.iter().any(|(name, value)| name == REQUEST_TAG && value.len() == 32), "{tags:?}");
    assert!(tags.contains(&("team".to_owned(), "keys".to_owned())), "{tags:?}");
}

#[test]
fn a_run_that_was_killed_before_its_alias_is_completed_by_repeating_it() {
    let scene = Scene::new("--fault CreateAlias:1:latency=30s");
    let line = scene.line("--generate --discard");
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut killed = scene.bench.command(&words);
    killed.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test").stderr(Stdio::null());
    let mut killed = killed.spawn().unwrap();
    wait_until_struck(scene.server.url());
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!((scene.keys().len(), scene.remembered()), (1, 1));
    let answer = scene.provision("--generate --discard").json();
    assert_eq!(scene.keys(), [(answer["key_arn"].as_str().unwrap().to_owned(), "Enabled".to_owned())]);
    assert_eq!(scene.remembered(), 0);
}

#[test]
fn a_key_lost_on_another_machine_is_found_when_asked_for() {
    let scene = Scene::new("--fault CreateAlias:1:error=AccessDeniedException");
    let first = scene.provision("--generate --discard");
    assert_ne!(first.code, Some(0));
    std::fs::remove_dir_all(scene.bench.path(".local")).unwrap();
    let answer = scene.provision("--generate --discard --find-lost").json();
    assert_eq!(scene.keys(), [(answer["key_arn"].as_str().unwrap().to_owned(), "Enabled".to_owned())]);
}

#[test]
fn an_import_that_was_not_answered_is_repeated_without_harm() {
    let scene = Scene::new("--fault ImportKeyMaterial:1:reset-after");
    let answer = scene.provision("--generate --discard").json();
    assert_eq!(answer["proof"]["outcome"], "proven");
    assert_eq!(scene.keys().len(), 1);
}

#[test]
fn four_runs_at_once_end_with_one_imported_key_and_named_leftovers() {
    four_runs_at_once("");
}

/// KMS says that the alias exists before it says which key it names.
#[test]
fn four_runs_at_once_end_well_also_where_kms_becomes_consistent_slowly() {
    four_runs_at_once("--consistency-delay 1s");
}

fn four_runs_at_once(flags: &str) {
    let scene = Scene::new(flags);
    let line = scene.line("--generate --keep key");
    let runs: Vec<_> = (0..4)
        .map(|number| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let mut command = scene.bench.command(&words);
            command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
            let directory = scene.bench.path(&format!("run{number}"));
            std::fs::create_dir(&directory).unwrap();
            command.current_dir(directory).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let answers: Vec<_> = runs.into_iter().map(|run| Run::of(run.wait_with_output().unwrap()).json()).collect();
    let keys = scene.keys();
    let enabled: Vec<&String> = keys.iter().filter(|(_, state)| state == "Enabled").map(|(arn, _)| arn).collect();
    assert_eq!(enabled.len(), 1, "{keys:?}");
    assert!(answers.iter().all(|answer| answer["key_arn"] == **enabled[0]), "{answers:#?}");
    // Every other key is somebody's named leftover.
    let named: Vec<&str> = answers
        .iter()
        .flat_map(|answer| answer["leftovers"].as_array().unwrap())
        .map(|leftover| leftover["key_arn"].as_str().unwrap())
        .collect();
    assert_eq!(named.len() + 1, keys.len(), "{named:?} {keys:?}");
    assert!(keys.iter().filter(|(_, state)| state != "Enabled").all(|(arn, _)| named.contains(&arn.as_str())));
    // Only the run whose material is in KMS says that it generated, and its copy is the key.
    let generated: Vec<usize> = (0..4).filter(|run| answers[*run]["generated"] == true).collect();
    assert_eq!(generated.len(), 1, "{answers:#?}");
    let url = scene.server.url();
    let verify = format!(
        "verify --endpoint-url {url} --region us-east-1 --key-id alias/a --material run{}/key --output json",
        generated[0]
    );
    assert_eq!(scene.bench.kms_byok_with_credentials(&verify).json()["proof"]["outcome"], "proven");
    for loser in (0..4).filter(|run| *run != generated[0]) {
        assert!(!scene.bench.exists(&format!("run{loser}/key")), "a copy that is not the key has its name");
    }
}
