//! The client: one Region, one endpoint, one set of credentials.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region as SdkRegion};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_kms::Client;
use aws_sdk_kms::config::retry::RetryPartition;
use aws_sdk_kms::config::{Builder, StalledStreamProtectionConfig};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_smithy_types::DateTime;
use aws_smithy_types::retry::RetryConfig;
use bytes::Bytes;

use super::chain;
use super::connection::Connection;
use super::credentials::{CredentialSource, Remembering};
use super::endpoint::{self, Endpoint};
use super::environment::Environment;
use super::error::{EndpointError, KmsError};
use super::operation::Operation;
use super::pace::Pace;
use super::profiles::Profiles;
use super::providers::Guarded;
use super::recent_changes::RecentChanges;
use super::region::Region;
use super::request_log::{LoggedRequest, RequestLog};
use super::sdk_config::{configured_endpoint, loader, retries, timeouts};
use super::sdk_settings;
use super::transport::{Direct, Transport};
use crate::progress::{Progress, Silent};
use crate::time;

/// A connection to KMS in one Region. Clones share it, with its credentials, its log and what it knows of the clock; calls can be made from
/// any thread, inside a tokio runtime.
///
/// A call that KMS throttles is repeated for up to [`Connection::max_wait`], and one that meets a new key or a fresh import before all of
/// KMS knows of it for up to [`Connection::wait`]. A call that must not happen twice (CreateKey, ReplicateKey, RotateKeyOnDemand) is
/// repeated only while nothing of it was sent.
///
/// # Errors
/// Every call gives [`KmsError::Refused`] where KMS refuses, [`KmsError::Endpoint`] where it is not reached or the reply does not come,
/// [`KmsError::ReplyLost`] where a change may have been made, [`KmsError::NoCredentials`], [`KmsError::CredentialsFail`] or
/// [`KmsError::CredentialsMalformed`] for want of usable credentials, and [`KmsError::NotKms`], [`KmsError::FieldMissing`],
/// [`KmsError::ValueUnknown`] or [`KmsError::OtherKey`] for an answer that KMS does not give. [`KmsError::may_have_changed`] tells whether
/// AWS may have changed.
#[derive(Clone)]
pub struct Kms {
    steady: Client,
    /// The same without the SDK's retries.
    once: Client,
    region: Region,
    endpoint: Option<Endpoint>,
    wait: Duration,
    /// What holds calls back; nothing for a few calls.
    pace: Option<Arc<dyn Pace>>,
    shared: Arc<Shared>,
}

/// What the clients of several Regions have in common.
struct Shared {
    talk: Arc<dyn Progress + Send>,
    requests: RequestLog,
    credentials: Remembering,
    guarded: Option<Guarded>,
    profile: Option<String>,
    max_wait: Duration,
    recent: RecentChanges,
}

/// Where credentials come from, and who watches whom that asks.
struct Source {
    provider: SharedCredentialsProvider,
    guarded: Option<Guarded>,
}

/// Where KMS is.
struct Place {
    region: Region,
    /// Nothing where the SDK knows it by the Region.
    endpoint: Option<Endpoint>,
}

impl Kms {
    /// Reads the AWS configuration and applies the endpoint rules. Nothing is sent to KMS; without a Region in the configuration, the
    /// instance is asked for its own.
    ///
    /// # Errors
    /// [`KmsError::NoRegion`], [`KmsError::NotARegion`] or [`KmsError::ChinaRegion`] for the Region, [`KmsError::NoProfile`] for a profile
    /// that is not there, [`KmsError::SettingUnusable`] for a setting that cannot be read, [`KmsError::Endpoint`] for an endpoint that
    /// breaks a rule, [`KmsError::File`] for a configuration file that cannot be read.
    pub async fn connect(connection: &Connection) -> Result<Kms, KmsError> {
        Kms::connect_saying(connection, Arc::new(Silent)).await
    }

    /// The same as [`Kms::connect`], and what is said about calls, waits and clocks goes to `talk`.
    ///
    /// # Errors
    /// As [`Kms::connect`].
    pub async fn connect_saying(connection: &Connection, talk: Arc<dyn Progress + Send>) -> Result<Kms, KmsError> {
        if let Some(region) = &connection.region {
            region.parse::<Region>()?;
        }
        let mut environment = connection.environment.clone().unwrap_or_else(Environment::of_process);
        let profiles = Arc::new(Profiles::read(connection.profile.as_deref()).await?);
        sdk_settings::check(&profiles)?;
        environment.profile_ca_bundle = profiles.ca_bundle();
        let transport = Transport::new(&environment);
        let guarded = Guarded::new(transport.clone(), connection);
        let sdk = loader(connection, &profiles, guarded.clone()).load().await;
        let region = match (sdk.region(), guarded.refused()) {
            (Some(region), _) => region.as_ref().parse::<Region>()?,
            (None, Some(refused)) => return Err(refused.into()),
            (None, None) => return Err(KmsError::NoRegion { profile: connection.profile.clone() }),
        };
        let fips = connection.fips_endpoint || sdk.use_fips() == Some(true);
        let endpoint = endpoint::choose(connection, configured_endpoint(&sdk), fips)?;
        endpoint::check_choice(connection, endpoint.as_ref(), fips)?;
        let provider = chain::credentials(connection, &profiles, &sdk, guarded.clone()).await;
        let mut builder = Builder::from(&sdk).http_client(transport);
        if endpoint.is_some() {
            builder.set_use_dual_stack(None); // of two endpoints, the SDK would refuse to choose
        }
        builder.set_endpoint_url(endpoint.as_ref().map(|endpoint| endpoint.url.clone()));
        let source = Source { provider, guarded: Some(guarded) };
        Ok(Kms::build(builder, connection, Place { region, endpoint }, source, talk))
    }

    /// A client of the embedded KMS at `url`, as in `http://127.0.0.1:4566`: Region us-east-1, and an access key id that is no secret.
    /// Reads no AWS configuration, profile, proxy, CA or endpoint variable.
    pub fn rehearsal(url: &str, access_key_id: &str, talk: Arc<dyn Progress + Send>) -> Kms {
        let connection = Connection { environment: Some(Environment::default()), ..Connection::default() };
        Kms::isolated(url, access_key_id, &connection, talk)
    }

    /// As [`Kms::rehearsal`], with the Region, time limits, proxies and CA bundle of `connection`. Its endpoint and
    /// profile are not looked at, and no endpoint rule applies: `url` is what the caller wants.
    pub fn isolated(url: &str, access_key_id: &str, connection: &Connection, talk: Arc<dyn Progress + Send>) -> Kms {
        let transport = Transport::new(&connection.environment.clone().unwrap_or_default());
        Kms::over(transport, url, access_key_id, connection, talk)
    }

    /// As [`Kms::isolated`], without a socket: `answer` gets each request, and an error of it is a connection that breaks. The time limits
    /// of `connection` run by the runtime's clock, and its `endpoint_url` is what reports name.
    pub fn answered_by<F>(
        answer: impl Fn(http::Request<Bytes>) -> F + Send + Sync + 'static,
        connection: &Connection,
        talk: Arc<dyn Progress + Send>,
    ) -> Kms
    where
        F: Future<Output = io::Result<http::Response<Bytes>>> + Send + 'static,
    {
        let url = connection.endpoint_url.as_deref().unwrap_or("http://localhost");
        Kms::over(Direct::to(answer), url, "ANYBODY", connection, talk)
    }

    fn over(
        client: impl HttpClient + 'static,
        url: &str,
        access_key_id: &str,
        connection: &Connection,
        talk: Arc<dyn Progress + Send>,
    ) -> Kms {
        let region = Region::in_arn(connection.region.as_deref().unwrap_or("us-east-1"));
        let credentials = Credentials::builder()
            .access_key_id(access_key_id)
            .secret_access_key("rehearsal")
            .provider_name("rehearsal")
            .build();
        let builder = Builder::default()
            .behavior_version(BehaviorVersion::latest())
            .http_client(client)
            .sleep_impl(TokioSleep::new())
            .retry_partition(RetryPartition::custom("isolated").build()) // the attempts that others have used up are not its own
            .timeout_config(timeouts(connection))
            .region(SdkRegion::new(region.to_string()))
            .endpoint_url(url);
        let endpoint = Endpoint { url: url.to_owned(), aws: None };
        let source = Source { provider: SharedCredentialsProvider::new(credentials), guarded: None };
        Kms::build(builder, connection, Place { region, endpoint: Some(endpoint) }, source, talk)
    }

    fn build(
        builder: Builder,
        connection: &Connection,
        place: Place,
        source: Source,
        talk: Arc<dyn Progress + Send>,
    ) -> Kms {
        let (requests, credentials) = (RequestLog::new(talk.clone()), Remembering::new(source.provider));
        let steady = builder
            .credentials_provider(credentials.clone())
            .retry_config(retries(connection))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled()) // the read timeout covers the body
            .interceptor(requests.clone())
            .build();
        let once = steady.to_builder().retry_config(RetryConfig::disabled()).build();
        let shared = Shared {
            talk,
            requests,
            credentials,
            guarded: source.guarded,
            profile: connection.profile.clone(),
            max_wait: connection.max_wait,
            recent: RecentChanges::default(),
        };
        Kms {
            steady: Client::from_conf(steady),
            once: Client::from_conf(once),
            region: place.region,
            endpoint: place.endpoint,
            wait: connection.wait,
            pace: None,
            shared: Arc::new(shared),
        }
    }

    /// The same settings in another Region. A custom endpoint stays what it is.
    pub fn for_region(&self, region: &Region) -> Kms {
        let elsewhere = |client: &Client| {
            Client::from_conf(client.config().to_builder().region(SdkRegion::new(region.to_string())).build())
        };
        Kms { steady: elsewhere(&self.steady), once: elsewhere(&self.once), region: region.clone(), ..self.clone() }
    }

    /// The same, waiting so long for a change that KMS has answered: see [`Connection::wait`].
    pub fn waiting(self, wait: Duration) -> Kms {
        Kms { wait, ..self }
    }

    /// The same for many calls: `pace` decides when each is sent. They are too many for a log: [`Kms::requests`] has none of them.
    pub fn paced(self, pace: Arc<dyn Pace>) -> Kms {
        self.shared.requests.keep_none();
        Kms { pace: Some(pace), ..self }
    }

    /// The Region that is asked.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The endpoint's URL, when it is not one of AWS's own.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_ref().filter(|endpoint| !endpoint.is_aws()).map(|endpoint| endpoint.url.as_str())
    }

    /// Whether a reply has come from the embedded KMS.
    pub fn seen_rehearsal(&self) -> bool {
        self.shared.requests.seen_rehearsal()
    }

    /// Every reply so far, in order, from all Regions.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.requests.requests()
    }

    /// Where the credentials came from that were used last; `None` before the first call. Asks nobody.
    pub fn credentials_used(&self) -> Option<CredentialSource> {
        self.shared.credentials.used()
    }

    /// Seconds by which this machine's clock is ahead of KMS's, less than 0 where it is behind; `None` before the first reply that told its
    /// time.
    pub fn clock_ahead(&self) -> Option<i64> {
        self.shared.requests.clock_ahead()
    }

    /// The time at KMS, by which key material expires. It is this machine's until a reply has shown that the two differ by more than two
    /// seconds.
    pub fn now(&self) -> DateTime {
        let now = time::now();
        // `Date` counts seconds, and a reply takes some time: two seconds are no difference.
        match self.clock_ahead() {
            Some(ahead) if ahead.abs() > 2 => DateTime::from_secs(now.secs() - ahead),
            _ => now,
        }
    }

    /// Where the credentials come from; `None` when there are none. Before the first call the sources are asked, as that call would.
    pub async fn credential_source(&self) -> Option<CredentialSource> {
        self.shared.credentials.source().await
    }

    pub(super) fn sdk(&self, repeatable: bool) -> Client {
        if repeatable && self.pace.is_none() { self.steady.clone() } else { self.once.clone() }
    }

    /// Whether every attempt at a call is paced, and repeated here.
    pub(super) fn is_paced(&self) -> bool {
        self.pace.is_some()
    }

    /// Waits until the next attempt may be made.
    pub(super) async fn turn(&self, operation: Operation) {
        if let Some(pace) = &self.pace {
            pace.turn(operation).await;
        }
    }

    /// Tells the pace how an attempt was answered.
    pub(super) fn answered(&self, operation: Operation, throttled: bool) {
        if let Some(pace) = &self.pace {
            pace.answered(operation, throttled);
        }
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

    /// How long KMS is waited for until it is consistent, or stops throttling.
    pub(crate) fn max_wait(&self) -> Duration {
        self.shared.max_wait
    }

    pub(super) fn recent(&self) -> &RecentChanges {
        &self.shared.recent
    }

    pub(crate) fn talk(&self) -> &dyn Progress {
        &*self.shared.talk
    }
}
