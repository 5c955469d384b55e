//! What the standard library has no words for: catching a signal, dying of one, and ending a process at once.
//!
//! The only `unsafe` of the program itself. Each block is one call of the C library whose arguments live as long as the call.
#![allow(unsafe_code)]

use std::io::{self, PipeReader};
use std::mem;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::process::Signal;

/// Where the handler writes the number of each signal. A pipe holds more of them than anybody sends before one is read.
static PIPE: AtomicI32 = AtomicI32::new(-1);

/// From now on the end that is given here gets a byte for each signal that is [caught](catch).
pub(super) fn open() -> io::Result<PipeReader> {
    let (reader, writer) = io::pipe()?;
    PIPE.store(writer.as_raw_fd(), Ordering::Relaxed);
    // Open as long as the process: the handler may run at any time.
    let _ = writer.into_raw_fd();
    Ok(reader)
}

/// Only what signal-safety(7) allows: an atomic load and write(2).
extern "C" fn pass_on(signal: libc::c_int) {
    let number = signal as u8;
    // SAFETY: one byte is read from a variable that lives, and the descriptor stays open.
    let _ = unsafe { libc::write(PIPE.load(Ordering::Relaxed), (&raw const number).cast(), 1) };
}

/// Catches a signal instead of dying of it.
pub(super) fn catch(signal: Signal) {
    act(signal, pass_on as *const () as libc::sighandler_t);
}

/// Whether the signal was set to be ignored when this process was started, as `nohup` does with SIGHUP.
pub(super) fn is_ignored(signal: Signal) -> bool {
    // SAFETY: `sigaction` is plain data for which zeroes are a value; without a new action, the call only fills it.
    unsafe {
        let mut now: libc::sigaction = mem::zeroed();
        libc::sigaction(signal.as_raw(), std::ptr::null(), &mut now) == 0 && now.sa_sigaction == libc::SIG_IGN
    }
}

/// Lets the signal have its default effect on this process. Returns where there is none, as for process 1 of a container, or
/// where the process was stopped and goes on.
pub(super) fn suffer(signal: Signal) {
    act(signal, libc::SIG_DFL);
    // SAFETY: takes a number and touches no memory of ours.
    unsafe { libc::raise(signal.as_raw()) };
}

fn act(signal: Signal, handler: libc::sighandler_t) {
    // SAFETY: `sigaction` is plain data for which zeroes are a value, an empty mask among them; the handler keeps to what handlers may do.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(signal.as_raw(), &action, std::ptr::null_mut());
    }
}

/// Ends the process at once. What runs at an ordinary exit would pull OpenSSL away below the thread that still uses it.
pub(crate) fn leave(code: u8) -> ! {
    // SAFETY: does not come back.
    unsafe { libc::_exit(code.into()) }
}

/// The signals that would end or stop the run without a word while the terminal shows nothing of what is typed, or a line that moves.
pub(crate) fn mind_terminal() {
    for signal in [Signal::QUIT, Signal::TSTP, Signal::ALARM, Signal::USR1, Signal::USR2, Signal::XCPU] {
        if !is_ignored(signal) {
            catch(signal);
        }
    }
}
