//! The client: one Region, one endpoint, one set of credentials.

use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_kms::Client;
use aws_sdk_kms::config::{Builder, StalledStreamProtectionConfig};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_smithy_types::DateTime;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::service_config::ServiceConfigKey;

use super::call::Recent;
use super::chain;
use super::connection::Connection;
use super::credentials::{CredentialSource, Remembering};
use super::endpoint::{self, Configured, Endpoint};
use super::environment::Environment;
use super::profiles::Profiles;
use super::providers::Guarded;
use super::transport::Transport;
use super::witness::{Exchange, Witness};
use crate::error::{EndpointError, Error, KmsError};
use crate::moment;
use crate::talk::Talk;

/// Credentials may need a person (a second factor, a slow helper), and the SDK would give them five seconds.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(60);

/// A connection to KMS in one Region.
#[derive(Clone)]
pub struct Kms {
    steady: Client,
    /// The same without the SDK's retries.
    once: Client,
    region: String,
    endpoint: Option<Endpoint>,
    wait: Duration,
    shared: Arc<Shared>,
}

/// What the clients of several Regions have in common.
struct Shared {
    talk: Arc<dyn Talk + Send>,
    witness: Witness,
    credentials: Remembering,
    guarded: Option<Guarded>,
    profile: Option<String>,
    patience: Duration,
    recent: Recent,
}

/// Where credentials come from, and who watches whom that asks.
struct Source {
    provider: SharedCredentialsProvider,
    guarded: Option<Guarded>,
}

impl Kms {
    /// Reads the AWS configuration and applies the endpoint rules. Nothing is sent to KMS; without a Region in the
    /// configuration, the instance is asked for its own.
    pub async fn connect(connection: &Connection, talk: Arc<dyn Talk + Send>) -> Result<Kms, Error> {
        if let Some(region) = &connection.region {
            check_region(region)?;
        }
        let mut environment = connection.environment.clone().unwrap_or_else(Environment::of_process);
        let profiles = Profiles::read(connection.profile.as_deref()).await?;
        environment.profile_ca_bundle = profiles.ca_bundle();
        let transport = Transport::new(&environment);
        let guarded = Guarded::new(transport.clone(), connection);
        let sdk = loader(connection, &profiles, guarded.clone()).load().await;
        let region = match (sdk.region(), guarded.refused()) {
            (Some(region), _) => region.to_string(),
            (None, Some(refused)) => return Err(refused.into()),
            (None, None) => return Err(KmsError::NoRegion { profile: connection.profile.clone() }.into()),
        };
        check_region(&region)?;
        let fips = connection.fips_endpoint || sdk.use_fips() == Some(true);
        let endpoint = endpoint::choose(connection, configured_endpoint(&sdk), fips)?;
        endpoint::check_fips(connection, endpoint.as_ref(), fips)?;
        let provider = chain::credentials(connection, &profiles, &sdk, guarded.clone());
        let mut builder = Builder::from(&sdk).http_client(transport);
        builder.set_endpoint_url(endpoint.as_ref().map(|endpoint| endpoint.url.clone()));
        let source = Source { provider, guarded: Some(guarded) };
        Ok(Kms::build(builder, connection, region, endpoint, source, talk))
    }

    /// A client of the embedded KMS at `url`: Region us-east-1, and an access key id that is no secret. Reads no AWS
    /// configuration, profile, proxy, CA or endpoint variable.
    pub fn rehearsal(url: &str, access_key_id: &str, talk: Arc<dyn Talk + Send>) -> Kms {
        let connection = Connection { environment: Some(Environment::default()), ..Connection::default() };
        Kms::isolated(url, access_key_id, &connection, talk)
    }

    /// As [`Kms::rehearsal`], with the Region, time limits, proxies and CA bundle of `connection`. Its endpoint and
    /// profile are not looked at, and no endpoint rule applies: `url` is what the caller wants.
    pub fn isolated(url: &str, access_key_id: &str, connection: &Connection, talk: Arc<dyn Talk + Send>) -> Kms {
        let transport = Transport::new(&connection.environment.clone().unwrap_or_default());
        Kms::over(transport, url, access_key_id, connection, talk)
    }

    /// As [`Kms::isolated`], over an HTTP client of the caller's.
    pub fn over(
        client: impl HttpClient + 'static,
        url: &str,
        access_key_id: &str,
        connection: &Connection,
        talk: Arc<dyn Talk + Send>,
    ) -> Kms {
        let region = connection.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
        let credentials = Credentials::builder()
            .access_key_id(access_key_id)
            .secret_access_key("rehearsal")
            .provider_name("rehearsal")
            .build();
        let builder = Builder::default()
            .behavior_version(BehaviorVersion::latest())
            .http_client(client)
            .sleep_impl(TokioSleep::new())
            .timeout_config(timeouts(connection))
            .region(Region::new(region.clone()))
            .endpoint_url(url);
        let endpoint = Endpoint { url: url.to_owned(), is_aws: false };
        let source = Source { provider: SharedCredentialsProvider::new(credentials), guarded: None };
        Kms::build(builder, connection, region, Some(endpoint), source, talk)
    }

    fn build(
        builder: Builder,
        connection: &Connection,
        region: String,
        endpoint: Option<Endpoint>,
        source: Source,
        talk: Arc<dyn Talk + Send>,
    ) -> Kms {
        let (witness, credentials) = (Witness::new(talk.clone()), Remembering::new(source.provider));
        let steady = builder
            .credentials_provider(credentials.clone())
            .retry_config(retries(connection))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled()) // the read timeout covers the body
            .interceptor(witness.clone())
            .build();
        let once = steady.to_builder().retry_config(RetryConfig::disabled()).build();
        let shared = Shared {
            talk,
            witness,
            credentials,
            guarded: source.guarded,
            profile: connection.profile.clone(),
            patience: connection.patience,
            recent: Recent::default(),
        };
        Kms {
            steady: Client::from_conf(steady),
            once: Client::from_conf(once),
            region,
            endpoint,
            wait: connection.wait,
            shared: Arc::new(shared),
        }
    }

    /// The same settings in another Region. A custom endpoint stays what it is.
    pub fn for_region(&self, region: &str) -> Kms {
        let elsewhere = |client: &Client| {
            Client::from_conf(client.config().to_builder().region(Region::new(region.to_owned())).build())
        };
        Kms { steady: elsewhere(&self.steady), once: elsewhere(&self.once), region: region.to_owned(), ..self.clone() }
    }

    /// The same, waiting so long for a change that KMS has answered.
    pub fn waiting(self, wait: Duration) -> Kms {
        Kms { wait, ..self }
    }

    /// The Region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The endpoint's URL, when it is not one of AWS's own.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_ref().filter(|endpoint| !endpoint.is_aws).map(|endpoint| endpoint.url.as_str())
    }

    /// Whether a reply has come from the embedded KMS.
    pub fn seen_rehearsal(&self) -> bool {
        self.shared.witness.seen_rehearsal()
    }

    /// Every reply so far, in order, from all Regions.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.witness.exchanges()
    }

    /// Where the credentials came from that were used last; `None` before the first call. Asks nobody.
    pub fn credentials_used(&self) -> Option<CredentialSource> {
        self.shared.credentials.used()
    }

    /// Seconds by which this machine's clock is ahead of KMS's; nothing before the first reply that told its time.
    pub fn clock_ahead(&self) -> Option<i64> {
        self.shared.witness.clock_ahead()
    }

    /// The time at KMS, by which key material expires: this machine's until a reply has shown that the two differ.
    pub fn now(&self) -> DateTime {
        let now = moment::now();
        // `Date` counts seconds, and a reply takes some time: two seconds are no difference.
        match self.clock_ahead() {
            Some(ahead) if ahead.abs() > 2 => DateTime::from_secs(now.secs() - ahead),
            _ => now,
        }
    }

    /// Where the credentials come from; `None` when there are none.
    pub async fn credential_source(&self) -> Option<CredentialSource> {
        self.shared.credentials.source().await
    }

    pub(super) fn sdk(&self, repeatable: bool) -> Client {
        if repeatable { self.steady.clone() } else { self.once.clone() }
    }

    /// Why a provider of credentials was kept from asking.
    pub(super) fn provider_refused(&self) -> Option<EndpointError> {
        self.shared.guarded.as_ref().and_then(Guarded::refused)
    }

    pub(super) fn profile(&self) -> Option<&str> {
        self.shared.profile.as_deref()
    }

    /// How long a change that KMS has answered is waited for.
    pub(crate) fn wait(&self) -> Duration {
        self.wait
    }

    pub(crate) fn patience(&self) -> Duration {
        self.shared.patience
    }

    pub(super) fn recent(&self) -> &Recent {
        &self.shared.recent
    }

    pub(super) fn talk(&self) -> &dyn Talk {
        &*self.shared.talk
    }
}

/// The SDK's own reader of the environment and the configuration files. Credentials are another matter: see `chain`.
pub(super) fn loader(connection: &Connection, profiles: &Profiles, client: Guarded) -> ConfigLoader {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .no_credentials()
        .profile_files(profiles.files(""))
        .http_client(client)
        .sleep_impl(TokioSleep::new())
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

/// The SDK's standard retries: three attempts. Its first pause of up to 1 s belongs to a patience of 60 s.
fn retries(connection: &Connection) -> RetryConfig {
    RetryConfig::standard().with_initial_backoff((connection.patience / 60).min(Duration::from_secs(1)))
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

/// Refuses what is no name of a Region, and the China Regions.
pub(crate) fn check_region(region: &str) -> Result<(), KmsError> {
    let region = region.to_owned();
    if region.starts_with("cn-") {
        return Err(KmsError::ChinaRegion { region });
    }
    // KMS's own pattern (API reference, `ReplicateKey`), of a length that fits into a host name: an Availability Zone is none.
    let (words, number) = region.rsplit_once('-').unwrap_or_default();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_region = (2..=3).contains(&words.split('-').count()) && words.split('-').all(is_word);
    if is_region && is_number && region.len() <= 32 { Ok(()) } else { Err(KmsError::NotARegion { region }) }
}
