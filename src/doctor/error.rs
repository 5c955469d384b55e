//! What `doctor` finds on this machine: problems that keep keys from being imported, and things to know.

use std::path::PathBuf;

use crate::explain::{Explain, Hint, some};
use crate::openssl_probe::{Branch, Platform};

/// Something about this machine that stands in the way of an import, or may.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum HealthError {
    #[error("OpenSSL {}, which is {which}, has been out of the OpenSSL project's support since {}", .branch.name, .branch.ends)]
    EndOfLife { which: &'static str, branch: &'static Branch, platform: Platform, newer: Option<&'static Branch> },
    #[error("the `openssl` on PATH is `{found}`, which the shell recipe does not support")]
    LibreSslOnPath { found: String, platform: Platform },
    #[error("OpenSSL's configuration activates only {active}, but no provider that can wrap keys")]
    NoBaseProvider { active: String, path: PathBuf },
    #[error("OpenSSL cannot use its configuration `{}` (from {named_by}): {problem}", .path.display())]
    BrokenConfiguration { path: PathBuf, named_by: &'static str, problem: String },
    #[error("no certificate authority is trusted here: {places}")]
    NoTrustStore { places: String },
    #[error("this machine's clock is {seconds} s {direction} the endpoint's")]
    ClockOff { seconds: u64, direction: &'static str },
    #[error("the system does not lock memory pages, so secrets may be written to swap")]
    NotLocked,
    #[error("core dumps are on and may contain secrets")]
    CoreDumps,
}

impl Explain for HealthError {
    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            HealthError::EndOfLife { platform, newer, .. } => some(renewal(*platform, *newer)),
            HealthError::LibreSslOnPath { platform, .. } => match platform.upgrade() {
                Some(command) => some(format!("run `{command}`, or use kms-byok alone, which does not need it")),
                None => some("put an OpenSSL first on PATH, or use kms-byok alone, which does not need it"),
            },
            HealthError::NoBaseProvider { path, .. } => some(format!(
                "activate the default provider too, in `{}`: `default = default_sect` among the providers, and `activate = 1` below `[default_sect]`",
                path.display()
            )),
            HealthError::BrokenConfiguration { named_by, .. } => match *named_by {
                "OPENSSL_CONF" => some("fix the file, name another in OPENSSL_CONF, or unset it"),
                _ => some("fix the file, or name another in OPENSSL_CONF"),
            },
            HealthError::NoTrustStore { .. } => {
                some("install the package ca-certificates, or name a PEM file in AWS_CA_BUNDLE")
            }
            HealthError::ClockOff { .. } => some("set this machine's clock (NTP)"),
            HealthError::NotLocked => {
                some("raise the limit (`ulimit -l`, LimitMEMLOCK of systemd, `docker run --ulimit memlock`)")
            }
            HealthError::CoreDumps => some("switch them off with `ulimit -c 0`"),
        }
    }
}

/// A distribution fixes its own packages for longer than the OpenSSL project; a newer branch comes with a newer release of it.
fn renewal(platform: Platform, newer: Option<&Branch>) -> String {
    let newer = newer.map_or("a newer OpenSSL".to_owned(), |branch| {
        format!("OpenSSL {}, supported until {}", branch.name, branch.ends)
    });
    match (platform, platform.upgrade()) {
        (Platform::Homebrew, Some(command)) => format!("run `{command}`"),
        (_, Some(command)) => {
            format!("run `{command}` for the distribution's own fixes, or move to a release of it with {newer}")
        }
        (_, None) => format!("load {newer}: build it, and name its directory in OPENSSL_DIR and LD_LIBRARY_PATH"),
    }
}
