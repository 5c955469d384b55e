//! The OpenSSL at work.

use serde::Serialize;

use super::Finding;
use super::error::HealthError;
use crate::openssl_probe::OpenSslError;
use crate::openssl_probe::{self, Accepted, Branch, BrokenConfiguration, OnPath, Platform};
use crate::wrap::{self, OaepDigest, WrappingAlgorithm};

/// Which OpenSSL was compiled against, is loaded, and is on PATH.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct OpenSslFacts {
    /// The version text of the headers.
    pub compiled_against: &'static str,
    /// The library in its own words.
    pub loaded: &'static str,
    /// Whether it passes the gate.
    pub loaded_is_fit: bool,
    /// Its release branch, as in `3.5`, where that is known.
    pub branch: Option<&'static str>,
    /// The last day of the OpenSSL project's support, as in `2030-04-08`, where that is known.
    pub supported_until: Option<&'static str>,
    /// Whether that day is over.
    pub end_of_life: bool,
    /// What `openssl version` says; `None` where there is no such command.
    pub on_path: Option<String>,
    /// Whether that is LibreSSL.
    pub on_path_is_libressl: bool,
    /// The names of the active providers; none before OpenSSL 3.0.
    pub providers: Vec<&'static str>,
    /// A FIPS provider loads when it is asked for by name.
    pub fips_provider_loadable: bool,
    /// A FIPS provider answers when it is asked for.
    pub fips_provider_loaded: bool,
    /// It answers by default: wrapping is done by it.
    pub fips_in_force: bool,
}

/// One known-answer test.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SelfTest {
    /// What is tested, as in `OAEP with SHA-256`.
    pub name: &'static str,
    /// Whether OpenSSL gave the known answer.
    pub passed: bool,
}

/// One wrapping algorithm.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "WrappingAlgorithm"))]
pub struct Algorithm {
    /// KMS's name of it.
    pub name: &'static str,
    /// Whether this OpenSSL can wrap with it.
    pub works: bool,
}

impl OpenSslFacts {
    pub(super) fn gather(today: &str) -> Self {
        let loaded = openssl_probe::loaded();
        let on_path = openssl_probe::on_path();
        let (branch, fips, providers) = (Branch::of(loaded), openssl_probe::fips(), openssl_probe::providers());
        OpenSslFacts {
            compiled_against: openssl_probe::COMPILED_AGAINST,
            loaded,
            loaded_is_fit: openssl_probe::check_loaded().is_ok(),
            branch: branch.map(|branch| branch.name),
            supported_until: branch.map(|branch| branch.ends),
            end_of_life: branch.is_some_and(|branch| branch.has_ended(today)),
            on_path_is_libressl: on_path.as_ref().is_some_and(|found| found.is_libressl),
            on_path: on_path.map(|OnPath { version, .. }| version),
            fips_provider_loadable: providers.fips_loads,
            providers: providers.active,
            fips_provider_loaded: fips.provider_loaded,
            fips_in_force: fips.in_force(),
        }
    }

    pub(super) fn problems(&self, fips: bool) -> Vec<Finding> {
        let unfit = openssl_probe::check_loaded().err();
        let not_fips = || OpenSslError::NotFips { found: self.loaded.to_owned() };
        let missing = (fips && !self.fips_in_force).then(not_fips);
        let found: Vec<Finding> = unfit.into_iter().chain(missing).map(Finding::of).collect();
        found.into_iter().chain(self.no_base().map(Finding::of)).collect()
    }

    /// A configuration that activates a provider takes away the default one, unless it activates that too. Such an OpenSSL is as good
    /// as any other.
    fn no_base(&self) -> Option<HealthError> {
        let has_providers = openssl_probe::check_loaded().is_ok_and(Accepted::has_providers);
        let base = self.providers.iter().any(|name| matches!(*name, "default" | "fips"));
        let active = self.providers.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
        let active = if active.is_empty() { "others".to_owned() } else { active };
        (has_providers && !base)
            .then(|| HealthError::NoBaseProvider { active, path: openssl_probe::configuration_path().0 })
    }

    /// Why known answers are wrong, where it is not the library.
    pub(super) fn lacks_base(&self) -> bool {
        self.no_base().is_some()
    }

    /// A configuration file that OpenSSL leaves out without a word.
    pub(super) fn configuration() -> Option<Finding> {
        let BrokenConfiguration { path, named_by, problem } = openssl_probe::broken_configuration()?;
        Some(Finding::of(HealthError::BrokenConfiguration { path, named_by, problem }))
    }

    /// Branches that the OpenSSL project no longer fixes, and what the shell recipe would meet on PATH.
    pub(super) fn notes(&self, today: &str) -> Vec<Finding> {
        let (platform, newer) = (Platform::here(), Branch::to_move_to(today));
        let over = |text: &str| Branch::of(text).filter(|branch| branch.has_ended(today));
        let end = |which, branch| HealthError::EndOfLife { which, branch, platform, newer };
        let loaded = over(self.loaded);
        let on_path = self.on_path.as_deref().and_then(over).filter(|branch| loaded != Some(branch));
        let libressl = self.on_path.clone().filter(|_| self.on_path_is_libressl);
        let libressl = libressl.map(|found| HealthError::LibreSslOnPath { found, platform });
        let ended = [loaded.map(|branch| end("loaded", branch)), on_path.map(|branch| end("on PATH", branch))];
        ended.into_iter().flatten().chain(libressl).map(Finding::of).collect()
    }
}

impl SelfTest {
    /// Every test that the loaded OpenSSL is to pass: LibreSSL has no AES key wrap with padding to be tested.
    pub(super) fn run_all() -> Vec<Self> {
        let accepted = openssl_probe::check_loaded().ok();
        let applies = |name: &str| name != KEY_WRAP || accepted.is_none_or(Accepted::has_key_wrap);
        let answers = wrap::known_answers().into_iter().filter(|answer| applies(answer.name));
        answers.map(|answer| SelfTest { name: answer.name, passed: answer.passed }).collect()
    }

    pub(super) fn problem(&self) -> Option<Finding> {
        (!self.passed).then(|| Finding::of(OpenSslError::SelfTest { what: self.name }))
    }
}

const KEY_WRAP: &str = "AES-KWP";

impl Algorithm {
    pub(super) fn all(tests: &[SelfTest]) -> Vec<Self> {
        let passed = |name: &str| tests.iter().any(|test| test.name == name && test.passed);
        let works = |algorithm: WrappingAlgorithm| {
            let oaep = match algorithm.digest() {
                OaepDigest::Sha256 => "OAEP-SHA-256",
                OaepDigest::Sha1 => "OAEP-SHA-1",
            };
            passed(oaep) && (!algorithm.uses_aes_key_wrap() || passed(KEY_WRAP))
        };
        WrappingAlgorithm::ALL.map(|algorithm| Algorithm { name: algorithm.name(), works: works(algorithm) }).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_works_where_all_its_parts_pass() {
        let tests = |failing: &str| {
            ["OAEP-SHA-256", "OAEP-SHA-1", "AES-KWP", "random generator"]
                .map(|name| SelfTest { name, passed: name != failing })
        };
        let works = |failing: &str| {
            let all = Algorithm::all(&tests(failing));
            all.into_iter().filter(|algorithm| algorithm.works).map(|algorithm| algorithm.name).collect::<Vec<_>>()
        };
        assert_eq!(works("").len(), 4);
        assert_eq!(works("AES-KWP"), ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"]);
        assert_eq!(works("OAEP-SHA-1"), ["RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"]);
        let problems: Vec<Finding> = tests("OAEP-SHA-1").iter().filter_map(SelfTest::problem).collect();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].cause, "the OpenSSL self-test fails: OAEP-SHA-1");
    }
}
