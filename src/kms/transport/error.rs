//! What went wrong on the wire, and what the SDK is told about it.

use std::error::Error as StdError;
use std::io;

use aws_smithy_runtime_api::client::result::ConnectorError;
use http_body_util::LengthLimitError;
use hyper_util::client::legacy;

use crate::kms::error::EndpointError;

/// The largest reply that is read; those of KMS are a few kilobytes.
pub(super) const REPLY_LIMIT: usize = 1024 * 1024;

/// The first error of type `E` in a chain of sources, however deep the SDK or hyper has buried it.
pub(crate) fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An io::Error that wraps another error skips it in `source`.
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && let Some(found) = find::<E>(inner as &(dyn StdError + 'static))
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The kinds by which the SDK decides on another attempt: a reply that does not come and I/O are tried again, the others are not. The
/// time to connect is all the time that the user gives, so when it is over nobody tries again.
pub(super) fn connector_error(error: EndpointError) -> ConnectorError {
    let reached = error.may_have_been_sent();
    let boxed: Box<dyn StdError + Send + Sync> = Box::new(error.clone());
    let mapped = match error {
        EndpointError::ReadTimeout { .. } => ConnectorError::timeout(boxed),
        EndpointError::ConnectionRefused { .. }
        | EndpointError::Unreachable { .. }
        | EndpointError::NameUnknown { .. }
        | EndpointError::TlsHandshake { .. }
        | EndpointError::ProxyUnreachable { .. }
        | EndpointError::ProxyTunnel { .. }
        | EndpointError::Reset { .. } => ConnectorError::io(boxed),
        EndpointError::CaBundle { .. }
        | EndpointError::ProxyUnusable { .. }
        | EndpointError::ProxyPassword { .. }
        | EndpointError::ProxyPort { .. } => ConnectorError::user(boxed),
        _ => ConnectorError::other(boxed, None),
    };
    if reached { mapped } else { mapped.never_connected() }
}

pub(super) fn of_exchange(error: &legacy::Error, host: &str) -> EndpointError {
    if let Some(known) = find::<EndpointError>(error) {
        return known.clone();
    }
    let host = host.to_owned();
    if error.is_connect() {
        return EndpointError::Unreachable { host, because: innermost(error) };
    }
    match find::<hyper::Error>(error) {
        Some(inner) if inner.is_parse() => EndpointError::NotHttp { host, because: inner.to_string() },
        _ => EndpointError::Reset { host, because: innermost(error) },
    }
}

pub(super) fn of_body(error: &(dyn StdError + 'static), host: &str) -> EndpointError {
    let host = host.to_owned();
    if find::<LengthLimitError>(error).is_some() {
        return EndpointError::ReplyTooLarge { host, limit: REPLY_LIMIT };
    }
    EndpointError::Reset { host, because: innermost(error) }
}

/// Sorts what TCP says.
pub(super) fn of_tcp(error: &(dyn StdError + 'static), host: &str) -> EndpointError {
    if let Some(known) = find::<EndpointError>(error) {
        return known.clone();
    }
    let (host, because) = (host.to_owned(), innermost(error));
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => EndpointError::ConnectionRefused { host, because },
        _ => EndpointError::Unreachable { host, because },
    }
}

/// The text at the bottom of the chain, which is the one that says what happened.
pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
