//! The JSON of the verbs. Each object names its schema, has every field of that schema, and says in `error` why the run failed.
//!
//! The schemas are made from these types and committed: `docs/schemas`.

use kms_byok::ErrorReport;
use kms_byok::diagnose::Finding;
use kms_byok::for_the_binary::printable;
use kms_byok::lifecycle::{Exists, Report};
use serde::Serialize;

use super::parts::{About, Ending, Source};

/// The form of a verb's JSON.
pub(crate) struct Form {
    /// Its name and its version, as in `kms-byok/status/1`.
    pub(crate) schema: &'static str,
    of_failure: fn(&'static str, &Failed<'_>) -> Vec<u8>,
}

/// What a verb answers. After a failure the same fields are there, and those that the run did not come to are null or empty.
pub(crate) trait Answer: Serialize {
    /// What is left of it after a failure.
    fn of_failure(failed: &Failed<'_>) -> Self;
}

/// All that is known of a run that failed.
pub(crate) struct Failed<'a> {
    /// How far it came; of a run that changed nothing only the key and how AWS was reached.
    pub(crate) report: &'a Report,
    pub(crate) exists: Vec<Exists>,
    pub(crate) source: &'a Source,
    pub(crate) causes: &'a [Finding],
    pub(crate) error: RunError,
}

/// One object on standard output.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Document<'a, A> {
    /// The name and the version of this form.
    schema: &'static str,
    #[serde(flatten)]
    answer: &'a A,
    /// Why the run failed; null where it did not.
    error: Option<&'a RunError>,
}

/// Why a run failed.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct RunError {
    #[serde(flatten)]
    pub(crate) error: ErrorReport,
    /// The exit code by the rules of the manual: 1 nothing changed in AWS, 2 wrong usage, 3 something changed or may have, 4 a check found
    /// a problem.
    pub(crate) exit_code: u8,
}

/// The answer of a verb that has no more to say: one whose command line could not be read, or that prints no JSON otherwise.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Nothing {
    #[serde(flatten)]
    ending: Ending,
}

/// The form where no verb is known, and of verbs that print no JSON when they succeed.
pub(crate) static FAILURE: Form = Form::of::<Nothing>("kms-byok/failure/1");

/// The answer of the verbs whose account is a [`Report`]: `provision`, `create-key`, `import`, `rotate`, `replicate`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct RunAnswer {
    #[serde(flatten)]
    pub(crate) report: Report,
    /// What is in AWS after a run that did not come to its end; empty where nothing has changed, and after one that did.
    exists: Vec<Exists>,
    #[serde(flatten)]
    source: Source,
    /// Why KMS refused an import, as `diagnose` sees it.
    causes: Vec<Finding>,
}

impl Form {
    /// The form with that schema.
    pub(crate) const fn of<A: Answer>(schema: &'static str) -> Self {
        Form { schema, of_failure: of_failure::<A> }
    }

    /// The object after a failure.
    pub(crate) fn of_failure(&self, failed: &Failed<'_>) -> Vec<u8> {
        (self.of_failure)(self.schema, failed)
    }
}

fn of_failure<A: Answer>(schema: &'static str, failed: &Failed<'_>) -> Vec<u8> {
    printable::json(&Document { schema, answer: &A::of_failure(failed), error: Some(&failed.error) })
}

impl<'a, A> Document<'a, A> {
    /// The object of a verb that has done what it was asked for.
    pub(crate) fn new(form: &Form, answer: &'a A) -> Self {
        Document::with(form.schema, answer, None)
    }

    /// The object of that schema.
    pub(crate) fn with(schema: &'static str, answer: &'a A, error: Option<&'a RunError>) -> Self {
        Document { schema, answer, error }
    }
}

impl RunAnswer {
    /// The answer of a run that came to its end.
    pub(crate) fn new(report: Report, source: Source) -> Self {
        RunAnswer { report, exists: Vec::new(), source, causes: Vec::new() }
    }
}

impl Answer for RunAnswer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        RunAnswer {
            report: failed.report.clone(),
            exists: failed.exists.clone(),
            source: failed.source.clone(),
            causes: failed.causes.to_vec(),
        }
    }
}

impl Answer for Nothing {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Nothing { ending: failed.ending() }
    }
}

impl Failed<'_> {
    /// The key, and how AWS was reached.
    pub(crate) fn about(&self) -> About {
        About::from(self.report)
    }

    /// How the run ended.
    pub(crate) fn ending(&self) -> Ending {
        let report = self.report;
        Ending {
            changed: report.changed,
            exists: self.exists.clone(),
            in_doubt: report.in_doubt,
            leftovers: report.leftovers.clone(),
            next: report.next.clone(),
            rehearsal: report.rehearsal,
        }
    }
}
