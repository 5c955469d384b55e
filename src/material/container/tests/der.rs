//! PKCS#8 of both versions, PKCS#1 and SEC1; explicit curves; OpenSSH.

use super::*;

const CURVES: [(&str, &str); 4] =
    [("P-256", "prime256v1"), ("P-384", "secp384r1"), ("P-521", "secp521r1"), ("secp256k1", "secp256k1")];

#[test]
fn every_container_that_openssl_writes_gives_the_same_pkcs8() {
    for kind in ["rsa", "P-256", "P-384", "P-521", "secp256k1", "ed25519"] {
        let key = key(kind);
        let pkcs8 = key.private_key_to_pkcs8().unwrap();
        let found = read_any(&pkcs8, None).unwrap();
        assert_eq!((found.container, found.notes.as_slice()), (Container::Pkcs8, &[][..]), "{kind}");
        assert!(found.pkcs8.expose() == pkcs8 && found.certificate.is_none(), "{kind}");
        if kind != "ed25519" {
            let traditional = key.private_key_to_der().unwrap();
            let found = read_any(&traditional, None).unwrap();
            let expected = if kind == "rsa" { Container::Pkcs1 } else { Container::Sec1 };
            assert_eq!((found.container, found.notes.as_slice()), (expected, &[][..]), "{kind}");
            assert!(found.pkcs8.expose() == pkcs8, "{kind}");
        }
    }
}

/// Writes an element of DER.
fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
    let mut whole = match contents.len() {
        0..0x80 => vec![tag, length[1]],
        0x80..0x100 => vec![tag, 0x81, length[1]],
        _ => vec![tag, 0x82, length[0], length[1]],
    };
    whole.extend(contents);
    whole
}

/// PKCS#8 of version 2 (RFC 5958 §2), made of one of version 1: a public key as ring and dalek write it, attributes as others do.
fn version_2(pkcs8: &[u8], attributes: &[u8], public: &[u8], explicit: bool) -> Vec<u8> {
    let contents = crate::material::der::element(pkcs8).unwrap().contents;
    assert_eq!(contents[..3], [2, 1, 0]);
    let mut inside = [&[2, 1, 1], &contents[3..], attributes].concat();
    let bits = [&[0], public].concat();
    inside.extend(if explicit { element(0xa1, &element(3, &bits)) } else { element(0x81, &bits) });
    element(0x30, &inside)
}

#[test]
fn version_2_is_read_and_its_public_key_must_be_the_private_keys() {
    let attributes =
        element(0xa0, &hex::decode("301c06092a864886f70d010914310f0c0d6b65792066726f6d2072696e67").unwrap());
    let bits = |key: &PKey<Private>| {
        let spki = key.public_key_to_der().unwrap();
        match key.ec_key() {
            Ok(_) => spki[spki.len() - 65..].to_vec(),
            Err(_) => spki[spki.len() - 32..].to_vec(),
        }
    };
    for kind in ["ed25519", "P-256", "secp256k1"] {
        let (one, other) = (key(kind), key(kind));
        let pkcs8 = one.private_key_to_pkcs8().unwrap();
        for attributes in [&[][..], &attributes] {
            let found = read_any(&version_2(&pkcs8, attributes, &bits(&one), false), None).unwrap();
            assert_eq!((found.container, notes(&found)), (Container::Pkcs8V2, vec![]), "{kind}");
            assert!(found.pkcs8.expose() == pkcs8, "{kind}");
        }
        let found = read_any(&version_2(&pkcs8, &[], &bits(&one), true), None).unwrap();
        assert_eq!(
            notes(&found),
            ["the public key stands in an explicit tag; the key was read all the same and written anew"]
        );
        assert_eq!(refused(&version_2(&pkcs8, &[], &bits(&other), false), None).0, "material_inconsistent", "{kind}");
    }
}

#[test]
fn an_rsa_key_without_its_primes_or_crt_numbers_is_completed() {
    let key = key("rsa");
    let rsa = key.rsa().unwrap();
    let number = |number: &openssl::bn::BigNumRef| {
        let mut bytes = number.to_vec();
        bytes.insert(0, 0);
        let zeros = bytes.windows(2).take_while(|pair| pair[0] == 0 && pair[1] < 0x80).count();
        element(2, &bytes[zeros..])
    };
    let (zero, version) = (element(2, &[0]), element(2, &[0]));
    let [n, e, d] = [rsa.n(), rsa.e(), rsa.d()].map(number);
    let [p, q] = [rsa.p().unwrap(), rsa.q().unwrap()].map(number);
    let forms: [&[&[u8]]; 5] = [
        &[&version, &n, &e, &d],
        &[&version, &n, &e, &d, &zero, &zero, &zero, &zero, &zero],
        &[&version, &n, &e, &d, &p, &q],
        &[&version, &n, &e, &d, &p, &q, &zero, &zero, &zero],
        &[&version, &n, &zero, &d, &zero, &zero, &zero, &zero, &zero],
    ];
    for form in forms {
        let found = read_any(&element(0x30, &form.concat()), None).unwrap();
        assert_eq!(
            notes(&found),
            ["the RSA key came without its primes or CRT numbers, and they were computed"],
            "{} numbers",
            form.len()
        );
        assert_eq!(public(found.pkcs8.expose()), key.public_key_to_der().unwrap());
        assert!(PKey::private_key_from_der(found.pkcs8.expose()).unwrap().rsa().unwrap().check_key().unwrap());
    }
    let (id, words) = refused(&element(0x30, &[&*version, &n, &e, &n].concat()), None);
    assert_eq!(
        (id, words.as_str()),
        ("material_inconsistent", "the private key contradicts itself: its RSA numbers do not belong together")
    );
}

#[test]
fn a_curve_spelled_out_is_named_if_it_is_one_of_kms() {
    for (curve, name) in CURVES {
        let pem = key(curve).private_key_to_pem_pkcs8().unwrap();
        for form in ["uncompressed", "compressed"] {
            let explicit = ["ec", "-param_enc", "explicit", "-conv_form", form, "-outform", "DER"];
            let sec1 = openssl(&explicit, &pem);
            let pkcs8 = openssl(&["pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-outform", "DER"], &sec1);
            for bytes in [&sec1, &pkcs8] {
                let found = read_any(bytes, None).unwrap();
                assert_eq!(
                    notes(&found),
                    [format!("the curve was spelled out; its parameters are those of {name}, which is now named")]
                );
                assert!(found.pkcs8.expose() == der(&pem), "{curve} {form}");
            }
        }
    }
    let other = openssl(
        &["ecparam", "-name", "secp224r1", "-genkey", "-noout", "-param_enc", "explicit", "-outform", "DER"],
        b"",
    );
    assert_eq!(
        refused(&other, None),
        (
            "unreadable_form",
            "the SEC1 private key is in a form that cannot be read: it spells out curve parameters that match no curve of KMS".to_owned()
        )
    );
}

#[test]
fn curves_inside_and_outside_must_agree_and_cut_off_numbers_are_refused() {
    let key = key("P-256");
    let sec1 = key.private_key_to_der().unwrap();
    let p384 = hex::decode("301006072a8648ce3d020106052b81040022").unwrap();
    let mixed = element(0x30, &[&[2, 1, 0], &*p384, &element(4, &sec1)].concat());
    assert_eq!(
        refused(&mixed, None),
        (
            "material_inconsistent",
            "the private key contradicts itself: the curve that stands around it is not the one that stands in it"
                .to_owned()
        )
    );
    // A key whose number was cut off to one byte, with the public key of just that number.
    let one = hex::decode("30310201010401 01a00a06082a8648ce3d030107".replace(' ', "")).unwrap();
    let mut inside = one[2..].to_vec();
    let generator = "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    inside.extend(element(0xa1, &element(3, &[&[0], &*hex::decode(generator).unwrap()].concat())));
    assert_eq!(
        refused(&element(0x30, &inside), None),
        (
            "damaged",
            "the SEC1 private key is damaged: its private number has 1 of the 32 bytes that its curve needs".to_owned()
        )
    );
    for cut in [10, 40, sec1.len() - 1] {
        assert_eq!(refused(&sec1[..cut], None).0, "damaged", "{cut}");
    }
    let zero = element(
        0x30,
        &[&[2, 1, 1], &*element(4, &[0; 32]), &hex::decode("a00a06082a8648ce3d030107").unwrap()].concat(),
    );
    assert_eq!(refused(&zero, None).0, "forbidden_key");
}

#[test]
fn what_openssl_reads_leniently_is_read_and_said() {
    let key = key("P-256");
    let pkcs8 = key.private_key_to_pkcs8().unwrap();
    let sec1 = key.private_key_to_der().unwrap();
    let mut version = pkcs8.clone();
    version[5] = 7;
    let mut unused = sec1.clone();
    let at = unused.len() - 66;
    unused[at] = 3;
    let cases: [(Vec<u8>, &str); 4] = [
        (version, "its version is 7; the key was read all the same and written anew"),
        (unused, "its public key has unused bits; the key was read all the same and written anew"),
        ([&*pkcs8, b"\n"].concat(), "1 byte follows the key, and was left out"),
        ([&*pkcs8, &[0; 9]].concat(), "9 bytes follow the key, and were left out"),
    ];
    for (bytes, expected) in cases {
        let found = read_any(&bytes, None).unwrap();
        assert_eq!(notes(&found), [expected]);
        assert!(found.pkcs8.expose() == pkcs8, "{expected}");
    }
    let mislabelled = read(Container::Pkcs1, &sec1, None).unwrap();
    assert_eq!(notes(&mislabelled), ["the PEM label says PKCS#1 private key, and the content is a SEC1 private key"]);
    let without = element(
        0x30,
        &[
            &[2, 1, 1],
            &*element(4, &key.ec_key().unwrap().private_key().to_vec_padded(32).unwrap()),
            &hex::decode("a00a06082a8648ce3d030107").unwrap(),
        ]
        .concat(),
    );
    let completed = read_any(&without, None).unwrap();
    assert_eq!(notes(&completed), ["the key came without its public half, which was computed"]);
    assert!(completed.pkcs8.expose() == pkcs8);
    assert_eq!(refused(&[&*pkcs8, &*pkcs8].concat(), None).0, "several_keys");
    assert_eq!(refused(&[&*pkcs8, b"abc"].concat(), None).0, "damaged");
}

#[test]
fn ssh_keys_without_a_passphrase_are_read_and_others_are_named() {
    if !has_tool("ssh-keygen") {
        return eprintln!("skipped: there is no ssh-keygen");
    }
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, kind: &[&str], passphrase: &str| {
        let file = path(folder.path(), name);
        let more = ["-q", "-N", passphrase, "-C", "someone@example", "-f", &file];
        tool("ssh-keygen", &[kind, &more].concat(), b"");
        std::fs::read(file).unwrap()
    };
    for kind in [
        &["-t", "rsa", "-b", "2048"][..],
        &["-t", "ecdsa", "-b", "256"],
        &["-t", "ecdsa", "-b", "384"],
        &["-t", "ecdsa", "-b", "521"],
        &["-t", "ed25519"],
    ] {
        let name = kind.join("");
        let text = make(&name, kind, "");
        for bytes in [&text, &der(&text)] {
            let found = read(Container::OpenSsh, bytes, None).unwrap();
            assert_eq!((found.container, notes(&found)), (Container::OpenSsh, vec![]), "{kind:?}");
            std::fs::write(
                folder.path().join("pem"),
                PKey::private_key_from_der(found.pkcs8.expose()).unwrap().private_key_to_pem_pkcs8().unwrap(),
            )
            .unwrap();
            if kind[1] != "ed25519" {
                use std::os::unix::fs::PermissionsExt;
                let pem = path(folder.path(), "pem");
                std::fs::set_permissions(&pem, std::fs::Permissions::from_mode(0o600)).unwrap();
                let same = tool("ssh-keygen", &["-y", "-f", &pem], b"");
                let expected = std::fs::read(folder.path().join(format!("{name}.pub"))).unwrap();
                assert!(expected.starts_with(same.trim_ascii_end()), "{kind:?}");
            }
        }
        let line = std::fs::read(folder.path().join(format!("{name}.pub"))).unwrap();
        assert_eq!(Container::identify(&line), Some(Container::OpenSshPublicKey));
    }
    let locked = make("locked", &["-t", "ed25519"], "a passphrase");
    let error = read(Container::OpenSsh, &locked, None).err().unwrap();
    assert_eq!(error.id(), "unreadable_form");
    let file = path(folder.path(), "locked");
    assert_eq!(
        hint_of(&error.naming(&file)).unwrap(),
        format!(
            "convert a copy of it with an empty new passphrase, and delete the copy afterwards, because it is plaintext: `cp {file} {file}.open && ssh-keygen -p -f {file}.open`"
        )
    );
    let mut damaged = der(&make("damaged", &["-t", "ed25519"], ""));
    let end = damaged.len() - 60;
    damaged[end] ^= 1;
    assert!(
        ["damaged", "material_inconsistent"].contains(&read(Container::OpenSsh, &damaged, None).err().unwrap().id())
    );
}

/// OpenSSL believes the curve inside where it differs from the one outside, so it is the user who decides to let it read such a file.
#[test]
fn open_lengths_are_named_with_the_command_that_writes_der() {
    let key = key("P-256");
    let pkcs8 = key.private_key_to_pkcs8().unwrap();
    let contents = crate::material::der::element(&pkcs8).unwrap().contents;
    let ber = [&[0x30, 0x80], contents, &[0, 0]].concat();
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path(), "ber");
    std::fs::write(&file, &ber).unwrap();
    let error = read_any(&ber, None).err().unwrap();
    assert_eq!(error.id(), "unreadable_form");
    let hint = hint_of(&error.naming(&file)).unwrap();
    let command = hint.strip_prefix("convert it: `").unwrap().strip_suffix('`').unwrap();
    tool("sh", &["-c", command], b"");
    let converted = der(&std::fs::read(format!("{file}.pem")).unwrap());
    assert!(read_any(&converted, None).unwrap().pkcs8.expose() == pkcs8);
}
