//! `doctor`: which OpenSSL is at work, and whether it computes what it should.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::openssl_probe::{self, Accepted};
use kms_byok::wrap::WrappingAlgorithm;
use serde::Serialize;

use super::Context;
use crate::report::{self, Failure};

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok doctor
  kms-byok doctor --output json")]
pub(crate) struct Args {}

#[derive(Serialize)]
struct Answer {
    healthy: bool,
    openssl: OpenSsl,
    self_test: Vec<SelfTest>,
    wrapping_algorithms: Vec<Algorithm>,
}

#[derive(Serialize)]
struct OpenSsl {
    compiled_against: &'static str,
    loaded: &'static str,
    loaded_is_fit: bool,
    on_path: Option<String>,
    on_path_is_libressl: bool,
    fips_provider_loaded: bool,
    fips_in_force: bool,
}

#[derive(Serialize)]
struct SelfTest {
    name: &'static str,
    passed: bool,
}

#[derive(Serialize)]
struct Algorithm {
    name: &'static str,
    works: bool,
}

pub(crate) fn run(_: &Args, context: &Context) -> Result<ExitCode, Failure> {
    let answer = examine();
    context.answer(&answer, &text(&answer));
    Ok(if answer.healthy { ExitCode::SUCCESS } else { ExitCode::from(4) })
}

fn examine() -> Answer {
    let accepted = openssl_probe::check_loaded().ok();
    let self_test: Vec<SelfTest> = openssl_probe::known_answers()
        .iter()
        .filter(|answer| answer.name != "AES-KWP" || accepted.is_none_or(Accepted::has_key_wrap))
        .map(|answer| SelfTest { name: answer.name, passed: answer.passed })
        .collect();
    let passed = |name: &str| self_test.iter().any(|test| test.name == name && test.passed);
    let works = |algorithm: WrappingAlgorithm| {
        let oaep = passed(match algorithm.digest() {
            kms_byok::wrap::OaepDigest::Sha256 => "OAEP-SHA-256",
            kms_byok::wrap::OaepDigest::Sha1 => "OAEP-SHA-1",
        });
        oaep && (!algorithm.uses_aes_key_wrap() || passed("AES-KWP"))
    };
    let wrapping_algorithms =
        WrappingAlgorithm::ALL.map(|algorithm| Algorithm { name: algorithm.name(), works: works(algorithm) }).into();
    let on_path = openssl_probe::on_path();
    let fips = openssl_probe::fips();
    Answer {
        healthy: accepted.is_some() && self_test.iter().all(|test| test.passed),
        openssl: OpenSsl {
            compiled_against: openssl_probe::COMPILED_AGAINST,
            loaded: openssl_probe::loaded(),
            loaded_is_fit: accepted.is_some(),
            on_path_is_libressl: on_path.as_ref().is_some_and(|found| found.is_libressl),
            fips_provider_loaded: fips.provider_loaded,
            fips_in_force: fips.in_force(),
            on_path: on_path.map(|found| found.version),
        },
        self_test,
        wrapping_algorithms,
    }
}

fn text(answer: &Answer) -> String {
    let on_path = answer.openssl.on_path.as_deref().unwrap_or("none; kms-byok does not need it");
    let loaded = if answer.openssl.loaded_is_fit { "" } else { ", which is not fit" };
    let mut text = report::lines(&[
        ("compiled against", Some(answer.openssl.compiled_against.to_owned())),
        ("loaded", Some(format!("{}{loaded}", answer.openssl.loaded))),
        ("openssl on PATH", Some(on_path.to_owned())),
        ("FIPS", Some(if answer.openssl.fips_in_force { "in force" } else { "not in force" }.to_owned())),
    ]);
    for test in &answer.self_test {
        text.push_str(&format!("self-test {}: {}\n", test.name, if test.passed { "passed" } else { "FAILED" }));
    }
    for algorithm in &answer.wrapping_algorithms {
        let verdict = if algorithm.works { "works here" } else { "does not work here" };
        text.push_str(&format!("{}: {verdict}\n", algorithm.name));
    }
    text
}
