//! Runs in the runtime of their embedded KMS: no socket between them, and one clock for both, which a test stops and moves.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::cloud::plain;
use crate::support::in_runtime::{EVERY_WAY, InRuntime, StopPoint};
use kms_byok::Silent;
use kms_byok::kms::{Connection, Kms};
use kms_byok::lifecycle::{self, Backup, Material, PendingRequests, Provision, Run, Watched, Wrapping};
use kms_byok::rehearsal::{Server, Settings};
use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};
use serde_json::{Value, json};

fn plan(directory: &Path) -> Provision {
    Provision::new("alias/a".parse().unwrap())
        .material(Material::generate().backup(Backup::Keep(directory.join("copy"))))
        .wrapping(Wrapping { algorithm: WrappingAlgorithm::RsaesOaepSha256, key_spec: WrappingKeySpec::Rsa2048 })
        .pending(PendingRequests { directory: Some(directory.join("state")), find_lost: None })
}

/// How a run ends: what it reports, and its error.
async fn provision(kms: &Kms, directory: &Path) -> Value {
    let run = Run::default();
    let outcome = lifecycle::provision(kms, &plan(directory), &run).await;
    let error = outcome.err().map(|interrupted| interrupted.error);
    let error = error.map(|error| json!([error.id(), error.to_string(), error.hint(), error.because()]));
    json!({ "report": run.account().at(kms).report, "error": error })
}

fn connection(wait: Duration) -> Connection {
    Connection { wait, ..Connection::default() }
}

/// Without what differs from run to run.
fn comparable(outcome: &Value, kms: &Kms, directory: &Path) -> String {
    let text = serde_json::to_string_pretty(outcome).unwrap();
    let text = text
        .replace(kms.endpoint().unwrap(), "URL")
        .replace(kms.endpoint().unwrap().trim_start_matches("http://"), "HOST");
    let text = text.replace("Connection reset by peer (os error 104)", "connection reset"); // what the socket adds
    let text = plain(&text.replace(directory.to_str().unwrap(), "DIRECTORY"));
    let is_id = |word: &&str| word.len() == 36 && word.bytes().filter(|byte| *byte == b'-').count() == 4;
    let ids: Vec<String> =
        text.split(|c: char| c != '-' && !c.is_ascii_hexdigit()).filter(is_id).map(str::to_owned).collect();
    ids.iter().fold(text.clone(), |text, id| text.replace(id, "ID"))
}

#[tokio::test(start_paused = true)]
async fn a_lag_of_two_minutes_passes_in_a_moment() {
    let directory = tempfile::tempdir().unwrap();
    let (real, paused) = (Instant::now(), tokio::time::Instant::now());
    let runtime = InRuntime::new(&["DescribeKey:always:lag=120s"], connection(Duration::from_secs(180)));
    let client = runtime.connect(None);
    let outcome = provision(&client.kms, directory.path()).await;
    assert_eq!(outcome["error"], Value::Null, "{outcome:#}");
    assert_eq!(outcome["report"]["key_state"], "Enabled");
    assert_eq!(outcome["report"]["proof"]["outcome"], "proven");
    assert!(paused.elapsed() >= Duration::from_secs(120), "{:?}", paused.elapsed());
    assert!(real.elapsed() < Duration::from_secs(30), "{:?}", real.elapsed());
    // The machine's clock has moved with KMS's.
    assert!(client.kms.clock_ahead().unwrap().abs() <= 1, "{:?}", client.kms.clock_ahead());
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_where_its_time_to_wait_ends() {
    let directory = tempfile::tempdir().unwrap();
    let begun = tokio::time::Instant::now();
    let runtime = InRuntime::new(&["DescribeKey:always:lag=120s"], connection(Duration::from_secs(60)));
    let outcome = provision(&runtime.connect(None).kms, directory.path()).await;
    assert_eq!(outcome["report"]["key_state"], "PendingImport", "{outcome:#}");
    assert!((60..120).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

/// `always` is no fault: the run ends well.
const FAULTS: &[&str] = &[
    "CreateAlias:always:latency=1ms",
    "DescribeKey:always:lag=2s",
    "CreateKey:1:error=AccessDeniedException",
    "CreateKey:1:reset-before",
    "CreateKey:1:reset-after",
    "CreateKey:1:truncated",
    "CreateAlias:1:error-after=KMSInternalException",
    "GetParametersForImport:1:throttle",
    "GetParametersForImport:1:non-rsa-key",
    "GetParametersForImport:1-2:reset-after",
    "ImportKeyMaterial:1:reset-after",
    "ImportKeyMaterial:1:reset-during",
    "ImportKeyMaterial:1:500-after",
    "ImportKeyMaterial:1:empty-object",
    "ImportKeyMaterial:1:html",
    "ImportKeyMaterial:1:redirect=http://127.0.0.1:1",
    "ImportKeyMaterial:1:huge",
    "ImportKeyMaterial:1:latency=12s",
    "ImportKeyMaterial:1:latency-after=12s",
    "ImportKeyMaterial:1:slow=2s",
    "Decrypt:1:lie",
    "*:always:date=-2h",
];

#[test]
fn without_a_socket_every_fault_ends_as_over_http() {
    let connection = Connection {
        read_timeout: Duration::from_secs(10),
        max_wait: Duration::from_secs(1),
        ..connection(Duration::from_secs(1))
    };
    let direct =
        |fault: &&'static str| (*fault, ended(true, || InRuntime::new(&[fault], connection.clone()).connect(None).kms));
    // Once through all of these first: they make the wrapping keys, for which a read timeout leaves no time.
    let direct: Vec<_> = FAULTS.iter().map(direct).collect();
    std::thread::scope(|scope| {
        for (fault, direct) in direct {
            let connection = &connection;
            scope.spawn(move || {
                let faults = vec![fault.parse().unwrap()];
                let server = Server::start(Settings { faults, ..Settings::default() }).unwrap();
                let over_http = ended(false, || Kms::isolated(&server.url(), "ANYBODY", connection, Arc::new(Silent)));
                assert_eq!(direct, over_http, "{fault}");
            });
        }
    });
}

/// How a run ends with this client.
fn ended(paused: bool, connect: impl Fn() -> Kms) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(paused).build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let kms = connect();
        comparable(&provision(&kms, directory.path()).await, &kms, directory.path())
    })
}

#[tokio::test(start_paused = true)]
async fn a_run_is_broken_off_at_a_call_in_every_way() {
    let directory = tempfile::tempdir().unwrap();
    let whole = InRuntime::new(&[], Connection::default()).connect(None);
    provision(&whole.kms, directory.path()).await;
    let calls = whole.calls();
    let create = calls.iter().position(|call| call == "CreateKey").unwrap() + 1;
    for how in EVERY_WAY {
        let directory = tempfile::tempdir().unwrap();
        let runtime = InRuntime::new(&[], Connection::default());
        let client = runtime.connect(Some(StopPoint { call: create, how }));
        let outcome = client.run(provision(&client.kms, directory.path())).await;
        assert_eq!(client.calls()[..create], calls[..create], "{how:?}");
        assert_eq!(outcome.is_none(), how.stops(), "{how:?}: {outcome:?}");
        // What another client sees of it.
        let keys = runtime.connect(None).kms.keys().await.unwrap();
        assert_eq!(keys.len(), usize::from(how.is_done()), "{how:?}: {keys:?}");
    }
}

/// How long a run takes where each call takes 100 ms, and its calls.
async fn round_trips(runtime: &InRuntime, directory: &Path) -> (u128, Vec<String>) {
    let client = runtime.connect(None);
    let begun = tokio::time::Instant::now();
    let outcome = provision(&client.kms, directory).await;
    assert_eq!((&outcome["error"], &outcome["report"]["proof"]["level"]), (&Value::Null, &json!("use")), "{outcome:#}");
    (begun.elapsed().as_millis(), client.calls())
}

#[tokio::test(start_paused = true)]
async fn a_fresh_run_takes_six_round_trips_an_unchanged_one_three_and_no_call_is_made_twice() {
    let (directory, again) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let runtime = InRuntime::new(&["*:always:latency=100ms"], Connection::default());
    let (took, calls) = round_trips(&runtime, directory.path()).await;
    let side_by_side = [
        &["DescribeKey", "CreateKey"][..],
        &["CreateAlias", "GetParametersForImport"],
        &["ImportKeyMaterial"],
        &["DescribeKey", "Encrypt"],
        &["Decrypt"],
    ];
    assert_eq!((took, calls), (600, side_by_side.concat().into_iter().map(str::to_owned).collect()));
    // Nothing is asked of a key before it is known which it is.
    let (took, calls) = round_trips(&runtime, again.path()).await;
    assert_eq!((took, calls), (300, ["DescribeKey", "Encrypt", "Decrypt"].map(str::to_owned).to_vec()));
}
