//! Panics for the tests, at a call to KMS: `KMS_BYOK_TEST_PANIC=before:3` at the third one, before it is sent, or `after:3`, when KMS has
//! answered it. A release build has none of this.

#[cfg(debug_assertions)]
pub(super) fn panic_before() {
    CALLS.fetch_add(1, Ordering::Relaxed);
    panic_if_wanted("before");
}

#[cfg(debug_assertions)]
pub(super) fn panic_after() {
    panic_if_wanted("after");
}

#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicUsize, Ordering};

/// The calls so far, counted from 1; attempts at one are one.
#[cfg(debug_assertions)]
static CALLS: AtomicUsize = AtomicUsize::new(0);

#[cfg(debug_assertions)]
fn panic_if_wanted(when: &str) {
    let wanted = std::env::var("KMS_BYOK_TEST_PANIC").unwrap_or_default();
    assert!(wanted != format!("{when}:{}", CALLS.load(Ordering::Relaxed)), "a panic that a test has asked for");
}

#[cfg(not(debug_assertions))]
pub(super) fn panic_before() {}

#[cfg(not(debug_assertions))]
pub(super) fn panic_after() {}
