//! A key that is there already: is it what was asked for, and may key material go into it?

use aws_smithy_types::DateTime;

use super::KeyRequest;
use crate::error::{CeremonyError, Error};
use crate::kms::KeyDescription;
use crate::moment::{Expiry, rfc3339};

/// What to do with a key that exists.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It holds key material and everything matches.
    Unchanged,
    /// It waits for key material, as DescribeKey says.
    Complete,
}

/// Origin, spec, usage and multi-Region: what cannot be changed about a key.
pub(super) fn check_matches(found: &KeyDescription, request: &KeyRequest, name: &str) -> Result<(), Error> {
    let multi_region = if found.multi_region.is_some() { "multi-Region" } else { "single-Region" };
    let asked_multi_region = if request.multi_region { "multi-Region" } else { "single-Region" };
    let pairs = [
        ("origin", found.origin.as_str(), "EXTERNAL"),
        ("key spec", &found.spec, request.spec.name()),
        ("key usage", &found.usage, request.usage.name()),
        ("kind", multi_region, asked_multi_region),
    ];
    for (what, is, asked) in pairs {
        if is != asked {
            return Err(differs(found, name, format!("its {what} is {is}, and {asked} was asked for")));
        }
    }
    Ok(())
}

/// The idempotence rules for a key with that name.
pub(super) fn decide(
    found: &KeyDescription,
    request: &KeyRequest,
    name: &str,
    expiry: Expiry,
    now: DateTime,
) -> Result<Decision, Error> {
    check_matches(found, request, name)?;
    match found.state.as_str() {
        "Enabled" if expiry.is_met_by(found.expires, now) => Ok(Decision::Unchanged),
        "Enabled" => {
            let is = found.expires.map_or("never expires".to_owned(), |at| format!("expires {}", rfc3339(at)));
            Err(differs(found, name, format!("its key material {is}, which is not the expiry asked for")))
        }
        "PendingImport" => Ok(Decision::Complete),
        state => Err(differs(found, name, format!("it is {state}, and Enabled or PendingImport was expected"))),
    }
}

/// That a key which has come to hold key material is what was asked for.
pub(super) fn check_unchanged(
    found: &KeyDescription,
    request: &KeyRequest,
    name: &str,
    expiry: Expiry,
    now: DateTime,
) -> Result<(), Error> {
    match decide(found, request, name, expiry, now)? {
        Decision::Unchanged => Ok(()),
        Decision::Complete => Err(CeremonyError::TakesOnlyOriginal { arn: found.arn.clone() }.into()),
    }
}

fn differs(found: &KeyDescription, name: &str, difference: String) -> Error {
    CeremonyError::Differs { key: name.to_owned(), arn: found.arn.clone(), difference }.into()
}
