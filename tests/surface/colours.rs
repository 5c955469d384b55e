//! Colours: on terminals and where they are asked for, in the words for people, never in JSON, and never those of others.

use crate::support::cloud::Cloud;
use crate::support::terminal::Terminal;
use crate::support::{Bench, Run, run};

const RED: &str = "\u{1b}[1m\u{1b}[31m";
const CYAN: &str = "\u{1b}[36m";
const END: &str = "\u{1b}[0m";

fn with(bench: &Bench, line: &str, variables: &[(&str, &str)]) -> Run {
    let words: Vec<&str> = line.split_whitespace().collect();
    run(bench.command(&words).envs(variables.iter().copied()), b"")
}

#[test]
fn errors_and_hints_have_colours_where_they_are_asked_for() {
    let bench = Bench::new();
    let plain = "error: the wrapping key is missing\nhint: add --dir D, or --inkey F --out F\n";
    let coloured =
        format!("{RED}error:{END} the wrapping key is missing\n{CYAN}hint:{END} add --dir D, or --inkey F --out F\n");
    let usage = format!(
        "{RED}error:{END} `--regoin` is not a flag of kms-byok status\n{CYAN}hint:{END} write `--region` if that is what you mean\n"
    );
    for (flags, variables, expected) in [
        ("", &[][..], plain),
        ("--color always", &[][..], &*coloured),
        ("--color=always", &[("NO_COLOR", "1"), ("TERM", "dumb")][..], &coloured),
        ("", &[("KMS_BYOK_COLOR", "always")][..], &coloured),
        ("--color never", &[("KMS_BYOK_COLOR", "always")][..], plain),
        ("", &[("CLICOLOR_FORCE", "1")][..], plain),
    ] {
        let run = with(&bench, &format!("wrap --material key {flags}"), variables);
        assert_eq!((run.code, &*run.stderr), (Some(2), expected), "{flags} {variables:?}");
    }
    assert_eq!(with(&bench, "status --regoin x --color always", &[]).stderr, usage);
    assert_eq!(with(&bench, "status --regoin x", &[("KMS_BYOK_COLOR", "always")]).stderr, usage);
}

#[test]
fn a_proof_has_colours_and_json_has_none() {
    let cloud = Cloud::new("");
    let provision = "provision --alias alias/a --wrapping-key-spec RSA_2048 --generate --discard --color always";
    let text = cloud.run(provision).succeeds().stdout.clone();
    let good = |text: &str| format!("\u{1b}[32m{text}{END}");
    assert!(text.contains(&format!("\nproof: {}\n  {} ", good("proven"), good("+"))), "{text:?}");
    let again = cloud.run(provision).succeeds().stdout.clone();
    assert!(again.contains("\nproof: \u{1b}[33mas far as it was compared\u{1b}[0m\n"), "{again:?}");
    assert!(again.contains("  \u{1b}[33m-\u{1b}[0m not proven: "), "{again:?}");
    let plain = cloud.run(&provision.replace("always", "auto")).succeeds().stdout.clone();
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let json = cloud.run(&format!("{provision} --output json"));
    assert!(json.succeeds().stdout.starts_with("{\n") && !json.stdout.contains('\u{1b}'), "{}", json.stdout);
    let failed = cloud.run("status --key-id alias/none --color always --output json");
    assert!(
        failed.stderr.contains(&format!("\n{RED}error:{END} KMS in us-east-1 has no alias ")),
        "{:?}",
        failed.stderr
    );
    assert!(failed.code == Some(1) && !failed.stdout.contains('\u{1b}'), "{}", failed.stdout);
}

#[test]
fn a_finding_has_colours() {
    let bench = Bench::new();
    bench.write("PublicKey.bin", "-----BEGIN PUBLIC KEY-----\n");
    let run = with(&bench, "diagnose --public-key PublicKey.bin --color always", &[]);
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    assert!(run.stdout.contains(&format!("{RED}certain (")), "{:?}", run.stdout);
    assert!(run.stdout.contains(&format!("\n  {CYAN}fix:{END} ")), "{:?}", run.stdout);
}

/// Escape sequences, and the marks that stand for colours inside of the program.
#[test]
fn texts_of_others_bring_no_colours() {
    let bench = Bench::new();
    let hostile = "k\u{1b}[32m\u{fdd4}\u{fdd0}\u{9b}1m\nerror: x";
    for colour in ["always", "never"] {
        let words = ["wrap", "--material", hostile, "--inkey", hostile, "--out", "out", "--color", colour];
        let run = run(&mut bench.command(&words), b"");
        let own = run.stderr.replace(RED, "").replace(CYAN, "").replace(END, "");
        assert!(own.contains("`k\u{fffd}[32m\u{fffd}\u{fffd}\u{fffd}1m\u{fffd}error: x`"), "{:?}", run.stderr);
        assert!(!own.contains('\u{1b}') && own.lines().count() <= 3, "{:?}", run.stderr);
        assert_eq!(run.stderr.contains(RED), colour == "always", "{:?}", run.stderr);
    }
}

#[test]
fn on_a_terminal_colours_are_the_default_unless_somebody_says_no() {
    let bench = Bench::new();
    let coloured = format!("{RED}error:{END} the wrapping key is missing\n{CYAN}hint:{END} add ");
    for (flags, variables, on) in [
        ("", &[][..], true),
        ("", &[("TERM", "xterm-256color")][..], true),
        ("", &[("NO_COLOR", "")][..], true),
        ("", &[("NO_COLOR", "1")][..], false),
        ("", &[("TERM", "dumb")][..], false),
        ("--color never", &[][..], false),
        ("--color always", &[("NO_COLOR", "1")][..], true),
    ] {
        let line = format!("\"$KMS_BYOK\" wrap --material key {flags}");
        let Some(terminal) = Terminal::open_with(&bench, &line, variables) else { return };
        let (code, screen) = terminal.end();
        assert_eq!((code, screen.starts_with(&coloured)), (Some(2), on), "{flags} {variables:?}: {screen:?}");
        assert_eq!(screen.contains('\u{1b}'), on, "{screen:?}");
    }
    // Each stream by itself.
    let Some(terminal) = Terminal::open_with(&bench, "\"$KMS_BYOK\" wrap --material key 2>&1 | cat", &[]) else {
        return;
    };
    assert!(!terminal.end().1.contains('\u{1b}'));
}
