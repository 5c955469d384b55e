//! `--help` of every verb: one sentence and two examples (which tests/help_examples.rs runs); completions and man pages from the same definitions.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test that cannot run here says so
#![cfg(feature = "rehearsal")]

mod support;

use std::process::{Command, Stdio};

use support::{Bench, Run, run};

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
fn bash_can_source_the_completions_and_completes_verbs_and_flags() {
    let bench = Bench::new();
    bench.write("completions", bench.kms_byok("completions bash").succeeds().stdout.clone());
    let complete = |words: &str, index: usize| {
        // The function's name is what `complete -F` was given.
        let script = format!(
            "source ./completions; spec=$(complete -p kms-byok); spec=${{spec#*-F }}; COMP_WORDS=({words}); COMP_CWORD={index}; \
             ${{spec%% *}} kms-byok \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[*]}}\""
        );
        let mut bash = Command::new("bash");
        Run::of(bash.args(["-euc", &script]).current_dir(bench.directory()).output().unwrap())
    };
    assert_eq!(complete("kms-byok pro", 1).succeeds().stdout, "provision\n");
    assert_eq!(complete("kms-byok wrap --expect", 2).succeeds().stdout, "--expect-public-key\n");
    assert_eq!(complete("kms-byok create-key --ali", 2).succeeds().stdout, "--alias\n");
    assert_eq!(complete("kms-byok rehearsal serve --acc", 3).succeeds().stdout, "--access-log\n");
    let all = complete("kms-byok ''", 1).succeeds().stdout.clone();
    for verb in bench.verbs().iter().filter(|verb| !verb.contains(' ')) {
        assert!(all.split_whitespace().any(|word| word == verb), "{verb}: {all}");
    }
}

#[test]
fn zsh_understands_the_completions() {
    syntax_check("zsh", "-n");
}

#[test]
fn fish_understands_the_completions() {
    syntax_check("fish", "--no-execute");
}

/// Lets the shell parse the completions, where that shell is installed.
fn syntax_check(shell: &str, flag: &str) {
    let bench = Bench::new();
    let text = bench.kms_byok(&format!("completions {shell}")).succeeds().stdout.clone();
    for verb in bench.verbs() {
        assert!(text.contains(verb.split(' ').next_back().unwrap()), "{verb}");
    }
    bench.write("completions", text);
    let mut command = Command::new(shell);
    match command.args([flag, "completions"]).current_dir(bench.directory()).stdin(Stdio::null()).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => println!("skipped: {shell} is not installed, so its completions are not parsed"),
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
