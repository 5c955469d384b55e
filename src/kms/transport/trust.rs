//! Whom TLS trusts: the authorities of AWS_CA_BUNDLE, or OpenSSL's own store.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use openssl::x509::X509;
use serde::Serialize;

use super::super::environment::Environment;
use crate::explain::Explain;
use crate::files;
use crate::files::FileError;
use crate::kms::error::EndpointError;
use crate::printable;

/// A file or directory in which certificate authorities are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TrustPlace {
    /// The file of certificates, or the directory of hashed ones.
    #[serde(serialize_with = "printable::path")]
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub path: PathBuf,
    /// What names it: an environment variable, as in `SSL_CERT_FILE`, `the profile's ca_bundle`, or `default` for the one compiled into
    /// OpenSSL.
    pub named_by: &'static str,
    /// Whether it is there.
    pub exists: bool,
    /// How many certificates OpenSSL finds in it.
    pub certificates: usize,
}

/// The places that TLS reads, in order. A bundle of AWS's variable or profile stands instead of the others, as in the aws CLI.
pub(crate) fn places(environment: &Environment) -> Vec<TrustPlace> {
    if let Some((path, named_by)) = environment.bundle() {
        return vec![TrustPlace::file(path.to_owned(), named_by)];
    }
    let directory = openssl_directory();
    let (file, file_by) = named("SSL_CERT_FILE").unwrap_or((directory.join("cert.pem"), "default"));
    let (directories, directories_by) = named("SSL_CERT_DIR").unwrap_or((directory.join("certs"), "default"));
    // SSL_CERT_DIR is a list, like PATH.
    let hashed = env::split_paths(&directories).map(|path| TrustPlace::directory(path, directories_by));
    std::iter::once(TrustPlace::file(file, file_by)).chain(hashed).collect()
}

/// Some hundred authorities are a quarter of that.
const LIMIT: usize = 4 * 1024 * 1024;

/// The certificates of a CA bundle; none is an error.
pub(super) fn of_bundle(path: &Path, named_by: &'static str) -> Result<Vec<X509>, EndpointError> {
    let unusable = |because: String| EndpointError::CaBundle { path: path.to_owned(), named_by, because };
    let pem = match files::read("CA bundle", path, LIMIT) {
        Ok(pem) => pem,
        Err(FileError::Empty { .. }) => return Err(unusable(NONE.to_owned())),
        Err(error) => return Err(unusable(error.because().unwrap_or_else(|| error.to_string()))),
    };
    let certificates = X509::stack_from_pem(&pem).map_err(|error| unusable(reasons(&error)))?;
    if certificates.is_empty() {
        return Err(unusable(NONE.to_owned()));
    }
    Ok(certificates)
}

const NONE: &str = "there is no certificate in it";

/// OpenSSL's reasons, without the C file names around them.
pub(super) fn reasons(stack: &ErrorStack) -> String {
    let reasons: Vec<&str> = stack.errors().iter().filter_map(|error| error.reason()).collect();
    if reasons.is_empty() { "OpenSSL gave no reason".to_owned() } else { format!("OpenSSL: {}", reasons.join(", ")) }
}

impl TrustPlace {
    fn file(path: PathBuf, named_by: &'static str) -> Self {
        let pem = files::read("trust store", &path, LIMIT).ok();
        let certificates = pem.as_ref().and_then(|pem| X509::stack_from_pem(pem).ok()).map_or(0, |all| all.len());
        TrustPlace { exists: path.exists(), path, named_by, certificates }
    }

    /// OpenSSL finds a certificate in a directory by the hash of its subject: `1234abcd.0`.
    fn directory(path: PathBuf, named_by: &'static str) -> Self {
        let is_hashed = |name: &str| {
            let hash = name.split_once('.').filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
            hash.is_some_and(|(hash, _)| hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let names = fs::read_dir(&path).into_iter().flatten().flatten();
        let certificates = names.filter(|entry| entry.file_name().to_str().is_some_and(is_hashed)).count();
        TrustPlace { exists: path.is_dir(), path, named_by, certificates }
    }
}

fn named(variable: &'static str) -> Option<(PathBuf, &'static str)> {
    env::var_os(variable).map(|path| (PathBuf::from(path), variable))
}

/// What OpenSSL was configured with: `OPENSSLDIR: "/usr/lib/ssl"`.
fn openssl_directory() -> PathBuf {
    openssl::version::dir().split('"').nth(1).unwrap_or("/").into()
}
