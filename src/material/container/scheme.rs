//! How something is encrypted under a passphrase: which algorithms it takes, whether the loaded OpenSSL has them, and what it costs.
//!
//! OpenSSL says "bad decrypt" or less, whatever is the matter; so its algorithm identifiers are read here (RFC 8018 Appendix A,
//! RFC 7914 §7, RFC 7292 Appendix C), and OpenSSL is asked for each algorithm before it is blamed on the passphrase.

use std::ffi::CStr;

use openssl::asn1::Asn1Object;
use openssl::nid::Nid;

use super::Container;
use super::libcrypto::has_kdf;
use crate::material::MaterialError;
use crate::material::der::{OCTET_STRING, Reader, dotted};

/// The work that a file may ask for altogether: some seconds. OpenSSL's own default is 2048, 1Password's 650,000.
pub(super) const MOST_ITERATIONS: u64 = 10_000_000;
/// The memory that OpenSSL allows scrypt (SCRYPT_MAX_MEM).
const MOST_MEMORY: u64 = 32 * 1024 * 1024;
/// An iteration of PBKDF2 is about as much work as this many bytes of scrypt.
const BYTES_AN_ITERATION: u64 = 512;

const PBES2: &str = "1.2.840.113549.1.5.13";
const PBKDF2: &str = "1.2.840.113549.1.5.12";
const SCRYPT: &str = "1.3.6.1.4.1.11591.4.11";
const PBMAC1: &str = "1.2.840.113549.1.5.14";
const HMAC_SHA1: &str = "1.2.840.113549.2.7";

/// An encryption under a passphrase, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scheme {
    /// By a name that OpenSSL knows, or an OID.
    ciphers: Vec<String>,
    digests: Vec<String>,
    kdf: Option<&'static CStr>,
    iterations: u64,
    memory: u64,
}

impl Scheme {
    /// Of an AlgorithmIdentifier, whole as DER; nothing if it is none.
    pub(super) fn of(algorithm: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(algorithm).sequence()?;
        let oid = dotted(reader.oid()?);
        if oid == PBES2 {
            return pbes2(&mut reader.sequence()?);
        }
        if oid == PBMAC1 {
            let mut scheme = kdf(&mut reader.sequence()?.sequence()?)?;
            scheme.ciphers.clear();
            return Some(scheme);
        }
        // PBES1 of PKCS#5 and PKCS#12: the OID says it all; the parameters are salt and iterations.
        let (cipher, digest, kdf) = match oid.as_str() {
            "1.2.840.113549.1.5.1" => ("DES-CBC", "MD2", c"PBKDF1"),
            "1.2.840.113549.1.5.3" => ("DES-CBC", "MD5", c"PBKDF1"),
            "1.2.840.113549.1.5.4" => ("RC2-CBC", "MD2", c"PBKDF1"),
            "1.2.840.113549.1.5.6" => ("RC2-CBC", "MD5", c"PBKDF1"),
            "1.2.840.113549.1.5.10" => ("DES-CBC", "SHA1", c"PBKDF1"),
            "1.2.840.113549.1.5.11" => ("RC2-CBC", "SHA1", c"PBKDF1"),
            "1.2.840.113549.1.12.1.1" => ("RC4", "SHA1", c"PKCS12KDF"),
            "1.2.840.113549.1.12.1.2" => ("RC4-40", "SHA1", c"PKCS12KDF"),
            "1.2.840.113549.1.12.1.3" => ("DES-EDE3-CBC", "SHA1", c"PKCS12KDF"),
            "1.2.840.113549.1.12.1.4" => ("DES-EDE-CBC", "SHA1", c"PKCS12KDF"),
            "1.2.840.113549.1.12.1.5" => ("RC2-CBC", "SHA1", c"PKCS12KDF"),
            "1.2.840.113549.1.12.1.6" => ("RC2-40-CBC", "SHA1", c"PKCS12KDF"),
            _ => return Some(Scheme { ciphers: vec![oid], ..Scheme::default() }),
        };
        let mut parameters = reader.sequence()?;
        parameters.take(OCTET_STRING)?;
        let iterations = parameters.small_number().unwrap_or(u64::MAX);
        let (ciphers, digests) = (vec![cipher.to_owned()], vec![digest.to_owned()]);
        Some(Scheme { ciphers, digests, kdf: Some(kdf), iterations, memory: 0 })
    }

    /// Of the MAC of a PKCS#12 file, whose KDF is PKCS#12's own (RFC 7292 Appendix B).
    pub(super) fn of_mac(digest: &[u8], iterations: u64) -> Self {
        let digests = vec![dotted(digest)];
        Scheme { digests, kdf: Some(c"PKCS12KDF"), iterations, ..Scheme::default() }
    }

    /// Of a traditional PEM block: EVP_BytesToKey with MD5, one round.
    pub(super) fn of_traditional(cipher: &str) -> Self {
        let (ciphers, digests) = (vec![cipher.to_owned()], vec!["MD5".to_owned()]);
        Scheme { ciphers, digests, iterations: 1, ..Scheme::default() }
    }

    /// Refuses what OpenSSL lacks, and what would take too long: `budget` is how many iterations the file may still ask for.
    pub(super) fn check(&self, container: Container, budget: &mut u64) -> Result<(), MaterialError> {
        self.check_available(container)?;
        self.check_cost(container, budget)
    }

    /// Refuses what OpenSSL lacks.
    pub(super) fn check_available(&self, container: Container) -> Result<(), MaterialError> {
        if let Some(missing) = self.missing() {
            let legacy = LEGACY.contains(&missing.as_str());
            return Err(MaterialError::MissingCipher {
                container,
                provider: legacy.then_some("legacy"),
                command: legacy.then(|| command(container).to_owned()),
                cipher: missing,
            });
        }
        Ok(())
    }

    fn check_cost(&self, container: Container, budget: &mut u64) -> Result<(), MaterialError> {
        if self.kdf.is_some() && self.iterations == 0 {
            let problem = "it is encrypted with 0 iterations".to_owned();
            return Err(MaterialError::Damaged { container, problem });
        }
        if self.memory > MOST_MEMORY {
            let (unit, found, limit) = ("bytes of memory", self.memory, MOST_MEMORY);
            return Err(MaterialError::TooCostly { container, unit, found, limit });
        }
        if self.iterations > *budget {
            let (unit, found) = ("iterations", self.iterations);
            return Err(MaterialError::TooCostly { container, unit, found, limit: MOST_ITERATIONS });
        }
        *budget -= self.iterations;
        Ok(())
    }

    /// What the loaded OpenSSL lacks first.
    fn missing(&self) -> Option<String> {
        let cipher = self.ciphers.iter().find(|name| !has_cipher(name));
        let digest = self.digests.iter().find(|name| !has_digest(name));
        let kdf = self.kdf.filter(|name| !has_kdf(name));
        let named = cipher.or(digest).map(|name| readable(name));
        named.or_else(|| kdf.map(|name| name.to_string_lossy().into_owned()))
    }
}

/// What OpenSSL 3 keeps in its legacy provider (OSSL_PROVIDER-legacy(7)).
const LEGACY: [&str; 16] = [
    "DES-CBC",
    "DES-CFB",
    "DES-OFB",
    "DES-ECB",
    "DESX-CBC",
    "RC2-CBC",
    "RC2-40-CBC",
    "RC2-64-CBC",
    "RC4",
    "RC4-40",
    "IDEA-CBC",
    "BF-CBC",
    "CAST5-CBC",
    "SEED-CBC",
    "MD2",
    "PBKDF1",
];

/// How somebody whose OpenSSL has the legacy provider writes the key with a cipher of today.
const fn command(container: Container) -> &'static str {
    match container {
        Container::Pkcs12 => "openssl pkcs12 -legacy -in FILE -out FILE.pem -nocerts",
        _ => "openssl pkcs8 -provider legacy -provider default -in FILE -topk8 -v2 aes-256-cbc -out FILE.pem",
    }
}

fn pbes2(parameters: &mut Reader<'_>) -> Option<Scheme> {
    let mut scheme = kdf(&mut parameters.sequence()?)?;
    scheme.ciphers.push(dotted(parameters.sequence()?.oid()?));
    Some(scheme)
}

fn kdf(algorithm: &mut Reader<'_>) -> Option<Scheme> {
    match dotted(algorithm.oid()?).as_str() {
        PBKDF2 => {
            let mut parameters = algorithm.sequence()?;
            parameters.take(OCTET_STRING)?;
            let iterations = parameters.small_number().unwrap_or(u64::MAX);
            let _key_length = parameters.small_number();
            let prf = match parameters.sequence() {
                Some(mut prf) => dotted(prf.oid()?),
                None => HMAC_SHA1.to_owned(),
            };
            let digest = digest_of(&prf).map_or(prf, str::to_owned);
            Some(Scheme { digests: vec![digest], kdf: Some(c"PBKDF2"), iterations, ..Scheme::default() })
        }
        SCRYPT => {
            let mut parameters = algorithm.sequence()?;
            parameters.take(OCTET_STRING)?;
            let mut number = || parameters.small_number().unwrap_or(u64::MAX);
            let (n, r, p) = (number(), number(), number());
            // As OpenSSL counts: p blocks, and 32·N·r words of four bytes beside them.
            let memory = n.saturating_add(p).saturating_add(2).saturating_mul(r).saturating_mul(128);
            let iterations = n.saturating_mul(r).saturating_mul(p).saturating_mul(128) / BYTES_AN_ITERATION;
            Some(Scheme { kdf: Some(c"SCRYPT"), iterations, memory, ..Scheme::default() })
        }
        other => Some(Scheme { ciphers: vec![other.to_owned()], ..Scheme::default() }),
    }
}

/// The digest of an HMAC that PBKDF2 uses (RFC 8018 §B.1.2).
fn digest_of(prf: &str) -> Option<&'static str> {
    Some(match prf {
        HMAC_SHA1 => "SHA1",
        "1.2.840.113549.2.8" => "SHA224",
        "1.2.840.113549.2.9" => "SHA256",
        "1.2.840.113549.2.10" => "SHA384",
        "1.2.840.113549.2.11" => "SHA512",
        "1.2.840.113549.2.12" => "SHA512-224",
        "1.2.840.113549.2.13" => "SHA512-256",
        "2.16.840.1.101.3.4.2.13" => "SHA3-224",
        "2.16.840.1.101.3.4.2.14" => "SHA3-256",
        "2.16.840.1.101.3.4.2.15" => "SHA3-384",
        "2.16.840.1.101.3.4.2.16" => "SHA3-512",
        _ => return None,
    })
}

/// OpenSSL's number for a name or an OID.
fn nid(name: &str) -> Option<Nid> {
    let object = Asn1Object::from_str(name).map_err(|_| ()).ok()?;
    Some(object.nid()).filter(|nid| *nid != Nid::UNDEF)
}

/// The name that people know an OID by.
fn readable(name: &str) -> String {
    let known = nid(name).and_then(|nid| nid.short_name().ok());
    known.unwrap_or(name).to_owned()
}

#[cfg(openssl_has_providers)]
fn has_cipher(name: &str) -> bool {
    openssl::cipher::Cipher::fetch(None, name, None).is_ok()
}

#[cfg(not(openssl_has_providers))]
fn has_cipher(name: &str) -> bool {
    nid(name).is_some_and(|nid| openssl::symm::Cipher::from_nid(nid).is_some())
}

#[cfg(openssl_has_providers)]
fn has_digest(name: &str) -> bool {
    openssl::md::Md::fetch(None, name, None).is_ok()
}

#[cfg(not(openssl_has_providers))]
fn has_digest(name: &str) -> bool {
    nid(name).is_some_and(|nid| openssl::hash::MessageDigest::from_nid(nid).is_some())
}
