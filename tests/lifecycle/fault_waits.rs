//! Every place where a run can wait for something that never comes: pipes as inputs, helpers and files of AWS's configuration, a name
//! server that says nothing, a terminal or a reader that is gone. SIGTERM, SIGINT and SIGHUP end each within a second, with the report.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::cloud::Cloud;
use crate::support::executable::write_executable;
use crate::support::workers::in_parallel;
use crate::support::{self, Bench, Run};

/// The time in which a run is over.
const LIMIT: Duration = Duration::from_secs(1);
const SIGNALS: [(Signal, &str); 3] = [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT"), (Signal::HUP, "SIGHUP")];

/// A command line of words, with variables, that waits. `pipe` is one that nobody writes to, `pipes` a directory with nothing else.
type Waits = (&'static str, &'static [(&'static str, &'static str)]);

const FILES: [Waits; 40] = [
    ("wrap --material pipe --inkey PublicKey.bin --out out", &[]),
    ("wrap --material key --inkey pipe --out out", &[]),
    ("wrap --material pem --key-spec ECC_NIST_P256 --passphrase-file pipe --inkey PublicKey.bin --out out", &[]),
    ("wrap --material - --inkey PublicKey.bin --out out", &[]),
    ("wrap --generate --escrow pipe --escrow-out copy --inkey PublicKey.bin --out out", &[]),
    ("wrap --material-from-escrow pipe --recipient-key wrapping.pem --inkey PublicKey.bin --out out", &[]),
    ("wrap --material-from-escrow key --recipient-key pipe --inkey PublicKey.bin --out out", &[]),
    ("wrap --dir pipes --material key", &[]),
    ("wrap --dir set-of-pipes --material key", &[]),
    ("import --dir pipes", &[]),
    ("import --key-id alias/a --import-token pipe --encrypted key", &[]),
    ("import --key-id alias/a --import-token key --encrypted pipe", &[]),
    ("provision --alias alias/b --material pipe --record record", &[]),
    ("provision --alias alias/b --generate --discard --policy pipe --record record", &[]),
    ("provision --alias alias/b --generate --escrow pipe --escrow-out copy --record record", &[]),
    ("provision --rehearse --material pipe --record record", &[]),
    ("create-key --alias alias/b --policy pipe", &[]),
    ("recipe --alias alias/b --material key --policy pipe", &[]),
    ("rotate --key-id alias/a --material pipe --record record", &[]),
    ("verify --key-id alias/a --material pipe", &[]),
    ("replicate --key-id alias/m --to eu-west-1 --material pipe --record record", &[]),
    ("replicate --key-id alias/m --to eu-west-1 --material key --policy pipe --record record", &[]),
    ("diagnose --public-key pipe", &[]),
    ("diagnose --import-token pipe", &[]),
    ("diagnose --encrypted pipe", &[]),
    ("diagnose --public-key PublicKey.bin --material pipe", &[]),
    ("diagnose --public-key PublicKey.bin --private-key pipe", &[]),
    ("diagnose --public-key PublicKey.bin", &[("PATH", "sleepers")]),
    ("doctor", &[("PATH", "sleepers")]),
    ("status --key-id alias/a", &[("AWS_CONFIG_FILE", "pipe")]),
    ("status --key-id alias/a", &[("AWS_SHARED_CREDENTIALS_FILE", "pipe"), ("AWS_ACCESS_KEY_ID", "")]),
    ("get-parameters --key-id alias/a --dir out", &[("AWS_CONFIG_FILE", "sleeps"), ("AWS_ACCESS_KEY_ID", "")]),
    ("provision --alias alias/b --component pipe --component key --record record", &[]),
    ("generate --components 2 --custodian pipe pipe --out-prefix part", &[]),
    ("verify --key-id alias/a --certificate pipe", &[]),
    ("public-key --key-id alias/a --certificate pipe", &[]),
    ("fleet plan pipe", &[]),
    ("fleet run pipe", &[]),
    ("fleet run pipe --only verify", &[]),
    ("fleet status pipe --journal none.journal", &[]),
];

/// These go to an https endpoint of their own.
const BUNDLES: [Waits; 3] = [
    ("status --key-id alias/a --endpoint-url https://127.0.0.1:1 --region us-east-1", &[("AWS_CA_BUNDLE", "pipe")]),
    ("doctor --endpoint-url https://127.0.0.1:1 --region us-east-1", &[("AWS_CA_BUNDLE", "pipe")]),
    (
        "status --key-id alias/a --endpoint-url https://127.0.0.1:1 --region us-east-1",
        &[("AWS_CONFIG_FILE", "bundled")],
    ),
];

#[test]
fn signals_end_a_run_within_a_second_whichever_input_it_waits_for() {
    let cells: Vec<_> = FILES.iter().chain(&BUNDLES).flat_map(|waits| SIGNALS.map(|signal| (waits, signal))).collect();
    let outcomes = in_parallel(6, &cells, |((line, variables), signal)| {
        let cloud = scene();
        let line = if line.contains("--endpoint-url") { (*line).to_owned() } else { cloud.line(line) };
        let line = if offline(&line) { line.split(" --endpoint-url").next().unwrap().to_owned() } else { line };
        let mut command = command(&cloud.bench, &line, variables);
        let before = cloud.bench.names();
        let outcome = stop(&mut command, *signal);
        check_files(&cloud.bench, &before, signal.1)?;
        outcome
    });
    let name = |(line, variables): &Waits| {
        let variables = variables.iter().filter(|(_, value)| !value.is_empty() && !value.starts_with("arn:"));
        variables.map(|(name, value)| format!("{name}={value} ")).collect::<String>() + line
    };
    print_table("a pipe", cells.iter().map(|(waits, _)| name(waits)).collect(), &outcomes);
}

/// The same while the answer waits for a reader, on standard output, on standard error, and on both.
#[test]
fn signals_end_a_run_whose_answer_nobody_reads() {
    let cells: Vec<_> =
        [(true, false), (false, true), (true, true)].into_iter().flat_map(|full| SIGNALS.map(|s| (full, s))).collect();
    let outcomes = in_parallel(6, &cells, |((out, err), signal)| {
        let bench = Bench::new();
        let mut command = bench.command(&["man"]);
        if *err {
            // One talkative enough to fill a pipe.
            command = bench.command(&["provision", "--rehearse", "--generate", "--discard", "-vv"]);
        }
        let (held, writer) = full_pipe();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if *out {
            command.stdout(writer.try_clone().unwrap());
        }
        if *err {
            command.stderr(writer.try_clone().unwrap());
        }
        let child = command.spawn().unwrap();
        let outcome = signalled(child, *signal).map(|(time, _)| time);
        drop((held, writer));
        outcome
    });
    print_table(
        "a reader",
        cells.iter().map(|(full, _)| format!("full pipes (stdout, stderr): {full:?}")).collect(),
        &outcomes,
    );
}

/// A resolver that never answers, put before that of the C library.
fn silent_resolver(directory: &Path) -> Option<String> {
    let (source, library) = (directory.join("silent.c"), directory.join("silent.so"));
    let code = "#include <netdb.h>\n#include <unistd.h>\n\
        int getaddrinfo(const char *n, const char *s, const struct addrinfo *h, struct addrinfo **r) {\n\
        (void)n; (void)s; (void)h; (void)r; sleep(30); return EAI_AGAIN; }\n";
    fs::write(&source, code).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    if !built.is_ok_and(|status| status.success()) {
        println!("skipped: there is no C compiler to make a silent resolver with");
        return None;
    }
    Some(library.display().to_string())
}

/// Lines that look a name up: of KMS in one Region or several, of STS, of an endpoint by name, of a proxy.
const NAMES: [Waits; 9] = [
    ("status --key-id alias/a", &[]),
    ("provision --alias alias/b --generate --keep out --record record", &[]),
    ("create-key --alias alias/b", &[]),
    ("rotate --key-id alias/a --generate --discard", &[]),
    ("diagnose --key-id alias/a", &[]),
    ("doctor --online", &[]),
    ("status --key-id alias/a --endpoint-url https://kms.example", &[]),
    ("status --key-id alias/a", &[("HTTPS_PROXY", "http://proxy.example:3128")]),
    (
        "status --key-id alias/a",
        &[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "key"),
            ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/keys"),
            ("AWS_ACCESS_KEY_ID", ""),
        ],
    ),
];

fn asking_silence(bench: &Bench, (line, variables): &Waits, resolver: &str) -> Command {
    let mut command = command(bench, &format!("{line} --region us-east-1"), variables);
    command.env("LD_PRELOAD", resolver);
    command
}

#[test]
fn signals_end_a_run_within_a_second_where_the_name_server_says_nothing() {
    let place = Bench::new();
    let Some(resolver) = silent_resolver(place.directory()) else { return };
    let cells: Vec<_> = NAMES.iter().flat_map(|waits| SIGNALS.map(|signal| (waits, signal))).collect();
    let outcomes = in_parallel(6, &cells, |(waits, signal)| {
        let bench = offline_scene();
        let before = bench.names();
        let outcome = stop(&mut asking_silence(&bench, waits, &resolver), *signal);
        check_files(&bench, &before, signal.1)?;
        outcome
    });
    print_table("a name", cells.iter().map(|(waits, _)| waits.0.to_owned()).collect(), &outcomes);
}

#[test]
fn the_time_to_connect_holds_for_names_that_are_not_resolved() {
    let place = Bench::new();
    let Some(resolver) = silent_resolver(place.directory()) else { return };
    let outcomes = in_parallel(6, &NAMES, |waits| {
        let bench = offline_scene();
        let mut command = asking_silence(&bench, waits, &resolver);
        command.args(["--connect-timeout", "2s"]);
        let began = Instant::now();
        let run = support::run(&mut command, b"");
        let took = began.elapsed();
        println!("{:>5} ms, exit code {:?}: {}", took.as_millis(), run.code, waits.0);
        // No longer than was given, and what a busy machine adds.
        let told = [&run.stdout, &run.stderr].iter().any(|said| said.contains("within 2 s"));
        if took < Duration::from_secs(2) || took > Duration::from_millis(3500) || !told {
            return Err(format!("{}: it took {took:?}: {}{}", waits.0, run.stdout, run.stderr));
        }
        Ok(())
    });
    let failures: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A server, a key for its verbs, and what they wait for.
fn scene() -> Cloud {
    let cloud = Cloud::new("");
    cloud.bench.write("key", [7; 32]);
    for line in ["provision --alias alias/a --material key", "provision --alias alias/m --material key --multi-region"]
    {
        cloud.run(&format!("{line} --wrapping-key-spec RSA_2048 --verify off")).succeeds();
    }
    cloud.run("create-key --alias alias/w").succeeds();
    cloud.run("get-parameters --key-id alias/w --dir set-of-pipes --wrapping-key-spec RSA_2048").succeeds();
    furnish(&cloud.bench);
    fs::remove_file(cloud.bench.path("set-of-pipes/PublicKey.bin")).unwrap();
    mkfifo(&cloud.bench.path("set-of-pipes/PublicKey.bin"));
    cloud
}

fn offline_scene() -> Bench {
    let bench = Bench::new();
    bench.write("key", [7; 32]);
    bench
}

fn furnish(bench: &Bench) {
    bench.wrapping_key(2048);
    bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:swordfish -out pem");
    mkfifo(&bench.path("pipe"));
    fs::create_dir(bench.path("pipes")).unwrap();
    for name in ["parameters.json", "PublicKey.bin", "ImportToken.bin", "EncryptedKeyMaterial.bin"] {
        mkfifo(&bench.path("pipes").join(name));
    }
    fs::create_dir(bench.path("sleepers")).unwrap();
    write_executable(&bench.path("sleepers/openssl"), "#!/bin/sh\nexec /bin/sleep 20\n");
    bench.write("bundled", "[default]\nca_bundle = pipe\n");
    bench.write("sleeps", "[default]\ncredential_process = /bin/sleep 20\n");
}

fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Verbs that know no endpoint.
fn offline(line: &str) -> bool {
    line.starts_with("wrap ") || line.contains("--rehearse")
}

/// The line with credentials and these variables; an empty one is taken away.
fn command(bench: &Bench, line: &str, variables: &[(&str, &str)]) -> Command {
    let words: Vec<&str> = line.split_whitespace().chain(["--output", "json"]).collect();
    let mut command = bench.command(&words);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
    for (name, value) in variables {
        if value.is_empty() {
            command.env_remove(name);
        } else {
            command.env(name, value);
        }
    }
    command
}

/// Starts a run that waits, stops it, and gives the time it took to end. Its report is complete, on both streams.
fn stop(command: &mut Command, (signal, name): (Signal, &str)) -> Result<Duration, String> {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (time, run) = signalled(child, (signal, name))?;
    let said = format!("{}{}", run.stderr, run.stdout);
    if !run.stderr.ends_with(&format!("error: stopped by {name}\nhint: run the same command again\n")) {
        return Err(format!("it does not end with the report: {said}"));
    }
    let report: Value = serde_json::from_str(&run.stdout).map_err(|error| format!("{error}: {said}"))?;
    if report["error"]["cause"] != format!("stopped by {name}") || report["error"]["exit_code"] != 1 {
        return Err(format!("the JSON does not tell it: {said}"));
    }
    Ok(time)
}

/// Sends the signal to a run that waits, and checks how and how soon it ends.
fn signalled(mut child: Child, (signal, _): (Signal, &str)) -> Result<(Duration, Run), String> {
    let stdin = child.stdin.take(); // held open, or the run would see its end
    await_rest(child.id());
    if let Some(status) = child.try_wait().unwrap() {
        let run = Run::of(child.wait_with_output().unwrap());
        return Err(format!("it did not wait: {status}: {}{}", run.stderr, run.stdout));
    }
    let began = Instant::now();
    kill_process(Pid::from_child(&child), signal).unwrap();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > Duration::from_secs(10) {
            let _ = child.kill();
            let _ = child.wait();
            return Err("it goes on after 10 s".to_owned());
        }
        sleep(Duration::from_millis(5));
    };
    let time = began.elapsed();
    drop(stdin);
    let run = Run::of(child.wait_with_output().unwrap());
    let right = if signal == Signal::INT { status.signal() == Some(2) } else { status.code() == Some(1) };
    if !right || time > LIMIT {
        return Err(format!("{status} after {time:?}: {}{}", run.stderr, run.stdout));
    }
    Ok((time, run))
}

/// Until the process catches signals and then sleeps, four looks in a row (proc_pid_status(5)).
fn await_rest(id: u32) {
    let end = Instant::now() + Duration::from_secs(20);
    let mut rests = 0;
    while rests < 4 && Instant::now() < end {
        sleep(Duration::from_millis(60));
        let Ok(status) = fs::read_to_string(format!("/proc/{id}/status")) else { return };
        let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        let caught = u64::from_str_radix(value("SigCgt:"), 16).unwrap_or(0);
        let at_rest = caught & 0x4003 == 0x4003 && value("State:").starts_with('S');
        rests = if at_rest { rests + 1 } else { 0 };
    }
}

/// A pipe is no note of an earlier run, and no token of a role: nobody waits for it.
#[test]
fn pipes_in_the_state_directory_and_as_tokens_are_not_waited_for() {
    let cloud = scene();
    let state = cloud.bench.path("state");
    fs::create_dir_all(state.join("kms-byok")).unwrap();
    for name in ["0123456789abcdef0123456789abcdef.json", "a", ".tmpAbCdEf"] {
        mkfifo(&state.join("kms-byok").join(name));
    }
    for (line, code) in [
        ("create-key --alias alias/c", 0),
        ("provision --alias alias/b --generate --discard --wrapping-key-spec RSA_2048", 0),
        ("provision --alias alias/b --generate --discard --find-lost", 0),
    ] {
        let mut command = command(&cloud.bench, &cloud.line(line), &[]);
        let run = support::run(command.env("XDG_STATE_HOME", &state), b"");
        assert_eq!(run.code, Some(code), "{line}: {}", run.stderr);
    }
    // The directory itself.
    mkfifo(&cloud.bench.path("kms-byok"));
    let mut create = command(&cloud.bench, &cloud.line("create-key --alias alias/d"), &[]);
    assert_eq!(support::run(create.env("XDG_STATE_HOME", cloud.bench.directory()), b"").code, Some(0));
    for variable in ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
        let mut command = command(&cloud.bench, &cloud.line("status --key-id alias/a"), &[(variable, "pipe")]);
        let run = support::run(&mut command, b"");
        let cause = format!("error: `pipe` is not a value of {variable}\n");
        assert!(run.code == Some(2) && run.stderr.contains(&cause), "{}", run.stderr);
    }
}

/// No output and no half of one; the record has its end.
fn check_files(bench: &Bench, before: &[String], name: &str) -> Result<(), String> {
    let new: Vec<_> = bench.names().into_iter().filter(|name| !before.contains(name)).collect();
    let (records, others): (Vec<_>, Vec<_>) = new.into_iter().partition(|name| name == "record");
    let others: Vec<_> = others.into_iter().filter(|name| name != ".local").collect();
    if !others.is_empty() {
        return Err(format!("it leaves {others:?}"));
    }
    if records.is_empty() {
        return Ok(());
    }
    let record: Value = serde_json::from_slice(&bench.read("record")).unwrap();
    let exit = &record["exit"];
    match exit["code"] == 1 && exit["error"]["cause"] == format!("stopped by {name}") && record["ended"].is_string() {
        true => Ok(()),
        false => Err(format!("the record does not tell how it ended: {record}")),
    }
}

/// A pipe that takes nothing more, and the end that would have to be read.
fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    use std::io::Write;
    let (reader, mut writer) = std::io::pipe().unwrap();
    let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
    rustix::fs::fcntl_setfl(&writer, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
    while writer.write(&[b'.'; 4096]).is_ok() {}
    rustix::fs::fcntl_setfl(&writer, flags).unwrap();
    (reader, writer)
}

/// One row for each place, with the milliseconds after each signal; `!` where the promise was broken.
#[track_caller]
fn print_table(what: &str, rows: Vec<String>, outcomes: &[Result<Duration, String>]) {
    println!("milliseconds from SIGTERM, SIGINT, SIGHUP to the end of a run that waits for {what}");
    let mut failures = Vec::new();
    for (row, times) in rows.chunks(SIGNALS.len()).zip(outcomes.chunks(SIGNALS.len())) {
        let shown: String = times
            .iter()
            .map(|time| time.as_ref().map_or("   !".to_owned(), |time| format!("{:>4}", time.as_millis())))
            .collect();
        println!("{shown}  {}", row[0]);
        failures.extend(times.iter().filter_map(|time| Some(format!("{}: {}", row[0], time.as_ref().err()?))));
    }
    println!("{} cells, none skipped", outcomes.len());
    assert!(failures.is_empty(), "{} of {} cells:\n{}", failures.len(), outcomes.len(), failures.join("\n"));
}
