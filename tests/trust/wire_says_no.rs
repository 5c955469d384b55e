//! What goes wrong between here and the endpoint, as the user sees it.

use std::io::{Read, Write};
use std::time::Duration;

use crate::support::tls_server::{Authority, Does, KEY_ARN, Server, Shows, converse};
use crate::support::{Bench, Run, run};

const KEY_ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

/// `status` of a key at a URL, with flags and variables.
fn status(url: &str, flags: &str, variables: &[(&str, &str)]) -> Run {
    let bench = Bench::new();
    let line = format!("status --key-id {KEY_ID} --region us-east-1 --endpoint-url {url} --quiet {flags}");
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = bench.command(&words);
    command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "test").envs(variables.iter().copied());
    run(&mut command, b"")
}

/// A server in the clear.
fn plain(does: Does) -> Server {
    Server::start(move |mut stream, log| converse(&mut stream, does, &log))
}

/// A server that says the same to whatever comes.
fn saying(bytes: &'static [u8]) -> Server {
    Server::start(move |mut stream, _| {
        let _ = stream.read(&mut [0; 65536]);
        let _ = stream.write_all(bytes);
    })
}

/// Cause and hint; the words between them are the system's.
#[track_caller]
fn told(run: &Run, cause: &str, hint: &str) {
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!((run.code, lines.first(), lines.last()), (Some(1), Some(&cause), Some(&hint)), "{}", run.stderr);
    let beneath = &lines[1..lines.len() - 1];
    assert!(beneath.iter().all(|line| line.starts_with("because: ")) && beneath.len() < 2, "{}", run.stderr);
}

#[test]
fn a_name_that_nobody_knows() {
    told(
        &status("https://nowhere.invalid", "", &[]),
        "error: the host name `nowhere.invalid` cannot be resolved",
        "hint: check the Region or the endpoint URL, and this machine's DNS",
    );
}

/// The broadcast address takes no TCP connection, whatever this machine's routes are.
#[test]
fn an_address_that_is_no_machine() {
    told(
        &status("http://255.255.255.255:1", "--insecure-endpoint", &[]),
        "error: `255.255.255.255:1` cannot be reached",
        "hint: check this machine's network and proxy settings",
    );
}

#[test]
fn a_server_that_does_not_shake_hands() {
    let server = Server::start(|stream, _| {
        std::thread::sleep(Duration::from_secs(20));
        drop(stream);
    });
    let port = server.port();
    told(
        &status(&format!("https://127.0.0.1:{port}"), "--connect-timeout 250ms", &[]),
        &format!("error: no connection to `127.0.0.1:{port}` within 0.25 s"),
        "hint: check network, firewall and HTTPS_PROXY, or allow more time with --connect-timeout",
    );
}

#[test]
fn a_reply_that_does_not_come() {
    let server = plain(Does::Wait(Duration::from_secs(20)));
    let port = server.port();
    told(
        &status(&format!("http://127.0.0.1:{port}"), "--read-timeout 250ms", &[]),
        &format!("error: no complete reply from `127.0.0.1:{port}` within 0.25 s"),
        "hint: try again, or allow more time with --read-timeout",
    );
}

#[test]
fn a_reply_that_breaks_off() {
    let server = plain(Does::BreakOff);
    let port = server.port();
    told(
        &status(&format!("http://127.0.0.1:{port}"), "", &[]),
        &format!("error: the connection to `127.0.0.1:{port}` broke before the reply was complete"),
        "hint: try again, and check for a proxy or firewall between here and the endpoint",
    );
}

#[test]
fn a_reply_without_end() {
    let server = plain(Does::Flood);
    let port = server.port();
    told(
        &status(&format!("http://127.0.0.1:{port}"), "", &[]),
        &format!("error: `127.0.0.1:{port}` sends more than 1048576 bytes, but no reply of KMS is that long"),
        "hint: check that the endpoint URL is one of KMS",
    );
}

#[test]
fn a_server_of_another_protocol() {
    let server = saying(b"220 mail.example ESMTP\r\n");
    let port = server.port();
    told(
        &status(&format!("http://127.0.0.1:{port}"), "", &[]),
        &format!("error: `127.0.0.1:{port}` does not answer in HTTP"),
        "hint: check that the endpoint URL is one of KMS",
    );
    told(
        &status(&format!("https://127.0.0.1:{port}"), "", &[]),
        &format!("error: the TLS handshake with `127.0.0.1:{port}` fails"),
        "hint: check that the endpoint speaks TLS 1.2 or newer on this port",
    );
}

#[test]
fn certificates_that_are_not_trusted_not_for_this_name_or_out_of_date() {
    let bench = Bench::new();
    let authority = Authority::new();
    bench.write("ca.pem", authority.pem());
    let bundle = bench.path("ca.pem").display().to_string();
    let trusting = [("AWS_CA_BUNDLE", bundle.as_str())];
    for (shows, variables, cause, hint) in [
        (
            Shows::Localhost,
            &[][..],
            "error: the certificate of `HOST` is not issued by an authority that is trusted here",
            "hint: if a proxy of yours inspects TLS, put its CA certificate in a PEM file and name it in AWS_CA_BUNDLE",
        ),
        (
            Shows::AnotherName,
            &trusting,
            "error: the certificate of `HOST` is for another name",
            "hint: use the host name that is in the certificate",
        ),
        (
            Shows::Expired,
            &trusting,
            "error: the certificate of `HOST` has expired",
            "hint: check this machine's clock, then renew the endpoint's certificate",
        ),
        (
            Shows::NotYetValid,
            &trusting,
            "error: the certificate of `HOST` is not valid yet",
            "hint: check this machine's clock",
        ),
    ] {
        let server = authority.serve(shows, Does::Answer);
        let host = format!("127.0.0.1:{}", server.port());
        told(&status(&format!("https://{host}"), "", variables), &cause.replace("HOST", &host), hint);
    }
}

#[test]
fn a_proxy_that_opens_no_tunnel() {
    let proxy = saying(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    let url = format!("http://127.0.0.1:{}", proxy.port());
    told(
        &status("https://elsewhere.example", "", &[("HTTPS_PROXY", &url)]),
        &format!("error: the proxy `127.0.0.1:{}` does not open a tunnel", proxy.port()),
        "hint: check the proxy's rules and the password in its URL, or name the host in NO_PROXY",
    );
}

#[test]
fn a_reply_about_another_key() {
    let server = plain(Does::Answer);
    let bench = Bench::new();
    let url = format!("http://127.0.0.1:{}", server.port());
    let asked = "99999999-12ab-34cd-56ef-1234567890ab";
    bench
        .kms_byok_with_credentials(&format!("status --key-id {asked} --region us-east-1 --endpoint-url {url} --quiet"))
        .refuses(
            1,
            &format!(
                "error: the reply to DescribeKey for `{asked}` is about `{KEY_ARN}`\n\
                 hint: check that the endpoint is AWS's, and trust nothing in this reply\n"
            ),
        );
}

#[test]
fn a_reply_with_a_state_that_kms_does_not_have() {
    let server = saying(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\n\r\n\
          {\"KeyMetadata\":{\"Arn\":\"arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\",\
          \"KeyId\":\"1234abcd-12ab-34cd-56ef-1234567890ab\",\"KeyState\":\"Molten\",\"Origin\":\"EXTERNAL\",\
          \"KeySpec\":\"HMAC_256\",\"KeyUsage\":\"GENERATE_VERIFY_MAC\"}}",
    );
    status(&format!("http://127.0.0.1:{}", server.port()), "", &[]).refuses(
        1,
        "error: the reply to DescribeKey has `Molten` as its KeyState, which this program does not know\n\
         hint: update kms-byok; if it is new, check that the endpoint is AWS's\n",
    );
}

#[test]
fn a_source_of_credentials_that_fails() {
    let bench = Bench::new();
    bench.write("config", "[default]\ncredential_process = false\n[profile keys]\ncredential_process = false\n");
    let config = bench.path("config").display().to_string();
    for (profile, hint) in [
        ("", "hint: fix that source, or sign in again (`aws sso login`)"),
        ("--profile keys", "hint: fix profile `keys`, or sign in again: `aws sso login --profile keys`"),
    ] {
        let line = format!("status --key-id {KEY_ID} --region us-east-1 {profile}");
        let words: Vec<&str> = line.split_whitespace().collect();
        let run = run(bench.command(&words).env("AWS_CONFIG_FILE", &config), b"");
        told(&run, "error: a source of AWS credentials fails", hint);
    }
}
