//! The `openssl` command of OpenSSL 3.0 or newer, where the usual one may be older.

use std::path::PathBuf;
use std::process::Command;

use super::Bench;

impl Bench {
    /// The same with an `openssl` whose `enc` does AES key wrap.
    pub fn openssl3(&self, line: &str) {
        self.openssl_at(&openssl3(), line);
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
