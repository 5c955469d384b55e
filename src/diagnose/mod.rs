//! Why an import failed, or will: from the files at hand, from KMS's answer, and from a private key where there is one.
//!
//! KMS answers a bad wrap with `InvalidCiphertextException` and an empty message. Here every part is looked at that could be the
//! reason; what the evidence leaves no doubt of comes first, and what no look from outside can tell is said plainly. The causes and
//! their names for scripts are listed in `causes`.
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
//! assert!(diagnosis.causes[0].fix.contains("openssl base64 -d"));
//! # Ok(())
//! # }
//! ```

mod after_refusal;
mod answer;
mod blob;
mod causes;
mod claims;
mod commands;
mod encodings;
mod finding;
mod hand;
mod item;
mod key_state;
mod key_wrap;
mod material;
mod name;
mod opening;
mod openssl_cli;
mod padding;
mod public_key;
mod refusal;
mod set;
mod tangles;
mod token;
mod unknown;
mod wrapped_length;

use serde::Serialize;

pub use self::after_refusal::refused;
pub(crate) use self::after_refusal::refused_here;
pub use self::answer::{Key, Said};
pub use self::finding::{Certainty, Finding};
pub use self::hand::{Hand, Named};
pub use self::opening::{Opened, check_private_key};
pub use self::openssl_cli::OpenSslCommand;
pub use self::unknown::Unknown;
use crate::error::Error;

/// The result: what is wrong, most certain first, and what cannot be known.
#[derive(Clone, Debug, Serialize)]
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
    /// Looks at everything. The order of the checks is that of the causes among equals: a file that is text or has another's name
    /// explains all that follows from it.
    pub fn diagnose(mut self) -> Result<Diagnosis, Error> {
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
        refusal::examine(&self, is_opened, &mut findings);
        Ok(Diagnosis {
            key_arn: self.key_arn(),
            causes: findings.ordered(&self.commands()),
            unknown: unknown::list(&self, is_opened),
            opened,
            openssl: self.openssl,
        })
    }

    fn key_arn(&self) -> Option<String> {
        let described = self.key.described().map(|key| key.arn.clone());
        described
            .or_else(|| self.key().filter(|key| key.starts_with("arn:") && key.contains(":key/")).map(str::to_owned))
    }
}
