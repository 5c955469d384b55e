//! What the SDK reads from the environment and the profile besides credentials. It passes over a value that it cannot read, so that FIPS
//! is asked for and not used, or it panics; here each such value is refused before anything is sent.

use std::env;
use std::path::{Path, PathBuf};

use super::cached_tokens;
use super::endpoint::redacted;
use super::error::KmsError;
use super::profiles::Profiles;
use crate::printable;

/// A token of a role is a few kilobytes.
const TOKEN_LIMIT: u64 = 1024 * 1024;

struct Setting {
    variable: &'static str,
    key: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Switch,
    Count,
    OneOf(&'static [&'static str], &'static str),
    AppId,
    Line,
    Url,
    /// Any text, as long as it is UTF-8: the SDK takes anything else for nothing.
    Text,
    /// The path of a file that the SDK reads to its end.
    Token,
}

const fn setting(variable: &'static str, key: &'static str, kind: Kind) -> Setting {
    Setting { variable, key, kind }
}

/// With the names of the "AWS SDKs and Tools reference guide", where an empty value is as good as none.
const SETTINGS: &[Setting] = &[
    setting("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", Kind::Switch),
    setting("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", Kind::Switch),
    setting("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", Kind::Switch),
    setting("AWS_MAX_ATTEMPTS", "max_attempts", Kind::Count),
    setting(
        "AWS_RETRY_MODE",
        "retry_mode",
        Kind::OneOf(&["standard", "adaptive", "legacy"], "`standard`, `adaptive` or `legacy`"),
    ),
    setting(
        "AWS_DEFAULTS_MODE",
        "defaults_mode",
        Kind::OneOf(
            &["standard", "in-region", "cross-region", "mobile", "auto", "legacy"],
            "`standard`, `in-region`, `cross-region`, `mobile`, `auto` or `legacy`",
        ),
    ),
    setting("AWS_SDK_UA_APP_ID", "sdk_ua_app_id", Kind::AppId),
    setting("AWS_EXECUTION_ENV", "", Kind::Line),
    setting("AWS_EC2_METADATA_DISABLED", "", Kind::Switch),
    setting("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled", Kind::Switch),
    setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint", Kind::Url),
    setting(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        "ec2_metadata_service_endpoint_mode",
        Kind::OneOf(&["ipv4", "ipv6"], "`IPv4` or `IPv6`"),
    ),
    setting("AWS_PROFILE", "", Kind::Text),
    setting("AWS_REGION", "", Kind::Text),
    setting("AWS_DEFAULT_REGION", "", Kind::Text),
    setting("AWS_ENDPOINT_URL", "", Kind::Text),
    setting("AWS_ENDPOINT_URL_KMS", "", Kind::Text),
    setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file", Kind::Token),
    setting("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "", Kind::Token),
];

/// Refuses the first setting of the environment, and then of the profiles in use, that nothing can be made of.
pub(super) fn check(profiles: &Profiles) -> Result<(), KmsError> {
    for setting in SETTINGS {
        let Some(value) = env::var_os(setting.variable) else { continue };
        let refused = |wanted| KmsError::SettingUnusable {
            name: setting.variable.to_owned(),
            value: shown(setting.kind, &value.to_string_lossy()),
            wanted,
            undo: "unset it",
        };
        if let Some(wanted) = value.to_str().map_or(Some("text in UTF-8"), |value| setting.kind.refuses(value)) {
            return Err(refused(wanted));
        }
    }
    for profile in profiles.in_use() {
        for setting in SETTINGS.iter().filter(|setting| !setting.key.is_empty()) {
            let Some(value) = profile.get(setting.key) else { continue };
            if let Some(wanted) = setting.kind.refuses(value) {
                return Err(KmsError::SettingUnusable {
                    name: format!("{} in profile `{}`", setting.key, printable::line(profile.name())),
                    value: shown(setting.kind, value),
                    wanted,
                    undo: "take it out",
                });
            }
        }
    }
    Ok(cached_tokens::check(profiles)?)
}

impl Kind {
    /// What it takes, if it is not this value.
    fn refuses(self, value: &str) -> Option<&'static str> {
        if value.is_empty() && !matches!(self, Kind::Url) {
            return None; // the SDK, too, would read an empty URL
        }
        let (fits, wanted) = match self {
            Kind::Switch => (is_one_of(value, &["true", "false"]), "`true` or `false`"),
            Kind::Count => (value.parse().is_ok_and(|count: u32| count > 0), "a whole number from 1"),
            Kind::OneOf(values, wanted) => (is_one_of(value, values), wanted),
            Kind::AppId => (
                value.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)),
                "letters, digits and any of !#$%&'*+-.^_`|~",
            ),
            Kind::Line => (!value.chars().any(|c| c.is_control() && c != '\t'), "text without control characters"),
            Kind::Url => (is_url(value), "an http or https URL"),
            Kind::Text => (true, ""),
            Kind::Token => (is_token(Path::new(value)), "a regular file of at most 1 MiB"),
        };
        (!fits).then_some(wanted)
    }
}

fn is_one_of(value: &str, values: &[&str]) -> bool {
    values.iter().any(|known| known.eq_ignore_ascii_case(value))
}

fn is_url(value: &str) -> bool {
    let uri: Result<http::Uri, _> = value.parse();
    uri.is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}

/// A file that is not there is the SDK's to name.
fn is_token(path: &Path) -> bool {
    let below =
        path.strip_prefix("~").ok().zip(env::var_os("HOME")).map(|(below, home)| PathBuf::from(home).join(below));
    let file = std::fs::metadata(below.as_deref().unwrap_or(path));
    file.map_or(true, |file| file.is_file() && file.len() <= TOKEN_LIMIT)
}

fn shown(kind: Kind, value: &str) -> String {
    let value = match kind {
        Kind::Url => redacted(value),
        _ => value.to_owned(),
    };
    printable::line(&value.chars().take(100).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sdk_reads_passes_and_nothing_else() {
        let files = tempfile::tempdir().unwrap();
        let token = files.path().join("token");
        std::fs::write(&token, "token").unwrap();
        let token = token.to_str().unwrap();
        for (kind, good, bad) in [
            (Kind::Switch, vec!["true", "False", "TRUE", ""], vec!["yes", "1", "0", " true", "truee", "\u{1}", "on"]),
            (Kind::Count, vec!["1", "3", "10", ""], vec!["0", "-1", "1.5", " 3", "3 ", "99999999999", "three", "é"]),
            (Kind::OneOf(&["ipv4", "ipv6"], ""), vec!["IPv4", "ipv6", ""], vec!["4", "ip", "IPv5"]),
            (Kind::AppId, vec!["my-app", "a+b", ""], vec!["my app", "a\nb", "é", "(a)", "a/b"]),
            (Kind::Line, vec!["AWS_Lambda_rust", "é", "a\tb"], vec!["a\n", "\u{7f}", "\u{1}b"]),
            (
                Kind::Url,
                vec!["http://169.254.169.254", "https://[fd00:ec2::254]/"],
                vec!["", "::", "é", "ftp://a", "http://a b"],
            ),
            (Kind::Token, vec![token, "/nowhere/token", ""], vec!["/dev/zero", "/dev/null", "/"]),
        ] {
            for value in good {
                assert_eq!(kind.refuses(value), None, "{value:?}");
            }
            for value in bad {
                assert!(kind.refuses(value).is_some(), "{value:?}");
            }
        }
    }
}
