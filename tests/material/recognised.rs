//! What a file of key material is gets recognised once, by its characters and its structure; a guess never becomes a key.

use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

const KEY: [u8; 32] = *b"\x00\xd1\x9a\x43\xfe\x62\x8b\x10\x77\xc9\x05\xee\x34\x81\xbc\x5f\xa0\x2d\xf7\x16\x98\x4c\xe3\x69\x0b\xb2\x57\xda\x21\x86\xcd\x3a";

const WRAP: &str = "kms-byok wrap --inkey public.der --out out --force --key-spec ";

/// A directory with files in it, and the product run there.
struct Room(tempfile::TempDir);

impl Room {
    fn new() -> Self {
        Room(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Exit code, standard output and standard error.
    fn run(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let output =
            Command::new(env!("CARGO_BIN_EXE_kms-byok")).args(words).current_dir(self.0.path()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn provision(&self, spec: &str, flags: &[&str]) -> (Option<i32>, String, String) {
        let words = ["provision", "--rehearse", "--alias", "alias/a", "--output", "json", "--key-spec", spec];
        self.run(&[&words[..], flags].concat())
    }

    /// What `wrap` says to a file, and the choices that it prints: each a command, and when it is the right one.
    fn choices(&self, spec: &str, words: &str) -> (serde_json::Value, Vec<(String, String)>) {
        let line = format!("{WRAP}{spec} --quiet --output json --material {words}");
        let (_, answer, talk) = self.run(&line.split(' ').skip(1).collect::<Vec<_>>());
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{talk}"));
        let hint = answer["error"]["hint"].as_str().unwrap_or_default();
        let ways =
            hint.strip_prefix("run `").unwrap_or_default().split(", or `").filter_map(|way| way.split_once("` if "));
        let choices = ways
            .map(|(command, meaning)| {
                (command.to_owned(), meaning.split(", or ").next().unwrap().split(", and `").next().unwrap().to_owned())
            })
            .collect();
        (answer, choices)
    }

    /// Exit code and what is said, of a command pasted into a shell.
    fn paste(&self, command: &str) -> (Option<i32>, String) {
        let binary = Path::new(env!("CARGO_BIN_EXE_kms-byok")).parent().unwrap();
        let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
        let output =
            Command::new("sh").args(["-c", command]).current_dir(self.path()).env("PATH", path).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

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
            let expected = serde_json::json!({ "encoding": encoding, "container": null, "bytes": 32 });
            assert_eq!(answer["material"], expected, "{text}");
            assert!(talk.starts_with(&format!("key material read as {words} text of 32 bytes\n")), "{text}: {talk}");
        }
    }
}

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
