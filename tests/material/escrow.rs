//! Keeping a copy: what `--escrow` writes opens with `openssl cms -decrypt`, comes back with `--material-from-escrow`, and is never
//! overwritten.

use crate::support::Bench;

const PROVISION: &str = "provision --rehearse --wrapping-key-spec RSA_2048 --output json --quiet";

impl Bench {
    /// A self-signed recovery certificate NAME.pem with its key NAME.key.
    fn recovery_certificate(&self, name: &str, algorithm: &str) {
        self.openssl(&format!("genpkey {algorithm} -out {name}.key"));
        self.openssl(&format!("req -x509 -new -key {name}.key -subj /CN={name} -days 2 -out {name}.pem"));
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(self.path(&format!("{name}.key")), private).unwrap();
    }
}

#[test]
fn an_escrowed_key_comes_back_as_the_same_key_for_every_kind_of_material() {
    let bench = Bench::new();
    bench.recovery_certificate("rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
    bench.recovery_certificate("ec", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    for spec in ["SYMMETRIC_DEFAULT", "HMAC_512", "RSA_2048", "ECC_NIST_EDWARDS25519"] {
        let out = format!("{spec}.cms");
        let answer = bench
            .kms_byok(&format!("{PROVISION} --key-spec {spec} --generate --escrow rsa.pem ec.pem --escrow-out {out}"))
            .json();
        assert_eq!((&answer["escrow"], &answer["generated"]), (&out.clone().into(), &true.into()));
        assert_eq!(answer["escrow_recipients"][1]["subject"], "CN = ec");
        for recipient in ["rsa", "ec"] {
            bench.openssl(&format!(
                "cms -decrypt -inform DER -in {out} -inkey {recipient}.key -recip {recipient}.pem -out {recipient}.opened"
            ));
            let again = bench
                .kms_byok(&format!(
                    "{PROVISION} --key-spec {spec} --material-from-escrow {out} --recipient-key {recipient}.key"
                ))
                .json();
            assert_eq!(again["proof"]["outcome"], "proven", "{spec}");
        }
        assert_eq!(bench.read("rsa.opened"), bench.read("ec.opened"));
    }
}

/// The bytes in escrow are those KMS got: an HMAC key's function is compared with the recovered file.
#[test]
fn what_is_in_escrow_is_what_kms_got() {
    let bench = Bench::new();
    bench.recovery_certificate("ec", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384");
    let kms = bench.serve();
    let at = format!("--endpoint-url {} --region us-east-1", kms.url());
    bench
        .kms_byok_with_credentials(&format!(
            "provision {at} --alias alias/mac --key-spec HMAC_256 --generate --escrow ec.pem --escrow-out mac.cms"
        ))
        .succeeds();
    bench.openssl("cms -decrypt -inform DER -in mac.cms -inkey ec.key -recip ec.pem -out mac.key");
    let run =
        bench.kms_byok_with_credentials(&format!("verify {at} --key-id alias/mac --material mac.key --output json"));
    assert_eq!(run.json()["proof"]["outcome"], "proven");
}

#[test]
fn an_escrow_file_is_never_overwritten() {
    let bench = Bench::new();
    bench.recovery_certificate("ec", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    let command = format!("{PROVISION} --generate --escrow ec.pem --escrow-out key.cms");
    bench.kms_byok(&command).succeeds();
    let first = bench.read("key.cms");
    let run = bench.kms_byok(&command);
    run.succeeds();
    assert!(
        run.stderr.starts_with("warning: `key.cms` existed and may hold a key: it is now `key.cms.superseded-"),
        "{}",
        run.stderr
    );
    let superseded = bench.names().into_iter().find(|name| name.starts_with("key.cms.superseded-")).unwrap();
    assert_eq!(bench.read(&superseded), first);
    assert_ne!(bench.read("key.cms"), first);
}

#[test]
fn a_wrong_recipient_key_is_a_cause_and_a_fix() {
    let bench = Bench::new();
    bench.recovery_certificate("ec", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    bench.recovery_certificate("other", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    bench.kms_byok(&format!("{PROVISION} --generate --escrow ec.pem --escrow-out key.cms")).succeeds();
    bench.kms_byok("provision --rehearse --material-from-escrow key.cms --recipient-key other.key").refuses(
        1,
        "error: escrow file `key.cms` does not open with this recipient key, or was changed\n\
         hint: give the private key of one of the certificates it was encrypted for\n",
    );
    bench
        .kms_byok("provision --rehearse --generate --escrow ec.key --escrow-out other.cms")
        .refuses(1, "error: `ec.key` is not a certificate\nhint: give an X.509 certificate, in PEM or DER\n");
    assert!(!bench.exists("other.cms"));
}

#[test]
fn a_generated_key_needs_exactly_one_fate() {
    let bench = Bench::new();
    bench.kms_byok("provision --rehearse --generate").refuses(
        2,
        "error: the generated key material would have no copy outside KMS\n\
         hint: add --escrow CERT --escrow-out FILE, --keep FILE for plaintext, or --discard if KMS is to hold the only one\n",
    );
    assert_eq!(bench.kms_byok("provision --rehearse --generate --keep a --discard").code, Some(2));
    assert_eq!(bench.kms_byok("provision --rehearse --material a --discard").code, Some(2));
    assert!(bench.names().is_empty());
}
