//! The text answer of `status`.

use kms_byok::lifecycle::{KeyStatus, MOST_ROTATIONS, Material};
use kms_byok::time::rfc3339;

use super::status::{Many, One, Rest};
use crate::report;

/// One key, with every key material and every Region.
pub(super) fn one(one: &One) -> String {
    let key = &one.key;
    let mut pairs = vec![
        ("key", Some(key.key_arn.clone())),
        ("spec", Some(key.key_spec.clone())),
        ("usage", Some(key.key_usage.clone())),
        ("state", Some(key.key_state.clone())),
        ("origin", Some(key.origin.clone())),
        ("description", Some(key.description.clone()).filter(|text| !text.is_empty())),
        ("expires", expires(key)),
        ("multi-Region", key.role.map(str::to_owned)),
        ("rotations", key.rotations_left.map(|left| format!("{left} of {MOST_ROTATIONS} on demand are left"))),
    ];
    pairs.extend(key.materials.iter().map(|material| ("material", Some(line(material)))));
    pairs.push((
        "",
        (!key.materials_complete).then(|| "others are not known: kms:ListKeyRotations is not permitted".to_owned()),
    ));
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
    }
    pairs.push(("endpoint", one.rest.endpoint.clone()));
    pairs.push(("rehearsal", one.rest.rehearsal.then(|| "yes: an embedded KMS, nothing is in AWS".to_owned())));
    report::lines(&pairs) + &matters(&one.rest)
}

/// A line for each key.
pub(super) fn many(many: &Many) -> String {
    let mut text = String::new();
    for key in &many.keys {
        let expires = expires(key).map_or(String::new(), |at| format!(", expires {at}"));
        let names = names(&key.aliases);
        text.push_str(&report::line(&format!("{}  {}, {}{expires}{names}", key.key_arn, key.key_spec, key.key_state)));
    }
    if many.keys.is_empty() {
        text.push_str(&format!("no key with imported key material in {}\n", many.region));
    }
    text + &matters(&many.rest)
}

fn expires(key: &KeyStatus) -> Option<String> {
    (key.key_state != "PendingImport" && key.origin == "EXTERNAL")
        .then(|| key.expires.clone().unwrap_or_else(|| "never".to_owned()))
}

/// `ID: current, imported, never expires, "from the safe"`
fn line(material: &Material) -> String {
    let mut words = Vec::new();
    words.push(match material.state.as_deref() {
        Some("CURRENT") | None => "current".to_owned(),
        Some("NON_CURRENT") => "earlier".to_owned(),
        Some("PENDING_ROTATION") => "waits for rotation".to_owned(),
        Some("PENDING_MULTI_REGION_IMPORT_AND_ROTATION") => "waits for import in every Region and rotation".to_owned(),
        Some(state) => state.to_owned(),
    });
    words.push(match material.import_state.as_deref() {
        Some("IMPORTED") => "imported".to_owned(),
        Some(_) => "not imported: never, expired or deleted".to_owned(),
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
    let line = |one: &kms_byok::lifecycle::Expiring| {
        let id = one.key_material_id.as_ref().map(|id| format!(" material {id}")).unwrap_or_default();
        report::line(&format!("! {}{}{id} {}", one.key_arn, names(&one.aliases), one.says(rest.now)))
    };
    expiring.iter().map(line).collect()
}

fn names(aliases: &[String]) -> String {
    if aliases.is_empty() { String::new() } else { format!(" ({})", aliases.join(", ")) }
}
