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
use crate::openssl_probe::throw_away_key;
use crate::secret::Secret;

/// Longer than any `openssl` takes for one operation.
const PATIENCE: Duration = Duration::from_secs(5);
/// More than any of these commands prints.
const OUTPUT: u64 = 4096;

/// The `openssl` on PATH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenSslCommand {
    /// Its first line of `openssl version`.
    pub version: String,
    /// LibreSSL, which macOS ships.
    pub is_libressl: bool,
    /// The hash that `pkeyutl` uses for OAEP without `rsa_oaep_md`; nothing where that fails.
    pub oaep_hash_by_default: Option<&'static str>,
    /// Whether `pkeyutl` takes `rsa_oaep_md:sha256`, and then uses it.
    pub takes_sha256: bool,
}

impl OpenSslCommand {
    /// Runs `openssl version` and twice `openssl pkeyutl`; nothing if there is no such command.
    pub fn on_path() -> Option<Self> {
        let output = run(&["version"], b"")?;
        let version = version_in(&crate::kms::printable(String::from_utf8_lossy(&output).lines().next()?))?;
        let probe = Probe::new();
        let hash = |options: &[&str]| probe.as_ref().and_then(|probe| probe.oaep_hash(options));
        Some(OpenSslCommand {
            is_libressl: version.starts_with("LibreSSL"),
            version,
            oaep_hash_by_default: hash(&[]),
            takes_sha256: hash(&["-pkeyopt", "rsa_oaep_md:sha256"]) == Some("SHA-256"),
        })
    }

    pub(crate) fn default_oaep_hash(&self) -> Option<&'static str> {
        self.oaep_hash_by_default
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

    fn oaep_hash(&self, options: &[&str]) -> Option<&'static str> {
        let path = self.file.path().to_str()?;
        let mut words = vec!["pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", path];
        words.extend(["-pkeyopt", "rsa_padding_mode:oaep"]);
        words.extend(options);
        let output = run(&words, b"which hash is it, openssl?")?;
        let block: Secret = padding::raw(&self.key, &output).ok()??;
        match padding::read(&block).ok()? {
            Block::Oaep { hash, mgf1, .. } if hash == mgf1 => Some(hash.name()),
            _ => None,
        }
    }
}

/// The standard output of a successful run. A command that hangs or talks without end is stopped.
fn run(words: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new("openssl")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // A few bytes fit into any pipe, whether they are read or not.
    let _ = child.stdin.take()?.write_all(input);
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = output.take(OUTPUT).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    // Something that the command has started may keep the pipe open.
    wait(&mut child).then(|| receiver.recv_timeout(PATIENCE).ok())?
}

fn wait(child: &mut Child) -> bool {
    let end = Instant::now() + PATIENCE;
    let mut pause = Duration::from_micros(500);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < end => thread::sleep(pause),
            _ => break,
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
    false
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
