//! Opens connections: directly or through a proxy, in the clear or with TLS, within the connect timeout.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_openssl::client::legacy::MaybeHttpsStream;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Intercept;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tower_service::Service;

use super::error;
use super::proxy::Proxies;
use super::resolver::Resolver;
use super::stream::Stream;
use super::tls::{Tls, TlsConnector};
use crate::kms::error::EndpointError;

/// Idle connections are closed sooner than AWS closes them, so that no request meets a closing one.
pub(super) const IDLE: Duration = Duration::from_secs(15);

type Tcp = HttpConnector<Resolver>;
type Opening<T> = Pin<Box<dyn Future<Output = Result<T, EndpointError>> + Send>>;

/// What hyper's pool asks for new connections.
#[derive(Clone)]
pub(super) struct Connector {
    route: Route,
    timeout: Option<Duration>,
    https: Arc<TlsConnector<Route>>,
    ahead: Arc<Mutex<Option<Ahead>>>,
}

/// A connection that nobody has asked for yet.
struct Ahead {
    host: Host,
    begun: Instant,
    opening: JoinHandle<Result<MaybeHttpsStream<Stream>, EndpointError>>,
}

/// Scheme and authority.
type Host = (Option<String>, String);

/// The way to a host, below TLS: a TCP connection, or a tunnel through a proxy.
#[derive(Clone)]
struct Route {
    tcp: Tcp,
    tls: Arc<Tls>,
    proxies: Arc<Proxies>,
    https_proxy: Arc<TlsConnector<Tcp>>,
}

impl Connector {
    pub(super) fn new(tls: Arc<Tls>, proxies: Arc<Proxies>, timeout: Option<Duration>) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver::new());
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let route = Route { tcp, tls, proxies, https_proxy: Arc::new(TlsConnector::new()) };
        Connector { route, timeout, https: Arc::new(TlsConnector::new()), ahead: Arc::default() }
    }

    /// Opens a connection for the next that is asked for to the same host, unless one waits already. TCP and TLS take two round trips,
    /// which a request that runs beside another need not wait for then.
    pub(super) fn open_ahead(&self, uri: &Uri) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if ahead.as_ref().is_none_or(|ahead| !ahead.is_for(uri)) {
            let opening = tokio::spawn(self.clone().open_in_time(uri.clone(), None));
            *ahead = Some(Ahead { host: host(uri), begun: Instant::now(), opening });
        }
    }

    fn take_ahead(&self, uri: &Uri) -> Option<Ahead> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.take_if(|ahead| ahead.is_for(uri))
    }

    /// The connection that was opened ahead, or a new one where there is none or it has failed.
    async fn open_in_time(self, uri: Uri, ahead: Option<Ahead>) -> Result<MaybeHttpsStream<Stream>, EndpointError> {
        let (host, proxies, proxied, limit) = (authority(&uri), self.route.proxies.clone(), uri.clone(), self.timeout);
        let opening = async move {
            if let Some(ahead) = ahead
                && let Ok(Ok(opened)) = ahead.opening.await
            {
                return Ok(opened);
            }
            self.open(uri).await
        };
        let Some(limit) = limit else { return opening.await };
        match tokio::time::timeout(limit, opening).await {
            Ok(opened) => opened,
            Err(_) => match proxies.route(&proxied) {
                Ok(Some(proxy)) => Err(EndpointError::ProxyTimeout { proxy: authority(proxy.uri()), host, limit }),
                _ => Err(EndpointError::ConnectTimeout { host, limit }),
            },
        }
    }

    async fn open(self, uri: Uri) -> Result<MaybeHttpsStream<Stream>, EndpointError> {
        if uri.scheme_str() != Some("https") {
            return self.route.open(uri).await.map(MaybeHttpsStream::Http);
        }
        let host = authority(&uri);
        self.https.connect(&self.route.tls, || self.route.clone(), uri, &host).await
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Stream>;
    type Error = EndpointError;
    type Future = Opening<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), EndpointError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let ahead = self.take_ahead(&uri);
        Box::pin(self.clone().open_in_time(uri, ahead))
    }
}

impl Ahead {
    /// Whether it leads there. One that has waited for long may be about to be closed.
    fn is_for(&self, uri: &Uri) -> bool {
        self.host == host(uri) && self.begun.elapsed() < IDLE
    }
}

fn host(uri: &Uri) -> Host {
    (uri.scheme_str().map(str::to_owned), authority(uri))
}

impl Route {
    async fn open(mut self, uri: Uri) -> Result<Stream, EndpointError> {
        match self.proxies.route(&uri)? {
            None => {
                let host = authority(&uri);
                self.tcp.call(uri).await.map(Stream::new).map_err(|error| error::of_tcp(&error, &host))
            }
            Some(proxy) if uri.scheme_str() == Some("https") => self.tunnel(proxy, uri).await,
            Some(proxy) => ToProxy(self).open(proxy.uri().clone()).await.map(Stream::through_proxy),
        }
    }

    /// `CONNECT host:port` (RFC 9110 §9.3.6); TLS then runs end to end, and the proxy sees none of it.
    async fn tunnel(self, proxy: Intercept, uri: Uri) -> Result<Stream, EndpointError> {
        let name = authority(proxy.uri());
        let mut tunnel = Tunnel::new(proxy.uri().clone(), ToProxy(self));
        if let Some(credentials) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        tunnel.call(uri).await.map_err(|error| match error::find::<EndpointError>(&error) {
            Some(known) => known.clone(),
            None => EndpointError::ProxyTunnel { proxy: name, because: error.to_string() },
        })
    }
}

impl Service<Uri> for Route {
    type Response = Stream;
    type Error = EndpointError;
    type Future = Opening<Stream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), EndpointError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().open(uri))
    }
}

/// Opens connections to the proxy itself, which may be an https one.
struct ToProxy(Route);

impl ToProxy {
    async fn open(mut self, uri: Uri) -> Result<Stream, EndpointError> {
        let name = authority(&uri);
        if uri.scheme_str() == Some("https") {
            let Route { tcp, tls, https_proxy, .. } = self.0;
            let opened = https_proxy.connect(&tls, || tcp, uri, &name).await;
            return opened.map(Stream::new).map_err(of_proxy);
        }
        self.0.tcp.call(uri).await.map(Stream::new).map_err(|error| of_proxy(error::of_tcp(&error, &name)))
    }
}

/// That it is the proxy that nobody answers for, and not the endpoint.
fn of_proxy(error: EndpointError) -> EndpointError {
    match error {
        EndpointError::NameUnknown { host, because }
        | EndpointError::ConnectionRefused { host, because }
        | EndpointError::Unreachable { host, because } => EndpointError::ProxyUnreachable { proxy: host, because },
        other => other,
    }
}

impl Service<Uri> for ToProxy {
    type Response = Stream;
    type Error = EndpointError;
    type Future = Opening<Stream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), EndpointError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(ToProxy(self.0.clone()).open(uri))
    }
}

/// `host:port` as the user wrote it, for messages.
pub(super) fn authority(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    uri.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
