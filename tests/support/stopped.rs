//! Runs of the real binary that are stopped while a call is under way.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};

use kms_byok::lifecycle::Report;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::fault_scene::{Ended, KILLED, Scene};
use super::fits;
use super::verbs::Verb;
use super::way::{Plan, Trouble};

/// The process that is to be stopped; it is known only after it was started.
type Target = Arc<(Mutex<Option<Pid>>, Condvar)>;

impl Scene {
    /// Starts the verb; `at` its call, before or after KMS has done its part, it gets the signal, and no reply.
    pub fn run_stopped(&self, verb: Verb, at: usize, after: bool, signal: Signal) -> Ended {
        let target = Target::default();
        let aim = target.clone();
        let happens = Arc::new(move || {
            let process = aim.1.wait_while(aim.0.lock().unwrap(), |process| process.is_none()).unwrap();
            kill_process(process.unwrap(), signal).unwrap();
            false
        });
        self.way.trouble(Plan { at, lasting: false, trouble: Trouble::Meanwhile { happens, after } });
        let child = self.start(verb, None);
        *target.0.lock().unwrap() = Some(Pid::from_child(&child));
        target.1.notify_all();
        let ended = finish(child);
        self.way.heal();
        ended
    }

    /// Runs the verb undisturbed.
    pub fn run_binary(&self, verb: Verb) -> Ended {
        finish(self.start(verb, None))
    }

    /// Runs the verb, which panics at a call: `before:3` or `after:3`.
    pub fn run_binary_panicking(&self, verb: Verb, at: &str) -> Ended {
        let ended = finish(self.start(verb, Some(at)));
        self.way.heal();
        ended
    }

    fn start(&self, verb: Verb, panics: Option<&str>) -> Child {
        let (line, stdin) = verb.words();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kms-byok"));
        command.args(line.split_whitespace()).args(["--output", "json", "--region", "us-east-1", "--endpoint-url"]);
        command.arg(&self.way.url).current_dir(&self.directory).env_clear();
        for (name, value) in [
            ("HOME", self.directory.as_os_str()),
            ("XDG_STATE_HOME", self.path("state").as_os_str()),
            ("AWS_ACCESS_KEY_ID", "AKIDTEST".as_ref()),
            ("AWS_SECRET_ACCESS_KEY", "test".as_ref()),
            ("AWS_EC2_METADATA_DISABLED", "true".as_ref()),
        ] {
            command.env(name, value);
        }
        if let Some(at) = panics {
            command.env("KMS_BYOK_TEST_PANIC", at);
        }
        if let Some(libraries) = std::env::var_os("LD_LIBRARY_PATH") {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin).unwrap();
        child
    }
}

/// What a run has said about itself, and its exit code.
fn finish(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let died_of = output.status.signal().and_then(Signal::from_named_raw);
    if died_of.is_some_and(|signal| signal != Signal::INT) {
        return Ended { exit: KILLED, said: stderr, ..Ended::default() };
    }
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    fits::assert_answers(&String::from_utf8_lossy(&output.stdout));
    let text = |name: &str| report[name].as_str().map(str::to_owned);
    let leftovers = report["leftovers"].as_array().into_iter().flatten();
    // SIGINT is died of after the report, which tells what the exit code would have been.
    let code = || report["error"]["exit_code"].as_i64().and_then(|code| i32::try_from(code).ok());
    let exit = u8::try_from(if died_of.is_some() { code() } else { output.status.code() }.unwrap()).unwrap();
    assert!(died_of.is_some() || code().is_none_or(|code| code == i32::from(exit)), "{report}");
    assert_eq!(exit == 3, report["next"].is_string(), "a partial run names the command that completes it: {stderr}");
    let unknown = stderr.lines().find_map(|line| line.strip_prefix("unknown: whether "));
    Ended {
        exit,
        key_arn: text("key_arn"),
        key_state: text("key_state"),
        leftovers: leftovers.map(|leftover| leftover["key_arn"].as_str().unwrap().to_owned()).collect(),
        replicas: report["replicas"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|replica| replica["key_arn"].as_str().unwrap().to_owned())
            .collect(),
        report: Report::default(),
        uncertain: unknown.and_then(|line| line.split(' ').next()).map(str::to_owned),
        said: stderr,
    }
}
