//! A machine with one source of credentials, and an endpoint that notes whose access key signs.

use std::io::{Read, Write};

use crate::support::tls_server::{Does, KEY_ARN, Server, converse};
use crate::support::{Bench, Run, run};

pub(super) struct Setting {
    pub(super) bench: Bench,
    pub(super) kms: Server,
    pub(super) variables: Vec<(&'static str, String)>,
}

impl Setting {
    pub(super) fn new() -> Self {
        let kms = Server::start(|mut stream, log| converse(&mut stream, Does::Answer, &log));
        Setting { bench: Bench::new(), kms, variables: Vec::new() }
    }

    pub(super) fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    pub(super) fn status(&self, more: &[&str]) -> Run {
        let url = format!("http://127.0.0.1:{}", self.kms.port());
        let words = [&["status", "--key-id", KEY_ARN, "--endpoint-url", url.as_str()], more].concat();
        let mut command = self.bench.command(&words);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        run(&mut command, b"")
    }

    /// The access key ids that signed requests to KMS.
    #[track_caller]
    pub(super) fn signs_with(&self, more: &[&str], access_key_id: &str) {
        self.status(more).succeeds();
        let requests = self.kms.requests();
        assert!(requests.iter().all(|request| request.ends_with(&format!(" {access_key_id}"))), "{requests:?}");
        assert!(!requests.is_empty());
    }
}

/// Answers any request with that body, and notes its first line.
pub(super) fn serve(content_type: &'static str, body: String) -> Server {
    Server::start(move |mut stream, log| {
        let mut buffer = vec![0; 65536];
        let length = stream.read(&mut buffer).unwrap_or(0);
        let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
        log.lock().unwrap().push(request);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(format!("{head}{body}").as_bytes());
    })
}
