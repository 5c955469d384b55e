//! Text, JSON and record of a run say the same: what each says is brought into the lines that the text has.

use serde_json::Value;

use super::Run;

/// What a run has printed, and how it ended.
pub struct Printed {
    /// Nothing where it was killed.
    pub code: Option<i32>,
    pub next: Option<String>,
    pub hint: Option<String>,
    /// The file that it names for the bytes.
    pub named: Option<String>,
    /// The commands that bring deleted key material back.
    pub restore: Option<String>,
    /// There is a record of it.
    recorded: bool,
    /// All that it says in the end.
    lines: Vec<String>,
}

/// Reads what a run has printed; its forms must agree.
pub fn read(command: &str, run: Option<&Run>, record: Option<Value>) -> Result<Printed, String> {
    // Of two commands in one line the second tells how it ends.
    let last = command.rsplit(" && ").next().unwrap_or_default();
    let verb = last.split(' ').nth(1).unwrap_or_default();
    let Some(run) = run else {
        return match record.is_some_and(|record| !record["exit"].is_null()) {
            true => Err("the record of a run that was killed has an end".to_owned()),
            false => Ok(printed(None, Vec::new())),
        };
    };
    let is_json = command.contains("--output json");
    let report: Value = match is_json {
        true => {
            let objects = serde_json::Deserializer::from_str(&run.stdout).into_iter::<Value>();
            let object = objects.last().ok_or_else(|| format!("no JSON: {}", run.stderr))?;
            object.map_err(|error| format!("{error}: {}", run.stdout))?
        }
        false => Value::Null,
    };
    let answered = matches!(run.code, Some(0)) || report["error"].is_null() && !run.stderr.contains("error: ");
    let text: Vec<String> = if answered { last_answer(&run.stdout) } else { end_of(&run.stderr) };
    let lines = match (answered, is_json) {
        // Another verb than those that change a key: it has a form of its own.
        (true, _) if verb == "status" => Vec::new(),
        (true, true) => answer(verb, &report),
        (true, false) => text,
        (false, true) => {
            let lines = failure(&report);
            agree("JSON", &lines, "text", &text)?;
            lines
        }
        (false, false) => text,
    };
    let has_record = record.is_some();
    if let Some(record) = record {
        let recorded = if answered { answer_recorded(&record) } else { failure_recorded(&record) };
        let told = |lines: &[String]| -> Vec<String> {
            let replicas = lines.iter().position(|line| line.starts_with("replica in ")).unwrap_or(lines.len());
            let known = |at: usize| match answered {
                true if at > replicas => &RECORDED[OF_THE_KEY..],
                true => &RECORDED[..],
                false => &RECORDED_OF_A_FAILURE[..],
            };
            let told =
                lines.iter().enumerate().filter(|(at, line)| known(*at).iter().any(|begin| line.starts_with(begin)));
            told.map(|(_, line)| line.clone()).collect()
        };
        agree("print", &told(&lines), "record", &recorded)?;
        if record["exit"]["code"].as_i64() != run.code.map(i64::from) {
            return Err(format!("it ended with {:?}, and the record says {}", run.code, record["exit"]));
        }
    }
    Ok(Printed { recorded: has_record, ..printed(run.code, lines) })
}

fn printed(code: Option<i32>, lines: Vec<String>) -> Printed {
    let said = |begin: &str| lines.iter().find_map(|line| line.strip_prefix(begin)).map(str::to_owned);
    Printed {
        code,
        next: said("next: "),
        hint: said("hint: "),
        named: said("kept ").or(said("escrow ")),
        restore: said("bring back "),
        recorded: false,
        lines,
    }
}

pub fn agree(one: &str, lines: &[String], other: &str, others: &[String]) -> Result<(), String> {
    match lines == others {
        true => Ok(()),
        false => Err(format!("{one} says\n  {}\nand {other}\n  {}", lines.join("\n  "), others.join("\n  "))),
    }
}

pub fn single_spaced(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The last answer as text: each begins with the key.
fn last_answer(stdout: &str) -> Vec<String> {
    let lines = single_spaced(stdout);
    let replicas = lines.iter().position(|line| line.starts_with("replica in ")).unwrap_or(lines.len());
    let begin = lines[..replicas].iter().rposition(|line| line.starts_with("key ")).unwrap_or_default();
    lines[begin..].to_vec()
}

/// The report of a failure as text, without what `diagnose` adds to a refused import.
fn end_of(stderr: &str) -> Vec<String> {
    let beside = ["certain (", "likely (", "possible (", "fix: ", "not known (", "find out: "];
    let lines = single_spaced(stderr).into_iter().skip_while(|line| !line.starts_with("error: "));
    lines.filter(|line| beside.iter().all(|begin| !line.starts_with(begin))).collect()
}

fn text(value: &Value) -> Option<String> {
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
fn plaintext(value: &Value) -> Option<String> {
    let files: Vec<&str> = value["files"].as_array()?.iter().filter_map(Value::as_str).collect();
    Some(if files.is_empty() { "in no file that this run has read or written".to_owned() } else { files.join(", ") })
}

fn backup(value: &Value) -> Option<String> {
    value.as_object()?;
    let none = "no encrypted one that this run has made or read";
    Some(match text(&value["encrypted_backup"]) {
        Some(file) => format!("{file}, encrypted"),
        None if value["remove"].is_null() => none.to_owned(),
        None => format!("{none}: without the plaintext, only KMS has the key"),
    })
}

const ROWS: &[Row] = &[
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

fn lines_of(rows: &[Row], report: &Value) -> Vec<String> {
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

fn proof(proof: &Value) -> Vec<String> {
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

/// The report of a failure as its text has it.
pub fn failure(report: &Value) -> Vec<String> {
    let error = &report["error"];
    let mut lines: Vec<String> = [("error", "cause"), ("because", "because"), ("hint", "hint")]
        .iter()
        .filter_map(|(label, name)| Some(format!("{label}: {}", text(&error[name])?)))
        .collect();
    lines.extend(in_doubt(&report["in_doubt"]));
    let exists = report["exists"].as_array().into_iter().flatten();
    lines.extend(exists.map(|one| format!("exists: {}", one["text"].as_str().unwrap_or_default())));
    lines.extend(left_over(&report["leftovers"]));
    let at_hand = &report["plaintext"];
    // Of key material that is in no file nothing is said.
    if at_hand["files"] != serde_json::json!([]) || !at_hand["encrypted_backup"].is_null() {
        lines.extend(plaintext(at_hand).map(|files| format!("plaintext: {files}")));
        lines.extend(backup(at_hand).map(|file| format!("backup: {file}")));
    }
    lines.extend(text(&report["plaintext"]["remove"]).map(|remove| format!("remove: {remove}")));
    lines.extend(text(&report["next"]).map(|next| format!("next: {next}")));
    lines
}

fn in_doubt(call: &Value) -> Option<String> {
    Some(format!("unknown: whether {} took effect; its reply was not seen", text(call)?))
}

fn left_over(leftovers: &Value) -> Vec<String> {
    let leftovers = leftovers.as_array().into_iter().flatten();
    let line = |leftover: &Value| {
        let say = |name: &str| leftover[name].as_str().unwrap_or_default();
        format!("left over: key {}; remove it with: {}", say("key_arn"), say("remove"))
    };
    leftovers.map(line).collect()
}

/// How the lines begin that a record has, too: first what it says of no replica.
const RECORDED: [&str; 18] = [
    "key ",
    "alias ",
    "spec ",
    "usage ",
    "state ",
    "material ",
    "expires ",
    "changed ",
    "kept ",
    "escrow ",
    "plaintext ",
    "backup ",
    "remove ",
    "rehearsal ",
    "proof: ",
    "+ ",
    "- ",
    "! ",
];
const OF_THE_KEY: usize = 14;
const RECORDED_OF_A_FAILURE: [&str; 10] = [
    "error: ",
    "because: ",
    "hint: ",
    "unknown: ",
    "exists: ",
    "left over: ",
    "plaintext: ",
    "backup: ",
    "remove: ",
    "next: ",
];

/// What the record of a run that ended well says.
fn answer_recorded(record: &Value) -> Vec<String> {
    let key = &record["key"];
    let mut report = serde_json::json!({
        "key_arn": key["key_arn"],
        "alias": key["alias"],
        "key_spec": key["key_spec"],
        "key_usage": key["key_usage"],
        "key_state": key["key_state"],
        "key_material_id": key["key_material_id"],
        "expires": key["expires"],
        "changed": record["exit"]["changed"],
        "kept": record["kept"],
        "escrow": record["escrow"],
        "plaintext": record["plaintext"],
        "rehearsal": record["rehearsal"],
    });
    let mut lines = lines_of(ROWS, &report);
    report["proofs"] = record["proofs"].clone();
    lines.extend(report["proofs"].as_array().into_iter().flatten().flat_map(proof));
    lines
}

/// What the record of a run that failed says.
fn failure_recorded(record: &Value) -> Vec<String> {
    let exit = &record["exit"];
    // Where nothing has changed, only the error is told.
    let partial = exit["code"] == 3 || exit["changed"] == true || exit["in_doubt"].is_string();
    failure(&serde_json::json!({
        "error": exit["error"],
        "in_doubt": exit["in_doubt"],
        "exists": exit["exists"],
        "next": exit["next"],
        "leftovers": if partial { record["leftovers"].clone() } else { Value::Null },
        "plaintext": if partial { record["plaintext"].clone() } else { Value::Null },
    }))
}

/// The two forms of a run say the same, but for what differs from run to run. Where there is a record, each was compared with that.
pub fn compare(text: &Printed, json: &Printed, alike: impl Fn(&str) -> String) -> Result<(), String> {
    if text.recorded || text.code != Some(0) {
        return Ok(());
    }
    let plain = |printed: &Printed| -> Vec<String> { printed.lines.iter().map(|line| alike(line)).collect() };
    agree("text", &plain(text), "JSON", &plain(json))
}
