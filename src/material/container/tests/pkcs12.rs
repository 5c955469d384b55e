//! PKCS#12 as OpenSSL, Java and others write it.

use super::*;

const RIGHT: &str = "correct horse";

struct Made {
    folder: tempfile::TempDir,
    key: PKey<Private>,
}

impl Made {
    /// A key, its certificate, and the certificate of another key.
    fn new() -> Self {
        let made = Made { folder: tempfile::tempdir().unwrap(), key: key("P-256") };
        std::fs::write(made.folder.path().join("key"), made.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        std::fs::write(made.folder.path().join("other"), key("P-256").private_key_to_pem_pkcs8().unwrap()).unwrap();
        for (name, subject) in [("key", "/C=DE/CN=payments"), ("other", "/CN=somebody else")] {
            let (file, out) = (made.path(name), made.path(&format!("{name}.crt")));
            openssl(&["req", "-x509", "-key", &file, "-subj", subject, "-days", "9", "-out", &out], b"");
        }
        made
    }

    fn path(&self, name: &str) -> String {
        path(self.folder.path(), name)
    }

    fn export(&self, certificate: &str, passphrase: &str, options: &[&str]) -> Vec<u8> {
        let pass = format!("pass:{passphrase}");
        let (key, certificate) = (self.path("key"), self.path(certificate));
        let base = ["pkcs12", "-export", "-inkey", &key, "-passout", &pass];
        let more = if options.contains(&"-nocerts") { vec![] } else { vec!["-in", &certificate] };
        openssl(&[&base[..], &more, options].concat(), b"")
    }
}

#[test]
fn a_key_is_read_with_its_certificate_under_any_passphrase() {
    let made = Made::new();
    for passphrase in [RIGHT, ""] {
        for options in [
            &[][..],
            &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES"],
            &["-keypbe", "NONE", "-certpbe", "NONE"],
            &["-nomac"],
            &["-macalg", "sha512", "-maciter", "-iter", "5000"],
            &["-name", "a friendly name"],
        ] {
            let file = made.export("key.crt", passphrase, options);
            assert_eq!(Container::identify(&file), Some(Container::Pkcs12));
            let found = read_any(&file, Some(if passphrase.is_empty() { "" } else { RIGHT })).unwrap();
            assert!(found.pkcs8.expose() == made.key.private_key_to_pkcs8().unwrap(), "{options:?}");
            assert_eq!(found.certificate.as_deref(), Some("C=DE, CN=payments"), "{options:?}");
            if !options.contains(&"-nomac") {
                assert_eq!(notes(&found), [""; 0]);
                if passphrase.is_empty() {
                    assert!(read_any(&file, None).is_ok(), "nobody is asked: {options:?}");
                } else {
                    assert_eq!(refused(&file, None).0, "passphrase_needed", "{options:?}");
                    assert_eq!(refused(&file, Some("wrong")).0, "wrong_passphrase", "{options:?}");
                }
            } else if passphrase == RIGHT {
                assert_eq!(refused(&file, Some("wrong")).0, "wrong_passphrase");
            }
        }
    }
    let alone =
        openssl(&["pkcs12", "-export", "-nocerts", "-inkey", &made.path("key"), "-passout", "pass:correct horse"], b"");
    assert_eq!(read_any(&alone, Some(RIGHT)).unwrap().certificate, None);
}

#[test]
fn a_certificate_of_another_key_a_cut_file_and_a_lack_of_keys_are_refused() {
    let made = Made::new();
    let other = made.path("other.crt");
    let built = pair_of_strangers(&made);
    assert_eq!(
        refused(&built, None),
        (
            "certificate_mismatch",
            "the certificate beside the private key belongs to another key: its subject is `CN=somebody else`"
                .to_owned()
        )
    );
    let certificates = openssl(&["pkcs12", "-export", "-nokeys", "-in", &other, "-passout", "pass:"], b"");
    assert_eq!(refused(&certificates, None), ("no_private_key", "the PKCS#12 file holds no private key".to_owned()));
    let file = made.export("key.crt", RIGHT, &[]);
    for cut in [20, file.len() / 2, file.len() - 1] {
        assert_eq!(refused(&file[..cut], Some(RIGHT)).0, "damaged", "{cut}");
    }
}

/// A PKCS#12 of a key and somebody else's certificate, by the builder of the openssl crate, which does not compare them.
fn pair_of_strangers(made: &Made) -> Vec<u8> {
    let certificate = openssl::x509::X509::from_pem(&std::fs::read(made.path("other.crt")).unwrap()).unwrap();
    let mut chain = openssl::stack::Stack::new().unwrap();
    chain.push(certificate).unwrap();
    openssl::pkcs12::Pkcs12::builder().pkey(&made.key).ca(chain).build2("").unwrap().to_der().unwrap()
}

#[test]
fn two_private_keys_are_refused_by_their_names() {
    if !has_tool("keytool") {
        return eprintln!("skipped: there is no keytool");
    }
    let folder = tempfile::tempdir().unwrap();
    let store = path(folder.path(), "store.p12");
    for (alias, dn) in [("payments", "CN=payments"), ("invoices", "CN=invoices")] {
        let base = [
            "-genkeypair",
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-storetype",
            "PKCS12",
            "-storepass",
            "changeit",
        ];
        tool("keytool", &[&base[..], &["-keystore", &store, "-alias", alias, "-dname", dn]].concat(), b"");
        let file = std::fs::read(&store).unwrap();
        if alias == "payments" {
            let found = read_any(&file, Some("changeit")).unwrap();
            assert_eq!(found.certificate.as_deref(), Some("CN=payments"));
        } else {
            assert_eq!(
                refused(&file, Some("changeit")),
                (
                    "several_keys",
                    "the PKCS#12 file holds 2 private keys: `payments` (ECC_NIST_P256), `invoices` (ECC_NIST_P256)"
                        .to_owned()
                )
            );
        }
    }
}

#[test]
fn bags_that_need_the_legacy_provider_are_named_before_anybody_is_asked() {
    let made = Made::new();
    let legacy = Command::new("openssl").args(["list", "-providers", "-provider", "legacy"]).output();
    if !legacy.is_ok_and(|done| done.status.success()) {
        return eprintln!("skipped: this OpenSSL has no legacy provider");
    }
    let file = made.export("key.crt", RIGHT, &["-legacy"]);
    assert_eq!(
        refused(&file, None),
        (
            "missing_cipher",
            "the PKCS#12 file is encrypted with RC2-40-CBC, which only OpenSSL's legacy provider has, and it is not loaded".to_owned()
        )
    );
    let store = made.path("store");
    std::fs::write(&store, &file).unwrap();
    let hint = hint_of(&read_any(&file, None).err().unwrap().naming(&store)).unwrap();
    let command = hint.strip_prefix("convert it: `").unwrap().strip_suffix('`').unwrap();
    tool("sh", &["-c", &format!("{command} -passin 'pass:{RIGHT}' -passout 'pass:{RIGHT}'")], b"");
    let pem = std::fs::read(format!("{store}.pem")).unwrap();
    assert!(read_any(&der(&pem), Some(RIGHT)).unwrap().pkcs8.expose() == made.key.private_key_to_pkcs8().unwrap());
}

#[test]
fn a_mac_of_too_many_iterations_is_refused_at_once() {
    let made = Made::new();
    let file = made.export("key.crt", RIGHT, &["-iter", "2048"]);
    let mut costly = file.clone();
    let at = costly.len() - 4;
    assert_eq!(costly[at..], [2, 2, 8, 0]);
    costly[at..].copy_from_slice(&[2, 2, 0x7f, 0xff]);
    assert_eq!(refused(&costly, Some(RIGHT)).0, "wrong_passphrase");
    // Two bytes more, and so are the two lengths around it.
    let mut hostile = file[..at].to_vec();
    hostile.extend([2, 4, 0x7f, 0xff, 0xff, 0xff]);
    let outer = u16::from_be_bytes([hostile[2], hostile[3]]) + 2;
    hostile[2..4].copy_from_slice(&outer.to_be_bytes());
    let mac = hostile
        .windows(4)
        .rposition(|window| window[0] == 0x30 && usize::from(window[1]) > 60 && window[2] == 0x30)
        .unwrap();
    hostile[mac + 1] += 2;
    let (id, words) = refused(&hostile, Some(RIGHT));
    assert_eq!(
        (id, words.as_str()),
        ("too_costly", "the PKCS#12 file needs 2147483647 iterations to open, but at most 10000000 are allowed")
    );
}

/// As NSS and old versions of Java write it: the lengths are left open, which BER allows.
#[test]
fn open_lengths_are_read() {
    let made = Made::new();
    let file = made.export("key.crt", RIGHT, &[]);
    let contents = crate::material::der::element(&file).unwrap().contents;
    let ber = [&[0x30, 0x80], contents, &[0, 0]].concat();
    assert_eq!(Container::identify(&ber), Some(Container::Pkcs12));
    assert!(read_any(&ber, Some(RIGHT)).unwrap().pkcs8.expose() == made.key.private_key_to_pkcs8().unwrap());
}
