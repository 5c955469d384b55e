//! The `openssl` that a shell recipe would run.

use std::process::{Command, Stdio};

/// The `openssl` command found on PATH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OnPath {
    /// Its first line of `openssl version`, as in `OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.0.19 27 Jan 2026)`.
    pub version: String,
    /// LibreSSL, which has no `-id-aes256-wrap-pad` and is what macOS ships.
    pub is_libressl: bool,
}

/// Runs `openssl version`; nothing if there is no such command.
pub(crate) fn on_path() -> Option<OnPath> {
    let output = Command::new("openssl").arg("version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.lines().next()?.trim().to_owned();
    (!version.is_empty()).then(|| OnPath { is_libressl: version.starts_with("LibreSSL"), version })
}
