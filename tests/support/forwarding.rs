//! A proxy for plain http, so that an embedded KMS stands at any host name. It answers nothing itself and makes nothing go wrong, so it
//! is no second fault injector.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// A proxy that takes every host for the one at this URL, because the embedded KMS answers to its own name only; its own URL.
pub(crate) fn proxy_to(url: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let address = url.trim_start_matches("http://").to_owned();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, address) = (client.unwrap(), address.clone());
            std::thread::spawn(move || {
                let (mut request, mut piece) = (Vec::new(), [0; 4096]);
                let (head, body) = loop {
                    let count = client.read(&mut piece).unwrap();
                    assert!(count > 0, "the request ends early");
                    request.extend(&piece[..count]);
                    let text = String::from_utf8_lossy(&request).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head
                        .lines()
                        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
                    if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                        break (head.to_owned(), body.to_owned());
                    }
                };
                assert!(head.starts_with("POST http://") && head.contains("/ HTTP/1.1\r\n"), "{head}");
                let kept = head.lines().skip(1).filter(|line| !line.to_ascii_lowercase().starts_with("host:"));
                let kept: String = kept.map(|line| format!("{line}\r\n")).collect();
                let mut server = TcpStream::connect(&address).unwrap();
                write!(server, "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{kept}\r\n{body}").unwrap();
                let mut reply = Vec::new();
                server.read_to_end(&mut reply).unwrap();
                client.write_all(&reply).unwrap();
            });
        }
    });
    proxy
}
