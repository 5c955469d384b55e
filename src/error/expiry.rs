//! Expiry times that KMS would refuse.

use super::{Explain, some};

/// The expiry asked for is not one KMS takes.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ExpiryError {
    #[error("`{text}` is not a time")]
    NotATime { text: String },
    #[error("the expiry {at} is in the past")]
    Past { at: String },
    #[error("{problem} by KMS's clock, and this machine's is {difference} it")]
    ByKmsClock { problem: String, difference: String },
    #[error("the expiry {at} is more than 365 days away")]
    TooFar { at: String, limit: String },
}

impl Explain for ExpiryError {
    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<String> {
        match self {
            ExpiryError::NotATime { .. } => some("write it as RFC 3339 does: 2027-01-31T12:00:00Z"),
            ExpiryError::Past { .. } => some("choose a time in the future, and check this machine's clock"),
            ExpiryError::ByKmsClock { .. } => some("set this machine's clock (NTP), or choose another time"),
            ExpiryError::TooFar { limit, .. } => some(format!("choose {limit} or earlier, or let it never expire")),
        }
    }
}
