//! Keys that an earlier run has made and no alias names yet, by the tag that they were made with.

use std::collections::{HashMap, HashSet};

use crate::kms::{KeyArn, Kms, KmsError, Reason};
use crate::lifecycle::REQUEST_TAG;
use crate::progress::Progress;

use super::super::stop::Stop;

/// The keys of requests, by the id of the request.
#[derive(Default)]
pub(super) struct Lost(HashMap<String, KeyArn>);

/// So many keys are asked for their tags at once.
const AT_ONCE: usize = 16;

impl Lost {
    /// Looks through the keys of an account and Region that no alias names. KMS has no lookup by tag.
    pub(super) async fn look(kms: &Kms, stop: &Stop, progress: &dyn Progress) -> Self {
        match stop.unless_stopped(all(kms), || true).await {
            Some(Ok(found)) => Lost(found),
            Some(Err(error)) => {
                progress.warn(&format!(
                    "keys that an earlier run may have made and lost are not looked for in {}: {error}",
                    kms.region()
                ));
                Lost::default()
            }
            None => Lost::default(),
        }
    }

    /// The key of a request.
    pub(super) fn of(&self, request: &str) -> Option<&KeyArn> {
        self.0.get(request)
    }
}

async fn all(kms: &Kms) -> Result<HashMap<String, KeyArn>, KmsError> {
    let aliases = kms.aliases(None).await?;
    let named: HashSet<String> =
        aliases.into_iter().filter_map(|alias| alias.key_id).map(|id| id.to_string()).collect();
    let keys = kms.keys().await?;
    let mut unnamed = keys.into_iter().filter(|arn| !named.contains(arn.id().as_str()));
    let (mut found, mut asking) = (HashMap::new(), tokio::task::JoinSet::new());
    loop {
        while asking.len() < AT_ONCE
            && let Some(arn) = unnamed.next()
        {
            let kms = kms.clone();
            asking.spawn(async move {
                let tags = kms.tags(&arn).await;
                (arn, tags)
            });
        }
        match asking.join_next().await {
            None => return Ok(found),
            Some(Ok((arn, Ok(tags)))) => {
                let request = tags.into_iter().find(|(name, _)| name == REQUEST_TAG);
                found.extend(request.map(|(_, id)| (id, arn)));
            }
            // A key of somebody else, or one that is gone.
            Some(Ok((_, Err(error)))) if is_not_ours(&error) => {}
            Some(Ok((_, Err(error)))) => return Err(error),
            Some(Err(_)) => {}
        }
    }
}

fn is_not_ours(error: &KmsError) -> bool {
    matches!(error.reason(), Some(Reason::AccessDenied | Reason::NotFound))
}
