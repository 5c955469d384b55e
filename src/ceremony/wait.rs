//! Asking KMS again until something that goes on in the background is done.

use std::time::{Duration, Instant};

use super::Journal;
use crate::error::{Error, seconds};

/// How often a wait says that it still goes on.
const REMIND: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Asks until there is an answer; nothing when the time is over first.
pub(super) async fn until<T>(
    what: &str,
    patience: Duration,
    journal: &Journal,
    mut ask: impl AsyncFnMut() -> Result<Option<T>, Error>,
) -> Result<Option<T>, Error> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(100);
    let mut reminded = None;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(Some(answer));
        }
        let left = patience.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        match reminded {
            None => {
                journal.step(format!("waiting up to {} for {what}", seconds(patience)));
                reminded = Some(Instant::now());
            }
            Some(last) if last.elapsed() >= REMIND => {
                journal.step(format!(
                    "still waiting for {what}: {}",
                    seconds(Duration::from_secs(begun.elapsed().as_secs()))
                ));
                reminded = Some(Instant::now());
            }
            Some(_) => {}
        }
        tokio::time::sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
