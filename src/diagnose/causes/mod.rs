//! Every cause that can be named, in words. An evidence is written as an error is: lower case, present tense, no full stop, the
//! user's values in backticks; a fix is one imperative sentence with a command in it.
//!
//! | id | what it means |
//! |---|---|
//! | `file_missing`, `file_empty`, `file_too_large`, `file_unreadable` | a file of the directory is not there, or holds nothing that could be read |
//! | `public_key_encoded`, `import_token_encoded`, `encrypted_encoded`, `material_encoded` | base64, hex, PEM or JSON text where bytes are needed |
//! | `file_mangled` | a text conversion has damaged binary bytes |
//! | `trailing_newline` | a line end that does not belong to the bytes |
//! | `files_swapped` | two files have each other's name |
//! | `wrong_file` | a file holds something of another kind |
//! | `not_wrapped` | the key material itself lies where wrapped key material is needed |
//! | `public_key_not_der`, `public_key_pkcs1`, `public_key_extra_bytes` | the wrapping public key is no DER SubjectPublicKeyInfo |
//! | `public_key_not_rsa`, `public_key_bits`, `public_key_size` | it is no RSA key, of a size KMS does not make, or not of the size asked for |
//! | `import_token_length` | no import token of KMS is that long |
//! | `blob_length` | no wrapping gives that many bytes |
//! | `blob_for_other_size` | the length is that of another size of wrapping key |
//! | `blob_other_algorithm` | the length is that of another wrapping algorithm |
//! | `other_public_key` | the blob was made for another public key |
//! | `halves_swapped` | the two halves of RSA_AES_KEY_WRAP are in the wrong order |
//! | `wrapped_length_for_spec` | what is wrapped is too long or too short for the key spec |
//! | `oaep_hash`, `mgf1_hash`, `oaep_label` | OAEP with another hash, another hash of MGF1, or a label |
//! | `pkcs1_padding`, `no_padding` | PKCS#1 v1.5 or no padding instead of OAEP |
//! | `aes_key_length`, `aes_key_encoded` | what OAEP carries is no AES-256 key |
//! | `key_wrap_unpadded`, `second_half` | the second half is AES-KW (RFC 3394), or nothing the AES key opens |
//! | `other_material_inside` | the blob carries other bytes than the key material file |
//! | `material_length`, `material_all_zero` | raw key material of a wrong length, or of zeros |
//! | `material_container`, `material_encrypted`, `material_not_a_private_key`, `material_not_der` | not an unencrypted PKCS#8 private key in DER |
//! | `material_type`, `material_modulus`, `material_curve`, `material_explicit_curve`, `material_multi_prime`, `material_inconsistent` | a private key that is not of the key spec, or not one that KMS takes |
//! | `material_does_not_fit`, `algorithm_not_for_spec` | the wrapping algorithm cannot carry it |
//! | `parameters_unreadable`, `parameters_expired`, `parameters_differ`, `parameters_of_other_key`, `parameters_of_a_rehearsal` | the parameter set is broken, too old, or for something else |
//! | `files_of_different_sets`, `wrapped_before_parameters`, `downloaded_at_different_times` | the files do not belong together |
//! | `other_region` | the key is in another Region |
//! | `key_not_found`, `key_not_external`, `key_state`, `key_spec` | what KMS says about the key |
//! | `not_the_original_material`, `material_refused` | KMS says that the key takes other bytes |
//! | `import_token_refused`, `expiry_refused` | KMS refuses the import token or the expiry |
//! | `openssl_command` | the `openssl` on PATH cannot do OAEP with SHA-256 |
//! | `openssl_self_test` | the loaded OpenSSL computes wrongly |

mod blob;
mod file;
mod key;
mod material;
mod opened;
mod parameters;
mod public_key;

use std::fmt;

pub(crate) use self::blob::BlobCause;
pub(crate) use self::file::FileCause;
pub(crate) use self::key::KeyCause;
pub(crate) use self::material::MaterialCause;
pub(crate) use self::opened::OpenedCause;
pub(crate) use self::parameters::ParametersCause;
pub(crate) use self::public_key::PublicKeyCause;
use super::commands::Commands;

/// Why an import fails, sorted by what it is about.
#[derive(Debug)]
pub(crate) enum Cause {
    File(FileCause),
    PublicKey(PublicKeyCause),
    Blob(BlobCause),
    Opened(OpenedCause),
    Material(MaterialCause),
    Parameters(ParametersCause),
    Key(KeyCause),
}

/// The words of a cause besides its `Display`, which is the evidence.
pub(crate) trait Words: fmt::Display {
    /// Its name for scripts.
    fn id(&self) -> &'static str;

    /// One imperative sentence with the command that mends it.
    fn fix(&self, commands: &Commands) -> String;
}

impl Cause {
    pub(crate) fn id(&self) -> &'static str {
        self.words().id()
    }

    pub(crate) fn fix(&self, commands: &Commands) -> String {
        self.words().fix(commands)
    }

    fn words(&self) -> &dyn Words {
        match self {
            Cause::File(cause) => cause,
            Cause::PublicKey(cause) => cause,
            Cause::Blob(cause) => cause,
            Cause::Opened(cause) => cause,
            Cause::Material(cause) => cause,
            Cause::Parameters(cause) => cause,
            Cause::Key(cause) => cause,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words().fmt(f)
    }
}

macro_rules! sorted {
    ($($variant:ident($cause:ident)),*) => {$(
        impl From<$cause> for Cause {
            fn from(cause: $cause) -> Self {
                Cause::$variant(cause)
            }
        }
    )*};
}

sorted!(
    File(FileCause),
    PublicKey(PublicKeyCause),
    Blob(BlobCause),
    Opened(OpenedCause),
    Material(MaterialCause),
    Parameters(ParametersCause),
    Key(KeyCause)
);

#[cfg(test)]
mod tests;
