//! The page of all causes, from the table in the documentation of `diagnose` and a sample of each: `docs/reference/causes.md`.

use std::path::PathBuf;

use super::tests::all;
use crate::committed::{cell, is_committed};
use crate::diagnose::commands::Commands;
use crate::words::sentence;

#[test]
fn the_page_of_causes_is_what_diagnose_names() {
    let mut page = "<!-- Written by scripts/docs from src/diagnose. -->\n# Causes\n".to_owned();
    page.push_str(
        "\n`kms-byok diagnose` names these causes, and so do refused imports: `causes[].id` in JSON, and in brackets in text. \
         The example shows one evidence of each, and the fix.\n\n| id | what it means | for example |\n|---|---|---|\n",
    );
    let commands = Commands { directory: Some(PathBuf::from("D")), ..Commands::default() };
    let samples = all();
    for (ids, meaning) in documented() {
        for id in ids {
            let sample = samples.iter().find(|cause| cause.id() == id).expect("every id has a sample");
            let example = format!("{sample}; fix: {}", sentence(&sample.fix(&commands)));
            page.push_str(&format!("| `{id}` | {} | {} |\n", cell(meaning), cell(&example)));
        }
    }
    is_committed("causes.md", &page);
}

/// The rows of the table in the documentation.
fn documented() -> impl Iterator<Item = (Vec<&'static str>, &'static str)> {
    include_str!("../mod.rs").lines().filter_map(|line| line.strip_prefix("//! | `")).map(|row| {
        let (ids, meaning) = row.split_once(" | ").expect("a row has two cells");
        (ids.split(", ").map(|id| id.trim_matches('`')).collect(), meaning.trim_end_matches(" |"))
    })
}
