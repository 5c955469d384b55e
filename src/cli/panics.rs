//! A panic ends a run as any other error does: with a report, a record and the right exit code, and without the values in memory.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use kms_byok::Explain;

use super::output;
use super::output::tone::{Tone, labelled};
use super::panic::Panic;
use super::words::sentence;

/// The first panic of this run, whichever thread it was in, until somebody tells of it.
static NOTED: Mutex<Option<Panic>> = Mutex::new(None);
/// Whether a verb runs, which tells of it.
static VERB: AtomicBool = AtomicBool::new(false);

/// Has panics tell their place and nothing else: their own texts may show values.
pub(crate) fn note() {
    panic::set_hook(Box::new(|panic| {
        let defect = Panic::of(panic);
        if VERB.load(Ordering::Relaxed) {
            NOTED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(defect);
            return;
        }
        let hint = defect.hint().map(|hint| sentence(&hint)).unwrap_or_default();
        output::say(&(labelled(Tone::Bad, "error", &defect.to_string()) + &labelled(Tone::Help, "hint", &hint)));
    }));
}

/// Runs a verb, and gives the panic that ended it.
pub(super) fn catch<T>(verb: impl FnOnce() -> T) -> Result<T, Panic> {
    VERB.store(true, Ordering::Relaxed);
    // What the panic has left half done is looked at through locks that bear it, and through nothing else.
    panic::catch_unwind(AssertUnwindSafe(verb)).map_err(|_| noted().unwrap_or_default())
}

/// A panic in this process that was not reported yet.
pub(super) fn noted() -> Option<Panic> {
    NOTED.lock().unwrap_or_else(PoisonError::into_inner).take()
}
