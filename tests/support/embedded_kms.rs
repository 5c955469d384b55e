//! A client of the embedded KMS that knows nothing of the SDK: HTTP/1.1 and JSON by hand, and wrapping by the openssl crate.
#![allow(dead_code)] // each test program uses a part of it
#![allow(clippy::unwrap_used)] // a helper that fails is a test that fails

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kms_byok::rehearsal::{Server, Settings};
use openssl::cipher::Cipher;
use openssl::cipher_ctx::{CipherCtx, CipherCtxFlags};
use openssl::ec::{EcGroup, EcKey};
use openssl::md::{Md, MdRef};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rand::rand_bytes;
use openssl::rsa::{Padding, Rsa};
use serde_json::{Value, json};

pub(crate) struct Kms {
    pub(crate) url: String,
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    connection: RefCell<Option<BufReader<TcpStream>>>,
    server: Option<Server>,
}

pub(crate) struct HttpReply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// Code and message of an error reply.
pub(crate) type Refused = (String, String);

impl Kms {
    pub(crate) fn start() -> Kms {
        Kms::start_with(Settings::default())
    }

    pub(crate) fn start_with(settings: Settings) -> Kms {
        let server = Server::start(settings).unwrap();
        let url = server.url();
        Kms { server: Some(server), ..Kms::at(&url) }
    }

    /// A client of a server that somebody else runs.
    pub(crate) fn at(url: &str) -> Kms {
        Kms {
            url: url.to_owned(),
            region: "us-east-1".to_owned(),
            access_key_id: "AKIDTEST".to_owned(),
            connection: RefCell::default(),
            server: None,
        }
    }

    /// The same server, asked about another Region.
    pub(crate) fn in_region(&self, region: &str) -> Kms {
        Kms { region: region.to_owned(), access_key_id: self.access_key_id.clone(), ..Kms::at(&self.url) }
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

    pub(crate) fn refused(&self, operation: &str, body: Value) -> Refused {
        match self.call(operation, body.clone()) {
            Ok(reply) => panic!("{operation} {body} succeeded: {reply}"),
            Err(refused) => refused,
        }
    }

    pub(crate) fn code(&self, operation: &str, body: Value) -> String {
        self.refused(operation, body).0
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

    /// A new key of origin EXTERNAL; its ARN.
    pub(crate) fn external_key(&self, spec: &str, usage: &str) -> String {
        self.key(json!({ "Origin": "EXTERNAL", "KeySpec": spec, "KeyUsage": usage }))
    }

    pub(crate) fn key(&self, body: Value) -> String {
        self.ok("CreateKey", body)["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
    }

    pub(crate) fn describe(&self, key: &str) -> Value {
        self.ok("DescribeKey", json!({ "KeyId": key }))["KeyMetadata"].take()
    }

    pub(crate) fn state(&self, key: &str) -> String {
        self.describe(key)["KeyState"].as_str().unwrap().to_owned()
    }

    pub(crate) fn parameters(&self, key: &str, algorithm: &str, wrapping: &str) -> Parameters {
        let reply = self.ok(
            "GetParametersForImport",
            json!({ "KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": wrapping }),
        );
        Parameters {
            algorithm: algorithm.to_owned(),
            public_key: bytes(&reply["PublicKey"]),
            token: bytes(&reply["ImportToken"]),
        }
    }

    /// An import without expiry under the usual algorithm for this material, with whatever else the request is to say.
    pub(crate) fn import(&self, key: &str, material: &[u8], extra: Value) -> Result<Value, Refused> {
        let algorithm = if material.len() > 128 { "RSA_AES_KEY_WRAP_SHA_256" } else { "RSAES_OAEP_SHA_256" };
        let parameters = self.parameters(key, algorithm, "RSA_2048");
        self.call("ImportKeyMaterial", parameters.request(key, &parameters.wrap(material), extra))
    }

    pub(crate) fn imported(&self, spec: &str, usage: &str, material: &[u8]) -> String {
        let key = self.external_key(spec, usage);
        self.import(&key, material, json!({})).unwrap();
        key
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

pub(crate) struct Parameters {
    pub(crate) algorithm: String,
    pub(crate) public_key: Vec<u8>,
    pub(crate) token: Vec<u8>,
}

impl Parameters {
    pub(crate) fn wrap(&self, material: &[u8]) -> Vec<u8> {
        let digest = if self.algorithm.ends_with("SHA_1") { Md::sha1() } else { Md::sha256() };
        if !self.algorithm.starts_with("RSA_AES") {
            return oaep(&self.public_key, digest, digest, material);
        }
        let aes_key = random(32);
        [oaep(&self.public_key, digest, digest, &aes_key), key_wrap(&aes_key, material)].concat()
    }

    /// The body of an ImportKeyMaterial; it does not expire unless `extra` says so.
    pub(crate) fn request(&self, key: &str, wrapped: &[u8], extra: Value) -> Value {
        let mut body = json!({
            "KeyId": key,
            "ImportToken": BASE64_STANDARD.encode(&self.token),
            "EncryptedKeyMaterial": BASE64_STANDARD.encode(wrapped),
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        });
        for (name, value) in extra.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }
}

pub(crate) fn oaep(public_key: &[u8], digest: &MdRef, mgf1: &MdRef, plain: &[u8]) -> Vec<u8> {
    let key = PKey::public_key_from_der(public_key).unwrap();
    let mut context = PkeyCtx::new(&key).unwrap();
    context.encrypt_init().unwrap();
    context.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    context.set_rsa_oaep_md(digest).unwrap();
    context.set_rsa_mgf1_md(mgf1).unwrap();
    let mut out = Vec::new();
    context.encrypt_to_vec(plain, &mut out).unwrap();
    out
}

pub(crate) fn key_wrap(aes_key: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut context = CipherCtx::new().unwrap();
    context.set_flags(CipherCtxFlags::FLAG_WRAP_ALLOW);
    context.encrypt_init(Some(Cipher::aes_256_wrap_pad()), Some(aes_key), None).unwrap();
    let mut out = vec![0; plain.len() + 32];
    let length = context.cipher_update(plain, Some(&mut out)).unwrap();
    out.truncate(length);
    out
}

pub(crate) fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand_bytes(&mut bytes).unwrap();
    bytes
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

pub(crate) fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

pub(crate) fn ec(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

pub(crate) fn pkcs8(key: &PKey<Private>) -> Vec<u8> {
    key.private_key_to_pkcs8().unwrap()
}

/// Fresh key material of every key spec, with a key usage.
pub(crate) fn materials() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let (mac, sign) = ("GENERATE_VERIFY_MAC", "SIGN_VERIFY");
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        ("HMAC_224", mac),
        ("HMAC_256", mac),
        ("HMAC_384", mac),
        ("HMAC_512", mac),
        ("RSA_2048", sign),
        ("RSA_3072", "ENCRYPT_DECRYPT"),
        ("RSA_4096", sign),
        ("ECC_NIST_P256", sign),
        ("ECC_NIST_P384", "KEY_AGREEMENT"),
        ("ECC_NIST_P521", sign),
        ("ECC_SECG_P256K1", sign),
        ("ECC_NIST_EDWARDS25519", sign),
    ]
    .map(|(spec, usage)| (spec, usage, material(spec)))
    .into()
}

/// Fresh key material of a key spec.
pub(crate) fn material(spec: &str) -> Vec<u8> {
    match spec {
        "SYMMETRIC_DEFAULT" => random(32),
        "RSA_2048" => pkcs8(&rsa(2048)),
        "RSA_3072" => pkcs8(&rsa(3072)),
        "RSA_4096" => pkcs8(&rsa(4096)),
        "ECC_NIST_P256" => pkcs8(&ec(Nid::X9_62_PRIME256V1)),
        "ECC_NIST_P384" => pkcs8(&ec(Nid::SECP384R1)),
        "ECC_NIST_P521" => pkcs8(&ec(Nid::SECP521R1)),
        "ECC_SECG_P256K1" => pkcs8(&ec(Nid::SECP256K1)),
        "ECC_NIST_EDWARDS25519" => pkcs8(&PKey::generate_ed25519().unwrap()),
        _ => random(spec.trim_start_matches("HMAC_").parse::<usize>().unwrap() / 8),
    }
}
