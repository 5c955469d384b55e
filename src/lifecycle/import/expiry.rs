//! When imported key material expires: one point in time for everything that a run imports.

use std::ops::Deref;

use aws_smithy_types::DateTime;

use crate::kms::{Kms, WORTH_A_WARNING};
use crate::lifecycle::error::Error;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::time::{self, Expiry, ExpiryError};

/// The time that is sent to KMS, checked against KMS's limits by KMS's clock.
pub(crate) fn resolve_expiry(kms: &Kms, expiry: Expiry) -> Result<Option<DateTime>, Error> {
    expiry.resolve(kms.now()).map_err(|error| match kms.clock_ahead().filter(|ahead| ahead.abs() > WORTH_A_WARNING) {
        Some(ahead) => {
            ExpiryError::ByKmsClock { problem: error.to_string(), difference: time::difference(ahead) }.into()
        }
        None => error.into(),
    })
}

/// A request with its expiry resolved, once KMS has told its time.
pub(crate) struct Resolved<'a, R> {
    request: &'a R,
    /// The time that every import of the run is sent with.
    pub(crate) expires: Option<DateTime>,
}

/// What asks for an expiry.
pub(crate) trait Expires {
    fn expiry(&self) -> Expiry;
}

impl<'a, R: Expires> Resolved<'a, R> {
    /// Before a run, which is not told of it.
    pub(crate) fn before(request: &'a R, kms: &Kms) -> Result<Self, Error> {
        Ok(Resolved { request, expires: resolve_expiry(kms, request.expiry())? })
    }

    /// In a run, whose next command says the same time.
    pub(crate) fn of(request: &'a R, kms: &Kms, run: &dyn Ongoing) -> Result<Self, Error> {
        let resolved = Self::before(request, kms)?;
        run.note(|facts| facts.asked_to_expire = resolved.expires);
        Ok(resolved)
    }
}

impl<R> Deref for Resolved<'_, R> {
    type Target = R;

    fn deref(&self) -> &R {
        self.request
    }
}
