//! `status`: what KMS says about a key, and which key material expires.

use std::process::ExitCode;
use std::time::Duration;

use aws_smithy_types::DateTime;
use clap::Args as ClapArgs;
use kms_byok::kms::Kms;
use kms_byok::lifecycle::{self, Expiring, KeyStatus, NotPermitted};
use kms_byok::{Error, Progress};
use serde::Serialize;

use super::{Context, status_text};
use crate::report::Failure;

#[derive(ClapArgs)]
#[command(after_help = "\
Without --key-id: the keys with imported key material of the Region, or those whose alias begins with --alias-prefix.
With --expiring-within the exit code is 4 when key material expires in that time or has expired.

Examples:
  kms-byok status --key-id alias/payments
  kms-byok status --expiring-within 30d --alias-prefix alias/prod-")]
pub(crate) struct Args {
    /// Key id, ARN or alias; a multi-Region key is shown in all its Regions
    #[arg(long, value_name = "K")]
    key_id: Option<String>,
    /// Keys whose alias begins so, as in alias/prod-
    #[arg(long, value_name = "PREFIX", value_parser = alias_prefix, conflicts_with = "key_id")]
    alias_prefix: Option<String>,
    /// Tell what expires in that time, as in 30d, or has expired
    #[arg(long, value_name = "D", value_parser = super::global::duration)]
    expiring_within: Option<Duration>,
}

fn alias_prefix(text: &str) -> Result<String, String> {
    match text.starts_with("alias/") {
        true => Ok(text.to_owned()),
        false => Err("write it as in alias/prod-".to_owned()),
    }
}

/// The JSON answer about one key: its own fields first.
#[derive(Serialize)]
pub(super) struct One {
    #[serde(flatten)]
    pub(super) key: KeyStatus,
    /// The same key in its other Regions.
    pub(super) other_regions: Vec<KeyStatus>,
    #[serde(flatten)]
    pub(super) rest: Rest,
}

/// The JSON answer about many keys.
#[derive(Serialize)]
pub(super) struct Many {
    pub(super) region: String,
    pub(super) keys: Vec<KeyStatus>,
    #[serde(flatten)]
    pub(super) rest: Rest,
}

/// What both have.
#[derive(Serialize)]
pub(super) struct Rest {
    pub(super) endpoint: Option<String>,
    /// What expires; nothing where it was not asked for.
    pub(super) expiring: Option<Vec<Expiring>>,
    /// What could not be seen.
    pub(super) not_permitted: Vec<NotPermitted>,
    pub(super) rehearsal: bool,
    #[serde(skip)]
    pub(super) now: DateTime,
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    let (printed, found) = match &args.key_id {
        Some(name) => {
            let one = context.run(one(name, args, context))?;
            (context.answer(&one, &status_text::one(&one)), one.rest.expiring)
        }
        None => {
            let many = context.run(many(args, context))?;
            (context.answer(&many, &status_text::many(&many)), many.rest.expiring)
        }
    };
    Ok(if found.is_some_and(|found| !found.is_empty()) { ExitCode::from(4) } else { printed })
}

async fn one(name: &str, args: &Args, context: &Context) -> Result<One, Error> {
    let kms = context.connect().await?;
    let mut refused = Vec::new();
    let key = KeyStatus::of(&kms, &kms.describe(name).await?, &mut refused).await?;
    let other_regions = key.elsewhere(&kms, &mut refused).await?;
    let rest = Rest::new(args, &kms, std::iter::once(&key).chain(&other_regions), refused, context)?;
    Ok(One { key, other_regions, rest })
}

async fn many(args: &Args, context: &Context) -> Result<Many, Error> {
    let kms = context.connect().await?;
    let mut refused = Vec::new();
    let keys = lifecycle::survey(&kms, args.alias_prefix.as_deref(), &mut refused).await?;
    let rest = Rest::new(args, &kms, keys.iter(), refused, context)?;
    Ok(Many { region: kms.region().to_owned(), keys, rest })
}

impl Rest {
    /// What could not be seen is warned about, and refused with `--strict`: a key that is not seen may expire as well.
    fn new<'a>(
        args: &Args,
        kms: &Kms,
        keys: impl Iterator<Item = &'a KeyStatus>,
        refused: Vec<NotPermitted>,
        context: &Context,
    ) -> Result<Self, Error> {
        for one in &refused {
            let error = Error::from(one.clone());
            if context.global.strict {
                return Err(error);
            }
            context.talk.warn(&error.to_string());
        }
        let now = kms.now();
        let expiring =
            args.expiring_within.map(|within| keys.flat_map(|key| key.expiring(now, within)).collect::<Vec<_>>());
        Ok(Rest {
            endpoint: kms.endpoint().map(str::to_owned),
            expiring,
            not_permitted: refused,
            rehearsal: kms.seen_rehearsal(),
            now,
        })
    }
}
