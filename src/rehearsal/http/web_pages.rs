//! Who is let in: programs of this machine that mean this server, and no page of a browser.
//!
//! A page can send requests to loopback from wherever it came, and by DNS rebinding (its own name, which suddenly means 127.0.0.1) read the
//! replies too. The first kind carries an `Origin` (Fetch standard, §3.2), the second the page's name as `Host`.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;

/// Why a request is refused, or nothing.
pub(crate) fn refusal(request: &Parts) -> Option<&'static str> {
    if request.headers.contains_key(ORIGIN) {
        return Some("a request with an Origin comes from a page in a browser, and the embedded KMS answers none");
    }
    let mut hosts = request.headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok().and_then(|host| host.parse().ok()),
        _ => None,
    };
    // A target with a host of its own counts instead of the header (RFC 9112 §3.2.2): both must be right.
    if host.as_ref().is_some_and(names_this_machine) && request.uri.authority().is_none_or(names_this_machine) {
        return None;
    }
    Some("the Host of the request is no name of this machine's loopback, on which the embedded KMS listens")
}

/// `127.0.0.1:4566`, `localhost:4566`, `[::1]:4566`; a browser cannot be made to take another machine for one of these. The port may be
/// another than the server's own: that of a tunnel, or one that a container engine publishes.
fn names_this_machine(authority: &Authority) -> bool {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    (is_loopback || host.eq_ignore_ascii_case("localhost")) && !authority.as_str().contains('@')
}
