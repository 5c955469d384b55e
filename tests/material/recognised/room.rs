//! A directory in which files of key material are written, and read by the verbs.

use std::path::Path;
use std::process::Command;

use crate::support::fits;

pub(super) const KEY: [u8; 32] = *b"\x00\xd1\x9a\x43\xfe\x62\x8b\x10\x77\xc9\x05\xee\x34\x81\xbc\x5f\xa0\x2d\xf7\x16\x98\x4c\xe3\x69\x0b\xb2\x57\xda\x21\x86\xcd\x3a";

pub(super) const WRAP: &str = "kms-byok wrap --inkey public.der --out out --force --key-spec ";

/// A directory with files in it, and the product run there.
pub(super) struct Room(pub(super) tempfile::TempDir);

impl Room {
    pub(super) fn new() -> Self {
        Room(tempfile::tempdir().unwrap())
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Exit code, standard output and standard error.
    pub(super) fn run(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let output =
            Command::new(env!("CARGO_BIN_EXE_kms-byok")).args(words).current_dir(self.0.path()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        fits::assert_answers(&stdout);
        (output.status.code(), stdout, stderr)
    }

    pub(super) fn provision(&self, spec: &str, flags: &[&str]) -> (Option<i32>, String, String) {
        let words = ["provision", "--rehearse", "--alias", "alias/a", "--output", "json", "--key-spec", spec];
        self.run(&[&words[..], flags].concat())
    }

    /// What `wrap` says to a file, and the choices that it prints: each a command, and when it is the right one.
    pub(super) fn choices(&self, spec: &str, words: &str) -> (serde_json::Value, Vec<(String, String)>) {
        let line = format!("{WRAP}{spec} --quiet --output json --material {words}");
        let (_, answer, talk) = self.run(&line.split(' ').skip(1).collect::<Vec<_>>());
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{talk}"));
        let hint = answer["error"]["hint"].as_str().unwrap_or_default();
        let ways =
            hint.strip_prefix("run `").unwrap_or_default().split(", or `").filter_map(|way| way.split_once("` if "));
        let choices = ways
            .map(|(command, meaning)| {
                (command.to_owned(), meaning.split(", or ").next().unwrap().split(", and `").next().unwrap().to_owned())
            })
            .collect();
        (answer, choices)
    }

    /// Exit code and what is said, of a command pasted into a shell.
    pub(super) fn paste(&self, command: &str) -> (Option<i32>, String) {
        let binary = Path::new(env!("CARGO_BIN_EXE_kms-byok")).parent().unwrap();
        let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
        let output =
            Command::new("sh").args(["-c", command]).current_dir(self.path()).env("PATH", path).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}
