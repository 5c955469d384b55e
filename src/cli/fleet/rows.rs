//! What became of each key: a table, or JSON Lines.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kms_byok::fleet::{self, Connections, Entries, KeyReport, Manifest, Place, Summary};
use kms_byok::for_the_binary::printable;
use kms_byok::{Error, FileError};
use serde::Serialize;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output::document::{Answer, Document, Failed, RunError};
use super::super::output::parts::Ending;
use super::super::output::{self, Output};
use super::{KEY, SUMMARY, mistakes};

/// A key in JSON Lines.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in super::super) struct Line {
    #[serde(flatten)]
    key: KeyReport,
    /// The command that completes it.
    next: Option<String>,
}

/// The last line.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in super::super) struct Last {
    #[serde(flatten)]
    summary: Summary,
    /// The journal of the runs.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    journal: Option<PathBuf>,
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

/// `M.journal`
pub(super) fn beside(manifest: &Path) -> PathBuf {
    let mut name: OsString = manifest.into();
    name.push(".journal");
    name.into()
}

/// Prints what became of each key.
pub(super) fn answer(
    manifest: &Manifest,
    journal: &impl Entries,
    connections: &Connections,
    context: &Context,
) -> Result<ExitCode, Failure> {
    let region = |place: &Place| connections.region_of(place).map(|region| region.to_string());
    let again = context.invocation().again().to_string().replacen("fleet status", "fleet run", 1);
    let (mut ids, mut regions, mut aliases) = (0, 0, 1);
    let fail = |error: Error| context.failure(error);
    let summary = fleet::report(manifest, journal, region, |key| {
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
    fleet::report(manifest, journal, region, |key| {
        let next = (key.state != "done").then_some(again.as_str());
        changed |= key.changed;
        if json {
            let mut key = key;
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
        print(
            output::line(&format!("{row:>4}  {id:ids$}  {region:regions$}  {alias:aliases$}  {state:6}  {says}"))
                .as_bytes(),
        );
        if let (Some(said), "failed") = (&key.error, key.state) {
            print(mistakes::more(said).as_bytes());
            print(output::line(&format!("    next: {again}")).as_bytes());
        }
    })
    .map_err(fail)?;
    let unfinished = summary.done < summary.keys;
    let next = unfinished.then_some(again.as_str());
    if json {
        let rehearsal = connections.seen_rehearsal();
        let ending = Ending { changed, next: next.map(str::to_owned), rehearsal, ..Ending::default() };
        let last = Last { summary, journal: Some(journal.file().to_owned()), ending };
        print(&printable::json_line(&Document::with(SUMMARY.schema, &last, None)));
    } else {
        let Summary { keys, done, failed, left } = summary;
        let noun = if keys == 1 { "key" } else { "keys" };
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
    Ok(if unfinished { ExitCode::from(3) } else { ExitCode::SUCCESS })
}
