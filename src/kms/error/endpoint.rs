//! Endpoints that are not used, and endpoints that cannot be reached.

use std::path::PathBuf;
use std::time::Duration;

use crate::explain::{Explain, Hint, Setting, Step, hint, some};
use crate::time::seconds;

/// An endpoint breaks a rule, or the way to it is blocked. `host` is host and port, `limit` a time, or bytes for a reply, and `because`
/// OpenSSL's or the system's reason.
#[derive(Clone, Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum EndpointError {
    #[error("`{url}` is not an endpoint URL: {problem}")]
    NotAUrl { url: String, problem: &'static str },
    #[error("the endpoint `{url}` from {origin} is not a KMS endpoint of AWS")]
    NotAws { url: String, origin: &'static str },
    #[error("credentials would come from `{url}`, which is not the address of {asked}")]
    ForeignProvider { url: String, asked: &'static str, variable: &'static str },
    #[error("the endpoint `{url}` is plain http, and is not on this machine")]
    PlainHttp { url: String },
    #[error("the FIPS endpoint is missing")]
    #[strum(serialize = "fips_endpoint_missing")]
    FipsMissing,
    #[error("the endpoint `{url}` cannot be used together with a FIPS endpoint")]
    FipsAndCustom { url: String },
    #[error("the endpoint `{url}` is not a FIPS endpoint of AWS, but FIPS is required")]
    #[strum(serialize = "endpoint_not_fips")]
    NotFips { url: String },

    #[error("the host name `{host}` cannot be resolved")]
    NameUnknown { host: String, because: String },
    #[error("nothing answers at `{host}`: the connection is refused")]
    ConnectionRefused { host: String, because: String },
    #[error("`{host}` cannot be reached")]
    Unreachable { host: String, because: String },
    #[error("no connection to `{host}` within {}", seconds(*.limit))]
    ConnectTimeout { host: String, limit: Duration },
    #[error("no complete reply from `{host}` within {}", seconds(*.limit))]
    ReadTimeout { host: String, limit: Duration },
    #[error("the connection to `{host}` broke before the reply was complete")]
    Reset { host: String, because: String },
    #[error("`{host}` sends more than {limit} bytes, but no reply of KMS is that long")]
    ReplyTooLarge { host: String, limit: usize },
    #[error("`{host}` does not answer in HTTP")]
    NotHttp { host: String, because: String },

    #[error("the certificate of `{host}` is not issued by an authority that is trusted here")]
    TlsUntrusted { host: String, because: String },
    #[error("the certificate of `{host}` is for another name")]
    TlsWrongName { host: String, because: String },
    #[error("the certificate of `{host}` has expired")]
    TlsExpired { host: String, because: String },
    #[error("the certificate of `{host}` is not valid yet")]
    TlsNotYetValid { host: String, because: String },
    #[error("the TLS handshake with `{host}` fails")]
    TlsHandshake { host: String, because: String },
    #[error("OpenSSL cannot set up TLS")]
    TlsSetup { because: String },
    #[error("the CA bundle `{}` from {named_by} cannot be used", .path.display())]
    CaBundle { path: PathBuf, named_by: &'static str, because: String },

    #[error("{variable} does not name an http or https proxy")]
    ProxyUnusable { variable: &'static str },
    #[error("the user name or password in {variable} ends before it is complete")]
    ProxyPassword { variable: &'static str },
    #[error("the port in {variable} is not a number from 1 to 65535")]
    ProxyPort { variable: &'static str },
    #[error("the proxy `{proxy}` cannot be reached")]
    ProxyUnreachable { proxy: String, because: String },
    #[error("no connection to `{host}` through the proxy `{proxy}` within {}", seconds(*.limit))]
    ProxyTimeout { proxy: String, host: String, limit: Duration },
    #[error("the proxy `{proxy}` does not open a tunnel")]
    ProxyTunnel { proxy: String, because: String },
}

impl EndpointError {
    /// Whether the request may have arrived, so that only the reply is missing.
    pub fn may_have_been_sent(&self) -> bool {
        matches!(
            self,
            EndpointError::ReadTimeout { .. }
                | EndpointError::Reset { .. }
                | EndpointError::ReplyTooLarge { .. }
                | EndpointError::NotHttp { .. }
        )
    }

    /// Whether nothing was sent, for a reason that may be gone at the next attempt.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            EndpointError::NameUnknown { .. }
                | EndpointError::ConnectionRefused { .. }
                | EndpointError::Unreachable { .. }
                | EndpointError::TlsHandshake { .. }
                | EndpointError::ProxyUnreachable { .. }
                | EndpointError::ProxyTimeout { .. }
                | EndpointError::ProxyTunnel { .. }
        )
    }
}

impl Explain for EndpointError {
    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            EndpointError::FipsMissing => {
                hint!["add ", Setting::FipsEndpoint, ", which ", Setting::RequireFips, " wants too"]
            }
            EndpointError::NotAUrl { .. } => some("write it as in https://kms.us-east-1.amazonaws.com"),
            EndpointError::NotAws { url, .. } => {
                hint![
                    "add ",
                    Setting::EndpointUrl.to(url),
                    " or ",
                    Setting::AllowEndpointEnv,
                    " if your keys may go there, or unset it",
                ]
            }
            EndpointError::ForeignProvider { variable, .. } => hint![
                format!(
                    "leave out {variable} (AWS_ENDPOINT_URL, `endpoint_url` and `services` of the profile), or add "
                ),
                Setting::AllowEndpointEnv,
                " if they may",
            ],
            EndpointError::PlainHttp { .. } => {
                hint!["use https, or add ", Setting::InsecureEndpoint, " if you accept that"]
            }
            EndpointError::FipsAndCustom { .. } => {
                hint![
                    "leave out one: ",
                    Setting::EndpointUrl,
                    " (AWS_ENDPOINT_URL) or ",
                    Setting::FipsEndpoint,
                    " (AWS_USE_FIPS_ENDPOINT)",
                ]
            }
            EndpointError::NotFips { .. } => {
                hint!["leave it out and add ", Setting::FipsEndpoint, ", or name a VPC endpoint of kms-fips"]
            }
            EndpointError::NameUnknown { .. } => some("check the Region or the endpoint URL, and this machine's DNS"),
            EndpointError::ConnectionRefused { .. } => some("check the endpoint's port, and that its server runs"),
            EndpointError::Unreachable { .. } => some("check this machine's network and proxy settings"),
            EndpointError::ConnectTimeout { .. } => {
                hint!["check network, firewall and HTTPS_PROXY, or allow more time with ", Setting::ConnectTimeout,]
            }
            EndpointError::ReadTimeout { .. } => hint!["try again, or allow more time with ", Setting::ReadTimeout],
            EndpointError::Reset { .. } => {
                some("try again, and check for a proxy or firewall between here and the endpoint")
            }
            EndpointError::ReplyTooLarge { .. } | EndpointError::NotHttp { .. } => {
                some("check that the endpoint URL is one of KMS")
            }
            EndpointError::TlsUntrusted { .. } => some(
                "if a proxy of yours inspects TLS, put its CA certificate in a PEM file and name it in AWS_CA_BUNDLE",
            ),
            EndpointError::TlsWrongName { .. } => some("use the host name that is in the certificate"),
            EndpointError::TlsExpired { .. } => {
                some("check this machine's clock, then renew the endpoint's certificate")
            }
            EndpointError::TlsNotYetValid { .. } => some("check this machine's clock"),
            EndpointError::TlsHandshake { .. } => some("check that the endpoint speaks TLS 1.2 or newer on this port"),
            EndpointError::TlsSetup { .. } => hint!["run ", Step::Doctor, " to see which OpenSSL is loaded"],
            EndpointError::CaBundle { .. } => some("name a readable file of PEM certificates there, or leave it out"),
            EndpointError::ProxyUnusable { variable } => {
                some(format!("write {variable} as in http://proxy.example:3128"))
            }
            EndpointError::ProxyPassword { .. } => {
                some("write its characters in percent encoding: `@` as %40, `#` as %23, `/` as %2F, `?` as %3F")
            }
            EndpointError::ProxyPort { variable } => some(format!("write {variable} as in http://proxy.example:3128")),
            EndpointError::ProxyUnreachable { .. } => {
                some("check HTTPS_PROXY and HTTP_PROXY, and that the proxy runs, or name the host in NO_PROXY")
            }
            EndpointError::ProxyTimeout { .. } => {
                hint!["check the proxy, or allow more time with ", Setting::ConnectTimeout]
            }
            EndpointError::ProxyTunnel { .. } => {
                some("check the proxy's rules and the password in its URL, or name the host in NO_PROXY")
            }
        }
    }

    fn because(&self) -> Option<String> {
        match self {
            EndpointError::NameUnknown { because, .. }
            | EndpointError::ConnectionRefused { because, .. }
            | EndpointError::Unreachable { because, .. }
            | EndpointError::Reset { because, .. }
            | EndpointError::NotHttp { because, .. }
            | EndpointError::TlsUntrusted { because, .. }
            | EndpointError::TlsWrongName { because, .. }
            | EndpointError::TlsExpired { because, .. }
            | EndpointError::TlsNotYetValid { because, .. }
            | EndpointError::TlsHandshake { because, .. }
            | EndpointError::TlsSetup { because }
            | EndpointError::CaBundle { because, .. }
            | EndpointError::ProxyUnreachable { because, .. }
            | EndpointError::ProxyTunnel { because, .. } => Some(because.clone()),
            _ => None,
        }
    }
}
