//! Where a file may be read in several ways, the choices are printed as commands, and each of them works.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::room::{KEY, Room, WRAP};

/// A choice: what makes another file, the words that follow `--material`, and when it is the right one.
type Way = (&'static str, &'static str, &'static str);

#[test]
fn doubt_is_refused_with_choices_that_all_work() {
    let room = Room::new();
    let public = openssl::rsa::Rsa::generate(2048).unwrap().public_key_to_der().unwrap();
    room.write("public.der", public);
    let (hex, plain) = (hex::encode(KEY), BASE64_STANDARD.encode(KEY));
    room.write("newline", [&KEY[..], b"\n"].concat());
    room.write("crlf", [&KEY[..], b"\r\n"].concat());
    room.write("newline64", BASE64_STANDARD.encode([&KEY[..], b"\n"].concat()));
    room.write("words", "correct horse battery staple 123\n");
    room.write("exact", "correct horse battery staple 123");
    room.write("letters", "correcthorsebatterystapleoncemorecorrecthos");
    room.write("half", &hex[..32]);
    room.write("env", format!("A=1\nKEY=\"{plain}\"\n"));
    room.write("two", format!("{plain}\n{hex}\n"));
    room.write("json", format!("{{\"answer\": \"{plain}\"}}"));
    room.write("inner", BASE64_STANDARD.encode("correct horse battery staple 123"));
    room.write("twice", BASE64_STANDARD.encode(&hex));
    let cut = "the newline is not part of the key";
    let byte = "the newline is a byte of the key";
    let themselves = "these 32 characters themselves are the key";
    let cases: [(&str, &str, &[Way]); 21] = [
        ("SYMMETRIC_DEFAULT", "newline", &[("head -c 32", "newline.cut", cut)]),
        ("HMAC_256", "newline", &[("head -c 32", "newline.cut", cut), ("", "newline --material-format raw", byte)]),
        ("HMAC_256", "crlf", &[("head -c 32", "crlf.cut", cut), ("", "crlf --material-format raw", byte)]),
        ("ECC_NIST_P256", "newline", &[("head -c 32", "newline.cut --material-format scalar", cut)]),
        ("ECC_NIST_EDWARDS25519", "crlf", &[("head -c 32", "crlf.cut --material-format seed", cut)]),
        (
            "SYMMETRIC_DEFAULT",
            "newline64",
            &[(
                r#"tr -d '[:space:]' | tr '_-' '/+' | awk '{ while (length % 4) $0 = $0 "="; printf "%s", $0 }' | openssl base64 -d -A | head -c 32"#,
                "newline64.cut",
                cut,
            )],
        ),
        ("SYMMETRIC_DEFAULT", "words", &[("head -c 32", "words.cut --material-format raw", themselves)]),
        (
            "HMAC_224",
            "words",
            &[
                ("head -c 32", "words.cut --material-format raw", themselves),
                ("", "words --material-format raw", "the key is these characters with their line end"),
            ],
        ),
        ("HMAC_512", "words", &[]),
        ("RSA_2048", "words", &[]),
        ("SYMMETRIC_DEFAULT", "exact", &[("", "exact --material-format raw", themselves)]),
        ("SYMMETRIC_DEFAULT", "letters", &[("", "letters --material-format base64", "it is the key in base64")]),
        (
            "HMAC_224",
            "letters",
            &[
                ("", "letters --material-format base64", "it is the key in base64"),
                ("", "letters --material-format raw", "these 43 characters themselves are the key"),
            ],
        ),
        ("SYMMETRIC_DEFAULT", "half", &[("", "half --material-format raw", themselves)]),
        ("HMAC_384", "half", &[]),
        (
            "SYMMETRIC_DEFAULT",
            "env",
            &[("sed -n '2{s/^[^=:]*[=:][[:space:]]*//;p;}'", "env.line2", "the value in line 2 is the key")],
        ),
        (
            "SYMMETRIC_DEFAULT",
            "two",
            &[("sed -n 1p", "two.line1", "line 1 is the key"), ("sed -n 2p", "two.line2", "line 2 is the key")],
        ),
        (
            "SYMMETRIC_DEFAULT",
            "json",
            &[(
                r#"tr -d '\r\n' | sed 's/.*"answer"[[:space:]]*:[[:space:]]*"\([^"\\]*\(\\.[^"\\]*\)*\)".*/\1/; s/\\\(.\)/\1/g'"#,
                "json.value",
                "its member answer is the key",
            )],
        ),
        ("SYMMETRIC_DEFAULT", "inner", &[("", "inner --material-format base64", "it is the key in base64")]),
        (
            "HMAC_256",
            "twice --material-format base64",
            &[
                ("", "twice", "it is what it looks like"),
                (
                    r#"tr -d '[:space:]' | tr '_-' '/+' | awk '{ while (length % 4) $0 = $0 "="; printf "%s", $0 }' | openssl base64 -d -A"#,
                    "twice.text --material-format raw",
                    "the text in it is the key",
                ),
                ("", "twice --material-format raw", "these 88 characters themselves are the key"),
            ],
        ),
        ("ECC_SECG_P256K1", "half", &[]),
    ];
    for (spec, words, expected) in cases {
        let (answer, found) = room.choices(spec, words);
        let file = words.split(' ').next().unwrap();
        let command = |(filter, given, meaning): &Way| {
            let made = given.split(' ').next().unwrap();
            let convert = if filter.is_empty() {
                String::new()
            } else {
                format!("(umask 077 && < {file} {filter} > {made}) && ")
            };
            (format!("{convert}{WRAP}{spec} --quiet --output json --material {given}"), (*meaning).to_owned())
        };
        assert_eq!(found, expected.iter().map(command).collect::<Vec<_>>(), "{spec} {words}: {answer}");
        for (command, _) in found {
            if command.contains("jq ") && room.paste("command -v jq").0 != Some(0) {
                continue;
            }
            let (code, talk) = room.paste(&command);
            assert_eq!(code, Some(0), "{command}: {talk}");
        }
        for (_, given, _) in expected.iter().filter(|(filter, ..)| !filter.is_empty()) {
            let _ = std::fs::remove_file(room.path().join(given.split(' ').next().unwrap()));
        }
        // A bare number is told by its public key.
        if expected.iter().any(|(_, given, _)| given.ends_with(" scalar") || given.ends_with(" seed")) {
            assert!(answer["error"]["hint"].as_str().unwrap().ends_with("` is your public key"), "{answer}");
        }
        // A command that is refused is in no hint.
        let hint = answer["error"]["hint"].as_str().unwrap();
        assert!(!expected.is_empty() || !hint.contains("--material-format"), "{spec} {words}: {hint}");
    }
}

#[test]
fn a_recipient_key_among_several_is_offered_if_it_opens_the_escrow_file() {
    let room = Room::new();
    let (code, talk) = room.paste(
        "umask 077; set -e; for name in other right; do openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $name.key
         openssl req -x509 -new -key $name.key -subj /CN=$name -days 2 -out $name.pem; done
         cat other.key right.key > 'two keys'; cat right.key right.key > same
         kms-byok provision --rehearse --alias alias/a --key-spec HMAC_256 --generate --escrow right.pem --escrow-out e.cms",
    );
    assert_eq!(code, Some(0), "{talk}");
    let line = "provision --rehearse --alias alias/a --key-spec HMAC_256 --material-from-escrow e.cms --recipient-key";
    let words: Vec<&str> = line.split(' ').collect();
    let (code, _, talk) = room.run(&[&words[..], &["two keys"]].concat());
    let command = format!(
        "(umask 077 && < 'two keys' awk '/-----BEGIN /{{n++}} n==2' > 'two keys.key2') && kms-byok {line} 'two keys.key2'"
    );
    assert_eq!(
        (code, talk.as_str()),
        (
            Some(1),
            format!(
                "error: the PEM text holds 2 private keys: number 1 is a PKCS#8 private key, number 2 is a PKCS#8 private key\n\
                 hint: run `{command}` if you mean number 2\n"
            )
            .as_str()
        )
    );
    let (code, talk) = room.paste(&command);
    assert_eq!(code, Some(0), "{talk}");
    // `diagnose` takes any wrapping key.
    room.write("blob", [0x77; 256]);
    let (code, _, talk) = room.run(&["diagnose", "--encrypted", "blob", "--private-key", "same"]);
    assert_eq!((code, talk.matches("kms-byok diagnose --encrypted blob --private-key same.key").count()), (Some(1), 2));
    for command in talk.split('`').filter(|part| part.contains("same.key")) {
        let (_, talk) = room.paste(command);
        assert!(talk.starts_with("likely (") || talk.contains("opened"), "{command}: {talk}");
    }
}
