//! A connection for each account: Regions share it.

use std::collections::HashMap;
use std::sync::Arc;

use super::manifest::{Cells, Manifest, Place};
use crate::kms::{Connection, Kms, KmsError, Region};
use crate::progress::Progress;

/// Who is asked: a profile, and a role that is assumed from there.
type Account = (Option<Arc<str>>, Option<Arc<str>>);

/// The connections of a fleet.
pub struct Connections {
    base: Connection,
    talk: Arc<dyn Progress + Send>,
    open: HashMap<Account, Kms>,
}

impl Connections {
    /// As `base` says, but for the profile, role and Region of each place.
    pub fn new(base: Connection, talk: Arc<dyn Progress + Send>) -> Self {
        Connections { base, talk, open: HashMap::new() }
    }

    /// A client for that place.
    ///
    /// # Errors
    /// As [`Kms::connect`].
    pub async fn to(&mut self, place: &Place) -> Result<Kms, KmsError> {
        let account = (place.profile.clone(), place.role_arn.clone());
        let kms = match self.open.get(&account) {
            Some(kms) => kms.clone(),
            None => {
                let kms = self.connect(place).await?;
                self.open.insert(account, kms.clone());
                kms
            }
        };
        Ok(match &place.region {
            Some(region) if region != kms.region() => kms.for_region(region),
            _ => kms,
        })
    }

    /// Finds out the Regions of the rows that name none. KMS is not asked.
    ///
    /// # Errors
    /// As [`Kms::connect`], and [`KmsError::File`] for a manifest that cannot be read.
    pub async fn know_regions(&mut self, manifest: &Manifest) -> Result<(), KmsError> {
        for mut record in manifest.records()? {
            let Ok(cells) = std::mem::replace(&mut record.cells, Ok(Cells::default())) else { continue };
            let Ok(row) = manifest.row(&record, &cells) else { continue };
            for place in row.places.iter().filter(|place| self.region_of(place).is_none()).collect::<Vec<_>>() {
                self.to(place).await?;
            }
        }
        Ok(())
    }

    /// The Region of the keys of a place, once it was connected to.
    pub fn region_of(&self, place: &Place) -> Option<Region> {
        let account = (place.profile.clone(), place.role_arn.clone());
        place.region.clone().or_else(|| self.open.get(&account).map(|kms| kms.region().clone()))
    }

    /// Whether an embedded KMS has answered.
    pub fn seen_rehearsal(&self) -> bool {
        self.open.values().any(Kms::seen_rehearsal)
    }

    async fn connect(&self, place: &Place) -> Result<Kms, KmsError> {
        let mut connection = self.base.clone();
        if let Some(profile) = &place.profile {
            connection.profile = Some(profile.to_string());
        }
        connection.role_arn = place.role_arn.as_ref().map(ToString::to_string);
        // Without a Region in the row, the configuration has one: later rows may name others.
        if let Some(region) = &place.region {
            connection.region = Some(region.to_string());
        }
        Kms::connect_saying(&connection, self.talk.clone()).await
    }
}
