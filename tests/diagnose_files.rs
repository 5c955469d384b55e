//! `diagnose` on mistakes that the files show by themselves. Each is made with the `openssl` command.
#![allow(clippy::unwrap_used)]

#[path = "support/seeded.rs"]
mod seeded;
mod support;

use seeded::{Mistake, Workshop};
use support::Bench;

const DIRECTORY: &str = "--dir .";
const BARE: &str = "--public-key PublicKey.bin --import-token ImportToken.bin --encrypted EncryptedKeyMaterial.bin";

#[test]
fn text_where_bytes_are_needed_is_named_for_each_file() {
    Workshop::open().check(&[
        Mistake {
            what: "the public key is the base64 of --query PublicKey --output text",
            made: "symmetric; openssl base64 -A -in PublicKey.bin > text; mv text PublicKey.bin",
            asked: DIRECTORY,
            id: "public_key_encoded",
            certainty: "certain",
        },
        Mistake {
            what: "the public key is base64 in lines",
            made: "oaep key EncryptedKeyMaterial.bin; openssl base64 -in PublicKey.bin -out text; mv text PublicKey.bin",
            asked: BARE,
            id: "public_key_encoded",
            certainty: "certain",
        },
        Mistake {
            what: "the public key is PEM",
            made: "symmetric; openssl pkey -in wrapping.pem -pubout -out PublicKey.bin",
            asked: DIRECTORY,
            id: "public_key_encoded",
            certainty: "certain",
        },
        Mistake {
            what: "the public key is hex",
            made: "symmetric; hex PublicKey.bin > text; mv text PublicKey.bin",
            asked: DIRECTORY,
            id: "public_key_encoded",
            certainty: "certain",
        },
        Mistake {
            what: "the public key is base64 that PowerShell has written",
            made: "symmetric; openssl base64 -A -in PublicKey.bin | iconv -f ASCII -t UTF-16LE > text; mv text PublicKey.bin",
            asked: DIRECTORY,
            id: "public_key_encoded",
            certainty: "certain",
        },
        Mistake {
            what: "the import token is base64",
            made: "symmetric; openssl base64 -A -in ImportToken.bin > text; mv text ImportToken.bin",
            asked: DIRECTORY,
            id: "import_token_encoded",
            certainty: "certain",
        },
        Mistake {
            what: "the wrapped key material is base64",
            made: "symmetric; openssl base64 -in EncryptedKeyMaterial.bin -out text; mv text EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "encrypted_encoded",
            certainty: "certain",
        },
        Mistake {
            what: "the wrapped key material is hex",
            made: "symmetric; hex EncryptedKeyMaterial.bin > text; mv text EncryptedKeyMaterial.bin",
            asked: BARE,
            id: "encrypted_encoded",
            certainty: "certain",
        },
        Mistake {
            what: "the key is hex, as of `openssl rand -hex 32`",
            made: "openssl rand -hex 32 > key; symmetric",
            asked: "--dir . --material key",
            id: "material_encoded",
            certainty: "likely",
        },
        Mistake {
            what: "the key is base64, as of `openssl rand -base64 32`",
            made: "openssl rand -base64 32 > key; symmetric",
            asked: "--dir . --material key",
            id: "material_encoded",
            certainty: "likely",
        },
    ]);
}

#[test]
fn files_that_were_mixed_up_are_named() {
    Workshop::open().check(&[
        Mistake {
            what: "token and public key have each other's name",
            made: "symmetric; mv PublicKey.bin x; mv ImportToken.bin PublicKey.bin; mv x ImportToken.bin",
            asked: DIRECTORY,
            id: "files_swapped",
            certainty: "certain",
        },
        Mistake {
            what: "token and public key are given to each other's flag",
            made: "symmetric",
            asked: "--public-key ImportToken.bin --import-token PublicKey.bin --encrypted EncryptedKeyMaterial.bin",
            id: "files_swapped",
            certainty: "certain",
        },
        Mistake {
            what: "token and blob have each other's name",
            made: "symmetric; mv EncryptedKeyMaterial.bin x; mv ImportToken.bin EncryptedKeyMaterial.bin; mv x ImportToken.bin",
            asked: DIRECTORY,
            id: "files_swapped",
            certainty: "certain",
        },
        Mistake {
            what: "token and blob are given to each other's flag",
            made: "symmetric",
            asked: "--public-key PublicKey.bin --import-token EncryptedKeyMaterial.bin --encrypted ImportToken.bin",
            id: "files_swapped",
            certainty: "likely",
        },
        Mistake {
            what: "the blob is the public key",
            made: "symmetric; cp PublicKey.bin EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "wrong_file",
            certainty: "certain",
        },
        Mistake {
            what: "the token is the public key",
            made: "symmetric; cp PublicKey.bin ImportToken.bin",
            asked: BARE,
            id: "wrong_file",
            certainty: "certain",
        },
        Mistake {
            what: "the public key is a private key",
            made: "symmetric; openssl pkcs8 -topk8 -nocrypt -in wrapping.pem -outform DER -out PublicKey.bin",
            asked: BARE,
            id: "wrong_file",
            certainty: "certain",
        },
        Mistake {
            what: "the public key is a certificate",
            made: "symmetric; openssl req -x509 -new -key wrapping.pem -subj /CN=a -outform DER -out PublicKey.bin",
            asked: BARE,
            id: "wrong_file",
            certainty: "certain",
        },
        Mistake {
            what: "the key itself is sent, not wrapped",
            made: "symmetric; cp key EncryptedKeyMaterial.bin",
            asked: "--dir . --material key",
            id: "not_wrapped",
            certainty: "certain",
        },
        Mistake {
            what: "a private key is sent, not wrapped",
            made: "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; cp rsa.der EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "not_wrapped",
            certainty: "certain",
        },
    ]);
}

#[test]
fn public_keys_that_kms_does_not_give_are_named() {
    Workshop::open().check(&[
        Mistake {
            what: "the public key is a bare RSAPublicKey",
            made: "symmetric; openssl rsa -in wrapping.pem -RSAPublicKey_out -outform DER -out PublicKey.bin",
            asked: BARE,
            id: "public_key_pkcs1",
            certainty: "certain",
        },
        Mistake {
            what: "the public key is an EC key",
            made: "symmetric; openssl ec -in ec.pem -pubout -outform DER -out PublicKey.bin",
            asked: BARE,
            id: "public_key_not_rsa",
            certainty: "certain",
        },
        Mistake {
            what: "the public key has 1024 bits",
            made: "symmetric; openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 | openssl pkey -pubout -outform DER -out PublicKey.bin",
            asked: BARE,
            id: "public_key_bits",
            certainty: "certain",
        },
        Mistake {
            what: "the public key is smaller than was asked for",
            made: "symmetric",
            asked: "--public-key PublicKey.bin --wrapping-key-spec RSA_4096",
            id: "public_key_size",
            certainty: "certain",
        },
        Mistake {
            what: "the public key is cut off",
            made: "symmetric; head -c 200 PublicKey.bin > x; mv x PublicKey.bin",
            asked: BARE,
            id: "public_key_not_der",
            certainty: "certain",
        },
        Mistake {
            what: "the public key has a line end",
            made: "symmetric; echo >> PublicKey.bin",
            asked: DIRECTORY,
            id: "trailing_newline",
            certainty: "certain",
        },
        Mistake {
            what: "the public key has other bytes behind it",
            made: "symmetric; cat key >> PublicKey.bin",
            asked: BARE,
            id: "public_key_extra_bytes",
            certainty: "certain",
        },
    ]);
}

#[test]
fn blobs_that_no_wrapping_makes_are_named() {
    Workshop::open().check(&[
        Mistake {
            what: "the blob is cut off",
            made: "symmetric; head -c 200 EncryptedKeyMaterial.bin > x; mv x EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "blob_length",
            certainty: "certain",
        },
        Mistake {
            what: "the blob has a line end",
            made: "symmetric; printf '\\r\\n' >> EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "trailing_newline",
            certainty: "certain",
        },
        Mistake {
            what: "the blob went through a text-mode transfer",
            made: "symmetric; (yes $'\\x01' || true) | head -c 256 | perl -pe 's/\\n/\\r\\n/' > EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "file_mangled",
            certainty: "certain",
        },
        Mistake {
            what: "the blob was read as UTF-8",
            made: "symmetric; LC_ALL=C sed 's/[\\x80-\\xff]/\\xef\\xbf\\xbd/g' EncryptedKeyMaterial.bin > x; mv x EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "file_mangled",
            certainty: "certain",
        },
        Mistake {
            what: "the blob was made with a larger wrapping key",
            made: "symmetric; oaep key EncryptedKeyMaterial.bin Big.bin",
            asked: DIRECTORY,
            id: "blob_for_other_size",
            certainty: "certain",
        },
        Mistake {
            what: "the private key was made ready with a larger wrapping key",
            made: "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; oaep aes first Big.bin; kwp rsa.der second; cat first second > EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "blob_for_other_size",
            certainty: "likely",
        },
        Mistake {
            what: "RSA_AES_KEY_WRAP where OAEP alone was asked for",
            made: "parameters ECC_NIST_P256 RSAES_OAEP_SHA_256 RSA_2048; key_wrap ec.der EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "blob_other_algorithm",
            certainty: "certain",
        },
        Mistake {
            what: "the second half is missing, because enc -id-aes256-wrap refused the length",
            made: "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; oaep aes EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "blob_other_algorithm",
            certainty: "certain",
        },
        Mistake {
            what: "a PKCS#1 key was wrapped",
            made: "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap rsa1.der EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "wrapped_length_for_spec",
            certainty: "likely",
        },
        Mistake {
            what: "a SEC1 key was wrapped",
            made: "parameters ECC_NIST_P256 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap ec1.der EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "wrapped_length_for_spec",
            certainty: "likely",
        },
    ]);
}

#[test]
fn key_material_that_does_not_fit_is_named() {
    Workshop::open().check(&[
        Mistake {
            what: "an editor added a line end to the key",
            made: "echo >> key; symmetric",
            asked: "--dir . --material key",
            id: "trailing_newline",
            certainty: "certain",
        },
        Mistake {
            what: "the key has 16 bytes",
            made: "openssl rand -out key 16; symmetric",
            asked: "--dir . --material key",
            id: "material_length",
            certainty: "certain",
        },
        Mistake {
            what: "the key is all zeros",
            made: "head -c 32 /dev/zero > key; symmetric",
            asked: "--dir . --material key",
            id: "material_all_zero",
            certainty: "certain",
        },
        Mistake {
            what: "a PKCS#1 key was wrapped as it is",
            made: "parameters RSA_2048 RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap rsa1.der EncryptedKeyMaterial.bin; rm parameters.json",
            asked: "--public-key PublicKey.bin --encrypted EncryptedKeyMaterial.bin --material rsa1.der --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 --key-spec RSA_2048",
            id: "material_container",
            certainty: "certain",
        },
        Mistake {
            what: "a PEM key was wrapped as it is",
            made: "key_wrap other.pem EncryptedKeyMaterial.bin",
            asked: "--public-key PublicKey.bin --encrypted EncryptedKeyMaterial.bin --material other.pem --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 --key-spec RSA_2048",
            id: "material_container",
            certainty: "certain",
        },
        Mistake {
            what: "an encrypted key is to be wrapped",
            made: "openssl pkcs8 -topk8 -in ec.pem -passout pass:x -outform DER -out locked.der",
            asked: "--material locked.der --key-spec ECC_NIST_P256",
            id: "material_encrypted",
            certainty: "possible",
        },
        Mistake {
            what: "the key is on another curve",
            made: "true",
            asked: "--material p384.der --key-spec ECC_NIST_P256",
            id: "material_curve",
            certainty: "certain",
        },
        Mistake {
            what: "the key has another modulus",
            made: "true",
            asked: "--material rsa3072.der --key-spec RSA_2048",
            id: "material_modulus",
            certainty: "certain",
        },
        Mistake {
            what: "the key is of another type",
            made: "true",
            asked: "--material rsa.der --key-spec ECC_NIST_P256",
            id: "material_type",
            certainty: "certain",
        },
        Mistake {
            what: "the key spells out its curve",
            made: "openssl ec -in ec.pem -param_enc explicit -out explicit.pem; openssl pkcs8 -topk8 -nocrypt -in explicit.pem -outform DER -out explicit.der",
            asked: "--material explicit.der --key-spec ECC_NIST_P256",
            id: "material_explicit_curve",
            certainty: "certain",
        },
        Mistake {
            what: "the public key is given for the private one",
            made: "true",
            asked: "--material Other.bin --key-spec RSA_2048",
            id: "material_not_a_private_key",
            certainty: "certain",
        },
        Mistake {
            what: "P-521 does not fit into OAEP with RSA_2048",
            made: "true",
            asked: "--material p521.der --key-spec ECC_NIST_P521 --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_2048",
            id: "material_does_not_fit",
            certainty: "certain",
        },
        Mistake {
            what: "an RSA key over OAEP",
            made: "parameters RSA_2048 RSAES_OAEP_SHA_256 RSA_2048",
            asked: DIRECTORY,
            id: "algorithm_not_for_spec",
            certainty: "certain",
        },
        Mistake {
            what: "a symmetric key under RSA_AES_KEY_WRAP",
            made: "parameters SYMMETRIC_DEFAULT RSA_AES_KEY_WRAP_SHA_256 RSA_2048; key_wrap key EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "algorithm_not_for_spec",
            certainty: "certain",
        },
    ]);
}

#[test]
fn sets_that_are_old_broken_or_mixed_are_named() {
    Workshop::open().check(&[
        Mistake {
            what: "the set has expired",
            made: "symmetric; parameters SYMMETRIC_DEFAULT RSAES_OAEP_SHA_256 RSA_2048 2026-01-01T00:00:00Z",
            asked: DIRECTORY,
            id: "parameters_expired",
            certainty: "certain",
        },
        Mistake {
            what: "the bare token is three days old",
            made: "symmetric; touch -d '3 days ago' PublicKey.bin ImportToken.bin",
            asked: BARE,
            id: "parameters_expired",
            certainty: "likely",
        },
        Mistake {
            what: "the public key is of another set",
            made: "symmetric; cp Other.bin PublicKey.bin",
            asked: DIRECTORY,
            id: "files_of_different_sets",
            certainty: "certain",
        },
        Mistake {
            what: "the token is of another set",
            made: "symmetric; openssl rand -out ImportToken.bin 1800",
            asked: DIRECTORY,
            id: "files_of_different_sets",
            certainty: "certain",
        },
        Mistake {
            what: "the token has a line end",
            made: "symmetric; echo >> ImportToken.bin",
            asked: DIRECTORY,
            id: "trailing_newline",
            certainty: "certain",
        },
        Mistake {
            what: "the blob was wrapped for an earlier set",
            made: "symmetric; touch -d '2 hours ago' EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "wrapped_before_parameters",
            certainty: "likely",
        },
        Mistake {
            what: "token and public key were downloaded hours apart",
            made: "symmetric; touch -d '5 hours ago' ImportToken.bin",
            asked: BARE,
            id: "downloaded_at_different_times",
            certainty: "possible",
        },
        Mistake {
            what: "the parameter file is cut off",
            made: "symmetric; head -c 100 parameters.json > x; mv x parameters.json",
            asked: DIRECTORY,
            id: "parameters_unreadable",
            certainty: "certain",
        },
        Mistake {
            what: "the set is for another key",
            made: "symmetric",
            asked: "--dir . --key-id arn:aws:kms:eu-central-1:111122223333:key/99999999-12ab-34cd-56ef-1234567890ab",
            id: "parameters_of_other_key",
            certainty: "certain",
        },
        Mistake {
            what: "the set is for another key spec",
            made: "symmetric",
            asked: "--dir . --key-spec HMAC_256",
            id: "parameters_differ",
            certainty: "certain",
        },
        Mistake {
            what: "the key is in another Region",
            made: "symmetric",
            asked: "--dir . --region us-east-1",
            id: "other_region",
            certainty: "certain",
        },
        Mistake {
            what: "the set is of a rehearsal",
            made: "symmetric; sed -i 's/111122223333/000000000000/' parameters.json",
            asked: DIRECTORY,
            id: "parameters_of_a_rehearsal",
            certainty: "certain",
        },
        Mistake {
            what: "the token is missing",
            made: "symmetric; rm ImportToken.bin",
            asked: DIRECTORY,
            id: "file_missing",
            certainty: "certain",
        },
        Mistake {
            what: "the blob is empty, because openssl failed",
            made: "symmetric; : > EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "file_empty",
            certainty: "certain",
        },
        Mistake {
            what: "the blob is a file of another kind",
            made: "symmetric; head -c 100000 /dev/urandom > EncryptedKeyMaterial.bin",
            asked: DIRECTORY,
            id: "file_too_large",
            certainty: "certain",
        },
    ]);
}

#[test]
fn a_directory_full_of_strange_things_ends_with_causes_and_not_with_a_fault() {
    let bench = Bench::new();
    seeded::shell(
        &bench,
        "mkfifo PublicKey.bin; mkdir ImportToken.bin; ln -s /dev/zero EncryptedKeyMaterial.bin; echo '[1]' > parameters.json",
    );
    let answer = seeded::diagnosis(&bench, "--dir .");
    let ids = seeded::ids(&answer);
    assert_eq!(ids, ["parameters_unreadable", "file_unreadable", "file_unreadable", "file_unreadable"], "{answer:#}");
}
