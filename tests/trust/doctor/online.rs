//! `doctor --online`: what KMS answers to calls that change nothing.

use super::{answer, causes, doctor};
use crate::support::{self, Bench, Run};

fn ask(bench: &Bench, flags: &str, line: &str) -> (Run, support::EmbeddedKms) {
    let server = bench.serve_with(&format!("--no-quotas --access-log log {flags}"));
    let url = server.url();
    let line = format!("doctor --online --region us-east-1 --endpoint-url {url} {line}");
    (bench.kms_byok_with_credentials(&line), server)
}

fn operations(bench: &Bench) -> Vec<String> {
    let log = String::from_utf8(bench.read("log")).unwrap();
    log.lines().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect()
}

#[test]
fn kms_is_asked_what_changes_nothing_and_the_answers_are_shown() {
    let bench = Bench::new();
    let (run, server) = ask(&bench, "", "--output json");
    let found = answer(&run, 0);
    assert_eq!(found["online"]["reachable"], true);
    assert_eq!(found["online"]["rehearsal"], true);
    assert_eq!(found["online"]["credential_source"], "environment variables");
    assert!(found["online"]["clock_skew_seconds"].as_i64().unwrap().abs() <= 1, "{found:#}");
    assert_eq!(operations(&bench), ["ListKeys", "ListAliases"]);
    let url = server.url();
    let create = format!("create-key --region us-east-1 --endpoint-url {url} --alias alias/a --output json");
    let arn = bench.kms_byok_with_credentials(&create).json()["key_arn"].clone();
    let line = format!("doctor --online --key-id alias/a --region us-east-1 --endpoint-url {url} --output json");
    let found = answer(&bench.kms_byok_with_credentials(&line), 0);
    assert_eq!(found["key_arn"], arn);
    let asked = ["ListKeys", "ListAliases", "DescribeKey", "GetKeyPolicy", "ListResourceTags", "ListKeyRotations"];
    assert_eq!(operations(&bench)[operations(&bench).len() - asked.len()..], asked);
    let shown: Vec<(&str, &str)> = found["online"]["asked"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["operation"].as_str().unwrap(), one["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(shown, asked.map(|operation| (operation, "allowed")));
}

#[test]
fn a_permission_that_no_import_needs_is_shown_as_denied_and_is_no_problem() {
    let bench = Bench::new();
    let (run, _server) = ask(&bench, "--fault ListKeys:always:error=AccessDeniedException", "");
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert!(run.stdout.contains("\nasked, allowed    ListAliases\nasked, denied     ListKeys\n"), "{}", run.stdout);
}

#[test]
fn a_key_that_must_not_be_described_is_a_problem() {
    let bench = Bench::new();
    let (run, _server) = ask(&bench, "--fault DescribeKey:always:error=AccessDeniedException", "--key-id alias/a");
    assert_eq!(run.code, Some(4), "{}", run.stdout);
    assert!(
        run.stdout.contains(
            "problem: the credentials do not permit kms:DescribeKey on alias `alias/a`\n  \
             because: AccessDeniedException\n  \
             hint: allow kms:DescribeKey in the key policy or the caller's IAM policy\n"
        ),
        "{}",
        run.stdout
    );
}

#[test]
fn a_clock_that_is_off_is_a_problem_with_the_number() {
    let bench = Bench::new();
    for (clock, direction) in [("+25h", "behind"), ("-25h", "ahead of")] {
        let (run, _server) = ask(&bench, &format!("--clock {clock}"), "--output json");
        let found = answer(&run, 4);
        let seconds = found["online"]["clock_skew_seconds"].as_i64().unwrap();
        assert!(seconds.abs().abs_diff(90_000) <= 2, "{seconds}");
        let cause = format!("this machine's clock is {} s {direction} the endpoint's", seconds.abs());
        assert_eq!(causes(&found, "problems"), [cause]);
    }
}

#[test]
fn credentials_that_are_not_known_are_asked_about_once() {
    let bench = Bench::new();
    let (run, _server) = ask(&bench, "--fault *:always:error=UnrecognizedClientException", "--output json");
    let found = answer(&run, 4);
    assert_eq!(causes(&found, "problems"), ["AWS does not know the access key"]);
    assert_eq!(found["online"]["asked"].as_array().unwrap().len(), 1);
    assert_eq!(found["online"]["reachable"], true);
}

#[test]
fn an_endpoint_that_does_not_answer_is_not_reached() {
    let bench = Bench::new();
    let line = "doctor --online --region us-east-1 --endpoint-url http://127.0.0.1:1";
    let run = bench.kms_byok_with_credentials(line);
    assert_eq!(run.code, Some(4), "{}", run.stdout);
    assert!(run.stdout.contains("\nreached           NO\nasked, failed     ListKeys\n"), "{}", run.stdout);
    assert!(
        run.stdout.contains("problem: nothing answers at `127.0.0.1:1`: the connection is refused\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn no_credentials_at_all_is_a_problem() {
    let bench = Bench::new();
    let server = bench.serve();
    let url = server.url();
    let run = doctor(&bench, &format!("--online --region us-east-1 --endpoint-url {url} --output json"), &[]);
    let found = answer(&run, 4);
    assert_eq!(causes(&found, "problems"), ["no AWS credentials are found"]);
}
