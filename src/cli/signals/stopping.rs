//! Work that ends by itself when it is told to: the first signal tells it, a second one leaves it.

use std::future::Future;
use std::mem::{self, ManuallyDrop};

use kms_byok::{Error, FileError};
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

use super::system;
use super::work::{Phase, enter, state};

/// Runs the work. Nothing is given where it was left.
pub(crate) fn run<T>(work: impl Future<Output = T>, told: impl Fn()) -> Result<Option<T>, Error> {
    let no_queue = |source| FileError::NoEventQueue { source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_queue)?;
    // Never dropped: that would wait for name lookups and files that nobody needs any more.
    let runtime = ManuallyDrop::new(runtime);
    let ended: Result<Option<T>, FileError> = runtime.block_on(async {
        let mut interrupts = signal(SignalKind::interrupt()).map_err(no_queue)?;
        let mut terminations = signal(SignalKind::terminate()).map_err(no_queue)?;
        // What `nohup` has set stays.
        let mut hang_ups = match system::is_ignored(Signal::HUP) {
            true => None,
            false => Some(signal(SignalKind::hangup()).map_err(no_queue)?),
        };
        enter(Phase::Listening);
        let mut work = std::pin::pin!(work);
        let mut stopped = false;
        loop {
            let hang_up = async {
                match &mut hang_ups {
                    Some(hang_ups) => hang_ups.recv().await,
                    None => std::future::pending().await,
                }
            };
            let got = tokio::select! {
                done = &mut work => return Ok(Some(done)),
                _ = interrupts.recv() => Signal::INT,
                _ = terminations.recv() => Signal::TERM,
                _ = hang_up => Signal::HUP,
            };
            state().stopped = Some(got);
            if mem::replace(&mut stopped, true) {
                return Ok(None);
            }
            told();
        }
    });
    enter(Phase::Busy);
    Ok(ended?)
}
