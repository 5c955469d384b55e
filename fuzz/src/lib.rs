//! What is fuzzed: every parser of bytes that somebody else has written. One function a target; `tests/material/fuzz_seeds.rs` runs the same
//! functions over the seeds, so that these are tests too.

mod endpoint;
mod files;

pub use self::endpoint::{replies, requests};
pub use self::files::{escrow, material, parameters, private_key, public_key, recognise};
