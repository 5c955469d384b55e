//! Recovery certificates that are too weak for the only copy of a key: a key that is small or broken, a signature that can be forged.

use std::path::Path;

use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKeyRef, Public};
use openssl::x509::X509Ref;

use super::error::EscrowError;
use crate::material::der::{OBJECT_IDENTIFIER, SEQUENCE, element};
use crate::openssl_probe::OpenSslError;
use crate::wrap::small_factor;

/// The least that NIST SP 800-57 part 1 §5.6.1 takes for 112 bits of security.
const RSA_BITS: u32 = 2048;
const EC_BITS: u32 = 224;

pub(super) fn check(certificate: &X509Ref, key: &PKeyRef<Public>, path: &Path) -> Result<(), EscrowError> {
    let step = OpenSslError::step("look at the recovery certificate");
    if let Some((found, needed)) = weak_key(key).map_err(step)? {
        return Err(EscrowError::WeakKey { path: path.to_owned(), found, needed });
    }
    match weak_digest(certificate) {
        Some(digest) => Err(EscrowError::WeakSignature { path: path.to_owned(), digest }),
        None => Ok(()),
    }
}

/// What is wrong with the key, and what is needed.
fn weak_key(key: &PKeyRef<Public>) -> Result<Option<(String, String)>, ErrorStack> {
    let bits = key.bits();
    if key.id() == Id::EC {
        let weak = (format!("an EC key of {bits} bits"), format!("{EC_BITS} bits or more"));
        return Ok((bits < EC_BITS).then_some(weak));
    }
    let rsa = key.rsa()?;
    if bits < RSA_BITS {
        return Ok(Some((format!("an RSA key of {bits} bits"), format!("{RSA_BITS} bits or more"))));
    }
    // With 1 the "encrypted" copy is the key in the clear; an even one has no private key.
    if rsa.e().num_bits() < 2 || !rsa.e().is_bit_set(0) {
        let found = format!("an RSA key with the public exponent {}", rsa.e().to_dec_str()?);
        return Ok(Some((found, "an odd exponent above 1".to_owned())));
    }
    let factor = small_factor(&rsa)?;
    Ok(factor.map(|factor| (format!("an RSA key divisible by {factor}"), "a modulus of two primes".to_owned())))
}

/// The digest of the signature, if two certificates can be made that have the same.
fn weak_digest(certificate: &X509Ref) -> Option<&'static str> {
    const WEAK: [(Nid, &str); 6] = [
        (Nid::SHA1, "SHA-1"),
        (Nid::MD5, "MD5"),
        (Nid::MD4, "MD4"),
        (Nid::MD2, "MD2"),
        (Nid::SHA, "SHA-0"),
        (Nid::RIPEMD160, "RIPEMD-160"),
    ];
    let algorithm = certificate.signature_algorithm().object().nid();
    if algorithm == Nid::RSASSAPSS {
        // RFC 4055 §3.1: SHA-1 where no hash is named.
        return (!pss_names_sha2(&certificate.to_der().ok()?)).then_some("SHA-1");
    }
    let digest = algorithm.signature_algorithms()?.digest;
    WEAK.iter().find(|(nid, _)| *nid == digest).map(|(_, name)| *name)
}

/// Whether the parameters of an RSASSA-PSS signature begin with a hash of NIST's (2.16.840.1.101.3.4.2: SHA-2 and SHA-3).
fn pss_names_sha2(certificate: &[u8]) -> bool {
    const HASHES: [u8; 8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
    let hash = || {
        let signed = element(element(certificate)?.contents)?;
        let algorithm = element(signed.rest).filter(|algorithm| algorithm.tag == SEQUENCE)?;
        let parameters = element(element(algorithm.contents)?.rest)?;
        let named = element(parameters.contents).filter(|first| first.tag == 0xa0)?;
        element(element(named.contents)?.contents).filter(|hash| hash.tag == OBJECT_IDENTIFIER)
    };
    hash().is_some_and(|hash| hash.contents.starts_with(&HASHES))
}
