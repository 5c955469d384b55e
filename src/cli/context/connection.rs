//! The connection of a verb, as the global flags say.

use std::sync::PoisonError;
use std::time::Duration;

use kms_byok::kms::{Connection, KeyDescription, Kms};
use kms_byok::{Error, KmsError, Progress};

use super::super::invocation::Invocation;
use super::Context;

impl Context {
    /// Connects as the global flags say, and asks for a key.
    pub(crate) async fn look(&self, key: &str, wait: Option<Duration>) -> Result<(Kms, KeyDescription), Error> {
        let kms = self.connect().await?;
        let kms = match wait {
            Some(wait) => kms.waiting(wait),
            None => kms,
        };
        let key = kms.describe(key).await?;
        Ok((kms, key))
    }

    /// The run is a rehearsal, on the embedded KMS of this process.
    #[cfg(feature = "rehearsal")]
    pub(crate) fn rehearse(&self, kms: &Kms) {
        let _ = (self.rehearsal.set(()), self.kms.set(kms.clone()));
    }

    pub(crate) fn is_rehearsal(&self) -> bool {
        self.rehearsal.get().is_some()
    }

    /// The connection.
    pub(crate) fn kms(&self) -> Option<&Kms> {
        self.kms.get()
    }

    /// Connects as the global flags say.
    pub(crate) async fn connect(&self) -> Result<Kms, Error> {
        Ok(self.connect_to(self.global.region.clone()).await?)
    }

    /// Connects to a Region, or to the one of the configuration.
    pub(crate) async fn connect_to(&self, region: Option<String>) -> Result<Kms, KmsError> {
        let kms = Kms::connect_saying(&self.connection(region), self.talk.clone()).await?;
        self.invocation.lock().unwrap_or_else(PoisonError::into_inner).reached(&kms);
        let _ = self.kms.set(kms.clone());
        if let Some(endpoint) = kms.endpoint() {
            self.talk.step(&format!("endpoint: {endpoint}"));
        }
        self.talk.doing(&format!("asking KMS in {}", kms.region()));
        Ok(kms)
    }

    /// How the run was called, and what it got to: for the commands that it prints.
    pub(crate) fn invocation(&self) -> Invocation {
        self.invocation.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the global flags say about the connection.
    pub(crate) fn connection(&self, region: Option<String>) -> Connection {
        let global = &self.global;
        let mut connection = Connection {
            region,
            profile: global.profile.clone(),
            endpoint_url: global.endpoint_url.clone(),
            allow_endpoint_env: global.allow_endpoint_env,
            insecure_endpoint: global.insecure_endpoint,
            fips_endpoint: global.fips_endpoint,
            require_fips: global.require_fips,
            ..Connection::default()
        };
        if let Some(timeout) = global.connect_timeout {
            connection.connect_timeout = timeout;
        }
        if let Some(timeout) = global.read_timeout {
            connection.read_timeout = timeout;
        }
        connection
    }
}
