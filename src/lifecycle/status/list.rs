//! The imported keys of a Region, by alias or all of them.

use std::collections::BTreeMap;

use crate::kms::{Kms, Operation, Origin};
use crate::lifecycle::error::Error;
use crate::lifecycle::status::KeyStatus;
use crate::lifecycle::status::not_seen::NotSeen;

/// The keys of origin EXTERNAL whose alias begins with `prefix`, or all of the Region. One that cannot be seen is noted in `unseen`, and
/// keeps nobody from seeing the others.
pub(crate) async fn survey(
    kms: &Kms,
    prefix: Option<&str>,
    unseen: &mut Vec<NotSeen>,
) -> Result<Vec<KeyStatus>, Error> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    match kms.aliases(None).await {
        Ok(aliases) => {
            for alias in aliases {
                if let Some(id) = alias.key_id {
                    names.entry(id).or_default().push(alias.name);
                }
            }
        }
        Err(cause) if cause.is_never_answered() && prefix.is_none() => {
            unseen.push(NotSeen { operation: Operation::ListAliases, key_arn: None, cause });
        }
        Err(error) => return Err(error.into()),
    }
    let wanted: Vec<String> = match prefix {
        Some(prefix) => {
            names.retain(|_, aliases| aliases.iter().any(|alias| alias.starts_with(prefix)));
            names.keys().cloned().collect()
        }
        None => kms.keys().await?.iter().map(ToString::to_string).collect(),
    };
    let mut standings = Vec::new();
    for name in wanted {
        let key = match kms.describe(&name).await {
            Ok(key) => key,
            Err(cause) if cause.is_of_one_call() => {
                unseen.push(NotSeen::new(Operation::DescribeKey, &name, cause));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if key.origin == Origin::External {
            let mut standing = KeyStatus::of(kms, &key, unseen).await?;
            standing.aliases = names.get(key.arn.id().as_str()).cloned().unwrap_or_default();
            standings.push(standing);
        }
    }
    Ok(standings)
}
