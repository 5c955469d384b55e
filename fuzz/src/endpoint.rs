//! Both sides of the wire: what an endpoint answers, and what a client asks of the embedded KMS.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use kms_byok::kms::{Connection, Environment, Import, Kms, NewKey, NewReplica};
use kms_byok::material::{KeySpec, KeyUsage};
use kms_byok::rehearsal::{InProcessKms, Settings};
use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};
use kms_byok::{KmsError, Silent};
use tokio::runtime::{Builder, Runtime};

use super::files::said;

const ARN: &str = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// Replies to every operation: the first byte chooses which, the second the HTTP status.
pub fn replies(data: &[u8]) {
    let [operation, status, body @ ..] = data else { return };
    CLIENT.with_borrow(|client| {
        client.canned.set([200, 400, 500, 307][usize::from(status % 4)], body);
        client.runtime.block_on(async {
            if let Err(error) = ask(&client.kms, *operation).await {
                said(&error);
            }
        });
    });
}

async fn ask(kms: &Kms, operation: u8) -> Result<(), KmsError> {
    match operation % 16 {
        0 => kms.describe(ARN).await.map(drop),
        1 => {
            let wrapping = (WrappingAlgorithm::RsaesOaepSha256, WrappingKeySpec::Rsa2048);
            kms.parameters(ARN, wrapping.0, wrapping.1).await.map(drop)
        }
        2 => {
            let import = Import {
                encrypted: b"x",
                token: b"x",
                expires: None,
                import_type: None,
                description: None,
                key_material_id: None,
                once: true,
            };
            kms.import(ARN, &import).await.map(drop)
        }
        3 => kms.public_key(ARN).await.map(drop),
        4 => kms.sign(ARN, b"x", "ECDSA_SHA_256").await.map(drop),
        5 => kms.generate_mac(ARN, b"x", "HMAC_SHA_256").await.map(drop),
        6 => kms.encrypt(ARN, b"x", None).await.map(drop),
        7 => kms.decrypt(ARN, b"x", None).await.map(drop),
        8 => kms.keys().await.map(drop),
        9 => kms.tags(ARN).await.map(drop),
        10 => kms.aliases(None).await.map(drop),
        11 => kms.rotations(ARN).await.map(drop),
        12 => kms.rotation_in_progress(ARN).await.map(drop),
        13 => kms.key_policy(ARN).await.map(drop),
        14 => {
            let new =
                NewReplica { region: "eu-west-1".parse().unwrap(), description: None, policy: None, tags: Vec::new() };
            kms.replicate(ARN, &new).await.map(drop)
        }
        _ => {
            let new = NewKey {
                spec: KeySpec::SymmetricDefault,
                usage: KeyUsage::EncryptDecrypt,
                description: None,
                policy: None,
                tags: Vec::new(),
                multi_region: false,
            };
            kms.create_key(&new).await.map(drop)
        }
    }
}

thread_local! {
    static CLIENT: RefCell<Client> = RefCell::new(Client::new());
}

struct Client {
    kms: Kms,
    canned: Canned,
    runtime: Runtime,
}

impl Client {
    fn new() -> Self {
        let canned = Canned::default();
        let answering = canned.clone();
        let answer = move |_: Request<Bytes>| {
            let reply = answering.next();
            async move { Ok(reply) }
        };
        // A fuzzer does not wait.
        let connection = Connection {
            max_wait: Duration::ZERO,
            wait: Duration::ZERO,
            environment: Some(Environment::default()),
            ..Connection::default()
        };
        Client {
            kms: Kms::answered_by(answer, &connection, Arc::new(Silent)),
            canned,
            runtime: Builder::new_current_thread().enable_time().build().expect("a runtime"),
        }
    }
}

/// An endpoint that gives the same reply a few times, and then an empty one: lists end.
#[derive(Clone, Default)]
struct Canned {
    reply: Arc<Mutex<(u16, Vec<u8>)>>,
    left: Arc<AtomicUsize>,
}

impl Canned {
    fn set(&self, status: u16, body: &[u8]) {
        *self.reply.lock().expect("one thread") = (status, body.to_vec());
        self.left.store(4, Ordering::Relaxed);
    }

    fn next(&self) -> Response<Bytes> {
        let (status, body) =
            match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) {
                Ok(_) => self.reply.lock().expect("one thread").clone(),
                Err(_) => (200, b"{}".to_vec()),
            };
        let reply = Response::builder().status(status).header("content-type", "application/x-amz-json-1.1");
        reply.body(body.into()).expect("a reply")
    }
}

/// Requests to an embedded KMS, one a line: an operation and its JSON, in which `$KEY` is a key that waits for key material
/// and `$AES` one that has some.
pub fn requests(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(kms) = InProcessKms::start(Settings::default()) else { return };
    CLIENT.with_borrow(|client| client.runtime.block_on(ask_in_process(&kms, text)));
}

async fn ask_in_process(kms: &InProcessKms, text: &str) {
    let made = async |body: &str| {
        let reply = kms.call("CreateKey", body.as_bytes()).await;
        let reply = reply.map(|(_, body)| String::from_utf8(body).unwrap_or_default());
        let reply = reply.unwrap_or_default();
        reply.split("\"KeyId\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    };
    let (key, aes) = (made(r#"{"Origin":"EXTERNAL"}"#).await, made("{}").await);
    for line in text.lines().take(8) {
        let (operation, body) = line.split_once(' ').unwrap_or((line, "{}"));
        // Making RSA keys takes longer than anything that could be found behind it.
        if body.contains("RSA_3072")
            || body.contains("RSA_4096")
            || (operation != "GetParametersForImport" && body.contains("RSA_2048"))
        {
            continue;
        }
        let body = body.replace("$KEY", &key).replace("$AES", &aes);
        let Some((status, reply)) = kms.call(operation, body.as_bytes()).await else { continue };
        assert!((200..=500).contains(&status));
        assert!(reply.is_empty() || std::str::from_utf8(&reply).is_ok(), "a reply is JSON");
        assert!(status != 500, "{operation} fails within: {}", String::from_utf8_lossy(&reply));
    }
}
