//! Keys under a passphrase: the right one, a wrong one, none, and ciphers that are not there.

use super::*;

const RIGHT: &str = "correct horse";

fn encrypted(key: &PKey<Private>, options: &[&str]) -> Vec<u8> {
    let pass = format!("pass:{RIGHT}");
    let arguments = [&["pkcs8", "-topk8", "-inform", "DER", "-outform", "DER", "-passout", &pass], options].concat();
    openssl(&arguments, &key.private_key_to_pkcs8().unwrap())
}

#[test]
fn encrypted_pkcs8_opens_with_its_passphrase_only() {
    let key = key("P-256");
    let pkcs8 = key.private_key_to_pkcs8().unwrap();
    for options in [
        &["-v2", "aes-256-cbc"][..],
        &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"],
        &["-v2", "des3", "-v2prf", "hmacWithSHA1"],
        &["-v1", "PBE-SHA1-3DES"],
        &["-scrypt"],
        &["-iter", "100000"],
    ] {
        let bytes = encrypted(&key, options);
        let found = read_any(&bytes, Some(RIGHT)).unwrap();
        assert_eq!((found.container, notes(&found)), (Container::EncryptedPkcs8, vec![]), "{options:?}");
        assert!(found.pkcs8.expose() == pkcs8, "{options:?}");
        assert_eq!(refused(&bytes, Some("wrong")).0, "wrong_passphrase", "{options:?}");
        assert_eq!(refused(&bytes, None).0, "passphrase_needed", "{options:?}");
    }
}

/// One wrong passphrase in 256 gives padding that fits.
#[test]
fn a_wrong_passphrase_is_never_called_anything_else() {
    let bytes = encrypted(&key("P-256"), &["-iter", "1"]);
    for number in 0..1500 {
        let wrong: &'static str = Box::leak(format!("wrong {number}").into_boxed_str());
        assert_eq!(refused(&bytes, Some(wrong)).0, "wrong_passphrase", "{wrong}");
    }
}

#[test]
fn a_cipher_that_is_not_loaded_is_named_with_the_command_that_converts() {
    let has_legacy = Command::new("openssl").args(["list", "-providers", "-provider", "legacy"]).output();
    if !has_legacy.is_ok_and(|done| done.status.success()) {
        return eprintln!("skipped: this OpenSSL has no legacy provider");
    }
    let key = key("P-256");
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path(), "old key");
    for (scheme, cipher) in [
        ("PBE-MD5-DES", "DES-CBC"),
        ("PBE-SHA1-DES", "DES-CBC"),
        ("PBE-SHA1-RC2-40", "RC2-40-CBC"),
        ("PBE-SHA1-RC2-128", "RC2-CBC"),
        ("PBE-SHA1-RC4-128", "RC4"),
        ("PBE-SHA1-RC4-40", "RC4-40"),
        ("PBE-MD5-RC2-64", "RC2-CBC"),
    ] {
        let options = ["-provider", "legacy", "-provider", "default", "-v1", scheme];
        let bytes = encrypted(&key, &options);
        let error = read_any(&bytes, Some(RIGHT)).err().unwrap();
        assert_eq!(error.id(), "missing_cipher");
        assert_eq!(
            error.to_string(),
            format!(
                "the encrypted PKCS#8 private key is encrypted with {cipher}, which only OpenSSL's legacy provider has, and it is not loaded"
            )
        );
        std::fs::write(&file, &bytes).unwrap();
        let hint = hint_of(&error.naming(&file)).unwrap();
        let command = hint.strip_prefix("convert it: `").unwrap().strip_suffix('`').unwrap();
        let command = format!("{command} -passin 'pass:{RIGHT}' -passout 'pass:{RIGHT}'");
        tool("sh", &["-c", &command], b"");
        let converted = std::fs::read(format!("{file}.pem")).unwrap();
        std::fs::remove_file(format!("{file}.pem")).unwrap();
        let found = read_any(&der(&converted), Some(RIGHT)).unwrap();
        assert!(found.pkcs8.expose() == key.private_key_to_pkcs8().unwrap(), "{scheme}");
    }
}

#[test]
fn traditional_pem_opens_with_its_passphrase_only() {
    let pass = format!("pass:{RIGHT}");
    for kind in ["rsa", "P-256"] {
        let key = key(kind);
        let verb = if kind == "rsa" { &["rsa", "-traditional"][..] } else { &["ec"] };
        for cipher in ["-aes256", "-aes128", "-des3"] {
            let arguments = [verb, &[cipher, "-passout", &pass]].concat();
            let pem = openssl(&arguments, &key.private_key_to_pem_pkcs8().unwrap());
            assert!(pem.windows(10).any(|window| window == b"Proc-Type:"), "{kind} {cipher}");
            let open = |passphrase| read(Container::EncryptedTraditional, &pem, passphrase);
            assert!(open(Some(RIGHT)).unwrap().pkcs8.expose() == key.private_key_to_pkcs8().unwrap());
            assert_eq!(open(Some("wrong")).err().unwrap().id(), "wrong_passphrase");
            assert_eq!(open(None).err().unwrap().id(), "passphrase_needed");
            let text = String::from_utf8(pem.clone()).unwrap();
            let old = text
                .replace("AES-256-CBC", "DES-CBC")
                .replace("AES-128-CBC", "DES-CBC")
                .replace("DES-EDE3-CBC", "DES-CBC");
            let error = read(Container::EncryptedTraditional, old.as_bytes(), Some(RIGHT)).err().unwrap();
            assert_eq!(error.id(), "missing_cipher");
        }
    }
}

#[test]
fn a_file_that_asks_for_hours_of_work_is_refused_at_once() {
    let bytes = encrypted(&key("P-256"), &["-iter", "65537"]);
    let at = bytes.windows(5).position(|window| window == [2, 3, 1, 0, 1]).unwrap();
    let mut costly = bytes.clone();
    costly[at + 2..at + 5].copy_from_slice(&[0x7f, 0xff, 0xff]);
    assert_eq!(refused(&costly, Some(RIGHT)).0, "wrong_passphrase"); // 8,388,607: allowed
    let start = std::time::Instant::now();
    let mut longer = bytes[..at].to_vec();
    longer.extend([2, 4, 0x7f, 0xff, 0xff, 0xff]);
    longer.extend(&bytes[at + 5..]);
    // The lengths around it grow by one: the outer two bytes, and four SEQUENCEs. The salt before it is random, and may look like one.
    let salt =
        [8_usize, 16].into_iter().find(|length| bytes[at - length - 2..at - length] == [4, *length as u8]).unwrap();
    for (index, byte) in longer.clone().iter().enumerate().take(at - salt - 2) {
        if *byte == 0x30 {
            let length = if longer[index + 1] & 0x80 == 0 { index + 1 } else { index + 2 };
            let reaches = index + 2 + usize::from(longer[index + 1] & 0x7f) > at || length == index + 2;
            if reaches {
                longer[length] += 1;
            }
        }
    }
    assert_eq!(
        refused(&longer, Some(RIGHT)),
        (
            "too_costly",
            "the encrypted PKCS#8 private key needs 2147483647 iterations to open, but at most 10000000 are allowed"
                .to_owned()
        )
    );
    assert!(start.elapsed().as_secs() < 60);
    let scrypt = encrypted(&key("P-256"), &["-scrypt", "-scrypt_N", "16384"]);
    let at = scrypt.windows(4).position(|window| window == [2, 2, 0x40, 0]).unwrap();
    let mut costly = scrypt.clone();
    costly[at + 2..at + 4].copy_from_slice(&[0x7f, 0xff]);
    assert_eq!(
        refused(&costly, Some(RIGHT)),
        (
            "too_costly",
            "the encrypted PKCS#8 private key needs 33556480 bytes of memory to open, but at most 33554432 are allowed"
                .to_owned()
        )
    );
}
