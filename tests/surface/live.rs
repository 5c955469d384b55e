//! What moves on a terminal while a run is under way: it is there while it lasts, and nothing of it is left.
#![cfg(target_os = "linux")] // elsewhere `script` has other flags

use std::time::{Duration, Instant};

use crate::support::cloud::{Cloud, plain};
use crate::support::run;
use crate::support::screen::shown;
use crate::support::terminal::Terminal;

const COLUMNS: usize = 200;
const WAIT: &str = "repeating GetParametersForImport for up to 60 s: the change of the key has not reached all of KMS";
const PROVISION: &str = "provision alias/a --wrapping-key-spec RSA_2048 --generate --discard";

/// On a terminal that can more than print.
fn open(cloud: &Cloud, line: &str) -> Option<Terminal> {
    open_then(cloud, line, "")
}

fn open_then(cloud: &Cloud, line: &str, then: &str) -> Option<Terminal> {
    let line = format!("stty cols {COLUMNS} rows 20; trap : INT QUIT; \"$KMS_BYOK\" {}{then}", cloud.line(line));
    open_line(cloud, &line, "xterm")
}

fn open_line(cloud: &Cloud, line: &str, term: &str) -> Option<Terminal> {
    let variables =
        [("TERM", term), ("NO_COLOR", "1"), ("AWS_ACCESS_KEY_ID", "AKIDTEST"), ("AWS_SECRET_ACCESS_KEY", "test")];
    Terminal::open_with(&cloud.bench, line, &variables)
}

fn end(terminal: Terminal) -> (Option<i32>, String, String) {
    let (code, written) = terminal.end();
    (code, shown(&written.replace('\n', "\r\n"), COLUMNS), written)
}

#[test]
fn a_step_is_shown_while_it_lasts_and_then_the_answer_alone() {
    let cloud = Cloud::new("--consistency-delay 2s");
    let Some(terminal) = open(&cloud, PROVISION) else { return };
    terminal.wait_for(&format!("- {WAIT}"));
    let (code, screen, written) = end(terminal);
    assert_eq!(code, Some(0), "{screen}");
    assert!(written.matches(WAIT).count() > 3, "{written:?}"); // it turns
    let elsewhere = Cloud::new("");
    let answer = elsewhere.run(PROVISION).succeeds().stdout.replace(elsewhere.url(), cloud.url());
    assert_eq!(plain(&screen), plain(&answer));
}

#[test]
fn lines_are_printed_where_nothing_can_move_or_all_is_to_be_kept() {
    for (more, term, kept) in [
        ("", "dumb", true),
        ("", "", true),
        ("-v", "xterm", true),
        ("2>&1 | cat", "xterm", true),
        ("--quiet", "xterm", false),
    ] {
        let cloud = Cloud::new("--consistency-delay 700ms");
        let line = format!("\"$KMS_BYOK\" {} {more}", cloud.line(&format!("{PROVISION} --verify off")));
        let Some(terminal) = open_line(&cloud, &line, term) else { return };
        let (code, screen) = terminal.end();
        assert!(code == Some(0) && !screen.contains('\u{1b}') && !screen.contains('\r'), "{more} {term}: {screen:?}");
        for step in [WAIT, "created key arn:", "alias/a points to it"] {
            assert_eq!(screen.contains(&format!("\n{step}")), kept, "{more} {term}: {screen}");
        }
    }
}

#[test]
fn what_the_answer_does_not_tell_stays_on_the_screen_above_it() {
    let cloud = Cloud::new("--fault ImportKeyMaterial:1:latency=700ms");
    cloud.bench.write("key.hex", "c3a1f05b7d2e94886b10f7ad35c9e24419d8620bfe73a5901c4de6b28f57da03");
    let line = PROVISION.replace("--generate --discard", "--material key.hex");
    let Some(terminal) = open(&cloud, &line) else { return };
    terminal.wait_for("| wrapped 32 bytes of key material");
    let (code, screen, _) = end(terminal);
    let lines: Vec<&str> = screen.lines().collect();
    assert_eq!(code, Some(0), "{screen}");
    assert!(lines[0].starts_with("warning: ") && lines[0].contains("`key.hex`"), "{screen}");
    assert_eq!(lines[1], "key material read as hex text of 32 bytes", "{screen}");
    assert!(lines[2].starts_with("key        arn:"), "{screen}");
}

#[test]
fn a_question_stands_alone_and_a_failure_as_well() {
    let cloud =
        Cloud::new("--fault GetKeyLastUsage:1:latency=900ms --fault DeleteImportedKeyMaterial:1:error=AccessDenied");
    cloud.run(PROVISION).succeeds();
    let key = cloud.keys()[0].arn.id().to_string();
    let Some(mut terminal) = open(&cloud, "delete-material alias/a") else { return };
    terminal.wait_for("asking KMS in us-east-1");
    let question = format!("type the key id {key} to delete it: ");
    terminal.wait_for(&question);
    std::thread::sleep(Duration::from_millis(500));
    let asked = shown(&terminal.screen().replace('\n', "\r\n"), COLUMNS);
    assert!(asked.ends_with(question.trim_end()), "{asked}");
    assert!(asked.starts_with("deleting key material "), "{asked}");
    terminal.press(&format!("{key}\n"));
    let (code, screen, _) = end(terminal);
    let told = screen.split_once(&format!("{question}{key}\n")).expect(&screen).1;
    assert!(code == Some(1) && told.starts_with("error: "), "{screen}");
    assert!(!screen.contains("asking KMS"), "{screen}");
}

#[test]
fn whatever_ends_it_leaves_no_half_line() {
    for (signal, code) in
        [("INT", 130), ("TERM", 1), ("HUP", 1), ("QUIT", 131), ("ALRM", 142), ("USR1", 138), ("XCPU", 152)]
    {
        let cloud = Cloud::new("--fault ListAliases:always:latency=60s --fault DescribeKey:always:latency=60s");
        let Some(mut terminal) = open_then(&cloud, PROVISION, "; echo \"code $?\"") else { return };
        terminal.wait_for_times("asking KMS in us-east-1", 2);
        match signal {
            "INT" => terminal.press("\u{3}"),
            "QUIT" => terminal.press("\u{1c}"),
            _ => terminal.signal(signal),
        }
        terminal.wait_for("code ");
        let (_, screen, _) = end(terminal);
        let lines: Vec<&str> = screen.lines().collect();
        assert_eq!(lines.last(), Some(&&*format!("code {code}")), "{signal}: {screen}");
        assert!(!screen.contains("asking KMS"), "{signal}: {screen}");
        if code < 131 {
            // The terminal itself shows the key that was pressed.
            let first = lines[0].trim_start_matches("^C");
            assert_eq!(first, format!("error: stopped by SIG{signal}"), "{signal}: {screen}");
        }
    }
}

/// Ctrl-Z and `fg`.
#[test]
fn a_run_that_is_stopped_leaves_the_line_to_the_shell_and_goes_on() {
    let cloud = Cloud::new("--fault CreateKey:1:latency=3s");
    let run = format!("\"$KMS_BYOK\" {}", cloud.line(PROVISION));
    let line = format!("stty cols {COLUMNS} rows 20; bash --norc -mc '{run}; echo \"code $?\"; fg; echo \"code $?\"'");
    let Some(mut terminal) = open_line(&cloud, &line, "xterm") else { return };
    terminal.wait_for_times("asking KMS in us-east-1", 2);
    terminal.press("\u{1a}");
    terminal.wait_for("code 148\n");
    let (_, screen, written) = end(terminal);
    assert!(!screen.contains("asking KMS") && screen.ends_with("code 0\n"), "{screen}");
    let after = written.split_once("code 148\n").unwrap().1;
    assert!(after.contains("asking KMS"), "{written:?}");
}

/// A terminal that is held (Ctrl-S) takes nothing, and a closed stream neither.
#[test]
fn nobody_waits_for_who_does_not_listen() {
    let cloud = Cloud::new("--consistency-delay 700ms --fault ListKeys:always:latency=60s");
    let closed = format!("\"$KMS_BYOK\" {} 2>&-", cloud.line(PROVISION));
    let Some(terminal) = open_line(&cloud, &closed, "xterm") else { return };
    let (code, screen) = terminal.end();
    assert!(code == Some(0) && screen.starts_with("key        arn:"), "{screen}");

    let line = format!("trap : INT; \"$KMS_BYOK\" {}; date > ended", cloud.line("status --expiring-within 9d"));
    let Some(mut terminal) = open_line(&cloud, &line, "xterm") else { return };
    terminal.wait_for_times("asking KMS in us-east-1", 2);
    terminal.press("\u{13}");
    std::thread::sleep(Duration::from_millis(400));
    terminal.signal("TERM");
    let begun = Instant::now();
    while !cloud.bench.exists("ended") {
        assert!(begun.elapsed() < Duration::from_secs(3), "it waits for the terminal");
        std::thread::sleep(Duration::from_millis(10));
    }
    terminal.press("\u{11}");
    drop(terminal.end());
}

#[test]
fn a_fleet_has_a_bar_for_each_account_and_region() {
    let cloud = Cloud::new("");
    let rows = |region: &str, count: usize| {
        (1..=count).map(|n| format!("{region}-{n},generate-discard,{region}\n")).collect::<String>()
    };
    cloud.bench.write("keys.csv", format!("id,material,regions\n{}{}", rows("us-east-1", 6), rows("eu-west-1", 4)));
    let flags = "--wrapping-key-spec RSA_2048 --quota GetParametersForImport=2 --verify off";
    let line =
        format!("stty cols 100 rows 20; \"$KMS_BYOK\" fleet run keys.csv {flags} --endpoint-url {}", cloud.url());
    let Some(terminal) = open_line(&cloud, &line, "xterm") else { return };
    terminal.wait_for("/4 keys, ");
    terminal.wait_for("us-east-1 [");
    terminal.wait_for("/s of 2/s, ");
    let (code, screen, written) = end(terminal);
    assert_eq!(code, Some(0), "{screen}");
    assert!(written.contains("#") && written.contains(" left"), "{written:?}");
    let lines: Vec<&str> = screen.lines().collect();
    assert_eq!((lines.len(), lines.last()), (11, Some(&"10 keys: 10 done, 0 failed, 0 left")), "{screen}");
    assert!(lines[0].starts_with("   2  us-east-1-1  us-east-1  -  done    arn:"), "{screen}");

    // Elsewhere nothing moves; the line every ten seconds has a test of its own.
    let piped = run(&mut cloud.command(&format!("fleet run keys.csv {flags} --journal other")), b"");
    assert!(!piped.stderr.contains("keys,") && !piped.stderr.contains('\u{1b}'), "{}", piped.stderr);
}

#[test]
fn a_fleet_that_is_ended_leaves_no_bars() {
    for (signal, code) in [("TERM", 3), ("QUIT", 131)] {
        let cloud = Cloud::new("");
        let rows: String = (1..=60).map(|n| format!("k{n},generate-discard\n")).collect();
        cloud.bench.write("keys.csv", format!("id,material\n{rows}"));
        let line = cloud.line("fleet run keys.csv --wrapping-key-spec RSA_2048 --verify off");
        let line = format!("stty cols 100 rows 20; trap : QUIT; \"$KMS_BYOK\" {line} > table; echo \"code $?\"");
        let Some(terminal) = open_line(&cloud, &line, "xterm") else { return };
        terminal.wait_for_times("/60 keys, ", 2);
        terminal.signal(signal);
        let (_, screen, _) = end(terminal);
        let lines: Vec<&str> = screen.lines().collect();
        assert_eq!(lines.last(), Some(&&*format!("code {code}")), "{screen}");
        assert!(!screen.contains("/60 keys"), "{screen}");
        let stopping = screen.contains("stopping after the step that is under way\n");
        assert_eq!(stopping, signal == "TERM", "{screen}");
    }
}
