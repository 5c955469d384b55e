//! A client of the embedded KMS that knows nothing of the SDK: HTTP/1.1 and JSON by hand, and wrapping by the openssl crate.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

pub(crate) struct Kms {
    pub(crate) url: String,
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    connection: RefCell<Option<BufReader<TcpStream>>>,
}

pub(crate) struct HttpReply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// Code and message of an error reply.
pub(crate) type Refused = (String, String);

impl Kms {
    /// A client of a server that somebody else runs.
    pub(crate) fn at(url: &str) -> Kms {
        Kms {
            url: url.to_owned(),
            region: "us-east-1".to_owned(),
            access_key_id: "AKIDTEST".to_owned(),
            connection: RefCell::default(),
        }
    }

    pub(crate) fn call(&self, operation: &str, body: Value) -> Result<Value, Refused> {
        let reply = self.post(operation, &body.to_string());
        let text = String::from_utf8(reply.body).unwrap();
        let value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        if reply.status == 200 {
            return Ok(value);
        }
        let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Err((field("__type"), field("message")))
    }

    pub(crate) fn ok(&self, operation: &str, body: Value) -> Value {
        self.call(operation, body.clone()).unwrap_or_else(|error| panic!("{operation} {body}: {error:?}"))
    }

    pub(crate) fn post(&self, operation: &str, body: &str) -> HttpReply {
        self.try_post(operation, body).unwrap()
    }

    /// The reply, or how the connection broke.
    pub(crate) fn try_post(&self, operation: &str, body: &str) -> std::io::Result<HttpReply> {
        let (id, region) = (&self.access_key_id, &self.region);
        self.http(
            "POST",
            "/",
            &[
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", &format!("TrentService.{operation}")),
                (
                    "authorization",
                    &format!(
                        "AWS4-HMAC-SHA256 Credential={id}/20270131/{region}/kms/aws4_request, SignedHeaders=host, Signature=00"
                    ),
                ),
            ],
            body.as_bytes(),
        )
    }

    pub(crate) fn http(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<HttpReply> {
        let mut slot = self.connection.borrow_mut();
        let host = self.url.trim_start_matches("http://");
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n", body.len());
        headers.iter().for_each(|(name, value)| request.push_str(&format!("{name}: {value}\r\n")));
        request.push_str("\r\n");
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => BufReader::new(TcpStream::connect(host)?),
        };
        connection.get_mut().set_nodelay(true)?;
        connection.get_mut().write_all(&[request.as_bytes(), body].concat())?;
        let reply = read_reply(&mut connection)?;
        if !reply.head.contains("\r\nconnection: close\r\n") {
            *slot = Some(connection);
        }
        Ok(reply)
    }

    pub(crate) fn move_clock(&self, how: Value) {
        let reply = self.http("POST", "/_rehearsal/clock", &[], how.to_string().as_bytes()).unwrap();
        assert_eq!(reply.status, 200);
    }
}

fn read_reply(connection: &mut BufReader<TcpStream>) -> std::io::Result<HttpReply> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if connection.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let head = head.to_ascii_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0").parse().unwrap();
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok(HttpReply { status, head, body })
}
