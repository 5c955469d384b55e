//! The page of all errors, from the samples of their types: `docs/reference/errors.md`.

use std::collections::BTreeMap;

use super::all;
use crate::committed::{cell, is_committed};
use crate::words::sentence;

#[test]
fn the_page_of_errors_is_what_their_types_say() {
    // How long was waited stands in few causes: the example shows the usual one.
    let (waited, at_once): (Vec<_>, Vec<_>) =
        all().into_iter().partition(|(_, error)| error.to_string().ends_with(" of waiting"));
    let mut rows = BTreeMap::new();
    for (_, error) in at_once.into_iter().chain(waited) {
        let hint = error.hint().map(|hint| sentence(&hint)).unwrap_or_default();
        let row = || format!("| `{}` | {} | {} |\n", error.id(), cell(&error.to_string()), cell(&hint));
        rows.entry(error.id()).or_insert_with(row);
    }
    let rows: String = rows.into_values().collect();
    let page = format!(
        "<!-- Written by scripts/docs from the samples of all errors. -->\n# Errors\n\n\
         Every error has an id, `error.id` in JSON. An id stays, and its words may change. Each row shows one example: the cause, \
         and the hint where there is one. \"what was typed\" stands for your own values.\n\n\
         | id | cause | hint |\n|---|---|---|\n{rows}"
    );
    is_committed("errors.md", &page);
}
