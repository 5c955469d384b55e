//! The record of a run, in the lines that its text has.

use serde_json::Value;

use super::answer::{ROWS, lines_of, proof};
use super::failure::failure;

/// How the lines begin that a record has, too: first what it says of no replica.
pub(super) const RECORDED: [&str; 18] = [
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
pub(super) const OF_THE_KEY: usize = 14;
pub(super) const RECORDED_OF_A_FAILURE: [&str; 10] = [
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
pub(super) fn answer_recorded(record: &Value) -> Vec<String> {
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
pub(super) fn failure_recorded(record: &Value) -> Vec<String> {
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
