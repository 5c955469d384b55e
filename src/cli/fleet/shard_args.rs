//! Which part of a fleet is worked on: told, or read from what a cluster says about a task of an array.

use std::env;

use clap::Args;
use kms_byok::fleet::Shard;

use super::super::usage_error::UsageError;

#[derive(Args)]
#[command(next_help_heading = None::<&'static str>)]
pub(super) struct ShardArgs {
    /// Only a part of the accounts and Regions: I/N from 1/N to N/N, or auto in a task of a Kubernetes, AWS Batch or Slurm array
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<ShardWord>,
}

#[derive(Clone, Copy, Debug)]
enum ShardWord {
    Given(Shard),
    Auto { of: Option<u32> },
}

const USE: &str = "use I/N as in 1/4 to 4/4, auto, or auto/N";

fn shard(text: &str) -> Result<ShardWord, String> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| (1..=10_000).contains(number));
    match text.split_once('/') {
        None if text == "auto" => Ok(ShardWord::Auto { of: None }),
        Some(("auto", of)) => number(of).map(|of| ShardWord::Auto { of: Some(of) }).ok_or_else(|| USE.to_owned()),
        Some((one, of)) => match (number(one), number(of)) {
            (Some(number), Some(of)) if number <= of => Ok(ShardWord::Given(Shard { number, of })),
            _ => Err(USE.to_owned()),
        },
        None => Err(USE.to_owned()),
    }
}

/// How a cluster tells a task which one it is: its number, the first number, how many there are, and how far numbers are apart.
struct Cluster {
    index: &'static str,
    first: Option<&'static str>,
    count: &'static str,
    step: Option<&'static str>,
}

/// Kubernetes has no variable for the number of completions: the examples set one.
const CLUSTERS: [Cluster; 3] = [
    Cluster { index: "JOB_COMPLETION_INDEX", first: None, count: "JOB_COMPLETIONS", step: None },
    Cluster { index: "AWS_BATCH_JOB_ARRAY_INDEX", first: None, count: "AWS_BATCH_JOB_ARRAY_SIZE", step: None },
    Cluster {
        index: "SLURM_ARRAY_TASK_ID",
        first: Some("SLURM_ARRAY_TASK_MIN"),
        count: "SLURM_ARRAY_TASK_COUNT",
        step: Some("SLURM_ARRAY_TASK_STEP"),
    },
];

impl ShardArgs {
    /// The shard, if the fleet is to be split.
    pub(super) fn shard(&self) -> Result<Option<Shard>, UsageError> {
        match self.shard {
            None => Ok(None),
            Some(ShardWord::Given(shard)) => Ok(Some(shard)),
            Some(ShardWord::Auto { of }) => found(of, |name| env::var(name).ok()).map(Some),
        }
    }
}

fn found(of: Option<u32>, variable: impl Fn(&str) -> Option<String>) -> Result<Shard, UsageError> {
    let Some(cluster) = CLUSTERS.iter().find(|cluster| variable(cluster.index).is_some()) else {
        let hint = "set JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX or SLURM_ARRAY_TASK_ID, or use --shard I/N";
        return Err(UsageError::Missing { what: "the number of the shard", hint });
    };
    let number = |name: &str| variable(name).and_then(|text| text.trim().parse::<u32>().ok());
    let first = cluster.first.and_then(number).unwrap_or(0);
    let step = cluster.step.and_then(number).filter(|step| *step > 0).unwrap_or(1);
    let Some(of) = of.or_else(|| number(cluster.count)).filter(|of| *of > 0) else {
        return Err(UsageError::Missing { what: "the number of shards", hint: "use --shard auto/N" });
    };
    let index = number(cluster.index).and_then(|index| index.checked_sub(first)).map(|index| index / step);
    match index.filter(|index| *index < of) {
        Some(index) => Ok(Shard { number: index + 1, of }),
        None => {
            let hint = "begin the array with 0, and give it as many tasks as there are shards, or use --shard I/N";
            Err(UsageError::Missing { what: "a number of the shard that is below the number of shards", hint })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(variables: &[(&str, &str)], of: Option<u32>, expected: Option<(u32, u32)>) {
        let variable =
            |name: &str| variables.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(found(of, variable).ok().map(|shard| (shard.number, shard.of)), expected, "{variables:?}");
    }

    #[test]
    fn what_a_cluster_says_about_a_task_gives_its_shard() {
        is(&[("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETIONS", "4")], None, Some((1, 4)));
        is(&[("JOB_COMPLETION_INDEX", "3")], Some(4), Some((4, 4)));
        is(&[("JOB_COMPLETION_INDEX", "3")], None, None);
        is(&[("AWS_BATCH_JOB_ARRAY_INDEX", "7"), ("AWS_BATCH_JOB_ARRAY_SIZE", "8")], None, Some((8, 8)));
        let slurm = |id| [("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_MIN", "1"), ("SLURM_ARRAY_TASK_COUNT", "4")];
        is(&slurm("1"), None, Some((1, 4)));
        is(&slurm("4"), None, Some((4, 4)));
        is(&slurm("0"), None, None);
        is(&slurm("5"), None, None);
        is(&[&slurm("7")[..], &[("SLURM_ARRAY_TASK_STEP", "2")]].concat(), None, Some((4, 4)));
        is(&[], Some(4), None);
        is(&[("JOB_COMPLETION_INDEX", "x")], Some(4), None);
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["0/4", "5/4", "1/0", "1", "a/b", "auto/0", "auto/x", "/", "1/", "+1/4x", "-1/4"] {
            assert!(shard(text).is_err(), "{text}");
        }
        assert!(matches!(shard("4/4"), Ok(ShardWord::Given(Shard { number: 4, of: 4 }))));
        assert!(matches!(shard("auto/9"), Ok(ShardWord::Auto { of: Some(9) })));
    }
}
