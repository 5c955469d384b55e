//! Whom credential providers may ask. What steers them (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS, a profile's `services`, the addresses of
//! container and instance roles) is held to the rules for the endpoint of KMS, because tokens are sent there, and because who gives out
//! the credentials decides in whose account a key ends up.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use http::Uri;

use super::connection::Connection;
use super::error::EndpointError;
use super::transport::{Transport, is_loopback};

/// The HTTP client of the credential providers.
#[derive(Clone, Debug)]
pub(super) struct Guarded {
    transport: Transport,
    rules: Rules,
    refused: Arc<Mutex<Option<EndpointError>>>,
}

#[derive(Clone, Copy, Debug)]
struct Rules {
    allow_endpoint_env: bool,
    insecure_endpoint: bool,
}

/// Whom a provider asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Sts,
    Sso,
    SsoOidc,
    SignIn,
    /// A container or the instance, on this machine.
    Machine,
}

impl Guarded {
    pub(super) fn new(transport: Transport, connection: &Connection) -> Self {
        Guarded { transport, rules: Rules::of(connection), refused: Arc::default() }
    }

    /// Why the first request was not sent that was not: providers keep such causes to themselves, and some go on to the next.
    pub(super) fn refused(&self) -> Option<EndpointError> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl HttpClient for Guarded {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.transport.http_connector(settings, components);
        SharedHttpConnector::new(GuardedConnector { inner, guard: self.clone() })
    }
}

#[derive(Debug)]
struct GuardedConnector {
    inner: SharedHttpConnector,
    guard: Guarded,
}

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.guard.rules.check(Asked::by(&request), request.uri()) {
            Ok(()) => self.inner.call(request),
            Err(error) => {
                self.guard.refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.clone());
                HttpConnectorFuture::ready(Err(ConnectorError::user(Box::new(error)).never_connected()))
            }
        }
    }
}

impl Rules {
    fn of(connection: &Connection) -> Self {
        Rules { allow_endpoint_env: connection.allow_endpoint_env, insecure_endpoint: connection.insecure_endpoint }
    }

    fn check(self, asked: Asked, uri: &str) -> Result<(), EndpointError> {
        let parsed: Option<Uri> = uri.parse().ok();
        let (scheme, host) = parsed
            .as_ref()
            .map_or(("", ""), |uri| (uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default()));
        let url = parsed.as_ref().and_then(Uri::authority).map_or(String::new(), |authority| {
            let place = authority.as_str().rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{place}")
        });
        let expected = match asked {
            Asked::Machine => is_on_this_machine(host),
            _ => scheme == "https" && asked.is_at(host),
        };
        if expected {
            return Ok(());
        }
        if !self.allow_endpoint_env {
            return Err(EndpointError::ForeignProvider { url, asked: asked.name(), variable: asked.variable() });
        }
        if scheme != "https" && !is_loopback(host) && !self.insecure_endpoint {
            return Err(EndpointError::PlainHttp { url });
        }
        Ok(())
    }
}

/// What a configured endpoint of that service would be refused for.
pub(super) fn check(connection: &Connection, asked: Asked, url: &str) -> Result<(), EndpointError> {
    Rules::of(connection).check(asked, url)
}

impl Asked {
    /// By the form of the request: the services are spoken to in ways of their own, and wherever a URL points, that stays.
    fn by(request: &HttpRequest) -> Self {
        let path = request.uri().split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        match (request.method(), path.unwrap_or("/")) {
            _ if request.headers().get("x-amz-sso_bearer_token").is_some() => Asked::Sso,
            ("POST", "/") => Asked::Sts,
            ("POST", path) if path.starts_with("/v1/") => Asked::SignIn,
            ("POST", path) if path.ends_with("/token") || path.ends_with("/register") => Asked::SsoOidc,
            ("POST", _) => Asked::Sts,
            _ => Asked::Machine,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Asked::Sts => "STS",
            Asked::Sso => "SSO",
            Asked::SsoOidc => "SSO OIDC",
            Asked::SignIn => "AWS Sign-In",
            Asked::Machine => "the container or the instance",
        }
    }

    /// What usually steers the provider elsewhere.
    fn variable(self) -> &'static str {
        match self {
            Asked::Sts => "AWS_ENDPOINT_URL_STS",
            Asked::Sso => "AWS_ENDPOINT_URL_SSO",
            Asked::SsoOidc => "AWS_ENDPOINT_URL_SSO_OIDC",
            Asked::SignIn => "AWS_ENDPOINT_URL_SIGNIN",
            Asked::Machine => "AWS_CONTAINER_CREDENTIALS_FULL_URI or AWS_EC2_METADATA_SERVICE_ENDPOINT",
        }
    }

    /// Whether AWS serves it at that host.
    fn is_at(self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let region =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let labels: Vec<&str> = host.split('.').collect();
        let sts = |label: &str| label == "sts" || label == "sts-fips";
        if let [vpce, service, place, "vpce", "amazonaws", "com"] = labels[..] {
            return self == Asked::Sts && vpce.starts_with("vpce-") && sts(service) && region(place);
        }
        let in_partition = |rest: &[&str]| matches!(rest, [place, suffix @ ..] if region(place) && SUFFIXES.contains(&&*suffix.join(".")));
        match (self, &labels[..]) {
            (Asked::Sts, ["sts", "amazonaws", "com"]) => true,
            (Asked::Sts, [service, rest @ ..]) => sts(service) && in_partition(rest),
            (Asked::Sso, ["portal", "sso", rest @ ..]) => in_partition(rest),
            (Asked::SsoOidc, ["oidc", rest @ ..]) => in_partition(rest),
            (Asked::SignIn, ["signin", "aws", "amazon", "com"] | ["signin", "amazonaws-us-gov", "com"]) => true,
            (Asked::SignIn, [place, "signin", "aws", "amazon", "com"]) => region(place),
            _ => false,
        }
    }
}

/// Under which domains AWS's partitions are.
const SUFFIXES: &[&str] = &[
    "amazonaws.com",
    "api.aws",
    "amazonaws.eu",
    "api.amazonwebservices.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "csp.hci.ic.gov",
    "cloud.adc-e.uk",
];

/// Loopback, and the addresses at which AWS serves containers and instances: ECS, EKS Pod Identity, instance metadata.
fn is_on_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if is_loopback(host) {
        return true;
    }
    match host.parse() {
        Ok(IpAddr::V4(address)) => {
            [[169, 254, 170, 2], [169, 254, 170, 23], [169, 254, 169, 254]].contains(&address.octets())
        }
        Ok(IpAddr::V6(address)) => {
            let [first, second, zeros @ .., last] = address.segments();
            (first, second) == (0xfd00, 0x0ec2) && zeros == [0; 5] && matches!(last, 0x23 | 0x254)
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: [Asked; 5] = [Asked::Sts, Asked::Sso, Asked::SsoOidc, Asked::SignIn, Asked::Machine];
    const STRICT: Rules = Rules { allow_endpoint_env: false, insecure_endpoint: false };

    #[test]
    fn each_provider_asks_awss_own_host_by_https() {
        for (asked, host) in [
            (Asked::Sts, "sts.amazonaws.com"),
            (Asked::Sts, "sts.eu-west-1.amazonaws.com"),
            (Asked::Sts, "STS-fips.us-gov-west-1.amazonaws.com"),
            (Asked::Sts, "sts.us-east-1.api.aws"),
            (Asked::Sts, "sts.us-iso-east-1.c2s.ic.gov"),
            (Asked::Sts, "vpce-1-a.sts.us-east-1.vpce.amazonaws.com"),
            (Asked::Sso, "portal.sso.us-east-1.amazonaws.com"),
            (Asked::SsoOidc, "oidc.us-east-1.amazonaws.com"),
            (Asked::SignIn, "us-east-1.signin.aws.amazon.com"),
        ] {
            assert!(STRICT.check(asked, &format!("https://{host}/")).is_ok(), "{host}");
            for other in ASKED.into_iter().filter(|other| *other != asked) {
                assert!(STRICT.check(other, &format!("https://{host}/")).is_err(), "{other:?} {host}");
            }
            assert!(STRICT.check(asked, &format!("http://{host}/")).is_err(), "{host}");
        }
    }

    #[test]
    fn no_provider_asks_anybody_else() {
        for asked in ASKED {
            for url in [
                "https://sts.amazonaws.com.example.org/",
                "https://sts.example.org/",
                "https://sts..amazonaws.com/",
                "https://a.execute-api.us-east-1.amazonaws.com/",
                "https://kms.us-east-1.amazonaws.com/",
                "https://portal.sso.us-east-1.awsapps.com/",
                "http://10.0.0.1/",
                "http://169.254.1.1/",
                "http://[fd00:ec2::1]/",
                "http://localhost.example.org/",
                "https://user:hush@example.org/",
                "",
            ] {
                let error = STRICT.check(asked, url).unwrap_err();
                assert!(matches!(error, EndpointError::ForeignProvider { .. }), "{url}: {error}");
                assert!(!error.to_string().contains("hush"), "{error}");
            }
        }
    }

    #[test]
    fn containers_and_instances_are_asked_at_their_own_addresses_and_no_service_is() {
        for host in [
            "169.254.170.2",
            "169.254.170.23",
            "169.254.169.254",
            "[fd00:ec2::254]",
            "[fd00:ec2::23]",
            "127.0.0.1:8080",
            "localhost",
            "[::1]",
        ] {
            let url = format!("http://{host}/latest");
            for asked in ASKED {
                assert_eq!(STRICT.check(asked, &url).is_ok(), asked == Asked::Machine, "{asked:?} {host}");
            }
        }
    }

    #[test]
    fn what_is_allowed_expressly_is_https_or_on_this_machine() {
        let allowing = Rules { allow_endpoint_env: true, insecure_endpoint: false };
        for asked in ASKED {
            for url in ["https://sts.example.org/", "http://127.0.0.1:1/", "http://localhost/"] {
                assert!(allowing.check(asked, url).is_ok(), "{asked:?} {url}");
            }
            let plain = allowing.check(asked, "http://sts.example.org/").unwrap_err();
            assert!(matches!(plain, EndpointError::PlainHttp { .. }), "{asked:?}: {plain}");
            let insecure = Rules { insecure_endpoint: true, ..allowing };
            assert!(insecure.check(asked, "http://sts.example.org/").is_ok(), "{asked:?}");
        }
    }
}
