//! The environment variables that this client itself obeys, read once. (AWS's own are read by aws-config.)

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Proxies and CA bundle. The default is none of them: a direct connection, and OpenSSL's own trust store.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `HTTPS_PROXY`, as in `http://proxy.example:3128`: the proxy for https, reached by a CONNECT tunnel.
    pub https_proxy: Option<String>,
    /// `HTTP_PROXY`, of the same form: the proxy for plain http.
    pub http_proxy: Option<String>,
    /// `NO_PROXY`: hosts, domains and networks, separated by commas, that are reached directly.
    pub no_proxy: Option<String>,
    /// `AWS_CA_BUNDLE`: the PEM file of the certificate authorities to trust instead of OpenSSL's own.
    pub ca_bundle: Option<PathBuf>,
    /// `ca_bundle` of the profile, which AWS_CA_BUNDLE overrides.
    pub profile_ca_bundle: Option<PathBuf>,
}

impl Environment {
    /// The variables of this process. The lower-case names come first, as in curl and the aws CLI.
    pub fn of_process() -> Self {
        Self::read(|name| env::var_os(name))
    }

    /// The CA bundle in force, and what names it.
    pub(super) fn bundle(&self) -> Option<(&Path, &'static str)> {
        let of_profile = || self.profile_ca_bundle.as_deref().map(|path| (path, "the profile's ca_bundle"));
        self.ca_bundle.as_deref().map(|path| (path, "AWS_CA_BUNDLE")).or_else(of_profile)
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let text = |lower: &str, upper: &str| {
            let value = variable(lower).or_else(|| variable(upper))?.into_string().ok()?;
            (!value.trim().is_empty()).then_some(value)
        };
        Environment {
            https_proxy: text("https_proxy", "HTTPS_PROXY"),
            http_proxy: text("http_proxy", "HTTP_PROXY"),
            no_proxy: text("no_proxy", "NO_PROXY"),
            profile_ca_bundle: None,
            ca_bundle: variable("AWS_CA_BUNDLE").filter(|path| !path.is_empty()).map(PathBuf::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Environment {
        let lookup =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        Environment::read(lookup)
    }

    #[test]
    fn nothing_is_set_in_an_empty_environment() {
        let environment = of(&[]);
        assert!(environment.https_proxy.is_none() && environment.http_proxy.is_none());
        assert!(environment.no_proxy.is_none() && environment.ca_bundle.is_none());
    }

    #[test]
    fn upper_and_lower_case_are_read_and_lower_case_wins() {
        assert_eq!(of(&[("HTTPS_PROXY", "http://u:1")]).https_proxy.as_deref(), Some("http://u:1"));
        let both = of(&[("HTTPS_PROXY", "http://u:1"), ("https_proxy", "http://l:1"), ("NO_PROXY", "a,b")]);
        assert_eq!(both.https_proxy.as_deref(), Some("http://l:1"));
        assert_eq!(both.no_proxy.as_deref(), Some("a,b"));
    }

    #[test]
    fn an_empty_lower_case_variable_switches_the_proxy_off() {
        assert!(of(&[("HTTPS_PROXY", "http://u:1"), ("https_proxy", "")]).https_proxy.is_none());
        assert!(of(&[("AWS_CA_BUNDLE", "")]).ca_bundle.is_none());
    }
}
