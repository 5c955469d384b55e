//! The rules, each a sentence that names what breaks it.

use super::{FOREIGN, TYPED};
use crate::explain::Explain;

/// What an error's cause, fix and inner reason break.
pub(super) fn broken_by(error: &dyn Explain) -> Vec<String> {
    let cause = error.to_string();
    let mut broken = tell("cause", &cause, of_cause(&cause));
    if let Some(hint) = error.hint() {
        broken.extend(tell("hint", &hint, of_hint(&hint)));
    }
    if let Some(because) = error.because() {
        broken.extend(tell("because", &because, of_because(&because, &cause)));
    }
    broken
}

fn tell(part: &str, text: &str, rules: Vec<&'static str>) -> Vec<String> {
    rules.into_iter().map(|rule| format!("its {part} {rule}: {text}")).collect()
}

pub(super) fn of_cause(cause: &str) -> Vec<&'static str> {
    let mut broken = of_any(cause);
    let own = outside_backticks(cause);
    let first = cause.split([' ', '\'']).next().unwrap_or_default();
    let is_name = NAMES.contains(&first) || first.chars().filter(char::is_ascii_uppercase).count() > 1;
    if !is_name && first.starts_with(|c: char| c.is_uppercase()) {
        broken.push("begins with a capital");
    }
    if own.contains(TYPED) {
        broken.push("has what was typed outside of backticks");
    }
    if cause.contains(FOREIGN) {
        broken.push("repeats the text of AWS, OpenSSL or the system");
    }
    if BLAMING.iter().any(|word| own.to_lowercase().contains(word)) {
        broken.push("has a word that says less than it could");
    }
    broken
}

pub(super) fn of_hint(hint: &str) -> Vec<&'static str> {
    let mut broken = of_any(hint);
    let first = hint.split([' ', ',']).next().unwrap_or_default();
    if !IMPERATIVES.contains(&first) {
        broken.push("does not begin with an imperative");
    }
    if outside_backticks(hint).contains(". ") {
        broken.push("is more than one sentence");
    }
    if hint.contains(FOREIGN) {
        broken.push("repeats the text of AWS, OpenSSL or the system");
    }
    broken
}

fn of_because(because: &str, cause: &str) -> Vec<&'static str> {
    let mut broken = Vec::new();
    if because.trim().is_empty() || because.contains('\n') {
        broken.push("is not one line");
    }
    if cause.contains(because) {
        broken.push("repeats the cause");
    }
    broken
}

/// What holds for every sentence of ours.
fn of_any(text: &str) -> Vec<&'static str> {
    let own = outside_backticks(text);
    let rules: [(bool, &'static str); 8] = [
        (text.trim().is_empty(), "is empty"),
        (text != text.trim() || text.contains("  ") || text.contains(" ,"), "has stray spaces"),
        (text.chars().any(char::is_control), "is not one line"),
        (text.ends_with(['.', '!', '?', ':', ';', ',']), "ends with punctuation"),
        (text.matches('`').count() % 2 == 1, "has an open backtick"),
        (text.contains("``"), "shows nothing in backticks"),
        (own.contains(['"', '{', '}', '!']) || own.contains("::"), "has stray punctuation"),
        (DEBUG.iter().any(|mark| own.contains(mark)), "looks like Debug output"),
    ];
    rules.into_iter().filter(|(breaks, _)| *breaks).map(|(_, rule)| rule).collect()
}

fn outside_backticks(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// Words that are written with a capital.
const NAMES: &[&str] = &["OpenSSL", "KMS", "AWS"];

/// A cause says what is, not that something went wrong.
const BLAMING: &[&str] =
    &["could not", "failed", "unable", "please", "sorry", "invalid", "illegal", "bad ", "error", "oops", "unexpected"];

const DEBUG: &[&str] = &["Some(", "None", "Ok(", "Err(", "Error", "Os ", "kind:", "ErrorStack"];

/// What a hint begins with.
const IMPERATIVES: &[&str] = &[
    "activate",
    "add",
    "allow",
    "ask",
    "begin",
    "build",
    "check",
    "choose",
    "compare",
    "convert",
    "create",
    "decode",
    "delete",
    "enable",
    "encrypt",
    "find",
    "finish",
    "give",
    "if",
    "import",
    "install",
    "leave",
    "let",
    "listen",
    "load",
    "look",
    "make",
    "mend",
    "name",
    "pipe",
    "provision",
    "put",
    "raise",
    "read",
    "redirect",
    "renew",
    "restore",
    "rotate",
    "run",
    "see",
    "set",
    "shorten",
    "sign",
    "start",
    "switch",
    "take",
    "try",
    "type",
    "update",
    "use",
    "wait",
    "wrap",
    "write",
];
