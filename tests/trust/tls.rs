//! TLS by the system's OpenSSL, against a real TLS server on loopback: whom it trusts, how long it waits, what it makes of a
//! broken reply, and which way it goes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kms_byok::kms::{Connection, Environment, KeyState, Kms};
use kms_byok::{EndpointError, Error, KmsError, Silent};

use crate::support::tls_server::{Authority, Does, KEY_ARN, Server, Shows};

struct Client {
    connection: Connection,
    _directory: tempfile::TempDir,
}

impl Client {
    fn trusting(authority: &Authority) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ca_bundle = directory.path().join("ca.pem");
        std::fs::write(&ca_bundle, authority.pem()).unwrap();
        let environment = Environment { ca_bundle: Some(ca_bundle), ..Environment::default() };
        let connection = Connection {
            connect_timeout: Duration::from_millis(500),
            read_timeout: Duration::from_millis(400),
            max_wait: Duration::from_millis(60),
            environment: Some(environment),
            ..Connection::default()
        };
        Client { connection, _directory: directory }
    }

    fn environment(&mut self) -> &mut Environment {
        self.connection.environment.as_mut().unwrap()
    }

    fn kms(&self, url: &str) -> Kms {
        Kms::isolated(url, "AKIDTEST", &self.connection, Arc::new(Silent))
    }

    async fn describe(&self, server: &Server) -> Result<KeyState, Error> {
        let kms = self.kms(&format!("https://localhost:{}", server.port()));
        Ok(kms.describe(KEY_ARN).await?.state)
    }

    async fn fails(&self, server: &Server) -> EndpointError {
        match self.describe(server).await {
            Err(Error::Endpoint(error)) => error,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_of_the_authority_in_the_ca_bundle_is_trusted_and_its_connection_reused() {
    let authority = Authority::new();
    let server = authority.serve(Shows::Localhost, Does::Answer);
    let client = Client::trusting(&authority);
    let kms = client.kms(&format!("https://localhost:{}", server.port()));
    for _ in 0..5 {
        assert_eq!(kms.describe(KEY_ARN).await.unwrap().state, KeyState::Enabled);
    }
    assert_eq!((server.connections(), server.requests().len()), (1, 5));
    assert_eq!(server.requests()[0], "trentservice.describekey akidtest");
}

#[tokio::test]
async fn the_address_in_the_certificate_counts_for_an_address_in_the_url() {
    let authority = Authority::new();
    let server = authority.serve(Shows::Localhost, Does::Answer);
    let client = Client::trusting(&authority);
    assert!(client.kms(&format!("https://127.0.0.1:{}", server.port())).describe(KEY_ARN).await.is_ok());
}

#[tokio::test]
async fn a_server_of_another_authority_is_not_spoken_to() {
    let server = Authority::new().serve(Shows::Localhost, Does::Answer);
    let error = Client::trusting(&Authority::new()).fails(&server).await;
    assert!(matches!(error, EndpointError::TlsUntrusted { .. }), "{error}");
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn without_a_ca_bundle_the_systems_store_rules() {
    let authority = Authority::new();
    let server = authority.serve(Shows::Localhost, Does::Answer);
    let mut client = Client::trusting(&authority);
    client.environment().ca_bundle = None;
    assert!(matches!(client.fails(&server).await, EndpointError::TlsUntrusted { .. }));
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let server = authority.serve(Shows::AnotherName, Does::Answer);
    let error = Client::trusting(&authority).fails(&server).await;
    assert!(matches!(error, EndpointError::TlsWrongName { .. }), "{error}");
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let authority = Authority::new();
    let server = authority.serve(Shows::Expired, Does::Answer);
    let error = Client::trusting(&authority).fails(&server).await;
    assert!(matches!(error, EndpointError::TlsExpired { .. }), "{error}");
}

#[tokio::test]
async fn a_ca_bundle_that_cannot_be_read_is_named() {
    let authority = Authority::new();
    let server = authority.serve(Shows::Localhost, Does::Answer);
    let mut client = Client::trusting(&authority);
    client.environment().ca_bundle = Some("no/such/bundle.pem".into());
    let error = client.fails(&server).await;
    assert!(matches!(&error, EndpointError::CaBundle { path, .. } if path.ends_with("bundle.pem")), "{error}");
}

#[tokio::test]
async fn a_slow_reply_ends_at_the_read_timeout_and_is_tried_three_times() {
    let authority = Authority::new();
    let server = authority.serve(Shows::Localhost, Does::Wait(Duration::from_secs(20)));
    let begun = Instant::now();
    let error = Client::trusting(&authority).fails(&server).await;
    assert!(matches!(error, EndpointError::ReadTimeout { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(server.requests().len(), 3);
}

/// A listener whose handshake never comes: TCP is open, TLS is not.
#[tokio::test]
async fn a_handshake_that_does_not_come_ends_at_the_connect_timeout() {
    let server = Server::start(|stream, _| {
        std::thread::sleep(Duration::from_secs(20));
        drop(stream);
    });
    let error = Client::trusting(&Authority::new()).fails(&server).await;
    assert!(matches!(error, EndpointError::ConnectTimeout { .. }), "{error}");
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_tried_again_and_then_reported() {
    let authority = Authority::new();
    let server = authority.serve(Shows::Localhost, Does::BreakOff);
    let error = Client::trusting(&authority).fails(&server).await;
    assert!(matches!(error, EndpointError::Reset { .. }), "{error}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_reply_without_end_is_not_kept() {
    let authority = Authority::new();
    let server = authority.serve(Shows::Localhost, Does::Flood);
    let mut client = Client::trusting(&authority);
    client.connection.read_timeout = Duration::from_secs(20);
    let error = client.fails(&server).await;
    assert!(matches!(error, EndpointError::ReplyTooLarge { .. }), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let authority = Authority::new();
    let server = authority.serve(Shows::Localhost, Does::Redirect);
    let error = Client::trusting(&authority).describe(&server).await.unwrap_err();
    assert!(error.to_string().contains("is not KMS"), "{error}");
    assert_eq!(error.because().as_deref(), Some("HTTP 307, a redirect to http://127.0.0.1:1/"));
}

#[tokio::test]
async fn https_goes_through_the_tunnel_of_the_proxy_and_is_the_servers_own_to_the_end() {
    let authority = Authority::new();
    let server = authority.serve(Shows::AnotherName, Does::Answer);
    let proxy = Server::proxy(server.address);
    let mut client = Client::trusting(&authority);
    client.environment().https_proxy = Some(format!("http://user:word@127.0.0.1:{}", proxy.port()));
    let kms = client.kms("https://elsewhere.example");
    assert_eq!(kms.describe(KEY_ARN).await.unwrap().state, KeyState::Enabled);
    assert_eq!(proxy.requests(), ["CONNECT elsewhere.example:443 HTTP/1.1 with a password"]);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn loopback_is_reached_without_the_proxy() {
    let authority = Authority::new();
    let server = authority.serve(Shows::Localhost, Does::Answer);
    let proxy = Server::proxy(server.address);
    let mut client = Client::trusting(&authority);
    client.environment().https_proxy = Some(format!("http://127.0.0.1:{}", proxy.port()));
    assert_eq!(client.describe(&server).await.unwrap(), KeyState::Enabled);
    assert_eq!((proxy.connections(), server.connections()), (0, 1));
}

#[tokio::test]
async fn a_proxy_that_opens_no_tunnel_is_named() {
    let proxy = Server::start(|mut stream, _| {
        use std::io::{Read, Write};
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    });
    let mut client = Client::trusting(&Authority::new());
    client.environment().https_proxy = Some(format!("http://127.0.0.1:{}", proxy.port()));
    let error = client.kms("https://elsewhere.example").describe(KEY_ARN).await.unwrap_err();
    assert!(matches!(error, KmsError::Endpoint(EndpointError::ProxyTunnel { .. })), "{error}");
}
