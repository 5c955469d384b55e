//! What is printed: the answer on stdout, once, as text or as one JSON object; the talk on stderr.

mod life;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use kms_byok::diagnose::Diagnosis;
use kms_byok::lifecycle::Report;
use kms_byok::proof::{Outcome, Proof};
use kms_byok::{CeremonyError, Error, FileError, Progress, printable};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::next_command::{Invocation, SOURCE};
use crate::cli::{self, Output};
use crate::closed::was_stdout_closed;

/// Whether anything was written to standard output.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// Why a verb did not end well, what stands in AWS all the same, and the exit code that says so.
pub(crate) struct Failure {
    pub(crate) error: Box<Error>,
    /// 1 nothing changed in AWS, 2 wrong usage, 3 something changed in AWS, 4 a check found a problem.
    pub(crate) exit: u8,
    /// What the run did before it failed.
    pub(crate) partial: Option<Box<Report>>,
    /// The changing call whose effect is unknown.
    pub(crate) uncertain: Option<&'static str>,
    /// Why KMS refused an import, as far as it can be told.
    explanation: Option<Box<Diagnosis>>,
    /// What the escrow file is, if one was opened.
    escrow: Option<Value>,
    /// The key that the run is about.
    key_arn: Option<String>,
    /// How the run was called.
    invocation: Box<Invocation>,
    output: Output,
}

impl Failure {
    pub(crate) fn new(error: Error, output: Output, invocation: Invocation) -> Self {
        let exit = match &error {
            Error::Ceremony(CeremonyError::ProofNotPermitted { .. }) => 4,
            error if error.is_usage() => 2,
            _ => 1,
        };
        Failure {
            error: Box::new(error),
            exit,
            partial: None,
            uncertain: None,
            explanation: None,
            escrow: None,
            key_arn: None,
            invocation: Box::new(invocation),
            output,
        }
    }

    /// What stands in AWS all the same: exit code 3, or 4 where only the proof was refused.
    pub(crate) fn after(mut self, report: Report, uncertain: Option<&'static str>) -> Self {
        self.exit = self.exit.max(3);
        self.partial = Some(Box::new(report));
        self.uncertain = uncertain;
        self
    }

    /// About that key.
    pub(crate) fn about(mut self, key_arn: Option<String>) -> Self {
        self.key_arn = key_arn;
        self
    }

    /// What is known of the escrow file that was opened.
    pub(crate) fn with_escrow(mut self, escrow: Option<Value>) -> Self {
        self.escrow = escrow;
        self
    }

    /// What the reasoning of `diagnose` says to it.
    pub(crate) fn explained(mut self, explanation: Option<Diagnosis>) -> Self {
        self.explanation = explanation.map(|mut diagnosis| {
            cli::diagnose::complete(&mut diagnosis, &self.invocation);
            Box::new(diagnosis)
        });
        self
    }

    /// The fix; where the user has to vouch for a key, or has a file for it, the command that does it.
    fn hint(&self) -> Option<String> {
        if let Error::Ceremony(CeremonyError::MayHaveCopy { give, .. }) = &*self.error {
            let command = self.invocation.again().without(SOURCE);
            return Some(format!("run `{command} {give}` to import that file, or name another file for the new copy"));
        }
        let unvouched = match &*self.error {
            Error::Ceremony(error) => error.unvouched().map(|arn| (error, arn)),
            _ => None,
        };
        let Some((error, arn)) = unvouched else {
            return self.error.hint().map(|hint| self.invocation.complete(&hint, self.key_arn.as_deref()));
        };
        let region = arn.split(':').nth(3).unwrap_or_default();
        let read = match error {
            CeremonyError::PolicyUnread { .. } => "allow kms:GetKeyPolicy".to_owned(),
            _ => format!("read its policy (`aws kms get-key-policy --region {region} --key-id {arn}`)"),
        };
        Some(format!("{read}, or if you trust the key run `{}`", self.invocation.again().value("--adopt", arn)))
    }

    /// The embedded KMS ends with the process: nothing is left that could be completed.
    pub(crate) fn in_rehearsal(mut self) -> Self {
        self.exit = self.exit.min(1);
        self
    }
}

/// Prints what is wrong with the command line: in clap's words, with our fix where the cause is ours. Help and version are answers.
pub(crate) fn usage(error: clap::Error) -> ExitCode {
    let hint = std::error::Error::source(&error).and_then(kms_byok::hint_of);
    if !error.use_stderr() {
        // Words of this program, coloured on a terminal.
        let printed = error.print().and_then(|()| io::stdout().flush());
        return match printed.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe) {
            None => ExitCode::SUCCESS,
            Some(source) => {
                failure(&Failure::new(FileError::AnswerLost { source }.into(), Output::Text, Invocation::default()))
            }
        };
    }
    let text = without_keys(of_clap(error), env::args_os());
    let cause = text.lines().next().unwrap_or_default();
    match &hint {
        Some(hint) => say(&(line(cause) + &line(&format!("hint: {hint}")))),
        None => say(&text),
    }
    if asks_for_json(env::args_os()) {
        let said = text.split("\n\n").next().unwrap_or_default();
        let cause = said.strip_prefix("error: ").unwrap_or(said).split_whitespace().collect::<Vec<_>>().join(" ");
        let hint = hint.unwrap_or_else(|| "see `kms-byok --help`, or --help after the verb".to_owned());
        let object = json!({ "error": { "id": "usage", "cause": cause, "because": null, "hint": hint, "aws_code": null, "exit_code": 2 } });
        answer(Output::Json, &object, "");
    }
    ExitCode::from(2)
}

/// What clap says, with each word of the command line on one line.
fn of_clap(mut error: clap::Error) -> String {
    let typed: Vec<(ContextKind, String)> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, printable::line(text))),
            _ => None,
        })
        .collect();
    for (kind, text) in typed {
        error.insert(kind, ContextValue::String(text));
    }
    let text = error.render().to_string();
    // What our own parsers say may hold the value too; clap puts it last, and adds no usage.
    let more = "\n\nFor more information, try '--help'.\n";
    match (error.kind(), text.strip_suffix(more)) {
        (ErrorKind::ValueValidation, Some(said)) => printable::line(said) + more,
        _ => text,
    }
}

/// Writes to standard error: the only place that does, so that nothing gets there as somebody else wrote it.
pub(crate) fn say(text: &str) {
    let _ = io::stderr().write_all(printable::page(text).as_bytes());
}

/// Leaves out what may be a key, given where there is no place for it: PEM, 32 hex digits, or as much base64.
fn without_keys(mut text: String, words: impl Iterator<Item = OsString>) -> String {
    for word in words {
        let word = word.to_string_lossy();
        let value = word.split_once('=').map_or(&*word, |(_, value)| value);
        for part in [&*word, value] {
            let digits = part.strip_prefix("0x").unwrap_or(part);
            let all = |fits: fn(u8) -> bool| digits.len() >= 32 && digits.bytes().all(fits);
            let hex = all(|byte| byte.is_ascii_hexdigit() || byte == b':');
            let base64 = all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
            if part.contains("-----BEGIN") || part.contains('\n') || hex || base64 {
                text = text.replace(part, &format!("({} characters that may be a key)", part.chars().count()));
            }
        }
    }
    text
}

/// Whether the words ask for `--output json`, as far as words say that which are no command line.
fn asks_for_json(words: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<OsString> = words.collect();
    words.iter().any(|word| word == "--output=json")
        || words.windows(2).any(|pair| pair[0] == "--output" && pair[1] == "json")
}

/// Prints cause, inner reason and fix, then what stands in AWS, and gives the exit code.
pub(crate) fn failure(failure: &Failure) -> ExitCode {
    cli::signals::begin_report();
    failure_instead(failure);
    ExitCode::from(failure.exit)
}

/// The same from another thread than the main one, and instead of it.
pub(crate) fn failure_instead(failure: &Failure) {
    let mut text = line(&format!("error: {}", failure.error));
    if let Some(because) = failure.error.because() {
        text.push_str(&line(&format!("because: {because}")));
    }
    if let Some(hint) = failure.hint() {
        text.push_str(&line(&format!("hint: {hint}")));
    }
    if let Some(diagnosis) = &failure.explanation {
        text.push_str(&cli::diagnose::explanation(diagnosis));
    }
    if let Some(report) = &failure.partial {
        text.push_str(&standing(report, failure.uncertain));
    }
    say(&text);
    // An answer that broke off is no JSON, and is not mended by another one behind it.
    if failure.output == Output::Json && !BEGUN.load(Ordering::Relaxed) {
        answer(Output::Json, &failure_object(failure), "");
    }
}

/// The report as far as it got, with the error beside it.
fn failure_object(failure: &Failure) -> Value {
    let mut object = match &failure.partial {
        Some(report) => serde_json::to_value(report).unwrap_or_default(),
        None => json!({}),
    };
    object["error"] = json!({
        "id": failure.error.id(),
        "cause": failure.error.to_string(),
        "because": failure.error.because(),
        "hint": failure.hint(),
        "aws_code": failure.error.aws_code(),
        "exit_code": failure.exit,
    });
    if let Some(escrow) = &failure.escrow {
        object["escrow_opened"] = escrow.clone();
    }
    if let Some(diagnosis) = &failure.explanation {
        object["causes"] = serde_json::to_value(&diagnosis.causes).unwrap_or_default();
    }
    object
}

/// What exists in AWS after a failure, and the command that completes it.
fn standing(report: &Report, uncertain: Option<&'static str>) -> String {
    let mut text = String::new();
    if let Some(operation) = uncertain {
        text.push_str(&line(&format!("unknown: whether {operation} took effect; its reply was not seen")));
    }
    if let Some(arn) = &report.key_arn {
        let state = report.key_state.as_deref().unwrap_or("in an unknown state");
        let alias = report.alias.as_ref().map(|alias| format!(", named by {alias}")).unwrap_or_default();
        text.push_str(&line(&format!("exists: key {arn}, {state}{alias}")));
    }
    text.push_str(&life::standing(report));
    for leftover in &report.leftovers {
        text.push_str(&line(&format!("left over: key {}; remove it with: {}", leftover.key_arn, leftover.remove)));
    }
    if let Some(next) = &report.next {
        text.push_str(&line(&format!("next: {next}")));
    }
    text
}

/// Writes the answer in one piece, and gives what kept it from arriving.
pub(crate) fn answer<R: Serialize>(output: Output, report: &R, text: &str) -> Option<io::Error> {
    match output {
        Output::Json => bytes(&printable::json(report)),
        Output::Text if text.is_empty() || text.ends_with('\n') => bytes(printable::page(text).as_bytes()),
        Output::Text => bytes(line(text).as_bytes()),
    }
}

/// Writes bytes to standard output. A closed pipe is no error: the reader had enough.
pub(crate) fn bytes(bytes: &[u8]) -> Option<io::Error> {
    BEGUN.store(true, Ordering::Relaxed);
    let mut stdout = io::stdout();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
}

/// Writes what carries key material to standard output itself: std's buffer would keep a copy, and takes a closed descriptor for one
/// that is written to. Whatever was not written is lost, whoever closed the pipe.
pub(crate) fn material(mut bytes: &[u8]) -> Option<io::Error> {
    BEGUN.store(true, Ordering::Relaxed);
    if was_stdout_closed() {
        return Some(rustix::io::Errno::BADF.into());
    }
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(0) => return Some(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Some(error.into()),
        }
    }
    None
}

/// A report as lines of `name  value`, only those that have one.
pub(crate) fn lines(pairs: &[(&str, Option<String>)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let present = pairs.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    present.map(|(name, value)| line(&format!("{name:width$}  {value}"))).collect()
}

/// One line, whoever wrote what is in it: descriptions, aliases and file names are somebody's text.
pub(crate) fn line(text: &str) -> String {
    printable::line(text) + "\n"
}

/// The text answer of `provision`, `create-key` and `import`.
pub(crate) fn ceremony(report: &Report) -> String {
    let wrapping = report.wrapping_algorithm.map(|algorithm| {
        format!("{algorithm} with {}", report.wrapping_key_spec.unwrap_or("a wrapping key of unknown size"))
    });
    let material = report.key_state.as_deref() != Some("PendingImport");
    let mut text = lines(&[
        ("key", report.key_arn.clone()),
        ("alias", report.alias.clone()),
        ("spec", report.key_spec.clone()),
        ("usage", report.key_usage.clone()),
        ("state", report.key_state.clone()),
        ("wrapped", wrapping),
        ("material", report.key_material_id.clone()),
        ("expires", material.then(|| report.expires.clone().unwrap_or_else(|| "never".to_owned()))),
        ("changed", Some(if report.changed { "yes" } else { "no" }.to_owned())),
        ("kept", report.kept.as_ref().map(|path| path.display().to_string())),
        ("escrow", report.escrow.as_ref().map(|path| path.display().to_string())),
        ("endpoint", report.endpoint.clone()),
        ("rehearsal", report.rehearsal.then(|| "yes: an embedded KMS, nothing is in AWS".to_owned())),
    ]);
    text.push_str(&life::rotation(report));
    if let Some(proof) = &report.proof {
        text.push_str(&proof_lines(proof));
    }
    text.push_str(&life::replicas(report));
    for leftover in &report.leftovers {
        text.push_str(&line(&format!("left over  {}; remove it with: {}", leftover.key_arn, leftover.remove)));
    }
    text
}

/// A proof as sentences.
pub(crate) fn proof_lines(proof: &Proof) -> String {
    let outcome = match proof.outcome() {
        Outcome::Proven => "proven",
        Outcome::NotPermitted => "not permitted",
        Outcome::Contradicted => "contradicted",
        Outcome::NotCompared => "as far as it was compared",
        Outcome::Skipped => "not asked for",
    };
    let mut text = line(&format!("proof: {outcome}"));
    for sentence in proof.proven() {
        text.push_str(&line(&format!("  + {sentence}")));
    }
    for sentence in proof.not_proven() {
        text.push_str(&line(&format!("  - not proven: {sentence}")));
    }
    if let Some(contradiction) = proof.contradiction() {
        text.push_str(&line(&format!("  ! {contradiction}")));
    }
    text
}

/// The talk on stderr.
pub(crate) struct Stderr {
    pub(crate) quiet: bool,
    pub(crate) verbose: u8,
}

impl Progress for Stderr {
    fn step(&self, text: &str) {
        self.line(text, !self.quiet);
    }

    fn warn(&self, text: &str) {
        self.line(&format!("warning: {text}"), true);
    }

    fn detail(&self, text: &str) {
        self.line(text, self.verbose > 0);
    }
}

impl Stderr {
    fn line(&self, text: &str, wanted: bool) {
        if wanted {
            say(&line(text));
        }
    }
}
