//! TLS by the system's OpenSSL. The context is built when an https URL is first used, because loading the system's
//! certificates takes some 20 to 50 ms that a run against a local endpoint need not pay.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use http::Uri;
use hyper::rt::{Read, Write};
use hyper_openssl::client::legacy::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::Connection;
use openssl::error::ErrorStack;
use openssl::ssl::{ConnectConfiguration, SslConnector, SslConnectorBuilder, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use openssl_sys as ffi;
use tower_service::Service;

use super::error;
use super::trust::{self, reasons};
use crate::kms::error::EndpointError;

/// Settings from which TLS contexts are made.
pub(super) struct Tls {
    ca_bundle: Option<(PathBuf, &'static str)>,
}

/// A TLS client over connections that `S` opens, made when first used.
pub(super) struct TlsConnector<S> {
    https: Mutex<Option<HttpsConnector<S>>>,
}

impl Tls {
    pub(super) fn new(ca_bundle: Option<(&Path, &'static str)>) -> Self {
        Tls { ca_bundle: ca_bundle.map(|(path, named_by)| (path.to_owned(), named_by)) }
    }

    fn builder(&self) -> Result<SslConnectorBuilder, EndpointError> {
        let failed = |error: ErrorStack| EndpointError::TlsSetup { because: reasons(&error) };
        let mut builder = SslConnector::builder(SslMethod::tls()).map_err(failed)?;
        builder.set_min_proto_version(Some(SslVersion::TLS1_2)).map_err(failed)?; // the least that AWS accepts
        builder.set_alpn_protos(b"\x08http/1.1").map_err(failed)?;
        if let Some((path, named_by)) = &self.ca_bundle {
            let mut store = X509StoreBuilder::new().map_err(failed)?;
            for certificate in trust::of_bundle(path, named_by)? {
                store.add_cert(certificate).map_err(failed)?;
            }
            builder.set_cert_store(store.build()); // instead of the system's, as in the aws CLI
        }
        Ok(builder)
    }
}

impl<S> TlsConnector<S>
where
    S: Service<Uri> + Clone,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    S::Response: Read + Write + Connection + Unpin + Send,
{
    pub(super) fn new() -> Self {
        TlsConnector { https: Mutex::new(None) }
    }

    /// Connects by `plain` and shakes hands, checking the certificate against the host of `uri`.
    pub(super) async fn connect(
        &self,
        tls: &Tls,
        plain: impl FnOnce() -> S,
        uri: Uri,
        host: &str,
    ) -> Result<MaybeHttpsStream<S::Response>, EndpointError> {
        let mut https = self.connector(tls, plain)?;
        let verdict = Arc::new(Mutex::new(None));
        let slot = verdict.clone();
        https.set_callback(move |connection, uri| configure(connection, uri, slot.clone()));
        https.call(uri).await.map_err(|error| {
            let verdict = *verdict.lock().unwrap_or_else(PoisonError::into_inner);
            fault_of(&*error, verdict, host)
        })
    }

    fn connector(&self, tls: &Tls, plain: impl FnOnce() -> S) -> Result<HttpsConnector<S>, EndpointError> {
        let mut https = self.https.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(https) = &*https {
            return Ok(https.clone());
        }
        let new = HttpsConnector::with_connector(plain(), tls.builder()?)
            .map_err(|error| EndpointError::TlsSetup { because: reasons(&error) })?;
        Ok(https.insert(new).clone())
    }
}

/// Why OpenSSL does not trust a certificate: `X509_V_ERR_…` and its text.
type Verdict = Arc<Mutex<Option<(i32, &'static str)>>>;

fn configure(connection: &mut ConnectConfiguration, uri: &Uri, verdict: Verdict) -> Result<(), ErrorStack> {
    connection.set_verify_callback(SslVerifyMode::PEER, move |trusted, context| {
        if !trusted {
            let error = context.error();
            verdict
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert((error.as_raw(), error.error_string()));
        }
        trusted
    });
    // A URL puts brackets around an IPv6 address, which a certificate does not.
    if let Some(address) = uri.host().and_then(|host| host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()) {
        connection.set_verify_hostname(false);
        connection.set_use_server_name_indication(false);
        connection.param_mut().set_ip(address)?;
    }
    Ok(())
}

fn fault_of(error: &(dyn StdError + 'static), verdict: Option<(i32, &'static str)>, host: &str) -> EndpointError {
    if let Some((code, text)) = verdict {
        let (host, because) = (host.to_owned(), format!("OpenSSL: {text}"));
        return match code {
            ffi::X509_V_ERR_HOSTNAME_MISMATCH | ffi::X509_V_ERR_IP_ADDRESS_MISMATCH => {
                EndpointError::TlsWrongName { host, because }
            }
            ffi::X509_V_ERR_CERT_HAS_EXPIRED => EndpointError::TlsExpired { host, because },
            ffi::X509_V_ERR_CERT_NOT_YET_VALID => EndpointError::TlsNotYetValid { host, because },
            _ => EndpointError::TlsUntrusted { host, because },
        };
    }
    match error::find::<openssl::ssl::Error>(error) {
        Some(inner) => {
            let because = match (inner.ssl_error(), inner.io_error()) {
                (Some(stack), _) => reasons(stack),
                (None, Some(io)) => io.to_string(),
                (None, None) => "the connection was closed".to_owned(),
            };
            EndpointError::TlsHandshake { host: host.to_owned(), because }
        }
        None => error::of_tcp(error, host),
    }
}
