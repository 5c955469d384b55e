//! A bench with an embedded KMS in a process of its own, and lines in which `AT` says where that is.

use std::process::Command;

use super::{Bench, EmbeddedKms, Run, run};

/// What no output may ever show.
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";

pub struct Stage {
    pub bench: Bench,
    pub kms: EmbeddedKms,
}

impl Stage {
    /// A KMS without quotas, with these flags of `rehearsal serve`, that keeps its access log in the file `log`.
    pub fn new(flags: &str) -> Self {
        let bench = Bench::new();
        let kms = bench.serve_with(&format!("--no-quotas --access-log log {flags}"));
        Stage { bench, kms }
    }

    /// The words of a line; the word `AT` becomes endpoint and Region.
    pub fn command(&self, line: &str) -> Command {
        let at = format!("--endpoint-url {} --region us-east-1", self.kms.url());
        let line = line.split_whitespace().map(|word| if word == "AT" { at.as_str() } else { word });
        let line = line.collect::<Vec<_>>().join(" ");
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut command = self.bench.command(&words);
        command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
        command
    }

    pub fn run(&self, line: &str) -> Run {
        run(&mut self.command(line), b"")
    }

    /// A file that only its owner can read.
    pub fn secret(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.bench.write_private(name, bytes);
    }

    /// The operations that were answered so far, in order.
    pub fn answered(&self) -> Vec<String> {
        let log = String::from_utf8(self.bench.read("log")).unwrap();
        log.lines().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect()
    }
}
