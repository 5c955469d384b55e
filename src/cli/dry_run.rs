//! `--dry-run`: the plan of a run instead of the run.

use std::process::ExitCode;

use clap::Args;
use kms_byok::Error;
use kms_byok::lifecycle::plan::{Plan, Step};
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::output;
use super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::output::parts::{About, Ending};
use super::record_args::RecordArgs;
use super::usage_error::UsageError;

/// The form of its JSON, whatever the verb.
pub(crate) static FORM: Form = Form::of::<Answer>("kms-byok/dry-run/1");

#[derive(Args)]
pub(crate) struct DryRunArgs {
    /// Print the calls, permissions and quotas that the run would need, and do nothing
    #[arg(long, help_heading = None::<&'static str>)]
    pub(super) dry_run: bool,
}

/// The JSON answer.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    /// Always true.
    dry_run: bool,
    #[serde(flatten)]
    about: About,
    /// The calls that the run would make, in their order.
    plan: Vec<Step>,
    /// Everything that has to be permitted, each once.
    permissions: Vec<String>,
    /// The files that would be written.
    writes: Vec<String>,
    #[serde(flatten)]
    ending: Ending,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        let (about, ending) = (failed.about(), failed.ending());
        Answer { dry_run: true, about, plan: Vec::new(), permissions: Vec::new(), writes: Vec::new(), ending }
    }
}

impl DryRunArgs {
    /// Whether only the plan is wanted; a run that does not take place has no record.
    pub(crate) fn is_wanted(&self, record: Option<&RecordArgs>, context: &Context) -> Result<bool, Failure> {
        if self.dry_run {
            context.prints(&FORM);
        }
        if self.dry_run && record.is_some_and(|record| record.record.is_some()) {
            let conflict = UsageError::Conflict { first: "--dry-run", second: "--record" };
            return Err(context.failure(conflict));
        }
        Ok(self.dry_run)
    }
}

/// Makes the plan and prints it.
pub(crate) fn run(context: &Context, plan: impl Future<Output = Result<Plan, Error>>) -> Result<ExitCode, Failure> {
    let plan = context.run(plan)?;
    let kms = context.kms();
    let ending = Ending::unchanged(kms);
    let answer = Answer {
        dry_run: true,
        about: match (kms, &plan.key) {
            (Some(kms), Some(key)) => About::of(kms, key),
            (Some(kms), None) => About::default().at(kms),
            (None, _) => About::default(),
        },
        permissions: plan.permissions().into_iter().map(str::to_owned).collect(),
        writes: plan.writes.iter().map(|path| path.display().to_string()).collect(),
        plan: plan.steps,
        ending: Ending { rehearsal: ending.rehearsal || context.is_rehearsal(), ..ending },
    };
    Ok(context.answer(&answer, &text(&answer)))
}

fn text(answer: &Answer) -> String {
    let about = &answer.about;
    let written = answer.writes.join(", ");
    let mut text = output::lines(&[
        ("dry run", Some("nothing was changed".to_owned())),
        ("key", about.key_arn.as_ref().map(ToString::to_string)),
        ("state", about.key_state.map(|state| state.to_string())),
        ("Region", about.region.as_ref().map(ToString::to_string)),
        ("endpoint", about.endpoint.clone()),
        ("permissions", Some(answer.permissions.join(", "))),
        ("writes", Some(written).filter(|names| !names.is_empty())),
    ]);
    let width = answer.plan.iter().map(|step| step.call.len()).max().unwrap_or(0);
    for (number, step) in answer.plan.iter().enumerate() {
        let quota = step.quota_per_second.map_or("-".to_owned(), |quota| format!("{quota}/s"));
        let place = step.region.as_ref().map(|region| format!("in {region}: ")).unwrap_or_default();
        let line = format!("{:>3}  {:width$}  {quota:>6}  {place}{}", number + 1, step.call, step.why);
        text.push_str(&output::line(&line));
    }
    text
}
