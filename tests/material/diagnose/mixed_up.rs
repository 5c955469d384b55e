//! `diagnose` on files that have each other's name, or hold something of another kind. Each is made with the `openssl` command.

use crate::support::seeded::{Workshop, certain, likely};

const DIRECTORY: &str = "--dir .";
const BARE: &str = "--public-key PublicKey.bin --import-token ImportToken.bin --encrypted EncryptedKeyMaterial.bin";

#[test]
fn files_that_were_mixed_up_are_named() {
    Workshop::open().check(&[
        certain(
            "token and public key have each other's name",
            "symmetric; mv PublicKey.bin x; mv ImportToken.bin PublicKey.bin; mv x ImportToken.bin",
            DIRECTORY,
            "files_swapped",
        ),
        certain(
            "token and public key are given to each other's flag",
            "symmetric",
            "--public-key ImportToken.bin --import-token PublicKey.bin --encrypted EncryptedKeyMaterial.bin",
            "files_swapped",
        ),
        certain(
            "token and blob have each other's name",
            "symmetric; mv EncryptedKeyMaterial.bin x; mv ImportToken.bin EncryptedKeyMaterial.bin; mv x ImportToken.bin",
            DIRECTORY,
            "files_swapped",
        ),
        likely(
            "token and blob are given to each other's flag",
            "symmetric",
            "--public-key PublicKey.bin --import-token EncryptedKeyMaterial.bin --encrypted ImportToken.bin",
            "files_swapped",
        ),
        certain(
            "the blob is the public key",
            "symmetric; cp PublicKey.bin EncryptedKeyMaterial.bin",
            DIRECTORY,
            "wrong_file",
        ),
        certain("the token is the public key", "symmetric; cp PublicKey.bin ImportToken.bin", BARE, "wrong_file"),
        certain(
            "the public key is a private key",
            "symmetric; openssl pkcs8 -topk8 -nocrypt -in wrapping.pem -outform DER -out PublicKey.bin",
            BARE,
            "wrong_file",
        ),
        certain(
            "the public key is a certificate",
            "symmetric; openssl req -x509 -new -key wrapping.pem -subj /CN=a -outform DER -out PublicKey.bin",
            BARE,
            "wrong_file",
        ),
        certain(
            "the key itself is sent, not wrapped",
            "symmetric; cp key EncryptedKeyMaterial.bin",
            "--dir . --material key",
            "not_wrapped",
        ),
        certain(
            "a private key is sent, not wrapped",
            "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; cp rsa.der EncryptedKeyMaterial.bin",
            DIRECTORY,
            "not_wrapped",
        ),
    ]);
}
