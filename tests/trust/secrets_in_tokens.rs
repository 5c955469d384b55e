//! A key in a token is nowhere in the run that has it imported: not while the token wraps it, and not afterwards.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::memory::{Shapes, search_process};
use crate::support::token::{PIN, Token};
use crate::support::watched::{Watched, assert_silent, memory_of};
use crate::support::{Bench, material};

/// The process of the module, which the run has started.
fn child_of(run: &Watched) -> u32 {
    let path = format!("/proc/{0}/task/{0}/children", run.pid());
    let children = std::fs::read_to_string(path).unwrap();
    children.split_whitespace().next().unwrap().parse().unwrap()
}

fn is_stopped(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
}

fn go_on(pid: u32) {
    assert!(Command::new("kill").args(["-CONT", &pid.to_string()]).status().unwrap().success());
}

/// The module stops its process whenever it is called for C_WrapKey: to try what the token can do, and then for the key.
#[test]
fn while_a_token_wraps_a_key_the_run_has_no_piece_of_it_or_of_the_pin() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    let key = material(11);
    bench.write_private("key", key);
    token.pkcs11("--write-object key --type secrkey --key-type AES:32 --label payments --extractable --sensitive");
    std::fs::remove_file(bench.path("key")).unwrap();
    let Some(behind) = token.behind("stop=C_WrapKey") else { return };
    let server = bench.serve();
    let line = format!(
        "provision --endpoint-url {} --region us-east-1 --alias alias/a {} --wrapping-key-spec RSA_2048 --wrapping-algorithm RSAES_OAEP_SHA_1 --allow-sha1",
        server.url(),
        behind.flags("payments")
    );
    let shapes = Shapes::of(&[&key]).and("the PIN", PIN.as_bytes());
    let run = Watched::start(behind.command(&line), b"");
    let (mut stops, began) = (0, Instant::now());
    // For the trial, and for the key; each time for the length, and for the bytes.
    while stops < 4 {
        assert!(began.elapsed() < Duration::from_secs(60), "it was stopped {stops} times");
        if behind.count("C_WrapKey") > stops && is_stopped(child_of(&run)) {
            let Some(found) = memory_of(&run, &shapes) else { return go_on(child_of(&run)) };
            assert!(found.is_empty(), "{found:#?}");
            // What the search finds where the key is: SoftHSM has it in the memory of the module's process.
            let module = search_process(child_of(&run), &shapes).unwrap();
            assert!(!module.is_empty());
            stops += 1;
            go_on(child_of(&run));
        }
        sleep(Duration::from_millis(5));
    }
    run.wait_for_answer();
    let Some(found) = memory_of(&run, &shapes) else { return };
    assert!(found.is_empty(), "{found:#?}");
    let streams = run.end();
    // The token itself has it: SoftHSM keeps it in a file.
    std::fs::remove_dir_all(bench.path("tokens")).unwrap();
    assert_silent("a key in a token", &bench, &streams, &shapes, &["pin"]);
}
