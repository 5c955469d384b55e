//! `import`: what was wrapped goes to KMS, and as much is proven as can be without the bytes.

use crate::kms::Kms;
use crate::lifecycle::error::Error;
use crate::lifecycle::import::bare::{BareImport, import_bare};
use crate::lifecycle::import::bytes::Bytes;
use crate::lifecycle::import::expiry::resolve_expiry;
use crate::lifecycle::import::parameters::check_importable;
use crate::lifecycle::import::stage::{Proven, Reached, Sending};
use crate::lifecycle::import::{ImportOptions, import_set};
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::key::trust::{Trust, Vouched};
use crate::lifecycle::run::ongoing::{Ongoing, Run};
use crate::lifecycle::run::stage::{Done, Interrupted};
use crate::lifecycle::verify::imported::{arrive, prove_imported};
use crate::parameters::WrappedMaterial;
use crate::proof::Level;
use crate::time::Expiry;

/// What is imported.
pub enum Wrapped {
    /// A set that belongs together.
    Set(Box<WrappedMaterial>),
    /// Two bare files.
    Bare(BareImport),
}

/// Everything that decides how wrapped key material is imported: `import`. [`ImportWrapped::set`] and [`ImportWrapped::bare`] begin it
/// with the defaults of the command line.
pub struct ImportWrapped {
    /// What is imported.
    pub wrapped: Wrapped,
    /// When it expires, counted from KMS's time; goes before what the options say.
    pub expiry: Expiry,
    /// What goes with it.
    pub options: ImportOptions,
    /// How much is proven afterwards.
    pub level: Level,
    /// The key, and what the user said about it. The ARN in `parameters.json` vouches for nothing.
    pub trust: Trust,
}

/// Key material that was imported.
pub type ImportedMaterial = Done<Proven>;

impl Wrapped {
    /// The parameter set's blob, if it is one.
    pub fn set(&self) -> Option<&WrappedMaterial> {
        match self {
            Wrapped::Set(wrapped) => Some(wrapped),
            Wrapped::Bare(_) => None,
        }
    }
}

impl ImportWrapped {
    /// What was wrapped for a parameter set, into the key of that set.
    pub fn set(wrapped: WrappedMaterial) -> Self {
        ImportWrapped::of(Wrapped::Set(Box::new(wrapped)), Trust { or_default: true, ..Trust::default() })
    }

    /// A blob and a token as bare files, into the key of that id, ARN or alias.
    pub fn bare(key: impl Into<String>, bare: BareImport) -> Self {
        ImportWrapped::of(Wrapped::Bare(bare), Trust::of(key))
    }

    pub(crate) fn of(wrapped: Wrapped, trust: Trust) -> Self {
        let (expiry, options, level) = (Expiry::Never, ImportOptions::default(), Level::Use);
        ImportWrapped { wrapped, expiry, options, level, trust }
    }

    /// When the key material expires; never otherwise.
    pub fn expiry(self, expiry: Expiry) -> Self {
        ImportWrapped { expiry, ..self }
    }

    /// What else goes with the import.
    pub fn options(self, options: ImportOptions) -> Self {
        ImportWrapped { options, ..self }
    }

    /// How much is proven afterwards; [`Level::Use`] otherwise.
    pub fn verify(self, level: Level) -> Self {
        ImportWrapped { level, ..self }
    }

    /// What the user said about the key.
    pub fn trust(self, trust: Trust) -> Self {
        ImportWrapped { trust: trust.or_named(self.trust.key), ..self }
    }

    /// Asks KMS for the key and imports into it, and says nothing meanwhile.
    ///
    /// # Errors
    /// As [`ImportWrapped::find`] and [`import`].
    pub async fn run(&self, kms: &Kms) -> Result<ImportedMaterial, Interrupted<Reached>> {
        let run = Run::default();
        let key = self.find(kms, &run).await.map_err(|error| run.interrupted(error))?;
        import(kms, &key, self, &run).await
    }

    /// Asks KMS for the key, and makes sure that it is the one that the set was fetched for, that it takes key material, and that
    /// somebody vouches for it.
    ///
    /// # Errors
    /// [`Error::Parameters`] for another key, Region or endpoint than the set's and for files that are no blob and token, [`Error::Key`]
    /// for a key that takes no key material or that nobody vouches for, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is
    /// not reached.
    pub async fn find(&self, kms: &Kms, run: &Run<Reached>) -> Result<Vouched, Error> {
        if let Wrapped::Bare(bare) = &self.wrapped {
            bare.check_token(kms.endpoint())?;
        }
        let set = self.wrapped.set();
        let name = self.trust.key.as_deref().or(set.map(|set| set.key_arn().as_str())).unwrap_or_default();
        let key = kms.describe(name).await?;
        run.found(&key);
        if let Some(set) = set {
            set.check_target(&key, kms.endpoint())?;
            set.long_validity(kms)?.iter().for_each(|text| run.progress().warn(text));
        }
        check_importable(&key)?;
        self.trust.vouch(kms, &key, name, run.progress()).await
    }
}

/// Imports what was wrapped before into a key that [`ImportWrapped::find`] has found.
///
/// # Errors
/// [`Interrupted`] holds the error and the stage that was reached: [`Error::Parameters`] for a set that is too old, [`Error::Key`] where
/// the key takes no such key material, [`Error::Kms`] where KMS refuses, [`Error::Endpoint`] where it is not reached.
pub async fn import(
    kms: &Kms,
    key: &Vouched,
    plan: &ImportWrapped,
    run: &Run<Reached>,
) -> Result<ImportedMaterial, Interrupted<Reached>> {
    run.outcome(carry_out(kms, key, plan, run).await)
}

async fn carry_out(kms: &Kms, key: &Vouched, plan: &ImportWrapped, run: &Run<Reached>) -> Result<Proven, Error> {
    let options = &ImportOptions { expires: resolve_expiry(kms, plan.expiry)?, ..plan.options.clone() };
    run.reach(Reached::ImportSent(Sending::new(NamedKey::new(key), Bytes::NONE)));
    let imported = match &plan.wrapped {
        Wrapped::Set(wrapped) => import_set(kms, key, wrapped, options, run).await,
        Wrapped::Bare(bare) => import_bare(kms, key, bare, options, run).await,
    }?;
    let arrived = arrive(kms, key, imported, (None, plan.level), run).await?;
    let (named, material_id) = (NamedKey::new(&arrived.now), arrived.imported.key_material_id.clone());
    let proof = prove_imported(kms, key, arrived, plan.level, run).await?;
    Ok(Proven { named, bytes: Bytes::NONE, material_id, proof })
}
