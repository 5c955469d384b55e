//! The JSON of a run that failed, in the lines that its text has.

use serde_json::Value;

use super::answer::{backup, plaintext, text};

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
