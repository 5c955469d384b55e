//! The fix that `diagnose` names is not only words: the commands in it are run, and the cause is gone.

use crate::support::seeded;
use crate::support::seeded::{Workshop, diagnosis, shell};

#[test]
fn the_commands_of_a_fix_repair_what_it_is_for() {
    let workshop = Workshop::open();
    let bare = "--public-key PublicKey.bin --import-token ImportToken.bin --encrypted EncryptedKeyMaterial.bin";
    let opened = "--dir . --material key --private-key wrapping.pem";
    for (made, asked) in [
        ("symmetric; openssl base64 -A -in PublicKey.bin > x; mv x PublicKey.bin", "--dir ."),
        ("symmetric; openssl base64 -in PublicKey.bin > x; mv x PublicKey.bin", bare),
        ("symmetric; (printf '\"'; openssl base64 -A -in PublicKey.bin; echo '\"') > x; mv x PublicKey.bin", "--dir ."),
        (
            "symmetric; openssl base64 -A -in PublicKey.bin | iconv -f ASCII -t UTF-16 > x; mv x PublicKey.bin",
            "--dir .",
        ),
        ("symmetric; openssl pkey -in wrapping.pem -pubout -out PublicKey.bin", "--dir ."),
        ("symmetric; openssl rsa -in wrapping.pem -RSAPublicKey_out -outform DER -out PublicKey.bin", bare),
        ("symmetric; openssl base64 -A -in ImportToken.bin > x; mv x ImportToken.bin", "--dir ."),
        ("symmetric; openssl base64 -in EncryptedKeyMaterial.bin -out x; mv x EncryptedKeyMaterial.bin", bare),
        ("symmetric; echo >> PublicKey.bin", "--dir ."),
        ("symmetric; echo >> EncryptedKeyMaterial.bin", "--dir ."),
        ("symmetric; echo >> ImportToken.bin", "--dir ."),
        ("symmetric; cat key >> PublicKey.bin", "--dir ."),
        ("symmetric; mv PublicKey.bin x; mv ImportToken.bin PublicKey.bin; mv x ImportToken.bin", "--dir ."),
        (
            "symmetric; head -c 200 EncryptedKeyMaterial.bin > x; mv x EncryptedKeyMaterial.bin",
            "--dir . --material key",
        ),
        ("symmetric; cp key EncryptedKeyMaterial.bin", "--dir . --material key"),
        ("symmetric; with key EncryptedKeyMaterial.bin rsa_padding_mode:oaep", opened),
        ("symmetric; with key EncryptedKeyMaterial.bin", opened),
        ("symmetric; oaep key EncryptedKeyMaterial.bin Other.bin", opened),
        (
            "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap rsa1.der EncryptedKeyMaterial.bin",
            "--dir . --material rsa1.der",
        ),
        (
            "parameters ECC_NIST_P256 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap ec1.der EncryptedKeyMaterial.bin",
            "--dir . --material ec1.der",
        ),
    ] {
        let bench = workshop.bench(made);
        let before = diagnosis(&bench, asked);
        let fix = before["causes"][0]["fix"].as_str().expect(made);
        // The first command is the fix; what follows an "or" is another way.
        shell(&bench, fix.split('`').nth(1).unwrap());
        // A bare file stays as it was, and what was made of it has a name of its own.
        let made_of = |word: &str| {
            let names = ["decoded", "cut", "spki"].map(|suffix| format!("{word}.{suffix}"));
            let found = names.into_iter().find(|name| asked == bare && bench.path(name).exists());
            found.unwrap_or_else(|| word.to_owned())
        };
        let asked = asked.split(' ').map(made_of).collect::<Vec<_>>().join(" ");
        let after = diagnosis(&bench, &asked);
        assert_eq!(seeded::ids(&after), [""; 0], "{made}\n{fix}\n{after:#}");
    }
}

/// A file that was named for another one may be the only copy of a key.
#[test]
fn no_fix_writes_to_a_file_that_was_named_unless_it_is_an_earlier_output() {
    let workshop = Workshop::open();
    let bench = workshop
        .bench("symmetric; cp EncryptedKeyMaterial.bin blob; cp rsa1.pem rsa.pem; cp key payments.key; cp key blob.2");
    for asked in [
        "--encrypted payments.key",
        "--encrypted rsa.pem --public-key PublicKey.bin",
        "--encrypted rsa1.der",
        "--encrypted payments.key --material payments.key",
        "--public-key rsa.pem",
        "--public-key payments.key",
        "--encrypted rsa.pem --import-token payments.key",
        "--material rsa.pem --encrypted payments.key",
    ] {
        let before: Vec<_> = bench.names().into_iter().map(|name| (bench.read(&name), name)).collect();
        let found = diagnosis(&bench, asked);
        let causes = found["causes"].as_array().unwrap();
        assert!(!causes.is_empty(), "{asked}");
        for cause in causes {
            let fix = cause["fix"].as_str().unwrap_or_default();
            for named in ["payments.key", "rsa.pem", "rsa1.der"] {
                assert!(
                    !fix.contains(&format!("--out {named} ")) && !fix.contains(&format!(" {named}`")),
                    "{asked}: {fix}"
                );
            }
            for command in fix.split('`').skip(1).step_by(2) {
                let mut shell = std::process::Command::new("sh");
                let binary = std::path::Path::new(env!("CARGO_BIN_EXE_kms-byok")).parent().unwrap();
                let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
                shell.env("PATH", path).args(["-c", command]).current_dir(bench.directory()).output().unwrap();
            }
        }
        for (bytes, name) in before {
            // That one is an earlier output of the same verb.
            let is_replaced = name == "EncryptedKeyMaterial.bin" && bench.read(&name).len() == 256;
            assert!(is_replaced || bench.read(&name) == bytes, "{asked}: {name}\n{found:#}");
        }
    }
}

#[test]
fn text_inside_a_blob_is_fixed_by_wrapping_the_bytes() {
    let workshop = Workshop::open();
    for (made, format) in [("openssl rand -hex 32 > key", "hex"), ("openssl rand -base64 32 > key", "base64")] {
        let bench = workshop.bench(&format!("{made}; symmetric"));
        let opened = "--dir . --material key --private-key wrapping.pem";
        let before = diagnosis(&bench, opened);
        assert_eq!(seeded::ids(&before)[0], "material_encoded");
        shell(&bench, before["causes"][0]["fix"].as_str().unwrap().split('`').nth(1).unwrap());
        let after = diagnosis(&bench, &format!("{opened} --material-format {format}"));
        assert_eq!(seeded::ids(&after), [""; 0], "{after:#}");
    }
}
