//! The `openssl` command.

use std::path::Path;
use std::process::Command;

use super::Bench;

impl Bench {
    /// Runs `openssl` with a line of words.
    pub fn openssl(&self, line: &str) {
        self.openssl_at(Path::new("openssl"), line);
    }

    pub(super) fn openssl_at(&self, program: &Path, line: &str) {
        let output =
            Command::new(program).args(line.split_whitespace()).current_dir(self.directory()).output().unwrap();
        assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// A wrapping key pair: `wrapping.pem`, and `PublicKey.bin` as KMS would give it.
    pub fn wrapping_key(&self, bits: u32) {
        self.openssl(&format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits} -out wrapping.pem"));
        self.openssl("pkey -in wrapping.pem -pubout -outform DER -out PublicKey.bin");
    }
}
