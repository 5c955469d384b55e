//! The embedded KMS cannot start, or does not answer.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::explain::{Hint, OwnWords, Setting, Step, explain_sum, hint, some};
use crate::openssl_probe::OpenSslError;

/// The embedded KMS was asked for something it does not do, does not answer, or was refused a socket or a file by the system.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum RehearsalError {
    #[error("`{listen}` is not a loopback address, and the embedded KMS checks no signatures")]
    NotLoopback { listen: SocketAddr },
    #[error("the embedded KMS cannot listen on `{listen}`")]
    Listen { listen: SocketAddr, source: io::Error },
    #[error("the embedded KMS cannot start its thread")]
    Thread { source: io::Error },
    #[error("the access log `{}` cannot be written", .path.display())]
    AccessLog { path: PathBuf, source: io::Error },
    #[error("`{text}` is not a fault: {problem}")]
    Fault { text: String, problem: &'static str },
    #[error("`{text}` is not a time for the clock")]
    Clock { text: String },
    #[error("`{text}` is no name or address of a machine")]
    HostName { text: String },
    #[error("no embedded KMS answers at `{url}`")]
    #[strum(serialize = "rehearsal_unreachable")]
    Unreachable { url: String, source: io::Error },
    #[error("what answers at `{url}` is not the embedded KMS")]
    NotARehearsal { url: String },
    #[error("`{url}` is not a URL of an embedded KMS")]
    Url { url: String },
    #[error(transparent)]
    OpenSsl(#[from] OpenSslError),
}

explain_sum!(RehearsalError { OpenSsl } or OwnWords);

impl OwnWords for RehearsalError {
    fn own_id(&self) -> &'static str {
        self.into()
    }

    fn own_hint(&self) -> Option<Hint> {
        match self {
            RehearsalError::OpenSsl(_) => None, // what it holds has its own
            RehearsalError::NotLoopback { .. } => hint!["listen on 127.0.0.1, or add ", Setting::AllowRemote],
            RehearsalError::Listen { .. } => some("choose a free port, or 127.0.0.1:0 to be given one"),
            RehearsalError::Thread { .. } => None,
            RehearsalError::AccessLog { .. } => some("name a file in a directory that this user can write to"),
            RehearsalError::Fault { .. } => {
                some("write OPERATION:WHEN:WHAT, as in `ImportKeyMaterial:1:throttle` or `*:2+:latency=500ms`")
            }
            RehearsalError::Clock { .. } => some("write 2027-01-31T12:00:00Z, or a difference such as +25h or -90d"),
            RehearsalError::HostName { .. } => some("write what a request has as its Host: `kms`, or `kms:4566`"),
            RehearsalError::Unreachable { .. } | RehearsalError::NotARehearsal { .. } => {
                hint!["start one with ", Step::Rehearsal, ", and use the URL it prints"]
            }
            RehearsalError::Url { .. } => some("write http://127.0.0.1:PORT"),
        }
    }

    fn own_because(&self) -> Option<String> {
        match self {
            RehearsalError::Listen { source, .. }
            | RehearsalError::Thread { source }
            | RehearsalError::AccessLog { source, .. }
            | RehearsalError::Unreachable { source, .. } => Some(source.to_string()),
            _ => None,
        }
    }
}
