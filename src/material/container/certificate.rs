//! Certificates beside private keys.

use super::jwk;

/// A certificate's subject in one line, most significant part last (RFC 4514 writes it the other way round).
pub(crate) fn subject(certificate: &openssl::x509::X509) -> String {
    let part = |entry: &openssl::x509::X509NameEntryRef| {
        let name = entry.object().nid().short_name().unwrap_or("?");
        let value = entry.data().to_string().unwrap_or_default();
        format!("{name}={}", jwk::shown(&value))
    };
    let parts: Vec<String> = certificate.subject_name().entries().map(part).collect();
    if parts.is_empty() { "an empty name".to_owned() } else { parts.join(", ") }
}
