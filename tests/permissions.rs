//! The least that each verb must be permitted, in `examples/iam`: exactly the calls that the embedded KMS saw.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "rehearsal")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kms_byok::rehearsal::{Server, Settings};
use serde_json::Value;
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

#[test]
fn parameters_and_imports_are_held_to_algorithm_size_and_expiry() {
    for name in policies() {
        for statement in statements(&name) {
            let has = |key: &str| statement["Condition"]["StringEquals"].get(key).is_some();
            let allows = |action: &str| actions(&statement).contains(&format!("kms:{action}"));
            if statement["Principal"].is_object() && allows("*") {
                continue;
            }
            assert!(!allows("*"), "{name}");
            assert_eq!(allows("GetParametersForImport"), has("kms:WrappingAlgorithm"), "{name}");
            assert_eq!(allows("GetParametersForImport"), has("kms:WrappingKeySpec"), "{name}");
            assert_eq!(allows("ImportKeyMaterial"), has("kms:ExpirationModel"), "{name}");
            // What ReplicateKey makes has the origin of its primary key.
            if allows("CreateKey") && name != "replicate" {
                assert_eq!(statement["Condition"]["StringEquals"]["kms:KeyOrigin"], "EXTERNAL", "{name}");
            }
        }
    }
}

/// What `provision` asks for when nothing is said is what its policy allows.
#[test]
fn the_defaults_are_within_the_policy() {
    let scene = Scene::new();
    for spec in ["SYMMETRIC_DEFAULT", "RSA_2048"] {
        let line = scene.line(&format!("provision {{at}} --key-spec {spec} --generate --discard --output json"));
        let answer = scene.bench.kms_byok_with_credentials(&line).json();
        let allowed = |action: &str, key: &str| {
            let statement = statements("provision").into_iter().find(|one| actions(one) == [format!("kms:{action}")]);
            words(&statement.unwrap()["Condition"]["StringEquals"][key])
        };
        let within = |field: &str, key: &str| {
            let sent = answer[field].as_str().unwrap().to_owned();
            assert!(allowed("GetParametersForImport", key).contains(&sent), "{field} {sent}");
        };
        within("wrapping_algorithm", "kms:WrappingAlgorithm");
        within("wrapping_key_spec", "kms:WrappingKeySpec");
        assert_eq!(allowed("ImportKeyMaterial", "kms:ExpirationModel"), ["KEY_MATERIAL_DOES_NOT_EXPIRE"]);
        assert_eq!(answer["expires"], Value::Null);
    }
}

#[test]
fn the_key_policy_is_taken_and_kept_as_it_is() {
    let scene = Scene::new();
    let path = Path::new(FOLDER).join("key-policy.json").display().to_string();
    scene.run(&format!("create-key {{at}} --alias alias/a --policy {path}"));
    // A key whose policy is the one asked for is trusted: the import goes on.
    scene.run(&format!("provision {{at}} --alias alias/a --policy {path} --generate --discard"));
}

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/iam");

/// The names of all policies, without `.json`.
fn policies() -> Vec<String> {
    let names = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.strip_suffix(".json").unwrap().to_owned()).collect()
}

fn statements(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(Path::new(FOLDER).join(format!("{name}.json"))).unwrap();
    let policy: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(policy["Version"], "2012-10-17", "{name}");
    let statements = policy["Statement"].as_array().unwrap().clone();
    assert!(statements.iter().all(|statement| statement["Effect"] == "Allow"), "{name}");
    statements
}

fn actions(statement: &Value) -> Vec<String> {
    words(&statement["Action"])
}

/// A word or a list of words, as IAM takes either.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(word) => vec![word.clone()],
        other => other.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect(),
    }
}

/// The calls that a policy allows. kms:TagResource is what CreateKey and ReplicateKey need for the tags they carry, and kms:CreateKey
/// what ReplicateKey needs in the Region of the replica: they are not calls of their own there.
fn calls_allowed_by(name: &str) -> BTreeSet<String> {
    let actions: BTreeSet<String> = statements(name).iter().flat_map(actions).collect();
    assert_eq!(actions.contains("kms:TagResource"), actions.contains("kms:CreateKey"), "{name}");
    let beneath = |action: &str| match action {
        "kms:TagResource" => true,
        "kms:CreateKey" => actions.contains("kms:ReplicateKey"),
        _ => false,
    };
    let calls = actions.iter().filter(|action| !beneath(action));
    calls.map(|action| action.strip_prefix("kms:").unwrap().to_owned()).collect()
}

/// An embedded KMS that writes down what it is asked.
struct Scene {
    bench: Bench,
    server: Server,
}

impl Scene {
    fn new() -> Self {
        Scene::with_fault(None)
    }

    fn with_fault(fault: Option<&str>) -> Self {
        let bench = Bench::new();
        let access_log = Some(bench.path("calls"));
        let faults = fault.iter().map(|fault| fault.parse().unwrap()).collect();
        let server = Server::start(Settings { access_log, faults, ..Settings::default() }).unwrap();
        Scene { bench, server }
    }

    fn line(&self, line: &str) -> String {
        let at = format!("--endpoint-url {} --region us-east-1", self.server.url());
        line.replace("{small}", &format!("{at} --wrapping-key-spec RSA_2048")).replace("{at}", &at)
    }

    #[track_caller]
    fn run(&self, line: &str) {
        let (fails, line) = line.strip_prefix("! ").map_or((false, line), |line| (true, line));
        let run = self.bench.kms_byok_with_credentials(&self.line(line));
        assert_eq!(run.code == Some(0), !fails, "{line}: {}{}", run.stdout, run.stderr);
    }

    fn calls(&self) -> Vec<String> {
        let log = String::from_utf8(self.bench.read("calls")).unwrap();
        log.lines().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect()
    }
}
