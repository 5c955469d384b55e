//! What scripts set on every call can come from variables: the same as the flags, told by name when it is wrong, spelt out when it is
//! repeated.

use crate::support::cloud::Cloud;
use crate::support::next::next_of;
use crate::support::{self, Bench, Run, run};

const REHEARSE: &str = "provision --rehearse --alias alias/a --generate --discard --wrapping-key-spec RSA_2048";

fn with(bench: &Bench, variables: &[(&str, &str)], line: &str) -> Run {
    let words: Vec<&str> = line.split_whitespace().collect();
    run(bench.command(&words).envs(variables.iter().copied()), b"")
}

#[test]
fn a_variable_does_what_its_flag_does() {
    let bench = Bench::new();
    let json = with(&bench, &[("KMS_BYOK_OUTPUT", "json"), ("KMS_BYOK_QUIET", "1")], REHEARSE);
    assert_eq!((json.succeeds().stderr.as_str(), json.json()["alias"].as_str()), ("", Some("alias/a")));
    let loud = with(&bench, &[("KMS_BYOK_QUIET", "0")], REHEARSE);
    assert!(loud.succeeds().stderr.contains("created key"), "{}", loud.stderr);
    // The parameters of a machine whose clock is wrong are warned about, and refused with --strict.
    bench.wrapping_key(2048);
    bench.write_private("key", support::material(7));
    std::fs::set_permissions(bench.path("PublicKey.bin"), std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let wrap = "wrap --material key --inkey PublicKey.bin --out out";
    for strict in ["1", "true", "YES", "on"] {
        assert_eq!(with(&bench, &[("KMS_BYOK_STRICT", strict)], wrap).code, Some(1), "{strict}");
    }
    with(&bench, &[("KMS_BYOK_STRICT", "no")], wrap).succeeds();
    let cloud = Cloud::new("--fault DescribeKey:always:latency=5s");
    let mut command = cloud.command("status --key-id alias/a");
    let slow = run(command.env("KMS_BYOK_READ_TIMEOUT", "100ms"), b"");
    assert!(slow.code == Some(1) && slow.stderr.contains("within 0.1 s"), "{}", slow.stderr);
}

#[test]
fn a_flag_overrides_its_variable() {
    let bench = Bench::new();
    let text = with(&bench, &[("KMS_BYOK_OUTPUT", "json")], "rehearsal ping --endpoint-url http://127.0.0.1:9 -o text");
    assert_eq!(text.stdout, "");
    let json = with(&bench, &[("KMS_BYOK_OUTPUT", "text")], "rehearsal ping --endpoint-url http://127.0.0.1:9 -ojson");
    assert!(json.stdout.starts_with('{'), "{}", json.stdout);
    // More is asked for this run, less by the variable for all.
    let verbose = with(&bench, &[("KMS_BYOK_QUIET", "1")], &format!("{REHEARSE} -v"));
    assert!(verbose.succeeds().stderr.contains("created key"), "{}", verbose.stderr);
    let said = "error: --quiet and --verbose exclude each other\nhint: leave one of them out\n";
    bench.kms_byok("doctor -v --quiet").refuses(2, said);
}

#[test]
fn a_bad_value_is_told_by_the_name_of_the_variable() {
    let bench = Bench::new();
    for (name, value, said) in [
        ("KMS_BYOK_OUTPUT", "xml", "error: `xml` is not a value of KMS_BYOK_OUTPUT\nhint: use one of text, json\n"),
        (
            "KMS_BYOK_COLOR",
            "red",
            "error: `red` is not a value of KMS_BYOK_COLOR\nhint: use one of auto, always, never\n",
        ),
        (
            "KMS_BYOK_QUIET",
            "maybe",
            "error: `maybe` is not a value of KMS_BYOK_QUIET\nhint: use 1 or 0, true or false, yes or no, on or off\n",
        ),
        (
            "KMS_BYOK_STRICT",
            "2",
            "error: `2` is not a value of KMS_BYOK_STRICT\nhint: use 1 or 0, true or false, yes or no, on or off\n",
        ),
        (
            "KMS_BYOK_CONNECT_TIMEOUT",
            "soon",
            "error: `soon` is not a value of KMS_BYOK_CONNECT_TIMEOUT\nhint: write it as in 30s, 15m or 90d\n",
        ),
        (
            "KMS_BYOK_READ_TIMEOUT",
            "5",
            "error: `5` is not a value of KMS_BYOK_READ_TIMEOUT\nhint: write it as in 30s, 15m or 90d\n",
        ),
    ] {
        with(&bench, &[(name, value)], "doctor").refuses(2, said);
    }
    // The flag is wrong, not the variable.
    let said = "error: `yaml` is not a value of --output\nhint: use one of text, json\n";
    with(&bench, &[("KMS_BYOK_OUTPUT", "text")], "doctor --output yaml").refuses(2, said);
}

#[test]
fn an_empty_variable_is_none() {
    let bench = Bench::new();
    let names = ["OUTPUT", "COLOR", "QUIET", "STRICT", "CONNECT_TIMEOUT", "READ_TIMEOUT"];
    let names = names.map(|name| format!("KMS_BYOK_{name}"));
    let empty: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let run = with(&bench, &empty, REHEARSE);
    assert!(run.succeeds().stdout.starts_with("key "), "{}", run.stdout);
    assert!(run.stderr.contains("created key"), "{}", run.stderr);
}

#[test]
fn what_is_printed_spells_out_what_came_from_variables() {
    let cloud = Cloud::new("--fault GetParametersForImport:1:error=AccessDeniedException");
    cloud.bench.write_private("key", support::material(3));
    let mut command = cloud.command("provision alias/a --wrapping-key-spec RSA_2048 --material key");
    command.env("KMS_BYOK_OUTPUT", "json").env("KMS_BYOK_QUIET", "yes").env("KMS_BYOK_STRICT", "1");
    command.env("KMS_BYOK_COLOR", "never").env("KMS_BYOK_CONNECT_TIMEOUT", "9s").env("KMS_BYOK_READ_TIMEOUT", "45s");
    let stopped = run(&mut command, b"");
    assert_eq!(stopped.code, Some(3), "{}", stopped.stderr);
    let next = next_of(&stopped);
    let all = ["--output json", "--quiet", "--strict", "--color never", "--connect-timeout 9s", "--read-timeout 45s"];
    for flag in all {
        assert_eq!(next.matches(&format!(" {flag}")).count(), 1, "{flag}: {next}");
    }
    // The shell of this test has none of the variables.
    let done = cloud.shell(next, b"");
    assert_eq!((done.succeeds().stderr.as_str(), done.json()["key_state"].as_str()), ("", Some("Enabled")));
}

#[test]
fn no_variable_decides_whom_to_trust_or_what_to_lose() {
    let bench = Bench::new();
    let variables = [
        ("KMS_BYOK_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("KMS_BYOK_ALLOW_ENDPOINT_ENV", "1"),
        ("KMS_BYOK_INSECURE_ENDPOINT", "1"),
        ("KMS_BYOK_YES", "1"),
        ("KMS_BYOK_FORCE", "1"),
        ("KMS_BYOK_ADOPT", "1"),
        ("KMS_BYOK_DISCARD", "1"),
        ("KMS_BYOK_MATERIAL", "key"),
    ];
    bench.write_private("key", support::material(3));
    let run = with(&bench, &variables, "provision --rehearse alias/a --generate");
    assert!(run.code == Some(2) && run.stderr.contains("would have no copy outside KMS"), "{}", run.stderr);
    let run = with(&bench, &variables, "provision --rehearse alias/a");
    assert!(run.code == Some(2) && run.stderr.contains("the key material is missing"), "{}", run.stderr);
}

#[test]
fn wrong_usage_is_json_where_the_variable_asks_for_json() {
    let bench = Bench::new();
    let run = with(&bench, &[("KMS_BYOK_OUTPUT", "json")], "doctr");
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, answer["error"]["cause"].as_str()), (Some(2), Some("`doctr` is not a verb of kms-byok")));
    assert_eq!(answer["error"]["hint"], "write `doctor` if that is what you mean");
}
