//! A TLS server on loopback with a certificate authority of its own: what it shows and how it behaves is chosen by the test.
//! What it does wrong is below HTTP, or KMS's neighbours say it (STS, SSO, the metadata of a machine): the embedded KMS has neither.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

pub const KEY_ARN: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A certificate authority made for one test.
pub struct Authority {
    key: PKey<Private>,
    certificate: X509,
}

/// What the leaf certificate says.
#[derive(Clone, Copy)]
pub enum Shows {
    Localhost,
    AnotherName,
    Expired,
    NotYetValid,
}

/// What the server does with a request.
#[derive(Clone, Copy)]
pub enum Does {
    /// Answers DescribeKey.
    Answer,
    /// Lets the client wait.
    Wait(Duration),
    /// Closes in the middle of the reply.
    BreakOff,
    /// Sends a redirect to another port.
    Redirect,
    /// Sends a body without end.
    Flood,
}

pub struct Server {
    pub address: SocketAddr,
    pub connections: Arc<AtomicUsize>,
    pub requests: Arc<Mutex<Vec<String>>>,
}

fn ec_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn builder(subject: &str, key: &PKey<Private>, serial: u32) -> X509Builder {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", subject).unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_000_000_000).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    builder
}

impl Authority {
    pub fn new() -> Self {
        let key = ec_key();
        let mut builder = builder("test authority", &key, 1);
        let name = builder_name("test authority");
        builder.set_issuer_name(&name).unwrap();
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().build().unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Authority { certificate: builder.build(), key }
    }

    pub fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    fn leaf(&self, shows: Shows) -> (X509, PKey<Private>) {
        let key = ec_key();
        let mut builder = builder("leaf", &key, 2);
        builder.set_issuer_name(self.certificate.subject_name()).unwrap();
        if let Shows::Expired = shows {
            builder.set_not_after(&Asn1Time::from_unix(1_100_000_000).unwrap()).unwrap();
        }
        if let Shows::NotYetValid = shows {
            builder.set_not_before(&Asn1Time::days_from_now(1).unwrap()).unwrap();
        }
        let mut names = SubjectAlternativeName::new();
        match shows {
            Shows::AnotherName => names.dns("elsewhere.example"),
            _ => names.dns("localhost").ip("127.0.0.1"),
        };
        let names = names.build(&builder.x509v3_context(Some(&self.certificate), None)).unwrap();
        builder.append_extension(names).unwrap();
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        (builder.build(), key)
    }

    /// Starts a server that shows a certificate of this authority.
    pub fn serve(&self, shows: Shows, does: Does) -> Server {
        let (certificate, key) = self.leaf(shows);
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
        acceptor.set_certificate(&certificate).unwrap();
        acceptor.set_private_key(&key).unwrap();
        let acceptor = acceptor.build();
        Server::start(move |stream, requests| {
            let Ok(mut stream) = acceptor.accept(stream) else { return };
            converse(&mut stream, does, &requests);
            let _ = stream.shutdown();
        })
    }
}

fn builder_name(subject: &str) -> openssl::x509::X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", subject).unwrap();
    name.build()
}

impl Server {
    /// Runs `handle` for each connection, on a thread of its own.
    pub fn start(handle: impl Fn(TcpStream, Arc<Mutex<Vec<String>>>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::<Mutex<Vec<String>>>::default());
        let (count, log, handle) = (connections.clone(), requests.clone(), Arc::new(handle));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let (handle, log) = (handle.clone(), log.clone());
                thread::spawn(move || handle(stream, log));
            }
        });
        Server { address, connections, requests }
    }

    /// A proxy whose every tunnel ends at `target`; it notes for which hosts it was asked.
    pub fn proxy(target: SocketAddr) -> Self {
        Server::start(move |client, log| {
            let mut reader = BufReader::new(client.try_clone().unwrap());
            let mut first = String::new();
            reader.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if line.to_ascii_lowercase().starts_with("proxy-authorization:") {
                    first = format!("{} with a password", first.trim());
                }
            }
            log.lock().unwrap().push(first.trim().to_owned());
            let Ok(server) = TcpStream::connect(target) else { return };
            let mut client = client;
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
            let (mut to_server, mut from_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from_client, &mut to_server));
            let mut server = server;
            let _ = std::io::copy(&mut server, &mut client);
        })
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers requests on one connection until the client closes it.
pub fn converse(stream: &mut (impl Read + Write), does: Does, log: &Mutex<Vec<String>>) {
    while let Some(target) = read_request(stream) {
        log.lock().unwrap().push(target);
        match does {
            Does::Answer => reply(stream, "200 OK", &key_metadata()),
            Does::Wait(time) => {
                thread::sleep(time);
                reply(stream, "200 OK", &key_metadata());
            }
            Does::BreakOff => {
                let body = key_metadata();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body.as_bytes()[..20]));
                return;
            }
            Does::Redirect => {
                let _ = stream.write_all(
                    b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
                );
            }
            Does::Flood => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n");
                let chunk = [b' '; 65536];
                while stream.write_all(&chunk).is_ok() {}
                return;
            }
        }
    }
}

fn reply(stream: &mut impl Write, status: &str, body: &str) {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\nx-amzn-requestid: test\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

/// Reads one request and checks what every request to KMS has; gives its target and the access key id, in lower case.
fn read_request(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    assert!(head.starts_with("post / http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nauthorization: aws4-hmac-sha256 "), "{head}");
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
    let length: usize = value("content-length:").unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let access_key_id = head.split_once("credential=").unwrap().1.split('/').next().unwrap().to_owned();
    value("x-amz-target:").map(|target| format!("{target} {access_key_id}"))
}

fn key_metadata() -> String {
    format!(
        r#"{{"KeyMetadata":{{"AWSAccountId":"111122223333","Arn":"{KEY_ARN}","KeyId":"1234abcd-12ab-34cd-56ef-1234567890ab","CreationDate":1.0,"Enabled":true,"Description":"","KeyUsage":"ENCRYPT_DECRYPT","KeyState":"Enabled","Origin":"EXTERNAL","ExpirationModel":"KEY_MATERIAL_DOES_NOT_EXPIRE","KeyManager":"CUSTOMER","KeySpec":"SYMMETRIC_DEFAULT","CustomerMasterKeySpec":"SYMMETRIC_DEFAULT","EncryptionAlgorithms":["SYMMETRIC_DEFAULT"],"MultiRegion":false}}}}"#
    )
}
