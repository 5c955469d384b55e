//! Two things at once. At most one of them may change AWS: a run has one call in doubt.

use std::future::Future;
use std::pin::pin;

/// Does both. The first goes first, and where it fails the second is dropped. Where the second fails, the first is brought to its end
/// all the same, so that the run knows what became of it; what the second has come to is for the caller to judge.
pub(crate) async fn both<A, E, B>(
    first: impl Future<Output = Result<A, E>>,
    second: impl Future<Output = B>,
) -> Result<(A, B), E> {
    let mut second = pin!(second);
    let mut answer = None;
    let done = {
        let mut first = pin!(first);
        loop {
            tokio::select! {
                biased;
                done = &mut first => break done?,
                early = &mut second, if answer.is_none() => answer = Some(early),
            }
        }
    };
    let answer = match answer {
        Some(early) => early,
        None => second.await,
    };
    Ok((done, answer))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::*;

    async fn after<T>(milliseconds: u64, value: T) -> T {
        sleep(Duration::from_millis(milliseconds)).await;
        value
    }

    #[tokio::test(start_paused = true)]
    async fn both_take_as_long_as_the_longer() {
        for (first, second) in [(100, 10), (10, 100)] {
            let begun = Instant::now();
            let done = both(after(first, Ok::<_, ()>(1)), after(second, 2)).await;
            assert_eq!((done, begun.elapsed().as_millis()), (Ok((1, 2)), 100));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_is_brought_to_its_end_and_the_second_is_not_waited_for_in_vain() {
        let begun = Instant::now();
        assert_eq!(both(after(100, Ok::<_, ()>(1)), after(10, Err::<(), _>("no"))).await, Ok((1, Err("no"))));
        assert_eq!(both(after(100, Err::<(), _>("no")), after(1000, ())).await, Err("no"));
        assert_eq!(begun.elapsed().as_millis(), 200);
    }
}
