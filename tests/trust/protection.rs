//! What a process does to keep others out, and what it says when it fails in a way that nobody foresaw.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::support::{self, Bench, Run, run};

/// Somebody who is not root: the user of these tests, or `nobody` where that is root.
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

impl Bench {
    /// A shell line run by somebody who is not root, in which `$KMS_BYOK` is the binary; nothing where that user cannot run it.
    fn shell_of_nobody(&self, line: &str) -> Option<Command> {
        let shell = |line: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", line]).current_dir(self.directory()).env("KMS_BYOK", env!("CARGO_BIN_EXE_kms-byok"));
            if is_root() {
                chown(self.directory(), Some(NOBODY), Some(NOBODY)).unwrap();
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        };
        if shell("$KMS_BYOK --version").output().is_ok_and(|output| output.status.success()) {
            return Some(shell(line));
        }
        println!("skipped: a user other than root cannot run the binary in this directory");
        None
    }
}

#[test]
fn a_run_writes_no_core_file_and_is_closed_to_its_own_user() {
    let bench = Bench::new();
    let Some(command) = bench.shell_of_nobody("exec $KMS_BYOK doctor \"$@\"") else { return };
    let run = support::watched::Watched::start(command, b"");
    run.wait_for_answer();
    let limits = fs::read_to_string(format!("/proc/{}/limits", run.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
    // The files below /proc of a process that is not dumpable belong to root (proc(5)), so its own user cannot open them.
    assert_eq!(fs::metadata(format!("/proc/{}/mem", run.pid())).unwrap().uid(), 0);
    assert_eq!(run.end().code, Some(0));
}

/// What makes a process private closes its own /proc/self to others only.
#[test]
fn a_key_is_still_read_from_dev_stdin_and_other_descriptors() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.write("key", b"\x1e\xec\x03\xd3\x9e\x7a\x87\x6a\x59\x01\xe0\x5c\x7f\x2c\x73\xd6\xaf\x14\x79\x6d\x64\x64\x6f\x54\xf1\x76\xbc\xcc\x8f\x33\xed\x19");
    for name in ["PublicKey.bin", "key"] {
        fs::set_permissions(bench.path(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    for source in ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        let line =
            format!("cat key | $KMS_BYOK wrap --material {source} --inkey PublicKey.bin --out wrapped --force --quiet");
        let Some(mut command) = bench.shell_of_nobody(&line) else { return };
        run(&mut command, b"").succeeds();
    }
}

/// The system refuses what tokio takes for granted when it may open no more files: its panic text has values in it.
#[test]
fn a_panic_says_where_and_nothing_else() {
    let bench = Bench::new();
    let mut panics = 0;
    for files in 3..10 {
        const DEFECT: &str = "error: a bug in kms-byok ended this run, at ";
        let binary = env!("CARGO_BIN_EXE_kms-byok");
        let line = format!(
            "ulimit -n {files}; exec {binary} status --key-id 1 --region us-east-1 --endpoint-url http://127.0.0.1:1"
        );
        let mut command = Command::new("sh");
        command.args(["-c", &line]).current_dir(bench.directory()).env("RUST_BACKTRACE", "full");
        let Run { code, stderr, .. } = run(&mut command, b"");
        let told = stderr.split_once('\n');
        let told = told.and_then(|(first, rest)| Some((first.strip_prefix(DEFECT)?, rest)));
        if let Some((place, rest)) = told {
            panics += 1;
            assert_eq!(code, Some(1), "nothing has changed in AWS");
            assert!(place.starts_with("tokio-") && place.contains("/src/") && !place.contains(' '), "{place}");
            assert_eq!(
                rest,
                "hint: report it with this location and the command line, then run the same command again: it finds what exists\n"
            );
        }
    }
    assert!(panics > 0, "no limit made it panic: find another way to show this");
}

#[test]
fn too_few_open_files_are_a_cause_and_a_fix() {
    let bench = Bench::new();
    let line = format!("ulimit -n 4; exec {} status --key-id 1 --region us-east-1", env!("CARGO_BIN_EXE_kms-byok"));
    run(Command::new("sh").args(["-c", &line]).current_dir(bench.directory()), b"").refuses(
        1,
        "error: the system does not provide an event queue\n\
         because: Too many open files (os error 24)\n\
         hint: allow this process more open files (`ulimit -n`)\n",
    );
}

/// In a directory such as /tmp only the owner of a file may move it.
#[test]
fn a_file_of_somebody_else_in_a_sticky_directory_is_found_before_a_run_begins() {
    let bench = Bench::new();
    if !is_root() {
        println!("skipped: only root can make files of somebody else");
        return;
    }
    fs::create_dir(bench.path("shared")).unwrap();
    bench.write("shared/key", support::material(7));
    fs::set_permissions(bench.path("shared"), fs::Permissions::from_mode(0o1777)).unwrap();
    let line = "$KMS_BYOK provision --rehearse --generate --quiet";
    for (flags, what) in [("--keep shared/key", "plaintext key file"), ("--discard --record shared/key", "record")] {
        let Some(mut command) = bench.shell_of_nobody(&format!("{line} {flags}")) else { return };
        let ended = run(&mut command, b"");
        ended.refuses(
            1,
            &format!(
                "error: {what} `shared/key` exists and cannot be moved or replaced\n\
                 because: Operation not permitted (os error 1)\nhint: name a path where no file is yet\n"
            ),
        );
        assert_eq!(fs::read_dir(bench.path("shared")).unwrap().count(), 1);
    }
}
