//! `--help` of every verb: one sentence and two real examples, which are run here; completions and man pages from the same definitions.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test that cannot run here says so
#![cfg(feature = "rehearsal")]

mod support;

use std::process::{Command, Stdio};

use support::{Bench, EmbeddedKms, Run, run};

/// Every verb, the inner ones of `rehearsal` too, as the help lists them.
fn verbs(bench: &Bench) -> Vec<String> {
    let listed = |line: &str| -> Vec<String> {
        let help = bench.kms_byok(line).succeeds().stdout.clone();
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    };
    let mut all = listed("--help");
    for verb in all.clone() {
        all.extend(listed(&format!("{verb} --help")).into_iter().map(|inner| format!("{verb} {inner}")));
    }
    all
}

fn examples(bench: &Bench, verb: &str) -> Vec<String> {
    let help = bench.kms_byok(&format!("{verb} --help")).succeeds().stdout.clone();
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_verb_has_one_sentence_and_two_examples_of_itself() {
    let bench = Bench::new();
    assert!(verbs(&bench).len() >= 14, "{:?}", verbs(&bench));
    for verb in verbs(&bench) {
        let help = bench.kms_byok(&format!("{verb} --help")).succeeds().stdout.clone();
        let sentence = help.lines().next().unwrap();
        assert!(sentence.starts_with(|c: char| c.is_ascii_uppercase()), "{verb}: {sentence}");
        assert!(!sentence.ends_with('.') && !sentence.contains(". "), "{verb}: {sentence}");
        assert_eq!(help.lines().nth(1), Some(""), "{verb}");
        let examples = examples(&bench, &verb);
        assert_eq!(examples.len(), 2, "{verb}: {examples:?}");
        assert!(examples.iter().all(|line| line.starts_with(&format!("kms-byok {verb}"))), "{verb}: {examples:?}");
    }
}

#[test]
fn a_verbs_own_flags_come_before_those_of_all_verbs() {
    let bench = Bench::new();
    for verb in verbs(&bench) {
        let help = bench.kms_byok(&format!("{verb} -h")).succeeds().stdout.clone();
        let headings: Vec<&str> =
            help.lines().filter(|line| line.ends_with(':') && !line.starts_with(' ') && *line != "Examples:").collect();
        assert_eq!(headings[headings.len() - 2..], ["Connection:", "Output:"], "{verb}: {headings:?}");
    }
}

/// The verbs whose examples must succeed, in an order in which each finds what it needs. The examples of all others must be
/// understood: exit code 2 is wrong usage.
const STORY: &[&str] = &[
    "doctor",
    "create-key",
    "get-parameters",
    "generate",
    "wrap",
    "import",
    "status",
    "verify",
    "completions",
    "man",
    "rehearsal ping",
];

#[test]
fn the_examples_run() {
    let stage = Stage::new();
    let bench = &stage.bench;
    let rest: Vec<String> = verbs(bench)
        .into_iter()
        .filter(|verb| {
            !STORY.contains(&verb.as_str()) && !["provision", "rehearsal", "rehearsal serve"].contains(&verb.as_str())
        })
        .collect();
    for verb in STORY.iter().copied().chain(rest.iter().map(String::as_str)) {
        stage.prepare(verb);
        for example in examples(bench, verb) {
            let run = stage.run(&example);
            match STORY.contains(&verb) {
                true => assert_eq!(run.code, Some(0), "{example}: {}{}", run.stdout, run.stderr),
                false => assert_ne!(run.code, Some(2), "{example}: {}{}", run.stdout, run.stderr),
            }
        }
    }
}

#[test]
fn the_examples_of_provision_run() {
    let stage = Stage::new();
    stage.bench.write("payments.key", [7; 32]);
    for example in examples(&stage.bench, "provision") {
        let run = stage.run(&example);
        assert_eq!(run.code, Some(0), "{example}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn the_examples_of_the_embedded_kms_serve() {
    let bench = Bench::new();
    for example in examples(&bench, "rehearsal serve") {
        let line = example.strip_prefix("kms-byok rehearsal serve ").unwrap().replace(":4566", ":0");
        let server = bench.serve_with(&line);
        bench.kms_byok(&format!("rehearsal ping --endpoint-url {}", server.url())).succeeds();
    }
}

/// A directory with what the examples name, and an embedded KMS.
struct Stage {
    bench: Bench,
    server: EmbeddedKms,
}

impl Stage {
    fn new() -> Self {
        let bench = Bench::new();
        let server = bench.serve();
        Stage { bench, server }
    }

    /// Runs an example; what stands after a shell's `>` or `|` is left out.
    fn run(&self, example: &str) -> Run {
        let words = example.split(['>', '|']).next().unwrap().strip_prefix("kms-byok ").unwrap();
        let mut line = words.replace("http://127.0.0.1:4566", self.server.url());
        if line.contains("1234abcd-12ab-34cd-56ef-1234567890ab") {
            line = line.replace("1234abcd-12ab-34cd-56ef-1234567890ab", &self.key_id("alias/payments"));
        }
        if line.contains("--rehearse") || line.contains("--endpoint-url") {
            return self.bench.kms_byok(&line);
        }
        self.with_credentials(&line)
    }

    fn with_credentials(&self, line: &str) -> Run {
        let url = self.server.url();
        self.bench.kms_byok_with_credentials(&format!("--endpoint-url {url} --region us-east-1 {line}"))
    }

    fn key_id(&self, alias: &str) -> String {
        self.with_credentials(&format!("status --key-id {alias} --output json")).json()["key_id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// What the verb's examples take for granted.
    fn prepare(&self, verb: &str) {
        let bench = &self.bench;
        match verb {
            "doctor" => {
                self.with_credentials("create-key --alias alias/payments").succeeds();
            }
            "wrap" => {
                bench.write("payments.key", bench.read("PlaintextKeyMaterial.bin"));
                for name in ["PublicKey.bin", "ImportToken.bin"] {
                    bench.write(name, bench.read(&format!("D/{name}")));
                }
            }
            "verify" => {
                bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out signing.pem");
                let line = "provision --alias alias/signing --key-spec ECC_NIST_P256 --material signing.pem";
                self.with_credentials(line).succeeds();
            }
            _ => {}
        }
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
    for verb in verbs(&bench).iter().filter(|verb| !verb.contains(' ')) {
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
    for verb in verbs(&bench) {
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
    for verb in verbs(&bench) {
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
