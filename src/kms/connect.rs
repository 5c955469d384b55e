//! How a client is made: from the AWS configuration, or for an endpoint that the caller names.

use std::io;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region as SdkRegion};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_kms::config::Builder;
use aws_sdk_kms::config::retry::RetryPartition;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::HttpClient;
use bytes::Bytes;

use super::chain;
use super::client::{Kms, Place, Source};
use super::connection::Connection;
use super::endpoint::{self, Endpoint};
use super::environment::Environment;
use super::error::KmsError;
use super::profiles::Profiles;
use super::providers::Guarded;
use super::region::Region;
use super::sdk_config::{configured_endpoint, loader, timeouts};
use super::sdk_settings;
use super::transport::{Direct, Transport};
use crate::progress::{Progress, Silent};

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
}
