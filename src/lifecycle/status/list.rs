//! The imported keys of a Region, by alias or all of them.

use std::collections::BTreeMap;

use crate::kms::{Kms, Operation, Origin};
use crate::lifecycle::error::Error;
use crate::lifecycle::run::many::{Asking, Many, Pace};
use crate::lifecycle::status::KeyStatus;
use crate::lifecycle::status::not_seen::NotSeen;
use crate::material::KeySpec;

/// The keys of origin EXTERNAL whose alias begins with `prefix`, or all of the Region. One that cannot be seen is noted in `unseen`, and
/// keeps nobody from seeing the others.
pub(crate) async fn survey(
    kms: &Kms,
    prefix: Option<&str>,
    unseen: &mut Vec<NotSeen>,
) -> Result<Vec<KeyStatus>, Error> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut told = false;
    match kms.aliases(None).await {
        Ok(aliases) => {
            told = true;
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
    let paces = &Paces { describe: Pace::of(Operation::DescribeKey), list: Pace::of(Operation::ListKeyRotations) };
    let mut looks = Many::new(wanted.into_iter().map(|name| -> Asking<'_, _> { Box::pin(look(kms, name, paces)) }));
    let mut standings = Vec::new();
    while let Some(looked) = looks.next().await {
        let (standing, missed) = looked?;
        unseen.extend(missed);
        if let Some(mut standing) = standing {
            standing.aliases = told.then(|| names.remove(standing.key_id.as_str()).unwrap_or_default());
            standings.push(standing);
        }
    }
    Ok(standings)
}

/// How fast the keys are asked about.
struct Paces {
    describe: Pace,
    list: Pace,
}

/// How one key stands, if it is one with imported key material, and what could not be seen of it.
async fn look(kms: &Kms, name: String, paces: &Paces) -> Result<(Option<KeyStatus>, Vec<NotSeen>), Error> {
    let mut unseen = Vec::new();
    paces.describe.turn().await;
    let key = match kms.describe(&name).await {
        Ok(key) => key,
        Err(cause) if cause.is_of_one_call() => {
            unseen.push(NotSeen::new(Operation::DescribeKey, &name, cause));
            return Ok((None, unseen));
        }
        Err(error) => return Err(error.into()),
    };
    if key.origin != Origin::External {
        return Ok((None, unseen));
    }
    if key.spec == KeySpec::SymmetricDefault {
        paces.list.turn().await;
    }
    Ok((Some(KeyStatus::of(kms, &key, &mut unseen).await?), unseen))
}
