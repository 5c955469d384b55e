//! Which endpoint is used, and which are refused: a KMS that is not AWS's would be handed tokens, key material and
//! signed requests, so it must have been named by the person, not by a variable that was set somewhere.

use std::str::FromStr;

use http::Uri;

use super::aws_host::AwsHost;
use super::connection::Connection;
use super::error::{EndpointError, KmsError};
use super::region::{Region, is_in_china};
use super::transport::is_loopback;

impl Connection {
    /// Refuses what [`Kms::connect`](super::Kms::connect) refuses about Region and endpoint without looking at any configuration.
    ///
    /// # Errors
    /// [`KmsError::NotARegion`], [`KmsError::ChinaRegion`], or [`KmsError::Endpoint`] for an endpoint URL that cannot be used, plain http
    /// to another machine, and a FIPS endpoint that is missing or beside a custom one.
    pub fn check(&self) -> Result<(), KmsError> {
        if let Some(region) = &self.region {
            region.parse::<Region>()?;
        }
        let endpoint = choose(self, None, self.fips_endpoint)?;
        check_choice(self, endpoint.as_ref(), self.fips_endpoint)
    }
}

impl FromStr for Region {
    type Err = KmsError;

    /// Refuses what is no name of a Region, and the China Regions.
    fn from_str(text: &str) -> Result<Self, KmsError> {
        Region::served(text).ok_or_else(|| match is_in_china(text) {
            true => KmsError::ChinaRegion { region: text.to_owned() },
            false => KmsError::NotARegion { region: text.to_owned() },
        })
    }
}

/// An endpoint in place of the one AWS names for the Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) url: String,
    /// Of one of AWS's own KMS hosts, as a VPC endpoint is.
    pub(super) aws: Option<AwsHost>,
}

impl Endpoint {
    pub(super) fn is_aws(&self) -> bool {
        self.aws.is_some()
    }
}

/// An endpoint URL that was not given by the caller.
pub(super) struct Configured {
    pub(super) url: String,
    /// In words: where it comes from.
    pub(super) origin: &'static str,
}

/// Chooses between the caller's endpoint and a configured one, and applies the rules.
pub(super) fn choose(
    connection: &Connection,
    configured: Option<Configured>,
    fips: bool,
) -> Result<Option<Endpoint>, EndpointError> {
    let endpoint = match (&connection.endpoint_url, configured) {
        (Some(url), _) => parse(url)?,
        (None, Some(Configured { url, origin })) => {
            let endpoint = parse(&url)?;
            if !endpoint.is_aws() && !connection.allow_endpoint_env {
                return Err(EndpointError::NotAws { url: endpoint.url, origin });
            }
            endpoint
        }
        (None, None) => return Ok(None),
    };
    if fips {
        return Err(EndpointError::FipsAndCustom { url: endpoint.url });
    }
    if is_plain_http_to_elsewhere(&endpoint.url) && !connection.insecure_endpoint {
        return Err(EndpointError::PlainHttp { url: endpoint.url });
    }
    Ok(Some(endpoint))
}

/// Refuses KMS in China, and where a FIPS endpoint is required, any but `kms-fips` or a VPC endpoint of it that was named.
pub(super) fn check_choice(connection: &Connection, endpoint: Option<&Endpoint>, fips: bool) -> Result<(), KmsError> {
    let aws = endpoint.and_then(|endpoint| endpoint.aws.as_ref());
    if let Some(host) = aws.filter(|host| is_in_china(&host.region)) {
        return Err(KmsError::ChinaRegion { region: host.region.clone() });
    }
    if !connection.require_fips || fips {
        return Ok(());
    }
    match endpoint {
        None => Err(EndpointError::FipsMissing.into()),
        Some(_) if aws.is_some_and(|host| host.service == FIPS) => Ok(()),
        Some(endpoint) => Err(EndpointError::NotFips { url: endpoint.url.clone() }.into()),
    }
}

fn parse(url: &str) -> Result<Endpoint, EndpointError> {
    let problem = |problem| EndpointError::NotAUrl { url: redacted(url), problem };
    let uri: Uri = url.parse().map_err(|_| problem("it cannot be parsed"))?;
    if !matches!(uri.scheme_str(), Some("https" | "http")) {
        return Err(problem("it does not begin with https:// or http://"));
    }
    let authority = uri.authority().ok_or_else(|| problem("there is no host in it"))?;
    if authority.as_str().contains('@') {
        return Err(problem("there is a user name in it, which KMS does not take"));
    }
    if authority.host().is_empty() {
        return Err(problem("there is no host in it"));
    }
    // An impossible port is no port for `http`.
    let port = &authority.as_str()[authority.host().len()..];
    if !port.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
        return Err(problem("its port is not a number from 1 to 65535"));
    }
    if uri.query().is_some() {
        return Err(problem("there is a query in it"));
    }
    Ok(Endpoint { url: url.trim_end_matches('/').to_owned(), aws: kms_host(authority.host()) })
}

/// Hides what may be a password.
pub(super) fn redacted(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}…{}", &url[..scheme + 3], &url[at..]),
        _ => url.to_owned(),
    }
}

/// KMS's name in the hosts of every partition, and that of its FIPS endpoints.
const KMS: &str = "kms";
const FIPS: &str = "kms-fips";

fn kms_host(host: &str) -> Option<AwsHost> {
    AwsHost::parse(host).filter(|host| host.service == KMS || host.service == FIPS)
}

fn is_plain_http_to_elsewhere(url: &str) -> bool {
    let uri: Result<Uri, _> = url.parse();
    uri.is_ok_and(|uri| uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_flag(url: &str) -> Result<Option<Endpoint>, EndpointError> {
        choose(&Connection { endpoint_url: Some(url.to_owned()), ..Connection::default() }, None, false)
    }

    fn from_environment(url: &str, connection: &Connection) -> Result<Option<Endpoint>, EndpointError> {
        choose(connection, Some(Configured { url: url.to_owned(), origin: "the environment" }), false)
    }

    #[test]
    fn only_kms_is_kms_among_awss_hosts() {
        for host in [
            "kms.us-east-1.amazonaws.com",
            "kms-fips.us-gov-west-1.api.aws",
            "vpce-0123-abcd.kms.us-east-1.vpce.amazonaws.com",
            "kms.eusc-de-east-1.amazonaws.eu",
            "vpce-0123.kms-fips.us-iso-east-1.vpce.c2s.ic.gov",
        ] {
            assert!(kms_host(host).is_some(), "{host}");
        }
        for host in [
            "sts.us-east-1.amazonaws.com",
            "abc.execute-api.us-east-1.amazonaws.com",
            "kms.execute-api.us-east-1.amazonaws.com",
            "lb-1.us-east-1.elb.amazonaws.com",
            "vpce-1.s3.us-east-1.vpce.amazonaws.com",
            "kms.s3.amazonaws.com",
            "kms.example.org",
        ] {
            assert!(kms_host(host).is_none(), "{host}");
        }
    }

    #[test]
    fn an_endpoint_given_by_the_caller_is_taken() {
        let endpoint = from_flag("https://kms.example.org:8443/").unwrap().unwrap();
        assert_eq!(endpoint, Endpoint { url: "https://kms.example.org:8443".to_owned(), aws: None });
        assert!(from_flag("https://kms.us-east-1.amazonaws.com").unwrap().unwrap().is_aws());
    }

    #[test]
    fn a_foreign_endpoint_from_the_environment_is_refused_unless_it_is_allowed() {
        let url = "https://kms.example.org";
        let error = from_environment(url, &Connection::default()).unwrap_err();
        assert!(matches!(&error, EndpointError::NotAws { url: found, origin: "the environment" } if found == url));
        let allowing = Connection { allow_endpoint_env: true, ..Connection::default() };
        assert_eq!(from_environment(url, &allowing).unwrap().unwrap().url, url);
        let vpc = "https://vpce-1.kms.us-east-1.vpce.amazonaws.com";
        assert!(from_environment(vpc, &Connection::default()).unwrap().unwrap().is_aws());
    }

    #[test]
    fn loopback_from_the_environment_is_foreign_too() {
        let error = from_environment("http://127.0.0.1:4566", &Connection::default()).unwrap_err();
        assert!(matches!(error, EndpointError::NotAws { .. }));
    }

    #[test]
    fn the_callers_endpoint_silences_the_environments() {
        let connection = Connection { endpoint_url: Some("https://a.example".to_owned()), ..Connection::default() };
        assert_eq!(from_environment("https://b.example", &connection).unwrap().unwrap().url, "https://a.example");
    }

    #[test]
    fn plain_http_goes_to_loopback_only() {
        for url in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"] {
            assert!(from_flag(url).is_ok(), "{url}");
        }
        for url in ["http://kms.us-east-1.amazonaws.com", "http://10.0.0.1", "http://127.0.0.1.example.org"] {
            assert!(matches!(from_flag(url), Err(EndpointError::PlainHttp { .. })), "{url}");
        }
        let insecure = Connection {
            endpoint_url: Some("http://10.0.0.1".to_owned()),
            insecure_endpoint: true,
            ..Connection::default()
        };
        assert!(choose(&insecure, None, false).is_ok());
    }

    #[test]
    fn fips_and_another_endpoint_exclude_each_other() {
        let connection = Connection { endpoint_url: Some("https://a.example".to_owned()), ..Connection::default() };
        assert!(matches!(choose(&connection, None, true), Err(EndpointError::FipsAndCustom { .. })));
        assert_eq!(choose(&Connection::default(), None, true).unwrap(), None);
    }

    #[test]
    fn where_fips_is_required_only_a_fips_endpoint_of_aws_is_taken() {
        let requiring = |url: Option<&str>| {
            let endpoint_url = url.map(str::to_owned);
            let connection = Connection { endpoint_url, require_fips: true, ..Connection::default() };
            let endpoint = choose(&connection, None, false).unwrap();
            check_choice(&connection, endpoint.as_ref(), false)
        };
        for host in [
            "vpce-1.kms-fips.us-east-1.vpce.amazonaws.com",
            "vpce-1.kms-fips.eusc-de-east-1.vpce.amazonaws.eu",
            "kms-fips.eusc-de-east-1.api.amazonwebservices.eu",
            "kms-fips.us-isof-south-1.csp.hci.ic.gov",
        ] {
            assert!(requiring(Some(&format!("https://{host}"))).is_ok(), "{host}");
        }
        assert!(matches!(
            requiring(Some("https://vpce-1.kms.us-east-1.vpce.amazonaws.com")),
            Err(KmsError::Endpoint(EndpointError::NotFips { .. }))
        ));
        assert!(matches!(
            requiring(Some("https://kms-fips.example.org")),
            Err(KmsError::Endpoint(EndpointError::NotFips { .. }))
        ));
        assert!(matches!(requiring(None), Err(KmsError::Endpoint(EndpointError::FipsMissing))));
        let connection = Connection { require_fips: true, ..Connection::default() };
        assert!(check_choice(&connection, None, true).is_ok());
    }

    #[test]
    fn an_endpoint_in_china_is_refused_by_name_wherever_it_comes_from() {
        for host in [
            "kms.cn-north-1.amazonaws.com.cn",
            "kms-fips.cn-north-1.api.amazonwebservices.com.cn",
            "vpce-1.kms.cn-north-1.vpce.amazonaws.com.cn",
        ] {
            let (url, connection) = (format!("https://{host}"), Connection::default());
            for endpoint in [from_flag(&url), from_environment(&url, &connection)] {
                let error = check_choice(&connection, endpoint.unwrap().as_ref(), false).unwrap_err();
                assert!(matches!(&error, KmsError::ChinaRegion { region } if region == "cn-north-1"), "{error}");
            }
        }
    }

    #[test]
    fn what_is_no_url_is_refused_and_a_password_is_not_repeated() {
        for url in [
            "",
            "kms",
            "kms.example.org:443",
            "ftp://a",
            "https://",
            "https://a?b=c",
            "https://a:65536",
            "https://a:0",
            "https://a:",
            "https://[::1]:99999",
        ] {
            assert!(matches!(from_flag(url), Err(EndpointError::NotAUrl { .. })), "{url}");
        }
        let error = from_flag("https://user:secret@kms.us-east-1.amazonaws.com").unwrap_err();
        assert!(matches!(error, EndpointError::NotAUrl { .. }));
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
