//! An embedded KMS, and `kms-byok` pointed at it with credentials it takes.

use std::process::Command;
use std::sync::Arc;

use kms_byok::Silent;
use kms_byok::kms::{Connection, KeyDescription, Kms};

use super::{Bench, EmbeddedKms, Run, run};

pub struct Cloud {
    pub bench: Bench,
    kms: EmbeddedKms,
}

impl Cloud {
    /// `rehearsal serve` without quotas and with these flags; it notes its requests.
    pub fn new(flags: &str) -> Self {
        let bench = Bench::new();
        let kms = bench.serve_with(&format!("--no-quotas --access-log requests.log {flags}"));
        Cloud { bench, kms }
    }

    pub fn url(&self) -> &str {
        self.kms.url()
    }

    /// A line of words with the endpoint and the Region.
    pub fn line(&self, line: &str) -> String {
        format!("{line} --endpoint-url {} --region us-east-1", self.url())
    }

    pub fn command(&self, line: &str) -> Command {
        let line = self.line(line);
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut command = self.bench.command(&words);
        command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test");
        command
    }

    pub fn run(&self, line: &str) -> Run {
        self.run_reading(line, b"")
    }

    pub fn run_reading(&self, line: &str, stdin: &[u8]) -> Run {
        run(&mut self.command(line), stdin)
    }

    /// A client of its own, for looking.
    pub fn kms(&self) -> Kms {
        Kms::isolated(self.url(), "AKIDTEST", &Connection::default(), Arc::new(Silent))
    }

    /// Every key.
    pub fn keys(&self) -> Vec<KeyDescription> {
        wait(async {
            let kms = self.kms();
            let mut keys = Vec::new();
            for arn in kms.keys().await.unwrap() {
                keys.push(kms.describe(&arn).await.unwrap());
            }
            keys
        })
    }

    /// The states of all keys.
    pub fn states(&self) -> Vec<String> {
        self.keys().into_iter().map(|key| key.state.to_string()).collect()
    }
}

pub fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// ARNs become ARN, key material ids MATERIAL, times TIME, and OpenSSL's version OPENSSL.
pub fn plain(text: &str) -> String {
    let tokens = [("ARN", arn as fn(&str) -> usize), ("MATERIAL", material)];
    let plain = text.replace(openssl::version::version(), "OPENSSL");
    timeless(&tokens.into_iter().fold(plain, |text, (name, token)| named(name, token, &text)))
}

/// Times become TIME: two runs may stand on both sides of a second.
pub fn timeless(text: &str) -> String {
    named("TIME", time, text)
}

fn named(name: &str, token: fn(&str) -> usize, text: &str) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match token(rest) {
            0 => {
                done.push(first);
                rest = &rest[first.len_utf8()..];
            }
            length => {
                done.push_str(name);
                rest = &rest[length..];
            }
        }
    }
    done
}

fn arn(text: &str) -> usize {
    let prefix = "arn:aws:kms:us-east-1:000000000000:key/";
    if text.starts_with(prefix) { prefix.len() + 36 } else { 0 }
}

fn material(text: &str) -> usize {
    let hex = text.bytes().take_while(u8::is_ascii_hexdigit).count();
    if hex == 64 { 64 } else { 0 }
}

/// `2026-11-24T17:02:00Z`
fn time(text: &str) -> usize {
    let shape = "dddd-dd-ddTdd:dd:ddZ";
    let fits = |(shape, found): (u8, u8)| if shape == b'd' { found.is_ascii_digit() } else { shape == found };
    if text.len() >= shape.len() && shape.bytes().zip(text.bytes()).all(fits) { shape.len() } else { 0 }
}
