//! Many keys are asked about side by side, as fast as KMS's quotas allow and no faster. The clock stands still between two calls, so
//! that times are those of the calls.

use std::time::Duration;

use kms_byok::kms::{Connection, Kms, NewKey};
use kms_byok::lifecycle::{self, CreateKey, FindLost, KeyRequest, PendingRequests, REQUEST_TAG, Run, Status};
use kms_byok::material::{KeySpec, KeyUsage};
use kms_byok::rehearsal::Settings;
use tokio::time::Instant;

use crate::support::in_runtime::InRuntime;

/// An embedded KMS with KMS's own quotas that takes 20 ms for each call.
fn far_away() -> InRuntime {
    let faults = vec!["*:always:latency=20ms".parse().unwrap()];
    InRuntime::with(Settings { quotas: Some(1.0), ..Settings::default() }, faults, Connection::default())
}

/// Empty keys, each of which was asked for by another run; made no faster than the quota lets them be made.
async fn make(kms: &Kms, count: usize) {
    for number in 0..count {
        let new = NewKey {
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsage::EncryptDecrypt,
            description: None,
            policy: None,
            tags: vec![(REQUEST_TAG.to_owned(), number.to_string())],
            multi_region: false,
        };
        tokio::time::sleep(Duration::from_millis(200)).await;
        kms.create_key(&new).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_keys_are_surveyed_in_their_order_within_twelve_seconds_and_no_call_is_throttled() {
    let runtime = far_away();
    make(&runtime.connect(None).kms, 1000).await;
    let client = runtime.connect(None);
    let begun = Instant::now();
    let seen = Status::new().run(&client.kms).await.unwrap();
    let took = begun.elapsed();
    assert!(took <= Duration::from_secs(12), "{took:?}");
    assert!(seen.unseen.is_empty());
    let calls = client.calls();
    let count = |name: &str| calls.iter().filter(|call| *call == name).count();
    assert_eq!((count("DescribeKey"), count("ListKeyRotations"), calls.len()), (1000, 1000, 2002));
    let listed = client.kms.keys().await.unwrap();
    let surveyed: Vec<_> = seen.keys.into_iter().map(|key| key.key_arn).collect();
    assert_eq!(surveyed, listed);
}

#[tokio::test(start_paused = true)]
async fn a_lost_key_among_a_thousand_is_found_within_twelve_seconds_and_no_call_is_throttled() {
    let runtime = far_away();
    make(&runtime.connect(None).kms, 1000).await;
    let client = runtime.connect(None);
    let last = client.kms.keys().await.unwrap().pop().unwrap();
    let id = client.kms.tags(&last).await.unwrap().pop().unwrap().1;
    let (before, begun) = (client.calls().len(), Instant::now());
    let request = KeyRequest::new(Some("alias/a".parse().unwrap()));
    let pending = PendingRequests { directory: None, find_lost: Some(FindLost::Request(id)) };
    let plan = CreateKey::of(request).pending(pending);
    let found = lifecycle::create_key(&client.kms, &plan, &Run::default()).await.unwrap();
    assert_eq!(found.key.arn, last);
    let took = begun.elapsed();
    assert!(took <= Duration::from_secs(12), "{took:?}");
    let calls = client.calls().split_off(before);
    assert_eq!(calls.iter().filter(|call| *call == "ListResourceTags").count(), 1000);
    assert!(!calls.contains(&"CreateKey".to_owned()));
}
