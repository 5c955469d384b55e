//! What a row asks for: its cells, with the defaults in the place of empty ones, each understood.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::column::{Cells, Column};
use super::error::{ManifestError, Mistake, cell, in_row};
use crate::explain::Explain;
use crate::fleet::opener::Opener;
use crate::kms::Region;
use crate::lifecycle::{AliasName, KeyRequest, Wrapping};
use crate::material::{KeySpec, KeyUsage};
use crate::time::{self, Expiry};
use crate::wrap::{OaepDigest, WrapError, WrappingAlgorithm, WrappingKeySpec};

/// A row that was understood. Files that it names were not looked at.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line that it begins on.
    pub number: u64,
    /// What it is called.
    pub id: String,
    /// Where its keys go.
    pub places: Vec<Place>,
    pub(crate) alias: Option<String>,
    pub(crate) spec: KeySpec,
    pub(crate) usage: KeyUsage,
    pub(crate) source: Source,
    pub(crate) expiry: Expiry,
    pub(crate) policy: Option<PathBuf>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) description: Option<String>,
    pub(crate) wrapping: Wrapping,
    pub(crate) opener: Option<Opener>,
}

/// The account and Region of a key, as far as the manifest tells.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The profile; the caller's without one.
    pub profile: Option<Arc<str>>,
    /// The role to assume, by its ARN.
    pub role_arn: Option<Arc<str>>,
    /// The Region; that of the configuration without one.
    pub region: Option<Region>,
}

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

/// A cell, or the default for it.
struct Reader<'a> {
    cells: &'a Cells,
    defaults: &'a Cells,
    number: u64,
    mistakes: Vec<Mistake>,
}

const LONGEST_ID: usize = 128;

/// Understands a row.
pub(super) fn read(number: u64, cells: &Cells, defaults: &Cells, allow_sha1: bool) -> Result<Row, Vec<Mistake>> {
    let mut reader = Reader { cells, defaults, number, mistakes: Vec::new() };
    let row = reader.row(allow_sha1);
    match row {
        Some(row) if reader.mistakes.is_empty() => Ok(row),
        _ => Err(reader.mistakes),
    }
}

impl Reader<'_> {
    fn row(&mut self, allow_sha1: bool) -> Option<Row> {
        for column in Column::all() {
            let values = self.list_of(*column);
            if values
                .iter()
                .any(|value| value.chars().any(|c| c.is_control() && !(*column == Column::Description && c == '\n')))
            {
                self.mistake(*column, ManifestError::ControlCharacter);
            }
        }
        if !self.mistakes.is_empty() {
            return None;
        }
        let id = self.id();
        let spec = self.parsed(Column::KeySpec, str::parse::<KeySpec>).unwrap_or(KeySpec::SymmetricDefault);
        let usage = self.parsed(Column::KeyUsage, str::parse::<KeyUsage>);
        let usage = spec.usage(usage).map_err(|error| self.mistake(Column::KeyUsage, cell(error))).ok();
        let source = self.source();
        let places = self.places();
        self.check_placeholders();
        let alias = self.alias(id.as_deref().unwrap_or_default(), places.first());
        let (tags, description) = (self.tags(), self.text(Column::Description).map(str::to_owned));
        let wrapping = self.wrapping(spec, allow_sha1);
        let (policy, expiry) = (self.text(Column::Policy).map(PathBuf::from), self.expiry());
        let request = KeyRequest { description: description.clone(), ..KeyRequest::new(None) };
        if let Err(error) = request.check() {
            self.mistake(Column::Description, cell(error));
        }
        let request = KeyRequest { tags: tags.clone(), ..KeyRequest::new(None) };
        if let Err(error) = request.check() {
            self.mistake(Column::Tags, cell(error));
        }
        if let Some(source) = &source {
            self.check_files(source, places.len());
        }
        let (id, source, usage, wrapping, number) = (id?, source?, usage?, wrapping?, self.number);
        Some(Row {
            number,
            id,
            places,
            alias,
            spec,
            usage,
            source,
            expiry: expiry?,
            policy,
            tags,
            description,
            wrapping,
            opener: None,
        })
    }

    fn mistake(&mut self, column: Column, error: ManifestError) {
        self.mistakes.push(in_row(self.number, Some(column), error));
    }

    /// The values of a column, its default's where the cell is empty.
    fn list_of(&self, column: Column) -> Vec<String> {
        let from = if self.cells.get(column).is_some() { self.cells } else { self.defaults };
        match from.text(column) {
            Some(text) if !column.is_list() => vec![text.to_owned()],
            _ => from.list(column),
        }
    }

    fn text(&self, column: Column) -> Option<&str> {
        self.cells.text(column).or_else(|| self.defaults.text(column))
    }

    fn parsed<T, E: Into<crate::lifecycle::Error>>(
        &mut self,
        column: Column,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(self.text(column)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.mistake(column, cell(error));
                None
            }
        }
    }

    fn id(&mut self) -> Option<String> {
        let Some(id) = self.cells.text(Column::Id).map(str::to_owned) else {
            self.mistake(Column::Id, ManifestError::Empty);
            return None;
        };
        let fits = |c: char| c.is_alphanumeric() || "._-/:@".contains(c);
        if id.chars().count() > LONGEST_ID || !id.chars().all(fits) {
            self.mistake(Column::Id, ManifestError::IdUnfit { id });
            return None;
        }
        Some(id)
    }

    fn source(&mut self) -> Option<Source> {
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

    fn needed(&mut self, material: &'static str, column: Column) -> Option<String> {
        let text = self.text(column).map(str::to_owned);
        if text.is_none() {
            self.mistake(column, ManifestError::Needs { material, column });
        }
        text
    }

    fn places(&mut self) -> Vec<Place> {
        let mut regions: Vec<Region> = Vec::new();
        for name in self.list_of(Column::Regions) {
            match name.parse::<Region>() {
                Ok(region) if regions.contains(&region) => {
                    self.mistake(Column::Regions, ManifestError::RegionTwice { region: name });
                }
                Ok(region) => regions.push(region),
                Err(error) => self.mistake(Column::Regions, cell(error)),
            }
        }
        let profile: Option<Arc<str>> = self.text(Column::Profile).map(Arc::from);
        let role_arn: Option<Arc<str>> = self.text(Column::RoleArn).map(Arc::from);
        if let Some(given) = role_arn.as_deref().filter(|given| !is_role(given)) {
            let given = given.to_owned();
            self.mistake(Column::RoleArn, ManifestError::NotARole { given });
        }
        let place = |region| Place { profile: profile.clone(), role_arn: role_arn.clone(), region };
        if regions.is_empty() { vec![place(None)] } else { regions.into_iter().map(|one| place(Some(one))).collect() }
    }

    /// The alias as it stands there, looked at as it is for one of the Regions.
    fn alias(&mut self, id: &str, place: Option<&Place>) -> Option<String> {
        let alias = self.text(Column::Alias)?.to_owned();
        let region = place.and_then(|place| place.region.as_ref()).map_or("us-east-1", Region::as_str);
        if let Err(error) = filled(&alias, id, region).parse::<AliasName>() {
            self.mistake(Column::Alias, cell(error));
        }
        Some(alias)
    }

    fn check_placeholders(&mut self) {
        for column in [Column::Alias, Column::Material, Column::EscrowOut, Column::Keep] {
            let Some(text) = self.text(column) else { continue };
            if let Some(name) = unknown_placeholder(text) {
                self.mistake(column, ManifestError::UnknownPlaceholder { name });
            }
        }
    }

    /// No file is written twice for the keys of one row.
    fn check_files(&mut self, source: &Source, regions: usize) {
        let (column, name) = match source {
            Source::Keep(name) => (Column::Keep, name),
            Source::Escrow { out, .. } => (Column::EscrowOut, out),
            Source::File(_) | Source::Discard => return,
        };
        if regions > 1 && !name.contains("{region}") {
            self.mistake(column, ManifestError::FileForRegions { regions });
        }
    }

    fn tags(&mut self) -> Vec<(String, String)> {
        let mut tags = Vec::new();
        for given in self.list_of(Column::Tags) {
            match given.split_once('=') {
                // KMS has no tags with a comma: it is a separator that is none here.
                Some((name, value)) if !name.trim().is_empty() && !given.contains(',') => {
                    tags.push((name.trim().to_owned(), value.trim().to_owned()));
                }
                _ => self.mistake(Column::Tags, ManifestError::NotATag { given }),
            }
        }
        tags
    }

    fn expiry(&mut self) -> Option<Expiry> {
        let Some(text) = self.text(Column::Expires).map(str::to_owned) else { return Some(Expiry::Never) };
        let expiry = match text.as_str() {
            "never" => Expiry::Never,
            text => match (humantime::parse_duration(text), time::parse(text)) {
                (Ok(span), _) => Expiry::In(span),
                (_, Ok(at)) => Expiry::At(at),
                (Err(_), Err(error)) => {
                    let looks_like_a_time = text.contains('T') && text.contains(':');
                    let given = text.to_owned();
                    let mistake = if looks_like_a_time { cell(error) } else { ManifestError::NotAnExpiry { given } };
                    self.mistake(Column::Expires, mistake);
                    return None;
                }
            },
        };
        match expiry.resolve(time::now()) {
            Ok(_) => Some(expiry),
            Err(error) => {
                self.mistake(Column::Expires, cell(error));
                None
            }
        }
    }

    fn wrapping(&mut self, spec: KeySpec, allow_sha1: bool) -> Option<Wrapping> {
        let usual = Wrapping::default_for(spec);
        let key_spec = self.parsed(Column::WrappingKeySpec, str::parse::<WrappingKeySpec>).unwrap_or(usual.key_spec);
        let algorithm =
            self.parsed(Column::WrappingAlgorithm, str::parse::<WrappingAlgorithm>).unwrap_or(usual.algorithm);
        if algorithm.digest() == OaepDigest::Sha1 && !allow_sha1 {
            self.mistake(Column::WrappingAlgorithm, cell(WrapError::Sha1NotAllowed { algorithm }));
        }
        if let Err(error) = algorithm.check(spec, key_spec, None) {
            let column = match Explain::id(&error) {
                "does_not_fit" => Column::WrappingKeySpec,
                _ => Column::WrappingAlgorithm,
            };
            self.mistake(column, cell(error));
        }
        Some(Wrapping { algorithm, key_spec })
    }
}

/// `{id}` and `{region}`, replaced.
pub(crate) fn filled(text: &str, id: &str, region: &str) -> String {
    if text.contains('{') { text.replace("{region}", region).replace("{id}", id) } else { text.to_owned() }
}

/// What stands in braces and is replaced by nothing.
fn unknown_placeholder(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        if !matches!(name, "id" | "region") {
            return Some(name.to_owned());
        }
        rest = after;
    }
    None
}

fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(&parts[..], ["arn", partition, "iam", "", account, role]
        if partition.starts_with("aws") && account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
            && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()))
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
