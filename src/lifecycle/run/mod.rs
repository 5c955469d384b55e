//! What every run does: its stages and their account, its plan, its waiting.

pub(crate) mod beside;
pub(crate) mod exists;
pub(crate) mod facts;
pub(crate) mod many;
pub(crate) mod next;
pub(crate) mod ongoing;
pub(crate) mod plaintext;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod sending;
pub(crate) mod stage;
pub(crate) mod wait;
#[cfg(test)]
mod walk;
