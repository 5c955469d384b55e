//! What an embedded KMS can make fail.

use super::super::Sample;
use super::{path, system, typed};
use crate::explain::Explain;
use crate::openssl_probe::OpenSslError;
use crate::rehearsal::RehearsalError;

pub(super) fn all() -> Vec<Sample> {
    rehearsals()
}

one_of_each! {
    rehearsals: RehearsalError {
        OpenSsl (OpenSslError::SelfTest { what: "OAEP-SHA-256" })
        NotLoopback { listen: ([10, 0, 0, 1], 80).into() }
        Listen { listen: ([127, 0, 0, 1], 80).into(), source: system() }
        Thread { source: system() }
        AccessLog { path: path(), source: system() }
        Fault { text: typed(), problem: "its third part is unknown" }
        Clock { text: typed() }
        HostName { text: typed() }
        Unreachable { url: typed(), source: system() }
        NotARehearsal { url: typed() }
        Url { url: typed() }
    }
}
