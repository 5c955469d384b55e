//! The tags by which the keys of one alias name each other: which key has superseded which, and from which an alias has gone back.

use crate::kms::{KeyArn, KeyDescription, KeyId, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::rotation::RotationError;
use crate::lifecycle::key::request::{ROLLED_BACK_FROM_TAG, SUPERSEDED_BY_TAG, SUPERSEDES_TAG, Tags, value_of};
use crate::lifecycle::run::ongoing::Ongoing;

/// KMS's quota for one key.
pub(crate) const MOST_TAGS: usize = 50;
/// So many key ids fit into the 256 characters of a value.
const MOST_IDS: usize = 6;

/// A tag of a key that is to get a value, or to go.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TagChange {
    key: KeyArn,
    name: &'static str,
    value: Option<String>,
}

impl TagChange {
    pub(crate) fn operation(&self) -> Operation {
        match self.value {
            Some(_) => Operation::TagResource,
            None => Operation::UntagResource,
        }
    }

    /// Whether it is the tag that is there before the alias goes back.
    pub(crate) fn is_mark(&self) -> bool {
        self.name == ROLLED_BACK_FROM_TAG
    }

    async fn carry_out(self, kms: &Kms, run: &dyn Ongoing) -> Result<(), Error> {
        let TagChange { key, name, value } = self;
        match value {
            Some(value) => {
                run.progress().detail(&format!("tagging {key} with {name}={value}"));
                run.changing(Operation::TagResource, kms.tag(&key, &[(name.to_owned(), value)])).await
            }
            None => {
                run.progress().detail(&format!("removing the tag {name} from {key}"));
                run.changing(Operation::UntagResource, kms.untag(&key, &[name])).await
            }
        }
    }
}

/// Makes them, one after the other.
pub(crate) async fn carry_out(changes: Vec<TagChange>, kms: &Kms, run: &dyn Ongoing) -> Result<(), Error> {
    for change in changes {
        change.carry_out(kms, run).await?;
    }
    Ok(())
}

/// What the tags of a key lack.
struct Wanted<'a> {
    key: &'a KeyArn,
    tags: &'a Tags,
    changes: Vec<TagChange>,
}

impl<'a> Wanted<'a> {
    fn of(key: &'a KeyArn, tags: &'a Tags) -> Self {
        Wanted { key, tags, changes: Vec::new() }
    }

    fn set(self, name: &'static str, value: &str) -> Self {
        let right = value_of(self.tags, name) == Some(value);
        self.change(name, Some(value.to_owned()).filter(|_| !right))
    }

    fn remove(mut self, name: &'static str, is_stale: impl Fn(&str) -> bool) -> Self {
        if value_of(self.tags, name).is_some_and(is_stale) {
            self.changes.push(TagChange { key: self.key.clone(), name, value: None });
        }
        self
    }

    fn change(mut self, name: &'static str, value: Option<String>) -> Self {
        if value.is_some() {
            self.changes.push(TagChange { key: self.key.clone(), name, value });
        }
        self
    }
}

/// What the tags lack after the alias has moved on, from the old key to the new one.
pub(crate) async fn after_rotation(
    kms: &Kms,
    old: &KeyDescription,
    new: &KeyDescription,
) -> Result<Vec<TagChange>, Error> {
    let (of_new, of_old) = (kms.tags(&new.arn).await?, kms.tags(&old.arn).await?);
    // A key that was superseded or gone back to may be the new one again.
    let new_key = Wanted::of(&new.arn, &of_new)
        .set(SUPERSEDES_TAG, old.arn.id())
        .remove(SUPERSEDED_BY_TAG, |_| true)
        .remove(ROLLED_BACK_FROM_TAG, |_| true);
    let old_key = Wanted::of(&old.arn, &of_old).set(SUPERSEDED_BY_TAG, new.arn.id());
    Ok(both(new_key, old, old_key))
}

/// What the tags lack after the alias has gone back, to the older key from the one that it has left; nothing is known of the other key where
/// that is gone.
pub(crate) async fn after_rollback(
    kms: &Kms,
    older: &KeyArn,
    left: Option<&KeyDescription>,
) -> Result<Vec<TagChange>, Error> {
    let Some(left) = left else { return Ok(Vec::new()) };
    let (of_older, of_left) = (kms.tags(older).await?, kms.tags(&left.arn).await?);
    let id = left.arn.id();
    let older_key = Wanted::of(older, &of_older)
        .set(ROLLED_BACK_FROM_TAG, &with_first(value_of(&of_older, ROLLED_BACK_FROM_TAG), id))
        .remove(SUPERSEDED_BY_TAG, |by| *id == *by);
    let left_key = Wanted::of(&left.arn, &of_left)
        .set(SUPERSEDED_BY_TAG, older.id())
        .remove(SUPERSEDES_TAG, |superseded| *older.id() == *superseded);
    Ok(both(older_key, left, left_key))
}

/// A key that is to be deleted takes no tags.
fn both(current: Wanted<'_>, left: &KeyDescription, of_left: Wanted<'_>) -> Vec<TagChange> {
    let mut changes = current.changes;
    if !left.state.is_deletion() {
        changes.extend(of_left.changes);
    }
    changes
}

/// Before the alias goes back, the older key says from which one: whoever finds the alias there knows that it is no older key that has to be
/// gone back from.
pub(crate) async fn mark(kms: &Kms, older: &KeyArn, left: &KeyId, run: &dyn Ongoing) -> Result<(), Error> {
    carry_out(marks(kms, older, left).await?, kms, run).await
}

async fn marks(kms: &Kms, older: &KeyArn, left: &KeyId) -> Result<Vec<TagChange>, Error> {
    let tags = kms.tags(older).await?;
    check_room(older, &tags, ROLLED_BACK_FROM_TAG)?;
    let value = with_first(value_of(&tags, ROLLED_BACK_FROM_TAG), left);
    Ok(Wanted::of(older, &tags).set(ROLLED_BACK_FROM_TAG, &value).changes)
}

/// Whether the older key is still to be tagged.
pub(crate) async fn needs_mark(kms: &Kms, older: &KeyArn, left: Option<&KeyDescription>) -> Result<bool, Error> {
    match left {
        Some(left) => Ok(!marks(kms, older, left.arn.id()).await?.is_empty()),
        None => Ok(false),
    }
}

/// Refuses a key that has no room for that tag.
pub(crate) fn check_room(key: &KeyArn, tags: &Tags, name: &str) -> Result<(), Error> {
    match value_of(tags, name) {
        None if tags.len() >= MOST_TAGS => Err(RotationError::NoRoomForTag { arn: key.clone() }.into()),
        _ => Ok(()),
    }
}

/// The key that a tag of another key names: by its id, so that it is one of the same account and Region.
pub(crate) async fn named_key(kms: &Kms, id: &str) -> Result<Option<KeyDescription>, Error> {
    match id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        true => Ok(kms.find_alias(id).await?),
        false => Ok(None),
    }
}

/// The keys from which an alias has gone back to the key with these tags, the last one first.
pub(crate) fn rolled_back_from(tags: &Tags) -> impl Iterator<Item = &str> {
    value_of(tags, ROLLED_BACK_FROM_TAG).unwrap_or_default().split_whitespace()
}

fn with_first(before: Option<&str>, id: &KeyId) -> String {
    let others = before.unwrap_or_default().split_whitespace().filter(|other| *id != **other);
    std::iter::once(id.as_str()).chain(others).take(MOST_IDS).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_key_that_was_left_comes_first_and_the_value_stays_within_its_limit() {
        let arn = |digit: &str| -> KeyArn {
            format!(
                "arn:aws:kms:us-east-1:111122223333:key/{}",
                "1234abcd-12ab-34cd-56ef-123456789000".replace('0', digit)
            )
            .parse()
            .unwrap()
        };
        let mut value: Option<String> = None;
        for digit in ["0", "1", "2", "3", "4", "5", "6", "7", "6"] {
            value = Some(with_first(value.as_deref(), arn(digit).id()));
        }
        let value = value.unwrap();
        let ids: Vec<&str> = value.split(' ').collect();
        assert_eq!(ids, ["6", "7", "5", "4", "3", "2"].map(|digit| arn(digit).id().to_string()));
        assert!(value.len() <= 256, "{value}");
    }
}
