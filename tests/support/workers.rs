//! Many cells at once: most of the time each of them waits.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Runs every cell, and gives the outcomes in their order; a panic is an outcome too.
pub fn in_parallel<C: Sync, O: Send>(
    at_once: usize,
    cells: &[C],
    run: impl Fn(&C) -> Result<O, String> + Sync,
) -> Vec<Result<O, String>> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(cells.iter().map(|_| None).collect::<Vec<_>>());
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(cell) = cells.get(number) else { return };
                    let outcome = catch_unwind(AssertUnwindSafe(|| run(cell)));
                    let outcome = outcome.unwrap_or_else(|panic| Err(text_of(&*panic)));
                    outcomes.lock().unwrap()[number] = Some(outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap().into_iter().map(Option::unwrap).collect()
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
