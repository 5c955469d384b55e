//! What is in doubt, or is no key material at all, is refused with a cause of its own: a guess never becomes a key.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::room::{KEY, Room};

#[test]
fn what_is_in_doubt_is_refused_with_a_cause_of_its_own() {
    let room = Room::new();
    let hex = hex::encode(KEY);
    room.write("hex", &hex);
    room.write("half", &hex[..32]);
    room.write("newline", [&KEY[..], b"\n"].concat());
    room.write("words", "correct horse battery staple 123");
    room.write("assignment", format!("KEY={hex}"));
    room.write("cut", &BASE64_STANDARD.encode(KEY)[..41]);
    room.write("twice", BASE64_STANDARD.encode(&hex));
    room.write("wif", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ");
    let cases: [(&str, &[&str], &str, &str); 13] = [
        (
            "HMAC_384",
            &["--material", "hex"],
            "material_length",
            "the key material is 64 characters of hex, which are 32 bytes, but HMAC_384 needs 48 to 128",
        ),
        (
            "SYMMETRIC_DEFAULT",
            &["--material", "half"],
            "material_length",
            "the key material is 32 characters of hex, which are 16 bytes, but SYMMETRIC_DEFAULT needs exactly 32",
        ),
        (
            "HMAC_256",
            &["--material", "newline"],
            "trailing_newline",
            "the key material has 33 bytes and the last is a newline: HMAC_256 needs 32 to 128, so an editor or `echo` may have added it",
        ),
        (
            "HMAC_224",
            &["--material", "words"],
            "not_encoded_text",
            "the key material is text in no known encoding (32 characters), but HMAC_224 needs bytes",
        ),
        (
            "HMAC_256",
            &["--material", "assignment"],
            "not_encoded_text",
            "the key material is an assignment of a value to a name (68 characters), but HMAC_256 needs bytes",
        ),
        (
            "SYMMETRIC_DEFAULT",
            &["--material", "cut"],
            "damaged",
            "the key material is base64 that is damaged: it is cut off, or has extra characters",
        ),
        (
            "SYMMETRIC_DEFAULT",
            &["--material", "hex", "--material-format", "base64"],
            "encoding_contradicted",
            "the key material is hex, but it should be read as base64",
        ),
        (
            "HMAC_256",
            &["--material", "twice", "--material-format", "base64"],
            "ambiguous",
            "the key material is hex in base64, and either could be the key",
        ),
        (
            "ECC_NIST_P384",
            &["--material", "hex", "--material-format", "scalar"],
            "material_length",
            "the scalar has 32 bytes, but ECC_NIST_P384 needs 48",
        ),
        (
            "ECC_NIST_EDWARDS25519",
            &["--material", "hex", "--material-format", "scalar"],
            "format_not_for_spec",
            "ECC_NIST_EDWARDS25519 key material is never in the format scalar",
        ),
        (
            "ECC_SECG_P256K1",
            &["--material", "wif"],
            "foreign_container",
            "the key material is a wallet import format (WIF) key, which is not read",
        ),
        (
            "RSA_2048",
            &["--material", "newline"],
            "no_private_key",
            "the key is binary in no known format, but a private key is needed",
        ),
        (
            "RSA_2048",
            &["--material", "words"],
            "not_encoded_text",
            "the key material is text in no known encoding (32 characters), but RSA_2048 needs a private key",
        ),
    ];
    for (spec, flags, id, cause) in cases {
        let (code, answer, _) = room.provision(spec, flags);
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert!(matches!(code, Some(1 | 2)), "{cause}");
        assert_eq!((answer["error"]["id"].as_str(), answer["error"]["cause"].as_str()), (Some(id), Some(cause)));
    }
}

#[test]
fn two_private_keys_in_one_pem_file_are_refused() {
    let room = Room::new();
    let key = || openssl::pkey::PKey::generate_ed25519().unwrap().private_key_to_pem_pkcs8().unwrap();
    room.write("two.pem", [key(), key()].concat());
    let (code, _, talk) = room.run(&[
        "provision",
        "--rehearse",
        "--alias",
        "alias/a",
        "--key-spec",
        "ECC_NIST_EDWARDS25519",
        "--material",
        "two.pem",
    ]);
    assert_eq!(
        (code, talk.as_str()),
        (
            Some(1),
            "error: the PEM text holds 2 private keys: number 1 is a PKCS#8 private key, number 2 is a PKCS#8 private key\n\
             hint: run `(umask 077 && < two.pem awk '/-----BEGIN /{n++} n==1' > two.pem.key1) && kms-byok provision --rehearse --alias alias/a --key-spec ECC_NIST_EDWARDS25519 --material two.pem.key1` if you mean number 1, \
             or `(umask 077 && < two.pem awk '/-----BEGIN /{n++} n==2' > two.pem.key2) && kms-byok provision --rehearse --alias alias/a --key-spec ECC_NIST_EDWARDS25519 --material two.pem.key2` if you mean number 2\n"
        )
    );
}

#[test]
fn a_key_given_for_the_name_of_its_file_is_repeated_nowhere() {
    let room = Room::new();
    let hex = hex::encode(KEY);
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHmHQ7Xng+qoj8TnDk2sqjwR0X7qGd8rnXo20lAQWJs9\n-----END PRIVATE KEY-----\n";
    room.write("k", KEY);
    for secret in [hex.as_str(), &BASE64_STANDARD.encode(KEY), "correct horse battery staple", "swordfish", pem] {
        for flags in [&["--material", secret][..], &["--material", "k.pem", "--passphrase-file", secret]] {
            room.write(
                "k.pem",
                openssl::pkey::PKey::generate_ed25519()
                    .unwrap()
                    .private_key_to_pem_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"x")
                    .unwrap(),
            );
            let record = ["--record", "record.json"];
            let (code, out, err) = room.provision("ECC_NIST_EDWARDS25519", &[flags, &record].concat());
            assert!(matches!(code, Some(1 | 2)), "{err}");
            let record = std::fs::read_to_string(room.path().join("record.json")).unwrap_or_default();
            let _ = std::fs::remove_file(room.path().join("record.json"));
            for text in [out, err, record] {
                let shown = secret.lines().any(|line| line.len() > 8 && text.contains(line));
                assert!(!shown, "{text}");
            }
        }
    }
}

#[test]
fn files_of_kms_given_as_key_material_are_named_as_what_they_are() {
    let room = Room::new();
    let rsa = openssl::rsa::Rsa::generate(2048).unwrap();
    room.write("PublicKey.bin", rsa.public_key_to_der().unwrap());
    room.write("key", KEY);
    room.write("public.der", rsa.public_key_to_der().unwrap());
    let mut token = vec![0; 1842];
    openssl::rand::rand_bytes(&mut token).unwrap();
    token[0] = 0x77;
    room.write("ImportToken.bin", &token);
    for (name, file) in [("wrappingKey_8f7e6d5c", "PublicKey.bin"), ("importToken_8f7e6d5c", "ImportToken.bin")] {
        room.write(name, std::fs::read(room.path().join(file)).unwrap());
    }
    let (code, talk) = room.paste("kms-byok wrap --in key --inkey PublicKey.bin --out EncryptedKeyMaterial.bin");
    assert_eq!(code, Some(0), "{talk}");
    std::fs::copy(room.path().join("EncryptedKeyMaterial.bin"), room.path().join("blob")).unwrap();
    let token = "the key material is the import token of KMS";
    let own = "give the file of your own key: this one belongs to";
    let import = "import it as it is: `kms-byok import --key-id KEY --encrypted";
    let public = "the key material is the wrapping public key of KMS";
    let blob = "the key material looks like wrapped key material: it has 256 bytes, as OAEP with RSA_2048 gives";
    for spec in ["SYMMETRIC_DEFAULT", "HMAC_512", "ECC_NIST_P256", "RSA_2048"] {
        for (file, cause, hint) in [
            ("PublicKey.bin", public, format!("{own} --inkey of wrap")),
            ("wrappingKey_8f7e6d5c", public, format!("{own} --inkey of wrap")),
            ("ImportToken.bin", token, format!("{own} --import-token of import")),
            ("importToken_8f7e6d5c", token, format!("{own} --import-token of import")),
            (
                "EncryptedKeyMaterial.bin",
                "the key material is wrapped key material",
                format!("{import} EncryptedKeyMaterial.bin --import-token ImportToken.bin`"),
            ),
            ("blob", blob, format!("{import} blob --import-token ImportToken.bin`")),
        ] {
            let (answer, _) = room.choices(spec, file);
            let error = &answer["error"];
            assert_eq!(
                (error["id"].as_str(), error["cause"].as_str(), error["hint"].as_str()),
                (Some("wrong_file"), Some(cause), Some(hint.as_str())),
                "{file} {spec}"
            );
            let (_, found, _) = room.run(&["diagnose", "--material", file, "--key-spec", spec, "--output", "json"]);
            let found: serde_json::Value = serde_json::from_str(&found).unwrap();
            let first = &found["causes"][0];
            let evidence = format!("the key material `{file}` does not fit: {cause}");
            assert_eq!((&first["id"], &first["evidence"]), (&"wrong_file".into(), &evidence.into()), "{found}");
            assert!(first["fix"].as_str().unwrap().starts_with(&hint), "{found}");
        }
    }
    // In a parameter directory nothing is left to fill in.
    room.write("parameters.json", "{}");
    let (answer, _) = room.choices("HMAC_512", "./EncryptedKeyMaterial.bin");
    assert_eq!(answer["error"]["hint"], "import it as it is: `kms-byok import --dir .`");
}

#[test]
fn text_that_was_imported_as_it_stands_is_named_with_what_else_it_may_be() {
    let room = Room::new();
    room.write("words", "correct horse battery staple one two three");
    room.write("letters", "correcthorsebatterystapleoncemorecorrecthos");
    for (file, spec, evidence, fix) in [
        (
            "words",
            "HMAC_256",
            "the key material `words` is text of 42 characters in no known encoding: KMS then has the text itself as its key, not what other systems derive from it",
            "write the bytes that the other systems use to a file of their own, and wrap that: `ls -l words`",
        ),
        (
            "letters",
            "HMAC_256",
            "the key material `letters` is text of 43 characters in no known encoding: KMS then has the text itself as its key, not what other systems derive from it",
            "run `kms-byok wrap --in letters --material-format base64 --inkey PublicKey.bin --out EncryptedKeyMaterial.bin --key-spec HMAC_256 --force` if it is the key in base64",
        ),
    ] {
        let line = format!("diagnose --material {file} --material-format raw --key-spec {spec} --output json");
        let (code, found, talk) = room.run(&line.split(' ').collect::<Vec<_>>());
        let found: serde_json::Value = serde_json::from_str(&found).unwrap_or_else(|_| panic!("{talk}"));
        let expected =
            serde_json::json!([{ "id": "material_text", "certainty": "likely", "evidence": evidence, "fix": fix }]);
        assert_eq!((code, &found["causes"]), (Some(4), &expected));
    }
}

#[test]
fn a_key_of_a_type_that_kms_lacks_is_named_without_a_key_spec_too() {
    let room = Room::new();
    let pem = openssl::pkey::PKey::generate_x25519().unwrap().private_key_to_pem_pkcs8().unwrap();
    room.write("key.pem", pem);
    let (_, found, _) = room.run(&["diagnose", "--material", "key.pem", "--output", "json"]);
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["causes"][0]["id"], "material_type", "{found}");
}
