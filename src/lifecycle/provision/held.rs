//! A key that has key material of another run, which DescribeKey does not show yet.

use crate::kms::{KeyDescription, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::history;
use crate::lifecycle::key::named::NamedKey;
use crate::lifecycle::provision::stage::Reached;
use crate::lifecycle::run::ongoing::Run;

/// Waits for it. No command that generates follows from the stage in which a run waits.
pub(crate) async fn until_shown(
    kms: &Kms,
    found: &KeyDescription,
    run: &Run<Reached>,
) -> Result<KeyDescription, Error> {
    let alias = run.standing().reached.key().and_then(|named| named.alias.clone());
    run.reach(Reached::Held(NamedKey { key: found.clone(), alias }));
    history::until_shown(kms, &found.arn, run).await
}
