//! The names by which an embedded KMS is reached from elsewhere.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::uri::Authority;

use crate::rehearsal::error::RehearsalError;

/// What a request may have as `Host`: a name or an address, with a port or, without one, with any. It parses from `kms`, `kms:4566`,
/// `192.0.2.7` or `[2001:db8::7]:4566`: other text is [`RehearsalError::HostName`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName {
    host: Host,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    /// In small letters.
    Name(String),
}

/// What http takes where a `Host` has no port.
const USUAL_PORT: u16 = 80;

impl HostName {
    /// Whether a request means it.
    pub(crate) fn fits(&self, authority: &Authority) -> bool {
        Host::read(authority.host()).is_some_and(|host| host == self.host)
            && self.port.is_none_or(|port| authority.port_u16().unwrap_or(USUAL_PORT) == port)
    }
}

impl Host {
    /// Nothing for what names no one machine: `0.0.0.0`, and text that is neither an address nor a name of DNS or of a container network.
    fn read(text: &str) -> Option<Self> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return (!address.is_unspecified()).then_some(Host::Address(address));
        }
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        (text.len() <= 253 && text.split('.').all(is_label)).then(|| Host::Name(text.to_ascii_lowercase()))
    }
}

impl FromStr for HostName {
    type Err = RehearsalError;

    /// `kms`, `kms:4566`, `192.0.2.7`, `2001:db8::7`, `[2001:db8::7]:4566`.
    fn from_str(text: &str) -> Result<Self, RehearsalError> {
        let wrong = || RehearsalError::HostName { text: text.to_owned() };
        if let Some(host) = Host::read(text) {
            return Ok(HostName { host, port: None });
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        // An address of IPv6 has a port only behind its brackets.
        if host.contains(':') && !host.ends_with(']') || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
        Ok(HostName { host: Host::read(host).ok_or_else(wrong)?, port: Some(port) })
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
            Host::Address(IpAddr::V4(address)) => write!(f, "{address}")?,
            Host::Name(name) => f.write_str(name)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_read_and_everything_else_is_refused() {
        for (text, shown) in [
            ("kms", "kms"),
            ("KMS:4566", "kms:4566"),
            ("my_project-kms-1.internal", "my_project-kms-1.internal"),
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7:80", "192.0.2.7:80"),
            ("2001:db8::7", "[2001:db8::7]"),
            ("[2001:DB8::7]", "[2001:db8::7]"),
            ("[2001:db8::7]:4566", "[2001:db8::7]:4566"),
        ] {
            assert_eq!(text.parse::<HostName>().unwrap().to_string(), shown);
        }
        for text in [
            "",
            "*",
            "*.internal",
            ".",
            "kms.",
            ".kms",
            "a..b",
            "a b",
            "http://kms",
            "kms/",
            "user@kms",
            "kms:",
            "kms:0",
            "kms:65536",
            "kms:+80",
            "kms:x",
            ":4566",
            "a:1:2",
            "0.0.0.0",
            "0.0.0.0:4566",
            "::",
            "[::]:4566",
            "[kms]",
            "[2001:db8::7",
            "k\u{e4}ms",
        ] {
            assert!(matches!(text.parse::<HostName>(), Err(RehearsalError::HostName { .. })), "{text}");
        }
    }
}
