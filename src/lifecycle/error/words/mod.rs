//! Every cause and every fix: no control characters, closed backticks, no text of others in a cause, and stable ids.
//!
//! Each error type has its samples in a file here; a variant without one does not compile.

#[macro_use]
mod one_of_each;
#[cfg(all(feature = "rehearsal", feature = "fleet"))] // the page has the embedded KMS's too
mod page;
mod refusals;
mod rules;
mod samples;

use std::collections::BTreeSet;

use crate::explain::Explain;

/// The name of a variant, and an error of it.
type Sample = (&'static str, Box<dyn Explain>);

/// Stands for what the user typed.
const TYPED: &str = "what was typed";
/// Stands for the text of AWS, OpenSSL or the system: it may appear as the inner reason only.
const FOREIGN: &str = "FOREIGN TEXT";

fn all() -> Vec<Sample> {
    let mut all = samples::all();
    all.extend(refusals::all());
    all
}

#[test]
fn causes_and_hints_are_our_own_words_on_one_line() {
    let broken: Vec<String> = all()
        .iter()
        .flat_map(|(name, error)| rules::broken_by(&**error).into_iter().map(move |rule| format!("{name}: {rule}")))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    assert!(broken.is_empty(), "{} broken rules:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn the_rules_find_what_breaks_them() {
    for cause in ["the file `a is missing", "the file is\nmissing", "FOREIGN TEXT: the file is missing"] {
        assert_eq!(rules::of_cause(cause).len(), 1, "{cause}");
    }
    for hint in ["check `it", "check\tit"] {
        assert_eq!(rules::of_any(hint).len(), 1, "{hint}");
    }
    assert_eq!(rules::of_cause("the file `what was typed` is missing"), [""; 0]);
    assert_eq!(rules::of_any("run `kms-byok \"x\"`, or check the path"), [""; 0]);
}

/// Scripts rely on the ids: a renamed variant is seen here. Each stands for the causes of one type only.
#[cfg(all(feature = "rehearsal", feature = "fleet"))] // the list has the embedded KMS's too
#[test]
fn the_ids_are_those_that_scripts_know() {
    let mut ids: Vec<(String, &str)> = all()
        .iter()
        .filter(|(name, _)| *name != "KmsError::Refused") // the refusals have samples of their own
        .filter(|(name, _)| {
            ![
                "Cell",
                "Elsewhere",
                "Token",
                "File",
                "OpenSsl",
                "Endpoint",
                "Escrow",
                "Material",
                "Wrap",
                "Kms",
                "Expiry",
            ]
            .iter()
            .any(|of| name.ends_with(&format!("::{of}")))
        }) // another room's error, with its id
        .map(|(name, error)| (error.id().to_owned(), name.split_once("::").map_or(*name, |(of, _)| of)))
        .collect();
    ids.sort();
    ids.dedup();
    let twice: Vec<_> = ids.windows(2).filter(|pair| pair[0].0 == pair[1].0).collect();
    assert!(twice.is_empty(), "one id for two types: {twice:?}");
    let found: Vec<&str> = ids.iter().map(|(id, _)| id.as_str()).collect();
    let known = include_str!("../../../../tests/data/error_ids.txt");
    assert_eq!(found.join("\n") + "\n", known, "an id that is new goes into tests/data/error_ids.txt; none may go");
}
