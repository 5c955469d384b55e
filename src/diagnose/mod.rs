//! Why an import failed, or will: from the files at hand, from KMS's answer, and from a private key where there is one.
//!
//! KMS answers a bad wrap with `InvalidCiphertextException` and an empty message. Here every part is looked at that could be the
//! reason; what the evidence leaves no doubt of comes first, and what no look from outside can tell is said plainly.
//!
//! ```
//! use kms_byok::diagnose::{Hand, Named};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("EncryptedKeyMaterial.bin");
//! # std::fs::write(&path, "c29tZXRoaW5nIHRoYXQgaXMgYmFzZTY0Cg==")?;
//! let hand = Hand::gather(Named { encrypted: Some(path), ..Named::default() })?;
//! let diagnosis = hand.diagnose()?;
//! assert_eq!(diagnosis.causes[0].id, "encrypted_encoded");
//! assert!(diagnosis.causes[0].fix.to_string().contains("openssl base64 -d"));
//! # Ok(())
//! # }
//! ```
//!
//! # The ids of causes
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
//! | `public_key_exponent`, `public_key_factor` | it is an RSA key that may protect nothing: another exponent than 65537, or a small factor |
//! | `import_token_length` | no import token of KMS is that long |
//! | `blob_length` | no wrapping gives that many bytes |
//! | `blob_for_other_size` | the length is that of another size of wrapping key |
//! | `blob_other_algorithm` | the length is that of another wrapping algorithm |
//! | `other_public_key` | the blob was made for another public key; unless that is certain, it may be damaged or padded in an unknown way |
//! | `halves_swapped` | the two halves of RSA_AES_KEY_WRAP are in the wrong order |
//! | `wrapped_length_for_spec` | what is wrapped is too long or too short for the key spec |
//! | `oaep_hash`, `mgf1_hash`, `oaep_label` | OAEP with another hash, another hash of MGF1, or a label |
//! | `pkcs1_padding`, `no_padding` | PKCS#1 v1.5 or no padding instead of OAEP |
//! | `aes_key_length`, `aes_key_encoded` | what OAEP carries is no AES-256 key |
//! | `key_wrap_unpadded`, `second_half` | the second half is AES-KW (RFC 3394), or nothing the AES key opens |
//! | `other_material_inside` | the blob carries other bytes than the key material file |
//! | `material_length`, `material_all_zero`, `empty` | raw key material of a wrong length, of zeros, or of white space |
//! | `material_text` | the text itself was imported as the key |
//! | `material_container`, `passphrase_needed`, `wrong_passphrase`, `no_private_key` | not an unencrypted PKCS#8 private key in DER |
//! | `damaged`, `unreadable_form`, `missing_cipher`, `too_costly` | a private key that cannot be read, and why |
//! | `public_half`, `foreign_container`, `certificate_mismatch`, `several_keys` | a file with something else than one private key in it |
//! | `not_encoded_text`, `encoding_contradicted`, `ambiguous`, `bare_number` | what the key is, nobody but its owner can tell |
//! | `forbidden_key` | a private key that FIPS 186-5 forbids |
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

pub(crate) mod after_refusal;
mod answer;
mod blob;
mod causes;
mod claims;
mod commands;
mod finding;
mod hand;
pub(crate) mod item;
mod judge;
mod key_state;
mod key_wrap;
mod material;
mod name;
pub(crate) mod opening;
mod openssl_cli;
mod padding;
mod public_key;
mod refusal;
mod set;
mod tangles;
mod token;
mod unknown;
mod wrapped_length;

use crate::wrap::WrapError;

pub(crate) use self::after_refusal::refused_here;
pub use self::answer::{Key, Said};
pub use self::finding::{Certainty, Finding};
pub use self::hand::{Hand, Named};
pub use self::opening::Opened;
pub use self::openssl_cli::OpenSslCommand;
pub use self::unknown::Unknown;

/// The result: what is wrong, most certain first, and what cannot be known.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the contract's own names
pub struct Diagnosis {
    pub key_arn: Option<String>,
    pub causes: Vec<Finding>,
    pub unknown: Vec<Unknown>,
    /// What the private key has shown, where there was one.
    pub opened: Option<Opened>,
    /// The `openssl` on PATH, where it was looked at.
    pub openssl: Option<OpenSslCommand>,
}

impl Hand {
    /// Looks at everything. Causes come by their certainty, and those that are equally certain in the order of the checks: a file that is
    /// text or has another's name explains all that follows from it.
    ///
    /// # Errors
    /// [`WrapError::OpenSsl`] where OpenSSL fails, [`WrapError::PrivateKeyNotRsa`] for a private key that opens no wrapped key material,
    /// [`WrapError::File`] where there is no memory for secrets. A file that is wrong is a cause and no error.
    pub fn diagnose(mut self) -> Result<Diagnosis, WrapError> {
        let mut findings = std::mem::take(&mut self.read);
        tangles::examine(&mut self, &mut findings);
        material::examine_algorithm(&self, &mut findings);
        let public_key = public_key::examine(&self, &mut findings);
        token::examine(&self, &mut findings);
        let private_key = opening::modulus(&self);
        let modulus = public_key.as_ref().or(private_key.as_ref());
        blob::examine(&self, modulus, &mut findings);
        let opened = opening::examine(&self, public_key.as_ref(), &mut findings)?;
        let length = modulus.map(|modulus| modulus.bytes.len()).or(self.wrapping().map(|wrapping| wrapping.bytes()));
        material::examine(&self, length, &mut findings)?;
        set::examine(&self, &mut findings);
        key_state::examine(&self, &mut findings);
        let is_opened = opened.as_ref().is_some_and(|opened| opened.padding.is_some());
        // The usual suspects would have shown themselves under a private key, or that is not the blob's.
        refusal::examine(&self, opened.is_some(), &mut findings);
        Ok(Diagnosis {
            key_arn: self.key_arn(),
            causes: findings.ordered(&self.commands()),
            unknown: unknown::list(&self, is_opened),
            opened,
            openssl: self.openssl,
        })
    }

    fn key_arn(&self) -> Option<String> {
        let described = self.key.described().map(|key| key.arn.to_string());
        described
            .or_else(|| self.key().filter(|key| key.starts_with("arn:") && key.contains(":key/")).map(str::to_owned))
    }
}
