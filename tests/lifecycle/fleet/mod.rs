//! Many keys from a manifest.

mod accounts;
mod expiries;
mod faults;
mod journal;
mod killed;
mod mistakes;
mod pace;
mod plan;
mod run;
mod shards;
mod tasks;
