//! What is wrapped here is unwrapped by an implementation that shares no code with it and none with OpenSSL.

use kms_byok::material::{KeyMaterial, KeySpec};
use kms_byok::wrap::{self, WrappingAlgorithm, WrappingKeySpec};
use openssl::rsa::Rsa;

use crate::support::Bench;
use crate::support::independent::{KeyPair, unwrap};

#[test]
fn every_algorithm_wraps_every_key_spec_so_that_another_implementation_unwraps_it() {
    let pairs = WrappingKeySpec::ALL.map(KeyPair::generate);
    let (mut jobs, mut expected, mut refused) = (Vec::new(), Vec::new(), 0);
    for spec in KeySpec::ALL {
        let material = KeyMaterial::generate(spec).unwrap();
        for algorithm in WrappingAlgorithm::ALL {
            for pair in &pairs {
                match wrap::wrap(&material, &pair.public, algorithm) {
                    Ok(blob) => {
                        jobs.push(pair.job(algorithm, &blob));
                        expected.push(hex::encode(material.expose()));
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    // Raw material: OAEP only. RSA keys: key wrap only. EC and Ed25519 keys: both, but for P-521 in OAEP with RSA_2048.
    assert_eq!((jobs.len(), refused), (5 * 6 + 3 * 6 + 5 * 12 - 2, 5 * 6 + 3 * 6 + 2));
    let Some(unwrapped) = unwrap(&jobs) else { return };
    assert_eq!(unwrapped, expected);
    println!("{} combinations unwrapped without OpenSSL", jobs.len());
}

#[test]
fn what_the_command_writes_is_unwrapped_too() {
    let bench = Bench::new();
    bench.wrapping_key(3072);
    let private = std::fs::read(bench.path("wrapping.pem")).unwrap();
    let pair = KeyPair::of(&Rsa::private_key_from_pem(&private).unwrap());
    let (mut jobs, mut expected) = (Vec::new(), Vec::new());
    for (spec, algorithm) in [
        ("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256"),
        ("HMAC_512", "RSAES_OAEP_SHA_1 --allow-sha1"),
        ("RSA_4096", "RSA_AES_KEY_WRAP_SHA_256"),
        ("ECC_NIST_P521", "RSA_AES_KEY_WRAP_SHA_1 --allow-sha1"),
        ("ECC_NIST_EDWARDS25519", "RSAES_OAEP_SHA_256"),
    ] {
        let line = format!(
            "wrap --generate --keep key --inkey PublicKey.bin --out blob --force --key-spec {spec} --wrapping-algorithm {algorithm}"
        );
        bench.kms_byok(&line).succeeds();
        let algorithm: WrappingAlgorithm = algorithm.split(' ').next().unwrap().parse().unwrap();
        jobs.push(pair.job(algorithm, &bench.read("blob")));
        expected.push(hex::encode(bench.read("key")));
    }
    let Some(unwrapped) = unwrap(&jobs) else { return };
    assert_eq!(unwrapped, expected);
}

/// The other implementation refuses what is wrong, so its agreement means something.
#[test]
fn another_hash_another_key_and_a_flipped_bit_are_refused() {
    let pair = KeyPair::generate(WrappingKeySpec::Rsa2048);
    let other = KeyPair::generate(WrappingKeySpec::Rsa2048);
    let mut jobs = Vec::new();
    for (algorithm, wrong) in [
        (WrappingAlgorithm::RsaesOaepSha256, WrappingAlgorithm::RsaesOaepSha1),
        (WrappingAlgorithm::RsaAesKeyWrapSha256, WrappingAlgorithm::RsaAesKeyWrapSha1),
    ] {
        let material = KeyMaterial::generate(KeySpec::EccNistP256).unwrap();
        let blob = wrap::wrap(&material, &pair.public, algorithm).unwrap();
        jobs.push(pair.job(wrong, &blob));
        jobs.push(other.job(algorithm, &blob));
        for at in [1, 200, blob.len() - 1] {
            let mut flipped = blob.clone();
            flipped[at] ^= 1;
            jobs.push(pair.job(algorithm, &flipped));
        }
    }
    let Some(unwrapped) = unwrap(&jobs) else { return };
    assert!(unwrapped.iter().all(|line| line.starts_with("refused: ")), "{unwrapped:#?}");
}
