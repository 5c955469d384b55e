//! Lists, bodies, configuration and bundles without an end: refused in bounded memory and time.

use std::fs;
use std::io::Write;
use std::time::Duration;

use super::most_memory;
use crate::support::tls_server::Server;
use crate::support::{self, Bench, EmbeddedKms};

/// Stands before an embedded KMS and answers one operation by itself: each page differs from the one before, or has no end. A fault of the
/// embedded KMS is the same each time, and ends.
fn before(kms: &EmbeddedKms, operation: &'static str, page: Page) -> Server {
    let behind = kms.url().trim_start_matches("http://").to_owned();
    let pages = std::sync::atomic::AtomicUsize::new(0);
    Server::start(move |mut stream, log| {
        let mut buffer = vec![0; 64 * 1024];
        let mut filled = 0;
        // A request is its head and a body of the length that it tells.
        while let Ok(length @ 1..) = std::io::Read::read(&mut stream, &mut buffer[filled..]) {
            filled += length;
            let text = String::from_utf8_lossy(&buffer[..filled]).to_lowercase();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let told = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() < told.parse().unwrap() {
                continue;
            }
            if !head.contains(&format!("trentservice.{}\r\n", operation.to_lowercase())) {
                let mut kms = std::net::TcpStream::connect(&behind).unwrap();
                kms.write_all(&buffer[..filled]).unwrap();
                kms.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
                let mut reply = vec![0; 64 * 1024];
                while let Ok(length @ 1..) = std::io::Read::read(&mut kms, &mut reply) {
                    stream.write_all(&reply[..length]).unwrap();
                }
                return;
            }
            log.lock().unwrap().push(operation.to_owned());
            let number = pages.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if let Page::BodyWithoutEnd = page {
                let head =
                    "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ntransfer-encoding: chunked\r\n\r\n";
                let _ = stream.write_all(head.as_bytes());
                let chunk = format!("{:x}\r\n{}\r\n", 65536, " ".repeat(65536));
                while stream.write_all(chunk.as_bytes()).is_ok() {}
                return;
            }
            let body = page.body(operation, number);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.write_all(head.as_bytes()).is_err() {
                return;
            }
            filled = 0;
        }
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    /// As many items as a page has, and always a next one.
    Full,
    /// One item, and always a next page.
    Single,
    /// The same marker again and again.
    Again,
    BodyWithoutEnd,
}

impl Page {
    fn body(self, operation: &str, number: usize) -> String {
        let count = if self == Page::Full { 1000 } else { 1 };
        let (list, item): (&str, fn(usize) -> String) = match operation {
            "ListKeys" => ("Keys", |number| {
                let id = format!("{number:08x}-0000-0000-0000-000000000000");
                format!(r#"{{"KeyId":"{id}","KeyArn":"arn:aws:kms:us-east-1:000000000000:key/{id}"}}"#)
            }),
            "ListAliases" => ("Aliases", |number| {
                format!(
                    r#"{{"AliasName":"alias/{number:0200}","TargetKeyId":"{number:08x}-0000-0000-0000-000000000000"}}"#
                )
            }),
            "ListKeyRotations" => ("Rotations", |number| {
                format!(
                    r#"{{"KeyMaterialId":"{number:064x}","KeyMaterialDescription":"{number:0200}","KeyMaterialState":"NON_CURRENT"}}"#
                )
            }),
            "ListGrants" => ("Grants", |number| {
                format!(
                    r#"{{"GranteePrincipal":"arn:aws:iam::111122223333:role/{number}","Operations":["Encrypt","Decrypt","Sign","Verify","GenerateDataKey"]}}"#
                )
            }),
            _ => ("Tags", |number| format!(r#"{{"TagKey":"{number}","TagValue":"{number:0200}"}}"#)),
        };
        let items: Vec<String> = (0..count).map(|place| item(number * count + place)).collect();
        let marker = if self == Page::Again { 0 } else { number };
        format!(r#"{{"{list}":[{}],"Truncated":true,"NextMarker":"{marker}"}}"#, items.join(","))
    }
}

#[test]
fn a_list_without_end_ends_in_bounded_memory_and_time() {
    let bench = Bench::new();
    let kms = bench.serve_with("--no-quotas");
    let made = format!(
        "provision --endpoint-url {} --region us-east-1 --wrapping-key-spec RSA_2048 --alias alias/a --generate --keep key --output json",
        kms.url()
    );
    let arn = bench.kms_byok_with_credentials(&made).json()["key_arn"].as_str().unwrap().to_owned();
    let create = format!("create-key --endpoint-url {} --region us-east-1 --alias alias/p --output json", kms.url());
    let pending = bench.kms_byok_with_credentials(&create).json()["key_arn"].as_str().unwrap().to_owned();
    for (operation, line) in [
        ("ListAliases", "delete-material --key-id ARN --yes".to_owned()),
        ("ListKeyRotations", "status --key-id ARN".to_owned()),
        ("ListGrants", format!("provision --alias alias/p --adopt {pending} --generate --discard")),
        ("ListResourceTags", "provision --alias alias/new --find-lost --generate --discard".to_owned()),
        ("ListKeys", "provision --alias alias/new --find-lost --generate --discard".to_owned()),
    ] {
        for page in [Page::Full, Page::Single, Page::Again, Page::BodyWithoutEnd] {
            let server = before(&kms, operation, page);
            let url = format!("http://127.0.0.1:{}", server.port());
            let started = std::time::Instant::now();
            let words = format!("{line} --endpoint-url {url} --region us-east-1 --output json").replace("ARN", &arn);
            let run = bench.watched(&words, b"");
            run.wait_for_answer();
            let took = started.elapsed();
            let kilobytes = most_memory(run.pid());
            let streams = run.end();
            let answer: serde_json::Value = serde_json::from_slice(&streams.stdout).unwrap();
            println!(
                "{operation}, {page:?}: {} requests, {took:.1?}, {kilobytes} kB at most, {:?}, {}",
                server.requests().len(),
                streams.code,
                answer["error"]
            );
            let cause = match page {
                Page::BodyWithoutEnd => "sends more than 1048576 bytes, but no reply of KMS is that long".to_owned(),
                _ => format!("the reply to {operation} never ends"),
            };
            // What is not seen of a key that is shown is no error.
            let (told, code) = match operation {
                "ListKeyRotations" if page != Page::BodyWithoutEnd => (&answer["not_seen"][0]["cause"], 0),
                _ => (&answer["error"]["cause"], 1),
            };
            assert!(told.as_str().is_some_and(|told| told.ends_with(&cause)), "{operation}, {page:?}: {answer:#}");
            assert!(streams.code == Some(code), "{operation}, {page:?}: {:?}", streams.code);
            assert!(kilobytes < 96 * 1024, "{operation}, {page:?}: {kilobytes} kB");
            assert!(took < Duration::from_secs(60), "{operation}, {page:?}: {took:?}");
        }
    }
}

/// Files that OpenSSL or the SDK would read to an end that does not come.
#[test]
fn configuration_without_an_end_is_refused_in_bounded_memory_and_time() {
    let bench = Bench::new();
    fs::File::create(bench.path("sparse")).unwrap().set_len(1024 * 1024 * 1024).unwrap();
    fs::create_dir(bench.path("directory")).unwrap();
    for (named, file, cause, because) in [
        (
            "AWS_CA_BUNDLE",
            "/dev/zero",
            "the CA bundle `/dev/zero` from AWS_CA_BUNDLE cannot be used",
            "CA bundle `/dev/zero` is larger than 4194304 bytes",
        ),
        (
            "AWS_CA_BUNDLE",
            "sparse",
            "the CA bundle `sparse` from AWS_CA_BUNDLE cannot be used",
            "CA bundle `sparse` is larger than 4194304 bytes",
        ),
        (
            "AWS_CA_BUNDLE",
            "directory",
            "the CA bundle `directory` from AWS_CA_BUNDLE cannot be used",
            "CA bundle `directory` is a directory",
        ),
        (
            "ca_bundle",
            "/dev/zero",
            "the CA bundle `/dev/zero` from the profile's ca_bundle cannot be used",
            "CA bundle `/dev/zero` is larger than 4194304 bytes",
        ),
        (
            "ca_bundle",
            "sparse",
            "the CA bundle `sparse` from the profile's ca_bundle cannot be used",
            "CA bundle `sparse` is larger than 4194304 bytes",
        ),
        (
            "ca_bundle",
            "directory",
            "the CA bundle `directory` from the profile's ca_bundle cannot be used",
            "CA bundle `directory` is a directory",
        ),
        ("AWS_CONFIG_FILE", "/dev/zero", "AWS configuration file `/dev/zero` is larger than 1048576 bytes", ""),
        ("AWS_CONFIG_FILE", "sparse", "AWS configuration file `sparse` is larger than 1048576 bytes", ""),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            "/dev/zero",
            "AWS credentials file `/dev/zero` is larger than 1048576 bytes",
            "",
        ),
        ("AWS_SHARED_CREDENTIALS_FILE", "sparse", "AWS credentials file `sparse` is larger than 1048576 bytes", ""),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/dev/zero", "`/dev/zero` is not a value of AWS_WEB_IDENTITY_TOKEN_FILE", ""),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "sparse", "`sparse` is not a value of AWS_WEB_IDENTITY_TOKEN_FILE", ""),
        (
            "SSL_CERT_FILE",
            "/dev/zero",
            "nothing answers at `127.0.0.1:1`: the connection is refused",
            "Connection refused (os error 111)",
        ),
        (
            "SSL_CERT_FILE",
            "sparse",
            "nothing answers at `127.0.0.1:1`: the connection is refused",
            "Connection refused (os error 111)",
        ),
    ] {
        let words = [
            "status",
            "--key-id",
            "alias/a",
            "--endpoint-url",
            "https://127.0.0.1:1",
            "--region",
            "us-east-1",
            "--output",
            "json",
        ];
        let mut command = bench.command(&words);
        if named == "ca_bundle" {
            bench.write("config", format!("[default]\nca_bundle = {file}\n"));
            command.env("AWS_CONFIG_FILE", "config");
        } else {
            command.env(named, file);
        }
        let started = std::time::Instant::now();
        let run = support::watched::Watched::start(command, b"");
        run.wait_for_answer();
        let (took, kilobytes) = (started.elapsed(), most_memory(run.pid()));
        let streams = run.end();
        let error = serde_json::from_slice::<serde_json::Value>(&streams.stdout).unwrap()["error"].clone();
        assert_eq!(error["cause"], cause, "{named}={file}");
        assert_eq!(error["because"].as_str().unwrap_or_default(), because, "{named}={file}");
        assert!(matches!(streams.code, Some(1 | 2)), "{named}={file}: {:?}", streams.code);
        println!("{named}={file}: {kilobytes} kB at most, {took:.1?}");
        assert!(kilobytes < 48 * 1024 && took < Duration::from_secs(15), "{named}={file}: {kilobytes} kB, {took:?}");
    }
}
