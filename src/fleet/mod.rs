//! Many keys from a manifest, exactly at the speed of KMS's quotas.
//!
//! A [`Manifest`] has one row a key. [`check()`] finds every mistake before AWS is asked, and [`plan()`] says what a run would do and how
//! long it takes. [`run()`] provisions the keys: rows of different accounts and Regions side by side, each call when the quota allows it, and
//! each call that must not happen twice after it stands in the [`Journal`]. Whatever ends a run, the same run again goes on.

mod check;
mod connections;
mod entry;
mod error;
mod holder;
mod journal;
mod lock;
mod looking;
mod manifest;
mod opener;
mod pace;
mod plan;
mod report;
mod request;
mod rows;
mod run;
mod shard;
mod stop;
mod task;

pub use self::check::{Checked, Lane, check};
pub use self::connections::Connections;
pub use self::entry::{Entry, Name, Said, State};
pub use self::error::FleetError;
pub use self::holder::Holder;
pub use self::journal::Journal;
pub use self::looking::JournalReader;
pub use self::manifest::Manifest;
pub use self::manifest::{Cell, Cells, Column, ManifestError, Mistake, Place, Row, Source};
pub use self::opener::Opener;
pub use self::pace::Quotas;
pub use self::plan::{Fate, FleetPlan, PlannedKey, QuotaUse, operations_with_quota, plan};
pub use self::report::{Entries, KeyReport, Reported, Summary, report};
pub use self::run::{FleetRun, Told, run};
pub use self::shard::{Shard, of_shard};
pub use self::stop::Stop;
pub use self::task::Task;
