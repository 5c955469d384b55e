//! A run at the speed of the quotas: none is exceeded, and little is left unused.

use std::time::Instant;

use serde_json::Value;

use crate::support::Bench;
use crate::support::run;

#[test]
fn forty_keys_take_as_long_as_the_quota_wants_and_none_is_throttled() {
    let bench = Bench::new();
    // Ten times the quotas of KMS, for both.
    let server = bench.serve_with("--quota-scale 10 --access-log calls.log");
    let ids: String = (0..40).map(|row| format!("k{row:03}\n")).collect();
    bench.write("keys.csv", format!("id\n{ids}"));
    let quotas = "GetParametersForImport=10,CreateKey=50,CreateAlias=50,ImportKeyMaterial=150";
    let line = format!(
        "fleet run keys.csv --alias alias/{{id}} --material generate-discard --wrapping-key-spec RSA_2048 --output json --quota {quotas} --endpoint-url {} --region us-east-1",
        server.url()
    );
    let words: Vec<&str> = line.split_whitespace().collect();
    let begun = Instant::now();
    let ended =
        run(bench.command(&words).env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test"), b"");
    let took = begun.elapsed().as_secs_f64();
    ended.succeeds();
    let last: Value = serde_json::from_str(ended.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["done"], 40);
    assert!(took >= 3.9, "{took}");
    let calls = String::from_utf8(bench.read("calls.log")).unwrap();
    assert!(!calls.contains("Throttling"), "{calls}");
}
