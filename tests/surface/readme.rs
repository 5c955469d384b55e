//! The sessions in README.md and in the manual are real. Every ```console block runs here, and what is printed is compared line by line;
//! every ```sh block runs, and must succeed. The blocks of one page run in order, in one directory and against one embedded KMS, after
//! what stands in a comment that begins with `<!-- before`. A block that cannot run here is marked ```sh not-run; it is parsed.
//!
//! Ids, times, fingerprints, versions and durations differ from run to run and are compared as such; `...` stands for any lines. The
//! pages show AWS: the lines by which a run says that it has an embedded KMS before it are left out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kms_byok::rehearsal::{Server, Settings};

use crate::support::executable::write_executable;
use crate::support::workers::in_parallel;
use crate::support::{Bench, Run, fits};

/// What a page has for this test.
#[derive(Debug, PartialEq)]
enum Block {
    /// Shown with what it prints.
    Session(Vec<Step>),
    /// Commands that succeed.
    Script(String),
    /// Commands that cannot run here.
    Shown(String),
}

/// A command and what it prints, on both streams.
#[derive(Debug, PartialEq)]
struct Step {
    command: String,
    output: Vec<String>,
}

#[test]
fn the_sessions_of_the_documents_are_what_happens() {
    let pages = pages();
    let played = in_parallel(2, &pages, |page| play(&fs::read_to_string(page).unwrap()));
    let mut sessions = 0;
    let mut wrong = Vec::new();
    for (page, played) in pages.iter().zip(played) {
        match played {
            Ok(count) => sessions += count,
            Err(difference) => wrong.push(format!("{}: {difference}", page.display())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(sessions > 20, "{sessions} blocks");
}

/// The documents with sessions; the examples of the reference are those of the help, which has a test of its own.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    pages.extend(docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    pages.sort();
    pages
}

/// Runs what a page shows; the number of its blocks that ran.
fn play(page: &str) -> Result<usize, String> {
    let blocks = blocks(page);
    let runs = blocks.iter().filter(|block| !matches!(block, Block::Shown(_))).count();
    let stage = (runs > 0).then(Stage::new);
    for block in &blocks {
        match (block, &stage) {
            (Block::Session(steps), Some(stage)) => {
                for (step, output) in steps.iter().zip(stage.play(steps)) {
                    if let Some(line) = differs(&step.output, &output) {
                        let printed = output.join("\n");
                        return Err(format!("$ {}\ndiffers at: {line}\nprinted:\n{printed}", step.command));
                    }
                }
            }
            (Block::Script(commands), Some(stage)) => stage.succeeds(commands)?,
            (Block::Shown(commands), _) => parses(commands)?,
            (_, None) => {}
        }
    }
    Ok(runs)
}

/// Whether bash can read it.
fn parses(commands: &str) -> Result<(), String> {
    let output = Command::new("bash").args(["-n", "-c", commands]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{said} in\n{commands}")) }
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
fn blocks_are_taken_from_the_text() {
    let text = "a\n```console\n$ one \\\n    two\nout\n$ three\n```\nb\n```sh\nyes\n```\n<!-- before\nfirst\n-->\n```sh not-run\nno\n```\n";
    let step = |command: &str, output: &[&str]| Step {
        command: command.to_owned(),
        output: output.iter().map(ToString::to_string).collect(),
    };
    let session = Block::Session(vec![step("one \\\n    two", &["out"]), step("three", &[])]);
    let script = |text: &str| Block::Script(text.to_owned());
    assert_eq!(blocks(text), [session, script("yes\n"), script("first\n"), Block::Shown("no\n".to_owned())]);
}

#[test]
fn what_does_not_succeed_or_parse_is_found() {
    assert_eq!(play("```sh\ntrue\n```\n").unwrap(), 1);
    assert!(play("```sh\nfalse\ntrue\n```\n").is_err());
    assert!(play("```console\n$ echo a\nb\n```\n").is_err());
    assert!(play("```sh not-run\nif\n```\n").is_err());
}

/// The blocks of a text, in order.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let goes_on = |line: &&str| !matches!(line.trim(), "```" | "-->");
        let kind = line.trim_start();
        if !kind.starts_with("```") && kind != "<!-- before" {
            continue;
        }
        let body: Vec<&str> = lines.by_ref().take_while(goes_on).collect();
        let commands = || body.iter().flat_map(|line| [line, "\n"]).collect();
        match kind {
            "```console" => blocks.push(Block::Session(steps(&body))),
            "```sh" | "<!-- before" => blocks.push(Block::Script(commands())),
            "```sh not-run" => blocks.push(Block::Shown(commands())),
            _ => {}
        }
    }
    blocks
}

/// The commands of a session, each with what it prints.
fn steps(body: &[&str]) -> Vec<Step> {
    let mut session: Vec<Step> = Vec::new();
    for line in body {
        let goes_on = session.last().is_some_and(|step| step.output.is_empty() && step.command.ends_with('\\'));
        match (line.strip_prefix("$ "), session.last_mut()) {
            (Some(command), _) => session.push(Step { command: command.to_owned(), output: Vec::new() }),
            (None, Some(step)) if goes_on => step.command = format!("{}\n{line}", step.command),
            (None, Some(step)) => step.output.push((*line).to_owned()),
            (None, None) => panic!("a session begins with a command, not with {line}"),
        }
    }
    session
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
            let of_regions = text.strip_prefix("mrk-").is_some_and(|id| hex(id, 32));
            of_regions || parts.len() == 5 && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| hex(part, length))
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
    without_version(without_time_left(&words.collect::<Vec<_>>().join(" ")))
}

/// `expires TIME, in 19 days 23 h` → `expires TIME`.
fn without_time_left(line: &str) -> &str {
    let left = line.rsplit_once(", in ").filter(|(_, left)| left.starts_with(|c: char| c.is_ascii_digit()));
    left.map_or(line, |(before, _)| before)
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
    _server: Server,
}

impl Stage {
    fn new() -> Self {
        let bench = Bench::new();
        // Those of one process share their wrapping keys, which take longest.
        let server = Server::start(Settings::default()).unwrap();
        fs::create_dir(bench.path("bin")).unwrap();
        fs::create_dir(bench.path("work")).unwrap();
        fs::create_dir_all(bench.path("home/.aws")).unwrap();
        bench.write("home/.aws/config", PROFILE);
        fs::create_dir(bench.path("printed")).unwrap();
        let binary = env!("CARGO_BIN_EXE_kms-byok");
        let url = server.url();
        // Verbs that run an embedded KMS of their own are left as they are, and so is a Region that is given. What is piped on is kept, too.
        let shim = format!(
            "#!/bin/sh\nregion='--region eu-central-1'\n\
             for word; do case $word in --rehearse|rehearsal) exec {binary} \"$@\";; --region|--profile) region=;; esac; done\n\
             {binary} --endpoint-url {url} $region \"$@\" >{printed}/$$; status=$?; cat {printed}/$$; exit $status\n",
            printed = bench.path("printed").display()
        );
        write_executable(&bench.path("bin/kms-byok"), &shim);
        Stage { bench, _server: server }
    }

    /// Runs a session in one shell; what each of its commands printed.
    fn play(&self, session: &[Step]) -> Vec<Vec<String>> {
        let commands =
            session.iter().map(|step| format!("{}\nstatus=$?; echo '{MARK}'; (exit $status)\n", step.command));
        let run = self.shell(&commands.collect::<String>());
        let printed: Vec<&str> = run.stdout.split(&format!("{MARK}\n")).collect();
        assert_eq!(printed.len(), session.len() + 1, "{}", run.stdout);
        printed
            .iter()
            .map(|text| text.lines().filter(|line| !is_of_the_rehearsal(line)).map(str::to_owned).collect())
            .collect()
    }
}

impl Stage {
    /// Runs commands each of which must succeed.
    fn succeeds(&self, commands: &str) -> Result<(), String> {
        let run = self.shell(&format!("set -e\n{commands}"));
        if run.code == Some(0) { Ok(()) } else { Err(format!("{commands}ends with {:?}:\n{}", run.code, run.stdout)) }
    }

    fn shell(&self, script: &str) -> Run {
        let mut shell = Command::new("bash");
        shell.arg("-c").arg(format!("exec 2>&1\n{script}")).current_dir(self.bench.path("work")).env_clear();
        let path = format!("{}:{}", self.bench.path("bin").display(), std::env::var("PATH").unwrap());
        shell.env("PATH", path).env("HOME", self.bench.path("home")).env("AWS_EC2_METADATA_DISABLED", "true");
        shell.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        let run = Run::of(shell.output().unwrap());
        for printed in fs::read_dir(self.bench.path("printed")).unwrap() {
            fits::assert_answers(&String::from_utf8_lossy(&fs::read(printed.unwrap().path()).unwrap()));
        }
        run
    }
}

const MARK: &str = "==== the next command";

/// A profile as the pages name it.
const PROFILE: &str =
    "[profile key-admin]\nregion = eu-central-1\naws_access_key_id = AKIDTEST\naws_secret_access_key = test\n";

/// `endpoint: URL` in the talk, and the rows of the answer that say the same.
fn is_of_the_rehearsal(line: &str) -> bool {
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some("endpoint" | "endpoint:"), Some(url)) => url.starts_with("http://127.0.0.1:"),
        (Some("rehearsal"), Some(yes)) => yes.starts_with("yes"),
        _ => false,
    }
}
