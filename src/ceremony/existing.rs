//! A key that is there already: is it what was asked for, and may key material go into it?

use aws_smithy_types::DateTime;

use super::{Journal, KeyRequest, policy};
use crate::error::{CeremonyError, Error};
use crate::kms::{KeyDescription, Kms};
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

/// Nothing is imported into a key that this run did not create unless its policy is the one asked for, or the user vouches for it
/// by its ARN: whoever planted the alias could read everything else that is encrypted with the key.
pub(super) async fn check_trusted(
    kms: &Kms,
    found: &KeyDescription,
    request: &KeyRequest,
    name: &str,
    adopt: Option<&str>,
    journal: &Journal,
) -> Result<(), Error> {
    if let Some(adopt) = adopt {
        if adopt == found.arn {
            journal.step(format!("adopting key {adopt}, as told"));
            return Ok(());
        }
        let (alias, arn, adopt) = (name.to_owned(), found.arn.clone(), adopt.to_owned());
        return Err(CeremonyError::AdoptsOther { alias, arn, adopt }.into());
    }
    if has_policy(kms, found, request.policy.as_deref()).await? {
        return Ok(());
    }
    Err(CeremonyError::ForeignPolicy { alias: name.to_owned(), arn: found.arn.clone() }.into())
}

/// Whether the key's policy is the one asked for, or KMS's default where none was.
pub(super) async fn has_policy(kms: &Kms, found: &KeyDescription, asked: Option<&str>) -> Result<bool, Error> {
    let policy = kms.key_policy(&found.arn).await?;
    Ok(policy::equals(&policy, asked, &found.account))
}

fn differs(found: &KeyDescription, name: &str, difference: String) -> Error {
    CeremonyError::Differs { key: name.to_owned(), arn: found.arn.clone(), difference }.into()
}
