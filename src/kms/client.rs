//! The client: one Region, one endpoint, one set of credentials.

use std::sync::Arc;
use std::time::Duration;

use aws_config::Region as SdkRegion;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_kms::Client;
use aws_sdk_kms::config::{Builder, StalledStreamProtectionConfig};
use aws_smithy_types::DateTime;
use aws_smithy_types::retry::RetryConfig;

use super::connection::Connection;
use super::credentials::{CredentialSource, Remembering};
use super::endpoint::Endpoint;
use super::error::EndpointError;
use super::operation::Operation;
use super::pace::Pace;
use super::providers::Guarded;
use super::recent_changes::RecentChanges;
use super::region::Region;
use super::request_log::{LoggedRequest, RequestLog};
use super::sdk_config::retries;
use crate::progress::Progress;
use crate::time;

/// A connection to KMS in one Region. Clones share it, with its credentials, its log and what it knows of the clock; calls can be made from
/// any thread, inside a tokio runtime.
///
/// A call that KMS throttles is repeated for up to [`Connection::max_wait`], and one that meets a new key or a fresh import before all of
/// KMS knows of it for up to [`Connection::wait`]. A call that must not happen twice (CreateKey, ReplicateKey, RotateKeyOnDemand) is
/// repeated only while nothing of it was sent.
///
/// # Errors
/// Every call gives a [`KmsError`](super::error::KmsError): `Refused` where KMS refuses, `Endpoint` where it is not reached or the reply does
/// not come, `ReplyLost` where a change may have been made, `NoCredentials`, `CredentialsFail` or `CredentialsMalformed` for want of usable
/// credentials, and `NotKms`, `FieldMissing`, `ValueUnknown` or `OtherKey` for an answer that KMS does not give. Its `may_have_changed` tells
/// whether AWS may have changed.
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
pub(super) struct Source {
    pub(super) provider: SharedCredentialsProvider,
    pub(super) guarded: Option<Guarded>,
}

/// Where KMS is.
pub(super) struct Place {
    pub(super) region: Region,
    /// Nothing where the SDK knows it by the Region.
    pub(super) endpoint: Option<Endpoint>,
}

impl Kms {
    pub(super) fn build(
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
