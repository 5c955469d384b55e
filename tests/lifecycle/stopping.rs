//! SIGTERM and SIGINT end a run that waits for its standard input, with words and an exit code of its own.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Bench, Run};

/// Starts a run whose standard input stays open and empty; stops it as soon as it listens for signals.
fn stopped_waiting(bench: &Bench, line: &str, signal: &str) -> Run {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = bench.command(&words);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take(); // held open, or the run would see its end
    await_handlers(child.id());
    assert!(Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success());
    assert!(ends_within(&mut child, Duration::from_secs(10)), "{line}: still runs");
    drop(stdin);
    Run::of(child.wait_with_output().unwrap())
}

/// Until the process catches SIGINT and SIGTERM (proc_pid_status(5), SigCgt); where that cannot be seen, a while.
fn await_handlers(id: u32) {
    let caught = || {
        let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?.trim().to_owned();
        u64::from_str_radix(&mask, 16).ok()
    };
    let both = 1 << (2 - 1) | 1 << (15 - 1);
    let began = Instant::now();
    while caught().is_some_and(|mask| mask & both != both) && began.elapsed() < Duration::from_secs(10) {
        sleep(Duration::from_millis(5));
    }
    sleep(Duration::from_millis(300)); // on to the read
}

fn ends_within(child: &mut Child, limit: Duration) -> bool {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > limit {
            child.kill().unwrap();
            return false;
        }
        sleep(Duration::from_millis(20));
    }
    true
}

#[test]
fn a_run_that_waits_for_its_key_material_stops_with_exit_1_and_of_sigint_itself() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    for line in [
        "provision --rehearse --alias alias/a --material -",
        "wrap --in - --inkey PublicKey.bin --out EncryptedKeyMaterial.bin",
    ] {
        for (signal, name, code) in [("TERM", "SIGTERM", 1), ("HUP", "SIGHUP", 1), ("INT", "SIGINT", 130)] {
            stopped_waiting(&bench, line, signal)
                .refuses(code, &format!("error: stopped by {name}\nhint: run the same command again\n"));
        }
    }
    assert!(!bench.exists("EncryptedKeyMaterial.bin"));
}

#[test]
fn so_does_one_that_has_asked_kms_already() {
    let bench = Bench::new();
    let server = bench.serve();
    let url = server.url();
    bench
        .kms_byok_with_credentials(&format!("create-key --region us-east-1 --endpoint-url {url} --alias alias/a"))
        .succeeds();
    let run = stopped_waiting(
        &bench,
        &format!("verify --quiet --region us-east-1 --endpoint-url {url} --key-id alias/a --material -"),
        "TERM",
    );
    run.refuses(1, "error: stopped by SIGTERM\nhint: run the same command again\n");
}
