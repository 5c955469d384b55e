//! `import`: what was wrapped goes to KMS, and as much is proven as can be without the bytes.

use crate::kms::Kms;
use crate::lifecycle::error::Error;
use crate::lifecycle::import::bare::{BareImport, import_bare};
use crate::lifecycle::import::bytes::Bytes;
use crate::lifecycle::import::expiry::resolve_expiry;
use crate::lifecycle::import::stage::{Proven, Reached, Sending};
use crate::lifecycle::import::{ImportOptions, import_set};
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::run::ongoing::Run;
use crate::lifecycle::run::stage::{Done, Interrupted};
use crate::lifecycle::verify::imported::prove_imported;
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

/// Everything that decides how wrapped key material is imported.
pub struct ImportWrapped {
    /// What.
    pub wrapped: Wrapped,
    /// When it expires, counted from KMS's time; goes before what the options say.
    pub expiry: Expiry,
    /// What goes with it.
    pub options: ImportOptions,
    /// How much is proven afterwards.
    pub level: Level,
}

/// Key material that was imported.
pub type ImportedMaterial = Done<Proven>;

impl Wrapped {
    /// The set, if it is one.
    pub fn set(&self) -> Option<&WrappedMaterial> {
        match self {
            Wrapped::Set(wrapped) => Some(wrapped),
            Wrapped::Bare(_) => None,
        }
    }
}

/// Imports what was wrapped before.
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
    let (imported, now) = match &plan.wrapped {
        Wrapped::Set(wrapped) => import_set(kms, key, wrapped, options, run).await,
        Wrapped::Bare(bare) => import_bare(kms, key, bare, options, run).await,
    }?;
    let proof = prove_imported(kms, key, &imported, plan.level, run).await?;
    let (named, material_id) = (NamedKey::new(&now), imported.key_material_id);
    Ok(Proven { named, bytes: Bytes::NONE, material_id, proof })
}
