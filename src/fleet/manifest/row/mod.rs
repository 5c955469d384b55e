//! What a row asks for: its cells, with the defaults in the place of empty ones, each understood.

mod place;
mod placeholder;
mod reader;
mod source;

use std::path::PathBuf;

pub use self::place::Place;
pub(crate) use self::placeholder::filled;
use self::placeholder::unknown_placeholder;
use self::reader::Reader;
pub use self::source::Source;
use super::column::{Cells, Column};
use super::error::{ManifestError, Mistake, cell};
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
