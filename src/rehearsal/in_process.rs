//! An embedded KMS without a network: a request goes in, a reply comes out.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use tokio::runtime::{Builder, Runtime};

use super::http::service::Service;
use super::server::service;
use super::settings::Settings;
use crate::rehearsal::error::RehearsalError;

/// An embedded KMS that is called as a function.
pub struct InProcessKms {
    service: Service,
    runtime: Runtime,
}

impl InProcessKms {
    /// Starts one; `Settings::listen` is ignored.
    pub fn start(settings: Settings) -> Result<Self, RehearsalError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| RehearsalError::Thread { source })?;
        Ok(InProcessKms { service: service(settings)?, runtime })
    }

    /// HTTP status and body of the reply to an operation, asked in us-east-1; nothing where a fault breaks the connection.
    pub fn call(&self, operation: &str, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        let scope = "AWS4-HMAC-SHA256 Credential=IN_PROCESS/20270131/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0";
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(scope))]);
        let answer = self.runtime.block_on(self.service.answer(&headers, operation, body)).ok()?;
        Some((answer.status, answer.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_embedded_kms_remembers_what_it_was_asked_for() {
        let kms = InProcessKms::start(Settings::default()).unwrap();
        let keys = || String::from_utf8(kms.call("ListKeys", b"{}").unwrap().1).unwrap();
        assert!(!keys().contains("KeyArn"));
        assert_eq!(kms.call("CreateKey", b"{}").unwrap().0, 200);
        assert!(keys().contains("KeyArn"));
        assert_eq!(kms.call("Nothing", b"{}").unwrap().0, 400);
    }
}
