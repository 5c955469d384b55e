//! `diagnose` on text where bytes are needed, as the `openssl` command and shells leave it in each of the files.

use crate::support::seeded::{Workshop, certain, likely};

const DIRECTORY: &str = "--dir .";
const BARE: &str = "--public-key PublicKey.bin --import-token ImportToken.bin --encrypted EncryptedKeyMaterial.bin";

#[test]
fn text_where_bytes_are_needed_is_named_for_each_file() {
    Workshop::open().check(&[
        certain(
            "the public key is the base64 of --query PublicKey --output text",
            "symmetric; openssl base64 -A -in PublicKey.bin > text; mv text PublicKey.bin",
            DIRECTORY,
            "public_key_encoded",
        ),
        certain(
            "the public key is base64 in lines",
            "oaep key EncryptedKeyMaterial.bin; openssl base64 -in PublicKey.bin -out text; mv text PublicKey.bin",
            BARE,
            "public_key_encoded",
        ),
        certain(
            "the public key is PEM",
            "symmetric; openssl pkey -in wrapping.pem -pubout -out PublicKey.bin",
            DIRECTORY,
            "public_key_encoded",
        ),
        certain(
            "the public key is hex",
            "symmetric; hex PublicKey.bin > text; mv text PublicKey.bin",
            DIRECTORY,
            "public_key_encoded",
        ),
        certain(
            "the public key is base64 that PowerShell has written",
            "symmetric; openssl base64 -A -in PublicKey.bin | iconv -f ASCII -t UTF-16LE > text; mv text PublicKey.bin",
            DIRECTORY,
            "public_key_encoded",
        ),
        certain(
            "the import token is base64",
            "symmetric; openssl base64 -A -in ImportToken.bin > text; mv text ImportToken.bin",
            DIRECTORY,
            "import_token_encoded",
        ),
        certain(
            "the wrapped key material is base64",
            "symmetric; openssl base64 -in EncryptedKeyMaterial.bin -out text; mv text EncryptedKeyMaterial.bin",
            DIRECTORY,
            "encrypted_encoded",
        ),
        certain(
            "the wrapped key material is hex",
            "symmetric; hex EncryptedKeyMaterial.bin > text; mv text EncryptedKeyMaterial.bin",
            BARE,
            "encrypted_encoded",
        ),
        likely(
            "the key is hex, as of `openssl rand -hex 32`",
            "openssl rand -hex 32 > key; symmetric",
            "--dir . --material key",
            "material_encoded",
        ),
        likely(
            "the key is base64, as of `openssl rand -base64 32`",
            "openssl rand -base64 32 > key; symmetric",
            "--dir . --material key",
            "material_encoded",
        ),
    ]);
}
