//! Whether standard output was closed when the process began. Rust's start-up opens `/dev/null` in place of a closed descriptor, and
//! everything that is written there then arrives nowhere without an error; so this looks before Rust's start-up does. (Later the two
//! cannot be told apart: what runs a program with its output thrown away may open `/dev/null` in the same way.)
//!
//! The table of functions that the system calls before `main` can be filled by an unsafe attribute only.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};

static CLOSED: AtomicBool = AtomicBool::new(false);

#[used]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static LOOK: extern "C" fn() = look;

/// Runs before `main`, when nothing of std may be relied on: one call of the system, and a store.
extern "C" fn look() {
    CLOSED.store(rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err(), Ordering::Relaxed);
}

/// Whether nobody can read what is written to standard output, because it was closed when the process began.
pub(crate) fn was_stdout_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}
