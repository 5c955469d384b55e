//! Where the credentials come from. The chain itself is aws-config's.

use std::sync::{Arc, Mutex, PoisonError};

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};

use super::malformed;

/// The source of the credentials in use. Neither field is a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialSource {
    /// In words: `environment variables`, `profile`, `SSO`, `assumed role`, `instance role`, …; several are joined by `, `, from the source
    /// to the last role.
    pub name: String,
    /// The access key id, as AWS's own logs show it.
    pub access_key_id: String,
}

/// A provider that remembers what it has provided.
#[derive(Clone, Debug)]
pub(super) struct Remembering {
    inner: SharedCredentialsProvider,
    last: Arc<Mutex<Option<CredentialSource>>>,
}

impl Remembering {
    pub(super) fn new(inner: SharedCredentialsProvider) -> Self {
        Remembering { inner, last: Arc::default() }
    }

    /// The source of what was provided last; asks the chain if nothing was yet.
    pub(super) async fn source(&self) -> Option<CredentialSource> {
        match self.used() {
            Some(source) => Some(source),
            None => self.load().await.ok().and_then(|_| self.used()),
        }
    }

    /// The source of what was provided last.
    pub(super) fn used(&self) -> Option<CredentialSource> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn load(&self) -> provider::Result {
        let credentials = self.inner.provide_credentials().await?;
        let name = name(&credentials);
        malformed::check(&credentials, &name).map_err(CredentialsError::invalid_configuration)?;
        let source = CredentialSource { name, access_key_id: credentials.access_key_id().to_owned() };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(source);
        Ok(credentials)
    }
}

impl ProvideCredentials for Remembering {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.inner.fallback_on_interrupt()
    }
}

/// The provider leaves its marks on the credentials, from the source to the last role assumed with it.
fn name(credentials: &Credentials) -> String {
    let marks = credentials.get_property::<Vec<AwsCredentialFeature>>().map(Vec::as_slice).unwrap_or_default();
    let mut names: Vec<&str> = Vec::new();
    for name in marks.iter().filter_map(|mark| word(mark)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { "static credentials".to_owned() } else { names.join(", ") }
}

fn word(mark: &AwsCredentialFeature) -> Option<&'static str> {
    use AwsCredentialFeature as Mark;
    Some(match mark {
        Mark::CredentialsCode => "static credentials",
        Mark::CredentialsEnvVars => "environment variables",
        Mark::CredentialsProfile
        | Mark::CredentialsProfileSourceProfile
        | Mark::CredentialsProfileNamedProvider
        | Mark::CredentialsProfileSso
        | Mark::CredentialsProfileProcess => "profile",
        Mark::CredentialsSso => "SSO",
        Mark::CredentialsProcess => "credential process",
        Mark::CredentialsHttp => "container role",
        Mark::CredentialsImds => "instance role",
        // aws-config leaves the profile's mark also where the environment named the token, as in Kubernetes.
        Mark::CredentialsProfileStsWebIdToken
        | Mark::CredentialsEnvVarsStsWebIdToken
        | Mark::CredentialsStsAssumeRoleWebId => "web identity",
        Mark::CredentialsStsAssumeRole => "assumed role",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_identity_is_called_that_whatever_named_its_token() {
        let source = |marks: Vec<AwsCredentialFeature>| {
            let mut credentials = Credentials::new("AKID", "secret", None, None, "test");
            credentials.set_property(marks);
            name(&credentials)
        };
        use AwsCredentialFeature as Mark;
        assert_eq!(source(vec![Mark::CredentialsProfileStsWebIdToken]), "web identity");
        let by_profile = vec![Mark::CredentialsProfileStsWebIdToken, Mark::CredentialsProfile];
        assert_eq!(source(by_profile), "web identity, profile");
    }
}
