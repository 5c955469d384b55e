//! HTTP/1.1 for the AWS SDK, with TLS by the system's OpenSSL.
//!
//! The SDK leaves to its HTTP client what is done here: connect and read timeouts, connection reuse, proxies, trust, and
//! telling its retry strategy by the kind of [`ConnectorError`] whether another attempt makes sense. Redirects are not
//! followed, and a reply is read whole, up to [`REPLY_LIMIT`], before the SDK sees it.

mod connector;
mod direct;
mod error;
mod proxy;
mod resolver;
mod stream;
mod tls;
mod trust;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::Uri;
use http::header::PROXY_AUTHORIZATION;
use http_body_util::{BodyExt, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use self::connector::{Connector, IDLE, authority};
use self::proxy::Proxies;
use self::tls::Tls;
use super::environment::Environment;
use crate::kms::error::EndpointError;

pub(crate) use self::direct::Direct;
use self::error::REPLY_LIMIT;
pub(crate) use self::error::find;
pub(crate) use self::proxy::is_loopback;
pub use self::trust::TrustPlace;
pub(crate) use self::trust::places as trust_places;

/// The HTTP client of this process: one TLS context, and one connection pool for each connect timeout asked for.
#[derive(Clone)]
pub(crate) struct Transport {
    tls: Arc<Tls>,
    proxies: Arc<Proxies>,
    pools: Arc<Mutex<HashMap<Option<Duration>, Pool>>>,
}

#[derive(Clone)]
struct Pool {
    client: Client<Connector, SdkBody>,
    connector: Connector,
}

/// Beside a request: two will be made side by side after it, so another connection is opened while it is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TwoFollow;

impl Transport {
    pub(crate) fn new(environment: &Environment) -> Self {
        Transport {
            tls: Arc::new(Tls::new(environment.bundle())),
            proxies: Arc::new(Proxies::new(environment)),
            pools: Arc::default(),
        }
    }

    /// Refuses a CA bundle that TLS could not use.
    pub(crate) fn check_trust(environment: &Environment) -> Result<(), EndpointError> {
        environment.bundle().map_or(Ok(()), |(path, named_by)| trust::of_bundle(path, named_by).map(drop))
    }

    /// The proxy through which `url` is reached, without its password.
    pub(crate) fn proxy_to(environment: &Environment, url: &Uri) -> Result<Option<String>, EndpointError> {
        let proxy = Proxies::new(environment).route(url)?;
        Ok(proxy.map(|proxy| format!("{}://{}", proxy.uri().scheme_str().unwrap_or("http"), authority(proxy.uri()))))
    }

    fn pool(&self, connect_timeout: Option<Duration>) -> Pool {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let connector = Connector::new(self.tls.clone(), self.proxies.clone(), connect_timeout);
            let mut client = Client::builder(TokioExecutor::new());
            client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
            Pool { client: client.build(connector.clone()), connector }
        };
        pools.entry(connect_timeout).or_insert_with(new).clone()
    }
}

impl HttpClient for Transport {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Exchange {
            pool: self.pool(settings.connect_timeout()),
            proxies: self.proxies.clone(),
            read_timeout: settings.read_timeout(),
        })
    }
}

struct Exchange {
    pool: Pool,
    proxies: Arc<Proxies>,
    read_timeout: Option<Duration>,
}

impl HttpConnector for Exchange {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (pool, proxies, timeout) = (self.pool.clone(), self.proxies.clone(), self.read_timeout);
        HttpConnectorFuture::new(async move {
            let mut request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let host = authority(request.uri());
            if let Some(credentials) = proxies.credentials_for_plain_http(request.uri()) {
                request.headers_mut().insert(PROXY_AUTHORIZATION, credentials);
            }
            let mut connection = capture_connection(&mut request);
            let two_follow = request.extensions().get::<TwoFollow>().map(|_| request.uri().clone());
            let too_late = async {
                connection.wait_for_connection_metadata().await; // until then, the connect timeout rules
                if let Some(uri) = two_follow {
                    pool.connector.open_ahead(&uri);
                }
                let Some(limit) = timeout else { return std::future::pending().await };
                tokio::time::sleep(limit).await;
                EndpointError::ReadTimeout { host: host.clone(), limit }
            };
            let reply = tokio::select! {
                biased;
                reply = whole_reply(&pool.client, request, &host) => reply,
                timeout = too_late => Err(timeout),
            };
            reply.map_err(error::connector_error)
        })
    }
}

/// Sends the request and reads all of the reply. The connect timeout runs inside of the pool.
async fn whole_reply(
    pool: &Client<Connector, SdkBody>,
    request: http::Request<SdkBody>,
    host: &str,
) -> Result<HttpResponse, EndpointError> {
    let reply = pool.request(request).await.map_err(|error| error::of_exchange(&error, host))?;
    let (head, body) = reply.into_parts();
    let body = Limited::new(body, REPLY_LIMIT).collect().await.map_err(|error| error::of_body(&*error, host))?;
    to_sdk(http::Response::from_parts(head, body.to_bytes()), host)
}

fn to_sdk(reply: http::Response<Bytes>, host: &str) -> Result<HttpResponse, EndpointError> {
    HttpResponse::try_from(reply.map(SdkBody::from))
        .map_err(|error| EndpointError::NotHttp { host: host.to_owned(), because: error.to_string() })
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange")
    }
}
