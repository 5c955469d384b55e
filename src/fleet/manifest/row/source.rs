//! Where the key material of a row comes from.

use std::path::{Path, PathBuf};

use super::super::column::Column;
use super::super::error::ManifestError;
use super::reader::Reader;

/// Where the key material of a row comes from. In the names of files `{id}` and `{region}` stand for themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file: key material, an escrow file, or a directory with wrapped key material and its token.
    File(String),
    /// New, with a copy for these recovery certificates in that file.
    Escrow {
        /// The certificates.
        certificates: Vec<PathBuf>,
        /// The escrow file.
        out: String,
    },
    /// New, with its plaintext in that file.
    Keep(String),
    /// New, without a copy.
    Discard,
}

impl Reader<'_> {
    pub(super) fn source(&mut self) -> Option<Source> {
        let Some(material) = self.text(Column::Material).map(str::to_owned) else {
            self.mistake(Column::Material, ManifestError::Empty);
            return None;
        };
        let source = match material.as_str() {
            "generate-discard" => Some(Source::Discard),
            "generate-keep" => self.needed("generate-keep", Column::Keep).map(Source::Keep),
            "generate-escrow" => {
                let certificates: Vec<PathBuf> = self.list_of(Column::Escrow).into_iter().map(PathBuf::from).collect();
                if certificates.is_empty() {
                    self.mistake(
                        Column::Escrow,
                        ManifestError::Needs { material: "generate-escrow", column: Column::Escrow },
                    );
                }
                let out = self.needed("generate-escrow", Column::EscrowOut);
                out.filter(|_| !certificates.is_empty()).map(|out| Source::Escrow { certificates, out })
            }
            given if given.starts_with("generate") => {
                self.mistake(Column::Material, ManifestError::UnknownWord { given: given.to_owned() });
                None
            }
            given if may_be_material(given) => {
                self.mistake(Column::Material, ManifestError::MaterialInCell);
                None
            }
            file => Some(Source::File(file.to_owned())),
        };
        let unfit: &[Column] = match material.as_str() {
            "generate-keep" => &[Column::Escrow, Column::EscrowOut],
            "generate-escrow" => &[Column::Keep],
            _ => &[Column::Keep, Column::Escrow, Column::EscrowOut],
        };
        // A default stands for those rows that it fits.
        for column in unfit.iter().filter(|column| self.cells.get(**column).is_some()).collect::<Vec<_>>() {
            self.mistake(*column, ManifestError::NotTogether { column: *column });
        }
        source
    }

    /// No file is written twice for the keys of one row.
    pub(super) fn check_files(&mut self, source: &Source, regions: usize) {
        let (column, name) = match source {
            Source::Keep(name) => (Column::Keep, name),
            Source::Escrow { out, .. } => (Column::EscrowOut, out),
            Source::File(_) | Source::Discard => return,
        };
        if regions > 1 && !name.contains("{region}") {
            self.mistake(column, ManifestError::FileForRegions { regions });
        }
    }
}

/// Whether a text is the encoding of a key rather than the name of a file. What is a file is no such text.
fn may_be_material(text: &str) -> bool {
    let bare = text.strip_prefix("0x").unwrap_or(text);
    let hex = bare.len() >= 32 && bare.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    let of_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
    let mixed = text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && text.bytes().any(|byte| byte.is_ascii_uppercase());
    let base64 = text.len() >= 40 && mixed && text.bytes().all(of_base64);
    (hex || base64 || text.starts_with("-----BEGIN")) && !Path::new(text).exists()
}
