//! Panics for the tests, at a call to KMS: `KMS_BYOK_TEST_PANIC=before:3` at the third one, before it is sent, or `after:3`, when KMS has
//! answered it. A release build has none of this.

#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicUsize, Ordering};

/// A call, by its number: calls count from 1, and attempts at one are one.
#[derive(Clone, Copy)]
pub(super) struct Numbered {
    #[cfg(debug_assertions)]
    number: usize,
}

/// The calls so far.
#[cfg(debug_assertions)]
static CALLS: AtomicUsize = AtomicUsize::new(0);

impl Numbered {
    #[cfg(debug_assertions)]
    pub(super) fn before() -> Self {
        let call = Numbered { number: CALLS.fetch_add(1, Ordering::Relaxed) + 1 };
        call.panic_if_wanted("before");
        call
    }

    #[cfg(debug_assertions)]
    pub(super) fn after(self) {
        self.panic_if_wanted("after");
    }

    #[cfg(debug_assertions)]
    fn panic_if_wanted(self, when: &str) {
        let wanted = std::env::var("KMS_BYOK_TEST_PANIC").unwrap_or_default();
        assert!(wanted != format!("{when}:{}", self.number), "a panic that a test has asked for");
    }

    #[cfg(not(debug_assertions))]
    pub(super) fn before() -> Self {
        Numbered {}
    }

    #[cfg(not(debug_assertions))]
    pub(super) fn after(self) {}
}
