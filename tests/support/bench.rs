//! Runs the real binary as a user would, in a directory of its own and with nothing of this machine's AWS configuration.

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

#[path = "fits.rs"]
pub mod fits;

/// A working directory with an environment of its own.
pub struct Bench(tempfile::TempDir);

/// How a run ended.
pub struct Run {
    /// As a shell gives it: 128 and the number of the signal, where the run died of one.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Bench {
    pub fn new() -> Self {
        Bench(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn directory(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// kms-byok with these words, ready to run; the environment is empty but for PATH and a HOME without configuration.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kms-byok"));
        command
            .args(words)
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.0.path())
            // Servers share the wrapping keys that one of them has made.
            .env("KMS_BYOK_TEST_KEYS", concat!(env!("CARGO_TARGET_TMPDIR"), "/wrapping-keys"))
            .env("AWS_EC2_METADATA_DISABLED", "true");
        if let Some(libraries) = std::env::var_os("LD_LIBRARY_PATH") {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }

    /// Runs `kms-byok` with a line of words split at spaces.
    pub fn kms_byok(&self, line: &str) -> Run {
        let words: Vec<&str> = line.split_whitespace().collect();
        run(&mut self.command(&words), b"")
    }
}

/// Runs a command to its end. What it prints and records as JSON must fit the schemas.
#[track_caller]
pub fn run(command: &mut Command, stdin: &[u8]) -> Run {
    let run = Run::of(ended(command, stdin));
    if let Some(record) = record_of(command) {
        fits::assert_fits(&record);
    }
    run
}

/// Runs any program to its end.
pub fn ended(command: &mut Command, stdin: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that refuses early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

/// The record that a run has kept.
fn record_of(command: &Command) -> Option<serde_json::Value> {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
    let at = words.iter().position(|word| word == "--record")?;
    let file = command.get_current_dir()?.join(&**words.get(at + 1)?);
    // A record that could not be written is none.
    let bytes = fs::symlink_metadata(&file).ok().filter(|found| found.is_file()).and_then(|_| fs::read(&file).ok())?;
    serde_json::from_slice(&bytes).ok().filter(|json: &serde_json::Value| json["run_id"].is_string())
}

pub fn code_of(status: ExitStatus) -> Option<i32> {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal))
}

impl Run {
    /// What was printed; JSON must fit its schema.
    #[track_caller]
    pub fn of(output: Output) -> Self {
        let run = Run::of_others(output);
        fits::assert_answers(&run.stdout);
        run
    }

    /// What another program has printed.
    pub fn of_others(output: Output) -> Self {
        Run {
            code: code_of(output.status),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts success.
    #[track_caller]
    pub fn succeeds(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }
}

/// An embedded KMS in a process of its own, stopped on drop.
pub struct EmbeddedKms {
    process: std::process::Child,
    url: String,
}

impl EmbeddedKms {
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for EmbeddedKms {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Bench {
    /// Starts `rehearsal serve` without quotas.
    pub fn serve(&self) -> EmbeddedKms {
        self.serve_with("--no-quotas")
    }

    /// Starts `rehearsal serve` with these flags.
    pub fn serve_with(&self, flags: &str) -> EmbeddedKms {
        use std::io::{BufRead, BufReader};
        let words: Vec<&str> = ["rehearsal", "serve"].into_iter().chain(flags.split_whitespace()).collect();
        let mut process = self.command(&words).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        EmbeddedKms { process, url: url.trim().to_owned() }
    }

    /// Runs `kms-byok` with credentials that the embedded KMS takes.
    pub fn kms_byok_with_credentials(&self, line: &str) -> Run {
        let words: Vec<&str> = line.split_whitespace().collect();
        run(self.command(&words).env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test"), b"")
    }
}

/// Key material of 32 bytes that is neither text nor weak; another for each seed.
pub fn material(seed: u8) -> [u8; 32] {
    let mut state = u32::from(seed).wrapping_mul(0x9e37_79b9) | 1;
    std::array::from_fn(|index| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        if index == 0 { 0xc1 } else { state.to_le_bytes()[1] }
    })
}
