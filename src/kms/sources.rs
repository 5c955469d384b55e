//! The sources of credentials inside a chain of profiles. The SDK signs with what they give before anybody else sees it, and a stray
//! character there is a panic; so each is given a name of ours, under which its credentials are looked at first.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::credentials::Builder;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::EnvConfigFiles;

use super::malformed;
use super::process::CredentialProcess;
use super::profiles::Profiles;

/// What the SDK prefers to a `credential_process`.
const BEFORE_PROCESS: [&str; 5] =
    ["credential_source", "web_identity_token_file", "sso_session", "sso_start_url", "login_session"];

/// The provider of the profiles, with every source inside it checked and every `credential_process` bounded.
pub(super) fn of_profiles(config: &ProviderConfig, profiles: &Arc<Profiles>) -> Builder {
    let (files, named) = rewritten(config, profiles);
    let mut builder = ProfileFileCredentialsProvider::builder().configure(config).profile_files(files);
    for (name, provider) in named {
        builder = builder.with_custom_provider(name, provider);
    }
    let instance = ImdsCredentialsProvider::builder().configure(config).build();
    let container = EcsCredentialsProvider::builder().configure(config).build();
    builder
        .with_custom_provider(
            "Environment",
            Checked::new("environment variables", EnvironmentVariableCredentialsProvider::new()),
        )
        .with_custom_provider("Ec2InstanceMetadata", Checked::new("the instance role", instance))
        .with_custom_provider("EcsContainer", Checked::new("the container role", container))
}

/// The files with our names for sources in them, and what is behind the names.
fn rewritten(
    config: &ProviderConfig,
    profiles: &Arc<Profiles>,
) -> (EnvConfigFiles, Vec<(String, SharedCredentialsProvider)>) {
    let (mut more, mut named) = (String::new(), Vec::new());
    for (name, profile) in profiles.all() {
        let ours = format!("kms-byok-source-{}", named.len());
        let is_role = profile.get("role_arn").is_some() && profile.get("web_identity_token_file").is_none();
        let provider = match profile.get("source_profile").filter(|_| is_role) {
            None if is_role => None,
            None => process(profile).map(SharedCredentialsProvider::new),
            Some(source) => match source_of_role(config, profiles, name, source) {
                Some(provider) => {
                    more.push_str(&format!(
                        "[{name}]\nsource_profile = {ours}\n[{ours}]\ncredential_source = {ours}\n"
                    ));
                    named.push((
                        ours,
                        SharedCredentialsProvider::new(Checked::new(&format!("profile `{source}`"), provider)),
                    ));
                    continue;
                }
                None => None,
            },
        };
        if let Some(provider) = provider {
            more.push_str(&format!("[{name}]\ncredential_source = {ours}\n"));
            named.push((ours, provider));
        }
    }
    (profiles.files(&more), named)
}

/// What the profile `name` assumes its role with; nothing where the SDK knows better what is wrong.
fn source_of_role(
    config: &ProviderConfig,
    profiles: &Arc<Profiles>,
    name: &str,
    source: &str,
) -> Option<SharedCredentialsProvider> {
    let profile = profiles.get(source)?;
    if source == name {
        // Of its own profile, whatever is in it but the role.
        return match process(profile) {
            Some(process) => Some(SharedCredentialsProvider::new(process)),
            None if SIGNED_IN.into_iter().any(|key| profile.get(key).is_some()) => {
                Some(SharedCredentialsProvider::new(without_role(config, profiles, profile)))
            }
            None if BEFORE_PROCESS.into_iter().any(|key| profile.get(key).is_some()) => None,
            None => keys(profile).map(SharedCredentialsProvider::new),
        };
    }
    if let Some(keys) = keys(profile) {
        return Some(SharedCredentialsProvider::new(keys)); // the SDK prefers them to a role of that profile
    }
    ends(profiles, name).then(|| {
        SharedCredentialsProvider::new(OfProfile {
            config: config.clone(),
            profiles: profiles.clone(),
            name: source.to_owned(),
        })
    })
}

/// What a profile has that gets credentials by signing in.
const SIGNED_IN: [&str; 3] = ["sso_session", "sso_start_url", "login_session"];

/// The same profile under a name of ours, without the role that it assumes.
fn without_role(config: &ProviderConfig, profiles: &Profiles, profile: &Profile) -> ProfileFileCredentialsProvider {
    const NAME: &str = "kms-byok-without-role";
    let keys = ["sso_account_id", "sso_role_name", "sso_region", "region"].into_iter().chain(SIGNED_IN);
    let lines = keys.filter_map(|key| Some(format!("{key} = {}\n", profile.get(key)?)));
    let files = profiles.files(&format!("[{NAME}]\n{}", lines.collect::<String>()));
    ProfileFileCredentialsProvider::builder().configure(config).profile_files(files).profile_name(NAME).build()
}

fn process(profile: &Profile) -> Option<CredentialProcess> {
    let command = profile.get("credential_process")?;
    (!BEFORE_PROCESS.into_iter().any(|key| profile.get(key).is_some())).then(|| CredentialProcess::new(command))
}

fn keys(profile: &Profile) -> Option<Credentials> {
    let (id, secret) = (profile.get("aws_access_key_id")?, profile.get("aws_secret_access_key")?);
    let token = profile.get("aws_session_token").map(str::to_owned);
    let mut keys = Credentials::builder().access_key_id(id).secret_access_key(secret).provider_name("profile");
    keys.set_session_token(token);
    Some(keys.build())
}

/// Whether the chain of source profiles ends, rather than going in a circle.
fn ends(profiles: &Profiles, first: &str) -> bool {
    let (mut name, mut seen) = (first, HashSet::new());
    while seen.insert(name) {
        match profiles.get(name).filter(|profile| profile.get("role_arn").is_some()).map(|it| it.get("source_profile"))
        {
            Some(Some(next)) if next != name => name = next,
            _ => return true,
        }
    }
    false
}

/// A source whose credentials are looked at before the SDK signs with them.
#[derive(Debug)]
struct Checked {
    origin: String,
    inner: SharedCredentialsProvider,
}

impl Checked {
    fn new(origin: &str, inner: impl ProvideCredentials + 'static) -> Self {
        Checked { origin: origin.to_owned(), inner: SharedCredentialsProvider::new(inner) }
    }

    async fn load(&self) -> provider::Result {
        let credentials = self.inner.provide_credentials().await?;
        malformed::check(&credentials, &self.origin).map_err(CredentialsError::invalid_configuration)?;
        Ok(credentials)
    }
}

impl ProvideCredentials for Checked {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

/// Another profile, with a source of its own.
struct OfProfile {
    config: ProviderConfig,
    profiles: Arc<Profiles>,
    name: String,
}

impl ProvideCredentials for OfProfile {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            of_profiles(&self.config, &self.profiles).profile_name(&self.name).build().provide_credentials().await
        })
    }
}

/// The profiles may have secrets in them.
impl fmt::Debug for OfProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfProfile").field("name", &self.name).finish_non_exhaustive()
    }
}
