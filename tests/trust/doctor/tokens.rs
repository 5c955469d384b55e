//! What a token can do for KMS is tried, and said for each wrapping algorithm.

use serde_json::Value;

use crate::support::token::Token;
use crate::support::{Bench, Run, run};

fn doctor(token: &Token<'_>, line: &str) -> Run {
    run(&mut token.command(&format!("doctor {line}")), b"")
}

#[test]
fn each_wrapping_algorithm_is_tried_in_the_token_and_nothing_stays_there() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    let flags = token.flags_of("token=ceremony?pin-source=file:pin");
    let text = doctor(&token, &flags).stdout;
    for row in [
        "token does not    RSAES_OAEP_SHA_256: token `ceremony` does OAEP with SHA-1 only, and RSAES_OAEP_SHA_256 needs SHA-256\n",
        "token wraps       RSAES_OAEP_SHA_1 by CKM_RSA_PKCS_OAEP\n",
        "token wraps       RSA_AES_KEY_WRAP_SHA_1 by CKM_RSA_PKCS_OAEP and CKM_AES_KEY_WRAP_PAD, which fills private keys up with zero bytes\n",
    ] {
        assert!(text.contains(row), "{text}");
    }
    let answer: Value = doctor(&token, &format!("{flags} -o json")).json_of_failure();
    let found = &answer["token_abilities"];
    assert_eq!(found["token"], "ceremony");
    let works = found["wrapping_algorithms"].as_array().unwrap().iter().filter(|one| one["problem"].is_null());
    let works: Vec<&str> = works.map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(works, ["RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_1"]);
    assert_eq!(token.pkcs11("--list-objects"), "");
}

#[test]
fn a_token_that_is_not_reached_is_a_problem() {
    let bench = Bench::new();
    let Some(token) = Token::new(&bench) else { return };
    let said = doctor(&token, &token.flags_of("token=other?pin-source=file:pin"));
    let first = "problem: no token fits the PKCS#11 URI; the module has `ceremony` (serial ";
    assert!(said.code == Some(4) && said.stdout.contains(first), "{}{}", said.stdout, said.stderr);
    let said = doctor(&token, "--pkcs11-module nowhere.so");
    assert!(said.stdout.contains("problem: there is no PKCS#11 module at `nowhere.so`\n"), "{}", said.stdout);
}
