//! `status`: what KMS says about a key, and which key material expires.

use std::process::ExitCode;
use std::time::Duration;

use aws_smithy_types::DateTime;
use clap::Args as ClapArgs;
use kms_byok::kms::{ImportState, KeyState, Kms, MaterialState, Operation, Origin, Region};
use kms_byok::lifecycle::{
    Expiring, Failed as Unseen, KeySeen, KeyStatus, KeysSeen, MOST_ROTATIONS, MaterialStatus, NotPermitted, NotSeen,
    Status,
};
use kms_byok::time::rfc3339;
use kms_byok::{Error, Progress};
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::key_name::MaybeKey;
use super::output;
use super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::output::parts::{About, Ending};

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<Answer>("kms-byok/status/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Without --key-id: the keys with imported key material of the Region, or those whose alias begins with --alias-prefix.
With --expiring-within the exit code is 4 if key material expires within that time or has expired. A key that cannot be seen is
listed as such and warned about; with --strict the exit code is 4 then, too.

Examples:
  kms-byok status --key-id alias/payments
  kms-byok status --expiring-within 30d --alias-prefix alias/prod-")]
pub(crate) struct Args {
    #[command(flatten)]
    key_id: MaybeKey,
    /// Only keys whose alias begins with this, as in alias/prod-
    #[arg(long, value_name = "PREFIX", value_parser = alias_prefix, conflicts_with = "which_key")]
    alias_prefix: Option<String>,
    /// Show what expires within this time, as in 30d, or has expired
    #[arg(long, value_name = "D", value_parser = super::global::duration)]
    expiring_within: Option<Duration>,
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
    let (answer, text, blind) = match args.key_id.name() {
        Some(name) => {
            let one = context.run(one(name, args, context))?;
            let (text, blind) = (one_text(&one), one.rest.is_blind());
            (one.answer(name), text, blind)
        }
        None => {
            let many = context.run(many(args, context))?;
            let (text, blind) = (many_text(&many), many.rest.is_blind());
            (many.answer(), text, blind)
        }
    };
    let printed = context.answer(&answer, &text);
    let expires = answer.expiring.is_some_and(|found| !found.is_empty());
    Ok(if expires || blind && context.global.strict { ExitCode::from(4) } else { printed })
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
        let expiring =
            args.expiring_within.map(|within| keys.flat_map(|key| key.expiring(now, within)).collect::<Vec<_>>());
        Rest { kms: kms.clone(), expiring, now, unseen }
    }

    fn is_blind(&self) -> bool {
        !self.unseen.is_empty()
    }

    fn answer(self) -> Answer {
        let (not_permitted, not_seen) = NotSeen::sorted(&self.unseen);
        let ending = Ending::unchanged(Some(&self.kms));
        Answer { expiring: self.expiring, not_permitted, not_seen, ending, ..Answer::default() }
    }

    fn endpoint(&self) -> Option<String> {
        self.kms.endpoint().map(str::to_owned)
    }

    /// The keys of which nothing is known, and why.
    fn unseen_keys(&self) -> impl Iterator<Item = (&str, String)> {
        let keys = self.unseen.iter().filter(|one| one.operation == Operation::DescribeKey);
        keys.filter_map(|one| Some((one.key_arn.as_deref()?, one.why())))
    }
}

/// One key, with every key material and every Region.
fn one_text(one: &One) -> String {
    let key = &one.key;
    let mut pairs = vec![
        ("key", Some(key.key_arn.to_string())),
        ("spec", Some(key.key_spec.to_string())),
        ("usage", Some(key.key_usage.to_string())),
        ("state", Some(key.key_state.to_string())),
        ("origin", Some(key.origin.to_string())),
        ("description", Some(key.description.clone()).filter(|text| !text.is_empty())),
        ("expires", expires(key)),
        ("multi-Region", key.role.map(str::to_owned)),
        ("rotations", key.rotations_left.map(|left| format!("{left} of {MOST_ROTATIONS} on demand are left"))),
    ];
    pairs.extend(key.materials.iter().map(|material| ("material", Some(line(material)))));
    pairs.push(("", others_unknown(&one.rest, key)));
    for other in &one.other_regions {
        let role = other.role.unwrap_or("replica");
        pairs.push((
            role,
            Some(format!(
                "{}, {}, expires {}",
                other.key_arn,
                other.key_state,
                expires(other).unwrap_or_else(|| "-".to_owned())
            )),
        ));
        pairs.extend(other.materials.iter().map(|material| ("", Some(line(material)))));
        pairs.push(("", others_unknown(&one.rest, other)));
    }
    for (arn, why) in one.rest.unseen_keys() {
        pairs.push(("not seen", Some(format!("{arn}: {why}"))));
    }
    pairs.push(("endpoint", one.rest.endpoint()));
    pairs.push((
        "rehearsal",
        one.rest.kms.seen_rehearsal().then(|| "yes: an embedded KMS, nothing is in AWS".to_owned()),
    ));
    output::lines(&pairs) + &matters(&one.rest)
}

/// Why there may be more key materials than are shown.
fn others_unknown(rest: &Rest, key: &KeyStatus) -> Option<String> {
    let mut lists = rest.unseen.iter().filter(|one| one.operation == Operation::ListKeyRotations);
    let one = lists.find(|one| one.key_arn.as_deref() == Some(key.key_arn.as_str()))?;
    Some(format!("others are not known: {}", one.why()))
}

/// A line for each key.
fn many_text(many: &Many) -> String {
    let mut text = String::new();
    for key in &many.keys {
        let expires = expires(key).map_or(String::new(), |at| format!(", expires {at}"));
        let names = names(key.aliases.as_deref());
        text.push_str(&output::line(&format!("{}  {}, {}{expires}{names}", key.key_arn, key.key_spec, key.key_state)));
    }
    for (arn, why) in many.rest.unseen_keys() {
        text.push_str(&output::line(&format!("{arn}  not seen: {why}")));
    }
    if many.keys.is_empty() && many.rest.unseen.is_empty() {
        text.push_str(&format!("no key with imported key material in {}\n", many.region));
    }
    text + &matters(&many.rest)
}

fn expires(key: &KeyStatus) -> Option<String> {
    (key.key_state != KeyState::PendingImport && key.origin == Origin::External)
        .then(|| key.expires.clone().unwrap_or_else(|| "never".to_owned()))
}

/// `ID: current, imported, never expires, "from the safe"`
fn line(material: &MaterialStatus) -> String {
    let mut words = Vec::new();
    let state = match material.state {
        Some(MaterialState::Current) | None => "current",
        Some(MaterialState::NonCurrent) => "earlier",
        Some(MaterialState::PendingRotation) => "waits for rotation",
        Some(MaterialState::PendingMultiRegionImportAndRotation) => "waits for import in every Region and rotation",
    };
    words.push(state.to_owned());
    words.push(match material.import_state {
        Some(ImportState::Imported) => "imported".to_owned(),
        Some(ImportState::PendingImport) => "not imported: never, expired or deleted".to_owned(),
        None => String::new(), // a key of another origin, or not known
    });
    words.retain(|word| !word.is_empty());
    if material.is_imported() {
        words.push(material.expires.map_or("never expires".to_owned(), |at| format!("expires {}", rfc3339(at))));
    }
    words.extend(material.description.iter().map(|text| format!("`{text}`")));
    match &material.key_material_id {
        Some(id) => format!("{id}: {}", words.join(", ")),
        None => words.join(", "),
    }
}

/// What expires, one line each.
fn matters(rest: &Rest) -> String {
    let Some(expiring) = &rest.expiring else { return String::new() };
    if expiring.is_empty() {
        return "nothing expires in that time\n".to_owned();
    }
    let line = |one: &Expiring| {
        let id = one.key_material_id.as_ref().map(|id| format!(" material {id}")).unwrap_or_default();
        output::line(&format!("! {}{}{id} {}", one.key_arn, names(one.aliases.as_deref()), one.says(rest.now)))
    };
    expiring.iter().map(line).collect()
}

fn names(aliases: Option<&[String]>) -> String {
    let aliases = aliases.unwrap_or_default();
    if aliases.is_empty() { String::new() } else { format!(" ({})", aliases.join(", ")) }
}
