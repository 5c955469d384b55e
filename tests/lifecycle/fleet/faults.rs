//! A tenth of all calls goes wrong, in every way: each row ends done or failed with a cause, and no key is made that nobody names.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::scene::Scene;
use crate::support::seed;

const WHAT: [&str; 12] = [
    "throttle",
    "500",
    "503",
    "reset-before",
    "reset-during",
    "reset-after",
    "500-after",
    "html",
    "truncated",
    "error=AccessDeniedException",
    "error=LimitExceededException",
    "error=DependencyTimeoutException",
];
const CALLS: [&str; 8] = [
    "CreateKey",
    "CreateAlias",
    "GetParametersForImport",
    "ImportKeyMaterial",
    "DescribeKey",
    "Encrypt",
    "Decrypt",
    "ListResourceTags",
];

#[test]
fn with_a_tenth_of_all_calls_going_wrong_every_row_ends_and_no_key_is_orphaned() {
    const ROWS: usize = 30;
    let mut state = seed::seed();
    let mut random = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit as u64) as usize
    };
    let mut faults = String::new();
    for call in CALLS {
        for number in 1..=3 * ROWS {
            if random(10) == 0 {
                faults.push_str(&format!("--fault {call}:{number}:{} ", WHAT[random(WHAT.len())]));
            }
        }
    }
    let scene = Scene::new(&faults);
    let ids: String = (0..ROWS).map(|row| format!("k{row:03}\n")).collect();
    scene.bench.write("keys.csv", format!("id\n{ids}"));
    let line = "fleet run keys.csv --quota none --alias alias/{id} --material generate-keep --keep {id}.key \
                --wrapping-key-spec RSA_2048 --concurrency 4 --output json";
    let mut left = BTreeSet::new();
    for round in 0..8 {
        let run = scene.run(line);
        assert!([Some(0), Some(3)].contains(&run.code), "{}{}", run.stdout, run.stderr);
        let keys: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (last, keys) = keys.split_last().unwrap();
        assert_eq!((keys.len(), &last["left"]), (ROWS, &json!(0)), "{last}");
        for key in keys {
            match key["state"].as_str().unwrap() {
                "done" => assert!(key["key_arn"].is_string(), "{key}"),
                _ => assert!(key["error"]["cause"].is_string() && key["next"].is_string(), "{key}"),
            }
            left.extend(key["leftovers"].as_array().unwrap().iter().map(ToString::to_string));
        }
        if run.code == Some(0) {
            break;
        }
        assert!(round < 7, "{}", run.stdout);
    }
    let keys = scene.kms.ok("ListKeys", json!({ "Limit": 1000 }))["Keys"].as_array().unwrap().len();
    assert_eq!(keys, ROWS + left.len(), "{left:?}");
    for row in 0..ROWS {
        // The faults go on: whoever looks asks again.
        let line = format!("verify --key-id alias/k{row:03} --material k{row:03}.key");
        assert!((0..20).any(|_| scene.run(&line).code == Some(0)), "{row}");
    }
}
