//! What the verb of one key is asked for by a row: `provision` with the files that the row names.

use std::path::{Path, PathBuf};

use super::manifest::row::filled;
use super::manifest::{Column, ManifestError, Row, Source};
use super::opener::is_escrow;
use super::task::Task;
use crate::escrow::Recipient;
use crate::files;
use crate::kms::Region;
use crate::lifecycle::{
    AliasName, Backup, BareImport, Error, FindLost, KeyRequest, Material, PendingRequests, Provision, Wrapped,
};
use crate::material::{Format, KeyMaterial, KeySpec, NoPassphrase, Places};
use crate::parameters::WrappedMaterial;
use crate::parameters::as_material::naming;
use crate::parameters::bare::BareDirectory;
use crate::parameters::names::PARAMETERS_FILE;
use crate::parameters::sha256;
use crate::secret::Secret;

/// KMS's own limit for a key policy.
const POLICY_LIMIT: usize = 32 * 1024;

impl Row {
    /// The alias of its key in that Region.
    pub fn alias_in(&self, region: Option<&Region>) -> Option<String> {
        self.alias.as_deref().map(|alias| filled(alias, &self.id, region.map_or("", |region| region.as_str())))
    }

    /// Whether a name in the row depends on the Region.
    pub(crate) fn names_region(&self) -> bool {
        let name = match &self.source {
            Source::File(name) | Source::Keep(name) | Source::Escrow { out: name, .. } => Some(name.as_str()),
            Source::Discard => None,
        };
        [name, self.alias.as_deref()].into_iter().flatten().any(|name| name.contains("{region}"))
    }

    fn path(&self, name: &str, region: Option<&Region>) -> PathBuf {
        filled(name, &self.id, region.map_or("", |region| region.as_str())).into()
    }

    /// The key policy that the row names.
    pub(crate) fn policy_text(&self) -> Result<Option<String>, ManifestError> {
        let Some(path) = &self.policy else { return Ok(None) };
        let bytes = files::read("key policy", path, POLICY_LIMIT).map_err(ManifestError::about)?;
        let not_an_object =
            |because: String| ManifestError::PolicyNotAnObject { path: path.display().to_string(), because };
        let text = String::from_utf8(bytes).map_err(|_| not_an_object("it is not UTF-8".to_owned()))?;
        match serde_json::from_str(&text) {
            Ok(serde_json::Value::Object(_)) => Ok(Some(text)),
            Ok(_) => Err(not_an_object("it is another value".to_owned())),
            Err(error) => Err(not_an_object(error.to_string())),
        }
    }

    /// The key material of the row, which is read, or how it is made.
    pub(crate) fn material_in(&self, region: Option<&Region>) -> Result<Material, (Column, ManifestError)> {
        let about = |column, error: Error| (column, ManifestError::about(error));
        match &self.source {
            Source::File(name) => self.read_source(&self.path(name, region)).map(Material::given),
            Source::Discard => Ok(Material::Generate(Backup::Discard)),
            Source::Keep(name) => Ok(Material::Generate(Backup::Keep(self.path(name, region)))),
            Source::Escrow { certificates, out } => {
                let recipients = certificates.iter().map(|path| Recipient::read(path)).collect::<Result<_, _>>();
                let recipients = recipients.map_err(|error| about(Column::Escrow, error.into()))?;
                Ok(Material::Generate(Backup::Escrow { recipients, out: self.path(out, region) }))
            }
        }
    }

    /// Whether the source is a directory.
    pub(crate) fn is_wrapped(&self, region: &Region) -> bool {
        matches!(&self.source, Source::File(name) if self.path(name, Some(region)).is_dir())
    }

    /// The wrapped key material of the row, if that is what its source is: a directory.
    pub(crate) fn wrapped_in(&self, region: Option<&Region>) -> Result<Option<Wrapped>, (Column, ManifestError)> {
        let Source::File(name) = &self.source else { return Ok(None) };
        let path = self.path(name, region);
        if !path.is_dir() {
            return Ok(None);
        }
        let about = |error: Error| (Column::Material, ManifestError::about(error));
        if let Some(bare) = BareDirectory::find(&path).map_err(|error| about(error.into()))? {
            return BareImport::load_directory(&bare).map(|bare| Some(Wrapped::Bare(bare))).map_err(about);
        }
        let path = path.display().to_string();
        if !Path::new(&path).join(PARAMETERS_FILE).exists() {
            return Err((Column::Material, ManifestError::NothingWrapped { path }));
        }
        let wrapped = WrappedMaterial::load(Path::new(&path)).map_err(|error| about(error.into()))?;
        wrapped.check_fresh().map_err(|error| about(error.into()))?;
        let other = |found: String, wanted: String| ManifestError::WrappedForOther { path, found, wanted };
        if wrapped.key_spec() != self.spec {
            return Err((Column::KeySpec, other(wrapped.key_spec().to_string(), self.spec.to_string())));
        }
        let of = wrapped.key_arn().region();
        if let Some(region) = region.filter(|region| *region != of) {
            return Err((Column::Regions, other(of.to_string(), region.to_string())));
        }
        Ok(Some(Wrapped::Set(Box::new(wrapped))))
    }

    /// The bytes that the key of the row has, read from the row's file or from the copy that was made of them.
    pub(crate) fn bytes_in(&self, region: Option<&Region>) -> Result<KeyMaterial, (Column, ManifestError)> {
        match &self.source {
            Source::File(name) => self.read_source(&self.path(name, region)),
            Source::Discard => Err((Column::Material, ManifestError::Discarded)),
            Source::Keep(name) => {
                let read = self.read_kept(&self.path(name, region));
                read.map_err(|error| (Column::Keep, ManifestError::about(error)))
            }
            Source::Escrow { out, .. } => self.open(&self.path(out, region), Column::EscrowOut),
        }
    }

    /// The same where only somebody who has them can say them: nothing for what was discarded, or is in a safe place.
    pub(crate) fn bytes_at_hand(
        &self,
        region: Option<&Region>,
    ) -> Result<Option<KeyMaterial>, (Column, ManifestError)> {
        let there = match &self.source {
            Source::Discard => false,
            Source::File(name) => !self.path(name, region).is_dir(),
            Source::Keep(name) => self.path(name, region).exists(),
            Source::Escrow { out, .. } => self.opener.is_some() && self.path(out, region).exists(),
        };
        if there { self.bytes_in(region).map(Some) } else { Ok(None) }
    }

    /// Reads the file that the row names as its key material.
    fn read_source(&self, path: &Path) -> Result<KeyMaterial, (Column, ManifestError)> {
        if is_escrow(path) {
            return self.open(path, Column::Material);
        }
        self.read(path).map_err(|error| (Column::Material, ManifestError::about(error)))
    }

    fn open(&self, path: &Path, column: Column) -> Result<KeyMaterial, (Column, ManifestError)> {
        let Some(opener) = &self.opener else {
            return Err((column, ManifestError::EscrowFile { path: path.display().to_string() }));
        };
        opener.open(path, self.spec).map_err(|error| (column, ManifestError::about(error)))
    }

    /// Refuses what a run would refuse about a row before it asks KMS.
    pub(crate) fn check_for(&self, task: &Task, region: Option<&Region>) -> Result<(), (Column, ManifestError)> {
        match task {
            Task::Rotate { .. } if self.spec != KeySpec::SymmetricDefault => {
                let alias = self.alias_in(region);
                return Err((Column::KeySpec, ManifestError::NotRotated { spec: self.spec, alias }));
            }
            Task::Rotate { .. } if matches!(self.source, Source::File(_)) => {
                return Err((Column::Material, ManifestError::NothingNew));
            }
            Task::Verify => return self.bytes_at_hand(region).map(drop),
            Task::Provision | Task::Renew { .. } if self.wrapped_in(region)?.is_some() => return Ok(()),
            Task::Renew { .. } => {
                let material = self.bytes_in(region)?;
                return self.check_material(&Material::given(material));
            }
            Task::Provision | Task::Rotate { .. } => {}
        }
        self.material_in(region).and_then(|material| self.check_material(&material))
    }

    /// Reads key material as the recogniser understands it.
    pub(crate) fn read(&self, path: &Path) -> Result<KeyMaterial, Error> {
        let bytes = Secret::read_file("key material file", path, KeyMaterial::READ_LIMIT)?;
        let material = KeyMaterial::read(bytes, self.spec, None, &mut NoPassphrase);
        Ok(in_plaintext(material.map_err(|error| naming(error, path))?, path))
    }

    /// Reads the copy of generated key material, which is the bytes that were wrapped.
    pub(crate) fn read_kept(&self, path: &Path) -> Result<KeyMaterial, Error> {
        let format = if self.spec.is_private_key() { Format::Der } else { Format::Raw };
        let bytes = Secret::read_file("key material file", path, KeyMaterial::READ_LIMIT)?;
        Ok(in_plaintext(KeyMaterial::read(bytes, self.spec, Some(format), &mut NoPassphrase)?, path))
    }

    /// Refuses what a run would refuse about the material before it asks KMS.
    pub(crate) fn check_material(&self, material: &Material) -> Result<(), (Column, ManifestError)> {
        match material {
            Material::Given(material) => {
                let fits = self.wrapping.algorithm.check(self.spec, self.wrapping.key_spec, material.length());
                fits.map_err(|error| (Column::Material, ManifestError::about(error)))
            }
            Material::Generate(backup) => {
                let column = if matches!(backup, Backup::Escrow { .. }) { Column::EscrowOut } else { Column::Keep };
                backup.check().map_err(|error| (column, ManifestError::about(error)))
            }
        }
    }

    /// What is asked for in that Region, with that material.
    pub(crate) fn provision(&self, region: &Region, material: Material) -> Result<Provision, Error> {
        Ok(Provision::of(self.request(region)?).material(material).wrapping(self.wrapping).expiry(self.expiry))
    }

    /// The key that is asked for in that Region.
    pub(crate) fn request(&self, region: &Region) -> Result<KeyRequest, Error> {
        let alias = self.alias_in(Some(region)).map(|alias| alias.parse::<AliasName>()).transpose()?;
        Ok(KeyRequest {
            alias,
            spec: self.spec,
            usage: self.usage,
            description: self.description.clone(),
            policy: self.policy_text().map_err(ManifestError::into_error)?,
            tags: self.tags.clone(),
            multi_region: false,
        })
    }

    /// The id of the request for its key in that Region: the tag by which the key is found without its alias. Every run has the same one.
    pub(crate) fn request_id(&self, region: &Region) -> Result<String, Error> {
        let alias = self.alias_in(Some(region)).unwrap_or_default();
        let mut id = sha256(format!("kms-byok fleet\n{}\n{alias}\n{region}", self.id).as_bytes())?;
        id.truncate(32);
        Ok(id)
    }

    /// What stands for everything that the row asks for in that Region: a row that was changed is done anew.
    pub(crate) fn digest(&self, region: &Region) -> Result<String, Error> {
        let Row { alias, spec, usage, source, expiry, policy, tags, description, wrapping, .. } = self;
        let asked = format!("{:?}", (alias, spec, usage, source, expiry, policy, tags, description, wrapping, region));
        Ok(sha256(asked.as_bytes())?)
    }
}

fn in_plaintext(material: KeyMaterial, path: &Path) -> KeyMaterial {
    material.found_in(Places { plaintext: vec![path.to_owned()], encrypted: None })
}

/// Notes on the key of a request, for a run that has chosen its id.
pub(crate) fn known(request: String, key: Option<crate::kms::KeyArn>) -> PendingRequests {
    PendingRequests { directory: None, find_lost: Some(FindLost::Known { request, key }) }
}
