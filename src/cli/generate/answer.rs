//! What `generate` answers as JSON.

use std::path::PathBuf;

use kms_byok::escrow::RecipientIdentity;
use kms_byok::for_the_binary::printable;
use kms_byok::kms::KmsName;
use kms_byok::material::KeySpec;
use serde::Serialize;

use super::super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::super::output::parts::{Ending, Source};

/// Its form.
pub(crate) static FORM: Form = Form::of::<Answer>("kms-byok/generate/1");

/// The JSON answer.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    /// The key spec.
    pub(super) key_spec: Option<KmsName<KeySpec>>,
    /// How many bytes were written.
    pub(super) bytes: Option<usize>,
    /// `raw`, `PKCS#8 DER` for private keys, or `components`.
    pub(super) format: Option<&'static str>,
    /// The file.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub(super) out: Option<PathBuf>,
    /// The files of its components; empty where it is in one file.
    pub(super) parts: Vec<File>,
    #[serde(flatten)]
    pub(super) source: Source,
    #[serde(flatten)]
    pub(super) ending: Ending,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Answer { source: failed.source.clone(), ending: failed.ending(), ..Answer::default() }
    }
}

/// The file of a component.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "ComponentFile"))]
pub(super) struct File {
    /// The number of the component.
    pub(super) component: u8,
    /// The file.
    #[serde(serialize_with = "printable::path")]
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub(super) out: PathBuf,
    /// The certificate that it is encrypted for; null for one in plaintext.
    pub(super) custodian: Option<RecipientIdentity>,
}
