//! The sessions in README.md are real: every ```console block runs here, in order, in one directory and against one embedded KMS, and
//! what is printed is compared line by line.
//!
//! Ids, times, fingerprints, versions and durations differ from run to run and are compared as such; `...` stands for any lines. The
//! README shows AWS: the lines by which a run says that it has an embedded KMS before it are left out.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::{Bench, EmbeddedKms, Run};

/// A command and what it prints, on both streams.
#[derive(Debug, PartialEq)]
struct Step {
    command: String,
    output: Vec<String>,
}

#[test]
fn the_sessions_of_the_readme_are_what_happens() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let sessions = sessions(&readme);
    assert!(!sessions.is_empty());
    let stage = Stage::new();
    for session in sessions {
        let happened = stage.play(&session);
        for (step, output) in session.iter().zip(happened) {
            assert_eq!(differs(&step.output, &output), None, "$ {}\nprinted\n{}", step.command, output.join("\n"));
        }
    }
}

#[test]
fn a_line_that_is_not_printed_is_found() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let happened = lines(
        "created key arn:aws:kms:eu-central-1:000000000000:key/0a1b2c3d-0000-0000-0000-000000000000\nenabled\ndone",
    );
    let arn = "created key arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    assert_eq!(differs(&lines(&format!("{arn}\nenabled\ndone")), &happened), None);
    assert_eq!(differs(&lines(&format!("{arn}\n...")), &happened), None);
    assert_eq!(differs(&lines("...\ndone"), &happened), None);
    assert_eq!(differs(&lines(&format!("{arn}\ndisabled\ndone")), &happened), Some("disabled".to_owned()));
    assert_eq!(differs(&lines(arn), &happened), Some("enabled".to_owned()));
    assert_eq!(differs(&lines("...\nmissing"), &happened), Some("missing".to_owned()));
}

#[test]
fn sessions_are_taken_from_the_text() {
    let text = "a\n```console\n$ one \\\n    two\nout\n$ three\n```\nb\n```sh\n$ no\n```\n";
    let step = |command: &str, output: &[&str]| Step {
        command: command.to_owned(),
        output: output.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(sessions(text), [[step("one \\\n    two", &["out"]), step("three", &[])]]);
}

/// The ```console blocks of a text.
fn sessions(text: &str) -> Vec<Vec<Step>> {
    let mut sessions: Vec<Vec<Step>> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            inside = !inside && kind == "console";
            sessions.extend(inside.then(Vec::new));
            continue;
        }
        let Some(session) = sessions.last_mut().filter(|_| inside) else { continue };
        let goes_on = session.last().is_some_and(|step| step.output.is_empty() && step.command.ends_with('\\'));
        match (line.strip_prefix("$ "), session.last_mut()) {
            (Some(command), _) => session.push(Step { command: command.to_owned(), output: Vec::new() }),
            (None, Some(step)) if goes_on => step.command = format!("{}\n{line}", step.command),
            (None, Some(step)) => step.output.push(line.to_owned()),
            (None, None) => panic!("a session begins with a command, not with {line}"),
        }
    }
    sessions
}

/// The first line that is shown and not printed, or printed and not shown.
fn differs(shown: &[String], printed: &[String]) -> Option<String> {
    let mut rest = printed;
    let mut skipping = false;
    for line in shown {
        if line == "..." {
            skipping = true;
            continue;
        }
        let found = rest.iter().position(|printed| normal(printed) == normal(line)).filter(|at| skipping || *at == 0);
        let Some(at) = found else { return Some(line.clone()) };
        rest = &rest[at + 1..];
        skipping = false;
    }
    rest.first().filter(|_| !skipping).cloned()
}

/// A line without what differs from run to run.
fn normal(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let (word, end) = match word.strip_suffix([',', ';', ':']) {
            Some(bare) => (bare, &word[bare.len()..]),
            None => (word, ""),
        };
        let hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_id = |text: &str| {
            let parts: Vec<&str> = text.split('-').collect();
            parts.len() == 5 && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| hex(part, length))
        };
        let is_time = |text: &str| text.len() == 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z');
        let arn = word.rsplit_once("key/").filter(|(before, id)| before.starts_with("arn:aws:kms:") && is_id(id));
        let shown = match arn {
            Some((before, _)) => format!("ARN in {}", before.split(':').nth(3).unwrap_or_default()),
            None if is_id(word) => "ID".to_owned(),
            None if is_time(word) => "TIME".to_owned(),
            None if hex(word, 64) => "SHA256".to_owned(),
            None => word.to_owned(),
        };
        shown + end
    });
    without_version(&words.collect::<Vec<_>>().join(" "))
}

/// `OpenSSL 3.0.19 27 Jan 2026` → `OpenSSL VERSION`.
fn without_version(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    while let Some(at) = words
        .windows(2)
        .position(|pair| pair[0].ends_with("OpenSSL") && pair[1].starts_with(|c: char| c.is_ascii_digit()))
    {
        let date = words.len() > at + 4
            && words[at + 2].parse::<u8>().is_ok()
            && words[at + 4].trim_end_matches([')', ';']).len() == 4;
        words[at + 1] = "VERSION";
        if date {
            words.drain(at + 2..at + 5);
        }
    }
    words.join(" ")
}

/// A directory, an embedded KMS, and a `kms-byok` on PATH that speaks to it.
struct Stage {
    bench: Bench,
    _server: EmbeddedKms,
}

impl Stage {
    fn new() -> Self {
        let bench = Bench::new();
        let server = bench.serve();
        fs::create_dir(bench.path("bin")).unwrap();
        fs::create_dir(bench.path("work")).unwrap();
        let binary = env!("CARGO_BIN_EXE_kms-byok");
        let url = server.url();
        // Verbs that run an embedded KMS of their own are left as they are.
        let shim = format!(
            "#!/bin/sh\nfor word; do case $word in --rehearse|rehearsal) exec {binary} \"$@\";; esac; done\n\
             exec {binary} --endpoint-url {url} --region eu-central-1 \"$@\"\n"
        );
        bench.write("bin/kms-byok", shim);
        fs::set_permissions(bench.path("bin/kms-byok"), fs::Permissions::from_mode(0o755)).unwrap();
        Stage { bench, _server: server }
    }

    /// Runs a session in one shell; what each of its commands printed.
    fn play(&self, session: &[Step]) -> Vec<Vec<String>> {
        let commands =
            session.iter().map(|step| format!("{}\nstatus=$?; echo '{MARK}'; (exit $status)\n", step.command));
        let script: String = commands.collect();
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("exec 2>&1\n{script}")).current_dir(self.bench.path("work")).env_clear();
        let path = format!("{}:{}", self.bench.path("bin").display(), std::env::var("PATH").unwrap());
        shell.env("PATH", path).env("HOME", self.bench.path("work")).env("AWS_EC2_METADATA_DISABLED", "true");
        shell.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        let run = Run::of(shell.output().unwrap());
        let printed: Vec<&str> = run.stdout.split(&format!("{MARK}\n")).collect();
        assert_eq!(printed.len(), session.len() + 1, "{}", run.stdout);
        printed
            .iter()
            .map(|text| text.lines().filter(|line| !is_of_the_rehearsal(line)).map(str::to_owned).collect())
            .collect()
    }
}

const MARK: &str = "==== the next command";

/// `endpoint: URL` in the talk, and the rows of the answer that say the same.
fn is_of_the_rehearsal(line: &str) -> bool {
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some("endpoint" | "endpoint:"), Some(url)) => url.starts_with("http://127.0.0.1:"),
        (Some("rehearsal"), Some(yes)) => yes.starts_with("yes"),
        _ => false,
    }
}
