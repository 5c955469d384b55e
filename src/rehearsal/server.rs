//! The server: a thread of its own with a runtime of its own.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use openssl::rand::rand_bytes;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::http::access_log::AccessLog;
use super::http::admission::Peer;
use super::http::faults::{Plan, longest_lag};
use super::http::service::Service;
use super::settings::Settings;
use super::state::accounts::Accounts;
use super::state::clock::{Clock, millis};
use super::state::quotas::Quotas;
use super::state::wrapping_keys;
use crate::kms::Kms;
use crate::openssl_probe::OpenSslError;
use crate::progress::Silent;
use crate::rehearsal::error::RehearsalError;

/// An embedded KMS that is up, on a thread of its own. It stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How long a stop waits for an RSA key that is being made: OpenSSL must not be unloaded under it.
const PATIENCE: Duration = Duration::from_secs(10);

impl Server {
    /// Listens, and answers from now on.
    ///
    /// # Errors
    /// [`RehearsalError::NotLoopback`] for an address that others may reach without [`Settings::remote`], [`RehearsalError::Listen`] and
    /// [`RehearsalError::Thread`] where the system refuses, [`RehearsalError::AccessLog`] where the log cannot be written,
    /// [`RehearsalError::OpenSsl`] where OpenSSL has no random bytes.
    pub fn start(settings: Settings) -> Result<Server, RehearsalError> {
        let listen = settings.listen;
        if !listen.ip().is_loopback() && settings.remote.is_none() {
            return Err(RehearsalError::NotLoopback { listen });
        }
        let failed = |source| RehearsalError::Listen { listen, source };
        let listener = TcpListener::bind(listen).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|source| RehearsalError::Thread { source })?;
        let ahead = settings.wrapping_keys_ahead.clone();
        let service = Arc::new(service(settings)?);
        let (stop, stopped) = oneshot::channel();
        let run = move || {
            runtime.spawn_blocking(move || {
                ahead.into_iter().map(|spec| wrapping_keys::make(spec, 0)).all(|made| made.is_ok())
            });
            runtime.block_on(accept(listener, service, stopped));
            runtime.shutdown_timeout(PATIENCE);
        };
        let thread = std::thread::Builder::new()
            .name("embedded-kms".to_owned())
            .spawn(run)
            .map_err(|source| RehearsalError::Thread { source })?;
        Ok(Server { address, stop: Some(stop), thread: Some(thread) })
    }

    /// The endpoint, as in `http://127.0.0.1:4566`; on loopback where it listens on every address of this machine.
    pub fn url(&self) -> String {
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("http://{address}")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client of it, for us-east-1, which says nothing.
    pub fn client(&self) -> Kms {
        Kms::rehearsal(&self.url(), "ANYBODY", Arc::new(Silent))
    }

    /// Waits for SIGINT or SIGTERM, then stops the server.
    ///
    /// # Errors
    /// [`RehearsalError::Thread`] where signals cannot be waited for.
    pub fn wait(self) -> Result<(), RehearsalError> {
        let failed = |source| RehearsalError::Thread { source };
        let runtime: Runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        runtime
            .block_on(async {
                let mut interrupt = signal(SignalKind::interrupt())?;
                let mut terminate = signal(SignalKind::terminate())?;
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                Ok(())
            })
            .map_err(failed)?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(super) fn service(settings: Settings) -> Result<Service, RehearsalError> {
    let mut secret = [0; 32];
    rand_bytes(&mut secret).map_err(OpenSslError::step("make random bytes"))?;
    let lag = millis(longest_lag(&settings.faults));
    let faults = Plan::new(settings.faults);
    let accounts = Accounts::new(secret, millis(settings.consistency_delay), lag);
    Ok(Service {
        accounts: accounts.into(),
        clock: Clock::new(settings.clock),
        quotas: Quotas::new(settings.quotas),
        faults,
        log: AccessLog::open(settings.access_log.as_deref())?,
        access_key_id: settings.access_key_id,
        account: settings.account,
        remote: settings.remote,
    })
}

async fn accept(listener: TcpListener, service: Arc<Service>, mut stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => { tokio::spawn(converse(stream, Peer::at(peer.ip()), service.clone())); }
                // Out of descriptors: wait for connections to end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

/// One connection, kept open for as many requests as the client likes.
async fn converse(stream: tokio::net::TcpStream, peer: Peer, service: Arc<Service>) {
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { service.serve(request, peer).await }
    });
    // Clients pause between requests, and a connection that ends meanwhile looks like a fault: there is no limit.
    let mut connection = http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(stream), answer);
    if (&mut connection).await.is_err() {
        // A fault broke the connection: the client sees a reset, not an end.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}

/// Asks what listens at `url`, as in `http://127.0.0.1:4566`, whether it is an embedded KMS. It waits for the answer for at most 5 s.
///
/// # Errors
/// [`RehearsalError::Url`] for another kind of URL, [`RehearsalError::Unreachable`] where nothing answers,
/// [`RehearsalError::NotARehearsal`] where something else does.
pub fn ping(url: &str) -> Result<(), RehearsalError> {
    let host = url
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'))
        .filter(|host| !host.is_empty() && !host.contains(['/', '\r', '\n']))
        .ok_or_else(|| RehearsalError::Url { url: url.to_owned() })?;
    let reply = health(host).map_err(|source| RehearsalError::Unreachable { url: url.to_owned(), source })?;
    let head = reply.to_ascii_lowercase();
    if head.starts_with("http/1.1 200") && head.contains("x-kms-byok-rehearsal: true") {
        return Ok(());
    }
    Err(RehearsalError::NotARehearsal { url: url.to_owned() })
}

fn health(host: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(
        format!("GET /_rehearsal/health HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut reply = Vec::new();
    stream.take(4096).read_to_end(&mut reply)?;
    Ok(String::from_utf8_lossy(&reply).into_owned())
}
