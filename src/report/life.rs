//! Rotations and replicas as text.

use kms_byok::lifecycle::{MOST_ROTATIONS, Report};

use super::{line, lines, proof_lines};

/// What a rotation has come to.
pub(super) fn rotation(report: &Report) -> String {
    let Some(rotation) = &report.rotation else { return String::new() };
    lines(&[
        ("before", rotation.previous_key_material_id.clone()),
        ("rotated", Some(if rotation.rotated { "yes" } else { "no" }.to_owned())),
        ("left", rotation.rotations_left.map(|left| format!("{left} of {MOST_ROTATIONS} on-demand rotations"))),
    ])
}

/// Each replica with what was proven about it.
pub(super) fn replicas(report: &Report) -> String {
    let mut text = String::new();
    for replica in &report.replicas {
        text.push_str(&line(&format!("replica in {}", replica.region)));
        let done = match (replica.created, replica.imported) {
            (true, _) => "made and imported into",
            (false, true) => "imported into",
            (false, false) => "unchanged",
        };
        text.push_str(&lines(&[
            ("key", Some(replica.key_arn.clone())),
            ("alias", replica.alias.clone()),
            ("state", Some(replica.key_state.clone())),
            ("material", replica.key_material_id.clone()),
            ("expires", Some(replica.expires.clone().unwrap_or_else(|| "never".to_owned()))),
            ("this run", Some(done.to_owned())),
        ]));
        if let Some(proof) = &replica.proof {
            text.push_str(&proof_lines(proof));
        }
    }
    text
}

/// What exists in other Regions after a failure.
pub(super) fn standing(report: &Report) -> String {
    let mut text = String::new();
    for replica in &report.replicas {
        let what = if replica.created { "made by this run" } else { "that was there" };
        text.push_str(&line(&format!("exists: replica {}, {}, {what}", replica.key_arn, replica.key_state)));
    }
    if let Some(rotation) = report.rotation.as_ref().filter(|rotation| !rotation.rotated)
        && let Some(id) = &rotation.new_key_material_id
    {
        let begun = if rotation.begun { "and its rotation has begun" } else { "and waits for rotation" };
        text.push_str(&line(&format!("exists: key material {id} in the key, {begun}")));
    }
    text
}
