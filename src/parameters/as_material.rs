//! Files of a parameter set where key material is wanted: they are told by the names that the recipe and the console give them.

use std::path::Path;

use super::bare::{FileKind, kind_of};
use super::names::PARAMETERS_FILE;
use crate::explain::{Hint, Setting, Step};
use crate::material::{Container, MaterialError, import_it};
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
    let (found, advice): (_, Hint) = match kind {
        FileKind::PublicKey => (
            "is the wrapping public key of KMS",
            ["give the file of your own key: this one belongs to ".into(), Setting::InKey.into(), " of wrap".into()]
                .into_iter()
                .collect(),
        ),
        FileKind::ImportToken => (
            "is the import token of KMS",
            [
                "give the file of your own key: this one belongs to ".into(),
                Setting::ImportToken.into(),
                " of import".into(),
            ]
            .into_iter()
            .collect(),
        ),
        FileKind::Encrypted if directory.join(PARAMETERS_FILE).exists() => {
            let import = Step::Import.with(Setting::Directory.to(quoted(directory)));
            ("is wrapped key material", Hint::from("import it as it is: ").followed_by(import))
        }
        FileKind::Encrypted => ("is wrapped key material", import_it()),
    };
    MaterialError::WrongFile { found: found.to_owned(), advice }
}
