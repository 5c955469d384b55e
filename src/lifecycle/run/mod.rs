//! What every run does: its account, its plan, its waiting.

pub(crate) mod journal;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod sending;
pub(crate) mod wait;
