//! Where a record goes: no run loses the account of another, and nothing that is no record is touched.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "rehearsal")]

#[path = "support/stage.rs"]
mod stage;
mod support;

use serde_json::Value;
use stage::{Stage, wait_until};

const PROVISION: &str = "provision AT --wrapping-key-spec RSA_2048 --alias alias/a --record record.json";

impl Stage {
    fn record(&self, name: &str) -> Value {
        serde_json::from_slice(&self.bench.read(name)).unwrap()
    }
}

#[test]
fn a_run_that_was_killed_leaves_a_record_that_has_begun_and_not_ended() {
    let stage = Stage::new("--fault CreateKey:1:latency=60s");
    let mut process = stage.command(&format!("{PROVISION} --quiet --generate --discard")).spawn().unwrap();
    wait_until(|| stage.bench.exists("record.json"));
    process.kill().unwrap();
    process.wait().unwrap();
    let record = stage.record("record.json");
    assert_eq!((&record["ended"], &record["exit"]), (&Value::Null, &Value::Null));
    assert_eq!(record["verb"], "provision");
    let names = stage.bench.names();
    assert!(!names.iter().any(|name| name.contains(".tmp") || name.contains(".kms-byok")), "{names:?}");
}

#[test]
fn a_repeated_command_neither_fails_nor_loses_the_record_of_the_run_before() {
    let stage = Stage::new("");
    let line = format!("{PROVISION} --generate --discard");
    stage.run(&line).succeeds();
    let first = stage.bench.read("record.json");
    let run = stage.run(&line);
    run.succeeds();
    let superseded = stage.bench.names().into_iter().find(|name| name.starts_with("record.json.superseded-")).unwrap();
    let said = format!("`record.json` is the record of another run: it is now `{superseded}`\n");
    assert!(run.stderr.starts_with(&said), "{}", run.stderr);
    assert_eq!(stage.bench.read(&superseded), first);
    let second = stage.record("record.json");
    assert_eq!((&second["exit"]["code"], &second["exit"]["changed"]), (&0.into(), &false.into()));
    assert_ne!(second["run_id"], serde_json::from_slice::<Value>(&first).unwrap()["run_id"]);
}

#[test]
fn a_file_that_is_no_record_is_left_alone_and_nothing_happens_in_aws() {
    let stage = Stage::new("");
    stage.secret("a.key", support::material(7));
    std::os::unix::fs::symlink("nowhere", stage.bench.path("link")).unwrap();
    for path in ["a.key", "link"] {
        let cause = format!("error: `{path}` exists and is not a record of kms-byok\n");
        stage
            .run(&format!("provision AT --alias alias/a --material a.key --record {path}"))
            .refuses(1, &format!("{cause}hint: name another path for --record\n"));
    }
    assert_eq!(stage.bench.read("a.key"), support::material(7));
    stage
        .run("provision AT --alias alias/a --generate --keep ./new --record new")
        .refuses(1, "error: `new` is named for two outputs\nhint: name another path for one of them\n");
    assert_eq!(stage.bench.names(), ["a.key", "link", "log"]);
    assert!(stage.answered().is_empty());
}

#[test]
fn a_place_that_cannot_be_written_to_is_found_before_anything_happens_in_aws() {
    let stage = Stage::new("");
    stage.bench.write("file", b"not a directory");
    for path in ["missing/record", "file/record"] {
        let run = stage.run(&format!("provision AT --alias alias/a --generate --discard --record {path}"));
        assert_eq!(run.code, Some(1));
        let cause = format!("error: record `{path}` cannot be written\nbecause: ");
        assert!(run.stderr.starts_with(&cause), "{}", run.stderr);
    }
    let run = stage.run("provision AT --alias alias/a --generate --discard --record /proc/record");
    run.refuses(
        1,
        "error: record `/proc/record` leads into `/proc`, where no file is kept\n\
         hint: name a regular file, or a path where none is yet\n",
    );
    assert_eq!(stage.bench.names(), ["file", "log"]);
    assert!(stage.answered().is_empty());
}

/// The run itself is done: what stands in AWS is said, and the exit code tells that the account is missing.
#[test]
fn a_run_whose_account_cannot_be_finished_does_not_pass_for_a_success() {
    let stage = Stage::new("--fault ImportKeyMaterial:1:latency=3s");
    let process = stage
        .command(&format!("{PROVISION} --quiet --generate --discard"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    stage.wait_for("GetParametersForImport");
    stage.bench.write("record.json", b"something else");
    let run = support::Run::of(process.wait_with_output().unwrap());
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let said = "error: `record.json` exists and is not a record of kms-byok\nhint: name another path for --record\nexists: key arn:aws:kms:";
    assert!(run.stderr.starts_with(said), "{}", run.stderr);
    assert_eq!(stage.bench.read("record.json"), b"something else");
}
