//! What KMS says about the key, against what the files are for.

use super::answer::Key;
use super::causes::KeyCause;
use super::finding::Findings;
use super::hand::Hand;
use crate::kms::{KeyDescription, Origin};

pub(super) fn examine(hand: &Hand, findings: &mut Findings) {
    match &hand.key {
        Key::Described(key) => judge(key, hand, findings),
        Key::NotFound { key, region } => {
            findings.certain(KeyCause::NotFound { key: key.clone(), region: region.clone() });
        }
        Key::NotAsked | Key::Elsewhere { .. } | Key::Unreachable(_) => {}
    }
}

fn judge(key: &KeyDescription, hand: &Hand, findings: &mut Findings) {
    let arn = key.arn.clone();
    if key.origin != Origin::External {
        return findings.certain(KeyCause::NotExternal { arn, origin: key.origin });
    }
    if !key.state.takes_material() {
        findings.certain(KeyCause::State { arn: arn.clone(), state: key.state });
    }
    let of_set = hand.claims.as_ref().and_then(|claims| claims.spec);
    for (what, asked) in [("key spec of the parameters", of_set), ("key spec asked for", hand.named.spec)] {
        if let Some(asked) = asked
            && key.spec != asked
        {
            let found = key.spec.clone();
            findings.certain(KeyCause::Spec { arn: arn.clone(), found, what, asked });
        }
    }
}
