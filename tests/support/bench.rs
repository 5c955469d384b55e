//! Runs the real binary as a user would, in a directory of its own and with nothing of this machine's AWS configuration.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

/// A working directory with an environment of its own.
pub struct Bench(tempfile::TempDir);

/// How a run ended.
pub struct Run {
    /// As a shell gives it: 128 and the number of the signal, where the run died of one.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub raw_stdout: Vec<u8>,
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

    /// The names in the directory, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
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

    /// The same with standard input.
    pub fn kms_byok_reading(&self, line: &str, stdin: &[u8]) -> Run {
        let words: Vec<&str> = line.split_whitespace().collect();
        run(&mut self.command(&words), stdin)
    }

    /// Runs `openssl` with a line of words.
    pub fn openssl(&self, line: &str) {
        self.openssl_at(Path::new("openssl"), line);
    }

    fn openssl_at(&self, program: &Path, line: &str) {
        let output = Command::new(program).args(line.split_whitespace()).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The same with an `openssl` whose `enc` does AES key wrap.
    pub fn openssl3(&self, line: &str) {
        self.openssl_at(&openssl3(), line);
    }

    /// A wrapping key pair: `wrapping.pem`, and `PublicKey.bin` as KMS would give it.
    pub fn wrapping_key(&self, bits: u32) {
        self.openssl(&format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits} -out wrapping.pem"));
        self.openssl("pkey -in wrapping.pem -pubout -outform DER -out PublicKey.bin");
    }
}

/// The first OpenSSL 3.0 or newer on PATH: `openssl enc` of an older one refuses every wrap mode.
pub fn openssl3() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut found = std::env::split_paths(&path).map(|directory| directory.join("openssl")).filter(|file| {
        let version = Command::new(file).arg("version").output();
        let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        version.strip_prefix("OpenSSL ").is_some_and(|number| !number.starts_with(['0', '1']))
    });
    found.next().expect("an openssl command of OpenSSL 3.0 or newer is installed")
}

/// Runs a command to its end.
pub fn run(command: &mut Command, stdin: &[u8]) -> Run {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    // A program that refuses early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    Run::of(child.wait_with_output().unwrap())
}

pub fn code_of(status: ExitStatus) -> Option<i32> {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal))
}

impl Run {
    pub fn of(output: Output) -> Self {
        Run {
            code: code_of(output.status),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            raw_stdout: output.stdout,
        }
    }

    /// Asserts the exit code and everything on standard error, with nothing on standard output.
    #[track_caller]
    pub fn refuses(&self, code: i32, stderr: &str) {
        assert_eq!((self.code, self.stderr.as_str()), (Some(code), stderr), "stdout: {}", self.stdout);
        assert_eq!(self.stdout, "");
    }

    /// The same without the warnings, as files of tests can be read by all, and without what `diagnose` adds below a refused import.
    #[track_caller]
    pub fn refuses_with(&self, code: i32, stderr: &str) {
        let beside = ["warning: ", "certain (", "likely (", "possible (", "  fix: "];
        let said = self.stderr.lines().filter(|line| !beside.iter().any(|begin| line.starts_with(begin)));
        let said: String = said.map(|line| format!("{line}\n")).collect();
        assert_eq!((self.code, said.as_str()), (Some(code), stderr), "stdout: {}", self.stdout);
        assert_eq!(self.stdout, "");
    }

    /// Asserts success and gives the answer as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// The JSON object on standard output, however the run ended.
    #[track_caller]
    pub fn json_of_failure(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
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

impl Bench {
    /// Every verb, and those of `rehearsal`, as the help lists them.
    pub fn verbs(&self) -> Vec<String> {
        let listed = |line: &str| -> Vec<String> {
            let help = self.kms_byok(line).succeeds().stdout.clone();
            let lines =
                help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
            lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
        };
        let mut all = listed("--help");
        for verb in all.clone() {
            all.extend(listed(&format!("{verb} --help")).into_iter().map(|inner| format!("{verb} {inner}")));
        }
        all
    }

    /// The examples in a verb's help.
    pub fn examples(&self, verb: &str) -> Vec<String> {
        let help = self.kms_byok(&format!("{verb} --help")).succeeds().stdout.clone();
        let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
        lines.map(|line| line.trim().to_owned()).collect()
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
