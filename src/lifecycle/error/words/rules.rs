//! What no sentence may have, and reading the source does not show.

use super::FOREIGN;
use crate::explain::Explain;
use crate::words::sentence;

/// What an error's cause, fix and inner reason break.
pub(super) fn broken_by(error: &dyn Explain) -> Vec<String> {
    let cause = error.to_string();
    let mut broken = tell("cause", &cause, of_cause(&cause));
    if let Some(hint) = error.hint() {
        for hint in [hint.to_string(), sentence(&hint)] {
            broken.extend(tell("hint", &hint, of_any(&hint)));
        }
    }
    if let Some(because) = error.because().filter(|because| because.chars().any(char::is_control)) {
        broken.push(format!("its because has control characters: {because}"));
    }
    broken
}

fn tell(part: &str, text: &str, rules: Vec<&'static str>) -> Vec<String> {
    rules.into_iter().map(|rule| format!("its {part} {rule}: {text}")).collect()
}

pub(super) fn of_cause(cause: &str) -> Vec<&'static str> {
    let mut broken = of_any(cause);
    if cause.contains(FOREIGN) {
        broken.push("repeats the text of AWS, OpenSSL or the system");
    }
    broken
}

/// What holds for every sentence of ours.
pub(super) fn of_any(text: &str) -> Vec<&'static str> {
    let mut broken = Vec::new();
    if text.chars().any(char::is_control) {
        broken.push("has control characters");
    }
    if text.matches('`').count() % 2 == 1 {
        broken.push("has an open backtick");
    }
    broken
}
