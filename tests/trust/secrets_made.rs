//! Key material that a run makes or brings back is as private as that which it is given: in the copy that was asked for, and nowhere else.

use openssl::md::Md;
use openssl::pkey::PKey;
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;

use crate::support::Bench;
use crate::support::memory::Shapes;
use crate::support::planted::{self, secret_numbers};
use crate::support::watched::{assert_silent, memory_of};

const SPECS: [&str; 6] =
    ["SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_512", "RSA_2048", "ECC_NIST_P256", "ECC_NIST_EDWARDS25519"];

#[test]
fn generating_leaves_the_key_material_in_its_file_only() {
    let bench = Bench::new();
    for spec in SPECS {
        let run = bench.watched(&format!("generate --key-spec {spec} --out {spec}.key"), b"");
        run.wait_for_answer();
        let shapes = shapes_of_file(&bench, spec, &format!("{spec}.key"));
        let Some(found) = memory_of(&run, &shapes) else { return };
        assert!(found.is_empty(), "{spec}: {found:#?}");
        assert_silent(spec, &bench, &run.end(), &shapes, &[&format!("{spec}.key")]);
    }
}

/// What is secret in a file of raw key material or of PKCS#8.
fn shapes_of_file(bench: &Bench, spec: &str, name: &str) -> Shapes {
    let bytes = bench.read(name);
    if spec == "SYMMETRIC_DEFAULT" || spec.starts_with("HMAC") {
        return Shapes::of(&[&bytes]);
    }
    let numbers = secret_numbers(&PKey::private_key_from_pkcs8(&bytes).unwrap());
    Shapes::of(&numbers.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

impl Bench {
    /// A recovery certificate `recovery.pem` with its key `recovery.key`.
    fn recovery_certificate(&self) {
        self.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out recovery.key");
        self.openssl("req -x509 -new -key recovery.key -subj /CN=recovery -days 2 -out recovery.pem");
    }
}

#[test]
fn provisioning_a_new_key_leaves_it_in_the_copy_that_was_asked_for_only() {
    let bench = Bench::new();
    let kms = bench.slow_importer();
    bench.recovery_certificate();
    for (number, spec) in SPECS.into_iter().enumerate() {
        let (copy, name) = match number % 2 {
            0 => (format!("--keep {spec}.key"), format!("{spec}.key")),
            _ => (format!("--escrow recovery.pem --escrow-out {spec}.cms"), format!("{spec}.opened")),
        };
        let url = kms.url();
        let run = bench.watched(
            &format!("provision --endpoint-url {url} --region us-east-1 --wrapping-key-spec RSA_2048 --key-spec {spec} --generate {copy}"),
            b"",
        );
        run.wait_for_reply_after("wrapped ");
        if number % 2 == 1 {
            bench.openssl(&format!(
                "cms -decrypt -inform DER -in {spec}.cms -inkey recovery.key -recip recovery.pem -out {name}"
            ));
        }
        let shapes = shapes_of_file(&bench, spec, &name);
        let Some(found) = memory_of(&run, &shapes) else { return };
        assert!(found.iter().all(|copy| copy.own_page), "{spec}, during the import: {found:#?}");
        assert_eq!(found.len(), shapes.count, "{spec}, during the import: {found:#?}");
        run.wait_for_answer();
        let Some(found) = memory_of(&run, &shapes) else { return };
        assert!(found.is_empty(), "{spec}, at the end: {found:#?}");
        assert_silent(spec, &bench, &run.end(), &shapes, &[&name]);
    }
}

#[test]
fn bringing_a_key_back_from_escrow_leaves_neither_it_nor_the_recovery_key_behind() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.recovery_certificate();
    let recovery = PKey::private_key_from_pem(&bench.read("recovery.key")).unwrap();
    for spec in SPECS {
        let made = format!("--key-spec {spec} --inkey PublicKey.bin --out wrapped --force");
        bench.kms_byok(&format!("wrap {made} --generate --escrow recovery.pem --escrow-out {spec}.cms")).succeeds();
        let line = format!("wrap {made} --material-from-escrow {spec}.cms --recipient-key recovery.key");
        let run = bench.watched(&line, b"");
        run.wait_for_answer();
        bench.openssl(&format!(
            "cms -decrypt -inform DER -in {spec}.cms -inkey recovery.key -recip recovery.pem -out opened"
        ));
        for shapes in [shapes_of_file(&bench, spec, "opened"), Shapes::of(&[&secret_numbers(&recovery)[0]])] {
            let Some(found) = memory_of(&run, &shapes) else { return };
            assert!(found.is_empty(), "{spec}: {found:#?}");
        }
        let shapes = shapes_of_file(&bench, spec, "opened");
        assert_silent(spec, &bench, &run.end(), &shapes, &["opened"]);
    }
}

/// RSA_AES_KEY_WRAP draws an AES key that unwraps the rest: it is as secret as the key material.
#[test]
fn the_aes_key_between_two_wrappings_is_left_nowhere() {
    let bench = Bench::new();
    bench.wrapping_key(2048);
    bench.kms_byok("generate --out material").succeeds();
    bench.kms_byok("generate --key-spec ECC_NIST_P256 --out ec.der").succeeds();
    let run = bench.watched(
        "wrap --material ec.der --key-spec ECC_NIST_P256 --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 --inkey PublicKey.bin --out wrapped",
        b"",
    );
    run.wait_for_answer();
    let wrapping = PKey::private_key_from_pem(&bench.read("wrapping.pem")).unwrap();
    let mut context = PkeyCtx::new(&wrapping).unwrap();
    context.decrypt_init().unwrap();
    context.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    context.set_rsa_oaep_md(Md::sha256()).unwrap();
    context.set_rsa_mgf1_md(Md::sha256()).unwrap();
    let mut aes_key = Vec::new();
    context.decrypt_to_vec(&bench.read("wrapped")[..256], &mut aes_key).unwrap();
    assert_eq!(aes_key.len(), 32);
    let shapes = Shapes::of(&[&aes_key]);
    let Some(found) = memory_of(&run, &shapes) else { return };
    assert!(found.is_empty(), "{found:#?}");
    assert_silent("wrap", &bench, &run.end(), &shapes, &[]);
}

#[test]
fn the_import_token_is_never_printed() {
    let bench = Bench::new();
    let kms = bench.serve();
    let at = format!("--endpoint-url {} --region us-east-1", kms.url());
    let planted = &planted::all()[0];
    let flags = planted.place(&bench, false);
    let arn = bench.kms_byok_with_credentials(&format!("create-key {at} --output json")).json()["key_arn"].clone();
    let arn = arn.as_str().unwrap();
    let get = bench.watched(&format!("get-parameters {at} --key-id {arn} --dir D --wrapping-key-spec RSA_2048"), b"");
    get.wait_for_answer();
    let token = Shapes::of(&[&bench.read("D/ImportToken.bin")]);
    assert_silent("get-parameters", &bench, &get.end(), &token, &["ImportToken.bin"]);
    let wrap = bench.watched(&format!("wrap --dir D {flags}"), b"");
    wrap.wait_for_answer();
    assert_silent("wrap", &bench, &wrap.end(), &planted.shapes, &["material"]);
    let import = bench.watched(&format!("import {at} --dir D"), b"");
    import.wait_for_answer();
    let Some(found) = memory_of(&import, &planted.shapes) else { return };
    assert!(found.is_empty(), "{found:#?}");
    let streams = import.end();
    assert_silent("import", &bench, &streams, &token, &["ImportToken.bin"]);
    assert_silent("import", &bench, &streams, &planted.shapes, &["material"]);
}
