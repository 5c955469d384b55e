//! The fix that `diagnose` names is not only words: the commands in it are run, and the cause is gone.
#![allow(clippy::unwrap_used)]

#[path = "support/seeded.rs"]
mod seeded;
mod support;

use seeded::{Workshop, diagnosis, shell};

#[test]
fn the_commands_of_a_fix_mend_what_it_is_for() {
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
        let after = diagnosis(&bench, asked);
        assert_eq!(seeded::ids(&after), [""; 0], "{made}\n{fix}\n{after:#}");
    }
}

#[test]
fn text_inside_a_blob_is_mended_by_wrapping_the_bytes() {
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
