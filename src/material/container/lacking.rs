//! Types of key that KMS does not take, named by their algorithm or by what a container calls them.

use crate::material::MaterialError;
use crate::material::der::dotted;

/// The type of an algorithm's keys, with its article; nothing for algorithms that KMS has, or that nobody here knows.
pub(super) fn of_algorithm(oid: &[u8]) -> Option<MaterialError> {
    let found = match dotted(oid).as_str() {
        "1.3.101.110" => "an X25519 key",
        "1.3.101.111" => "an X448 key",
        "1.3.101.113" => "an Ed448 key",
        "1.2.840.10040.4.1" => "a DSA key",
        "1.2.840.113549.1.3.1" | "1.2.840.10046.2.1" => "a DH key",
        dotted => match dotted.strip_prefix("2.16.840.1.101.3.4.")? {
            "3.17" | "3.18" | "3.19" => "an ML-DSA key",
            "4.1" | "4.2" | "4.3" => "an ML-KEM key",
            arc if arc.strip_prefix("3.").is_some_and(|arc| matches!(arc.parse(), Ok(20_u8..=46))) => "an SLH-DSA key",
            _ => return None,
        },
    };
    Some(of_type(found))
}

/// The same for the words of JWK (`crv`, `alg`) and OpenSSH, which differ in case only.
pub(super) fn of_name(name: &str) -> Option<MaterialError> {
    let found = match name {
        "X25519" => "an X25519 key",
        "X448" => "an X448 key",
        "Ed448" | "ssh-ed448" => "an Ed448 key",
        "ssh-dss" => "a DSA key",
        "ML-DSA-44" | "ML-DSA-65" | "ML-DSA-87" => "an ML-DSA key",
        _ => return None,
    };
    Some(of_type(found))
}

pub(super) fn of_type(found: &'static str) -> MaterialError {
    MaterialError::TypeNotTaken { found }
}
