//! SIGINT, SIGTERM and SIGHUP: whatever the run waits for, it reports and ends within a second.
//!
//! The verb runs on the main thread, and a second one waits for signals. Work that awaits is told to stop, and ends with an error of
//! its own. Work that sits in a call of the system (a pipe that nobody writes to, a terminal, a dead file system) cannot be told: then
//! the second thread gives the report, and the process ends under it. Nothing is joined or dropped on the way.
//!
//! Also as process 1 of a container, where signals that nobody handles are ignored.

mod system;

use std::future::Future;
use std::io::PipeReader;
use std::mem::ManuallyDrop;
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use kms_byok::{CeremonyError, Error, FileError};
use rustix::process::Signal;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use super::{Context, terminal};
use crate::report;

/// How long work that awaits has to come to its report.
const GRACE: Duration = Duration::from_millis(300);
/// How long the reports have that come instead of it, or the report that has begun: a second after the signal all is over.
const LIMIT: Duration = Duration::from_millis(850);
/// The thread that waits needs next to nothing; what it has to do it gives to others.
const STACK: usize = 64 * 1024;

/// What the main thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Something that cannot be told to stop.
    Busy,
    /// It awaits, and stops when it is told to.
    Awaiting,
    /// It gives the last report.
    Ending,
    /// The report is no business of the main thread any more.
    Taken,
}

struct Run {
    phase: Phase,
    stopped: Option<Signal>,
}

static RUN: Mutex<Run> = Mutex::new(Run { phase: Phase::Busy, stopped: None });
static CHANGED: Condvar = Condvar::new();
static STOP: Notify = Notify::const_new();

fn state() -> MutexGuard<'static, Run> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on signals end the run with a report. Where there is no thread to be had, they end it without.
pub(super) fn listen(context: &'static Context) {
    let Ok(signals) = system::open() else { return };
    let watch = move || watch(&signals, context);
    if thread::Builder::new().name("signals".to_owned()).stack_size(STACK).spawn(watch).is_err() {
        return;
    }
    system::catch(Signal::INT);
    system::catch(Signal::TERM);
    if !system::is_ignored(Signal::HUP) {
        system::catch(Signal::HUP);
    }
}

/// The signals that would end or stop the run without a word while the terminal shows nothing of what is typed.
pub(super) fn mind_terminal() {
    for signal in [Signal::QUIT, Signal::TSTP, Signal::ALARM, Signal::USR1, Signal::USR2, Signal::XCPU] {
        if !system::is_ignored(signal) {
            system::catch(signal);
        }
    }
}

/// Runs asynchronous work until it is done or told to stop. One thread is enough: the tool waits for one reply at a time.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
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
            result
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

/// The end of `main`: a run that SIGINT has stopped dies of it, so that a shell loop stops as well.
pub(crate) fn end(code: ExitCode) -> ExitCode {
    begin_report();
    if state().stopped != Some(Signal::INT) {
        return code;
    }
    system::suffer(Signal::INT);
    ExitCode::from(DIED_OF_SIGINT)
}

/// What a shell says of a process that died of SIGINT: for those that cannot, process 1 of a container.
const DIED_OF_SIGINT: u8 = 130;

fn enter(phase: Phase) {
    let mut run = state();
    while run.phase == Phase::Taken {
        run = CHANGED.wait(run).unwrap_or_else(PoisonError::into_inner);
    }
    run.phase = phase;
    CHANGED.notify_all();
}

fn watch(mut signals: &PipeReader, context: &'static Context) {
    use std::io::Read;
    let mut number = [0];
    while signals.read_exact(&mut number).is_ok() {
        match Signal::from_named_raw(number[0].into()) {
            Some(signal @ (Signal::INT | Signal::TERM | Signal::HUP)) => stop(signal, context),
            Some(Signal::TSTP) => {
                terminal::show_typing();
                system::suffer(Signal::TSTP);
                system::catch(Signal::TSTP);
                terminal::hide_typing();
            }
            Some(signal) => {
                terminal::show_typing();
                system::suffer(signal);
            }
            None => {}
        }
    }
}

/// Ends the run, by the main thread if it can.
fn stop(signal: Signal, context: &'static Context) -> ! {
    let deadline = Instant::now() + LIMIT;
    terminal::show_typing();
    let mut run = state();
    run.stopped = Some(signal);
    STOP.notify_one();
    let awaiting = |run: &mut Run| run.phase == Phase::Awaiting;
    let (mut run, _) = CHANGED.wait_timeout_while(run, GRACE, awaiting).unwrap_or_else(PoisonError::into_inner);
    let code = if run.phase == Phase::Ending {
        drop(run);
        thread::sleep(deadline.saturating_duration_since(Instant::now()));
        context.broken_off(interrupted(signal)).exit
    } else {
        run.phase = Phase::Taken;
        drop(run);
        report_instead(signal, context, deadline)
    };
    if signal == Signal::INT {
        system::suffer(signal);
        system::leave(DIED_OF_SIGINT);
    }
    system::leave(code)
}

/// Report and record of a run that goes on in the main thread, where it sends nothing more that changes AWS. Each on a thread of its
/// own: a reader that does not read keeps nobody from the record, and a slow disk nobody from the report.
fn report_instead(signal: Signal, context: &'static Context, deadline: Instant) -> u8 {
    context.close_account();
    let failure = Arc::new(context.broken_off(interrupted(signal)));
    let exit = failure.exit;
    let (done, all) = mpsc::channel();
    let (recorded, told) = (done.clone(), failure.clone());
    let record = move || {
        context.end_record_of(&told);
        let _ = recorded.send(());
    };
    let print = move || {
        terminal::end_line();
        report::failure_instead(&failure);
        let _ = done.send(());
    };
    let threads = [thread::Builder::new().spawn(record).is_ok(), thread::Builder::new().spawn(print).is_ok()];
    for _ in threads.into_iter().filter(|started| *started) {
        let _ = all.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
    exit
}

fn interrupted(signal: Signal) -> Error {
    let signal = match signal {
        Signal::INT => "SIGINT",
        Signal::HUP => "SIGHUP",
        _ => "SIGTERM",
    };
    CeremonyError::Interrupted { signal }.into()
}
