//! What became of each key: a table, or JSON Lines.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kms_byok::fleet::{self, Connections, Entries, KeyReport, Manifest, Place, Summary};
use kms_byok::{Error, FileError};
use serde::Serialize;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output::{self, Output};
use super::mistakes;

/// A key in JSON Lines.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    key: &'a KeyReport,
    /// What completes it.
    next: Option<&'a str>,
}

/// The last line.
#[derive(Serialize)]
struct Last<'a> {
    #[serde(flatten)]
    summary: Summary,
    journal: &'a str,
    next: Option<&'a str>,
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
    let mut lost = None;
    let mut print = |bytes: &[u8]| {
        lost = lost.take().or_else(|| output::bytes(bytes));
    };
    let json = context.global.output == Output::Json;
    fleet::report(manifest, journal, region, |key| {
        let next = (key.state != "done").then_some(again.as_str());
        if json {
            return print(&json_line(&Line { key: &key, next }));
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
        print(&json_line(&Last { summary, journal: &journal.file().display().to_string(), next }));
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

fn json_line<T: Serialize>(value: &T) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}
