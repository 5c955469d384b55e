//! `status`: what KMS says about a key, and which key material expires.

use std::process::ExitCode;
use std::time::Duration;

use aws_smithy_types::DateTime;
use clap::Args as ClapArgs;
use kms_byok::for_the_binary::Expiries;
use kms_byok::kms::{Kms, Origin, Region};
use kms_byok::lifecycle::{
    Expiring, Failed as Unseen, KeySeen, KeyStatus, KeysSeen, MaterialStatus, NotPermitted, NotSeen, Status,
};
use kms_byok::{Error, Progress};
use serde::Serialize;

use super::context::Context;
use super::expiry_files::{ExpiryFiles, Written};
use super::failure::Failure;
use super::key_name::MaybeKey;
use super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::output::key_status::{self, Seen};
use super::output::parts::{About, Ending, alias_in};

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<Answer>("kms-byok/status/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Without --key-id: the keys with imported key material of the Region, or those whose alias begins with --alias-prefix.
With --expiring-within only what expires is shown, the first of it first, and the exit code is 4 if key material expires within that
time or has expired. A key that cannot be seen is listed as such and warned about; with --strict the exit code is 4 then, too.

Examples:
  kms-byok status --key-id alias/payments
  kms-byok status --expiring-within 30d --alias-prefix alias/prod- --html expiry.html")]
pub(crate) struct Args {
    #[command(flatten)]
    key_id: MaybeKey,
    /// Only keys whose alias begins with this, as in alias/prod-
    #[arg(long, value_name = "PREFIX", value_parser = alias_prefix, conflicts_with = "which_key")]
    alias_prefix: Option<String>,
    /// Show what expires within this time, as in 30d, or has expired
    #[arg(long, value_name = "D", value_parser = super::global::duration)]
    expiring_within: Option<Duration>,
    /// Show the keys besides, also those that do not expire
    #[arg(long, requires = "expiring_within")]
    all: bool,
    #[command(flatten)]
    files: ExpiryFiles,
}

fn alias_prefix(text: &str) -> Result<String, String> {
    match text.starts_with("alias/") {
        true => Ok(text.to_owned()),
        false => Err("write it as in alias/prod-".to_owned()),
    }
}

/// The JSON answer. About one key its fields are here, and `keys` is null; about many they are in `keys`.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    #[serde(flatten)]
    about: About,
    /// The aliases that name it, with their `alias/`; null where they were not asked for.
    aliases: Option<Vec<String>>,
    /// Where its key material comes from.
    origin: Option<Origin>,
    /// The description; empty if there is none.
    description: Option<String>,
    /// Whether it is a multi-Region key.
    multi_region: Option<bool>,
    /// `primary` or `replica`.
    role: Option<&'static str>,
    /// Its key materials; one for keys that are not rotated.
    materials: Option<Vec<MaterialStatus>>,
    /// Whether these are all, or only what DescribeKey tells.
    materials_complete: Option<bool>,
    /// How many of 25 on-demand rotations are left; null for keys that KMS does not rotate so, and where it cannot be seen.
    rotations_left: Option<usize>,
    /// The same key in its other Regions.
    other_regions: Option<Vec<KeyStatus>>,
    /// The keys that were found, where no key was named.
    keys: Option<Vec<KeyStatus>>,
    /// What expires; null where it was not asked for.
    expiring: Option<Vec<Expiring>>,
    /// What could not be seen because a permission is missing.
    not_permitted: Vec<NotPermitted>,
    /// What could not be seen for another reason.
    not_seen: Vec<Unseen>,
    #[serde(flatten)]
    files: Written,
    #[serde(flatten)]
    ending: Ending,
}

/// One key in all its Regions.
struct One {
    key: KeyStatus,
    other_regions: Vec<KeyStatus>,
    rest: Rest,
}

/// Many keys of a Region.
struct Many {
    region: Region,
    keys: Vec<KeyStatus>,
    rest: Rest,
}

/// What both have.
struct Rest {
    kms: Kms,
    expiring: Option<Vec<Expiring>>,
    now: DateTime,
    unseen: Vec<NotSeen>,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Answer { about: failed.about(), ending: failed.ending(), ..Answer::default() }
    }
}

impl One {
    fn answer(self, name: &str) -> Answer {
        let key = self.key;
        Answer {
            about: About {
                key_spec: Some(key.key_spec),
                key_usage: Some(key.key_usage),
                key_state: Some(key.key_state),
                key_material_id: key.key_material_id,
                expires: key.expires,
                ..About::key(&key.key_arn).at(&self.rest.kms).named(name)
            },
            aliases: key.aliases,
            origin: Some(key.origin),
            description: Some(key.description),
            multi_region: Some(key.multi_region),
            role: key.role,
            materials: Some(key.materials),
            materials_complete: Some(key.materials_complete),
            rotations_left: key.rotations_left,
            other_regions: Some(self.other_regions),
            ..self.rest.answer()
        }
    }
}

impl Many {
    fn answer(self) -> Answer {
        Answer { about: About::default().at(&self.rest.kms), keys: Some(self.keys), ..self.rest.answer() }
    }
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    args.files.check(&[], context)?;
    // What expires is the answer to the question what does; the rest only if it is asked for.
    let all = args.all || args.expiring_within.is_none();
    let (answer, text, blind) = match args.key_id.name() {
        Some(name) => {
            let one = context.run(one(name, args, context))?;
            let keys = std::iter::once(&one.key).chain(&one.other_regions);
            let expiries = one.rest.expiries(keys).named(&one.key.key_arn, alias_in(name));
            let files = args.files.write(&expiries, context)?;
            let seen = one.rest.seen(Some(name));
            let about = all.then(|| key_status::one(&one.key, &one.other_regions, &seen));
            let text = apart(about.unwrap_or_else(|| seen.unseen_keys()), &seen.expiring(), all);
            let blind = one.rest.is_blind();
            (Answer { files, ..one.answer(name) }, text, blind)
        }
        None => {
            let many = context.run(many(args, context))?;
            let files = args.files.write(&many.rest.expiries(many.keys.iter()), context)?;
            let seen = many.rest.seen(None);
            let about = all.then(|| key_status::many(&many.keys, many.rest.now));
            let text = apart(about.unwrap_or_default() + &seen.unseen_keys(), &seen.expiring(), all);
            let none = all && many.keys.is_empty() && !many.rest.is_blind();
            let none = none.then(|| format!("no key with imported key material in {}\n", many.region));
            let (text, blind) = (none.unwrap_or_default() + &text, many.rest.is_blind());
            (Answer { files, ..many.answer() }, text, blind)
        }
    };
    let printed = context.answer(&answer, &text);
    let expires = answer.expiring.is_some_and(|found| !found.is_empty());
    Ok(if expires || blind && context.global.strict { ExitCode::from(4) } else { printed })
}

/// What expires stands apart from all the rest.
fn apart(text: String, expiring: &str, all: bool) -> String {
    let gap = if all && !text.is_empty() && !expiring.is_empty() { "\n" } else { "" };
    text + gap + expiring
}

async fn one(name: &str, args: &Args, context: &Context) -> Result<One, Error> {
    let kms = context.connect().await?;
    let KeySeen { key, other_regions, unseen } = Status::of(name).run(&kms).await?;
    let rest = Rest::new(args, &kms, std::iter::once(&key).chain(&other_regions), unseen, context);
    Ok(One { key, other_regions, rest })
}

async fn many(args: &Args, context: &Context) -> Result<Many, Error> {
    let kms = context.connect().await?;
    let KeysSeen { keys, unseen } = Status::new().alias_prefix(args.alias_prefix.clone()).run(&kms).await?;
    let rest = Rest::new(args, &kms, keys.iter(), unseen, context);
    Ok(Many { region: kms.region().clone(), keys, rest })
}

impl Rest {
    /// Warns about what could not be seen: a key that is not seen may expire, too.
    fn new<'a>(
        args: &Args,
        kms: &Kms,
        keys: impl Iterator<Item = &'a KeyStatus>,
        unseen: Vec<NotSeen>,
        context: &Context,
    ) -> Self {
        let (listless, others): (Vec<&NotSeen>, Vec<&NotSeen>) = unseen.iter().partition(|one| one.is_listless());
        match listless[..] {
            [first, _, ..] => context.talk.warn(&format!(
                "{}: of {} keys only the key material is known that DescribeKey tells",
                first.why(),
                listless.len()
            )),
            _ => listless.into_iter().for_each(|one| context.talk.warn(&Error::from(one.clone()).to_string())),
        }
        for one in others {
            context.talk.warn(&Error::from(one.clone()).to_string());
        }
        let now = kms.now();
        let mut expiring: Option<Vec<Expiring>> =
            args.expiring_within.map(|within| keys.flat_map(|key| key.expiring(now, within)).collect());
        // What is gone has no time any more, and comes before all others.
        expiring.iter_mut().for_each(|found| found.sort_by(|one, other| one.expires.cmp(&other.expires)));
        Rest { kms: kms.clone(), expiring, now, unseen }
    }

    fn expiries<'a>(&self, keys: impl Iterator<Item = &'a KeyStatus>) -> Expiries {
        Expiries::of_keys(&self.kms, keys, &self.unseen)
    }

    fn is_blind(&self) -> bool {
        !self.unseen.is_empty()
    }

    fn answer(self) -> Answer {
        let (not_permitted, not_seen) = NotSeen::sorted(&self.unseen);
        let ending = Ending::unchanged(Some(&self.kms));
        Answer { expiring: self.expiring, not_permitted, not_seen, ending, ..Answer::default() }
    }

    /// What is said of it. The name is that of the one key that was asked for.
    fn seen<'a>(&'a self, asked_for: Option<&'a str>) -> Seen<'a> {
        let alias = asked_for.and_then(|name| name.find("alias/").map(|at| &name[at..]));
        Seen { kms: &self.kms, alias, now: self.now, unseen: &self.unseen, expiring: self.expiring.as_deref() }
    }
}
