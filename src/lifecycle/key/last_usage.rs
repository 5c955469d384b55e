//! The key's last use, which is said before its key material is deleted and before it is disabled. Nothing depends on it: the run goes on
//! where the endpoint has no GetKeyLastUsage or a policy does not permit it.

use serde::Serialize;

use crate::kms::{Kms, LastUsage};
use crate::time::rfc3339;

/// A key's last use, as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct LastUse {
    /// The cryptographic operation, by KMS's name; `None` where there was none.
    pub operation: Option<String>,
    /// When it was, as RFC 3339.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub at: Option<String>,
    /// Since when KMS keeps this, or since the key exists, as RFC 3339.
    #[cfg_attr(feature = "schemas", schemars(extend("format" = "date-time")))]
    pub tracked_since: String,
}

/// The last use, where KMS tells it, and a sentence about it.
pub(crate) async fn look(kms: &Kms, arn: &str) -> (Option<LastUse>, String) {
    match kms.last_usage(arn).await {
        Ok(usage) => {
            let last = LastUse::of(usage);
            let sentence = last.sentence();
            (Some(last), sentence)
        }
        Err(error) if error.is_access_denied() => {
            (None, "it is not known when the key was last used: kms:GetKeyLastUsage is not permitted".to_owned())
        }
        Err(_) => (None, "it is not known when the key was last used: KMS did not tell it".to_owned()),
    }
}

/// The same once it was looked at.
pub(crate) fn sentence(last: Option<&LastUse>) -> String {
    last.map_or_else(|| "it is not known when the key was last used".to_owned(), LastUse::sentence)
}

impl LastUse {
    fn of(usage: LastUsage) -> Self {
        let (operation, at) = usage.used.map(|(operation, at)| (operation, rfc3339(at))).unzip();
        LastUse { operation, at, tracked_since: rfc3339(usage.tracked_since) }
    }

    fn sentence(&self) -> String {
        match (&self.operation, &self.at) {
            (Some(operation), Some(at)) => format!("the key was last used at {at}, for {operation}"),
            _ => format!("KMS has recorded no use of the key since {}", self.tracked_since),
        }
    }
}
