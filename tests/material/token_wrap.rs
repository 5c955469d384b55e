//! A key in a token, wrapped there: what comes out is opened by code that has nothing to do with the token, and is the key.

use std::fs;

use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Signer;

use crate::support::independent::{KeyPair, unwrap};
use crate::support::token::Token;
use crate::support::{Bench, material};

const OAEP: &str = "RSAES_OAEP_SHA_1";
const KEY_WRAP: &str = "RSA_AES_KEY_WRAP_SHA_1";

/// A wrapping key of KMS in the bench, whose private half is here.
fn wrapping(bench: &Bench) -> KeyPair {
    let pair = KeyPair::of(&Rsa::generate(WrappingKeySpec::Rsa2048.bits()).unwrap());
    bench.write("PublicKey.bin", pair.public.der());
    pair
}

fn wrap(spec: &str, algorithm: &str, token: &str) -> String {
    format!(
        "wrap --inkey PublicKey.bin --out out --force --key-spec {spec} --wrapping-algorithm {algorithm} --allow-sha1 {token}"
    )
}

fn opened(pair: &KeyPair, algorithm: &str, blob: &[u8]) -> Option<Vec<u8>> {
    let algorithm: WrappingAlgorithm = algorithm.parse().unwrap();
    let answer = unwrap(&[pair.job(algorithm, blob)])?.remove(0);
    Some(hex::decode(&answer).unwrap_or_else(|_| panic!("{answer}")))
}

#[test]
fn secret_keys_leave_the_token_wrapped_and_open_to_the_same_bytes() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    let pair = wrapping(&bench);
    bench.write_private("key", material(1));
    token.pkcs11("--write-object key --type secrkey --key-type AES:32 --label known --extractable --sensitive");
    token.kms_byok(&wrap("SYMMETRIC_DEFAULT", OAEP, &token.flags("known"))).succeeds();
    let Some(found) = opened(&pair, OAEP, &bench.read("out")) else { return };
    assert_eq!(found, material(1));
    // What the token has made itself is compared by what it computes.
    bench.write("message", "a message");
    for (id, (spec, length, digest, function)) in (10..).zip([
        ("HMAC_224", 28, MessageDigest::sha224(), "SHA224-HMAC"),
        ("HMAC_256", 32, MessageDigest::sha256(), "SHA256-HMAC"),
        ("HMAC_256", 47, MessageDigest::sha256(), "SHA256-HMAC"),
        ("HMAC_384", 48, MessageDigest::sha384(), "SHA384-HMAC"),
        ("HMAC_512", 64, MessageDigest::sha512(), "SHA512-HMAC"),
        ("SYMMETRIC_DEFAULT", 32, MessageDigest::sha256(), "SHA256-HMAC"),
    ]) {
        let label = format!("{spec}-{length}");
        token.pkcs11(&format!(
            "--keygen --key-type GENERIC:{length} --label {label} --id {id} --extractable --sensitive --usage-sign"
        ));
        token.kms_byok(&wrap(spec, OAEP, &token.flags(&label))).succeeds();
        let Some(found) = opened(&pair, OAEP, &bench.read("out")) else { return };
        assert_eq!(found.len(), length, "{label}");
        token.pkcs11(&format!("--sign --mechanism {function} --id {id} --input-file message --output-file mac"));
        let key = PKey::hmac(&found).unwrap();
        let mac = Signer::new(digest, &key).unwrap().sign_oneshot_to_vec(b"a message").unwrap();
        assert_eq!(mac, bench.read("mac"), "{label}");
    }
}

#[test]
fn private_keys_leave_the_token_under_an_aes_key_of_the_session_and_open_to_the_same_key() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    let pair = wrapping(&bench);
    for (spec, how) in [
        ("RSA_2048", "RSA -pkeyopt rsa_keygen_bits:2048"),
        ("RSA_3072", "RSA -pkeyopt rsa_keygen_bits:3072"),
        ("RSA_4096", "RSA -pkeyopt rsa_keygen_bits:4096"),
        ("ECC_NIST_P256", "EC -pkeyopt ec_paramgen_curve:P-256"),
        ("ECC_NIST_P384", "EC -pkeyopt ec_paramgen_curve:P-384"),
        ("ECC_NIST_P521", "EC -pkeyopt ec_paramgen_curve:P-521"),
        ("ECC_SECG_P256K1", "EC -pkeyopt ec_paramgen_curve:secp256k1"),
    ] {
        bench.openssl(&format!("genpkey -algorithm {how} -outform DER -out key.der"));
        token.pkcs11(&format!("--write-object key.der --type privkey --label {spec} --extractable --sensitive"));
        token.kms_byok(&wrap(spec, KEY_WRAP, &token.flags(spec))).succeeds();
        let Some(opened) = opened(&pair, KEY_WRAP, &bench.read("out")) else { return };
        let (found, put) = (PKey::private_key_from_der(&opened).unwrap(), bench.read("key.der"));
        assert!(found.public_eq(&PKey::private_key_from_der(&put).unwrap()), "{spec}");
        assert_eq!(&opened[..1], b"\x30");
    }
}

/// The mechanisms that SoftHSM lacks are those of the module in front of it.
#[test]
fn a_private_key_is_wrapped_by_whichever_mechanism_the_token_has() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    let pair = wrapping(&bench);
    token.pkcs11("--keypairgen --key-type EC:prime256v1 --label payments --id 01 --extractable --sensitive");
    for (words, used) in [
        ("", "wrapped by 0x210a"),
        ("rsa_aes", "wrapped by 0x1054"),
        ("as=210b:210a without=210a", "wrapped by 0x210b"),
        ("as=8000216f:210a without=210a", "wrapped by 0x8000216f"),
        // What is called so, and is something else, is found out.
        ("as=210b:2109", "wrapped by 0x210a"),
        ("rsa_aes flip=1054", "wrapped by 0x210a"),
    ] {
        let Some(behind) = token.behind(words) else { return };
        behind.kms_byok(&wrap("ECC_NIST_P256", KEY_WRAP, &behind.flags("payments"))).succeeds();
        assert_eq!(behind.calls().iter().rfind(|call| call.starts_with("wrapped")).unwrap(), used, "{words}");
        let Some(opened) = opened(&pair, KEY_WRAP, &bench.read("out")) else { return };
        assert_eq!(PKey::private_key_from_der(&opened).unwrap().bits(), 256, "{words}");
    }
}

#[test]
fn the_answer_says_which_key_of_which_token_it_was() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    wrapping(&bench);
    token.pkcs11("--keygen --key-type AES:32 --label payments --id 0a --extractable --sensitive");
    let flags = token.flags("payments");
    let run = token.kms_byok(&wrap("SYMMETRIC_DEFAULT", OAEP, &flags));
    assert_eq!(run.succeeds().stderr, "the key is `payments` in token `ceremony`, and its bytes stay there\n");
    assert!(run.stdout.contains("\ntoken               `payments` in token `ceremony`\n"), "{}", run.stdout);
    let said = token.kms_byok(&format!("{} --output json", wrap("SYMMETRIC_DEFAULT", OAEP, &flags))).json();
    let (module, uri) = flags.strip_prefix("--pkcs11-module ").unwrap().split_once(" --pkcs11-uri ").unwrap();
    let module = fs::canonicalize(module).unwrap().display().to_string();
    for (name, value) in
        [("module", &*module), ("uri", uri), ("token", "ceremony"), ("object", "payments"), ("id", "0a")]
    {
        assert_eq!(said["token"][name], value);
    }
    assert_eq!(said["token"]["serial"].as_str().unwrap().len(), 16);
    assert_eq!(said["generated"], false);
}

#[test]
fn the_key_is_named_by_whatever_the_uri_has() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    wrapping(&bench);
    token.another("spare");
    token.pkcs11("--keygen --key-type AES:32 --label one --id 01 --extractable --sensitive");
    token.pkcs11("--keygen --key-type AES:32 --label two --id 02 --extractable --sensitive");
    let pin = "pin-source=file:pin";
    let said = token.kms_byok(&format!("{} -o json", wrap("SYMMETRIC_DEFAULT", OAEP, &token.flags("one")))).json();
    let (serial, module) = (said["token"]["serial"].as_str().unwrap(), said["token"]["module"].as_str().unwrap());
    let named = |rest: &str| {
        let line = format!("{} -o json", wrap("SYMMETRIC_DEFAULT", OAEP, rest));
        token.kms_byok(&line).json()["token"]["object"].as_str().unwrap().to_owned()
    };
    for (uri, object) in [
        (format!("token=ceremony;id=%02?{pin}"), "two"),
        (format!("serial={serial};object=two;type=secret-key?{pin}"), "two"),
        (format!("token=ceremony;manufacturer=SoftHSM%20project;model=SoftHSM%20v2;object=one?{pin}"), "one"),
        (format!("library-manufacturer=SoftHSM;library-version=2;token=ceremony;object=one?{pin}"), "one"),
        (format!("token=ceremony;object=one?{pin}&x-unknown=1"), "one"),
    ] {
        assert_eq!(named(&token.flags_of(&uri)), object, "{uri}");
    }
    let (directory, _) = module.rsplit_once('/').unwrap();
    for query in [format!("module-path={module}&{pin}"), format!("{pin}&module-path={directory}&module-name=softhsm2")]
    {
        assert_eq!(named(&format!("--pkcs11-uri pkcs11:token=ceremony;object=two?{query}")), "two", "{query}");
    }
}

/// What the module prints is not the answer, and what it need not know it does not get.
#[test]
fn the_module_is_in_a_process_of_its_own_without_credentials_and_away_from_the_answer() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    wrapping(&bench);
    token.pkcs11("--keygen --key-type AES:32 --label payments --extractable --sensitive");
    let Some(behind) = token.behind(&format!("print ENVIRON={}", bench.path("environ").display())) else { return };
    let mut command =
        behind.command(&format!("{} -o json", wrap("SYMMETRIC_DEFAULT", OAEP, &behind.flags("payments"))));
    let secrets = ["AWS_SESSION_TOKEN", "AWS_PROFILE", "VAULT_TOKEN", "HTTPS_PROXY", "PGPASSWORD", "KMS_BYOK_QUIET"];
    for name in secrets {
        command.env(name, "0");
    }
    let run = crate::support::run(&mut command, b"");
    assert_eq!(run.json()["token"]["object"], "payments");
    assert!(run.stderr.contains("the module says hello\nits input is empty\n"), "{}", run.stderr);
    let environ = String::from_utf8(bench.read("environ")).unwrap();
    assert!(environ.starts_with("group of its own: 1\n"), "{environ}");
    let has = |name: &str| environ.lines().any(|line| line == name);
    assert!(has("SOFTHSM2_CONF") && has("HOME") && has("PATH"), "{environ}");
    for name in secrets.into_iter().chain(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "LD_PRELOAD"]) {
        assert!(!has(name), "{name}");
    }
}
