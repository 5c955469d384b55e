//! Which requests go through a proxy.

use std::net::IpAddr;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use super::super::environment::Environment;
use crate::kms::error::EndpointError;

/// The proxy settings, ready to be asked.
pub(super) struct Proxies {
    matcher: Matcher,
    https: Setting,
    http: Setting,
}

#[derive(PartialEq)]
enum Setting {
    Unset,
    Usable,
    /// It names no proxy of http or https.
    Unusable,
    /// Its user name or password ends too early, or not where it seems to.
    Password,
    /// Its port is none.
    Port,
}

impl Proxies {
    pub(super) fn new(environment: &Environment) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let (https, http) = (text(&environment.https_proxy), text(&environment.http_proxy));
        Proxies {
            https: Setting::of(&https),
            http: Setting::of(&http),
            matcher: Matcher::builder().https(https).http(http).no(text(&environment.no_proxy)).build(),
        }
    }

    /// The proxy for this URI, if there is one. A variable that names none is an error: going around it silently would
    /// send a request where it is not meant to go.
    pub(super) fn route(&self, uri: &Uri) -> Result<Option<Intercept>, EndpointError> {
        if uri.host().is_none_or(is_local) {
            return Ok(None);
        }
        let (setting, variable) = match uri.scheme_str() {
            Some("https") => (&self.https, "HTTPS_PROXY"),
            _ => (&self.http, "HTTP_PROXY"),
        };
        match setting {
            Setting::Unusable => Err(EndpointError::ProxyUnusable { variable }),
            Setting::Password => Err(EndpointError::ProxyPassword { variable }),
            Setting::Port => Err(EndpointError::ProxyPort { variable }),
            _ => Ok(self.matcher.intercept(uri)),
        }
    }

    /// The `Proxy-Authorization` header of a plain http request; for https it goes with CONNECT instead.
    pub(super) fn credentials_for_plain_http(&self, uri: &Uri) -> Option<HeaderValue> {
        let plain = uri.scheme_str() == Some("http");
        let proxy = if plain { self.route(uri).ok().flatten() } else { None }?;
        proxy.basic_auth().cloned()
    }
}

impl Setting {
    fn of(value: &str) -> Self {
        let place = match value.rsplit_once('@') {
            // What stands before the last @ is a secret, and whatever ends it early would become part of the host.
            Some((secret, place)) if is_one_piece(secret) => place,
            Some(_) => return Setting::Password,
            None => value.split_once("://").map_or(value, |(_, place)| place),
        };
        let place = place.strip_suffix('/').unwrap_or(place);
        if !value.is_empty() && place.contains(['/', '?', '#', '\\', ' ']) {
            return Setting::Unusable;
        }
        if !has_port(place) {
            return Setting::Port;
        }
        let uri = Uri::from_static("http://kms.us-east-1.amazonaws.com/");
        let usable = |proxy: &Intercept| {
            matches!(proxy.uri().scheme_str(), Some("http" | "https"))
                && proxy.uri().host().is_some_and(|h| !h.is_empty())
        };
        match Matcher::builder().http(value.to_owned()).build().intercept(&uri) {
            _ if value.is_empty() => Setting::Unset,
            Some(proxy) if usable(&proxy) => Setting::Usable,
            _ => Setting::Unusable,
        }
    }
}

/// Whether a URL's scheme, user name and password have no character that would end them.
fn is_one_piece(secret: &str) -> bool {
    let secret = secret.split_once("://").map_or(secret, |(_, secret)| secret);
    !secret.contains(['@', '#', '/', '?', '\\', '[', ']', ' '])
}

/// Whether the port behind a host, where there is one, is from 1 to 65535.
fn has_port(place: &str) -> bool {
    let after_address = place.rsplit_once(']').map_or(place, |(_, rest)| rest);
    let port = after_address.rsplit_once(':').map(|(_, port)| port);
    port.is_none_or(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// Loopback, and the link-local addresses from which containers and instances get credentials. A proxy could not reach
/// them, and plain http is allowed there only because it stays on this machine.
fn is_local(host: &str) -> bool {
    is_loopback(host)
        || match address(host) {
            Some(IpAddr::V4(ip)) => ip.is_link_local(),
            // fd00:ec2::/32 is AWS's own: ::254 is the instance metadata service, ::23 EKS Pod Identity.
            Some(IpAddr::V6(ip)) => ip.is_unicast_link_local() || ip.segments()[..2] == [0xfd00, 0x0ec2],
            None => false,
        }
}

/// Whether a host of a URL is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || address(host).is_some_and(|ip| ip.is_loopback())
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(https: &str, http: &str, no: &str) -> Proxies {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Proxies::new(&Environment {
            https_proxy: some(https),
            http_proxy: some(http),
            no_proxy: some(no),
            ..Environment::default()
        })
    }

    fn route(proxies: &Proxies, uri: &'static str) -> Option<String> {
        proxies.route(&Uri::from_static(uri)).unwrap().map(|proxy| proxy.uri().to_string())
    }

    const KMS: &str = "https://kms.us-east-1.amazonaws.com/";

    #[test]
    fn each_scheme_has_its_proxy() {
        let both = proxies("http://secure:1", "plain:2", "");
        assert_eq!(route(&both, KMS).as_deref(), Some("http://secure:1/"));
        assert_eq!(route(&both, "http://kms.test/").as_deref(), Some("http://plain:2/"));
        assert_eq!(route(&proxies("", "http://plain:2", ""), KMS), None);
    }

    #[test]
    fn no_proxy_names_domains_addresses_and_networks() {
        let some = proxies("http://p:1", "", "amazonaws.com,10.0.0.0/8");
        assert_eq!(route(&some, KMS), None);
        assert_eq!(route(&some, "https://10.1.2.3/"), None);
        assert_eq!(route(&some, "https://notamazonaws.com/").as_deref(), Some("http://p:1/"));
        assert_eq!(route(&proxies("http://p:1", "", "*"), KMS), None);
    }

    #[test]
    fn loopback_and_the_credential_endpoints_are_never_proxied() {
        let all = proxies("http://p:1", "http://p:1", "");
        for uri in [
            "http://127.0.0.1:8080/",
            "https://127.9.9.9/",
            "http://localhost/",
            "http://[::1]/",
            "http://169.254.169.254/latest",
            "http://169.254.170.2/credentials",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::254]/latest",
            "http://[fd00:ec2::23]/v1/credentials",
        ] {
            assert_eq!(route(&all, uri), None, "{uri}");
        }
        assert!(route(&all, "http://170.254.169.254/").is_some());
    }

    #[test]
    fn a_variable_that_names_no_usable_proxy_is_an_error_and_not_a_direct_connection() {
        for value in ["socks5://p:1080", "ftp://p", "http://", "://", "http://a b"] {
            let error = proxies(value, "", "").route(&Uri::from_static(KMS)).map(|_| ()).unwrap_err();
            assert!(matches!(error, EndpointError::ProxyUnusable { variable: "HTTPS_PROXY" }), "{value}: {error}");
        }
    }

    #[test]
    fn a_password_that_ends_early_is_an_error_that_shows_nothing_of_it() {
        for value in [
            "http://user:p@ss#w@host",
            "http://user:p#ss@host:1",
            "http://user:p/ss@host:1",
            "http://user:p?ss@host:1",
            "http://us@er:pass@host",
            "user:p@ss@host:1",
            "https://user:pa ss@host",
            "http://user:p\\ss@host",
        ] {
            let error = proxies(value, "", "").route(&Uri::from_static(KMS)).map(|_| ()).unwrap_err();
            assert!(matches!(error, EndpointError::ProxyPassword { variable: "HTTPS_PROXY" }), "{value}: {error}");
        }
        let encoded = proxies("http://user:p%40ss%23w@host:1", "", "");
        assert_eq!(route(&encoded, KMS).as_deref(), Some("http://host:1/"));
    }

    #[test]
    fn a_port_is_from_1_to_65535() {
        for value in [
            "http://p:65536",
            "http://p:0",
            "http://p:99999/",
            "p:4294967297",
            "http://u:w@p:70000",
            "http://[::1]:70000",
        ] {
            let error = proxies(value, "", "").route(&Uri::from_static(KMS)).map(|_| ()).unwrap_err();
            assert!(matches!(error, EndpointError::ProxyPort { .. }), "{value}: {error}");
        }
        for value in ["http://p:65535", "p:1", "http://u:w@p", "http://[::1]:3128", "http://[::1]"] {
            assert!(proxies(value, "", "").route(&Uri::from_static(KMS)).is_ok(), "{value}");
        }
    }

    #[test]
    fn a_proxys_password_goes_into_the_header_of_plain_http_only() {
        let some = proxies("http://u:p@p:1", "http://u:p@p:1", "");
        assert!(some.credentials_for_plain_http(&Uri::from_static(KMS)).is_none());
        let header = some.credentials_for_plain_http(&Uri::from_static("http://kms.test/")).unwrap();
        assert_eq!(header, "Basic dTpw");
        assert!(header.is_sensitive());
    }
}
