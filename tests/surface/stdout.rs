//! Standard output is the answer and nothing else: to a file, a pipe, a closed pipe, a full disk and a terminal.

use std::fs::{File, OpenOptions};
use std::io;
use std::process::{Command, Stdio};

use crate::support::cloud::Cloud;
use crate::support::{self, Bench, Run};

const REHEARSE: &str = "provision --rehearse --wrapping-key-spec RSA_2048 --generate --discard --quiet";

/// Runs with standard output going there.
fn into(command: &mut Command, stdout: impl Into<Stdio>) -> Run {
    Run::of(
        command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap(),
    )
}

fn words(bench: &Bench, line: &str) -> Command {
    bench.command(&line.split_whitespace().collect::<Vec<_>>())
}

/// Bytes of which nobody can say that they are weak, or text.
const KEY: &[u8; 32] =
    b"\x1e\xec\x03\xd3\x9e\x7a\x87\x6a\x59\x01\xe0\x5c\x7f\x2c\x73\xd6\xaf\x14\x79\x6d\x64\x64\x6f\x54\xf1\x76\xbc\xcc\x8f\x33\xed\x19";

/// The end of a pipe that nobody reads.
fn closed_pipe() -> io::PipeWriter {
    io::pipe().unwrap().1
}

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let bench = Bench::new();
    for line in [REHEARSE, &format!("{REHEARSE} --output json"), "doctor", "completions bash", "man", "--help"] {
        let run = into(&mut words(&bench, line), closed_pipe());
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{line}");
    }
}

#[cfg(target_os = "linux")] // elsewhere there is no /dev/full
#[test]
fn key_material_that_does_not_arrive_whole_is_an_error_whoever_closed_the_pipe() {
    let cloud = Cloud::new("");
    let bench = &cloud.bench;
    bench.wrapping_key(2048);
    bench.write_private("key", KEY);
    let lost = |because: &str| {
        let hint = "redirect standard output to a place that can be written";
        format!("error: the answer cannot be written to standard output\nbecause: {because}\nhint: {hint}\n")
    };
    for line in [
        "generate --out -",
        "generate --key-spec RSA_2048 --out -",
        "wrap --generate --discard --inkey PublicKey.bin --out -",
        "wrap --material key --inkey PublicKey.bin --out -",
        "wrap --material key --inkey PublicKey.bin --out - --output json",
    ] {
        let run = into(&mut words(bench, line), closed_pipe());
        assert_eq!((run.code, run.stderr), (Some(1), lost("Broken pipe (os error 32)")), "{line}");
        let run = into(&mut words(bench, line), full());
        assert_eq!((run.code, run.stderr), (Some(1), lost("No space left on device (os error 28)")), "{line}");
        let run = cloud.shell(&format!("kms-byok {line} >&-"), b"");
        assert_eq!((run.code, run.stderr), (Some(1), lost("Bad file descriptor (os error 9)")), "{line}");
        // Whoever sends it there means it, in whatever way it is opened.
        let run = cloud.shell(&format!("kms-byok {line} > /dev/null"), b"");
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{line}");
        let null = OpenOptions::new().read(true).write(true).open("/dev/null").unwrap();
        let run = into(&mut words(bench, line), null);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{line}");
        // With nothing open at all, the files of the run take the first numbers, and the answer goes to none of them.
        let before = bench.names();
        let run = cloud.shell(&format!("kms-byok {line} <&- >&- 2>&-; echo $? > code"), b"");
        assert_eq!((run.code, bench.read("code")), (Some(0), b"1\n".to_vec()), "{line}");
        std::fs::remove_file(bench.path("code")).unwrap();
        assert_eq!(bench.names(), before, "{line}");
    }
}

#[cfg(target_os = "linux")] // elsewhere there is no /dev/full
#[test]
fn an_answer_that_does_not_arrive_is_an_error_with_the_exit_code_of_what_was_done() {
    let cloud = Cloud::new("");
    cloud.bench.wrapping_key(2048);
    let lost = "error: the answer cannot be written to standard output\n\
                because: No space left on device (os error 28)\n\
                hint: redirect standard output to a place that can be written\n";
    for line in [
        REHEARSE,
        "generate --out -",
        "wrap --generate --discard --inkey PublicKey.bin --out -",
        "doctor",
        "completions bash",
        "man",
        "--help",
        "wrap --help",
        "--version",
    ] {
        let run = into(&mut words(&cloud.bench, line), full());
        assert_eq!((run.code, run.stderr.as_str()), (Some(1), lost), "{line}");
    }
    let run = into(&mut cloud.command("create-key --quiet"), full());
    assert_eq!(run.code, Some(3));
    assert_eq!(cloud.plain(&run.stderr), format!("{lost}exists: key ARN, PendingImport\n"));
    let provision = "provision --alias alias/a --wrapping-key-spec RSA_2048 --generate --discard --quiet";
    let run = into(&mut cloud.command(provision), full());
    assert_eq!(
        (run.code, cloud.plain(&run.stderr)),
        (Some(3), format!("{lost}exists: key ARN, Enabled, named by alias/a\n"))
    );
    // The second run changes nothing.
    assert_eq!(into(&mut cloud.command(provision), full()).code, Some(1));
}

/// A closed output is a reader that wants nothing: every verb does its work and says so by its exit code.
#[test]
fn every_verb_does_its_work_where_standard_output_is_closed() {
    let cloud = Cloud::new("");
    cloud.bench.wrapping_key(2048);
    cloud.bench.write_private("key", KEY);
    for line in [
        "provision --alias alias/a --wrapping-key-spec RSA_2048 --material key",
        "create-key --alias alias/b",
        "get-parameters --key-id alias/b --dir D --wrapping-key-spec RSA_2048",
        "wrap --dir D --material key",
        "import --dir D",
        "status --key-id alias/b",
        "verify --key-id alias/b --material key",
        "rotate --key-id alias/b --generate --discard --wrapping-key-spec RSA_2048",
        "delete-material --key-id alias/a --yes",
        "generate --out new",
        "doctor",
        "recipe --alias alias/c --material key",
        "completions bash",
        "man",
        "--help",
        "--version",
    ] {
        let online =
            if line.starts_with(['-', 'm']) || line.starts_with("com") { line.to_owned() } else { cloud.line(line) };
        let offline = ["wrap", "generate", "recipe"].iter().any(|verb| line.starts_with(verb));
        let line = if offline { line.to_owned() } else { online };
        let run = cloud.shell(&format!("kms-byok {line} >&-"), b"");
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{line}: {}", run.stderr);
        assert!(!run.stderr.contains("cannot be written"), "{line}: {}", run.stderr);
    }
    assert_eq!(cloud.bench.read("new").len(), 32);
}

#[test]
fn json_is_one_object_and_the_talk_is_elsewhere() {
    let cloud = Cloud::new("");
    cloud.bench.write("key", support::material(7));
    for line in [
        "provision --alias alias/a --wrapping-key-spec RSA_2048 --material key",
        "create-key --alias alias/b",
        "get-parameters --key-id alias/b --dir D --wrapping-key-spec RSA_2048",
        "wrap --dir D --material key",
        "import --dir D",
        "status --key-id alias/b",
        "verify --key-id alias/b --material key",
    ] {
        let run = cloud.run(&format!("{line} --output json"));
        let answer = run.json();
        let arn = answer["key_arn"].as_str().unwrap_or_else(|| panic!("{line}: {answer}"));
        assert!(arn.starts_with("arn:aws:kms:us-east-1:000000000000:key/"), "{line}");
        assert_eq!(answer["rehearsal"], true, "{line}");
        assert!(run.stdout.ends_with("}\n") && !run.stderr.contains('{'), "{line}");
        let snake =
            |name: &String| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        assert!(answer.as_object().unwrap().keys().all(snake), "{line}: {answer}");
    }
}

#[test]
fn generated_material_goes_through_a_pipe_and_leaves_no_file() {
    let cloud = Cloud::new("");
    let run = cloud.shell(
        &format!(
            "kms-byok generate --key-spec HMAC_384 --out - | {}",
            cloud.line("kms-byok provision --alias alias/a --key-spec HMAC_384 --wrapping-key-spec RSA_2048 --material - --output json")
        ),
        b"",
    );
    assert_eq!(run.json()["proof"]["outcome"], "proven");
    assert_eq!(cloud.bench.names(), [".local", "requests.log"]);
    let output = cloud.bench.command(&["generate", "--key-spec", "HMAC_384", "--out", "-"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len(), output.stderr), (Some(0), 48, Vec::new()));
}

#[test]
fn a_dash_is_no_name_for_a_file_that_is_kept() {
    let bench = Bench::new();
    for (line, flag) in [
        ("provision --rehearse --generate --keep -", "--keep"),
        ("wrap --generate --keep - --inkey PublicKey.bin --out out", "--keep"),
        ("provision --rehearse --generate --escrow ec.pem --escrow-out -", "--escrow-out"),
    ] {
        bench.wrapping_key(2048);
        bench.kms_byok(line).refuses(
            2,
            &format!(
                "error: {flag} `-` is not a file, and a copy of a key needs one\nhint: name a file; write ./- for one with that name\n"
            ),
        );
    }
    for (line, flag) in [
        ("provision --rehearse --generate --discard --record -", "--record"),
        ("generate --out key --record -", "--record"),
        ("status --html -", "--html"),
        ("status --metrics -", "--metrics"),
        ("fleet run keys.csv --journal -", "--journal"),
        ("rehearsal serve --access-log -", "--access-log"),
    ] {
        bench.kms_byok(line).refuses(
            2,
            &format!("error: `-` is not a value of {flag}\nhint: name a file; write ./- for one with that name\n"),
        );
    }
    bench.kms_byok(&format!("{} --keep ./-", REHEARSE.replace(" --discard", ""))).succeeds();
    assert_eq!(bench.read("-").len(), 32);
}
