//! On a terminal: no binary on the screen, and a passphrase that is asked for without being shown. The terminal is made by `script`.
#![cfg(target_os = "linux")] // elsewhere `script` has other flags

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::cloud::Cloud;
use crate::support::terminal::Terminal;
use crate::support::{Bench, Run, run};

fn encrypted_key() -> Bench {
    let bench = Bench::new();
    bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.pem");
    bench.openssl("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:swordfish -in plain.pem -out key.pem");
    std::fs::set_permissions(bench.path("key.pem"), Permissions::from_mode(0o600)).unwrap();
    bench.wrapping_key(2048);
    bench
}

const WRAP: &str = "\"$KMS_BYOK\" wrap --key-spec ECC_NIST_P256 --material key.pem --inkey PublicKey.bin --out out";

#[test]
fn binary_is_not_written_to_a_terminal() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    for (line, what) in [
        ("wrap --generate --discard --inkey PublicKey.bin --out -", "wrapped key material"),
        ("generate --out -", "key material"),
    ] {
        let Some(terminal) = Terminal::open(&bench, &format!("\"$KMS_BYOK\" {line}")) else { return };
        let expected = format!(
            "error: {what} is binary, and standard output is a terminal\n\
             hint: redirect standard output to a file, or use --out FILE\n"
        );
        assert_eq!(terminal.end(), (Some(1), expected));
    }
}

#[test]
fn a_passphrase_is_asked_for_and_not_shown() {
    let bench = encrypted_key();
    let Some(mut terminal) = Terminal::open(&bench, WRAP) else { return };
    terminal.wait_for("passphrase of `key.pem`: ");
    terminal.press("swordfish\n");
    let (code, screen) = terminal.end();
    assert_eq!((code, screen.contains("swordfish")), (Some(0), false), "{screen}");
    assert_eq!(bench.read("out").len(), 256);
}

#[cfg(feature = "pkcs11")]
#[test]
fn a_pin_is_asked_for_by_the_name_of_its_token_and_not_shown() {
    use crate::support::token::{PIN, Token};
    let bench = Bench::new();
    bench.wrapping_key(2048);
    let Some(token) = Token::new(&bench) else { return };
    token.pkcs11("--keygen --key-type AES:32 --label payments --extractable --sensitive");
    let wrap =
        "wrap --inkey PublicKey.bin --out out --force --wrapping-algorithm RSAES_OAEP_SHA_1 --allow-sha1 --quiet";
    let flags = token.flags_of("token=ceremony;object=payments").replace(';', "\\;");
    for (typed, code, said) in [
        (PIN, 0, "spec  "),
        ("271828", 1, "error: token `ceremony` does not accept the PIN, which was tried once\n"),
        ("", 1, "error: the PIN is 0 bytes long, and token `ceremony` takes 4 to 255: it was not tried\n"),
    ] {
        let line = format!("SOFTHSM2_CONF=softhsm.conf \"$KMS_BYOK\" {wrap} {flags}");
        let Some(mut terminal) = Terminal::open(&bench, &line) else { return };
        terminal.wait_for("PIN of token `ceremony`: ");
        terminal.press(&format!("{typed}\n"));
        let (found, screen) = terminal.end();
        assert_eq!(found, Some(code), "{screen}");
        assert!(screen.starts_with(&format!("PIN of token `ceremony`: \n{said}")), "{screen}");
        assert!(typed.is_empty() || !screen.contains(typed), "{screen}");
    }
    // Without a terminal nobody is asked, and nothing is tried.
    let command = token.command(&format!("{wrap} {}", token.flags_of("token=ceremony;object=payments")));
    let mut setsid = Command::new("setsid");
    setsid.arg("-w").arg(command.get_program()).args(command.get_args()).current_dir(bench.directory());
    run(setsid.env("SOFTHSM2_CONF", bench.path("softhsm.conf")), b"").refuses(
        1,
        "error: there is no terminal to type the PIN of token `ceremony` on\n\
         hint: add `?pin-source=file:PATH` to the PKCS#11 URI, or run it on a terminal\n",
    );
}

#[test]
fn a_wrong_passphrase_is_a_cause_and_a_fix() {
    let bench = encrypted_key();
    let Some(mut terminal) = Terminal::open(&bench, WRAP) else { return };
    terminal.wait_for("passphrase of");
    terminal.press("herring\n");
    let expected = "passphrase of `key.pem`: \n\
                    error: the passphrase does not open the private key\n\
                    hint: check the passphrase; a trailing newline in --passphrase-file is ignored, spaces are not\n";
    assert_eq!(terminal.end(), (Some(1), expected.to_owned()));
    assert!(!bench.exists("out"));
}

#[test]
fn ctrl_c_at_the_question_ends_it_and_gives_the_echo_back() {
    let bench = encrypted_key();
    let Some(mut terminal) = Terminal::open(&bench, &format!("trap : INT; {WRAP}; echo \"code $?\"; stty -a")) else {
        return;
    };
    terminal.wait_for("passphrase of");
    terminal.press("sword\u{3}");
    let (_, screen) = terminal.end();
    assert!(screen.contains("error: stopped by SIGINT\nhint: run the same command again\ncode 130\n"), "{screen}");
    assert!(screen.contains(" echo ") && !screen.contains("-echo "), "{screen}");
    assert!(!screen.contains("sword") && !bench.exists("out"), "{screen}");
}

/// Ctrl-\ and the signals that others send: each would end the process by itself.
#[test]
fn whatever_ends_the_question_gives_the_echo_back() {
    let bench = encrypted_key();
    for (signal, code) in
        [("QUIT", 131), ("ALRM", 142), ("USR1", 138), ("USR2", 140), ("XCPU", 152), ("HUP", 1), ("TERM", 1)]
    {
        let line = format!("trap : QUIT; {WRAP}; echo \"code $?\"; stty -a");
        let Some(mut terminal) = Terminal::open(&bench, &line) else { return };
        terminal.wait_for("passphrase of");
        if signal == "QUIT" {
            terminal.press("sword\u{1c}");
        } else {
            terminal.press("sword");
            std::thread::sleep(Duration::from_millis(200)); // through `script`
            terminal.signal(signal);
        }
        let (_, screen) = terminal.end();
        assert!(screen.contains(&format!("code {code}\n")), "{signal}: {screen}");
        assert!(screen.contains(" echo ") && !screen.contains("-echo "), "{signal}: {screen}");
        assert!(!screen.contains("sword") && !bench.exists("out"), "{signal}: {screen}");
    }
}

/// Ctrl-Z: the shell's own prompt shows what is typed, and the question comes again, unseen as before.
#[test]
fn a_question_that_is_stopped_shows_typing_meanwhile_and_asks_again() {
    let bench = encrypted_key();
    let line = format!("bash --norc -mc '{WRAP}; echo \"code $?\"; stty -a; fg; echo \"code $?\"; stty -a'");
    let Some(mut terminal) = Terminal::open(&bench, &line) else { return };
    terminal.wait_for("passphrase of");
    terminal.press("sword\u{1a}");
    terminal.wait_for("code 148\n");
    terminal.wait_for_times("passphrase of", 2);
    terminal.press("swordfish\n");
    let (_, screen) = terminal.end();
    let (stopped, after) = screen.split_once("code 148\n").unwrap();
    assert!(!stopped.contains("sword") && !after.contains("swordfish"), "{screen}");
    assert!(
        after.contains("code 0\n") && after.matches(" echo ").count() == 2 && !after.contains("-echo "),
        "{screen}"
    );
    assert_eq!(bench.read("out").len(), 256);
}

/// A shell goes on after a command that has merely failed.
#[test]
fn a_shell_loop_over_keys_stops_at_ctrl_c() {
    let bench = encrypted_key();
    let line = format!("bash --norc -c 'for k in a b c; do echo \"key $k\"; {WRAP}; done; echo all'");
    let Some(mut terminal) = Terminal::open(&bench, &line) else { return };
    terminal.wait_for("passphrase of");
    terminal.press("\u{3}");
    let (code, screen) = terminal.end();
    assert!(screen.starts_with("key a\n") && screen.contains("error: stopped by SIGINT\n"), "{screen}");
    assert!(!screen.contains("key b") && !screen.contains("all"), "{screen}");
    assert_eq!(code, Some(130), "{screen}");
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let bench = encrypted_key();
    let model = bench.command(&[]);
    let mut command = Command::new("setsid");
    command.args(["--wait", env!("CARGO_BIN_EXE_kms-byok"), "wrap", "--key-spec", "ECC_NIST_P256"]);
    command.args(["--material", "key.pem", "--inkey", "PublicKey.bin", "--out", "out"]).current_dir(bench.directory());
    command.env_clear().envs(model.get_envs().filter_map(|(name, value)| Some((name, value?))));
    run(&mut command, b"").refuses(
        1,
        "error: the private key is encrypted, but there is no passphrase\n\
         hint: run it on a terminal to be asked, or add --passphrase-file FILE\n",
    );
    let run: Run = bench.kms_byok(&format!("{} --passphrase-file PublicKey.bin", WRAP.replace("\"$KMS_BYOK\" ", "")));
    assert!(run.stderr.contains("error: the passphrase does not open the private key\n"), "{}", run.stderr);
    assert!(!bench.exists("out"));
}

/// Nothing on the screen acts on it; what the terminal itself adds at the end of a line is left out.
fn check_screen(screen: &str) {
    let acts = |c: &char| *c != '\n' && kms_byok::for_the_binary::printable::is_unprintable(*c);
    assert_eq!(screen.chars().find(acts), None, "{screen:?}");
}

#[test]
fn the_question_for_a_passphrase_shows_the_name_of_the_file_and_nothing_acts() {
    let bench = encrypted_key();
    bench.write("k\u{1b}[2J\u{202e}\u{9b}\nhint: x\u{200b}.pem", bench.read("key.pem"));
    let Some(mut terminal) = Terminal::open(&bench, &WRAP.replace("key.pem", "k?*.pem").replace("k?*", "k*x*")) else {
        return;
    };
    terminal.wait_for("passphrase of `k\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}hint: x\u{fffd}.pem`: ");
    terminal.press("swordfish\n");
    let (code, screen) = terminal.end();
    assert_eq!(code, Some(0), "{screen}");
    check_screen(&screen);
}

#[test]
fn the_question_of_delete_material_shows_what_others_wrote_and_nothing_acts() {
    let bench = Bench::new();
    let name = "alias/\u{1b}[2J\u{202e}\u{9b}\n\u{200b}type the key id";
    let escaped: String = name.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let server = bench.serve_with(&format!("--no-quotas --fault ListAliases:1+:set=Aliases.0.AliasName=\"{escaped}\""));
    let at = format!("--endpoint-url {} --region us-east-1", server.url());
    let provision = "provision --alias alias/a --generate --discard --wrapping-key-spec RSA_2048 --output json";
    let key =
        bench.kms_byok_with_credentials(&format!("{provision} {at}")).json()["key_id"].as_str().unwrap().to_owned();
    for quiet in ["", "--quiet", "2> talk"] {
        let line = format!(
            "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=b \"$KMS_BYOK\" delete-material --key-id {key} {at} {quiet}"
        );
        let Some(mut terminal) = Terminal::open(&bench, &line) else { return };
        terminal.wait_for("to delete it: ");
        terminal.press("no\n");
        let (code, screen) = terminal.end();
        assert_eq!(code, Some(1), "{screen}");
        assert!(screen.contains("alias/\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}\u{fffd}type the key id"), "{screen}");
        check_screen(&screen);
    }
}

/// The question waits in a thread of its own, and nothing has been deleted.
#[test]
fn signals_end_the_question_of_delete_material_within_a_second() {
    let bench = Bench::new();
    let server = bench.serve_with("--no-quotas");
    let at = format!("--endpoint-url {} --region us-east-1", server.url());
    let provision = "provision --alias alias/a --generate --discard --wrapping-key-spec RSA_2048 --output json";
    let key =
        bench.kms_byok_with_credentials(&format!("{provision} {at}")).json()["key_id"].as_str().unwrap().to_owned();
    for (signal, code) in [("INT", 130), ("TERM", 1), ("HUP", 1)] {
        let line = format!(
            "trap : INT; AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=b \"$KMS_BYOK\" delete-material --key-id {key} {at}; echo \"code $?\""
        );
        let Some(mut terminal) = Terminal::open(&bench, &line) else { return };
        terminal.wait_for("to delete it: ");
        terminal.press(&key[..8]);
        let began = Instant::now();
        match signal {
            "INT" => terminal.press("\u{3}"),
            _ => terminal.signal(signal),
        }
        terminal.wait_for("code ");
        let took = began.elapsed();
        let (_, screen) = terminal.end();
        // The terminal may show what was typed only now.
        let report = format!("error: stopped by SIG{signal}\nhint: run the same command again\n");
        assert!(screen.contains(&report) && screen.ends_with(&format!("code {code}\n")), "{signal}: {screen}");
        assert!(took < Duration::from_secs(1), "{signal}: {took:?}");
        let status = bench.kms_byok_with_credentials(&format!("status --key-id {key} {at} --output json")).json();
        assert_eq!(status["key_state"], "Enabled", "{signal}");
    }
}

/// The question says all of it, where the talk does not.
#[test]
fn nobody_is_asked_without_having_read_what_becomes_unusable() {
    let cloud = Cloud::new("");
    cloud.run("provision alias/a --generate --discard --wrapping-key-spec RSA_2048 --quiet").succeeds();
    let arn = cloud.keys()[0].arn.to_string();
    let secret = [("NO_COLOR", "1"), ("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "b")];
    for (quiet, term) in [("", "dumb"), ("", "xterm"), ("--quiet", "xterm"), ("-q 2> talk", "xterm"), ("2> talk", "")] {
        let line = format!("TERM={term} \"$KMS_BYOK\" {} {quiet}", cloud.line("delete-material alias/a"));
        let Some(mut terminal) = Terminal::open_with(&cloud.bench, &line, &secret) else { return };
        terminal.wait_for("to delete it: ");
        terminal.press("no\n");
        let (code, screen) = terminal.end();
        let (before, _) = screen.split_once("type the key id ").unwrap();
        let (_, said) = before.split_once("deleting key material ").expect(&screen);
        let (head, consequences) = said.split_once('\n').unwrap();
        assert!(head.ends_with(&format!(" of key {arn} means:")), "{quiet} {term}: {screen}");
        assert!(consequences.starts_with("- ") && consequences.contains("alias/a"), "{quiet} {term}: {screen}");
        assert_eq!((code, screen.matches("means:").count()), (Some(1), 1), "{quiet} {term}: {screen}");
    }
}

#[test]
fn key_material_that_is_typed_is_asked_for_and_not_shown() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    let key = "5d0c91e2b7a4886f13c2d9e05b7f60a1c4e8d237916b5fa8e0d1437c2b98f6e4";
    let prompt = "type or paste the key material, then Enter and Ctrl-D (it is not shown): ";
    let wrap = "wrap --material - --inkey PublicKey.bin --out out --force";
    for quiet in ["", "--quiet"] {
        let line = format!("\"$KMS_BYOK\" {wrap} {quiet}; echo \"code $?\"; stty -a");
        let Some(mut terminal) = Terminal::open(&bench, &line) else { return };
        terminal.wait_for(prompt);
        terminal.press(&format!("{}\n{}\n\u{4}", &key[..32], &key[32..]));
        let (_, screen) = terminal.end();
        assert!(screen.starts_with(&format!("{prompt}\n")) && screen.contains("code 0\n"), "{screen}");
        assert!(!screen.contains(&key[..8]) && !screen.contains(&key[56..]), "{screen}");
        assert!(screen.contains(" echo ") && !screen.contains("-echo "), "{screen}");
        assert_eq!(bench.read("out").len(), 256);
    }
    // Nothing is typed.
    let Some(mut terminal) = Terminal::open(&bench, &format!("\"$KMS_BYOK\" {wrap}")) else { return };
    terminal.wait_for(prompt);
    terminal.press("\u{4}");
    let (code, screen) = terminal.end();
    assert!(
        code == Some(1) && screen.starts_with(&format!("{prompt}\nerror: key material `-` is empty\n")),
        "{screen}"
    );
    // Ctrl-C gives the echo back.
    let line = "trap : INT; \"$KMS_BYOK\" diagnose --material -; echo \"code $?\"; stty -a";
    let Some(mut terminal) = Terminal::open(&bench, line) else { return };
    terminal.wait_for(prompt);
    terminal.press("5d0c91\u{3}");
    let (_, screen) = terminal.end();
    assert!(screen.contains("error: stopped by SIGINT\n") && screen.contains("code 130\n"), "{screen}");
    assert!(screen.contains(" echo ") && !screen.contains("-echo ") && !screen.contains("5d0c"), "{screen}");
    // Nobody is asked where it comes through a pipe.
    let line = format!("echo {key} | \"$KMS_BYOK\" {wrap}");
    let Some(terminal) = Terminal::open(&bench, &line) else { return };
    let (code, screen) = terminal.end();
    assert!(code == Some(0) && !screen.contains("type or paste"), "{screen}");
}

/// The hex of a component as its sheet has it, and its check value.
fn sheet(bench: &Bench, number: u8) -> (String, String) {
    let text = String::from_utf8(bench.read(&format!("p-{number}-of-2.txt"))).unwrap();
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    (line("Value: "), line("Check value: "))
}

#[test]
fn a_key_component_is_typed_unseen_and_confirmed_by_its_check_value() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    let made = "generate --components 2 --plain --out-prefix p --show-kcv --output json";
    let made: serde_json::Value = serde_json::from_str(&bench.kms_byok(made).succeeds().stdout).unwrap();
    let kcv = made["key_check_value"].as_str().unwrap();
    let ((one, one_value), (two, two_value)) = (sheet(&bench, 1), sheet(&bench, 2));
    let line = format!(
        "\"$KMS_BYOK\" wrap --component - --component - --components 2 --expect-kcv {kcv} --inkey PublicKey.bin --out out"
    );
    let Some(mut terminal) = Terminal::open(&bench, &line) else { return };
    terminal.wait_for("component 1 of 2, in hex (it is not shown): ");
    terminal.press("31 99 zz\n");
    terminal.wait_for_times("component 1 of 2, in hex (it is not shown): ", 2);
    terminal.press(&format!("{one}\n"));
    terminal.wait_for(&format!("its check value is {one_value}: is it the one on the custodian's sheet? (yes or no) "));
    terminal.press("yes\n");
    terminal.wait_for("component 2 of 2");
    // The wrong sheet: it is asked for again.
    terminal.press(&format!("{}\n", one.replace('0', "1")));
    terminal.wait_for_times("(yes or no) ", 2);
    terminal.press("no\n");
    terminal.wait_for_times("component 2 of 2", 2);
    terminal.press(&format!("{}\n", two.to_ascii_uppercase().replace(' ', "")));
    terminal.wait_for(&format!("its check value is {two_value}"));
    terminal.press(&format!("{two_value}\n"));
    let (code, screen) = terminal.end();
    assert_eq!(code, Some(0), "{screen}");
    for typed in [&one, &two, &one.replace(' ', "")] {
        assert!(!screen.to_lowercase().contains(&typed[..9]), "{screen}");
    }
    assert_eq!(bench.read("out").len(), 256);
}

#[test]
fn a_key_component_that_nobody_confirms_is_not_used_and_one_without_a_terminal_is_refused() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.kms_byok("generate --components 2 --plain --out-prefix p").succeeds();
    let wrap = "wrap --component p-1-of-2.txt --component - --components 2 --expect-kcv 8A1F6B2C90 --inkey PublicKey.bin --out out";
    let Some(mut terminal) = Terminal::open(&bench, &format!("\"$KMS_BYOK\" {wrap}")) else { return };
    for attempt in 1..=3 {
        terminal.wait_for_times("component 2 of 2", attempt);
        terminal.press(&format!("{}\n", sheet(&bench, 2).0));
        terminal.wait_for_times("(yes or no) ", attempt);
        terminal.press("\n");
    }
    let (code, screen) = terminal.end();
    let said = "error: nobody has confirmed the check value of component 2, which was typed\n\
                hint: run it again, and compare the component with the custodian's sheet\n";
    assert!(code == Some(1) && screen.ends_with(said), "{screen}");
    let words: Vec<&str> = wrap.split_whitespace().collect();
    let mut command = bench.command(&words);
    let mut setsid = Command::new("setsid");
    setsid.arg("-w").arg(command.get_program()).args(command.get_args()).current_dir(bench.directory());
    command = setsid;
    assert_eq!(
        run(&mut command, b"").stderr,
        "error: there is no terminal to type a key component on\n\
         hint: run it on a terminal, or give the component as a file\n"
    );
    assert!(!bench.exists("out"));
}
