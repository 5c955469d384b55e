//! Who is let in: programs that mean this server, and no page of a browser; and to its clock and faults, this machine alone.
//!
//! A page can send requests to loopback from wherever it came, and by DNS rebinding (its own name, which suddenly means 127.0.0.1) read the
//! replies too. The first kind carries an `Origin` (Fetch standard, §3.2), the second the page's name as `Host`. In a network of containers
//! it is the same with the addresses there.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;

use super::host_name::HostName;

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// This machine's loopback, or the same process.
    Near,
    Elsewhere,
}

impl Peer {
    /// A socket for both families shows the loopback of IPv4 as an address of IPv6.
    pub(crate) fn at(address: IpAddr) -> Self {
        if address.to_canonical().is_loopback() { Peer::Near } else { Peer::Elsewhere }
    }
}

/// A request that is not let in: what the access log calls it, and what it is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) why: &'static str,
}

/// Why a request is not let in, or nothing. `remote` has the names that it may give beside those of loopback; `None` where there is loopback
/// alone.
pub(crate) fn refusal(request: &Parts, peer: Peer, remote: Option<&[HostName]>) -> Option<Refused> {
    let foreign = |why| Some(Refused { code: "foreign", why });
    if request.headers.contains_key(ORIGIN) {
        return foreign("a request with an Origin comes from a page in a browser, and the embedded KMS answers none");
    }
    let mut hosts = request.headers.get_all(HOST).iter();
    let host: Option<Authority> = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok().and_then(|host| host.parse().ok()),
        _ => None,
    };
    let is_meant = |authority: &Authority| {
        !authority.as_str().contains('@')
            && (names_this_machine(authority)
                || remote.is_some_and(|names| names.iter().any(|name| name.fits(authority))))
    };
    // A target with a host of its own counts instead of the header (RFC 9112 §3.2.2): both must be right.
    if !host.as_ref().is_some_and(is_meant) || !request.uri.authority().is_none_or(is_meant) {
        return foreign(match remote {
            None => "the Host of the request is no name of this machine's loopback, on which the embedded KMS listens",
            Some(_) => "the Host of the request is none of those that the embedded KMS was told to answer to",
        });
    }
    if peer == Peer::Elsewhere && matches!(request.uri.path(), "/_rehearsal/clock" | "/_rehearsal/faults") {
        return Some(Refused { code: "remote", why: "the clock and the faults are for requests from loopback only" });
    }
    None
}

/// `127.0.0.1:4566`, `localhost:4566`, `[::1]:4566`; a browser cannot be made to take another machine for one of these. The port may be
/// another than the server's own: that of a tunnel, or one that a container engine publishes.
fn names_this_machine(authority: &Authority) -> bool {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()) || host.eq_ignore_ascii_case("localhost")
}
