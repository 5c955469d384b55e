//! An embedded KMS without a network: a request goes in, a reply comes out.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use tokio::runtime::{Builder, Runtime};

use super::http::Service;
use super::server::service;
use super::settings::Settings;
use crate::error::{Error, RehearsalError};

/// An embedded KMS that is asked by a call.
pub struct Desk {
    service: Service,
    runtime: Runtime,
}

impl Desk {
    /// Opens one; where it would listen is not looked at.
    pub fn open(settings: Settings) -> Result<Self, Error> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| RehearsalError::Thread { source })?;
        Ok(Desk { service: service(settings)?, runtime })
    }

    /// HTTP status and body of the reply to an operation, asked in us-east-1; nothing where a fault breaks the connection.
    pub fn ask(&self, operation: &str, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        let scope =
            "AWS4-HMAC-SHA256 Credential=DESK/20270131/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0";
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(scope))]);
        let answer = self.runtime.block_on(self.service.answer(&headers, operation, body)).ok()?;
        Some((answer.status, answer.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_remembers_what_it_was_asked_for() {
        let desk = Desk::open(Settings::default()).unwrap();
        let keys = || String::from_utf8(desk.ask("ListKeys", b"{}").unwrap().1).unwrap();
        assert!(!keys().contains("KeyArn"));
        assert_eq!(desk.ask("CreateKey", b"{}").unwrap().0, 200);
        assert!(keys().contains("KeyArn"));
        assert_eq!(desk.ask("Nothing", b"{}").unwrap().0, 400);
    }
}
