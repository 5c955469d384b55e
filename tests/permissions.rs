//! The least that each verb must be permitted, in `examples/iam`: exactly the calls that the embedded KMS saw.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "rehearsal")]

#[path = "support/policies.rs"]
mod policies;
mod support;

use std::collections::BTreeSet;

use policies::{Scene, calls_allowed_by};
use support::Bench;

/// A verb, its policy, and the runs that together make every call it can make. A run after `!` fails, because
/// its fault is struck. `{at}` stands for endpoint and Region, `{small}` for a
/// wrapping key besides that is made quickly.
struct Row {
    verb: &'static str,
    /// Runs that belong to the scene and are not looked at.
    before: &'static [&'static str],
    runs: &'static [&'static str],
    /// What goes wrong on purpose.
    fault: Option<&'static str>,
}

/// Every verb that speaks to KMS. A verb that is not here and not in OFFLINE fails the test.
const ROWS: &[Row] = &[
    Row { verb: "create-key", before: &[], runs: &["create-key {at} --alias alias/a"], fault: None },
    Row {
        verb: "get-parameters",
        before: &["create-key {at} --alias alias/a"],
        runs: &["get-parameters {at} --key-id alias/a --dir D --wrapping-key-spec RSA_2048"],
        fault: None,
    },
    Row {
        verb: "import",
        before: &[
            "create-key {at} --alias alias/a",
            "get-parameters {at} --key-id alias/a --dir a --wrapping-key-spec RSA_2048",
            "wrap --dir a --generate --discard",
            "create-key {at} --alias alias/m --key-spec HMAC_256",
            "get-parameters {at} --key-id alias/m --dir m --wrapping-key-spec RSA_2048",
            "wrap --dir m --generate --discard",
            "create-key {at} --alias alias/s --key-spec ECC_NIST_P256",
            "get-parameters {at} --key-id alias/s --dir s --wrapping-key-spec RSA_2048",
            "wrap --dir s --generate --discard",
            "create-key {at} --alias alias/d --key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT",
            "get-parameters {at} --key-id alias/d --dir d --wrapping-key-spec RSA_2048",
            "wrap --dir d --generate --discard",
        ],
        runs: &[
            "import {at} --dir a",
            "import {at} --dir m --expires-in 9d",
            "import {at} --dir s",
            "import {at} --dir d",
        ],
        fault: None,
    },
    Row {
        verb: "status",
        before: &["provision {small} --alias alias/a --generate --discard"],
        runs: &[
            "status {at} --key-id alias/a",
            "status {at} --alias-prefix alias/",
            "status {at} --expiring-within 30d",
        ],
        fault: None,
    },
    Row {
        verb: "verify",
        before: &[
            "provision {small} --alias alias/a --generate --keep a",
            "provision {small} --alias alias/m --key-spec HMAC_256 --generate --keep m",
            "provision {small} --alias alias/s --key-spec ECC_NIST_P256 --generate --keep s",
            "provision {small} --alias alias/d --key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT --generate --keep d",
        ],
        runs: &[
            "verify {at} --key-id alias/a --material a",
            "verify {at} --key-id alias/m --material m",
            "verify {at} --key-id alias/s --material s",
            "verify {at} --key-id alias/d --material d",
        ],
        fault: None,
    },
    Row {
        verb: "provision",
        before: &["create-key {at} --alias alias/a"],
        runs: &[
            "provision {small} --alias alias/a --generate --discard",
            "provision {small} --alias alias/m --key-spec HMAC_256 --generate --discard",
            "provision {small} --alias alias/s --key-spec RSA_2048 --generate --discard",
            "provision {small} --alias alias/d --key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT --generate --discard",
        ],
        fault: None,
    },
    Row {
        verb: "doctor",
        before: &[
            "create-key {at} --alias alias/a",
            "provision {small} --alias alias/s --key-spec ECC_NIST_P256 --generate --discard",
        ],
        runs: &["doctor {at} --online --key-id alias/a", "doctor {at} --online --key-id alias/s"],
        fault: None,
    },
    Row {
        verb: "rotate",
        before: &[
            "provision {small} --alias alias/a --multi-region --generate --keep one",
            "replicate {small} --key-id alias/a --to eu-west-1 --material one",
        ],
        runs: &["rotate {small} --key-id alias/a --generate --discard"],
        fault: None,
    },
    Row {
        verb: "replicate",
        before: &[
            "provision {small} --alias alias/a --multi-region --generate --keep one",
            "provision {small} --alias alias/m --key-spec HMAC_256 --multi-region --generate --keep m",
            "provision {small} --alias alias/s --key-spec ECC_NIST_P256 --multi-region --generate --keep s",
            "provision {small} --alias alias/d --key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT --multi-region --generate --keep d",
            // A replica is left without key material, and whoever completes it reads its policy first.
            "! replicate {small} --key-id alias/a --to eu-west-1 --material one",
        ],
        runs: &[
            "replicate {small} --key-id alias/a --to eu-west-1 --material one --alias alias/a",
            "replicate {small} --key-id alias/m --to eu-west-1 --material m",
            "replicate {small} --key-id alias/s --to eu-west-1 --material s",
            "replicate {small} --key-id alias/d --to eu-west-1 --material d",
        ],
        fault: Some("ImportKeyMaterial:5:error=AccessDeniedException"),
    },
    Row {
        verb: "delete-material",
        before: &["provision {small} --alias alias/a --generate --discard"],
        runs: &["delete-material {at} --key-id alias/a --yes"],
        fault: None,
    },
    Row {
        verb: "diagnose",
        before: &[
            "create-key {at} --alias alias/a",
            "get-parameters {at} --key-id alias/a --dir D --wrapping-key-spec RSA_2048",
            "wrap --dir D --generate --discard",
        ],
        runs: &["diagnose {at} --dir D --key-id alias/a"],
        fault: None,
    },
];

/// Verbs that speak to nobody, and the embedded KMS itself.
const OFFLINE: &[&str] = &["generate", "wrap", "recipe", "completions", "man", "rehearsal"];

#[test]
fn each_verb_calls_exactly_what_its_policy_allows() {
    for row in ROWS {
        let scene = Scene::with_fault(row.fault);
        row.before.iter().for_each(|line| scene.run(line));
        let before = scene.calls().len();
        row.runs.iter().for_each(|line| scene.run(line));
        let seen: BTreeSet<String> = scene.calls().split_off(before).into_iter().collect();
        assert_eq!(seen, calls_allowed_by(row.verb), "left: what {} called; right: what its policy allows", row.verb);
    }
}

/// What `--find-lost`, and a run after a lost reply, ask besides.
#[test]
fn finding_a_lost_key_calls_exactly_what_its_policy_allows() {
    let scene = Scene::new();
    scene.run("create-key {at}");
    let before = scene.calls().len();
    scene.run("create-key {at} --alias alias/a --find-lost");
    let seen: BTreeSet<String> = scene.calls().split_off(before).into_iter().collect();
    let creating = calls_allowed_by("create-key");
    let finding = calls_allowed_by("find-lost");
    assert!(seen.is_subset(&creating.union(&finding).cloned().collect()), "{seen:?}");
    assert_eq!(seen.difference(&creating).cloned().collect::<BTreeSet<_>>(), &finding - &creating);
}

#[test]
fn every_verb_has_a_row() {
    let help = Bench::new().kms_byok("--help").succeeds().stdout.clone();
    let verbs = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for verb in verbs.map(|line| line.split_whitespace().next().unwrap()) {
        let known = ROWS.iter().map(|row| row.verb).chain(OFFLINE.iter().copied());
        assert!(
            known.into_iter().any(|known| known == verb),
            "{verb} has no row in this test and no policy in examples/iam"
        );
    }
}
