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
        let help = bench.kms_byok(&format!("{verb} -h")).succeeds().stdout.clone();
        let headings: Vec<&str> =
            help.lines().filter(|line| line.ends_with(':') && !line.starts_with(' ') && *line != "Examples:").collect();
        assert_eq!(headings[headings.len() - 2..], ["Connection:", "Output:"], "{verb}: {headings:?}");
    }
}

#[test]
fn the_man_page_has_every_verb_and_every_flag() {
    let bench = Bench::new();
    let page = bench.kms_byok("man").succeeds().stdout.replace("\\-", "-");
    for verb in bench.verbs() {
        assert!(page.contains(&format!("\n.SH \"KMS-BYOK {}\"\n", verb.to_uppercase())), "{verb}");
        let help = bench.kms_byok(&format!("{verb} -h")).succeeds().stdout.clone();
        let defined = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        for flag in defined.filter_map(|line| line.split([' ', ',']).find(|word| word.starts_with("--"))) {
            let flag = flag.trim_end_matches('.');
            assert!(page.contains(&format!("\\fB{flag}\\fR")), "{verb} {flag}");
        }
        let own = bench.kms_byok(&format!("man {verb}")).succeeds().stdout.replace("\\-", "-");
        assert!(own.contains(&format!("kms-byok-{}", verb.replace(' ', "-"))), "{verb}");
    }
}

#[test]
fn the_man_page_is_clean_roff() {
    let bench = Bench::new();
    let page = bench.kms_byok("man").succeeds().stdout.clone();
    let mut groff = Command::new("groff");
    groff.args(["-man", "-Tutf8", "-ww"]);
    if Command::new("groff").arg("--version").output().is_err() {
        println!("skipped: groff is not installed, so the man page is not formatted");
        return;
    }
    let formatted = run(&mut groff, page.as_bytes());
    assert_eq!((formatted.code, formatted.stderr.as_str()), (Some(0), ""));
    assert!(formatted.stdout.contains("kms-byok"));
}

#[test]
fn a_man_page_of_no_verb_is_refused() {
    Bench::new()
        .kms_byok("man rotator")
        .refuses(2, "error: `rotator` is not a verb of kms-byok\nhint: see `kms-byok --help` for all of them\n");
}
