//! The way to KMS, as it is configured.

use serde::Serialize;

use super::Finding;
use super::error::HealthError;
use crate::kms::KmsError;
use crate::kms::{ConnectionSettings, TrustPlace};

/// Region, endpoint, source of credentials, proxy and trust, as they are configured. No value in it is a secret; `None` is what is not
/// configured.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ConnectionFacts {
    /// The Region.
    pub region: Option<String>,
    /// The endpoint's URL.
    pub endpoint: Option<String>,
    /// Whether it is one of AWS's own.
    pub endpoint_is_aws: bool,
    /// Whether `kms-fips` was asked for.
    pub fips_endpoint: bool,
    /// The profile of the AWS configuration files, where one is named.
    pub profile: Option<String>,
    /// The first source of credentials that is configured.
    pub credential_source: Option<&'static str>,
    /// The proxy to the endpoint, without its password.
    pub proxy: Option<String>,
    /// Where the certificate authorities are that TLS trusts.
    pub trust_store: Vec<TrustPlace>,
}

impl ConnectionFacts {
    /// With what is set and cannot be used, and what is not set at all.
    pub(super) fn of(settings: ConnectionSettings) -> (Self, Vec<Finding>, Vec<Finding>) {
        let is_absence = |error: &KmsError| matches!(error, KmsError::NoRegion { .. });
        let (absent, unusable): (Vec<KmsError>, Vec<KmsError>) = settings.problems.into_iter().partition(is_absence);
        let facts = ConnectionFacts {
            region: settings.region,
            endpoint: settings.endpoint,
            endpoint_is_aws: settings.endpoint_is_aws,
            fips_endpoint: settings.fips_endpoint,
            profile: settings.profile,
            credential_source: settings.credentials,
            proxy: settings.proxy,
            trust_store: settings.trust,
        };
        let no_trust = facts.trusts_nobody().then(|| Finding::of(HealthError::NoTrustStore { places: facts.places() }));
        let absent = absent.into_iter().map(Finding::of).chain(no_trust).collect();
        (facts, unusable.into_iter().map(Finding::of).collect(), absent)
    }

    /// A bundle that cannot be used is a problem of its own; plain http needs nobody.
    fn trusts_nobody(&self) -> bool {
        let plain = self.endpoint.as_deref().is_some_and(|url| url.starts_with("http://"));
        let bundle = self
            .trust_store
            .iter()
            .any(|place| place.named_by.contains("CA_BUNDLE") || place.named_by.contains("ca_bundle"));
        !plain && !bundle && self.trust_store.iter().all(|place| place.certificates == 0)
    }

    fn places(&self) -> String {
        let places: Vec<String> = self.trust_store.iter().map(|place| format!("`{}`", place.path.display())).collect();
        format!("no certificate is in {}", places.join(" or "))
    }
}
