//! Flags and files that cannot be meant, as the user sees it.

use crate::support::executable::write_executable;
use crate::support::{self, Bench, run};

/// A bench with a wrapping key, and key material of mode 0600.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    secret(&bench, "key", &support::material(7));
    bench
}

fn secret(bench: &Bench, name: &str, bytes: &[u8]) {
    bench.write_private(name, bytes);
}

#[test]
fn key_material_that_cannot_be_meant() {
    let bench = bench();
    secret(&bench, "newline", b"\n");
    secret(&bench, "short", &[7; 16]);
    for (line, code, expected) in [
        (
            "--material newline --material-format hex",
            1,
            "error: the key material is empty\nhint: check the command that should have written the key material\n",
        ),
        (
            "--material short",
            1,
            "error: the key material has 16 bytes, but SYMMETRIC_DEFAULT needs exactly 32: 16-byte symmetric keys exist in the China Regions only, which this tool does not serve\n\
             hint: look for a key of 32 bytes\n",
        ),
        (
            "--material key --material-format pem",
            2,
            "error: SYMMETRIC_DEFAULT key material is never in the format pem\n\
             hint: leave --material-format out, to have the key material read as what it is\n",
        ),
    ] {
        bench.kms_byok(&format!("wrap {line} --inkey PublicKey.bin --out out")).refuses(code, expected);
    }
    let mut command = bench.command(&["wrap", "--material", "-", "--inkey", "PublicKey.bin", "--out", "out"]);
    command.stdin(std::fs::File::open(bench.directory()).unwrap());
    let output = command.output().unwrap();
    assert_eq!(
        (output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()),
        (
            Some(1),
            "error: key material cannot be read from standard input\n\
             because: Is a directory (os error 21)\n\
             hint: pipe the bytes in, or name a file\n"
        )
    );
    assert!(!bench.exists("out"));
}

/// clap puts the flag in front; cause and hint are ours.
#[test]
fn names_that_kms_does_not_take_here() {
    let bench = bench();
    for (line, cause, hint) in [
        (
            "--wrapping-algorithm RSAES_PKCS1_V1_5",
            "RSAES_PKCS1_V1_5 has been refused by KMS since 2023-10-10",
            "use one of RSAES_OAEP_SHA_256, RSAES_OAEP_SHA_1, RSA_AES_KEY_WRAP_SHA_256, RSA_AES_KEY_WRAP_SHA_1",
        ),
        (
            "--wrapping-algorithm SM2PKE",
            "`SM2PKE` exists in the China Regions only, which this tool does not serve",
            "use an RSA wrapping key outside the China Regions",
        ),
        (
            "--key-spec ML_DSA_65",
            "key material cannot be imported into ML_DSA_65 keys: KMS does not support importing key material for ML-DSA keys",
            "let KMS make the key (origin AWS_KMS), or choose a key spec that imports",
        ),
    ] {
        let run = bench.kms_byok(&format!("wrap --material key --inkey PublicKey.bin --out out {line}"));
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.lines().next().unwrap().ends_with(&format!(": {cause}")), "{}", run.stderr);
        assert!(run.stderr.contains(&format!("\nhint: {hint}\n")), "{}", run.stderr);
    }
}

#[test]
fn recovery_certificates_that_cannot_receive_a_key() {
    let bench = bench();
    bench.openssl("genpkey -algorithm ED25519 -out ed.key");
    bench.openssl("req -x509 -new -key ed.key -subj /CN=ed -days 2 -out ed.pem");
    bench.openssl(
        "req -x509 -new -key wrapping.pem -subj /CN=sign -days 2 -addext keyUsage=digitalSignature -out sign.pem",
    );
    for (certificate, expected) in [
        (
            "ed.pem",
            "error: the key of recovery certificate `ed.pem` is neither RSA nor EC, and CMS has no way to encrypt for it here\n\
             hint: use a certificate with an RSA or EC key; Ed25519 keys only sign\n",
        ),
        (
            "sign.pem",
            "error: recovery certificate `sign.pem` does not allow keyEncipherment\n\
             hint: use a certificate whose keyUsage has keyEncipherment, or none\n",
        ),
    ] {
        let line = format!("wrap --generate --escrow {certificate} --escrow-out copy --inkey PublicKey.bin --out out");
        bench.kms_byok(&line).refuses(1, expected);
    }
    secret(&bench, "recipient.pem", &bench.read("wrapping.pem"));
    bench
        .kms_byok("wrap --material-from-escrow key --recipient-key recipient.pem --inkey PublicKey.bin --out out")
        .refuses(1, "error: `key` is not an escrow file\nhint: give the file that --escrow-out wrote\n");
    assert!(!bench.exists("copy") && !bench.exists("out"));
}

#[test]
fn a_recovery_certificate_out_of_date() {
    let bench = bench();
    bench.write("old.pem", certificate_of_2001());
    bench.kms_byok("wrap --generate --escrow old.pem --escrow-out copy --inkey PublicKey.bin --out out").refuses(
        1,
        "error: recovery certificate `old.pem` is valid from Sep  9 01:46:40 2001 GMT to Sep 20 15:33:20 2001 GMT\n\
             hint: use a certificate that is in date, and check this machine's clock\n",
    );
}

fn certificate_of_2001() -> Vec<u8> {
    use openssl::asn1::Asn1Time;
    use openssl::pkey::PKey;
    use openssl::rsa::Rsa;
    use openssl::x509::{X509, X509Name};
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "old").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_000_000_000).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(1_001_000_000).unwrap()).unwrap();
    builder.sign(&key, openssl::hash::MessageDigest::sha256()).unwrap();
    builder.build().to_pem().unwrap()
}

#[test]
fn a_key_policy_that_is_not_one() {
    let bench = Bench::new();
    bench.write("bytes", [0xff, 0xfe]);
    bench.write("list", "[1]");
    for (file, problem) in [("bytes", "it is not UTF-8"), ("list", "it is not a JSON object")] {
        bench.kms_byok(&format!("create-key --region us-east-1 --policy {file}")).refuses(
            2,
            &format!(
                "error: the key policy `{file}` is not JSON\n\
                 because: {problem}\n\
                 hint: check the file: a key policy is one JSON object\n"
            ),
        );
    }
}

mod rehearsal {
    use super::*;

    #[test]
    fn an_expiry_beyond_a_year() {
        let bench = bench();
        let run = bench.kms_byok("provision --rehearse --quiet --material key --expires-at 2100-01-01T00:00:00Z");
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        let lines: Vec<&str> = run.stderr.lines().collect();
        assert_eq!(lines[0], "error: the expiry 2100-01-01T00:00:00Z is more than 365 days away");
        assert!(lines[1].starts_with("hint: choose 20") && lines[1].ends_with("Z or earlier, or let it never expire"));
    }

    #[test]
    fn an_embedded_kms_that_cannot_start() {
        let bench = Bench::new();
        let taken = bench.serve();
        let address = taken.url().trim_start_matches("http://");
        bench.kms_byok(&format!("rehearsal serve --listen {address}")).refuses(
            1,
            &format!(
                "error: the embedded KMS cannot listen on `{address}`\n\
                 because: Address already in use (os error 98)\n\
                 hint: choose a free port, or 127.0.0.1:0 to be given one\n"
            ),
        );
        bench.kms_byok("rehearsal serve --access-log no/such/log").refuses(
            1,
            "error: the access log `no/such/log` cannot be written\n\
             because: No such file or directory (os error 2)\n\
             hint: name a file in a directory that this user can write to\n",
        );
        for (flag, cause, hint) in [
            (
                "--fault x",
                "`x` is not a fault: it has fewer than three parts",
                "write OPERATION:WHEN:WHAT, as in `ImportKeyMaterial:1:throttle` or `*:2+:latency=500ms`",
            ),
            (
                "--clock tomorrow",
                "`tomorrow` is not a time for the clock",
                "write 2027-01-31T12:00:00Z, or a difference such as +25h or -90d",
            ),
        ] {
            let run = bench.kms_byok(&format!("rehearsal serve {flag}"));
            assert_eq!(run.code, Some(2), "{}", run.stderr);
            assert!(run.stderr.lines().next().unwrap().ends_with(&format!(": {cause}")), "{}", run.stderr);
            assert!(run.stderr.contains(&format!("\nhint: {hint}\n")), "{}", run.stderr);
        }
    }

    #[test]
    fn an_embedded_kms_that_is_none() {
        let bench = Bench::new();
        bench.kms_byok("rehearsal ping --endpoint-url http://127.0.0.1:1").refuses(
            1,
            "error: no embedded KMS answers at `http://127.0.0.1:1`\n\
             because: Connection refused (os error 111)\n\
             hint: start one with `kms-byok rehearsal serve`, and use the URL it prints\n",
        );
        bench.kms_byok("rehearsal ping --endpoint-url ftp://127.0.0.1:1").refuses(
            1,
            "error: `ftp://127.0.0.1:1` is not a URL of an embedded KMS\nhint: write http://127.0.0.1:PORT\n",
        );
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            use std::io::{Read, Write};
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        });
        bench.kms_byok(&format!("rehearsal ping --endpoint-url http://{address}")).refuses(
            1,
            &format!(
                "error: what answers at `http://{address}` is not the embedded KMS\n\
                 hint: start one with `kms-byok rehearsal serve`, and use the URL it prints\n"
            ),
        );
    }
}

/// A program of ours in front of the real `openssl` on PATH.
fn openssl_on_path(bench: &Bench, says: &str) -> String {
    std::fs::create_dir_all(bench.path("bin")).unwrap();
    write_executable(&bench.path("bin/openssl"), &format!("#!/bin/sh\necho '{says}'\n"));
    let path = bench.path("bin").display().to_string();
    let run =
        run(bench.command(&["doctor", "--region", "us-east-1"]).env("PATH", format!("{path}:/usr/bin:/bin")), b"");
    run.succeeds().stdout.clone()
}

#[test]
fn an_openssl_on_path_that_is_old_or_another() {
    let bench = Bench::new();
    let shown = openssl_on_path(&bench, "OpenSSL 1.1.1w  11 Sep 2023");
    assert!(shown.contains("\nopenssl on PATH   OpenSSL 1.1.1w  11 Sep 2023\n"), "{shown}");
    assert!(
        shown.contains(
            "\nnote: OpenSSL 1.1.1, which is on PATH, has been out of the OpenSSL project's support since 2023-09-11\n  hint: "
        ),
        "{shown}"
    );
    let shown = openssl_on_path(&bench, "LibreSSL 3.3.6");
    assert!(
        shown.contains(
            "\nnote: the `openssl` on PATH is `LibreSSL 3.3.6`, which the shell recipe does not support\n  hint: "
        ),
        "{shown}"
    );
}
