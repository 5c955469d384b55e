//! Whom credential providers may ask. What steers them (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS, a profile's `services`, the addresses of
//! container and instance roles) is held to the rules for the endpoint of KMS, because tokens are sent there, and because who gives out
//! the credentials decides in whose account a key ends up.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use http::Uri;

use super::asked::{Asked, is_on_this_machine};
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pinned;

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
            (Asked::Sso, "portal.sso.eusc-de-east-1.api.amazonwebservices.eu"),
            (Asked::SignIn, "us-east-1.signin.aws.amazon.com"),
            (Asked::SignIn, "signin.aws.amazon.com"),
        ] {
            assert!(STRICT.check(asked, &format!("https://{host}/")).is_ok(), "{host}");
            for other in ASKED.into_iter().filter(|other| *other != asked) {
                assert!(STRICT.check(other, &format!("https://{host}/")).is_err(), "{other:?} {host}");
            }
            assert!(STRICT.check(asked, &format!("http://{host}/")).is_err(), "{host}");
        }
    }

    /// Where botocore's own rules send each service, in every Region, with and without FIPS and dual stack.
    #[test]
    fn where_the_pinned_botocore_sends_a_request_is_awss_own_host() {
        const PROGRAM: &str = "\
import itertools, botocore.loaders
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
loader = botocore.loaders.Loader()
partitions = loader.load_data('partitions')
regions = [region for it in partitions['partitions'] for region in it['regions'] if not region.endswith('-global')]
for service in ['sts', 'sso', 'sso-oidc', 'signin']:
    rules = EndpointProvider(loader.load_service_model(service, 'endpoint-rule-set-1'), partitions)
    for region, fips, dual in itertools.product(regions, [False, True], [False, True]):
        try:
            print(service, rules.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual).url)
        except EndpointProviderError as error:
            assert 'not support' in str(error), error
";
        let Some(text) = pinned::python(PROGRAM) else { return };
        let mut count = 0;
        for (service, url) in text.lines().filter_map(|line| line.split_once(' ')) {
            let asked = match service {
                "sts" => Asked::Sts,
                "sso" => Asked::Sso,
                "sso-oidc" => Asked::SsoOidc,
                _ => Asked::SignIn,
            };
            assert!(STRICT.check(asked, url).is_ok(), "{service} {url}");
            count += 1;
        }
        assert!(count > 500, "{count}");
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
                "https://xsignin.aws.amazon.com/",
                "https://us-east-1.xsignin.aws.amazon.com/",
                "https://us-east-1signin.aws.amazon.com/",
                "https://us-east-1.signin.amazonaws-eusc.eu/",
                "https://a.b.signin.aws.amazon.com/",
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
