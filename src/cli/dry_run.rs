//! `--dry-run`: the plan of a run instead of the run.

use std::process::ExitCode;

use clap::Args;
use kms_byok::Error;
use kms_byok::kms::{KeyArn, KeyId, KeyState, Kms, Region};
use kms_byok::lifecycle::plan::{Plan, Step};
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::output;
use super::record_args::RecordArgs;
use super::usage_error::UsageError;

#[derive(Args)]
pub(crate) struct DryRunArgs {
    /// Print the calls, permissions and quotas that the run would need, and do nothing
    #[arg(long, help_heading = None::<&'static str>)]
    pub(super) dry_run: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    dry_run: bool,
    key_arn: Option<&'a KeyArn>,
    key_id: Option<&'a KeyId>,
    region: Option<&'a Region>,
    endpoint: Option<&'a str>,
    key_state: Option<KeyState>,
    rehearsal: bool,
    changed: bool,
    plan: &'a [Step],
    permissions: Vec<&'a str>,
    writes: Vec<String>,
}

impl DryRunArgs {
    /// Whether only the plan is wanted; a run that does not take place has no record.
    pub(crate) fn is_wanted(&self, record: Option<&RecordArgs>, context: &Context) -> Result<bool, Failure> {
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
    let (key, kms) = (plan.key.as_ref(), context.kms());
    let answer = Answer {
        dry_run: true,
        key_arn: key.map(|key| &key.arn),
        key_id: key.map(|key| key.arn.id()),
        region: kms.map(Kms::region),
        endpoint: kms.and_then(Kms::endpoint),
        key_state: key.map(|key| key.state),
        rehearsal: context.is_rehearsal() || kms.is_some_and(Kms::seen_rehearsal),
        changed: false,
        plan: &plan.steps,
        permissions: plan.permissions(),
        writes: plan.writes.iter().map(|path| path.display().to_string()).collect(),
    };
    Ok(context.answer(&answer, &text(&plan, &answer)))
}

fn text(plan: &Plan, answer: &Answer<'_>) -> String {
    let written = answer.writes.join(", ");
    let mut text = output::lines(&[
        ("dry run", Some("nothing was changed".to_owned())),
        ("key", answer.key_arn.map(ToString::to_string)),
        ("state", answer.key_state.map(|state| state.to_string())),
        ("Region", answer.region.map(ToString::to_string)),
        ("endpoint", answer.endpoint.map(str::to_owned)),
        ("permissions", Some(answer.permissions.join(", "))),
        ("writes", Some(written).filter(|names| !names.is_empty())),
    ]);
    let width = plan.steps.iter().map(|step| step.call.len()).max().unwrap_or(0);
    for (number, step) in plan.steps.iter().enumerate() {
        let quota = step.quota_per_second.map_or("-".to_owned(), |quota| format!("{quota}/s"));
        let place = step.region.as_ref().map(|region| format!("in {region}: ")).unwrap_or_default();
        let line = format!("{:>3}  {:width$}  {quota:>6}  {place}{}", number + 1, step.call, step.why);
        text.push_str(&output::line(&line));
    }
    text
}
