//! The stages of `delete-material`.

use crate::lifecycle::import::bytes::Unstored;
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::next::Next;
use crate::lifecycle::run::report::Report;
use crate::lifecycle::run::stage::{News, Stage};

/// How far `delete-material` has come.
#[derive(Clone, Debug, Default)]
pub enum Reached {
    /// Nothing was asked for yet.
    #[default]
    Nothing,
    /// The key material is there, or may be.
    MaterialFound(KeyAndMaterial),
    /// It is gone.
    Deleted(KeyAndMaterial),
}

/// A key, and the key material that is deleted from it.
#[derive(Clone, Debug)]
pub struct KeyAndMaterial {
    /// The key.
    pub named: NamedKey,
    /// The key material; symmetric keys only.
    pub material_id: Option<String>,
}

impl KeyAndMaterial {
    fn tell(&self, report: &mut Report) {
        self.named.tell(report);
        report.key_material_id.clone_from(&self.material_id);
    }
}

impl From<KeyAndMaterial> for Reached {
    fn from(deleted: KeyAndMaterial) -> Self {
        Reached::Deleted(deleted)
    }
}

impl Stage for Reached {
    fn after(mut self, news: &News<'_>) -> Self {
        if let (Reached::MaterialFound(found), News::Seen(now)) = (&mut self, news) {
            found.named.seen(now);
        }
        self
    }

    fn tell(&self, report: &mut Report) {
        match self {
            Reached::Nothing => {}
            Reached::MaterialFound(found) | Reached::Deleted(found) => found.tell(report),
        }
    }

    fn next(&self, _: &Facts) -> Next {
        Next::Again { bytes: Unstored::Nothing, key_arn: None }
    }
}
