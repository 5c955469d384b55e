//! Which sources of credentials are asked, in which order.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;

use super::connection::Connection;
use super::profiles::Profiles;
use super::providers::Guarded;
use super::sdk_config::timeouts;
use super::sources;

/// The SDK's own chain; of a profile that was named by a flag, that profile alone, as in the aws CLI.
pub(super) async fn credentials(
    connection: &Connection,
    profiles: &Arc<Profiles>,
    sdk: &SdkConfig,
    client: Guarded,
) -> SharedCredentialsProvider {
    let config = ProviderConfig::empty()
        .with_http_client(client)
        .with_sleep_impl(TokioSleep::new())
        .with_timeout_config(timeouts(connection))
        .with_region(sdk.region().cloned())
        .with_use_fips(sdk.use_fips())
        .with_use_dual_stack(sdk.use_dual_stack());
    let profile = sources::of_profiles(&config, profiles);
    if let Some(name) = &connection.profile {
        return in_role(connection, sdk, profile.profile_name(name).build()).await;
    }
    let chain = CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Profile", profile.build())
        .or_else("WebIdentityToken", WebIdentityTokenCredentialsProvider::builder().configure(&config).build())
        .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(&config).build())
        .or_else("Ec2InstanceMetadata", ImdsCredentialsProvider::builder().configure(&config).build());
    in_role(connection, sdk, chain).await
}

/// The credentials of the role that is to be assumed with those, if there is one.
async fn in_role(
    connection: &Connection,
    sdk: &SdkConfig,
    provider: impl ProvideCredentials + 'static,
) -> SharedCredentialsProvider {
    let Some(role) = &connection.role_arn else { return SharedCredentialsProvider::new(provider) };
    let role = AssumeRoleProvider::builder(role).session_name("kms-byok").configure(sdk);
    SharedCredentialsProvider::new(role.build_from_provider(provider).await)
}
