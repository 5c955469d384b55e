//! Every cause is shown by some test as a user sees it. The few that are not are listed with the reason, and the list can only shrink.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// A cause as it stands in the source, split at what is filled in.
struct Cause {
    name: String,
    fragments: Vec<String>,
}

#[test]
fn every_cause_is_shown_by_a_test_or_listed_with_the_reason() {
    let shown = lines_of_tests();
    let hidden: Vec<String> = causes()
        .into_iter()
        .filter(|cause| !shown.iter().any(|line| cause.is_in(line)))
        .map(|cause| cause.name)
        .collect();
    let listed = listed();
    let unlisted: Vec<&String> = hidden.iter().filter(|name| !listed.contains(name)).collect();
    let stale: Vec<&String> = listed.iter().filter(|name| !hidden.contains(name)).collect();
    assert!(unlisted.is_empty(), "no test shows these, and {LIST} does not say why: {unlisted:#?}");
    assert!(stale.is_empty(), "delete these from {LIST}, because tests show them or they are gone: {stale:#?}");
}

#[test]
fn causes_are_found_in_the_source() {
    let all = causes();
    assert!(all.len() > 150, "{}", all.len());
    let find = |name: &str| &all.iter().find(|cause| cause.name == name).unwrap().fragments;
    assert_eq!(*find("FileError::Missing"), ["` does not exist"]);
    assert_eq!(*find("MaterialError::PassphraseNeeded"), ["the private key is encrypted, and there is no passphrase"]);
    assert_eq!(*find("Refusal: the import token has expired"), ["the import token has expired"]);
}

const LIST: &str = "tests/data/causes_not_shown.txt";

/// The names in the list; what follows a name is the reason.
fn listed() -> Vec<String> {
    let text = fs::read_to_string(here(LIST)).unwrap();
    let entries = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    entries.map(|line| line.split_once("  ").unwrap_or_else(|| panic!("no reason: {line}")).0.to_owned()).collect()
}

impl Cause {
    /// From a format string: text between the braces, short pieces left out.
    fn new(name: String, template: &str) -> Self {
        let mut fragments = vec![String::new()];
        let mut inside = false;
        for c in template.chars() {
            match c {
                '{' => inside = true,
                '}' => {
                    inside = false;
                    fragments.push(String::new());
                }
                _ if !inside => fragments.last_mut().unwrap().push(c),
                _ => {}
            }
        }
        fragments.retain(|fragment| fragment.trim().len() > 3);
        Cause { name, fragments }
    }

    fn is_in(&self, line: &str) -> bool {
        let mut rest = line;
        self.fragments.iter().all(|fragment| match rest.find(fragment.as_str()) {
            Some(at) => {
                rest = &rest[at + fragment.len()..];
                true
            }
            None => false,
        })
    }
}

/// The `#[error("…")]` of every variant, and every sentence of a refusal.
fn causes() -> Vec<Cause> {
    let mut all = Vec::new();
    let of_errors = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name == "error.rs")
            || path.parent().is_some_and(|parent| parent.ends_with("error"))
            || path.ends_with("src/time.rs")
    };
    for path in rust_files(&here("src")).into_iter().filter(of_errors) {
        let text = joined(&fs::read_to_string(&path).unwrap());
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for (at, _) in text.match_indices("#[error(") {
            let Some(template) = literal(&text[at + "#[error(".len()..]) else { continue };
            let kind = text[..at].rsplit("pub enum ").next().unwrap().split_whitespace().next().unwrap();
            let variant =
                text[at..].lines().map(str::trim).find(|line| line.starts_with(|c: char| c.is_uppercase())).unwrap();
            let variant: String = variant.chars().take_while(char::is_ascii_alphanumeric).collect();
            all.push(Cause::new(format!("{kind}::{variant}"), &template));
        }
        for (at, _) in text.match_indices("write!(f, ") {
            let template = literal(&text[at + "write!(f, ".len()..]).unwrap();
            let cause = Cause::new(format!("Refusal: {template}"), &template);
            if !cause.fragments.is_empty() {
                all.push(cause);
            }
        }
    }
    all
}

/// The string literal at the beginning of `text`, after blanks.
fn literal(text: &str) -> Option<String> {
    let inside = text.trim_start().strip_prefix('"')?;
    let mut end = 0;
    while let Some(at) = inside[end..].find('"') {
        end += at;
        if !inside[..end].ends_with('\\') {
            return Some(inside[..end].replace("\\\"", "\""));
        }
        end += 1;
    }
    None
}

/// What tests expect to see, line by line as it is printed.
fn lines_of_tests() -> Vec<String> {
    let mut lines = Vec::new();
    for path in rust_files(&here("tests")) {
        if path.ends_with("words.rs") {
            continue;
        }
        let text = joined(&fs::read_to_string(&path).unwrap()).replace("\\\"", "\"");
        lines.extend(text.lines().flat_map(|line| line.split("\\n")).map(str::to_owned));
    }
    lines
}

/// Literals that go on after a backslash at the end of a line, as one line.
fn joined(text: &str) -> String {
    let mut pieces = text.split("\\\n");
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    pieces.for_each(|piece| whole.push_str(piece.trim_start()));
    whole
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
