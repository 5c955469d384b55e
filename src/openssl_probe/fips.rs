//! Whether wrapping is done by a FIPS provider.

/// What the loaded OpenSSL says about FIPS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fips {
    /// A provider that implements SHA-256 with `fips=yes` is loaded.
    pub provider_loaded: bool,
    /// Algorithms come from it by default: MD5, which no FIPS provider has, cannot be had.
    pub is_default: bool,
}

impl Fips {
    /// Whether everything this tool does with key material is done by a FIPS provider.
    pub fn in_force(self) -> bool {
        self.provider_loaded && self.is_default
    }
}

/// Asks the loaded OpenSSL; before 3.0 there are no providers to ask for.
#[cfg(openssl_has_providers)]
pub fn fips() -> Fips {
    use openssl::md::Md;
    Fips {
        provider_loaded: Md::fetch(None, "SHA2-256", Some("fips=yes")).is_ok(),
        is_default: Md::fetch(None, "MD5", None).is_err(),
    }
}

/// Asks the loaded OpenSSL; before 3.0 there are no providers to ask for.
#[cfg(not(openssl_has_providers))]
pub fn fips() -> Fips {
    Fips { provider_loaded: false, is_default: false }
}
