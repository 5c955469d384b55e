//! Where a record goes: no run loses the account of another, and nothing that is no record is touched.

use serde_json::Value;

use super::record::wait_until;
use crate::support;
use crate::support::stage::Stage;

const PROVISION: &str = "provision AT --wrapping-key-spec RSA_2048 --alias alias/a --record record.json";

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
fn a_file_that_is_no_record_is_moved_aside_and_said() {
    let stage = Stage::new("");
    stage.bench.write("notes", "of mine");
    std::os::unix::fs::symlink("nowhere", stage.bench.path("link")).unwrap();
    for path in ["notes", "link"] {
        let run =
            stage.run(&PROVISION.replace("record.json", path).replace("--record", "--generate --discard --record"));
        run.succeeds();
        let names = stage.bench.names();
        let aside = names.iter().find(|name| name.starts_with(&format!("{path}.superseded-"))).unwrap();
        let said = format!("`{path}` is not a record and is kept: it is now `{aside}`\n");
        assert!(run.stderr.starts_with(&said), "{}", run.stderr);
        assert_eq!(stage.record(path)["exit"]["code"], 0);
        match path {
            "notes" => assert_eq!(stage.bench.read(aside), b"of mine"),
            _ => assert_eq!(std::fs::read_link(stage.bench.path(aside)).unwrap().to_str(), Some("nowhere")),
        }
    }
}

#[test]
fn a_record_is_never_written_over_what_the_same_command_reads_or_writes() {
    let stage = Stage::new("");
    stage.secret("a.key", support::material(7));
    stage.bench.write("policy", "{}");
    std::fs::create_dir(stage.bench.path("D")).unwrap();
    for name in ["PublicKey.bin", "ImportToken.bin", "parameters.json", "EncryptedKeyMaterial.bin"] {
        stage.bench.write(&format!("D/{name}"), "part of a set");
    }
    for (line, path) in [
        ("provision AT --alias alias/a --material a.key", "a.key"),
        ("provision AT --alias alias/a --material a.key", "./D/../a.key"),
        ("provision AT --alias alias/a --generate --discard --policy policy", "policy"),
        ("provision AT --alias alias/a --material-from-escrow D/ImportToken.bin --recipient-key a.key", "a.key"),
        ("rotate AT --key-id alias/a --material a.key", "a.key"),
        ("rotate AT --key-id alias/a --generate --escrow policy --escrow-out out", "policy"),
        ("replicate AT --key-id alias/a --to eu-west-1 --material a.key", "a.key"),
        ("replicate AT --key-id alias/a --to eu-west-1 --material a.key --policy policy", "policy"),
        ("import AT --dir D", "D/PublicKey.bin"),
        ("import AT --dir D", "D/ImportToken.bin"),
        ("import AT --dir D", "D/parameters.json"),
        ("import AT --dir D", "D/EncryptedKeyMaterial.bin"),
        ("import AT --key-id alias/a --encrypted policy --import-token D/ImportToken.bin", "policy"),
    ] {
        stage
            .run(&format!("{line} --record {path}"))
            .refuses(2, &format!("error: `{path}` is both input and output\nhint: name another path for the output\n"));
    }
    assert_eq!(stage.bench.read("a.key"), support::material(7));
    stage
        .run("provision AT --alias alias/a --generate --keep ./new --record new")
        .refuses(2, "error: `new` is named for two outputs\nhint: name another path for one of them\n");
    assert_eq!(stage.bench.names(), ["D", "a.key", "log", "policy"]);
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
fn what_takes_the_place_of_the_record_meanwhile_is_moved_aside_and_one_that_cannot_be_is_a_failure() {
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
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let names = stage.bench.names();
    let aside = names.iter().find(|name| name.starts_with("record.json.superseded-")).unwrap();
    assert_eq!(
        (stage.bench.read(aside), &stage.record("record.json")["exit"]["code"]),
        (b"something else".to_vec(), &0.into())
    );

    let stage = Stage::new("--fault ImportKeyMaterial:1:latency=3s");
    let process = stage
        .command(&format!("{PROVISION} --quiet --generate --discard"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    stage.wait_for("GetParametersForImport");
    std::fs::remove_file(stage.bench.path("record.json")).unwrap();
    std::fs::create_dir(stage.bench.path("record.json")).unwrap();
    let run = support::Run::of(process.wait_with_output().unwrap());
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let said = "error: superseded file `record.json` is a directory\nhint: name a file in it\nexists: key arn:aws:kms:";
    assert!(run.stderr.starts_with(said), "{}", run.stderr);
}
