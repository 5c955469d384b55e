//! What is not read is named, with its half and what converts it.

use super::*;

#[test]
fn public_halves_are_called_so() {
    let key = key("rsa");
    let spki = key.public_key_to_der().unwrap();
    let pkcs1 = key.rsa().unwrap().public_key_to_der_pkcs1().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path(), "key");
    std::fs::write(&file, key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let make = |options: &[&str]| {
        openssl(&[&["req", "-key", &file, "-subj", "/CN=a", "-outform", "DER"], options].concat(), b"")
    };
    for (bytes, name) in [
        (spki, "a public key"),
        (pkcs1, "a public key"),
        (make(&["-x509"]), "a certificate"),
        (make(&["-new"]), "a certificate request"),
        (b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKoB me\n".to_vec(), "an OpenSSH public key"),
        (
            b"<RSAKeyValue><Modulus>AA==</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>".to_vec(),
            "an XML RSA public key",
        ),
    ] {
        assert_eq!(
            refused(&bytes, None),
            ("public_half", format!("the key material is {name}, but the private half is needed"))
        );
    }
    let parameters = openssl(&["ecparam", "-name", "prime256v1", "-outform", "DER"], b"");
    let explicit = openssl(&["ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-outform", "DER"], b"");
    for bytes in [parameters, explicit] {
        assert_eq!(refused(&bytes, None).0, "no_private_key");
        assert_eq!(Container::identify(&bytes), Some(Container::EcParameters));
    }
}

#[test]
fn other_programs_keys_are_named_with_what_converts_them() {
    let tr31 = b"B0080P0TE00E000094B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F5341176EED7B727B8A248E";
    let cases: [(&[u8], Container, Option<&str>); 5] = [
        (
            b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
            Container::Putty,
            Some("convert it: `puttygen FILE -O private-openssh -o FILE.pem`"),
        ),
        (
            br#"{"version":3,"id":"x","crypto":{"ciphertext":"00","cipher":"aes-128-ctr"}}"#,
            Container::WalletKeystore,
            Some(
                "ask the wallet for the private key in hex with the keystore's passphrase, and give it with --material-format scalar",
            ),
        ),
        (
            tr31,
            Container::Tr31,
            Some(
                r#"import it into AWS Payment Cryptography, the service for key blocks, or ask the HSM that holds its key block protection key to unwrap it, or unwrap it with Python's package psec: `(umask 077 && < FILE python3 -c 'import getpass, psec, sys; sys.stdout.buffer.write(psec.tr31.unwrap(bytes.fromhex(getpass.getpass("key block protection key in hex: ")), sys.stdin.read().strip())[1])' > FILE.key)`"#,
            ),
        ),
        (
            b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01",
            Container::Jks,
            Some(
                "convert it: `keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12`",
            ),
        ),
        (
            b"\xce\xce\xce\xce\0\0\0\x02\0\0\0\x01",
            Container::Jceks,
            Some(
                "convert it: `keytool -importkeystore -srcstoretype JCEKS -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12`",
            ),
        ),
    ];
    for (bytes, container, expected) in cases {
        assert_eq!(Container::identify(bytes), Some(container));
        assert_eq!(refused(bytes, None).0, "foreign_container");
        assert_eq!(hint(bytes, None).as_deref(), expected);
    }
}

/// Usage `D0`, algorithm `A` and mode `B` are hex digits as all others of such a block: it is none of an HMAC key for that.
#[test]
fn a_key_block_of_hex_digits_only_is_a_key_block() {
    let header = "D0144D0AB00E0000";
    let block = format!("{header}{}", hex::encode_upper([0x5c; 64]));
    for text in [block.clone(), format!("{block}\r\n"), format!("\"{block}\"")] {
        let read = KeyMaterial::read_from(
            &Secret::copy(text.as_bytes()).unwrap(),
            KeySpec::Hmac512,
            None,
            &mut crate::material::NoPassphrase,
        );
        let error = read.err().unwrap();
        assert_eq!(error.to_string(), "the key material is a TR-31 key block, which is not read");
        let hint = sentence(&error.hint().unwrap());
        assert!(
            hint.starts_with("import it into AWS Payment Cryptography, the service for key blocks, or ask"),
            "{hint}"
        );
    }
    // One digit fewer is no block, but hex.
    assert_eq!(Container::identify(&block.as_bytes()[..143]), None);
}

#[test]
fn the_commands_for_xml_and_for_wallets_give_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path(), "key");
    let run = |content: &[u8], container: Container, before: &str, ending: &str| {
        assert_eq!(Container::identify(content), Some(container));
        std::fs::write(&file, content).unwrap();
        let hint = hint_of(&read_any(content, None).err().unwrap().naming(&file)).unwrap();
        tool("sh", &["-c", hint.strip_prefix(before).unwrap().strip_suffix('`').unwrap()], b"");
        let made = std::fs::read(format!("{file}.{ending}")).unwrap();
        std::fs::remove_file(format!("{file}.{ending}")).unwrap();
        made
    };
    let key = openssl::rsa::Rsa::generate(2048).unwrap();
    let text = |number: Option<&openssl::bn::BigNumRef>| openssl::base64::encode_block(&number.unwrap().to_vec());
    let members = [
        ("Modulus", text(Some(key.n()))),
        ("Exponent", text(Some(key.e()))),
        ("P", text(key.p())),
        ("Q", text(key.q())),
        ("DP", text(key.dmp1())),
        ("DQ", text(key.dmq1())),
        ("InverseQ", text(key.iqmp())),
        ("D", text(Some(key.d()))),
    ];
    let members: String = members.iter().map(|(name, value)| format!("\n  <{name}>{value}</{name}>")).collect();
    for xml in [
        format!("<RSAKeyValue>{members}\r\n</RSAKeyValue>"),
        format!(
            "<RSAKeyValue xmlns=\"http://www.w3.org/2000/09/xmldsig#\">{}</RSAKeyValue>\n",
            members.replace('\n', "")
        ),
    ] {
        let jwk = run(xml.as_bytes(), Container::XmlKey, "convert it: `", "jwk");
        let pkcs8 = PKey::from_rsa(key.clone()).unwrap().private_key_to_pkcs8().unwrap();
        assert!(read_any(&jwk, None).unwrap().pkcs8.expose() == pkcs8);
    }
    // The example of the Bitcoin wiki, and its compressed form.
    for wif in [
        &b"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"[..],
        b"KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617\n",
    ] {
        let before = "convert it, and give the result with --material-format scalar: `";
        let made = run(wif, Container::Wif, before, "hex");
        assert_eq!(made, b"0c28fca386c7a227600b2fe50b7cae11ec86d3bf1fbe471be89827e19d72aa1d");
    }
}

#[test]
fn a_java_keystore_is_converted_by_the_command_that_is_printed() {
    if !has_tool("keytool") {
        return eprintln!("skipped: there is no keytool");
    }
    let folder = tempfile::tempdir().unwrap();
    for (kind, container) in [("JKS", Container::Jks), ("JCEKS", Container::Jceks)] {
        let store = path(folder.path(), kind);
        let base = [
            "-genkeypair",
            "-keyalg",
            "RSA",
            "-keysize",
            "2048",
            "-alias",
            "k",
            "-dname",
            "CN=k",
            "-keypass",
            "changeit",
        ];
        tool(
            "keytool",
            &[&base[..], &["-storetype", kind, "-storepass", "changeit", "-keystore", &store]].concat(),
            b"",
        );
        let file = std::fs::read(&store).unwrap();
        assert_eq!(Container::identify(&file), Some(container));
        let hint = hint_of(&read_any(&file, None).err().unwrap().naming(&store)).unwrap();
        let command = hint.strip_prefix("convert it: `").unwrap().strip_suffix('`').unwrap();
        tool("sh", &["-c", &format!("{command} -srcstorepass changeit -deststorepass changeit")], b"");
        let converted = std::fs::read(format!("{store}.p12")).unwrap();
        assert_eq!(read_any(&converted, Some("changeit")).unwrap().certificate.as_deref(), Some("CN=k"));
    }
}

#[test]
fn a_pgp_key_is_named() {
    if !has_tool("gpg") {
        return eprintln!("skipped: there is no gpg");
    }
    let home = tempfile::tempdir().unwrap();
    let at = home.path().to_str().unwrap();
    let gpg = |more: &[&str]| {
        tool(
            "gpg",
            &[&["--homedir", at, "--batch", "--pinentry-mode", "loopback", "--passphrase", ""], more].concat(),
            b"",
        )
    };
    gpg(&["--quick-generate-key", "someone@example.com", "ed25519", "sign"]);
    assert_eq!(Container::identify(&gpg(&["--export-secret-keys"])), Some(Container::PgpPrivateKey));
    assert_eq!(Container::identify(&gpg(&["--export"])), Some(Container::PgpPublicKey));
    let _ = Command::new("gpgconf").args(["--homedir", at, "--kill", "all"]).status();
}

/// Random key material is never taken for a container.
#[test]
fn random_bytes_are_no_container() {
    for length in [16, 24, 28, 32, 48, 64, 66, 128] {
        for _ in 0..20_000 {
            let mut bytes = vec![0; length];
            openssl::rand::rand_bytes(&mut bytes).unwrap();
            assert_eq!(Container::identify(&bytes), None, "{}", hex::encode(&bytes));
        }
    }
}
