//! The AWS SDK's own configuration: what it reads, how long it waits, and where it would send requests.

use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::service_config::ServiceConfigKey;

use super::connection::Connection;
use super::endpoint::Configured;
use super::profiles::Profiles;
use super::providers::Guarded;

/// Credentials may need a person (a second factor, a slow helper), and the SDK would give them five seconds.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(60);

/// The SDK's own reader of the environment and the configuration files. Credentials are another matter: see `chain`.
pub(super) fn loader(connection: &Connection, profiles: &Profiles, client: Guarded) -> ConfigLoader {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .no_credentials()
        .profile_files(profiles.files(""))
        .http_client(client)
        .sleep_impl(TokioSleep::new())
        .retry_config(retries(connection)) // the SDK would panic at a mode that it does not have, as `legacy`
        .timeout_config(timeouts(connection))
        .identity_cache(IdentityCache::lazy().load_timeout(CREDENTIALS_TIMEOUT).build());
    if let Some(region) = &connection.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &connection.profile {
        loader = loader.profile_name(profile);
    }
    if connection.fips_endpoint {
        loader = loader.use_fips(true);
    }
    loader
}

pub(super) fn timeouts(connection: &Connection) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(connection.connect_timeout).read_timeout(connection.read_timeout).build()
}

/// The SDK's standard retries: three attempts. Its first pause of up to 1 s belongs to a max_wait of 60 s.
pub(super) fn retries(connection: &Connection) -> RetryConfig {
    RetryConfig::standard().with_initial_backoff((connection.max_wait / 60).min(Duration::from_secs(1)))
}

/// What AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL or the profile say, in the SDK's own order of precedence.
pub(super) fn configured_endpoint(sdk: &SdkConfig) -> Option<Configured> {
    let url = configured_endpoint_of(sdk, "KMS").or_else(|| sdk.endpoint_url().map(str::to_owned))?;
    Some(Configured { url, origin: "the environment or the profile" })
}

/// The same for any service.
pub(super) fn configured_endpoint_of(sdk: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
    key.build().ok().and_then(|key| sdk.service_config()?.load_config(key))
}
