//! `fleet run`: the keys of a manifest, at the speed of the quotas.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args as ClapArgs;
use kms_byok::fleet::{self, Connections, FleetRun, Journal, Place, Reported, Stop, Task, of_shard};
use kms_byok::time::{now, rfc3339};
use kms_byok::{Error, Progress};

use super::super::context::Context;
use super::super::expiry_files::Written;
use super::super::failure::Failure;
use super::super::key_args::{ProofArgs, output_file};
use super::super::signals::stopping;
use super::manifest_args::ManifestArgs;
use super::mistakes;
use super::progress::{Counts, EVERY};
use super::rows::{self, beside};
use super::shard_args::ShardArgs;
use super::talk::{Warnings, words};
use super::task_args::{TaskArgs, WithinArgs};

/// Make the keys of a manifest what their rows ask for, at the speed of KMS's quotas
#[derive(ClapArgs)]
#[command(after_help = "\
What each key has reached is written to a journal before every call that must not happen twice: after any end, the same command goes on.
The exit code is 3 if keys have failed or are left, and 4 if verify finds a key that is not what its row asks for. SIGTERM and SIGINT end the run after the step that is under way; a second one ends it
at once.

Examples:
  kms-byok fleet run keys.csv
  kms-byok fleet run keys.csv --only rotate --round 2027-01")]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    task: TaskArgs,
    #[command(flatten)]
    within: WithinArgs,
    #[command(flatten)]
    shard: ShardArgs,
    /// File for what each key has reached [default: MANIFEST.journal, of a shard MANIFEST.journal.I-of-N]
    #[arg(long, value_name = "FILE", value_parser = output_file(), help_heading = None::<&'static str>)]
    journal: Option<PathBuf>,
    /// Keys of an account and Region that are under way at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = None::<&'static str>)]
    concurrency: u16,
    /// End the run after so many keys have failed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = None::<&'static str>)]
    stop_after: Option<u64>,
    #[command(flatten)]
    proof: ProofArgs,
}

pub(super) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    let shard = args.shard.shard().map_err(|error| context.failure(Error::from(error)))?;
    let task = args.task.task(Some(&args.within));
    let (manifest, checked) = match args.manifest.check(task.clone(), context) {
        Ok(both) => both,
        Err(mistakes) => return mistakes::of_beginning(mistakes, context),
    };
    if !checked.mistakes.is_empty() {
        return Ok(mistakes::print(&checked, context));
    }
    let path = args.journal.clone().unwrap_or_else(|| beside(&args.manifest.manifest, shard));
    let journal = Arc::new(Journal::open(&path).map_err(|error| context.failure(Error::from(error)))?);
    let talk = Arc::new(Warnings(context.talk.clone()));
    let mut connections = Connections::new(context.connection(context.global.region.clone()), talk);
    let checked = match shard {
        None => checked,
        Some(shard) => {
            context.run(async { Ok(connections.know_regions(&manifest).await?) })?;
            let (part, places) = shard.part(checked, &connections);
            if part.lanes.is_empty() {
                let which =
                    if places == 1 { "1 account and Region, which is" } else { "accounts and Regions, which are" };
                let many = if places == 1 { String::new() } else { format!("{places} ") };
                context.talk.warn(&format!(
                    "nothing is left for shard {} of {}: the rows are of {many}{which} not split, because {} shards would share {} quotas",
                    shard.number,
                    shard.of,
                    if places == 1 { "its" } else { "their" },
                    if places == 1 { "its" } else { "their" },
                ));
            }
            part
        }
    };
    let begun = rfc3339(now());
    let (counts, stop) = (Arc::new(Counts::new(context.talk.clone(), &task, &args.manifest.quotas())), Stop::default());
    let words = Arc::new(|error: &Error| words(error, context));
    let plan = FleetRun {
        task: task.clone(),
        quotas: args.manifest.quotas(),
        concurrency: args.concurrency.into(),
        stop_after: args.stop_after,
        level: args.proof.verify,
        strict: context.global.strict,
        stop: stop.clone(),
        ..FleetRun::new(words, counts.clone())
    };
    let bars = counts.clone();
    let moves = context.talk.lines(move |columns| bars.bars(columns));
    if task != Task::Verify {
        context.begin_many();
    }
    let work = async {
        let run = fleet::run(&manifest, &checked, &mut connections, &journal, plan);
        let mut run = std::pin::pin!(run);
        let mut tick = tokio::time::interval(EVERY);
        tick.tick().await;
        loop {
            tokio::select! {
                ended = &mut run => break ended,
                _ = tick.tick() => if !moves { counts.say() },
            }
        }
    };
    let stopping = || {
        stop.stop();
        context.talk.note("stopping after the step that is under way");
    };
    let ended = stopping::run(work, stopping).map_err(|error| context.failure(error))?;
    // Told twice to stop, nothing is given: what was under way is in doubt, and stands in the journal.
    if let Some(Err(error)) = ended {
        let mut failure = context.failure(error);
        failure.exit = failure.exit.max(3);
        return Err(failure);
    }
    let region = |place: &Place| connections.region_of(place);
    let since = matches!(task, Task::Renew { .. } | Task::Verify).then_some(begun);
    let reported =
        Reported { region: &region, mine: &|place| of_shard(&checked, place), whole: shard.is_none(), since };
    rows::answer(&manifest, &*journal, &reported, (&connections, Written::default()), context)
}
