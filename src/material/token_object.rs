//! A key that a token holds, by its names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which key of which token it is, for reports and records. Nothing in it is secret. The token is the backup: KMS gives no key back, and
/// from there it can be imported again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TokenObject {
    /// The file of the PKCS#11 module.
    pub module: String,
    /// The PKCS#11 URI that names the key, as it was given.
    pub uri: String,
    /// The token's label.
    pub token: String,
    /// The token's serial number.
    pub serial: String,
    /// The key's label (CKA_LABEL).
    pub object: String,
    /// The key's id (CKA_ID) as hex digits. Of a key that was made for a key of KMS it is the id of that.
    pub id: String,
    /// Whether this run has made it.
    pub made: bool,
}

impl fmt::Display for TokenObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.object {
            "" => write!(f, "id {} in token `{}`", self.id, self.token),
            label => write!(f, "`{label}` in token `{}`", self.token),
        }
    }
}
