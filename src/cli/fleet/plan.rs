//! `fleet plan`: every row is checked, and what a run would do is shown.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;
use kms_byok::fleet::{self, Connections, Fate, FleetPlan, PlannedKey, QuotaUse, Said, Task};
use kms_byok::kms::{KeyArn, Region};
use serde::Serialize;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output;
use super::super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::super::output::parts::Ending;
use super::manifest_args::ManifestArgs;
use super::mistakes;
use super::talk::{Warnings, words};

/// The form of its JSON.
pub(crate) static PLAN: Form = Form::of::<Answer>("kms-byok/fleet-plan/1");

/// Check a manifest, and show what a run would do and how long it takes
#[derive(ClapArgs)]
#[command(after_help = "\
Each mistake is named by its row and column before AWS is asked. Of AWS only what reads is asked. The exit code is 4 if there is a mistake,
or a key that cannot be made what its row asks for.

Examples:
  kms-byok fleet plan keys.csv
  kms-byok fleet plan keys.csv --material generate-discard --alias alias/prod-{id}")]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
}

/// The JSON answer.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    /// Each key, by row and Region.
    keys: Vec<Key>,
    /// How many would be made.
    make: usize,
    /// How many are there and wait for key material.
    complete: usize,
    /// How many are what their rows ask for.
    unchanged: usize,
    /// How many cannot be made so.
    refused: usize,
    /// The calls that have a quota.
    quotas: Vec<QuotaUse>,
    /// How long the quotas let it take.
    seconds: u64,
    #[serde(flatten)]
    ending: Ending,
}

/// What would become of a key.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "PlannedKey"))]
struct Key {
    /// The row.
    row: u64,
    /// Its id.
    id: String,
    /// The Region.
    region: Region,
    /// The alias.
    alias: Option<String>,
    /// The key, where there is one.
    key_arn: Option<KeyArn>,
    /// What would become of it.
    #[cfg_attr(feature = "schemas", schemars(extend("enum" = ["make", "complete", "unchanged", "refused"])))]
    plan: &'static str,
    /// Why it cannot be made so.
    error: Option<Said>,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Answer { ending: failed.ending(), ..Answer::default() }
    }
}

pub(super) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    let (manifest, checked) = match args.manifest.check(Task::Provision, context) {
        Ok(both) => both,
        Err(mistakes) => return mistakes::of_beginning(mistakes, context),
    };
    if !checked.mistakes.is_empty() {
        return Ok(mistakes::print(&checked, context));
    }
    let quotas = args.manifest.quotas();
    let talk = Arc::new(Warnings(context.talk.clone()));
    let mut connections = Connections::new(context.connection(context.global.region.clone()), talk);
    let plan = context.run(async { fleet::plan(&manifest, &checked, &mut connections, &quotas).await })?;
    let keys: Vec<Key> = plan.keys.iter().map(|key| shown(key, context)).collect();
    let count = |plan: &str| keys.iter().filter(|key| key.plan == plan).count();
    let answer = Answer {
        make: count("make"),
        complete: count("complete"),
        unchanged: count("unchanged"),
        refused: count("refused"),
        quotas: plan.quotas.clone(),
        seconds: plan.takes.as_secs(),
        keys,
        ending: Ending { rehearsal: connections.seen_rehearsal(), ..Ending::default() },
    };
    let printed = context.answer(&answer, &text(&answer, &plan));
    Ok(if answer.refused > 0 { ExitCode::from(4) } else { printed })
}

fn shown(key: &PlannedKey, context: &Context) -> Key {
    let (plan, error) = match &key.fate {
        Fate::Make => ("make", None),
        Fate::Complete => ("complete", None),
        Fate::Unchanged => ("unchanged", None),
        Fate::Refused(error) => ("refused", Some(words(error, context))),
    };
    Key {
        row: key.row,
        id: key.id.clone(),
        region: key.region.clone(),
        alias: key.alias.clone(),
        key_arn: key.key_arn.clone(),
        plan,
        error,
    }
}

fn text(answer: &Answer, plan: &FleetPlan) -> String {
    let width = |of: fn(&Key) -> usize| answer.keys.iter().map(of).max().unwrap_or(0);
    let (ids, regions) = (width(|key| key.id.chars().count()), width(|key| key.region.len()));
    let aliases = width(|key| key.alias.as_ref().map_or(1, String::len));
    let mut text = String::new();
    for key in &answer.keys {
        let says = match (key.plan, &key.error, key.key_arn.as_deref()) {
            (_, Some(said), _) => format!("cannot be made so: {}", said.cause),
            ("make", ..) => "will be made".to_owned(),
            ("complete", _, arn) => format!("waits for key material: {}", arn.unwrap_or("-")),
            (_, _, arn) => format!("is there: {}", arn.unwrap_or("-")),
        };
        let (row, id, region, alias) = (key.row, &key.id, key.region.as_str(), key.alias.as_deref().unwrap_or("-"));
        text.push_str(&output::line(&format!("{row:>4}  {id:ids$}  {region:regions$}  {alias:aliases$}  {says}")));
        text.push_str(&key.error.as_ref().map(mistakes::more).unwrap_or_default());
    }
    let total = answer.keys.len();
    let counts = [
        (answer.make, "will be made"),
        (answer.complete, "wait for key material"),
        (answer.unchanged, "are there"),
        (answer.refused, "cannot be made so"),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let keys = if total == 1 { "key" } else { "keys" };
    text.push_str(&output::line(&format!("{total} {keys}: {}", counts.join(", "))));
    for one in &plan.quotas {
        let place = [one.account.as_deref(), one.profile.as_deref(), one.role_arn.as_deref()];
        let place: Vec<&str> = place.into_iter().flatten().chain([one.region.as_str()]).collect();
        text.push_str(&output::line(&format!(
            "  {}  {:22}  {:>7} calls at {}/s  {}",
            place.join(" "),
            one.call,
            one.calls,
            one.per_second,
            humantime::format_duration(Duration::from_secs(one.seconds))
        )));
    }
    text.push_str(&output::line(&format!("takes {} at least", humantime::format_duration(plan.takes))));
    text
}
