//! What completes a run, in the words of the command line: the one place where the library's [`Next`] becomes a command.

use kms_byok::lifecycle::{GoOn, Next};

use super::invocation::Invocation;
use super::next_command::{Command, IMPORT, LOST, SOURCE};

/// How a verb takes the key that it goes on with.
#[derive(Clone, Copy)]
pub(crate) enum ByKey {
    /// `--adopt`, beside an alias or without one.
    Adopt,
    /// `--key-id`.
    KeyId,
    /// `--new-key`, of a rotation by alias.
    NewKey,
    /// As it was typed.
    AsTyped,
}

/// The words for what completes a run. `again` is the command line of the run.
pub(crate) fn words(next: &Next, by_key: ByKey, again: Command, run: &Invocation) -> Option<String> {
    let to = |command: Command, arn: &str| match by_key {
        ByKey::Adopt => command.adopting(arn),
        ByKey::KeyId => command.key(arn),
        ByKey::NewKey => command.without(LOST).without(&[("--new-key", 1)]).value("--new-key", arn),
        ByKey::AsTyped => command,
    };
    let command = match next {
        Next::Nothing => return None,
        Next::Again { key_arn: Some(arn), .. } => to(again, arn),
        Next::Again { key_arn: None, .. } => again,
        Next::FindLost { request } => again.without(LOST).value("--lost-request", request),
        Next::GoOn(GoOn::WithBackup { backup, key_arn }) => match by_key {
            ByKey::Adopt => to(again.copy(backup), key_arn),
            _ => to(again, key_arn).copy(backup),
        },
        Next::GoOn(GoOn::Resume { key_arn }) => {
            to(again, key_arn).without(SOURCE).without(IMPORT).without(&[("--resume", 0)]).flag("--resume")
        }
        Next::GoOn(GoOn::Switch { key_arn, old }) => again.switching(key_arn, old.as_ref()),
        Next::ResumeOrAgain { key_arn } => to(again, key_arn).without(&[("--resume", 0)]).flag("--resume"),
        Next::GoOn(GoOn::Status { key_arn }) => run.verb("status").value("--key-id", key_arn),
        Next::AsExisting { perhaps } => return Some(again.same_import(*perhaps)),
        Next::TakeBack { key_arn, key_material_id } => {
            let delete = run.verb("delete-material").value("--key-id", key_arn);
            // Nobody has its bytes: there is nothing to be asked.
            let delete = delete.value("--key-material-id", key_material_id).flag("--yes");
            return Some(format!("{delete} && {}", to(again, key_arn)));
        }
    };
    Some(command.to_string())
}
