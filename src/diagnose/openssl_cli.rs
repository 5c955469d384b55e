//! The `openssl` that a shell recipe would run: what its `pkeyutl` really does, found out by running it on a throw-away key.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use serde::Serialize;

use super::padding::{self, Block};
use crate::wrap::throw_away_key;

/// Longer than any `openssl` takes for one operation.
const PATIENCE: Duration = Duration::from_secs(5);
/// More than any of these commands prints.
const OUTPUT: u64 = 4096;

/// The `openssl` on PATH, and what its `pkeyutl` really does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct OpenSslCommand {
    /// What it says of itself, as in `OpenSSL 3.0.19 27 Jan 2026`.
    pub version: String,
    /// LibreSSL, which macOS ships.
    pub is_libressl: bool,
    /// The hash that `pkeyutl` uses for OAEP without `rsa_oaep_md`, as in `SHA-1`; `None` where that fails.
    pub oaep_hash_by_default: Option<&'static str>,
    /// Whether `pkeyutl` takes `rsa_oaep_md:sha256`, and then uses it; `None` where it gives no answer.
    pub takes_sha256: Option<bool>,
}

/// How a command ended.
enum Ran {
    Printed(Vec<u8>),
    Failed,
    /// It could not be started, or had to be stopped.
    NoAnswer,
}

impl OpenSslCommand {
    /// Runs `openssl version` and twice `openssl pkeyutl` with a throw-away key, each for at most 5 s; `None` if there is no such command.
    pub fn on_path() -> Option<Self> {
        let Ran::Printed(output) = run(&["version"], b"") else { return None };
        let version = version_in(&crate::kms::printable(String::from_utf8_lossy(&output).lines().next()?))?;
        let probe = Probe::new();
        let hash = |options: &[&str]| probe.as_ref().map_or(Ok(None), |probe| probe.oaep_hash(options));
        let by_default = hash(&[]);
        let with_sha256 = by_default.and_then(|_| hash(&["-pkeyopt", "rsa_oaep_md:sha256"]));
        Some(OpenSslCommand {
            is_libressl: version.starts_with("LibreSSL"),
            version,
            oaep_hash_by_default: by_default.unwrap_or_default(),
            takes_sha256: with_sha256.ok().map(|hash| hash == Some("SHA-256")),
        })
    }
}

/// `OpenSSL 3.0.19 27 Jan 2026`; the library's own version stays only where it is another than the command's.
fn version_in(line: &str) -> Option<String> {
    let same = |(command, library): (&str, &str)| library.strip_suffix(')') == Some(command);
    let short = line.split_once(" (Library: ").filter(|parts| same(*parts)).map_or(line, |(command, _)| command);
    (!short.is_empty()).then(|| short.to_owned())
}

/// A key that guards nothing, with its public half in a file.
struct Probe {
    key: Rsa<Private>,
    file: tempfile::NamedTempFile,
}

impl Probe {
    fn new() -> Option<Self> {
        let key = throw_away_key()?;
        let der = PKey::from_rsa(key.clone()).ok()?.public_key_to_der().ok()?;
        let mut file = tempfile::NamedTempFile::new().ok()?;
        file.write_all(&der).ok()?;
        Some(Probe { key, file })
    }

    /// The hash that was used, nothing if `pkeyutl` refuses; an error if it gives no answer.
    fn oaep_hash(&self, options: &[&str]) -> Result<Option<&'static str>, ()> {
        let path = self.file.path().to_str().ok_or(())?;
        let mut words = vec!["pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", path];
        words.extend(["-pkeyopt", "rsa_padding_mode:oaep"]);
        words.extend(options);
        let output = match run(&words, b"which hash is it, openssl?") {
            Ran::Printed(output) => output,
            Ran::Failed => return Ok(None),
            Ran::NoAnswer => return Err(()),
        };
        let Ok(Some(block)) = padding::raw(&self.key, &output) else { return Err(()) };
        match padding::read(&block) {
            Ok(Block::Oaep { hash, mgf1, .. }) if hash == mgf1 => Ok(Some(hash.name())),
            _ => Err(()),
        }
    }
}

/// Runs `openssl` with these words. A command that hangs or talks without end is stopped.
fn run(words: &[&str], input: &[u8]) -> Ran {
    let mut command = Command::new("openssl");
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return Ran::NoAnswer };
    if let Some(mut stdin) = child.stdin.take() {
        // A few bytes fit into any pipe, whether they are read or not.
        let _ = stdin.write_all(input);
    }
    let (sender, receiver) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = output.take(OUTPUT).read_to_end(&mut bytes);
            let _ = sender.send(bytes);
        });
    }
    match wait(&mut child) {
        // Something that the command has started may keep the pipe open.
        Some(true) => receiver.recv_timeout(PATIENCE).map_or(Ran::NoAnswer, Ran::Printed),
        Some(false) => Ran::Failed,
        None => Ran::NoAnswer,
    }
}

/// Whether it succeeded; nothing if it had to be stopped, or was by somebody else.
fn wait(child: &mut Child) -> Option<bool> {
    let end = Instant::now() + PATIENCE;
    let mut pause = Duration::from_micros(500);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.code().map(|code| code == 0),
            Ok(None) if Instant::now() < end => thread::sleep(pause),
            _ => break,
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_named_only_where_it_differs() {
        let version = |line| version_in(line).unwrap_or_default();
        assert_eq!(
            version("OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.0.19 27 Jan 2026)"),
            "OpenSSL 3.0.19 27 Jan 2026"
        );
        let mixed = "OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.5.4 30 Sep 2025)";
        assert_eq!((version(mixed).as_str(), version("LibreSSL 3.3.6").as_str()), (mixed, "LibreSSL 3.3.6"));
        assert_eq!(version_in(""), None);
    }
}
