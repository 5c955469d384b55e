//! The imported keys of a Region, by alias or all of them.

use std::collections::BTreeMap;

use crate::kms::Kms;
use crate::lifecycle::error::Error;
use crate::lifecycle::status::{KeyStatus, NotPermitted};

/// The keys of origin EXTERNAL whose alias begins with `prefix`, or all of the Region.
pub async fn survey(kms: &Kms, prefix: Option<&str>, refused: &mut Vec<NotPermitted>) -> Result<Vec<KeyStatus>, Error> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    match kms.aliases(None).await {
        Ok(aliases) => {
            for alias in aliases {
                if let Some(id) = alias.key_id {
                    names.entry(id).or_default().push(alias.name);
                }
            }
        }
        Err(error) if error.is_access_denied() && prefix.is_none() => {
            refused.push(NotPermitted { permission: "kms:ListAliases".to_owned(), key_arn: None });
        }
        Err(error) => return Err(error.into()),
    }
    let wanted: Vec<String> = match prefix {
        Some(prefix) => {
            names.retain(|_, aliases| aliases.iter().any(|alias| alias.starts_with(prefix)));
            names.keys().cloned().collect()
        }
        None => kms.keys().await?,
    };
    let mut standings = Vec::new();
    for name in wanted {
        let key = match kms.describe(&name).await {
            Ok(key) => key,
            Err(error) if error.is_access_denied() => {
                refused.push(NotPermitted::new("kms:DescribeKey", &name));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if key.origin == "EXTERNAL" {
            let mut standing = KeyStatus::of(kms, &key, refused).await?;
            standing.aliases = names.get(&key.id).cloned().unwrap_or_default();
            standings.push(standing);
        }
    }
    Ok(standings)
}
