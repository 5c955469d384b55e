//! Files as key material needs them, and which there are.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::Bench;

impl Bench {
    /// Writes a file that only its owner may read, as key material must be.
    pub fn write_private(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.write(name, bytes);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The names in the directory, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.directory())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}
