//! Keys of every weakness, made with OpenSSL's numbers and read as key material.

use openssl::bn::{BigNum, BigNumContext, BigNumRef, MsbOption};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;

use super::weaknesses;
use crate::material::{Format, KeyMaterial, KeySpec, NoPassphrase};
use crate::secret::Secret;

fn said(bytes: &[u8], spec: KeySpec, format: Option<Format>) -> Vec<String> {
    let material = KeyMaterial::read(Secret::copy(bytes).unwrap(), spec, format, &mut NoPassphrase).unwrap();
    weaknesses(&material).iter().map(|weakness| format!("{}: {weakness}", weakness.id())).collect()
}

fn number(value: u32) -> BigNum {
    BigNum::from_u32(value).unwrap()
}

fn prime(bits: i32) -> BigNum {
    let mut prime = BigNum::new().unwrap();
    prime.generate_prime(bits, false, None, None).unwrap();
    prime.set_bit(bits - 2).unwrap();
    next_prime(prime)
}

fn next_prime(mut number: BigNum) -> BigNum {
    let mut context = BigNumContext::new().unwrap();
    number.set_bit(0).unwrap();
    while !number.is_prime(20, &mut context).unwrap() {
        number.add_word(2).unwrap();
    }
    number
}

/// The PKCS#8 of the key of two primes, with its public exponent or, where that follows from it, its private one.
fn rsa(p: &BigNum, q: &BigNum, e: Option<&BigNum>, d: Option<&BigNum>) -> Vec<u8> {
    let mut context = BigNumContext::new().unwrap();
    let own = |number: &BigNumRef| number.to_owned().unwrap();
    let (p1, q1) = (&(p - &*number(1)), &(q - &*number(1)));
    let lambda = &(p1 * q1);
    let inverse = |of: &BigNum, modulus: &BigNum| {
        let mut inverse = BigNum::new().unwrap();
        inverse.mod_inverse(of, modulus, &mut BigNumContext::new().unwrap()).unwrap();
        inverse
    };
    let e = e.map_or_else(|| inverse(d.unwrap(), lambda), |e| own(e));
    let d = d.map_or_else(|| inverse(&e, lambda), |d| own(d));
    let rest = |modulus: &BigNum, context: &mut BigNumContext| {
        let mut rest = BigNum::new().unwrap();
        rest.nnmod(&d, modulus, context).unwrap();
        rest
    };
    let (dp, dq, qi) = (rest(p1, &mut context), rest(q1, &mut context), inverse(q, p));
    let key = Rsa::from_private_components(p * q, e, own(&d), own(p), own(q), dp, dq, qi).unwrap();
    PKey::from_rsa(key).unwrap().private_key_to_pkcs8().unwrap()
}

const E: u32 = 65537;

#[test]
fn an_rsa_key_as_openssl_makes_it_has_no_weakness() {
    for spec in [KeySpec::Rsa2048, KeySpec::Rsa3072] {
        let material = KeyMaterial::generate(spec).unwrap();
        assert_eq!(weaknesses(&material), []);
    }
}

#[test]
fn a_small_public_exponent_is_named() {
    let key = Rsa::generate_with_e(2048, &number(3)).unwrap();
    let pkcs8 = PKey::from_rsa(key).unwrap().private_key_to_pkcs8().unwrap();
    assert_eq!(
        said(&pkcs8, KeySpec::Rsa2048, None),
        [
            "forbidden_key: the public exponent is 3, below 65537, which FIPS 186-5 §5.4 forbids: KMS may refuse it, and others may break it"
        ]
    );
}

#[test]
fn primes_that_are_close_or_of_unequal_size_are_named() {
    let p = prime(1024);
    let mut near = &p + &*number(2);
    near.set_bit(400).unwrap();
    let near = next_prime(near);
    assert_eq!(
        said(&rsa(&near, &p, Some(&number(E)), None), KeySpec::Rsa2048, None),
        [
            "forbidden_key: the primes are too close to each other, which FIPS 186-5 §A.1.1 forbids: KMS may refuse it, and others may break it"
        ]
    );
    assert_eq!(
        said(&rsa(&prime(1148), &prime(900), Some(&number(E)), None), KeySpec::Rsa2048, None),
        [
            "forbidden_key: the primes have 1148 and 900 bits instead of 1024 each, which FIPS 186-5 §A.1.1 forbids: KMS may refuse it, and others may break it"
        ]
    );
}

#[test]
fn a_small_private_exponent_and_the_large_public_one_that_goes_with_it_are_named() {
    let small = prime(512);
    let found = said(&rsa(&prime(1024), &prime(1024), None, Some(&small)), KeySpec::Rsa2048, None);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("forbidden_key: the public exponent has 20"), "{found:?}");
    assert_eq!(
        found[1],
        "forbidden_key: the private exponent is no longer than half the modulus, which FIPS 186-5 §A.1.1 forbids: KMS may refuse it, and others may break it"
    );
}

/// p = k·M + (65537^a mod M), M being the product of the first 126 primes.
#[test]
fn primes_of_the_roca_form_are_named() {
    let mut context = BigNumContext::new().unwrap();
    let mut product = number(1);
    let mut candidate = 2;
    for _ in 0..126 {
        while (2..candidate).any(|divisor| candidate % divisor == 0) {
            candidate += 1;
        }
        product.mul_word(candidate).unwrap();
        candidate += 1;
    }
    let mut roca = || {
        loop {
            let (mut exponent, mut power, mut factor) =
                (BigNum::new().unwrap(), BigNum::new().unwrap(), BigNum::new().unwrap());
            exponent.rand(200, MsbOption::ONE, false).unwrap();
            power.mod_exp(&number(E), &exponent, &product, &mut context).unwrap();
            factor.rand(1024 - product.num_bits() + 1, MsbOption::MAYBE_ZERO, false).unwrap();
            let prime = &(&factor * &product) + &power;
            if prime.num_bits() == 1024 && prime.is_bit_set(1022) && prime.is_prime(20, &mut context).unwrap() {
                return prime;
            }
        }
    };
    let (p, q) = (roca(), roca());
    assert_eq!(
        said(&rsa(&p, &q, Some(&number(E)), None), KeySpec::Rsa2048, None),
        [
            "forbidden_key: the primes have the form that Infineon's library gave them (ROCA, CVE-2017-15361): the private key can be computed from the public one"
        ]
    );
}

#[test]
fn the_numbers_of_elliptic_keys_are_looked_at_too() {
    let text = b"a passphrase that is thirty-two.";
    let weak = ["weak_material: the private number is printable text, and whoever guesses that has the key"];
    let mut ed25519 = hex::decode("302e020100300506032b657004220420").unwrap();
    ed25519.extend(text);
    assert_eq!(said(&ed25519, KeySpec::EccNistEdwards25519, None), weak);
    let scalar = |bytes: &[u8], nid: Nid| {
        let mut group = openssl::ec::EcGroup::from_curve_name(nid).unwrap();
        group.set_asn1_flag(openssl::ec::Asn1Flag::NAMED_CURVE);
        let number = BigNum::from_slice(bytes).unwrap();
        let mut point = openssl::ec::EcPoint::new(&group).unwrap();
        point.mul_generator2(&group, &number, &mut BigNumContext::new().unwrap()).unwrap();
        let key = openssl::ec::EcKey::from_private_components(&group, &number, &point).unwrap();
        PKey::from_ec_key(key).unwrap().private_key_to_pkcs8().unwrap()
    };
    assert_eq!(said(&scalar(text, Nid::SECP256K1), KeySpec::EccSecgP256k1, None), weak);
    assert_eq!(
        said(&scalar(&[1], Nid::SECP384R1), KeySpec::EccNistP384, None),
        ["weak_material: the private number has 2 different bytes only, and whoever guesses that has the key"]
    );
    for spec in [KeySpec::EccNistP256, KeySpec::EccNistP521, KeySpec::EccSecgP256k1, KeySpec::EccNistEdwards25519] {
        assert_eq!(weaknesses(&KeyMaterial::generate(spec).unwrap()), []);
    }
}

#[test]
fn symmetric_and_hmac_keys_are_looked_at() {
    let counter: Vec<u8> = (1..=32).collect();
    assert_eq!(
        said(&counter, KeySpec::SymmetricDefault, Some(Format::Raw)),
        ["weak_material: the key material is a counter, and whoever guesses that has the key"]
    );
    assert_eq!(
        said(&[b'x'; 48], KeySpec::Hmac384, Some(Format::Raw)),
        ["weak_material: the key material is one byte repeated, and whoever guesses that has the key"]
    );
    assert_eq!(weaknesses(&KeyMaterial::generate(KeySpec::Hmac512).unwrap()), []);
}
