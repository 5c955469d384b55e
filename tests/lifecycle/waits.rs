//! Long waits say what is waited for, how long at most, and how long it took. With --quiet they say nothing.

use std::sync::Arc;
use std::time::Duration;

use kms_byok::Silent;
use kms_byok::kms::{Connection, Kms, NewKey};
use kms_byok::material::{KeySpec, KeyUsage};

use crate::support::{Bench, Run};

/// A key is created while that goes wrong; what was said, with every duration as `T`.
fn create(flags: &str, more: &str) -> (Run, Vec<String>) {
    let bench = Bench::new();
    let server = bench.serve_with(&format!("--no-quotas {flags}"));
    let line = format!("create-key --region us-east-1 --endpoint-url {} {more}", server.url());
    let run = bench.kms_byok_with_credentials(&line);
    let said = run.stderr.lines().filter(|line| !line.starts_with("endpoint: ")).map(without_durations).collect();
    (run, said)
}

/// `after 0.3 s` → `after T`; limits, which are fixed, stay.
fn without_durations(line: &str) -> String {
    match line.split_once(" after ") {
        Some((before, time)) if time.ends_with(" s") => format!("{before} after T"),
        _ if line.starts_with("created key ") => "created key".to_owned(),
        _ => line.to_owned(),
    }
}

#[test]
fn throttling_is_said_once_with_its_limit_and_its_end() {
    let (run, said) = create("--fault CreateKey:1-2:throttle", "");
    run.succeeds();
    assert_eq!(
        said,
        ["repeating CreateKey for up to 60 s: KMS throttles it", "CreateKey went through after T", "created key",]
    );
}

#[test]
fn a_new_key_that_is_not_known_everywhere_is_waited_for() {
    let (run, said) = create("--consistency-delay 700ms", "");
    run.succeeds();
    assert_eq!(
        said,
        [
            "created key",
            "repeating DescribeKey for up to 60 s: the change of the key has not reached all of KMS",
            "DescribeKey went through after T",
        ]
    );
}

#[test]
fn quiet_waits_are_silent() {
    let (run, said) = create("--fault CreateKey:1:throttle", "--quiet");
    run.succeeds();
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn with_v_every_attempt_is_shown() {
    let (run, said) = create("--fault CreateKey:1-2:throttle", "-v");
    run.succeeds();
    let attempts: Vec<&String> = said.iter().filter(|line| line.contains("; attempt ")).collect();
    assert_eq!(attempts.len(), 2, "{said:#?}");
    let line = |wanted: &str| said.iter().position(|line| line.contains(wanted)).unwrap();
    assert!(line("repeating ") < line("attempt 2"), "{said:#?}");
    assert!(attempts[0].starts_with("CreateKey: KMS throttles it; attempt 2 in 0."), "{attempts:?}");
    assert!(attempts[1].starts_with("CreateKey: KMS throttles it; attempt 3 in 0."), "{attempts:?}");
}

#[test]
fn a_kms_that_is_not_reached_is_tried_three_times() {
    let bench = Bench::new();
    let run = bench.kms_byok_with_credentials("create-key --region us-east-1 --endpoint-url http://127.0.0.1:1");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let said: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(
        said[..3],
        [
            "endpoint: http://127.0.0.1:1",
            "repeating CreateKey up to 3 times: KMS was not reached",
            "error: nothing answers at `127.0.0.1:1`: the connection is refused",
        ]
    );
}

/// Waits less than the minute of the command line.
#[tokio::test]
async fn who_gives_up_says_how_long_was_waited() {
    let bench = Bench::new();
    let server = bench.serve_with("--no-quotas --fault CreateKey:always:throttle");
    let connection = Connection { max_wait: Duration::from_millis(250), ..Connection::default() };
    let kms = Kms::isolated(server.url(), "AKIDTEST", &connection, Arc::new(Silent));
    let new = NewKey {
        spec: KeySpec::Hmac256,
        usage: KeyUsage::GenerateVerifyMac,
        description: None,
        policy: None,
        tags: Vec::new(),
        multi_region: false,
    };
    let error = kms.create_key(&new).await.unwrap_err().to_string();
    let waited =
        error.strip_prefix("KMS throttles CreateKey, after ").and_then(|rest| rest.strip_suffix(" s of waiting"));
    let seconds: f64 = waited.unwrap_or_else(|| panic!("{error}")).parse().unwrap();
    assert!((0.2..5.0).contains(&seconds), "{error}");
}

/// An import that KMS has answered, and DescribeKey does not show within --wait: nobody makes other bytes meanwhile.
#[test]
fn an_import_that_does_not_show_is_told_with_the_command_that_goes_on() {
    let bench = Bench::new();
    let server = bench.serve_with("--no-quotas --fault DescribeKey:always:lag=1h");
    let at =
        format!("--region us-east-1 --endpoint-url {} --wrapping-key-spec RSA_2048 --wait 1s --quiet", server.url());
    let line = format!("provision --alias alias/a --generate --keep copy {at}");
    let first = bench.kms_byok_with_credentials(&line);
    let arn = first.stderr.split(' ').find(|word| word.starts_with("arn:")).unwrap().trim_end_matches(',').to_owned();
    let cause =
        format!("error: KMS has key material for key {arn}, but DescribeKey still says PendingImport after 1 s\n");
    let status = format!("kms-byok status --key-id {arn} --region us-east-1 --endpoint-url {}", server.url());
    let hint = format!("hint: wait a minute, and look at the key with `{status}`\n");
    first.refuses(
        3,
        &format!(
            "{cause}{hint}exists: key {arn}, PendingImport, named by alias/a\n\
             plaintext: copy\n\
             backup: no encrypted one that this run has made or read\n\
             next: kms-byok provision --alias alias/a {at} --material copy --adopt {arn}\n"
        ),
    );
    let bytes = bench.read("copy");
    // Whoever types it again waits for the same, and is told nothing that would generate.
    let look = format!("kms-byok status --key-id {arn} --region us-east-1 --endpoint-url {} --quiet", server.url());
    for name in ["copy", "other"] {
        let line = line.replace("copy", name);
        let next = format!("exists: key {arn}, PendingImport\nnext: {look}\n");
        bench.kms_byok_with_credentials(&line).refuses(3, &format!("{cause}{hint}{next}"));
    }
    let names: Vec<String> =
        bench.names().into_iter().filter(|name| name.contains("copy") || name.contains("other")).collect();
    assert_eq!((names, bench.read("copy")), (vec!["copy".to_owned()], bytes));
    // Without a copy there is nothing to import again.
    let discarded = bench.kms_byok_with_credentials(&format!("provision --alias alias/d --generate --discard {at}"));
    let next = discarded.stderr.lines().last().unwrap().to_owned();
    assert!(discarded.code == Some(3) && next.starts_with("next: kms-byok status --key-id arn:"), "{next}");
}
