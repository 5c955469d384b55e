//! What is recognised without doubt is read, and the run tells what it read.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::room::{KEY, Room, WRAP};

#[test]
fn text_that_encodes_bytes_is_read_and_said() {
    let room = Room::new();
    let (hex, plain) = (hex::encode(KEY), BASE64_STANDARD.encode(KEY));
    for (text, encoding, words) in [
        (hex.clone(), "hex", "hex"),
        (format!("0x{hex}\n"), "hex", "hex"),
        (format!("{}\n{}\n", &hex[..40], &hex[40..]), "hex", "hex"),
        (plain.clone(), "base64", "base64"),
        (plain.trim_end_matches('=').replace('+', "-").replace('/', "_"), "base64url", "base64url"),
        (format!("\"{plain}\"\n"), "quotes+base64", "base64 in quotation marks"),
        (format!("{{\"Plaintext\": \"{plain}\", \"KeyId\": \"x\"}}"), "json+base64", "base64 in JSON"),
    ] {
        room.write("key", &text);
        for spec in ["SYMMETRIC_DEFAULT", "HMAC_256"] {
            let (code, answer, talk) = room.provision(spec, &["--material", "key"]);
            let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(code, Some(0), "{text}: {talk}");
            let expected = serde_json::json!({ "encoding": encoding, "container": null, "bytes": 32, "certificate_subject": null });
            assert_eq!(answer["material"], expected, "{text}");
            assert!(talk.starts_with(&format!("key material read as {words} text of 32 bytes\n")), "{text}: {talk}");
        }
    }
}

#[test]
fn a_bare_number_is_named_with_its_public_key_and_read_only_when_called_one() {
    let room = Room::new();
    let hex = hex::encode(KEY);
    for (name, bytes) in [("raw", KEY.to_vec()), ("hex", hex.clone().into()), ("0x", format!("0x{hex}\n").into())] {
        room.write(name, bytes);
        for (spec, format) in
            [("ECC_SECG_P256K1", "scalar"), ("ECC_NIST_P256", "scalar"), ("ECC_NIST_EDWARDS25519", "seed")]
        {
            let (_, answer, _) = room.provision(spec, &["--material", name]);
            let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
            let cause = answer["error"]["cause"].as_str().unwrap();
            let public = cause.split('`').nth(1).unwrap();
            assert_eq!(
                cause,
                format!(
                    "the key material is a bare number of 32 bytes, which may be the {format} of a private key with the public key `{public}`, or something else"
                )
            );
            assert!(!cause.contains(&hex) && public.len() >= 64, "{cause}");
            let command = format!(
                "kms-byok provision --rehearse --alias alias/a --output json --key-spec {spec} --material {name} --material-format {format}"
            );
            assert_eq!(answer["error"]["hint"], format!("run `{command}` if that is your public key"));
            let (code, answer, talk) = room.provision(spec, &["--material", name, "--material-format", format]);
            assert_eq!(code, Some(0), "{talk}");
            let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer["material"]["container"], format);
        }
    }
}

#[test]
fn two_halves_are_read_if_one_is_the_public_key_of_the_other() {
    let room = Room::new();
    let public = |seed: &[u8; 32]| {
        let key = openssl::pkey::PKey::private_key_from_raw_bytes(seed, openssl::pkey::Id::ED25519).unwrap();
        key.raw_public_key().unwrap()
    };
    room.write("public.der", openssl::rsa::Rsa::generate(2048).unwrap().public_key_to_der().unwrap());
    room.write("pair", [&KEY[..], &public(&KEY)].concat());
    room.write("turned", [&public(&KEY), &KEY[..]].concat());
    room.write("torn", hex::encode([KEY, [0xa5; 32]].concat()));
    let spec = "ECC_NIST_EDWARDS25519";
    assert_eq!(room.choices(spec, "pair").0["material"]["container"], "seed");
    let (first, second) = (hex::encode(public(&KEY)), hex::encode(public(&[0xa5; 32])));
    let (answer, choices) = room.choices(spec, "torn");
    assert_eq!(
        answer["error"]["cause"],
        format!(
            "the two halves of the key material do not belong together: the first would be the seed of the public key `{first}`, the second that of `{second}`"
        )
    );
    let from_hex = r#"sed 's/0[xX]//g' | tr -cd '0-9a-fA-F' | fold -w 2 | while read -r byte || [ -n "$byte" ]; do printf %b "\\0$(printf %03o "0x$byte")"; done"#;
    let command = |filter: &str, file: &str| {
        format!(
            "(umask 077 && < {file} {filter} -c 32 > {file}.seed) && {WRAP}{spec} --quiet --output json --material {file}.seed --material-format seed"
        )
    };
    assert_eq!(
        choices,
        [
            (command(&format!("{from_hex} | head"), "torn"), format!("`{first}` is your public key")),
            (command(&format!("{from_hex} | tail"), "torn"), format!("`{second}` is your public key")),
        ]
    );
    for (command, _) in &choices {
        let (code, talk) = room.paste(command);
        assert_eq!(code, Some(0), "{command}: {talk}");
    }
    let (_, choices) = room.choices(spec, "turned");
    assert_eq!(choices, [(command("tail", "turned"), format!("`{first}` is your public key"))]);
}
