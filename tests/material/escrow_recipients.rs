//! For whom a copy is encrypted: every kind of certificate that may receive keys, each of several, and no other.

use serde_json::json;

use crate::support::Bench;
use crate::support::recovery::{EC, RSA};

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
            "error: `both.pem` has 2 certificates, but each recovery certificate needs a file of its own\n\
             hint: put each certificate into a file of its own, and name those that should open the copy\n"
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
        .refuses(2, "error: `./two.pem` is both input and output\nhint: name another path for the output\n");
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

/// The copy may be the only one: what it is encrypted with must hold for years, and so must what says whose key it is.
#[test]
fn certificates_with_small_or_broken_keys_or_signatures_that_can_be_forged_are_refused() {
    let bench = Bench::new();
    let rsa = |bits: u32| format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}");
    let curve =
        |name: &str| format!("-algorithm EC -pkeyopt ec_paramgen_curve:{name} -pkeyopt ec_param_enc:named_curve");
    let pss = |digest: &str| format!("-{digest} -sigopt rsa_padding_mode:pss -sigopt rsa_mgf1_md:{digest}");
    let (key, signature) = (
        "make a certificate with a larger key, RSA of 3072 bits or P-256",
        "use a certificate that is signed with SHA-256, even if it is self-signed",
    );
    let mut refused = 0;
    for (algorithm, request, cause, hint) in [
        (
            rsa(1024),
            "",
            "recovery certificate `c.pem` has an RSA key of 1024 bits, and 2048 bits or more is needed",
            key,
        ),
        (
            rsa(2047),
            "",
            "recovery certificate `c.pem` has an RSA key of 2047 bits, and 2048 bits or more is needed",
            key,
        ),
        (
            curve("prime192v1"),
            "",
            "recovery certificate `c.pem` has an EC key of 192 bits, and 224 bits or more is needed",
            key,
        ),
        (
            curve("secp160r1"),
            "",
            "recovery certificate `c.pem` has an EC key of 161 bits, and 224 bits or more is needed",
            key,
        ),
        (
            RSA.to_owned(),
            "-sha1",
            "the signature of recovery certificate `c.pem` uses SHA-1, which can be forged",
            signature,
        ),
        (
            RSA.to_owned(),
            "-md5",
            "the signature of recovery certificate `c.pem` uses MD5, which can be forged",
            signature,
        ),
        (
            EC.to_owned(),
            "-sha1",
            "the signature of recovery certificate `c.pem` uses SHA-1, which can be forged",
            signature,
        ),
        (
            RSA.to_owned(),
            &pss("sha1"),
            "the signature of recovery certificate `c.pem` uses SHA-1, which can be forged",
            signature,
        ),
    ] {
        if !try_certificate(&bench, &algorithm, request) {
            println!("skipped: this openssl makes no certificate with {algorithm} {request}");
            continue;
        }
        let before = bench.names();
        for line in [
            format!("{PROVISION} --generate --escrow c.pem --escrow-out a.cms"),
            "recipe --alias alias/a --generate --escrow c.pem --escrow-out a.cms".to_owned(),
        ] {
            bench.kms_byok(&line).refuses(1, &format!("error: {cause}\nhint: {hint}\n"));
            assert_eq!(bench.names(), before);
        }
        refused += 1;
    }
    assert!(refused >= 4, "{refused}");
    for (algorithm, request) in [
        (rsa(2048), ""),
        (curve("secp224r1"), ""),
        (RSA.to_owned(), &*pss("sha256")),
        (RSA.to_owned(), &pss("sha512")),
        (EC.to_owned(), "-sha384"),
        (EC.to_owned(), "-sha224"),
    ] {
        assert!(try_certificate(&bench, &algorithm, request), "{algorithm} {request}");
        let _ = std::fs::remove_file(bench.path("a.cms"));
        bench.kms_byok(&format!("{PROVISION} --generate --escrow c.pem --escrow-out a.cms")).succeeds();
    }
}

/// With the exponent 1 the copy is the key in the clear.
#[test]
fn certificates_with_rsa_keys_that_need_not_protect_anything_are_refused() {
    use openssl::asn1::Asn1Time;
    use openssl::bn::BigNum;
    use openssl::hash::MessageDigest;
    use openssl::pkey::PKey;
    use openssl::rsa::Rsa;

    let bench = Bench::new();
    let signer = Rsa::generate(2048).unwrap();
    let mut even = signer.n().to_owned().unwrap();
    even.sub_word(1).unwrap();
    let signer = PKey::from_rsa(signer).unwrap();
    let n = signer.rsa().unwrap().n().to_owned().unwrap();
    for (modulus, exponent, found) in [
        (&n, 1, "an RSA key with the public exponent 1, and an odd exponent above 1"),
        (&n, 2, "an RSA key with the public exponent 2, and an odd exponent above 1"),
        (&even, 65537, "an RSA key divisible by 2, and a modulus of two primes"),
    ] {
        let rsa = Rsa::from_public_components(
            BigNum::from_slice(&modulus.to_vec()).unwrap(),
            BigNum::from_u32(exponent).unwrap(),
        )
        .unwrap();
        let mut builder = openssl::x509::X509::builder().unwrap();
        builder.set_pubkey(&PKey::from_rsa(rsa).unwrap()).unwrap();
        builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::days_from_now(9).unwrap()).unwrap();
        builder.sign(&signer, MessageDigest::sha256()).unwrap();
        bench.write("c.pem", builder.build().to_pem().unwrap());
        bench.kms_byok(&format!("{PROVISION} --generate --escrow c.pem --escrow-out a.cms")).refuses(
            1,
            &format!(
                "error: recovery certificate `c.pem` has {found} is needed\n\
                 hint: make a certificate with a larger key, RSA of 3072 bits or P-256\n"
            ),
        );
        assert!(!bench.exists("a.cms"));
    }
}

/// A self-signed certificate `c.pem`, where this OpenSSL still makes it.
fn try_certificate(bench: &Bench, algorithm: &str, request: &str) -> bool {
    let openssl = |line: String| {
        let mut command = std::process::Command::new("openssl");
        command.args(line.split_whitespace()).current_dir(bench.directory()).output().unwrap().status.success()
    };
    openssl(format!("genpkey {algorithm} -out c.key"))
        && openssl(format!("req -x509 -new -key c.key -subj /CN=c -days 2 {request} -out c.pem"))
}
