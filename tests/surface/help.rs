//! `--help` of every verb: one sentence and two examples (which tests/surface/help_examples.rs runs); man pages from the same definitions.

use std::process::Command;

use crate::support::{Bench, run};

#[test]
fn every_verb_has_one_sentence_and_two_examples_of_itself() {
    let bench = Bench::new();
    assert!(bench.verbs().len() >= 14, "{:?}", bench.verbs());
    for verb in bench.verbs() {
        let help = bench.kms_byok(&format!("{verb} --help")).succeeds().stdout.clone();
        let sentence = help.lines().next().unwrap();
        assert!(sentence.starts_with(|c: char| c.is_ascii_uppercase()), "{verb}: {sentence}");
        assert!(!sentence.ends_with('.') && !sentence.contains(". "), "{verb}: {sentence}");
        assert_eq!(help.lines().nth(1), Some(""), "{verb}");
        let examples = bench.examples(&verb);
        assert_eq!(examples.len(), 2, "{verb}: {examples:?}");
        assert!(examples.iter().all(|line| line.starts_with(&format!("kms-byok {verb}"))), "{verb}: {examples:?}");
    }
}

#[test]
fn a_verbs_own_flags_come_before_those_of_all_verbs() {
    let bench = Bench::new();
    for verb in bench.verbs() {
        let help = bench.kms_byok(&format!("{verb} --help")).succeeds().stdout.clone();
        let is_heading = |line: &&str| line.ends_with(':') && !line.starts_with(' ') && line.len() < 40;
        let headings: Vec<&str> = help.lines().filter(is_heading).filter(|line| *line != "Examples:").collect();
        let connects =
            !["completions", "man", "help", "fleet", "rehearsal", "rehearsal serve"].contains(&verb.as_str());
        let last: &[&str] = if connects { &["Connection:", "Output:"] } else { &["Output:"] };
        assert!(headings.ends_with(last), "{verb}: {headings:?}");
        assert_eq!(headings.contains(&"Connection:"), connects, "{verb}: {headings:?}");
    }
}

#[test]
fn the_man_page_has_every_verb_and_every_flag() {
    let bench = Bench::new();
    let page = bench.kms_byok("man").succeeds().stdout.replace("\\-", "-");
    for verb in bench.verbs() {
        assert!(page.contains(&format!("\n.SH \"KMS-BYOK {}\"\n", verb.to_uppercase())), "{verb}");
        let help = bench.kms_byok(&format!("{verb} --help")).succeeds().stdout.clone();
        let own_line = |line: &&str| line.starts_with("  -") || line.starts_with("      --");
        let defined = help.lines().filter(own_line).map(str::trim_start);
        for flag in defined.filter_map(|line| line.split([' ', ',']).find(|word| word.starts_with("--"))) {
            let flag = flag.trim_end_matches('.');
            assert!(page.contains(&format!("\\fB{flag}\\fR")), "{verb} {flag}");
        }
        let own = bench.kms_byok(&format!("man {verb}")).succeeds().stdout.replace("\\-", "-");
        assert!(own.contains(&format!("kms-byok-{}", verb.replace(' ', "-"))), "{verb}");
    }
}

#[test]
fn the_man_pages_are_clean_roff() {
    let bench = Bench::new();
    if Command::new("groff").arg("--version").output().is_err() {
        println!("skipped: groff is not installed, so no man page is formatted");
        return;
    }
    for verb in bench.verbs().iter().map(String::as_str).chain([""]) {
        let page = bench.kms_byok(&format!("man {verb}")).succeeds().stdout.clone();
        let mut groff = Command::new("groff");
        let formatted = run(groff.args(["-man", "-Tutf8", "-ww"]), page.as_bytes());
        assert_eq!((formatted.code, formatted.stderr.as_str()), (Some(0), ""), "{verb}");
        assert!(formatted.stdout.contains("kms-byok"), "{verb}");
    }
}

#[test]
fn every_man_page_has_the_sections_that_people_look_for() {
    let bench = Bench::new();
    for verb in bench.verbs().iter().map(String::as_str).chain([""]) {
        let page = bench.kms_byok(&format!("man {verb}")).succeeds().stdout.replace("\\-", "-").replace("\\fB", "");
        for heading in ["NAME", "SYNOPSIS", "\"EXIT STATUS\"", "ENVIRONMENT", "FILES", "\"SEE ALSO\""] {
            assert!(page.contains(&format!("\n.SH {heading}\n")), "{verb}: {heading} is not in {page}");
        }
        let synopsis = page.split("\n.SH SYNOPSIS\n").nth(1).unwrap().replace("\\fR", "");
        assert!(synopsis.starts_with(format!("kms-byok {verb}").trim_end()), "{verb}: {synopsis}");
        assert!(verb.is_empty() || page.contains("\n.SH EXAMPLES\n.nf\n.RS\nkms-byok "), "{verb}: {page}");
        assert!(
            page.contains("KMS_BYOK_OUTPUT") && page.contains("\n4\\fR\na check found a problem\n"),
            "{verb}: {page}"
        );
    }
    let offline = bench.kms_byok("man wrap").stdout;
    assert!(!offline.contains("AWS_PROFILE") && offline.contains("OPENSSL_CONF"), "{offline}");
}

/// What people need first, and one example: a screen, where all flags take several.
#[test]
fn short_help_is_short_and_names_the_long_one() {
    let bench = Bench::new();
    for verb in bench.verbs().iter().map(String::as_str).chain([""]) {
        let short = bench.kms_byok(&format!("{verb} -h")).succeeds().stdout.clone();
        let long = bench.kms_byok(&format!("{verb} --help")).succeeds().stdout.clone();
        assert!(short.lines().count() <= 45, "{verb}: {short}");
        assert!(short.lines().count() <= long.lines().count(), "{verb}: {short}");
        assert!(short.contains("\nExample:\n  kms-byok ") && !short.contains("Examples:"), "{verb}: {short}");
        let more = format!("`kms-byok help {verb}` shows all flags.");
        assert!(short.ends_with(&format!("\n\n{more}\n")) || verb.is_empty(), "{verb}: {short}");
        assert_eq!(bench.kms_byok(&format!("help {verb}")).succeeds().stdout, long, "{verb}");
    }
    let short = bench.kms_byok("provision -h").stdout;
    for flag in ["--generate", "--material <FILE>", "--keep", "--expires-in", "--region", "--profile", "--output"] {
        assert!(short.contains(flag), "{flag}: {short}");
    }
    for flag in ["--wrapping-algorithm", "--lost-request", "--insecure-endpoint", "--connect-timeout"] {
        assert!(!short.contains(flag), "{flag}: {short}");
    }
}

#[test]
fn help_is_no_wider_than_the_terminal_and_its_examples_can_be_pasted() {
    let bench = Bench::new();
    for verb in bench.verbs().iter().map(String::as_str).chain([""]) {
        let wide = bench.examples_of(&bench.kms_byok(&format!("{verb} --help")).stdout);
        for columns in [40, 80, 200] {
            let words: Vec<&str> = verb.split_whitespace().chain(["--help"]).collect();
            let help = run(bench.command(&words).env("COLUMNS", columns.to_string()), b"").succeeds().stdout.clone();
            // A single word may be longer than the narrowest terminal.
            let several = |line: &str| line.trim_end_matches(" \\").trim().contains(' ');
            let too_wide = help.lines().find(|line| line.chars().count() > columns && several(line));
            assert_eq!(too_wide, None, "{verb} at {columns}");
            assert!(help.lines().all(|line| line.chars().count() <= 100), "{verb}: {help}");
            assert_eq!(bench.examples_of(&help), wide, "{verb} at {columns}");
        }
    }
}

#[test]
fn the_version_names_what_it_was_made_of_and_what_it_runs_on() {
    let bench = Bench::new();
    for line in ["--version", "-V", "wrap --version"] {
        let text = bench.kms_byok(line).succeeds().stdout.clone();
        let lines: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(' ')).collect();
        let names: Vec<&str> = lines.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["kms-byok", "commit", "compiled", "loaded"], "{text}");
        assert_eq!(lines[0].1, env!("CARGO_PKG_VERSION"));
        let openssl = bench.kms_byok("doctor -o json").json();
        assert_eq!(lines[2].1.trim(), format!("against {}", openssl["openssl"]["compiled_against"].as_str().unwrap()));
        assert_eq!(lines[3].1.trim(), openssl["openssl"]["loaded"].as_str().unwrap());
    }
}

#[test]
fn help_of_no_verb_is_refused() {
    Bench::new()
        .kms_byok("help rotator")
        .refuses(2, "error: `rotator` is not a verb of kms-byok\nhint: see `kms-byok --help` for all of them\n");
}

#[test]
fn a_man_page_of_no_verb_is_refused() {
    Bench::new()
        .kms_byok("man rotator")
        .refuses(2, "error: `rotator` is not a verb of kms-byok\nhint: see `kms-byok --help` for all of them\n");
}
