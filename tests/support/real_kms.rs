//! The real KMS, asked by hand: TLS by OpenSSL, AWS signature version 4 from the credentials in the environment.

use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hex::encode;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::sign::Signer;
use openssl::ssl::{SslConnector, SslMethod};
use serde_json::Value;

use super::embedded_kms::Refused;
use super::truths::Endpoint;

#[derive(Clone)]
pub(crate) struct RealKms {
    region: String,
    account: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    /// `http://127.0.0.1:PORT` of something that only looks real.
    endpoint: Option<String>,
}

impl RealKms {
    /// From KMS_BYOK_REAL_ACCOUNT (its id), AWS_REGION and AWS's variables for credentials.
    pub(crate) fn from_environment() -> Option<Self> {
        let text = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
        Some(RealKms {
            account: text("KMS_BYOK_REAL_ACCOUNT")?,
            region: text("AWS_REGION").unwrap(),
            access_key_id: text("AWS_ACCESS_KEY_ID").unwrap(),
            secret_access_key: text("AWS_SECRET_ACCESS_KEY").unwrap(),
            session_token: text("AWS_SESSION_TOKEN"),
            endpoint: text("KMS_BYOK_REAL_ENDPOINT"),
        })
    }

    fn request(&self, operation: &str, body: &str) -> String {
        let host = match &self.endpoint {
            Some(url) => url.trim_start_matches("http://").to_owned(),
            None => format!("kms.{}.amazonaws.com", self.region),
        };
        let time = timestamp();
        let mut headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("host", host),
            ("x-amz-date", time.clone()),
        ];
        headers.extend(self.session_token.clone().map(|token| ("x-amz-security-token", token)));
        headers.push(("x-amz-target", format!("TrentService.{operation}")));
        let authorization = self.authorization(&time, &headers, body);
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        format!(
            "POST / HTTP/1.1\r\n{lines}authorization: {authorization}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
    }

    fn authorization(&self, time: &str, headers: &[(&str, String)], body: &str) -> String {
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let request = format!("POST\n/\n\n{lines}\n{names}\n{}", encode(sha256(body.as_bytes())));
        let scope = format!("{}/{}/kms/aws4_request", &time[..8], self.region);
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", encode(sha256(request.as_bytes())));
        let mut key = format!("AWS4{}", self.secret_access_key).into_bytes();
        for part in scope.split('/') {
            key = hmac(&key, part.as_bytes());
        }
        let signature = encode(hmac(&key, to_sign.as_bytes()));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.access_key_id
        )
    }

    fn exchange(&self, request: &str) -> String {
        let mut reply = Vec::new();
        match &self.endpoint {
            Some(url) => {
                let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
                stream.write_all(request.as_bytes()).unwrap();
                stream.read_to_end(&mut reply).unwrap();
            }
            None => {
                let host = format!("kms.{}.amazonaws.com", self.region);
                let stream = TcpStream::connect((host.as_str(), 443)).unwrap();
                let connector = SslConnector::builder(SslMethod::tls_client()).unwrap().build();
                let mut stream = connector.connect(&host, stream).unwrap();
                stream.write_all(request.as_bytes()).unwrap();
                stream.read_to_end(&mut reply).unwrap();
            }
        }
        String::from_utf8(reply).unwrap()
    }
}

impl Endpoint for RealKms {
    fn call(&self, operation: &str, body: &Value) -> Result<Value, Refused> {
        for attempt in 1.. {
            let reply = self.exchange(&self.request(operation, &body.to_string()));
            let (head, body) = reply.split_once("\r\n\r\n").unwrap();
            let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
            if head.starts_with("HTTP/1.1 200") {
                return Ok(body);
            }
            let text = |name: &str| body[name].as_str().map(str::to_owned);
            let code = text("__type").unwrap_or_default();
            let message = text("message").or(text("Message")).unwrap_or_default();
            // Quotas, and keys that are not everywhere yet, are not what the table is about.
            if attempt > 8 || (code != "ThrottlingException" && !(code == "NotFoundException" && attempt < 4)) {
                return Err((code, message));
            }
            std::thread::sleep(Duration::from_secs(attempt));
        }
        unreachable!("the loop returns")
    }

    fn region(&self) -> String {
        self.region.clone()
    }

    fn account(&self) -> String {
        self.account.clone()
    }

    fn in_region(&self, region: &str) -> Self {
        RealKms { region: region.to_owned(), ..self.clone() }
    }
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let key = PKey::hmac(key).unwrap();
    Signer::new(MessageDigest::sha256(), &key).unwrap().sign_oneshot_to_vec(text).unwrap()
}

/// `20270131T120000Z`
fn timestamp() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    humantime::format_rfc3339_seconds(UNIX_EPOCH + now).to_string().replace(['-', ':'], "")
}
