//! What a connection would use, read from flags, environment and configuration files. Nobody is asked: no metadata service, no
//! credential process, no KMS.

use std::env;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_kms::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_types::service_config::ServiceConfigKey;
use http::Uri;

use super::asked::Asked;
use super::connection::Connection;
use super::endpoint;
use super::environment::Environment;
use super::error::KmsError;
use super::profiles::Profiles;
use super::providers::{self, Guarded};
use super::region::Region;
use super::sdk_config;
use super::sdk_settings;
use super::transport::{self, Transport, TrustPlace};

/// The settings that a connection would be made with, and what is wrong with them.
#[derive(Debug)]
pub struct ConnectionSettings {
    /// The Region, as in `us-east-1`; its absence is in `problems`.
    pub region: Option<String>,
    /// The endpoint's URL, as far as the Region and the rules allow one.
    pub endpoint: Option<String>,
    /// Whether it is one of AWS's own.
    pub endpoint_is_aws: bool,
    /// Whether `kms-fips` was asked for.
    pub fips_endpoint: bool,
    /// The profile of the AWS configuration files, where one is named.
    pub profile: Option<String>,
    /// The first source of credentials that is configured, in words; an instance role is not configured here, and does not show.
    pub credentials: Option<&'static str>,
    /// The URL of the proxy to the endpoint, without its password.
    pub proxy: Option<String>,
    /// Where the certificate authorities are that TLS trusts.
    pub trust: Vec<TrustPlace>,
    /// What would be refused when connecting.
    pub problems: Vec<KmsError>,
}

/// Stands for "no Region" where the SDK would ask the instance for one.
const NOWHERE: &str = "nowhere";

impl ConnectionSettings {
    /// Looks at everything that [`Kms::connect`](super::Kms::connect) would look at. What would be refused there is in `problems`.
    pub async fn read(connection: &Connection) -> ConnectionSettings {
        let mut environment = connection.environment.clone().unwrap_or_else(Environment::of_process);
        let mut problems = Vec::new();
        let profiles = match Profiles::read(connection.profile.as_deref()).await {
            Ok(profiles) => profiles,
            Err(error) => {
                problems.push(error);
                Profiles::none()
            }
        };
        problems.extend(sdk_settings::check(&profiles).err());
        environment.profile_ca_bundle = profiles.ca_bundle();
        let sdk = configuration(connection, &profiles, &environment).await;
        let mut settings = ConnectionSettings {
            region: sdk.region().map(ToString::to_string).filter(|region| region != NOWHERE),
            endpoint: None,
            endpoint_is_aws: true,
            fips_endpoint: connection.fips_endpoint || sdk.use_fips() == Some(true),
            profile: connection.profile.clone().or_else(|| text("AWS_PROFILE")),
            credentials: credentials(connection, &sdk),
            proxy: None,
            trust: transport::trust_places(&environment),
            problems,
        };
        settings.look_at_region();
        settings.look_at_endpoint(connection, &sdk).await;
        settings.look_at_providers(connection, &sdk);
        settings.look_at_transport(&environment);
        settings
    }

    fn look_at_region(&mut self) {
        let problem = match &self.region {
            Some(region) => region.parse::<Region>().err(),
            None => Some(KmsError::NoRegion { profile: self.profile.clone() }),
        };
        self.problems.extend(problem);
    }

    async fn look_at_endpoint(&mut self, connection: &Connection, sdk: &SdkConfig) {
        let chosen = endpoint::choose(connection, sdk_config::configured_endpoint(sdk), self.fips_endpoint);
        let named = match chosen {
            Ok(named) => named,
            Err(error) => return self.problems.push(error.into()),
        };
        self.problems.extend(endpoint::check_choice(connection, named.as_ref(), self.fips_endpoint).err());
        match named {
            Some(named) => {
                self.endpoint_is_aws = named.is_aws();
                self.endpoint = Some(named.url);
            }
            None => self.endpoint = aws_endpoint(self.region.as_deref(), sdk, self.fips_endpoint).await,
        }
    }

    /// The endpoints that the sources of credentials in use would be sent to.
    fn look_at_providers(&mut self, connection: &Connection, sdk: &SdkConfig) {
        let services: &[(Asked, &str)] = match self.credentials {
            Some(source) if source.contains("role") && !source.contains("container") => &[(Asked::Sts, "STS")],
            Some("web identity") => &[(Asked::Sts, "STS")],
            Some("profile, SSO") => &[(Asked::Sso, "SSO"), (Asked::SsoOidc, "SSO OIDC")],
            _ => &[],
        };
        for (asked, service) in services {
            let configured = sdk_config::configured_endpoint_of(sdk, service);
            let refused = configured.and_then(|url| providers::check(connection, *asked, &url).err());
            self.problems.extend(refused.map(KmsError::from));
        }
    }

    fn look_at_transport(&mut self, environment: &Environment) {
        self.problems.extend(Transport::check_trust(environment).err().map(KmsError::from));
        let Some(url) = self.endpoint.as_deref().and_then(|url| url.parse::<Uri>().ok()) else { return };
        match Transport::proxy_to(environment, &url) {
            Ok(proxy) => self.proxy = proxy,
            Err(error) => self.problems.push(error.into()),
        }
    }
}

/// The configuration without a call to the instance's metadata service.
async fn configuration(connection: &Connection, profiles: &Profiles, environment: &Environment) -> SdkConfig {
    let region = RegionProviderChain::first_try(connection.region.clone().map(SdkRegion::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profiles.region())
        .or_else(SdkRegion::new(NOWHERE));
    sdk_config::loader(connection, profiles, Guarded::new(Transport::new(environment), connection))
        .region(region)
        .load()
        .await
}

/// The URL that AWS's own rules give: they differ between partitions.
async fn aws_endpoint(region: Option<&str>, sdk: &SdkConfig, fips: bool) -> Option<String> {
    let parameters = Params::builder()
        .region(region?)
        .use_fips(fips)
        .use_dual_stack(sdk.use_dual_stack() == Some(true))
        .build()
        .ok()?;
    DefaultResolver::new().resolve_endpoint(&parameters).await.ok().map(|endpoint| endpoint.url().to_owned())
}

/// The first that the chain would try: environment, profile, web identity, container; of a profile that was given, that alone.
fn credentials(connection: &Connection, sdk: &SdkConfig) -> Option<&'static str> {
    let only_profile = connection.profile.is_some();
    let in_profile = |name: &str| {
        // No such variable exists: only the profile is looked at.
        let key = ServiceConfigKey::builder().service_id("KMS").env("KMS_BYOK_NO_VARIABLE").profile(name).build();
        key.ok().and_then(|key| sdk.service_config()?.load_config(key)).is_some()
    };
    let profile = [
        ("aws_access_key_id", "profile"),
        ("role_arn", "profile, assumed role"),
        ("sso_session", "profile, SSO"),
        ("sso_start_url", "profile, SSO"),
        ("credential_process", "profile, credential process"),
    ];
    if !only_profile && text("AWS_ACCESS_KEY_ID").is_some() && text("AWS_SECRET_ACCESS_KEY").is_some() {
        return Some("environment variables");
    }
    if let Some((_, source)) = profile.into_iter().find(|(name, _)| in_profile(name)) {
        return Some(source);
    }
    if only_profile {
        return None;
    }
    if text("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() {
        return Some("web identity");
    }
    let container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    container.into_iter().any(|name| text(name).is_some()).then_some("container role")
}

fn text(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}
