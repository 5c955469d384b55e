//! How keys stand, as text: one key with all its key materials, many in a table, and what expires first.

use aws_smithy_types::DateTime;
use kms_byok::kms::{ImportState, KeyArn, KeyState, Kms, MaterialState, Operation, Origin};
use kms_byok::lifecycle::{Expiring, KeyStatus, MOST_ROTATIONS, MaterialStatus, NotSeen};
use kms_byok::time::rfc3339;

use super::lifecycle::urgent;
use super::rows::{Row, line, lines_in};
use super::table::{Cell, Table, fitting};
use super::tone::Tone;

use crate::cli::terminal::columns_of_stdout;

/// What was seen besides the keys.
pub(crate) struct Seen<'a> {
    pub(crate) kms: &'a Kms,
    /// The alias by which one key was asked for: then KMS does not tell aliases.
    pub(crate) alias: Option<&'a str>,
    /// KMS's time.
    pub(crate) now: DateTime,
    pub(crate) unseen: &'a [NotSeen],
    pub(crate) expiring: Option<&'a [Expiring]>,
}

/// One key, with every key material and every Region.
pub(crate) fn one(key: &KeyStatus, other_regions: &[KeyStatus], seen: &Seen<'_>) -> String {
    let soon = |at: Option<&str>| urgent(seen.now, at);
    let plain = |name: &'static str, value: Option<String>| (name, value, None);
    let mut rows: Vec<Row<'_>> = vec![
        plain("key", Some(key.key_arn.to_string())),
        plain("spec", Some(key.key_spec.to_string())),
        plain("usage", Some(key.key_usage.to_string())),
        plain("state", Some(key.key_state.to_string())),
        plain("origin", Some(key.origin.to_string())),
        plain("description", Some(key.description.clone()).filter(|text| !text.is_empty())),
        ("expires", expires(key).map(str::to_owned), soon(expires(key))),
        plain("multi-Region", key.role.map(str::to_owned)),
        plain("rotations", key.rotations_left.map(|left| format!("{left} of {MOST_ROTATIONS} on demand are left"))),
    ];
    let of = |name: &'static str, one: &MaterialStatus| {
        let at = one.expires.filter(|_| one.is_imported()).map(rfc3339);
        (name, Some(material(one)), soon(at.as_deref()))
    };
    rows.extend(key.materials.iter().map(|one| of("material", one)));
    rows.push(plain("", seen.others_unknown(key)));
    for other in other_regions {
        let stands = format!("{}, {}, expires {}", other.key_arn, other.key_state, expires(other).unwrap_or("-"));
        rows.push((other.role.unwrap_or("replica"), Some(stands), soon(expires(other))));
        rows.extend(other.materials.iter().map(|one| of("", one)));
        rows.push(plain("", seen.others_unknown(other)));
    }
    rows.extend(seen.unseen().map(|(arn, why)| plain("not seen", Some(format!("{arn}: {why}")))));
    rows.push(plain("endpoint", seen.kms.endpoint().map(str::to_owned)));
    let rehearsal = seen.kms.seen_rehearsal().then(|| "yes: an embedded KMS, nothing is in AWS".to_owned());
    rows.push(plain("rehearsal", rehearsal));
    lines_in(&rows)
}

/// Many keys of a Region.
pub(crate) fn many(keys: &[KeyStatus], now: DateTime) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let rows = |short: bool, folded: bool| {
        let row = |key: &KeyStatus| {
            let expires = expires(key);
            let said =
                if folded { format!("expires {}", expires.unwrap_or("-")) } else { expires.unwrap_or("-").to_owned() };
            vec![
                Cell::new(names(key.aliases.as_deref())),
                Cell::new(if short { key.key_id.to_string() } else { key.key_arn.to_string() }),
                Cell::new(key.key_spec.to_string()),
                Cell::new(key.key_state.to_string()),
                Cell::in_tone(said, urgent(now, expires)),
            ]
        };
        let rows = keys.iter().map(row).collect();
        Table { titles: &["ALIAS", "KEY", "SPEC", "STATE", "EXPIRES"], rows }
    };
    fitting(
        columns_of_stdout(),
        [
            rows(false, false).flat(),
            rows(true, false).flat(),
            rows(true, true).folded(&[&[0, 1], &[2, 3, 4]]),
            rows(true, true).folded(&[&[0], &[1], &[2, 3], &[4]]),
        ],
    )
}

impl Seen<'_> {
    /// A line for each key of which nothing is known, with the reason.
    pub(crate) fn unseen_keys(&self) -> String {
        self.unseen().map(|(arn, why)| line(&format!("{arn}  not seen: {why}"))).collect()
    }

    /// What expires, or has expired.
    pub(crate) fn expiring(&self) -> String {
        let Some(expiring) = self.expiring else { return String::new() };
        if expiring.is_empty() {
            return "nothing expires in that time\n".to_owned();
        }
        let table = |short: bool| {
            let row = |one: &Expiring| {
                vec![
                    Cell::new(self.names(one)),
                    Cell::new(if short { self.short(&one.key_arn) } else { one.key_arn.to_string() }),
                    Cell::new(one.key_material_id.as_deref().unwrap_or("-")),
                    Cell::in_tone(one.ends(self.now), self.tone(one)),
                ]
            };
            let rows = expiring.iter().map(row).collect();
            Table { titles: &["ALIAS", "KEY", "KEY MATERIAL", "EXPIRES"], rows }
        };
        let (long, short) = (table(false), table(true));
        fitting(
            columns_of_stdout(),
            [long.flat(), short.flat(), short.folded(&[&[0, 3], &[1], &[2]]), short.folded(&[&[3], &[0], &[1], &[2]])],
        )
    }

    /// What is gone is past all urgency.
    fn tone(&self, one: &Expiring) -> Option<Tone> {
        match &one.expires {
            Some(at) => urgent(self.now, Some(at)),
            None => Some(Tone::Urgent),
        }
    }

    fn names(&self, one: &Expiring) -> String {
        let asked = self.alias.filter(|_| one.aliases.is_none() && one.key_arn.region() == self.kms.region());
        asked.map_or_else(|| names(one.aliases.as_deref()), str::to_owned)
    }

    /// The id, where that names the key in the Region that was asked.
    fn short(&self, arn: &KeyArn) -> String {
        if arn.region() == self.kms.region() { arn.id().to_string() } else { arn.to_string() }
    }

    /// The keys of which nothing is known, and why.
    fn unseen(&self) -> impl Iterator<Item = (&str, String)> {
        let keys = self.unseen.iter().filter(|one| one.operation == Operation::DescribeKey);
        keys.filter_map(|one| Some((one.key_arn.as_deref()?, one.why())))
    }

    /// Why there may be more key materials than are shown.
    fn others_unknown(&self, key: &KeyStatus) -> Option<String> {
        let mut lists = self.unseen.iter().filter(|one| one.operation == Operation::ListKeyRotations);
        let one = lists.find(|one| one.key_arn.as_deref() == Some(key.key_arn.as_str()))?;
        Some(format!("others are not known: {}", one.why()))
    }
}

fn expires(key: &KeyStatus) -> Option<&str> {
    (key.key_state != KeyState::PendingImport && key.origin == Origin::External)
        .then(|| key.expires.as_deref().unwrap_or("never"))
}

/// `ID: current, imported, never expires, "from the safe"`
fn material(material: &MaterialStatus) -> String {
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

fn names(aliases: Option<&[String]>) -> String {
    let aliases = aliases.unwrap_or_default();
    if aliases.is_empty() { "-".to_owned() } else { aliases.join(", ") }
}
