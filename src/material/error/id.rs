//! The stable names of the causes.

use super::MaterialError;
use crate::explain::Explain;

impl MaterialError {
    /// Its stable name for machines, in snake case.
    pub fn id(&self) -> &'static str {
        match self {
            MaterialError::File(error) => error.id(),
            MaterialError::OpenSsl(error) => error.id(),
            MaterialError::UnknownKeySpec { .. } => "unknown_key_spec",
            MaterialError::KeySpecNotImportable { .. } => "key_spec_not_importable",
            MaterialError::UnknownKeyUsage { .. } => "unknown_key_usage",
            MaterialError::UsageNotAllowed { .. } => "usage_not_allowed",
            MaterialError::UnknownFormat { .. } => "unknown_format",
            MaterialError::Empty => "empty",
            MaterialError::WrongLength { .. } | MaterialError::ChinaLength { .. } => "material_length",
            MaterialError::TrailingNewline { .. } => "trailing_newline",
            MaterialError::EncodedLength { .. } | MaterialError::NumberLength { .. } => "material_length",
            MaterialError::NotEncodedText { .. } => "not_encoded_text",
            MaterialError::EncodingContradicted { .. } => "encoding_contradicted",
            MaterialError::Ambiguous { .. } => "ambiguous",
            MaterialError::BareNumber { .. } => "bare_number",
            MaterialError::AllZero => "material_all_zero",
            MaterialError::NotDecodable { .. } | MaterialError::BrokenText { .. } => "damaged",
            MaterialError::FormatNotForSpec { .. } => "format_not_for_spec",
            MaterialError::NotAPrivateKey { .. } | MaterialError::NoPrivateKey { .. } => "no_private_key",
            MaterialError::PassphraseNeeded => "passphrase_needed",
            MaterialError::WrongPassphrase => "wrong_passphrase",
            MaterialError::WrongKeyType { .. }
            | MaterialError::TypeNotTaken { .. }
            | MaterialError::ContainerForRaw { .. } => "material_type",
            MaterialError::WrongModulus { .. } => "material_modulus",
            MaterialError::MultiPrime => "material_multi_prime",
            MaterialError::WrongCurve { .. } => "material_curve",
            MaterialError::ExplicitCurve => "material_explicit_curve",
            MaterialError::Inconsistent { .. } | MaterialError::HalvesDisagree { .. } => "material_inconsistent",
            MaterialError::Damaged { .. } => "damaged",
            MaterialError::UnreadableForm { .. } | MaterialError::EncryptedOpenSsh { .. } => "unreadable_form",
            MaterialError::MissingCipher { .. } => "missing_cipher",
            MaterialError::TooCostly { .. } => "too_costly",
            MaterialError::SeveralKeys { .. } | MaterialError::SeveralBlocks { .. } => "several_keys",
            MaterialError::PublicHalf { .. } => "public_half",
            MaterialError::WrongFile { .. } => "wrong_file",
            MaterialError::ForeignContainer { .. } => "foreign_container",
            MaterialError::ScalarOutOfRange => "forbidden_key",
            MaterialError::CertificateMismatch { .. } => "certificate_mismatch",
            MaterialError::Weak { id, .. } => id,
            MaterialError::InDoubt { error, .. } => error.id(),
        }
    }
}
