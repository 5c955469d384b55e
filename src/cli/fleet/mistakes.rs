//! The mistakes of a manifest, as they are printed.

use std::process::ExitCode;

use kms_byok::Explain;
use kms_byok::fleet::{Checked, ManifestError, Mistake, Said};
use kms_byok::for_the_binary::printable;
use serde::Serialize;

use super::super::context::Context;
use super::super::failure::{self, Failure};
use super::super::output;
use super::super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::super::output::parts::Ending;
use super::super::output::tone::{Tone, labelled};
use super::super::words::sentence;
use super::manifest_args::Unopened;

/// What every verb about a manifest says of its mistakes.
pub(crate) static MISTAKES: Form = Form::of::<Answer>("kms-byok/fleet-mistakes/1");

/// The JSON answer.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    /// How many rows there are.
    rows: u64,
    /// The mistakes, in the order of the rows.
    mistakes: Vec<Shown>,
    /// How many more there are.
    further: u64,
    #[serde(flatten)]
    ending: Ending,
}

/// A mistake.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "Mistake"))]
struct Shown {
    /// The row; null where it is about the whole manifest.
    row: Option<u64>,
    /// The column; null where it is about the whole row.
    column: Option<&'static str>,
    #[serde(flatten)]
    said: Said,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Answer { ending: failed.ending(), ..Answer::default() }
    }
}

/// Prints the mistakes of a manifest that was read: exit code 4.
pub(super) fn print(checked: &Checked, context: &Context) -> ExitCode {
    print_all(&checked.mistakes, checked.further, checked.rows, context)
}

/// A manifest that could not be opened, or whose header is wrong.
pub(super) fn of_beginning(unopened: Unopened, context: &Context) -> Result<ExitCode, Failure> {
    let mut mistakes = match unopened {
        Unopened::Mistakes(mistakes) => mistakes,
        Unopened::Failed(error) => return Err(context.failure(*error)),
    };
    match mistakes.pop() {
        Some(Mistake { error: ManifestError::File(error), .. }) => Err(context.failure(error)),
        last => {
            mistakes.extend(last);
            Ok(print_all(&mistakes, 0, 0, context))
        }
    }
}

fn print_all(mistakes: &[Mistake], further: u64, rows: u64, context: &Context) -> ExitCode {
    let shown: Vec<Shown> = mistakes.iter().map(shown).collect();
    let mut text = String::new();
    for (mistake, shown) in mistakes.iter().zip(&shown) {
        text.push_str(&output::line(&format!("{}: {}", mistake.place(), shown.said.cause)));
        text.push_str(&more(&shown.said));
    }
    if further > 0 {
        text.push_str(&output::line(&format!("and {further} more")));
    }
    let count = mistakes.len() as u64 + further;
    let plural = if count == 1 { "mistake" } else { "mistakes" };
    output::say(&labelled(Tone::Bad, "error", &format!("the manifest has {count} {plural}; AWS was not asked")));
    context.prints(&MISTAKES);
    context.answer(&Answer { rows, mistakes: shown, further, ending: Ending::default() }, &text);
    ExitCode::from(4)
}

fn shown(mistake: &Mistake) -> Shown {
    let error = &mistake.error;
    let cause = match error {
        ManifestError::Cell(error) => failure::cause(error),
        error => printable::short_values(&error.to_string()),
    };
    let said = Said {
        id: error.id().to_owned(),
        cause,
        hint: error.hint().map(|hint| sentence(&hint)),
        because: error.because(),
        aws_code: None,
    };
    Shown { row: mistake.row, column: mistake.column.map(|column| column.name()), said }
}

/// The reason and the fix, each on a line of its own.
pub(super) fn more(said: &Said) -> String {
    let because = said.because.iter().map(|text| output::because("    ", text));
    let hint = said.hint.iter().map(|text| format!("    {}", labelled(Tone::Help, "hint", text)));
    because.chain(hint).collect()
}
