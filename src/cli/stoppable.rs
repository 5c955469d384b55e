//! SIGINT and SIGTERM: the work ends with an error of its own, so that the report and the exit code are as documented.
//!
//! Also as process 1 of a container, where signals that nobody handles are ignored.

use std::future::Future;
use std::{panic, thread};

use kms_byok::{CeremonyError, Error, FileError};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// Runs asynchronous work. One thread is enough: the tool waits for one reply at a time.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    runtime()?.block_on(until_stopped(work))
}

/// Runs work that waits for a person or a pipe, or computes for seconds. Stopped, it is left to end with the process.
pub(super) fn stoppable<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    // On a thread of its own, because the caller may be inside a runtime already.
    let waiting = thread::spawn(move || {
        let runtime = runtime()?;
        let result = runtime.block_on(until_stopped(async {
            tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| panic::resume_unwind(error.into_panic()))
        }));
        runtime.shutdown_background();
        result
    });
    waiting.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked))
}

async fn until_stopped<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let stopped = |signal| Err(CeremonyError::Interrupted { signal }.into());
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return work.await;
    };
    tokio::select! {
        biased;
        _ = interrupt.recv() => stopped("SIGINT"),
        _ = terminate.recv() => stopped("SIGTERM"),
        result = work => result,
    }
}

fn runtime() -> Result<Runtime, FileError> {
    Builder::new_current_thread().enable_all().build().map_err(|source| FileError::NoEventQueue { source })
}
