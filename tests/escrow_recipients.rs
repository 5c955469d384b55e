//! For whom a copy is encrypted: every kind of certificate that may receive keys, each of several, and no other.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "rehearsal")]

#[path = "support/recovery.rs"]
mod recovery;
mod support;

use recovery::{EC, RSA};
use serde_json::json;
use support::Bench;

const PROVISION: &str = "provision --rehearse --wrapping-key-spec RSA_2048 --quiet";

#[test]
fn each_of_several_recipients_of_every_kind_opens_the_copy() {
    let bench = Bench::new();
    let curve =
        |name: &str| format!("-algorithm EC -pkeyopt ec_paramgen_curve:{name} -pkeyopt ec_param_enc:named_curve");
    let kinds = [
        ("rsa2048", RSA.to_owned()),
        ("rsa4096", "-algorithm RSA -pkeyopt rsa_keygen_bits:4096".to_owned()),
        ("p256", curve("P-256")),
        ("p384", curve("P-384")),
        ("p521", curve("P-521")),
        ("k256", curve("secp256k1")),
    ];
    for (name, algorithm) in &kinds {
        bench.certificate_with(name, algorithm, "");
    }
    let certificates: Vec<String> = kinds.iter().map(|(name, _)| format!("--escrow {name}.pem")).collect();
    let line = format!("{PROVISION} --output json --key-spec HMAC_384 --generate --escrow-out a.cms");
    let answer = bench.kms_byok(&format!("{line} {}", certificates.join(" "))).json();
    let recipients: Vec<_> = kinds
        .iter()
        .map(|(name, _)| json!({ "subject": format!("O = Example, CN = {name}"), "sha256": bench.fingerprint(name) }))
        .collect();
    assert_eq!(answer["escrow_recipients"], json!(recipients));
    let mut opened = Vec::new();
    for (name, _) in &kinds {
        bench.openssl(&format!("cms -decrypt -inform DER -in a.cms -inkey {name}.key -out opened"));
        opened.push(bench.read("opened"));
        let recover = format!("--key-spec HMAC_384 --material-from-escrow a.cms --recipient-key {name}.key");
        let run = bench.kms_byok(&format!("{PROVISION} --output json {recover}"));
        assert_eq!(run.json()["proof"]["outcome"], "proven", "{name}");
    }
    assert!(opened[0].len() == 48 && opened.iter().all(|bytes| *bytes == opened[0]));
}

#[test]
fn who_can_open_the_copy_is_printed() {
    let bench = Bench::new();
    bench.certificate_with("rsa", RSA, "");
    bench.certificate_with("ec", EC, "");
    bench.openssl("x509 -in ec.pem -outform DER -out ec.der");
    let run = bench.kms_byok("provision --rehearse --generate --escrow rsa.pem ec.der --escrow-out a.cms --verify off");
    let expected = format!(
        "encrypted a copy for O = Example, CN = rsa, certificate SHA-256 {}\n\
         encrypted a copy for O = Example, CN = ec, certificate SHA-256 {}\n\
         the copy is in `a.cms`\n",
        bench.fingerprint("rsa"),
        bench.fingerprint("ec")
    );
    assert!(run.succeeds().stderr.contains(&expected), "{}", run.stderr);
    assert!(run.stdout.contains("escrow     a.cms\n"), "{}", run.stdout);
}

#[test]
fn certificates_that_must_not_receive_keys_are_refused_with_the_reason_and_nothing_is_made() {
    let bench = Bench::new();
    bench.certificate_with("ed", "-algorithm ED25519", "");
    bench.certificate_with("pss", "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", "");
    bench.certificate_with("sign", RSA, "-addext keyUsage=digitalSignature");
    bench.certificate_with("sign-ec", EC, "-addext keyUsage=digitalSignature");
    bench.certificate_with("one", EC, "-addext keyUsage=keyAgreement");
    bench.certificate_with("two", RSA, "-addext keyUsage=keyEncipherment,digitalSignature");
    bench.write("both.pem", [bench.read("one.pem"), bench.read("two.pem")].concat());
    bench.write("old.pem", certificate(0, 1_000_000));
    bench.write("early.pem", certificate(4_000_000_000, 4_100_000_000));
    let kind = "is neither RSA nor EC, and CMS has no way to encrypt for it here\n\
                hint: use a certificate with an RSA or EC key; Ed25519 keys only sign\n";
    let date = "hint: use a certificate that is in date, and check this machine's clock\n";
    for (name, stderr) in [
        ("ed.pem", format!("error: the key of recovery certificate `ed.pem` {kind}")),
        ("pss.pem", format!("error: the key of recovery certificate `pss.pem` {kind}")),
        (
            "sign.pem",
            "error: recovery certificate `sign.pem` does not allow keyEncipherment\n\
             hint: use a certificate whose keyUsage has keyEncipherment, or none\n"
                .to_owned(),
        ),
        (
            "sign-ec.pem",
            "error: recovery certificate `sign-ec.pem` does not allow keyAgreement\n\
             hint: use a certificate whose keyUsage has keyAgreement, or none\n"
                .to_owned(),
        ),
        (
            "old.pem",
            format!(
                "error: recovery certificate `old.pem` is valid from Jan  1 00:00:00 1970 GMT to Jan 12 13:46:40 1970 GMT\n{date}"
            ),
        ),
        (
            "early.pem",
            format!(
                "error: recovery certificate `early.pem` is valid from Oct  2 07:06:40 2096 GMT to Dec  3 16:53:20 2099 GMT\n{date}"
            ),
        ),
        (
            "both.pem",
            "error: `both.pem` has 2 certificates, and each recovery certificate is a file of its own\n\
             hint: put each certificate into a file of its own, and name those that shall be able to open the copy\n"
                .to_owned(),
        ),
        (
            "one.key",
            "error: `one.key` is not a certificate\nhint: give an X.509 certificate, in PEM or DER\n".to_owned(),
        ),
        ("missing.pem", "error: recovery certificate `missing.pem` does not exist\nhint: check the path\n".to_owned()),
    ] {
        let before = bench.names();
        // A good one beside it does not help.
        let line = format!("{PROVISION} --generate --escrow one.pem {name} --escrow-out a.cms");
        bench.kms_byok(&line).refuses(1, &stderr);
        assert_eq!(bench.names(), before, "{name}");
    }
    bench.kms_byok(&format!("{PROVISION} --generate --escrow one.pem two.pem --escrow-out a.cms")).succeeds();
    bench
        .kms_byok(&format!("{PROVISION} --generate --escrow one.pem two.pem --escrow-out ./two.pem"))
        .refuses(1, "error: `./two.pem` is both input and output\nhint: name another path for the output\n");
}

/// A self-signed certificate for these seconds after 1970, which the openssl command does not make.
fn certificate(from: i64, to: i64) -> Vec<u8> {
    use openssl::asn1::Asn1Time;
    use openssl::pkey::PKey;
    let key = PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
    let mut builder = openssl::x509::X509::builder().unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(from).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(to).unwrap()).unwrap();
    builder.sign(&key, openssl::hash::MessageDigest::sha256()).unwrap();
    builder.build().to_pem().unwrap()
}
