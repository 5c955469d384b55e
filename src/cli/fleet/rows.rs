//! What became of each key: a table, or JSON Lines.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kms_byok::fleet::{self, Connections, Entries, KeyReport, Manifest, Reported, Shard, Summary, Task};
use kms_byok::for_the_binary::printable;
use kms_byok::{Error, FileError};
use serde::Serialize;

use super::super::context::Context;
use super::super::expiry_files::{self, Written};
use super::super::failure::Failure;
use super::super::output::document::{Answer, Document, Failed, Form, RunError};
use super::super::output::parts::Ending;
use super::super::output::tone::{Tone, toned};
use super::super::output::{self, Output};
use super::mistakes;

/// The form of each line of `fleet run` and `fleet status` but the last.
pub(crate) const KEY: &str = "kms-byok/fleet-key/1";
/// The form of their last line.
pub(crate) static SUMMARY: Form = Form::of::<Last>("kms-byok/fleet-summary/1");

/// A key in JSON Lines.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Line {
    #[serde(flatten)]
    key: KeyReport,
    /// The command that completes it.
    next: Option<String>,
}

/// The last line.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Last {
    #[serde(flatten)]
    summary: Summary,
    /// The journals of the runs: one, or one of each shard.
    journals: Vec<String>,
    #[serde(flatten)]
    files: Written,
    #[serde(flatten)]
    ending: Ending,
}

impl Answer for Last {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Last { ending: failed.ending(), ..Last::default() }
    }
}

impl Line {
    fn document(mut self) -> Vec<u8> {
        let exit_code = if self.key.changed { 3 } else { 1 };
        let error = self.key.error.take().map(|error| RunError { error, exit_code });
        printable::json_line(&Document::with(KEY, &self, error.as_ref()))
    }
}

/// `M.journal`, and of a shard `M.journal.2-of-4`.
pub(super) fn beside(manifest: &Path, shard: Option<Shard>) -> PathBuf {
    let mut name: OsString = manifest.into();
    name.push(".journal");
    if let Some(Shard { number, of }) = shard {
        name.push(format!(".{number}-of-{of}"));
    }
    name.into()
}

/// The journals of a manifest and of its shards that are there; the one of the whole if none is.
pub(super) fn all_beside(manifest: &Path) -> Vec<PathBuf> {
    let whole = beside(manifest, None);
    let mut beginning = whole.file_name().unwrap_or_default().to_owned();
    beginning.push(".");
    let beginning = beginning.to_string_lossy().into_owned();
    let directory = whole.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_of_shard = |name: &str| {
        let parts = name.strip_prefix(&beginning).and_then(|rest| rest.split_once("-of-"));
        parts.is_some_and(|(one, of)| one.parse::<u32>().is_ok() && of.parse::<u32>().is_ok())
    };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_of_shard))
        .map(|entry| whole.with_file_name(entry.file_name()))
        .collect();
    all.sort_unstable();
    if all.is_empty() || whole.exists() {
        all.insert(0, whole);
    }
    all
}

/// Prints what became of each key.
pub(super) fn answer(
    manifest: &Manifest,
    journal: &dyn Entries,
    reported: &Reported<'_>,
    (connections, files): (&Connections, Written),
    context: &Context,
) -> Result<ExitCode, Failure> {
    let again = context.invocation().again().without(expiry_files::FLAGS);
    // Several journals are those of several runs.
    let again = if journal.files().len() > 1 { again.without(&[("--journal", 1)]) } else { again };
    let again = again.to_string().replacen("fleet status", "fleet run", 1);
    let (mut ids, mut regions, mut aliases) = (0, 0, 1);
    let fail = |error: Error| context.failure(error);
    let summary = fleet::report(manifest, journal, reported, |key| {
        ids = ids.max(key.id.chars().count());
        regions = regions.max(key.region.as_ref().map_or(1, String::len));
        aliases = aliases.max(key.alias.as_ref().map_or(1, String::len));
    })
    .map_err(fail)?;
    let (mut lost, mut changed, run) = (None, false, context.invocation());
    let mut print = |bytes: &[u8]| {
        lost = lost.take().or_else(|| output::bytes(bytes));
    };
    let json = context.global.output == Output::Json;
    let unfinished = summary.done < summary.keys;
    let (mut in_plaintext, mut example) = (0_u64, None);
    fleet::report(manifest, journal, reported, |mut key| {
        let next = (key.state != "done").then_some(again.as_str());
        changed |= key.changed;
        if let Some(plaintext) = &mut key.plaintext {
            // Of one file several keys may be made.
            plaintext.remove = plaintext.remove.take().filter(|_| reported.whole && !unfinished);
            in_plaintext += u64::from(!plaintext.files.is_empty());
            example = example.take().or_else(|| plaintext.files.first().cloned());
        }
        if json {
            key.leftovers.iter_mut().for_each(|one| one.remove = run.complete_aws(&one.remove, None));
            return print(&Line { key, next: next.map(str::to_owned) }.document());
        }
        let (id, region) = (&key.id, key.region.as_deref().unwrap_or("-"));
        let alias = key.alias.as_deref().unwrap_or("-");
        let says = match &key.error {
            Some(said) if key.state == "failed" => said.cause.clone(),
            _ => key.key_arn.clone().unwrap_or_else(|| "-".to_owned()),
        };
        let (row, state) = (key.row, key.state);
        let tone = (state == "failed").then_some(Tone::Bad);
        let before = printable::line(&format!("{row:>4}  {id:ids$}  {region:regions$}  {alias:aliases$}"));
        let mut text = format!("{before}  {}  {}", toned(tone, &format!("{state:6}")), output::line(&says));
        if let (Some(said), "failed") = (&key.error, key.state) {
            text.push_str(&mistakes::more(said));
            text.push_str(&output::line(&format!("    next: {again}")));
        }
        print(&output::on_stdout(&text));
    })
    .map_err(fail)?;
    let next = unfinished.then_some(again.as_str());
    if json {
        let rehearsal = connections.seen_rehearsal();
        let ending = Ending { changed, next: next.map(str::to_owned), rehearsal, ..Ending::default() };
        let journals = journal.files().iter().map(|path| path.display().to_string()).collect();
        let last = Last { summary, journals, files, ending };
        print(&printable::json_line(&Document::with(SUMMARY.schema, &last, None)));
    } else {
        let Summary { keys, done, failed, left } = summary;
        let noun = if keys == 1 { "key" } else { "keys" };
        if let Some(example) = example {
            let whose = if in_plaintext == 1 { "1 key".to_owned() } else { format!("{in_plaintext} keys") };
            let says = format!(
                "plaintext: that of {whose} is in files, as in {}; --output json names each",
                example.display()
            );
            print(output::line(&says).as_bytes());
        }
        print(output::line(&format!("{keys} {noun}: {done} done, {failed} failed, {left} left")).as_bytes());
        if let Some(next) = next {
            print(output::line(&format!("next: {next}")).as_bytes());
        }
    }
    if let Some(source) = lost {
        let mut failure = context.failure(FileError::AnswerLost { source });
        failure.exit = 3;
        return Err(failure);
    }
    let checks = *manifest.task() == Task::Verify && summary.failed > 0;
    Ok(if checks {
        ExitCode::from(4)
    } else if unfinished {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    })
}
