//! Every field of every reply, left out, of another type, or of a value that KMS does not know: nothing passes as success that is none, and
//! the same command against the real thing completes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::fault_scene::{Scene, alone};
use crate::support::goal::{check_first, check_goal, check_tidy};
use crate::support::verbs::Verb;
use crate::support::way::{Plan, Trouble};
use crate::support::workers::in_parallel;

/// What is done to a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Without,
    To(&'static str),
}

struct Cell {
    verb: Verb,
    operation: String,
    /// A JSON pointer (RFC 6901).
    field: String,
    change: Change,
}

/// Replies that may be unusable: what they are about is looked up as after a lost one.
const LOOKED_UP: &[&str] = &["CreateKey", "ReplicateKey"];

/// Fields that may be missing, because nothing here depends on them, or because their absence has a meaning. Where a
/// KeyMaterialId is missing, the proof says less.
const NOT_NEEDED: &[(&str, &[&str])] = &[
    ("Decrypt", &["EncryptionAlgorithm", "KeyMaterialId"]),
    (
        "DescribeKey",
        &[
            "KeyMetadata/AWSAccountId",
            "KeyMetadata/CreationDate",
            "KeyMetadata/CustomerMasterKeySpec",
            "KeyMetadata/Description",
            "KeyMetadata/Enabled",
            "KeyMetadata/EncryptionAlgorithms",
            "KeyMetadata/KeyManager",
            "KeyMetadata/MacAlgorithms",
            "KeyMetadata/MultiRegion",
            "KeyMetadata/MultiRegionConfiguration/PrimaryKey/Region",
            "KeyMetadata/MultiRegionConfiguration/ReplicaKeys",
            "KeyMetadata/MultiRegionConfiguration/ReplicaKeys/0/Region",
            "KeyMetadata/SigningAlgorithms",
        ],
    ),
    ("Encrypt", &["EncryptionAlgorithm"]),
    ("GenerateMac", &["MacAlgorithm"]),
    ("GetKeyPolicy", &["PolicyName"]),
    ("GetKeyRotationStatus", &["KeyId", "KeyRotationEnabled"]),
    ("GetPublicKey", &["CustomerMasterKeySpec", "KeySpec", "KeyUsage", "SigningAlgorithms"]),
    ("ImportKeyMaterial", &["KeyMaterialId"]),
    ("ListGrants", &["Truncated"]),
    ("ListKeyRotations", &["Rotations/0/ExpirationModel", "Rotations/0/ImportState", "Rotations/0/KeyId", "Truncated"]),
    ("RotateKeyOnDemand", &["KeyId"]),
    ("Sign", &["SigningAlgorithm"]),
];

#[test]
fn no_reply_with_a_broken_field_passes_for_success() {
    let _alone = alone();
    // Between them they ask for every operation; rotation for those that only it needs.
    let verbs =
        [Verb::ProvisionKept, Verb::ProvisionEscrowed, Verb::ProvisionGiven, Verb::RotateGiven, Verb::Replicate];
    let mut known = BTreeSet::new();
    let mut new = |cell: &Cell| known.insert((cell.operation.clone(), cell.field.clone(), cell.change.clone()));
    let cells: Vec<Cell> = verbs.into_iter().flat_map(cells_of).filter(|cell| new(cell)).collect();
    let outcomes = in_parallel(12, &cells, run);
    let mut failures = Vec::new();
    let mut passed = BTreeSet::new();
    let mut exits = BTreeMap::<u8, usize>::new();
    for (Cell { verb, operation, field, change }, outcome) in cells.iter().zip(&outcomes) {
        match outcome {
            Err(problem) => failures.push(format!("{}, {operation}{field} {change:?}: {problem}", verb.name())),
            Ok(exit) => *exits.entry(*exit).or_default() += 1,
        }
        if *outcome == Ok(0) && *change == Change::Without && !LOOKED_UP.contains(&operation.as_str()) {
            passed.insert(format!("{operation}{field}"));
        }
    }
    println!("{} cells, none skipped; exit codes: {exits:?}", cells.len());
    assert!(failures.is_empty(), "{} of {} cells:\n{}", failures.len(), cells.len(), failures.join("\n"));
    let not_needed = NOT_NEEDED
        .iter()
        .flat_map(|(operation, fields)| fields.iter().map(move |field| format!("{operation}/{field}")));
    let not_needed: BTreeSet<String> = not_needed.collect();
    assert_eq!(passed, not_needed, "which fields may be missing is written down");
}

/// A run without change shows which fields there are.
fn cells_of(verb: Verb) -> Vec<Cell> {
    let scene = Scene::new();
    verb.prepare(&scene);
    let seen = Arc::new(Mutex::new(BTreeMap::<(String, String), Value>::new()));
    let log = seen.clone();
    let note = move |operation: &str, body: &Value| note_fields(&log, operation, "", body);
    scene.way.trouble(Plan { at: 1, lasting: true, trouble: Trouble::Seen(Arc::new(note)) });
    let ended = scene.run(async |kms, runs| verb.run(&scene, kms, runs).await);
    assert_eq!(ended.exit, 0, "{}", ended.said);
    scene.way.heal();
    let seen = seen.lock().unwrap();
    let cell = |((operation, field), value): (&(String, String), &Value)| {
        let (operation, field) = (operation.clone(), field.clone());
        changes_of(value).into_iter().map(move |change| Cell {
            verb,
            operation: operation.clone(),
            field: field.clone(),
            change,
        })
    };
    seen.iter().flat_map(cell).collect()
}

fn note_fields(log: &Mutex<BTreeMap<(String, String), Value>>, operation: &str, path: &str, value: &Value) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            log.lock().unwrap().insert((operation.to_owned(), format!("{path}/{name}")), member.clone());
            note_fields(log, operation, &format!("{path}/{name}"), member);
        }),
        Value::Array(items) => {
            items.iter().take(1).for_each(|item| note_fields(log, operation, &format!("{path}/0"), item))
        }
        _ => {}
    }
}

fn changes_of(value: &Value) -> Vec<Change> {
    let to: &[&str] = match value {
        Value::String(text) if text.starts_with("arn:") => &[
            "\"\"",
            "\"Unheard-of\"",
            "\"arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000\"",
            "7",
        ],
        Value::String(_) => &["\"\"", "\"Unheard-of\"", "\"AAAA\"", "7", "\"\\u001b[2Jx\""],
        Value::Number(_) => &["-1", "1e300", "\"tomorrow\""],
        Value::Bool(_) => &["\"yes\"", "7"],
        Value::Array(_) => &["{}", "[7]", "\"\""],
        Value::Object(_) => &["{}", "[]", "7"],
        Value::Null => &[],
    };
    std::iter::once(Change::Without).chain(to.iter().map(|to| Change::To(to))).collect()
}

/// In the words of the embedded KMS.
fn fault(Cell { operation, field, change, .. }: &Cell) -> String {
    let field = field.trim_start_matches('/').replace('/', ".");
    match change {
        Change::Without => format!("{operation}:always:drop={field}"),
        Change::To(to) => format!("{operation}:always:change={field}={to}"),
    }
}

fn run(cell: &Cell) -> Result<u8, String> {
    let verb = cell.verb;
    let scene = Scene::new();
    verb.prepare(&scene);
    let before = scene.world();
    scene.way.faults(&[fault(cell)]);
    let first = scene.run_within(Duration::from_secs(20), async |kms, runs| verb.run(&scene, kms, runs).await);
    scene.way.heal();
    let between = scene.world();
    check_first(verb, &scene, &first, &before, &between)
        .map_err(|problem| format!("{problem}; it ended with {}: {}", first.exit, first.said))?;
    if first.said.chars().any(|c| c.is_control()) {
        return Err(format!("control characters reach the terminal: {:?}", first.said));
    }
    let second = scene.run(async |kms, runs| verb.run_again(&first, &scene, kms, runs).await);
    if second.exit != 0 {
        return Err(format!("{}, then again: {}", first.said, second.said));
    }
    check_goal(verb, &scene, &[&first, &second])
        .and_then(|()| check_tidy(&scene))
        .map_err(|problem| format!("{problem}; first {}, then {}", first.said, second.said))?;
    Ok(first.exit)
}

#[test]
fn a_change_is_made_where_it_is_meant() {
    let _alone = alone();
    let scene = Scene::new();
    let kms = scene.truth();
    let arn = kms.ok("CreateKey", json!({ "Origin": "EXTERNAL" }))["KeyMetadata"]["Arn"].clone();
    let asked = |operation: &str, field: &str, change: Change| {
        let cell = Cell { verb: Verb::Replicate, operation: operation.to_owned(), field: field.to_owned(), change };
        scene.way.faults(&[fault(&cell)]);
        (kms.ok("DescribeKey", json!({ "KeyId": arn })), kms.ok("ListKeys", json!({})))
    };
    let (described, _) = asked("DescribeKey", "/KeyMetadata/Arn", Change::Without);
    assert_eq!(
        (&described["KeyMetadata"]["Arn"], &described["KeyMetadata"]["KeyState"]),
        (&Value::Null, &"PendingImport".into())
    );
    let (described, listed) = asked("ListKeys", "/Keys/0/KeyId", Change::To("7"));
    assert_eq!((&described["KeyMetadata"]["Arn"], &listed["Keys"][0]["KeyId"]), (&arn, &7.into()));
    assert_eq!(listed["Keys"][0]["KeyArn"], arn);
    // What the reply does not have is not put there.
    let (described, _) = asked("DescribeKey", "/KeyMetadata/ValidTo", Change::To("7"));
    assert_eq!(described["KeyMetadata"].get("ValidTo"), None);
}
