//! A terminal that somebody looks at and types into. It is made by `script`.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Bench;

/// A shell command on a terminal of its own.
pub(crate) struct Terminal {
    script: Child,
    seen: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Terminal {
    /// Without colours. Nothing where `script` is not installed.
    pub(crate) fn open(bench: &Bench, line: &str) -> Option<Self> {
        Terminal::open_with(bench, line, &[("NO_COLOR", "1")])
    }

    /// The same with these variables, and with colours unless they say otherwise.
    pub(crate) fn open_with(bench: &Bench, line: &str, variables: &[(&str, &str)]) -> Option<Self> {
        let model = bench.command(&[]);
        let mut script = Command::new("script");
        script.args(["-qec", line, "/dev/null"]).current_dir(bench.directory()).env_clear();
        script.envs(model.get_envs().filter_map(|(name, value)| Some((name, value?))));
        script.envs(variables.iter().copied()).env("SHELL", "/bin/sh").env("KMS_BYOK", env!("CARGO_BIN_EXE_kms-byok"));
        let Ok(mut script) = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
            println!("skipped: there is no `script` command to make a terminal with");
            return None;
        };
        let seen = Arc::<Mutex<Vec<u8>>>::default();
        let (mut output, shared) = (script.stdout.take().unwrap(), seen.clone());
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                shared.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Some(Terminal { script, seen, reader })
    }

    /// All that was read so far, and not a piece at a time: a line end or a character may come in two.
    pub(crate) fn screen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).replace("\r\n", "\n")
    }

    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_for_times(text, 1);
    }

    /// Waits for the text to come so often. When a question stands, nothing that is typed is shown any more.
    pub(crate) fn wait_for_times(&self, text: &str, times: usize) {
        let end = Instant::now() + Duration::from_secs(30);
        while self.screen().matches(text).count() < times {
            assert!(Instant::now() < end, "`{text}` does not come {times} times: {}", self.screen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a signal to the kms-byok that runs on the terminal: the shell that `script` has started is its parent.
    pub(crate) fn signal(&self, name: &str) {
        let children = |id: &str| {
            let listed = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
            listed.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let shell = children(&self.script.id().to_string());
        let run = children(&shell[0]);
        assert!(Command::new("kill").args(["-s", name, &run[0]]).status().unwrap().success());
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.script.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// The exit code, and everything that was on the screen.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        // Open until the end: where its input ends, `script` types Ctrl-D, which a slow machine reads before it acts on Ctrl-C.
        let keyboard = self.script.stdin.take();
        let status = self.script.wait().unwrap();
        drop(keyboard);
        while !self.reader.is_finished() {
            std::thread::sleep(Duration::from_millis(5));
        }
        (status.code(), self.screen())
    }
}
