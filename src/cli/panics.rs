//! A panic ends the process where it happens, as any other error does: with a report, a record and the right exit code, and without the values
//! in memory. Nothing is unwound; the program is built without what that would need, which is a fifth of it.

use std::panic;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::context::Context;
use super::panic::Panic;
use super::signals::{self, system};

/// The run, once there is a verb that tells of it.
static CONTEXT: OnceLock<&'static Context> = OnceLock::new();
/// Whether a panic is told of. Others that follow from it are not.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// Has a panic end the process, and tell its place and nothing else: its own text may show values.
pub(crate) fn note() {
    panic::set_hook(Box::new(|panic| {
        while BEGUN.swap(true, Ordering::Relaxed) {
            thread::park();
        }
        let defect = Panic::of(panic);
        match CONTEXT.get() {
            Some(context) => signals::end_by(defect, context),
            None => {
                defect.say();
                system::leave(1)
            }
        }
    }));
}

/// From now on a panic is told of as the end of this run.
pub(super) fn tell_of(context: &'static Context) {
    let _ = CONTEXT.set(context);
}
