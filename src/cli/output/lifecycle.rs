//! The account of a run as text.

use aws_smithy_types::DateTime;
use kms_byok::kms::KeyState;
use kms_byok::lifecycle::{MOST_ROTATIONS, Plaintext, Report};
use kms_byok::proof::{Finding, Outcome, Proof};
use kms_byok::public_key::KeptJwks;
use kms_byok::time;

use super::rows::{Row, line, lines, lines_in};
use super::tone::{Tone, toned};

/// The text answer of `provision`, `create-key` and `import`.
pub(crate) fn account(report: &Report) -> String {
    let wrapping = report.wrapping_algorithm.map(|algorithm| {
        format!("{algorithm} with {}", report.wrapping_key_spec.unwrap_or("a wrapping key of unknown size"))
    });
    let material = report.key_state != Some(KeyState::PendingImport);
    let fingerprints = report.public_key.as_ref().map(|forms| &forms.fingerprints);
    let rows = [
        ("key", report.key_arn.as_ref().map(ToString::to_string)),
        ("alias", report.alias.clone()),
        ("previous", report.previous_key_arn.as_ref().map(ToString::to_string)),
        ("spec", report.key_spec.as_ref().map(ToString::to_string)),
        ("usage", report.key_usage.as_ref().map(ToString::to_string)),
        ("state", report.key_state.map(|state| state.to_string())),
        ("wrapped", wrapping),
        ("material", report.key_material_id.clone()),
        ("expires", material.then(|| report.expires.clone().unwrap_or_else(|| "never".to_owned()))),
        ("changed", Some(if report.changed { "yes" } else { "no" }.to_owned())),
        ("kept", report.kept.as_ref().map(|path| path.display().to_string())),
        ("escrow", report.escrow.as_ref().map(|path| path.display().to_string())),
        ("token", report.token.as_ref().map(ToString::to_string)),
        ("backup", report.token.as_ref().map(|_| TOKEN.to_owned())),
        ("plaintext", report.plaintext.as_ref().map(files)),
        ("backup", report.plaintext.as_ref().filter(|_| report.escrow.is_none()).map(backup)),
        ("remove", report.plaintext.as_ref().and_then(|plaintext| plaintext.remove.clone())),
        ("SHA-256", fingerprints.map(|prints| prints.spki_sha256.clone())),
        ("", fingerprints.map(|prints| format!("{} in base64", prints.spki_sha256_base64))),
        ("SSH", fingerprints.and_then(|prints| prints.ssh_sha256.clone())),
        ("kid", report.public_key.as_ref().map(|forms| forms.jwk.kid().to_owned())),
        ("endpoint", report.endpoint.clone()),
        ("rehearsal", report.rehearsal.then(|| "yes: an embedded KMS, nothing is in AWS".to_owned())),
    ];
    let rows: Vec<Row<'_>> = rows.into_iter().chain(rotation(report).into_iter().flatten()).map(with_tone).collect();
    let mut text = lines_in(&rows);
    if let Some(proof) = &report.proof {
        text.push_str(&proof_lines(proof));
    }
    text.push_str(&alias_rotation(report));
    text.push_str(&replicas(report));
    for leftover in &report.leftovers {
        text.push_str(&line(&format!("left over  {}; remove it with: {}", leftover.key_arn, leftover.remove)));
    }
    text
}

/// Of a key in a token.
const TOKEN: &str = "the token: KMS gives no key back, and from there it can be imported again";

/// The files that hold key material in plaintext.
fn files(plaintext: &Plaintext) -> String {
    let names: Vec<String> = plaintext.files.iter().map(|file| file.display().to_string()).collect();
    if names.is_empty() { "in no file that this run has read or written".to_owned() } else { names.join(", ") }
}

/// Whether an encrypted backup is known.
fn backup(plaintext: &Plaintext) -> String {
    let none = "no encrypted one that this run has made or read";
    match (&plaintext.encrypted_backup, &plaintext.remove) {
        (Some(file), _) => format!("{}, encrypted", file.display()),
        (None, Some(_)) => format!("{none}: without the plaintext, only KMS has the key"),
        (None, None) => none.to_owned(),
    }
}

/// What a rotation has come to.
fn rotation(report: &Report) -> Option<[(&'static str, Option<String>); 3]> {
    let rotation = report.rotation.as_ref()?;
    Some([
        ("before", rotation.previous_key_material_id.clone()),
        ("rotated", Some(if rotation.rotated { "yes" } else { "no" }.to_owned())),
        ("left", rotation.rotations_left.map(|left| format!("{left} of {MOST_ROTATIONS} on-demand rotations"))),
    ])
}

/// What a rotation by alias has come to, and what is left for people to do.
fn alias_rotation(report: &Report) -> String {
    let Some(rotation) = &report.alias_rotation else { return String::new() };
    let verify = report.public_key.is_some();
    // A key that has the bytes at hand may never have been the new one.
    let is_successor = report.previous_key_arn.is_some();
    let note = match (rotation.moved, verify, rotation.rolled_back) {
        _ if !is_successor => None,
        (true, true, false) => Some("whoever verifies must know the new public key already"),
        (true, false, false) => Some("what the old key computed, the old key alone verifies"),
        (true, true, true) => Some("what the previous key has signed is verified with the previous public key"),
        (true, false, true) => Some("what the previous key has computed, the previous key alone verifies"),
        (false, ..) => None,
    };
    let moved = match (rotation.moved, rotation.rolled_back) {
        (true, false) if !is_successor => {
            format!("{} points to this key, and no key before it is known", rotation.alias)
        }
        (true, false) => format!("{} points to the new key", rotation.alias),
        (true, true) => format!("back: {} points to the key that it pointed to before", rotation.alias),
        (false, _) => format!("no: {} points to the previous key", rotation.alias),
    };
    let others = rotation.other_aliases.as_ref().filter(|others| !others.is_empty()).map(|others| others.join(", "));
    let last_use = rotation.last_use.as_ref().map(|last| match (&last.operation, &last.at) {
        (Some(operation), Some(at)) => format!("of the previous key: {operation} at {at}"),
        _ => format!("of the previous key: none since {}", last.tracked_since),
    });
    let jwks = (!rotation.jwks.is_empty()).then(|| serde_json::json!({ "keys": rotation.jwks }).to_string());
    let mut text = lines(&[
        ("moved", Some(moved)),
        ("not moved", others.map(|others| format!("{others} points to the previous key too"))),
        ("note", note.map(str::to_owned)),
        ("last use", last_use),
        ("disable", rotation.disable.clone()),
        ("disabled", rotation.enable.as_ref().map(|_| "the previous key".to_owned())),
        ("enable", rotation.enable.clone()),
        ("JWK Set", jwks),
        ("JWK Set", rotation.jwks_file.as_ref().map(kept_jwks)),
        ("next", report.next.clone()),
    ]);
    if !rotation.moved {
        text.push_str(report.public_key.as_ref().map_or("", |forms| forms.pem.as_str()));
    }
    text
}

/// What became of the file with a JWK Set.
pub(crate) fn kept_jwks(jwks: &KeptJwks) -> String {
    let others = jwks.kids.len().saturating_sub(1);
    let state = if jwks.changed { "written" } else { "unchanged" };
    format!("{} {state}: this key, and {others} more", jwks.file.display())
}

/// Each replica with what was proven about it.
fn replicas(report: &Report) -> String {
    let mut text = String::new();
    for replica in &report.replicas {
        text.push_str(&line(&format!("replica in {}", replica.region)));
        let done = match (replica.created, replica.imported) {
            (true, _) => "made and imported into",
            (false, true) => "imported into",
            (false, false) => "unchanged",
        };
        let rows = [
            ("key", Some(replica.key_arn.to_string())),
            ("alias", replica.alias.clone()),
            ("state", Some(replica.key_state.to_string())),
            ("material", replica.key_material_id.clone()),
            ("expires", Some(replica.expires.clone().unwrap_or_else(|| "never".to_owned()))),
            ("this run", Some(done.to_owned())),
        ];
        text.push_str(&lines_in(&rows.map(with_tone)));
        if let Some(proof) = &replica.proof {
            text.push_str(&proof_lines(proof));
        }
    }
    text
}

/// A proof as sentences.
pub(crate) fn proof_lines(proof: &Proof) -> String {
    let (tone, outcome) = match proof.outcome() {
        Outcome::Proven => (Tone::Good, "proven"),
        Outcome::NotPermitted => (Tone::Doubtful, "not permitted"),
        Outcome::Contradicted => (Tone::Bad, "contradicted"),
        Outcome::NotCompared => (Tone::Doubtful, "as far as it was compared"),
        Outcome::Skipped => (Tone::Doubtful, "not asked for"),
    };
    let mut text = format!("proof: {}\n", toned(Some(tone), outcome));
    let mut item =
        |tone, mark, sentence: &str| text.push_str(&format!("  {} {}", toned(Some(tone), mark), line(sentence)));
    for sentence in proof.proven() {
        item(Tone::Good, "+", sentence);
    }
    for sentence in proof.not_proven() {
        item(Tone::Doubtful, "-", &format!("not proven: {sentence}"));
    }
    for contradiction in proof.items().iter().filter(|item| item.outcome == Finding::Contradicted) {
        item(Tone::Bad, "!", &contradiction.text);
    }
    text
}

/// A row with its tone: an expiry has one.
fn with_tone((name, value): (&str, Option<String>)) -> Row<'_> {
    let tone = urgent(time::now(), value.as_deref().filter(|_| name == "expires"));
    (name, value, tone)
}

/// The tone of an expiry: one within a week, or past, stands out.
pub(crate) fn urgent(now: DateTime, expires: Option<&str>) -> Option<Tone> {
    const WEEK: i64 = 7 * 24 * 60 * 60;
    let at = time::parse(expires?).ok()?;
    (at.secs() - now.secs() < WEEK).then_some(Tone::Urgent)
}

/// What exists in AWS after a failure, and the command that completes it.
pub(crate) fn standing(report: &Report) -> String {
    let mut text = String::new();
    if let Some(operation) = report.in_doubt {
        text.push_str(&line(&format!("unknown: whether {operation} took effect; its reply was not seen")));
    }
    for exists in report.exists() {
        text.push_str(&line(&format!("exists: {}", exists.text)));
    }
    for leftover in &report.leftovers {
        text.push_str(&line(&format!("left over: key {}; remove it with: {}", leftover.key_arn, leftover.remove)));
    }
    let known = |plaintext: &&Plaintext| !plaintext.files.is_empty() || plaintext.encrypted_backup.is_some();
    if let Some(plaintext) = report.plaintext.as_ref().filter(known) {
        text.push_str(&line(&format!("plaintext: {}", files(plaintext))));
        text.push_str(&line(&format!("backup: {}", backup(plaintext))));
        text.extend(plaintext.remove.iter().map(|remove| line(&format!("remove: {remove}"))));
    }
    if let Some(next) = &report.next {
        text.push_str(&line(&format!("next: {next}")));
    }
    text
}
