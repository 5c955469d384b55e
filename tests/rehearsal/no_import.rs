//! An endpoint that knows nothing of imports and calls every key enabled: a client that minds only that looks green there. moto is one.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::Bench;
use crate::support::embedded_kms::Kms;

/// moto's server, stopped on drop.
struct Moto {
    process: Child,
    url: String,
}

impl Moto {
    fn start() -> Option<Moto> {
        let programs = std::env::var_os("KMS_BYOK_PYTHON").map(PathBuf::from);
        let server = programs.map(|programs| programs.join("moto_server")).filter(|server| server.exists());
        let Some(server) = server else {
            println!(
                "skipped: moto is not there (scripts/python-env installs it; KMS_BYOK_PYTHON names its directory)"
            );
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(server);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let moto = Moto { process, url: format!("http://127.0.0.1:{port}") };
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "moto does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(moto)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn every_verb_fails_where_nothing_can_be_imported() {
    let Some(moto) = Moto::start() else { return };
    let kms = Kms::at(&moto.url);
    let made =
        kms.ok("CreateKey", json!({ "Origin": "EXTERNAL", "KeyUsage": "ENCRYPT_DECRYPT" }))["KeyMetadata"].take();
    let arn = made["Arn"].as_str().unwrap();
    kms.ok("CreateAlias", json!({ "AliasName": "alias/there", "TargetKeyId": arn }));
    // The claim that misleads: an empty key is enabled, and encrypts.
    assert_eq!(made["KeyState"], "Enabled");
    kms.ok("Encrypt", json!({ "KeyId": arn, "Plaintext": "AAAA" }));
    let bench = Bench::new();
    bench.kms_byok("generate --out key").succeeds();
    bench.kms_byok("generate --key-spec ECC_NIST_P256 --out ec").succeeds();
    bench.kms_byok("generate --key-spec HMAC_256 --out mac").succeeds();
    bench.write("blob", [7; 256]);
    bench.write("token", [8; 300]);
    let new = "is new and Enabled, but KMS enables no key without key material\n";
    let no_model = "error: the reply to DescribeKey has no ExpirationModel, which KMS always sends\n";
    for (code, line, told) in [
        (3, "create-key --alias alias/new1", new),
        (3, "provision --alias alias/new2 --generate --discard", new),
        (3, "provision --alias alias/new3 --material key", new),
        (3, "provision --alias alias/new4 --key-spec ECC_NIST_P256 --material ec --verify off", new),
        (3, "provision --alias alias/new5 --key-spec HMAC_256 --material mac --verify state", new),
        (3, "provision --generate --keep kept", new),
        // A key that was there already looks finished.
        (1, "create-key --alias alias/there", no_model),
        (1, "provision --alias alias/there --generate --discard", no_model),
        (1, "provision --alias alias/there --material key", no_model),
        (1, "get-parameters --key-id alias/there --dir D", no_model),
        (1, "import --key-id alias/there --encrypted blob --import-token token", no_model),
        (1, "status --key-id alias/there", no_model),
        (1, "verify --key-id alias/there --material key", no_model),
        (1, "rotate --key-id alias/there --generate --discard", no_model),
        (1, "replicate --key-id alias/there --to eu-west-1 --material key", no_model),
        (1, "delete-material --key-id alias/there --yes", no_model),
    ] {
        let run = bench.kms_byok_with_credentials(&format!("{line} --endpoint-url {} --region us-east-1", moto.url));
        assert_eq!(run.code, Some(code), "{line}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(told), "{line}: {}", run.stderr);
        assert_eq!(code == 3, run.stderr.contains("\nexists: key arn:aws:kms:"), "{line}: {}", run.stderr);
    }
    assert!(!bench.exists("D") && !bench.exists("kept"));
}

/// Also where an earlier run, or another tool, has passed over the state of the key: what moto answers is no reply of KMS.
#[test]
fn parameters_that_are_answered_with_a_page_are_none() {
    let Some(moto) = Moto::start() else { return };
    let kms = Kms::at(&moto.url);
    let arn = kms.external_key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    let request = json!({ "KeyId": arn, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048" });
    let reply = kms.post("GetParametersForImport", &request.to_string());
    assert_eq!(reply.status, 500);
    assert!(reply.head.contains("text/html"), "{}", reply.head);
}
