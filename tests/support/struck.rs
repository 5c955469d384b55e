//! Whether the request that a fault is to hold is under way.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::embedded_kms::Kms;

/// Whether a fault of the embedded KMS at this URL has struck.
pub fn has_struck(url: &str) -> bool {
    let reply = Kms::at(url).http("GET", "/_rehearsal/faults", &[], b"").unwrap();
    let told: Value = serde_json::from_slice(&reply.body).unwrap();
    told["faults"].as_array().unwrap().iter().any(|fault| fault["struck"] != 0)
}

/// Waits until one has.
#[track_caller]
pub fn wait_until_struck(url: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    while !has_struck(url) {
        assert!(Instant::now() < end, "no fault strikes");
        std::thread::sleep(Duration::from_millis(5));
    }
}
