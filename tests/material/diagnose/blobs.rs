//! `diagnose` on public keys that KMS does not give and blobs that no wrapping makes. Each is made with the `openssl` command.

use crate::support::seeded::{Workshop, certain, likely};

const DIRECTORY: &str = "--dir .";
const BARE: &str = "--public-key PublicKey.bin --import-token ImportToken.bin --encrypted EncryptedKeyMaterial.bin";

#[test]
fn public_keys_that_kms_does_not_give_are_named() {
    Workshop::open().check(&[
        certain(
            "the public key is a bare RSAPublicKey",
            "symmetric; openssl rsa -in wrapping.pem -RSAPublicKey_out -outform DER -out PublicKey.bin",
            BARE,
            "public_key_pkcs1",
        ),
        certain(
            "the public key is an EC key",
            "symmetric; openssl ec -in ec.pem -pubout -outform DER -out PublicKey.bin",
            BARE,
            "public_key_not_rsa",
        ),
        certain(
            "the public key has 1024 bits",
            "symmetric; openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 | openssl pkey -pubout -outform DER -out PublicKey.bin",
            BARE,
            "public_key_bits",
        ),
        certain(
            "the public key is smaller than was asked for",
            "symmetric",
            "--public-key PublicKey.bin --wrapping-key-spec RSA_4096",
            "public_key_size",
        ),
        certain(
            "the public key is cut off",
            "symmetric; head -c 200 PublicKey.bin > x; mv x PublicKey.bin",
            BARE,
            "public_key_not_der",
        ),
        certain("the public key has a line end", "symmetric; echo >> PublicKey.bin", DIRECTORY, "trailing_newline"),
        certain(
            "the public key has other bytes behind it",
            "symmetric; cat key >> PublicKey.bin",
            BARE,
            "public_key_extra_bytes",
        ),
    ]);
}

#[test]
fn blobs_that_no_wrapping_makes_are_named() {
    Workshop::open().check(&[
        certain(
            "the blob is cut off",
            "symmetric; head -c 200 EncryptedKeyMaterial.bin > x; mv x EncryptedKeyMaterial.bin",
            DIRECTORY,
            "blob_length",
        ),
        certain(
            "the blob has a line end",
            "symmetric; printf '\\r\\n' >> EncryptedKeyMaterial.bin",
            DIRECTORY,
            "trailing_newline",
        ),
        certain(
            "the blob went through a text-mode transfer",
            "symmetric; (yes $'\\x01' || true) | head -c 256 | perl -pe 's/\\n/\\r\\n/' > EncryptedKeyMaterial.bin",
            DIRECTORY,
            "file_mangled",
        ),
        certain(
            "the blob was read as UTF-8",
            "symmetric; LC_ALL=C sed 's/[\\x80-\\xff]/\\xef\\xbf\\xbd/g' EncryptedKeyMaterial.bin > x; mv x EncryptedKeyMaterial.bin",
            DIRECTORY,
            "file_mangled",
        ),
        certain(
            "the blob was made with a larger wrapping key",
            "symmetric; oaep key EncryptedKeyMaterial.bin Big.bin",
            DIRECTORY,
            "blob_for_other_size",
        ),
        likely(
            "the private key was made ready with a larger wrapping key",
            "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; oaep aes first Big.bin; kwp rsa.der second; cat first second > EncryptedKeyMaterial.bin",
            DIRECTORY,
            "blob_for_other_size",
        ),
        certain(
            "RSA_AES_KEY_WRAP where OAEP alone was asked for",
            "parameters ECC_NIST_P256 RSAES_OAEP_SHA_256 RSA_2048; key_wrap ec.der EncryptedKeyMaterial.bin",
            DIRECTORY,
            "blob_other_algorithm",
        ),
        certain(
            "the second half is missing, because enc -id-aes256-wrap refused the length",
            "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; oaep aes EncryptedKeyMaterial.bin",
            DIRECTORY,
            "blob_other_algorithm",
        ),
        likely(
            "a PKCS#1 key was wrapped",
            "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap rsa1.der EncryptedKeyMaterial.bin",
            DIRECTORY,
            "wrapped_length_for_spec",
        ),
        likely(
            "a SEC1 key was wrapped",
            "parameters ECC_NIST_P256 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap ec1.der EncryptedKeyMaterial.bin",
            DIRECTORY,
            "wrapped_length_for_spec",
        ),
    ]);
}
