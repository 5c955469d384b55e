//! The state of a key.

use super::embedded_kms::Kms;

impl Kms {
    pub(crate) fn state(&self, key: &str) -> String {
        self.describe(key)["KeyState"].as_str().unwrap().to_owned()
    }
}
