//! An embedded KMS without a network, on the runtime of whoever asks: a request goes in, a reply comes out.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};

use super::Fault;
use super::http::admission::Peer;
use super::http::service::Service;
use super::server::service;
use super::settings::Settings;
use crate::rehearsal::error::RehearsalError;

/// An embedded KMS that is called as a function. Its clock, delays and quotas follow the clock of the runtime that it is called on, so a
/// test that pauses this clock waits for nothing:
///
/// ```
/// use std::sync::Arc;
///
/// use kms_byok::Silent;
/// use kms_byok::kms::{Connection, Kms};
/// use kms_byok::rehearsal::{InProcessKms, Settings};
///
/// let embedded = InProcessKms::start(Settings::default())?;
/// let answer = move |request| {
///     let embedded = embedded.clone();
///     async move { embedded.answer(request).await }
/// };
/// let kms = Kms::answered_by(answer, &Connection::default(), Arc::new(Silent));
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// assert!(kms.keys().await?.is_empty());
/// # Ok::<(), kms_byok::Error>(())
/// # })?;
/// # Ok::<(), kms_byok::Error>(())
/// ```
#[derive(Clone)]
pub struct InProcessKms(Arc<Service>);

impl InProcessKms {
    /// Makes one; [`Settings::listen`] and [`Settings::wrapping_keys_ahead`] are ignored.
    ///
    /// # Errors
    /// [`RehearsalError::AccessLog`] where the log cannot be written, [`RehearsalError::OpenSsl`] where OpenSSL has no random bytes.
    pub fn start(settings: Settings) -> Result<Self, RehearsalError> {
        Ok(InProcessKms(Arc::new(service(settings)?)))
    }

    /// The reply to an HTTP request, as a client of KMS signs it (JSON 1.1).
    ///
    /// # Errors
    /// Where a fault breaks the connection, as a socket would.
    pub async fn answer(&self, mut request: Request<Bytes>) -> io::Result<Response<Bytes>> {
        // What HTTP/1.1 adds on the way.
        request.headers_mut().entry(HOST).or_insert(HeaderValue::from_static("localhost"));
        let (head, body) = self.0.serve(request.map(Full::new), Peer::Near).await?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }

    /// Puts these faults in the place of all others; requests are counted anew.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.0.set_faults(faults);
    }

    /// HTTP status and JSON body of the reply to an operation, as in `ListKeys` with `{}`, asked in us-east-1; `None` where a fault breaks
    /// the connection.
    pub async fn call(&self, operation: &str, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        let scope = "AWS4-HMAC-SHA256 Credential=IN_PROCESS/20270131/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0";
        let request = Request::post("/")
            .header(AUTHORIZATION, scope)
            .header("x-amz-target", format!("TrentService.{operation}"))
            .body(Bytes::copy_from_slice(body))
            .ok()?;
        let (head, body) = self.answer(request).await.ok()?.into_parts();
        Some((head.status.as_u16(), body.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_embedded_kms_remembers_what_it_was_asked_for() {
        let kms = InProcessKms::start(Settings::default()).unwrap();
        let keys = async || String::from_utf8(kms.call("ListKeys", b"{}").await.unwrap().1).unwrap();
        assert!(!keys().await.contains("KeyArn"));
        assert_eq!(kms.call("CreateKey", b"{}").await.unwrap().0, 200);
        assert!(keys().await.contains("KeyArn"));
        assert_eq!(kms.call("Nothing", b"{}").await.unwrap().0, 400);
    }
}
