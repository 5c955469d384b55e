//! Where the keys of a row go.

use std::sync::Arc;

use super::super::column::Column;
use super::super::error::{ManifestError, cell};
use super::reader::Reader;
use crate::kms::Region;

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

impl Reader<'_> {
    pub(super) fn places(&mut self) -> Vec<Place> {
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
}

fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(&parts[..], ["arn", partition, "iam", "", account, role]
        if partition.starts_with("aws") && account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
            && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()))
}
