//! What the main thread is doing, and asynchronous work that can be told to stop.

use std::future::Future;
use std::mem::ManuallyDrop;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use kms_byok::{Error, FileError, KeyError};
use rustix::process::Signal;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

/// What the main thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Something that cannot be told to stop.
    Busy,
    /// It awaits, and stops when it is told to.
    Awaiting,
    /// It awaits what hears the signals itself.
    #[cfg_attr(not(feature = "fleet"), allow(dead_code))] // a fleet does
    Listening,
    /// It gives the last report.
    Ending,
    /// The report is no business of the main thread any more.
    Taken,
}

pub(super) struct Run {
    pub(super) phase: Phase,
    pub(super) stopped: Option<Signal>,
}

pub(super) static RUN: Mutex<Run> = Mutex::new(Run { phase: Phase::Busy, stopped: None });

pub(super) static CHANGED: Condvar = Condvar::new();

pub(super) static STOP: Notify = Notify::const_new();

pub(super) fn state() -> MutexGuard<'static, Run> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs asynchronous work until it is done or told to stop, which is the error. One thread is enough: the tool waits for one reply at a
/// time.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    // Never dropped: that would wait for name lookups and files that nobody needs any more.
    let runtime = ManuallyDrop::new(runtime()?);
    enter(Phase::Awaiting);
    let result = runtime.block_on(async {
        tokio::select! {
            biased;
            () = STOP.notified() => None,
            result = work => Some(result),
        }
    });
    let stopped = state().stopped;
    match (result, stopped) {
        (None, Some(signal)) => {
            enter(Phase::Ending);
            Err(interrupted(signal))
        }
        (None, None) => Err(interrupted(Signal::TERM)), // nobody tells it to stop without a signal
        (Some(result), _) => {
            enter(Phase::Busy);
            Ok(result)
        }
    }
}

fn runtime() -> Result<Runtime, FileError> {
    Builder::new_current_thread().enable_all().build().map_err(|source| FileError::NoEventQueue { source })
}

/// The main thread is about to give the last report. If that was given by another already, it waits for the end of the process.
pub(crate) fn begin_report() {
    enter(Phase::Ending);
}

pub(super) fn enter(phase: Phase) {
    let mut run = state();
    while run.phase == Phase::Taken {
        run = CHANGED.wait(run).unwrap_or_else(PoisonError::into_inner);
    }
    run.phase = phase;
    CHANGED.notify_all();
}

pub(super) fn interrupted(signal: Signal) -> Error {
    let signal = match signal {
        Signal::INT => "SIGINT",
        Signal::HUP => "SIGHUP",
        _ => "SIGTERM",
    };
    KeyError::Interrupted { signal }.into()
}
