//! Which OpenSSL is compiled in, loaded and on PATH, and whether the loaded one computes what it should.
//!
//! ```
//! use kms_byok::for_the_binary::openssl_probe;
//!
//! let accepted = openssl_probe::check_loaded()?;
//! println!("accepted: {accepted:?}");
//! # Ok::<(), kms_byok::OpenSslError>(())
//! ```

mod branch;
mod configuration;
mod error;
mod fips;
mod gate;
mod on_path;
mod platform;
mod providers;

pub use self::branch::Branch;
pub(crate) use self::configuration::{BrokenConfiguration, broken_configuration, configuration_path};
pub use self::error::OpenSslError;
pub use self::fips::fips;
pub(crate) use self::gate::NEEDED;
pub use self::gate::{Accepted, Reported, build_error, judge, version_text};
pub(crate) use self::on_path::{OnPath, on_path};
pub use self::platform::Platform;
pub(crate) use self::providers::providers;

/// The headers this program was compiled against, as in `OpenSSL 3.0.19`.
pub(crate) const COMPILED_AGAINST: &str = env!("KMS_BYOK_HEADERS");

/// The library that is loaded, in its own words, as in `OpenSSL 3.0.19 27 Jan 2026`.
pub fn loaded() -> &'static str {
    openssl::version::version()
}

/// Refuses a loaded library below the floor that the headers had to pass. Costs microseconds; run at start-up.
pub fn check_loaded() -> Result<Accepted, OpenSslError> {
    let reported = loaded_as_reported(openssl::version::number().unsigned_abs(), loaded());
    judge(&reported).map_err(|_| OpenSslError::Unfit { found: loaded().to_owned(), needed: NEEDED.to_owned() })
}

/// LibreSSL says it is OpenSSL 2.0.0, so its own version stands only in the text.
fn loaded_as_reported(number: u64, text: &str) -> Reported {
    if text.starts_with("OpenSSL ") {
        return Reported { openssl: Some(number), ..Reported::default() };
    }
    if let Some(version) = text.strip_prefix("LibreSSL ") {
        let mut parts = version.split(['.', ' ']).map_while(|part| part.parse::<u64>().ok());
        let mut next = || parts.next().unwrap_or(0) & 0xff;
        let number = next() << 28 | next() << 20 | next() << 12;
        return Reported { libressl: Some(number), ..Reported::default() };
    }
    Reported { boringssl: text.contains("BoringSSL"), awslc: text.contains("AWS-LC"), ..Reported::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loaded_library_is_judged_by_its_own_words() {
        let judged = |number, text| judge(&loaded_as_reported(number, text));
        assert_eq!(judged(0x3000_0130, "OpenSSL 3.0.19 27 Jan 2026"), Ok(Accepted::OpenSsl(0x3000_0130)));
        assert_eq!(judged(0x2000_0000, "LibreSSL 4.0.0"), Ok(Accepted::LibreSsl(0x4000_0000)));
        assert_eq!(judged(0x2000_0000, "LibreSSL 3.4.3"), Err("LibreSSL 3.4.3".to_owned()));
        assert!(judged(0x1010_107f, "BoringSSL").is_err());
        assert!(judged(0x1000_115f, "OpenSSL 1.0.1u  22 Sep 2016").is_err());
    }
}
