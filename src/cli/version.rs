//! `--version`: what this binary was made of, and the OpenSSL that it runs on.

use kms_byok::for_the_binary::openssl_probe;

use super::output::lines;

/// The first line is the name and the version alone.
pub(crate) fn text() -> String {
    let built = lines(&[
        ("commit", Some(env!("KMS_BYOK_COMMIT").to_owned())),
        ("compiled", Some(format!("against {}", env!("KMS_BYOK_HEADERS")))),
        ("loaded", Some(openssl_probe::loaded().to_owned())),
    ]);
    format!("kms-byok {}\n{built}", env!("CARGO_PKG_VERSION"))
}
