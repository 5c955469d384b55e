//! The least that each verb must be permitted, in `examples/iam`: exactly the calls that the embedded KMS saw.

use std::collections::BTreeSet;

use crate::support::Bench;
use crate::support::policies::{Scene, calls_allowed_by};

/// A verb, its policy, and the runs that together make every call it can make. A run after `!` fails, because
/// its fault is struck. `{at}` stands for endpoint and Region, `{small}` for a
/// wrapping key besides that is made quickly, `{last}` for the key that the run before has named.
struct Row {
    verb: &'static str,
    /// Its policy, where that does not bear the name of the verb.
    policy: Option<&'static str>,
    /// Runs that belong to the scene and are not looked at.
    before: &'static [&'static str],
    runs: &'static [&'static str],
    /// What goes wrong on purpose.
    fault: Option<&'static str>,
}

/// Every verb that speaks to KMS. A verb that is not here and not in OFFLINE fails the test.
const ROWS: &[Row] = &[
    Row {
        verb: "create-key",
        policy: None,
        before: &["create-key {at}"],
        runs: &[
            "create-key {at} --alias alias/b --adopt {last}",
            "create-key {at} --alias alias/a",
            "create-key {at} --alias alias/m --multi-region --tag team=payments",
        ],
        fault: None,
    },
    Row {
        verb: "get-parameters",
        policy: None,
        before: &["create-key {at} --alias alias/a"],
        runs: &[
            "get-parameters {at} --key-id alias/a --dir D --wrapping-key-spec RSA_2048",
            "get-parameters {at} --key-id alias/a --adopt {last} --dir E --wrapping-key-spec RSA_2048",
        ],
        fault: None,
    },
    Row {
        verb: "import",
        policy: None,
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
            "import {at} --dir d --adopt {last}",
            "import {at} --dir a --key-id alias/a --import-type existing --verify full",
        ],
        fault: None,
    },
    Row {
        verb: "status",
        policy: None,
        before: &["provision {small} --alias alias/a --generate --discard"],
        runs: &[
            "status {at} --key-id alias/a",
            "status {at} --alias-prefix alias/",
            "status {at} --expiring-within 30d",
        ],
        fault: None,
    },
    Row {
        verb: "public-key",
        policy: None,
        before: &[
            "provision {small} --alias alias/s --key-spec ECC_NIST_P256 --generate --discard",
            "rotate {small} --key-id alias/s --generate --discard",
            "public-key {at} alias/s --out s.pem",
        ],
        runs: &[
            "public-key {at} --key-id alias/s --format jwk --out s.jwk",
            "public-key {at} alias/s --jwks jwks.json --certificate s.pem",
            "public-key {at} alias/s --jwks jwks.json --adopt {last}",
        ],
        fault: None,
    },
    Row {
        verb: "verify",
        policy: None,
        before: &[
            "provision {small} --alias alias/a --generate --keep a",
            "provision {small} --alias alias/m --key-spec HMAC_256 --generate --keep m",
            "provision {small} --alias alias/s --key-spec ECC_NIST_P256 --generate --keep s",
            "provision {small} --alias alias/d --key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT --generate --keep d",
            "public-key {at} alias/s --out s.pem",
        ],
        runs: &[
            "verify {at} --key-id alias/s --certificate s.pem",
            "verify {at} --key-id alias/s --public-key s.pem",
            "verify {at} --key-id alias/a --material a",
            "verify {at} --key-id alias/m --material m",
            "verify {at} --key-id alias/s --material s",
            "verify {at} --key-id alias/d --material d",
            "verify {at} --key-id alias/d --adopt {last} --material d",
            "verify {at} --key-id alias/a --no-reimport --material a",
        ],
        fault: None,
    },
    Row {
        verb: "provision",
        policy: None,
        before: &["create-key {at} --alias alias/a", "create-key {at} --alias alias/b"],
        runs: &[
            "provision {small} --alias alias/b --adopt {last} --generate --discard",
            "provision {small} --alias alias/a --generate --discard",
            "provision {small} --alias alias/f --multi-region --generate --keep f --verify full",
            "provision {small} --alias alias/f --multi-region --material f --verify full",
            "provision {small} --alias alias/m --key-spec HMAC_256 --generate --discard",
            "provision {small} --alias alias/s --key-spec RSA_2048 --generate --discard",
            "provision {small} --alias alias/d --key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT --generate --discard",
        ],
        fault: None,
    },
    Row {
        verb: "fleet run",
        policy: Some("fleet"),
        before: &["create-key {at}", "create-key {at} --alias alias/a"],
        runs: &[
            "fleet plan {small} keys.csv",
            "fleet run {small} keys.csv --quota none --verify full --alias alias/{id}",
            "fleet run {small} keys.csv --quota none --only verify",
            "fleet run {small} one.csv --quota none --only rotate --round first",
        ],
        fault: None,
    },
    Row {
        verb: "doctor",
        policy: None,
        before: &[
            "create-key {at} --alias alias/a",
            "provision {small} --alias alias/s --key-spec ECC_NIST_P256 --generate --discard",
        ],
        runs: &["doctor {at} --online --key-id alias/a", "doctor {at} --online --key-id alias/s"],
        fault: None,
    },
    Row {
        verb: "rotate",
        policy: None,
        before: &[
            "provision {small} --alias alias/a --multi-region --generate --keep one",
            "replicate {small} --key-id alias/a --to eu-west-1 --material one",
            "provision {small} --alias alias/r --generate --discard",
            "get-parameters {at} --key-id alias/r --dir r --wrapping-key-spec RSA_2048",
            "wrap --dir r --generate --discard",
            "import {at} --dir r --import-type new --key-id {last}",
        ],
        runs: &[
            "rotate {at} --key-id alias/r --resume",
            "rotate {small} --key-id alias/a --generate --keep two --verify full",
            "rotate {small} --key-id alias/a --adopt {last} --generate --discard",
        ],
        fault: None,
    },
    Row {
        verb: "rotate",
        policy: Some("rotate-by-alias"),
        before: &[
            "provision {small} --alias alias/s --key-spec ECC_NIST_P256 --generate --discard",
            "provision {small} --alias alias/m --key-spec HMAC_256 --generate --keep m",
            "provision {small} --alias alias/d --key-spec ECC_NIST_P256 --key-usage KEY_AGREEMENT --generate --discard",
            "provision {at} --alias alias/r --key-spec RSA_2048 --key-usage ENCRYPT_DECRYPT --generate --discard",
        ],
        runs: &[
            "rotate {small} --key-id alias/m --generate --discard --prepare",
            "rotate {at} --key-id alias/m --switch {last}",
            "rotate {small} --key-id alias/d --generate --discard",
            "rotate {at} --key-id alias/r --generate --discard",
            "rotate {small} --key-id {last} --alias alias/r --generate --discard --prepare",
            "rotate {small} --key-id alias/r --generate --discard --new-key {last}",
            "rotate {small} --key-id alias/s --generate --discard --jwks jwks.json",
            "rotate {at} --key-id alias/s --rollback --jwks other.json",
            "rotate {small} --key-id alias/m --generate --discard --disable-old --yes",
        ],
        fault: None,
    },
    Row {
        verb: "replicate",
        policy: None,
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
            "replicate {small} --key-id alias/d --to eu-west-1 --material d --verify full",
            "replicate {small} --key-id {last} --to ap-south-1 --adopt {last} --material d",
        ],
        fault: Some("ImportKeyMaterial:5:error=AccessDeniedException"),
    },
    Row {
        verb: "delete-material",
        policy: None,
        before: &["provision {small} --alias alias/a --generate --discard"],
        runs: &["delete-material {at} --key-id alias/a --yes"],
        fault: None,
    },
    Row {
        verb: "diagnose",
        policy: None,
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
const OFFLINE: &[&str] = &["generate", "wrap", "recipe", "completions", "man", "help", "rehearsal"];

#[test]
fn each_verb_calls_exactly_what_its_policy_allows() {
    for row in ROWS {
        let scene = Scene::with_fault(row.fault);
        row.before.iter().for_each(|line| scene.run(line));
        let before = scene.calls().len();
        row.runs.iter().for_each(|line| scene.run(line));
        let seen: BTreeSet<String> = scene.calls().split_off(before).into_iter().collect();
        let policy = row.policy.unwrap_or(row.verb);
        // Beside CreateKey it is a call of its own where a key that is there gets a tag.
        let seen = if seen.contains("CreateKey") { &seen - &BTreeSet::from(["TagResource".to_owned()]) } else { seen };
        assert_eq!(seen, calls_allowed_by(policy), "left: what {} called; right: what {policy} allows", row.verb);
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

/// Flags that decide nothing about which calls are made: what is read and written here, what is sent in a call, how it is sent.
const NO_CALL: &[&str] = &[
    // What is here.
    "--dir",
    "--encrypted",
    "--import-token",
    "--generate",
    "--material",
    "--material-format",
    "--material-from-escrow",
    "--component",
    "--components",
    "--expect-kcv",
    "--show-kcv",
    "--recipient-key",
    "--passphrase-file",
    "--escrow",
    "--escrow-out",
    "--keep",
    "--discard",
    "--record",
    "--force",
    "--public-key",
    "--private-key",
    "--error",
    "--yes",
    "--all",
    "--html",
    "--metrics",
    "--pkcs11-module",
    "--pkcs11-uri",
    "--rehearse",
    "--allow-sha1",
    // What is sent in a call that is made anyway, or compared with what it answers.
    "--key-spec",
    "--key-usage",
    "--description",
    "--tag",
    "--policy",
    "--wrapping-algorithm",
    "--wrapping-key-spec",
    "--expires",
    "--expires-in",
    "--expires-at",
    "--material-description",
    "--key-material-id",
    // How and how long.
    "--wait",
    "--region",
    "--profile",
    "--endpoint-url",
    "--allow-endpoint-env",
    "--insecure-endpoint",
    "--fips-endpoint",
    "--require-fips",
    "--connect-timeout",
    "--read-timeout",
    "--output",
    "--verbose",
    "--quiet",
    "--strict",
    "--color",
    "--help",
    "--version",
    "--quota",
    "--expiring-within",
    "--shard",
    "--journal",
    "--concurrency",
    "--stop-after",
    // Where, and whose keys they are.
    "--regions",
    "--role-arn",
    // Fewer calls, and those of `finding_a_lost_key_calls_exactly_what_its_policy_allows`.
    "--dry-run",
    "--find-lost",
    "--lost-request",
];

/// A flag that makes another call would be one that no policy allows.
#[test]
fn every_flag_that_decides_about_calls_is_in_a_run() {
    for row in ROWS {
        let help = Bench::new().kms_byok(&format!("{} --help", row.verb)).succeeds().stdout.clone();
        let flags = help.lines().filter_map(|line| {
            let line = line.trim_start();
            let line = if line.starts_with("--") {
                line
            } else {
                line.split_once(", ").filter(|(short, _)| short.len() == 2)?.1
            };
            line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().filter(|flag| flag.starts_with("--"))
        });
        let flags: BTreeSet<&str> = flags.collect();
        assert!(flags.len() > 15, "{}: {flags:?}", row.verb);
        for flag in flags.into_iter().filter(|flag| !NO_CALL.contains(flag)) {
            let rows = ROWS.iter().filter(|other| other.verb == row.verb);
            let given = rows.flat_map(|row| row.runs).any(|run| run.split_whitespace().any(|word| word == flag));
            assert!(given, "{} {flag} is in no run of its row, and may make another call", row.verb);
        }
    }
}

#[test]
fn every_verb_has_a_row() {
    let help = Bench::new().kms_byok("--help").succeeds().stdout.clone();
    let verbs = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for verb in verbs.filter(|line| !line.starts_with("   ")).map(|line| line.split_whitespace().next().unwrap()) {
        let known = ROWS.iter().map(|row| row.verb).chain(OFFLINE.iter().copied());
        assert!(
            known.into_iter().any(|known| known.split(' ').next() == Some(verb)),
            "{verb} has no row in this test and no policy in examples/iam"
        );
    }
}
