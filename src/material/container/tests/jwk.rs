//! JSON Web Keys.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;
use crate::material::container::{is_jwk_oct, read_jwk_oct};

fn url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn rsa(key: &PKey<Private>, crt: bool) -> String {
    let rsa = key.rsa().unwrap();
    let number = |number: &openssl::bn::BigNumRef| url(&number.to_vec());
    let mut text = format!(
        r#"{{"kty":"RSA","kid":"rsa-1","n":"{}","e":"{}","d":"{}""#,
        number(rsa.n()),
        number(rsa.e()),
        number(rsa.d())
    );
    if crt {
        let members = [("p", rsa.p()), ("q", rsa.q()), ("dp", rsa.dmp1()), ("dq", rsa.dmq1()), ("qi", rsa.iqmp())];
        for (name, value) in members {
            text += &format!(r#","{name}":"{}""#, number(value.unwrap()));
        }
    }
    text + "}"
}

fn ec(key: &PKey<Private>, curve: &str, length: i32, with_public: bool) -> String {
    let ec = key.ec_key().unwrap();
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    let (mut x, mut y) = (openssl::bn::BigNum::new().unwrap(), openssl::bn::BigNum::new().unwrap());
    ec.public_key().affine_coordinates(ec.group(), &mut x, &mut y, &mut context).unwrap();
    let number = |number: &openssl::bn::BigNumRef| url(&number.to_vec_padded(length).unwrap());
    let public = format!(r#","x":"{}","y":"{}""#, number(&x), number(&y));
    let public = if with_public { public } else { String::new() };
    format!(r#"{{ "kty": "EC", "crv": "{curve}", "d": "{}"{public} }}"#, number(ec.private_key()))
}

#[test]
fn private_keys_of_every_type_are_read() {
    let key_of = key("rsa");
    let pkcs8 = key_of.private_key_to_pkcs8().unwrap();
    let whole = read_any(rsa(&key_of, true).as_bytes(), None).unwrap();
    assert_eq!((whole.container, notes(&whole)), (Container::Jwk, vec![]));
    assert!(whole.pkcs8.expose() == pkcs8);
    let short = read_any(rsa(&key_of, false).as_bytes(), None).unwrap();
    assert_eq!(notes(&short), ["the RSA key came without its primes or CRT numbers, and they were computed"]);
    assert_eq!(public(short.pkcs8.expose()), public(&pkcs8));
    for (curve, length) in [("P-256", 32), ("P-384", 48), ("P-521", 66), ("secp256k1", 32)] {
        let key = key(curve);
        let found = read_any(ec(&key, curve, length, true).as_bytes(), None).unwrap();
        assert!(found.pkcs8.expose() == key.private_key_to_pkcs8().unwrap(), "{curve}");
        let set = format!(r#"{{"keys":[{}]}}"#, ec(&key, curve, length, false));
        let found = read_any(set.as_bytes(), None).unwrap();
        assert_eq!(found.container, Container::JwkSet);
        assert!(found.pkcs8.expose() == key.private_key_to_pkcs8().unwrap(), "{curve}");
    }
    let key = key("ed25519");
    let (seed, public) = (key.raw_private_key().unwrap(), key.raw_public_key().unwrap());
    let okp = format!(r#"{{"kty":"OKP","crv":"Ed25519","d":"{}","x":"{}"}}"#, url(&seed), url(&public));
    assert!(read_any(okp.as_bytes(), None).unwrap().pkcs8.expose() == key.private_key_to_pkcs8().unwrap());
}

#[test]
fn what_is_no_private_key_of_one_owner_is_named() {
    let (one, other) = (key("P-256"), key("P-256"));
    let (first, second) = (ec(&one, "P-256", 32, true), ec(&other, "P-256", 32, true));
    let public_only = first.replacen(&first[first.find("\"d\"").unwrap()..first.find("\"x\"").unwrap()], "", 1);
    let swapped = format!("{}{}", &first[..first.find("\"x\"").unwrap()], &second[second.find("\"x\"").unwrap()..]);
    let padded = first.replacen("\", \"d\": \"", "\", \"d\": \"=", 1);
    let d = one.ec_key().unwrap().private_key().to_vec_padded(32).unwrap();
    let standard = first.replace(&url(&d), &STANDARD.encode(&d));
    let cases: [(String, &str, &str); 10] = [
        (public_only.clone(), "public_half", "the key material is a JWK, but the private half is needed"),
        (
            format!(r#"{{"keys":[{public_only}]}}"#),
            "public_half",
            "the key material is a JWK Set, but the private half is needed",
        ),
        (
            swapped,
            "material_inconsistent",
            "the private key contradicts itself: its public point is not its private number's",
        ),
        (padded, "damaged", "the JWK is damaged: `d` is not unpadded base64url"),
        (standard, "damaged", "the JWK is damaged: `d` is not unpadded base64url"),
        (
            format!(r#"{{"keys":[{},{}]}}"#, first.replacen('{', r#"{"kid":"a","#, 1), second),
            "several_keys",
            "the JWK Set holds 2 private keys: `a`, number 2",
        ),
        (
            r#"{"kty":"OKP","crv":"X25519","d":"AAAA","x":"AAAA"}"#.to_owned(),
            "material_type",
            "the private key is an X25519 key, but KMS imports no keys of that type",
        ),
        (
            r#"{"kty":"oct","k":"AAAA"}"#.to_owned(),
            "unreadable_form",
            "the JWK is in a form that cannot be read: its key type is `oct`, which is not a key pair",
        ),
        (
            first.replacen("\"kty\": \"EC\"", "\"kty\": \"AKP\"", 1),
            "material_type",
            "the private key is a key of a post-quantum algorithm (`AKP`), but KMS imports no keys of that type",
        ),
        (
            first.replacen("\"kty\": \"EC\"", "\"kty\": \"XYZ\"", 1),
            "unreadable_form",
            "the JWK is in a form that cannot be read: its key type is `XYZ`",
        ),
    ];
    for (json, id, words) in cases {
        assert_eq!(refused(json.as_bytes(), None), (id, words.to_owned()), "{}", json.len());
    }
}

#[test]
fn the_bytes_of_a_symmetric_key_are_read() {
    let bytes: Vec<u8> = (0..32).map(|byte| byte * 7 + 3).collect();
    let one = format!(r#"{{"kty":"oct","alg":"A256GCM","k":"{}"}}"#, url(&bytes));
    for json in [one.clone(), format!(r#"{{"keys":[{one}]}}"#)] {
        assert!(is_jwk_oct(json.as_bytes()));
        assert_eq!(read_jwk_oct(&Secret::copy(json.as_bytes()).unwrap()).unwrap().expose(), bytes);
    }
    for json in [r#"{"kty":"oct"}"#, r#"{"kty":"oct","k":""}"#, r#"{"kty":"oct","k":"AA AA"}"#] {
        assert!(read_jwk_oct(&Secret::copy(json.as_bytes()).unwrap()).is_err(), "{json}");
    }
    assert!(!is_jwk_oct(br#"{"kty":"RSA"}"#));
}
