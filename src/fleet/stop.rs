//! A fleet that is told to stop: each key ends between two calls that change AWS.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use tokio::sync::Notify;

/// Tells a fleet to stop, from any thread. Clones tell the same fleet.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    stopped: AtomicBool,
    news: Notify,
}

impl Stop {
    /// From now on no key is begun, and none goes further than the step that is under way.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
        self.0.news.notify_waiters();
    }

    /// Whether it was told.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }

    /// Does the work to its end. After the fleet was told to stop, it is left where it `may_end`: nothing is given then.
    pub(crate) async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = T>,
        may_end: impl Fn() -> bool,
    ) -> Option<T> {
        let (mut work, mut news) = (pin!(work), pin!(self.0.news.notified()));
        news.as_mut().enable();
        let mut told = false;
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            told = told || self.is_stopped() || news.as_mut().poll(context).is_ready();
            if told && may_end() { Poll::Ready(None) } else { Poll::Pending }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_ends_between_two_steps_and_not_within_one() {
        let (stop, step) = (Stop::default(), AtomicUsize::new(0));
        let work = async {
            for number in 1..=9 {
                step.store(number, Ordering::SeqCst);
                sleep(Duration::from_millis(10)).await;
            }
        };
        let teller = stop.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(25)).await;
            teller.stop();
        });
        // The steps with an odd number are not to be left.
        let may_end = || step.load(Ordering::SeqCst) % 2 == 0;
        assert_eq!(stop.unless_stopped(work, may_end).await, None);
        assert_eq!(step.load(Ordering::SeqCst), 4);
        assert_eq!(stop.unless_stopped(async { 1 }, || true).await, Some(1));
    }
}
