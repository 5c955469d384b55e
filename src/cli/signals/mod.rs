//! SIGINT, SIGTERM and SIGHUP: whatever the run waits for, it reports and ends within a second.
//!
//! The verb runs on the main thread, and a second one waits for signals. Work that awaits is told to stop, and ends with an error of
//! its own. Work that sits in a call of the system (a pipe that nobody writes to, a terminal, a dead file system) cannot be told: then
//! the second thread gives the report, and the process ends under it. Nothing is joined or dropped on the way.
//!
//! Also as process 1 of a container, where signals that nobody handles are ignored.

#[cfg(feature = "fleet")]
pub(crate) mod stopping;
pub(super) mod system;
pub(crate) mod work;

use std::io::PipeReader;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use kms_byok::Error;
use rustix::process::Signal;

use self::work::{CHANGED, Phase, STOP, begin_report, interrupted, state};
use super::context::Context;
use super::panic::Panic;
use super::{failure, live, terminal};

/// How long asynchronous work has for its report after it was told to stop.
const GRACE: Duration = Duration::from_millis(300);
/// How long the reports have that come instead of it, or the report that has begun: a second after the signal all is over.
const LIMIT: Duration = Duration::from_millis(850);
/// The thread that waits needs next to nothing; what it has to do it gives to others.
const STACK: usize = 64 * 1024;

/// From now on signals end the run with a report, unless it has its own way to end. Where there is no thread to be had, they end it without.
pub(super) fn listen(context: &'static Context, ends_itself: bool) {
    let Ok(signals) = system::open() else { return };
    let watch = move || watch(&signals, context);
    if thread::Builder::new().name("signals".to_owned()).stack_size(STACK).spawn(watch).is_err() {
        return;
    }
    if ends_itself {
        return;
    }
    system::catch(Signal::INT);
    system::catch(Signal::TERM);
    if !system::is_ignored(Signal::HUP) {
        system::catch(Signal::HUP);
    }
}

/// The end of `main`: a run that SIGINT has stopped dies of it, so that a shell loop stops as well.
pub(crate) fn end(code: ExitCode) -> ExitCode {
    begin_report();
    live::end();
    if state().stopped != Some(Signal::INT) {
        return code;
    }
    system::suffer(Signal::INT);
    ExitCode::from(DIED_OF_SIGINT)
}

/// What a shell says of a process that died of SIGINT: for those that cannot, process 1 of a container.
const DIED_OF_SIGINT: u8 = 130;

fn watch(mut signals: &PipeReader, context: &'static Context) {
    use std::io::Read;
    let mut number = [0];
    while signals.read_exact(&mut number).is_ok() {
        match Signal::from_named_raw(number[0].into()) {
            Some(Signal::INT | Signal::TERM | Signal::HUP) if state().phase == Phase::Listening => {}
            Some(signal @ (Signal::INT | Signal::TERM | Signal::HUP)) => stop(signal, context),
            Some(Signal::TSTP) => {
                let shown = live::hide();
                terminal::show_typing();
                system::suffer(Signal::TSTP);
                system::catch(Signal::TSTP);
                terminal::hide_typing();
                if shown {
                    live::show();
                }
            }
            Some(signal) => {
                live::end();
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
    let awaiting = |run: &mut work::Run| run.phase == Phase::Awaiting;
    let (mut run, _) = CHANGED.wait_timeout_while(run, GRACE, awaiting).unwrap_or_else(PoisonError::into_inner);
    let code = if run.phase == Phase::Ending {
        drop(run);
        thread::sleep(deadline.saturating_duration_since(Instant::now()));
        context.broken_off(interrupted(signal)).exit
    } else {
        run.phase = Phase::Taken;
        drop(run);
        report_instead(interrupted(signal), context, deadline)
    };
    if signal == Signal::INT {
        system::suffer(signal);
        system::leave(DIED_OF_SIGINT);
    }
    system::leave(code)
}

/// Ends the run from a thread that cannot go on. What that thread has locked stays locked: where the report waits for it, it is left out.
pub(super) fn end_by(defect: Panic, context: &'static Context) -> ! {
    let deadline = Instant::now() + LIMIT;
    terminal::show_typing();
    let (done, ended) = mpsc::channel();
    let error = defect.clone().into();
    let report = move || {
        state().phase = Phase::Taken;
        let _ = done.send(report_instead(error, context, deadline));
    };
    let begun = thread::Builder::new().spawn(report).is_ok();
    let exit = begun.then(|| ended.recv_timeout(deadline.saturating_duration_since(Instant::now()) + GRACE).ok());
    system::leave(exit.flatten().unwrap_or_else(|| {
        defect.say();
        3 // something may have changed
    }))
}

/// Report and record of a run that goes on in the main thread, where it sends nothing more that changes AWS. Each on a thread of its
/// own: a reader that does not read keeps nobody from the record, and a slow disk nobody from the report.
fn report_instead(error: Error, context: &'static Context, deadline: Instant) -> u8 {
    context.close_account();
    let failure = Arc::new(context.broken_off(error));
    let exit = failure.exit;
    let (done, all) = mpsc::channel();
    let (recorded, told) = (done.clone(), failure.clone());
    let record = move || {
        context.end_record_of(&told);
        let _ = recorded.send(());
    };
    let print = move || {
        terminal::end_line();
        failure::failure_instead(&failure);
        let _ = done.send(());
    };
    let threads = [thread::Builder::new().spawn(record).is_ok(), thread::Builder::new().spawn(print).is_ok()];
    for _ in threads.into_iter().filter(|started| *started) {
        let _ = all.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
    exit
}
