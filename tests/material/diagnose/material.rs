//! `diagnose` on key material that does not fit. Each is made with the `openssl` command.

use crate::support::seeded::{Workshop, certain, possible};

const DIRECTORY: &str = "--dir .";

#[test]
fn key_material_that_does_not_fit_is_named() {
    Workshop::open().check(&[
        certain(
            "an editor added a line end to the key",
            "echo >> key; symmetric",
            "--dir . --material key",
            "trailing_newline",
        ),
        certain(
            "the key has 16 bytes",
            "openssl rand -out key 16; symmetric",
            "--dir . --material key",
            "material_length",
        ),
        certain(
            "the key is all zeros",
            "head -c 32 /dev/zero > key; symmetric",
            "--dir . --material key",
            "material_all_zero",
        ),
        certain(
            "a PKCS#1 key was wrapped as it is",
            "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap rsa1.der EncryptedKeyMaterial.bin; rm parameters.json",
            "--public-key PublicKey.bin --encrypted EncryptedKeyMaterial.bin --material rsa1.der --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 --key-spec RSA_2048",
            "material_container",
        ),
        certain(
            "a PEM key was wrapped as it is",
            "key_wrap other.pem EncryptedKeyMaterial.bin",
            "--public-key PublicKey.bin --encrypted EncryptedKeyMaterial.bin --material other.pem --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 --key-spec RSA_2048",
            "material_container",
        ),
        possible(
            "an encrypted key is to be wrapped",
            "openssl pkcs8 -topk8 -in ec.pem -passout pass:x -outform DER -out locked.der",
            "--material locked.der --key-spec ECC_NIST_P256",
            "passphrase_needed",
        ),
        certain(
            "the key is on another curve",
            "true",
            "--material p384.der --key-spec ECC_NIST_P256",
            "material_curve",
        ),
        certain(
            "the key has another modulus",
            "true",
            "--material rsa3072.der --key-spec RSA_2048",
            "material_modulus",
        ),
        certain("the key is of another type", "true", "--material rsa.der --key-spec ECC_NIST_P256", "material_type"),
        possible(
            "the key spells out its curve",
            "openssl ec -in ec.pem -param_enc explicit -out explicit.pem; openssl pkcs8 -topk8 -nocrypt -in explicit.pem -outform DER -out explicit.der",
            "--material explicit.der --key-spec ECC_NIST_P256",
            "material_container",
        ),
        certain(
            "the public key is given for the private one",
            "true",
            "--material Other.bin --key-spec RSA_2048",
            "public_half",
        ),
        certain(
            "P-521 does not fit into OAEP with RSA_2048",
            "true",
            "--material p521.der --key-spec ECC_NIST_P521 --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_2048",
            "material_does_not_fit",
        ),
        certain(
            "an RSA key over OAEP",
            "parameters RSA_2048 RSAES_OAEP_SHA_256 RSA_2048",
            DIRECTORY,
            "algorithm_not_for_spec",
        ),
        certain(
            "a symmetric key under RSA_AES_KEY_WRAP",
            "parameters SYMMETRIC_DEFAULT RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap key EncryptedKeyMaterial.bin",
            DIRECTORY,
            "algorithm_not_for_spec",
        ),
    ]);
}
