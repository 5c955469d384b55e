//! The services that credential providers ask, by the form of a request, and the hosts at which AWS serves them.

use std::net::IpAddr;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::aws_host::AwsHost;
use super::region::is_region;
use super::transport::is_loopback;
use crate::partition::{self, Partition};

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

impl Asked {
    /// By the form of the request: the services are spoken to in ways of their own, and wherever a URL points, that stays.
    pub(super) fn by(request: &HttpRequest) -> Self {
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

    pub(super) fn name(self) -> &'static str {
        match self {
            Asked::Sts => "STS",
            Asked::Sso => "SSO",
            Asked::SsoOidc => "SSO OIDC",
            Asked::SignIn => "AWS Sign-In",
            Asked::Machine => "the container or the instance",
        }
    }

    /// What usually steers the provider elsewhere.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Asked::Sts => "AWS_ENDPOINT_URL_STS",
            Asked::Sso => "AWS_ENDPOINT_URL_SSO",
            Asked::SsoOidc => "AWS_ENDPOINT_URL_SSO_OIDC",
            Asked::SignIn => "AWS_ENDPOINT_URL_SIGNIN",
            Asked::Machine => "AWS_CONTAINER_CREDENTIALS_FULL_URI or AWS_EC2_METADATA_SERVICE_ENDPOINT",
        }
    }

    /// Whether AWS serves it at that host.
    pub(super) fn is_at(self, host: &str) -> bool {
        let regional: &[&str] = match self {
            Asked::Sts => &["sts", "sts-fips"],
            Asked::Sso => &["portal.sso", "portal.sso-fips"],
            Asked::SsoOidc => &["oidc", "oidc-fips"],
            Asked::SignIn => &["signin", "signin-fips"],
            Asked::Machine => return false,
        };
        AwsHost::parse(host).is_some_and(|host| regional.contains(&&*host.service)) || self.is_global_at(host)
    }

    /// The hosts that are not named as those of regional services are.
    fn is_global_at(self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        match self {
            Asked::Sts => host == "sts.amazonaws.com",
            Asked::SignIn => partition::ALL.iter().any(|partition| is_sign_in(&host, partition)),
            _ => false,
        }
    }
}

/// `REGION.signin.…`, where `signin-fips` is for FIPS and the Region may be missing.
fn is_sign_in(host: &str, partition: &'static Partition) -> bool {
    let domain = partition.sign_in_domain;
    let rest = host
        .strip_suffix(domain)
        .or_else(|| host.strip_suffix(domain.strip_prefix("signin")?)?.strip_suffix("signin-fips"));
    let Some(rest) = rest else { return false };
    let in_partition = |region: &str| is_region(region) && partition::of(region) == partition;
    rest.is_empty() || rest.strip_suffix('.').is_some_and(in_partition)
}

/// Loopback, and the addresses at which AWS serves containers and instances: ECS, EKS Pod Identity, instance metadata.
pub(super) fn is_on_this_machine(host: &str) -> bool {
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
