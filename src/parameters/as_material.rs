//! Files of a parameter set where key material is wanted: they are told by the names that the recipe and the console give them.

use std::path::Path;

use super::bare::{FileKind, kind_of};
use super::names::PARAMETERS_FILE;
use crate::material::{Container, IMPORT_IT, MaterialError};
use crate::quoted::quoted;

/// The error about a file of key material with its name in the command; a file of KMS is named as what it is.
pub fn naming(error: MaterialError, file: &Path) -> MaterialError {
    let kind = kind_of(file).filter(|_| may_be_of_kms(&error));
    kind.map_or(error, |kind| wrong_file(kind, file)).naming(file)
}

/// Whether bytes that were refused so can be no key at all.
const fn may_be_of_kms(error: &MaterialError) -> bool {
    matches!(
        error,
        MaterialError::WrongLength { .. }
            | MaterialError::EncodedLength { .. }
            | MaterialError::NotAPrivateKey { .. }
            | MaterialError::NotDecodable { .. }
            | MaterialError::NotEncodedText { .. }
            | MaterialError::ContainerForRaw { container: Container::PublicKey, .. }
            | MaterialError::PublicHalf { container: Container::PublicKey }
            | MaterialError::WrongFile { .. }
    )
}

fn wrong_file(kind: FileKind, file: &Path) -> MaterialError {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (found, hint) = match kind {
        FileKind::PublicKey => (
            "is the wrapping public key of KMS",
            "give the file of your own key: this one belongs to --inkey of wrap".to_owned(),
        ),
        FileKind::ImportToken => (
            "is the import token of KMS",
            "give the file of your own key: this one belongs to --import-token of import".to_owned(),
        ),
        FileKind::Encrypted if directory.join(PARAMETERS_FILE).exists() => {
            ("is wrapped key material", format!("import it as it is: `kms-byok import --dir {}`", quoted(directory)))
        }
        FileKind::Encrypted => ("is wrapped key material", IMPORT_IT.to_owned()),
    };
    MaterialError::WrongFile { found: found.to_owned(), hint }
}
