//! The JSON of a run that ended well, in the lines that its text has.

use serde_json::Value;

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn yes_or_no(value: &Value) -> Option<String> {
    value.as_bool().map(|yes| if yes { "yes" } else { "no" }.to_owned())
}

/// A label, and its value in the JSON of a verb.
type Row = (&'static str, fn(&Value) -> Option<String>);

/// The files that hold key material in plaintext, where the run had some.
pub(super) fn plaintext(value: &Value) -> Option<String> {
    let files: Vec<&str> = value["files"].as_array()?.iter().filter_map(Value::as_str).collect();
    Some(if files.is_empty() { "in no file that this run has read or written".to_owned() } else { files.join(", ") })
}

pub(super) fn backup(value: &Value) -> Option<String> {
    value.as_object()?;
    let none = "no encrypted one that this run has made or read";
    Some(match text(&value["encrypted_backup"]) {
        Some(file) => format!("{file}, encrypted"),
        None if value["remove"].is_null() => none.to_owned(),
        None => format!("{none}: without the plaintext, only KMS has the key"),
    })
}

pub(super) const ROWS: &[Row] = &[
    ("key", |report| text(&report["key_arn"])),
    ("alias", |report| text(&report["alias"])),
    ("previous", |report| text(&report["previous_key_arn"])),
    ("spec", |report| text(&report["key_spec"])),
    ("usage", |report| text(&report["key_usage"])),
    ("state", |report| text(&report["key_state"])),
    ("wrapped", |report| {
        Some(format!("{} with {}", text(&report["wrapping_algorithm"])?, text(&report["wrapping_key_spec"])?))
    }),
    ("material", |report| text(&report["key_material_id"])),
    ("expires", |report| {
        let filled = report["key_state"] != "PendingImport";
        filled.then(|| text(&report["expires"]).unwrap_or_else(|| "never".to_owned()))
    }),
    ("changed", |report| yes_or_no(&report["changed"])),
    ("kept", |report| text(&report["kept"])),
    ("escrow", |report| text(&report["escrow"])),
    ("plaintext", |report| plaintext(&report["plaintext"])),
    ("backup", |report| report["escrow"].is_null().then(|| backup(&report["plaintext"])).flatten()),
    ("remove", |report| text(&report["plaintext"]["remove"])),
    ("SHA-256", |report| text(&report["public_key"]["fingerprints"]["spki_sha256"])),
    ("", |report| Some(format!("{} in base64", text(&report["public_key"]["fingerprints"]["spki_sha256_base64"])?))),
    ("SSH", |report| text(&report["public_key"]["fingerprints"]["ssh_sha256"])),
    ("kid", |report| text(&report["public_key"]["jwk"]["kid"])),
    ("endpoint", |report| text(&report["endpoint"])),
    ("rehearsal", |report| (report["rehearsal"] == true).then(|| "yes: an embedded KMS, nothing is in AWS".to_owned())),
    ("before", |report| text(&report["rotation"]["previous_key_material_id"])),
    ("rotated", |report| yes_or_no(&report["rotation"]["rotated"])),
    ("left", |report| Some(format!("{} of 25 on-demand rotations", text(&report["rotation"]["rotations_left"])?))),
];

const OF_WRAP: &[Row] = &[
    ROWS[0],
    ROWS[3],
    ROWS[6],
    ("public key SHA-256", |report| text(&report["public_key_sha256"])),
    ("file", |report| Some(format!("{}, {} bytes", text(&report["out"])?, report["bytes"]))),
    ROWS[10],
    ROWS[11],
    ("rehearsal", |report| {
        (report["rehearsal"] == true).then(|| "yes: the parameters are of an embedded KMS".to_owned())
    }),
];

const OF_PARAMETERS: &[Row] = &[
    ROWS[0],
    ROWS[3],
    ("wrapping", ROWS[6].1),
    OF_WRAP[3],
    ("valid until", |report| text(&report["valid_to"])),
    ("directory", |report| text(&report["dir"])),
    ROWS[19],
    ROWS[20],
];

const OF_DELETION: &[Row] =
    &[ROWS[0], ROWS[7], ROWS[5], ROWS[9], ROWS[19], ROWS[20], ("bring back", |report| text(&report["restore"]))];

const OF_VERIFICATION: &[Row] = &[ROWS[0], ROWS[3], ROWS[5], ROWS[19], ROWS[20]];

pub(super) fn lines_of(rows: &[Row], report: &Value) -> Vec<String> {
    let line = |(label, value): &Row| Some(format!("{label} {}", value(report)?).trim_start().to_owned());
    rows.iter().filter_map(line).collect()
}

/// The answer of a verb as its text has it.
pub fn answer(verb: &str, report: &Value) -> Vec<String> {
    let rows = match verb {
        "get-parameters" => OF_PARAMETERS,
        "wrap" => OF_WRAP,
        "delete-material" => OF_DELETION,
        "verify" => OF_VERIFICATION,
        _ => ROWS,
    };
    let mut lines = lines_of(rows, report);
    lines.extend(proof(&report["proof"]));
    lines.extend(alias_rotation(report));
    for replica in report["replicas"].as_array().into_iter().flatten() {
        lines.push(format!("replica in {}", replica["region"].as_str().unwrap_or_default()));
        lines.extend(lines_of(&[ROWS[0], ROWS[1], ROWS[5], ROWS[7]], replica));
        lines.push(format!("expires {}", text(&replica["expires"]).unwrap_or_else(|| "never".to_owned())));
        let done = match (&replica["created"], &replica["imported"]) {
            (Value::Bool(true), _) => "made and imported into",
            (_, Value::Bool(true)) => "imported into",
            _ => "unchanged",
        };
        lines.push(format!("this run {done}"));
        lines.extend(proof(&replica["proof"]));
    }
    for leftover in report["leftovers"].as_array().into_iter().flatten() {
        let say = |name: &str| leftover[name].as_str().unwrap_or_default();
        lines.push(format!("left over {}; remove it with: {}", say("key_arn"), say("remove")));
    }
    lines
}

/// What a rotation by alias has come to.
fn alias_rotation(report: &Value) -> Vec<String> {
    let rotation = &report["alias_rotation"];
    let Some(alias) = text(&rotation["alias"]) else { return Vec::new() };
    let (moved, back) = (rotation["moved"] == true, rotation["rolled_back"] == true);
    let note = match (back, report["public_key"].is_null()) {
        (false, false) => "whoever verifies must know the new public key already",
        (false, true) => "what the old key computed, the old key alone verifies",
        (true, false) => "what the previous key has signed is verified with the previous public key",
        (true, true) => "what the previous key has computed, the previous key alone verifies",
    };
    let mut lines = match (moved, back) {
        (true, false) => vec![format!("moved {alias} points to the new key"), format!("note {note}")],
        (true, true) => {
            vec![format!("moved back: {alias} points to the key that it pointed to before"), format!("note {note}")]
        }
        (false, _) => vec![format!("moved no: {alias} points to the previous key")],
    };
    let used = &rotation["last_use"];
    let say = |name: &str| used[name].as_str().unwrap_or_default();
    match (used.is_null(), used["at"].is_null()) {
        (true, _) => {}
        (false, false) => lines.push(format!("last use of the previous key: {} at {}", say("operation"), say("at"))),
        (false, true) => lines.push(format!("last use of the previous key: none since {}", say("tracked_since"))),
    }
    lines.extend(text(&rotation["disable"]).map(|command| format!("disable {command}")));
    if let Some(command) = text(&rotation["enable"]) {
        lines.extend(["disabled the previous key".to_owned(), format!("enable {command}")]);
    }
    lines.extend(text(&report["next"]).map(|next| format!("next {next}")));
    lines
}

pub(super) fn proof(proof: &Value) -> Vec<String> {
    if proof.is_null() {
        return Vec::new();
    }
    let outcome = match proof["outcome"].as_str().unwrap_or_default() {
        "not_permitted" => "not permitted",
        "not_compared" => "as far as it was compared",
        "skipped" => "not asked for",
        other => other,
    };
    let mut lines = vec![format!("proof: {outcome}")];
    let sentences = |outcomes: &[&str], mark: &str| -> Vec<String> {
        let items = proof["items"].as_array().into_iter().flatten();
        let items = items.filter(|item| outcomes.iter().any(|outcome| item["outcome"] == *outcome));
        items.map(|item| format!("{mark} {}", item["text"].as_str().unwrap_or_default())).collect()
    };
    lines.extend(sentences(&["proven"], "+"));
    lines.extend(sentences(&["not_compared", "not_permitted"], "- not proven:"));
    lines.extend(sentences(&["contradicted"], "!"));
    lines
}
