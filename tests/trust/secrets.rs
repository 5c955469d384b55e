//! Key material is in one place while it is needed, and nowhere afterwards: not in what a run prints or writes, not in its command line
//! or environment, and not in its memory.
//!
//! Each run is held still at points that need no help from the program: before its answer, because its standard output is a
//! full pipe, and while ImportKeyMaterial is under way, because the embedded KMS holds the reply back.

use std::time::{Duration, Instant};

use crate::support::memory::{Shapes, search_process};
use crate::support::watched::{assert_silent, memory_of};
use crate::support::{Bench, planted};

#[test]
fn the_search_finds_a_copy_that_is_there() {
    let secret = planted::random(32);
    let shapes = Shapes::of(&[&secret]);
    let mut reversed = secret.clone();
    reversed.reverse();
    for (what, text) in [
        ("hex", hex::encode(&secret)),
        ("upper-case hex", hex::encode_upper(&secret)),
        ("base64", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, [b"x", &secret[..]].concat())),
    ] {
        let mut sleep = std::process::Command::new("sleep");
        let mut sleep = sleep.arg("30").env_clear().env("PLANTED", &text).spawn().unwrap();
        // Just begun, a process has no environment yet.
        let begun = Instant::now();
        let found = loop {
            let found = search_process(sleep.id(), &shapes).unwrap();
            if found.iter().any(|copy| copy.place == "environ") || begun.elapsed() > Duration::from_secs(5) {
                break found;
            }
        };
        sleep.kill().unwrap();
        sleep.wait().unwrap();
        assert!(found.iter().any(|copy| copy.place == "environ" && copy.what == what), "{what}: {found:?}");
        assert!(found.iter().any(|copy| copy.place == "[stack]" && copy.what == what), "{what}: {found:?}");
    }
    for (what, bytes) in [("bytes", &secret[5..13]), ("bytes the other way round", &reversed[..8])] {
        let found = shapes.search("here", 0, &[b"before", bytes, b"after"].concat());
        assert!(found.len() == 1 && found[0].what == what && (found[0].from, found[0].to) == (6, 14), "{found:?}");
    }
    assert!(shapes.search("here", 0, &secret[5..12]).is_empty());
}

#[test]
fn wrapping_leaves_no_piece_of_the_key_material_behind() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    for planted in planted::all() {
        for by_stdin in [false, true] {
            let (what, flags) = (planted.title(by_stdin), planted.place(&bench, by_stdin));
            let line = format!("wrap {flags} --key-spec {} --inkey PublicKey.bin --out wrapped --force", planted.spec);
            let run = bench.watched(&line, planted.stdin(by_stdin));
            run.wait_for_answer();
            let Some(found) = memory_of(&run, &planted.shapes) else { return };
            assert!(found.is_empty(), "{what}: {found:#?}");
            assert_silent(&what, &bench, &run.end(), &planted.shapes, &["material", "passphrase"]);
        }
    }
}

#[test]
fn provisioning_holds_one_copy_until_the_proof_is_done_and_none_afterwards() {
    let bench = Bench::new();
    let kms = bench.slow_importer();
    for (number, planted) in planted::all().iter().enumerate() {
        let by_stdin = number % 2 == 1;
        let (what, flags) = (planted.title(by_stdin), planted.place(&bench, by_stdin));
        let (url, spec) = (kms.url(), planted.spec);
        let line = format!(
            "provision --endpoint-url {url} --region us-east-1 --wrapping-key-spec RSA_2048 --key-spec {spec} {flags} --output json"
        );
        let run = bench.watched(&line, planted.stdin(by_stdin));
        run.wait_for_reply_after("wrapped ");
        let Some(found) = memory_of(&run, &planted.shapes) else { return };
        assert!(found.iter().all(|copy| copy.own_page), "{what}, during the import: {found:#?}");
        assert_eq!(found.len(), planted.shapes.count, "{what}, during the import: {found:#?}");
        run.wait_for_answer();
        let Some(found) = memory_of(&run, &planted.shapes) else { return };
        assert!(found.is_empty(), "{what}, at the end: {found:#?}");
        let streams = run.end();
        assert!(String::from_utf8_lossy(&streams.stdout).contains(r#""outcome": "proven""#), "{what}");
        assert_silent(&what, &bench, &streams, &planted.shapes, &["material", "passphrase"]);
    }
}

#[test]
fn verifying_leaves_no_piece_of_the_key_material_behind() {
    let bench = Bench::new();
    let kms = bench.serve();
    let at = format!("--endpoint-url {} --region us-east-1", kms.url());
    for (number, planted) in planted::all().iter().enumerate() {
        let by_stdin = number % 2 == 0;
        let (what, flags) = (planted.title(by_stdin), planted.place(&bench, by_stdin));
        let imported = planted.place(&bench, false);
        let line = format!(
            "provision {at} --wrapping-key-spec RSA_2048 --alias alias/a{number} --key-spec {} {imported} --verify off",
            planted.spec
        );
        bench.kms_byok_with_credentials(&line).succeeds();
        let run = bench.watched(&format!("verify {at} --key-id alias/a{number} {flags}"), planted.stdin(by_stdin));
        run.wait_for_answer();
        let Some(found) = memory_of(&run, &planted.shapes) else { return };
        assert!(found.is_empty(), "{what}: {found:#?}");
        assert_silent(&what, &bench, &run.end(), &planted.shapes, &["material", "passphrase"]);
    }
}
