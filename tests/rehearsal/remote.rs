//! `rehearsal serve` in a network: who is answered there, by which names, and what stays on this machine.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};

use kms_byok::rehearsal::{HostName, Server, Settings};

use crate::support::pinned;
use crate::support::{Bench, run};

const OTHER_HOST: &str =
    r#"{"error":"the Host of the request is none of those that the embedded KMS was told to answer to"}"#;
const FROM_LOOPBACK_ONLY: &str = r#"{"error":"the clock and the faults are for requests from loopback only"}"#;

/// An address of this machine that is not of loopback; connecting a datagram socket sends nothing.
fn other_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    let address = socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr());
    let ip = address.ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified());
    if ip.is_none() {
        println!("skipped: this machine has no address but loopback");
    }
    ip
}

fn serving(listen: &str, hosts: &[&str]) -> Server {
    let remote = Some(hosts.iter().map(|host| host.parse::<HostName>().unwrap()).collect());
    Server::start(Settings { listen: listen.parse().unwrap(), remote, ..Settings::default() }).unwrap()
}

/// The whole reply to a request, `GET /path` or `POST /path`.
fn ask(address: &str, target: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(stream, "{target} HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

fn health(server: &Server, headers: &str) -> String {
    ask(&server.address().to_string(), "GET /_rehearsal/health", headers, "")
}

#[test]
fn the_hosts_that_were_listed_are_answered_with_their_port_or_any_and_no_other() {
    let server =
        serving("127.0.0.1:0", &["kms", "other:4566", "plain:80", "192.0.2.7", "2001:db8::7", "[2001:db8::8]:4566"]);
    for host in [
        "kms",
        "kms:4566",
        "KMS:1",
        "other:4566",
        "plain",
        "plain:80",
        "192.0.2.7:9",
        "[2001:db8::7]",
        "[2001:DB8:0::7]:4566",
        "[2001:db8::8]:4566",
        "localhost:4566",
        "127.0.0.1",
        "[::1]:4566",
    ] {
        let reply = health(&server, &format!("host: {host}\r\n"));
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{host}: {reply}");
    }
    for headers in [
        "host: other\r\n",
        "host: other:80\r\n",
        "host: plain:4566\r\n",
        "host: kms.\r\n",
        "host: kms.evil.example\r\n",
        "host: evil.kms\r\n",
        "host: evil.example:4566\r\n",
        "host: kms@evil.example\r\n",
        "host: evil@kms\r\n",
        "host: kms, kms\r\n",
        "host: 192.0.2.8\r\n",
        "host: 0.0.0.0:4566\r\n",
        "host: [2001:db8::8]\r\n",
        "host: [kms]\r\n",
        "host: http://kms\r\n",
        "host: kms\r\nhost: kms\r\n",
        "host: \r\n",
        "",
    ] {
        let reply = health(&server, headers);
        assert!(reply.starts_with("HTTP/1.1 403 Forbidden\r\n") && reply.ends_with(OTHER_HOST), "{headers}: {reply}");
    }
    let address = server.address().to_string();
    for (target, status) in [("http://kms:4566", "200 OK"), ("http://evil.example", "403 Forbidden")] {
        let reply = ask(&address, &format!("GET {target}/_rehearsal/health"), "host: kms\r\n", "");
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{target}: {reply}");
    }
}

#[test]
fn nobody_is_listed_unless_told() {
    let server = serving("127.0.0.1:0", &[]);
    assert!(health(&server, "host: localhost\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(health(&server, "host: kms\r\n").ends_with(OTHER_HOST));
}

#[test]
fn a_page_of_a_browser_is_refused_whatever_its_host() {
    let server = serving("127.0.0.1:0", &["kms"]);
    for origin in ["http://kms", "http://kms:4566", "null", ""] {
        let reply = health(&server, &format!("host: kms\r\norigin: {origin}\r\n"));
        assert!(reply.starts_with("HTTP/1.1 403 Forbidden\r\n") && reply.contains("a page in a browser"), "{reply}");
        assert!(!reply.to_ascii_lowercase().contains("access-control-allow"), "{reply}");
    }
}

/// The socket of both families sees IPv4's loopback as `::ffff:127.0.0.1`.
#[test]
fn the_clock_and_the_faults_move_from_loopback_only() {
    let Some(other) = other_address() else { return };
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let settings = Settings {
            listen: listen.parse().unwrap(),
            remote: Some(vec!["kms".parse().unwrap()]),
            access_log: Some(log.clone()),
            ..Settings::default()
        };
        let Ok(server) = Server::start(settings) else {
            println!("skipped: this machine has no {listen}");
            continue;
        };
        let port = server.address().port();
        let (near, far) = (format!("127.0.0.1:{port}"), format!("{other}:{port}"));
        let clock = || {
            ask(&near, "GET /_rehearsal/clock", "host: kms\r\n", "").rsplit("\r\n").next().unwrap()[9..19].to_owned()
        };
        let before = clock();
        // A name of loopback in the Host makes nobody a peer on loopback.
        for host in ["kms", "localhost", "127.0.0.1"] {
            let headers = format!("host: {host}\r\n");
            for (target, body) in [
                ("POST /_rehearsal/clock", r#"{"advance": "25h"}"#),
                ("GET /_rehearsal/clock", ""),
                ("POST /_rehearsal/faults", r#"{"faults": ["*:always:500"]}"#),
                ("GET /_rehearsal/faults", ""),
                ("POST /_rehearsal/clock?now", r#"{"advance": "25h"}"#),
                ("POST http://kms/_rehearsal/clock", r#"{"advance": "25h"}"#),
            ] {
                let reply = ask(&far, target, &headers, body);
                assert!(
                    reply.starts_with("HTTP/1.1 403 Forbidden\r\n") && reply.ends_with(FROM_LOOPBACK_ONLY),
                    "{target}: {reply}"
                );
            }
            assert!(ask(&far, "GET /_rehearsal/health", &headers, "").starts_with("HTTP/1.1 200 OK\r\n"), "{host}");
        }
        assert_eq!(clock(), before);
        assert!(std::fs::read_to_string(&log).unwrap().lines().all(|line| line.contains(" - - 403 remote ")));
        let moved = ask(&near, "POST /_rehearsal/clock", "host: kms\r\n", r#"{"advance": "25h"}"#);
        assert!(moved.starts_with("HTTP/1.1 200 OK\r\n"), "{moved}");
        assert_ne!(clock(), before);
    }
}

#[test]
fn it_says_that_it_checks_no_signatures_and_is_used_over_the_network() {
    let Some(other) = other_address() else { return };
    let bench = Bench::new();
    let words =
        ["rehearsal", "serve", "--listen", "0.0.0.0:0", "--allow-remote", "--host", &other.to_string(), "--no-quotas"];
    let mut server = bench.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (url, warning) = (first_line(server.stdout.take().unwrap()), first_line(server.stderr.take().unwrap()));
    let port = url.strip_prefix("http://127.0.0.1:").unwrap();
    bench.kms_byok(&format!("rehearsal ping --endpoint-url {url}")).succeeds();
    let far = format!("http://{other}:{port}");
    bench.kms_byok(&format!("rehearsal ping --endpoint-url {far}")).succeeds();
    let line =
        format!("--endpoint-url {far} --region us-east-1 provision --alias alias/a --generate --discard --quiet");
    let plain = bench.kms_byok_with_credentials(&line);
    let used = bench.kms_byok_with_credentials(&format!("--insecure-endpoint {line}"));
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(
        warning,
        format!("warning: whoever reaches 0.0.0.0:{port} can use every key in it: no signature is checked")
    );
    assert_eq!(plain.code, Some(2), "{}", plain.stderr);
    used.succeeds();
}

fn first_line(from: impl Read) -> String {
    use std::io::BufRead;
    let mut line = String::new();
    std::io::BufReader::new(from).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

#[test]
fn what_cannot_be_meant_is_wrong_usage() {
    let bench = Bench::new();
    let unasked = bench.kms_byok("rehearsal serve --listen 0.0.0.0:4566");
    assert_eq!(unasked.code, Some(2));
    assert_eq!(
        unasked.stderr,
        "error: `0.0.0.0:4566` is not a loopback address, and the embedded KMS checks no signatures\n\
         hint: listen on 127.0.0.1, or add --allow-remote\n"
    );
    let alone = bench.kms_byok("rehearsal serve --host kms");
    assert!(alone.code == Some(2) && alone.stderr.contains("--allow-remote"), "{}", alone.stderr);
    for host in ["http://kms", "*", "0.0.0.0", "kms:0", "a@kms"] {
        let run = bench.kms_byok(&format!("rehearsal serve --allow-remote --host {host}"));
        let cause = format!(": `{host}` is no name or address of a machine");
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.lines().next().unwrap().ends_with(&cause), "{}", run.stderr);
        assert!(
            run.stderr.contains("\nhint: write what a request has as its Host: `kms`, or `kms:4566`\n"),
            "{}",
            run.stderr
        );
    }
}

/// examples/rehearsal, by the packages of scripts/python-env.
#[test]
fn the_example_for_pytest_passes() {
    let Some(python) = pinned::python(&["pytest"], &["boto3"]) else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut pytest = Command::new(python.join("python"));
    pytest
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir"])
        .arg(directory.path())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rehearsal"))
        .env("KMS_BYOK", env!("CARGO_BIN_EXE_kms-byok"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("KMS_BYOK_TEST_KEYS", concat!(env!("CARGO_TARGET_TMPDIR"), "/wrapping-keys"))
        .current_dir(directory.path());
    let run = run(&mut pytest, b"");
    assert!(run.code == Some(0) && run.stdout.contains("2 passed"), "{}{}", run.stdout, run.stderr);
}
