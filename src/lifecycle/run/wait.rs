//! Asking KMS again until something that goes on in the background is done.

use std::time::Duration;

use tokio::time::Instant;

use crate::kms::{KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::sent::Difference;
use crate::lifecycle::run::ongoing::Ongoing;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::progress::Progress;
use crate::time::seconds;

/// How long KMS is asked whether a call took effect whose reply was lost.
pub(crate) const LOOK_UP: Duration = Duration::from_secs(5);
/// How often a wait says that it still goes on.
const REMIND: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Asks until there is an answer; nothing when the time is over first.
pub(crate) async fn until<T, A>(
    what: &str,
    patience: Duration,
    progress: &dyn Progress,
    mut ask: impl FnMut() -> A,
) -> Result<Option<T>, Error>
where
    A: Future<Output = Result<Option<T>, Error>>,
{
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
                progress.step(&format!("waiting up to {} for {what}", seconds(patience)));
                reminded = Some(Instant::now());
            }
            Some(last) if last.elapsed() >= REMIND => {
                progress.step(&format!(
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

/// The key after an import that KMS has answered. DescribeKey may lag behind it, so PendingImport is believed only where other key
/// material is missing, or when the time is over. `before` is the key before the import.
pub(crate) async fn settled(
    kms: &Kms,
    before: &KeyDescription,
    imported_id: Option<&str>,
    run: &dyn Ongoing,
) -> Result<KeyDescription, Error> {
    let settled = until("DescribeKey to show the import", kms.wait(), run.progress(), || async {
        let now = kms.describe(&before.arn).await?;
        if now.state != KeyState::PendingImport {
            let difference = Difference::find(kms, before, &now, run).await?;
            return Ok((!difference.is_some_and(|difference| difference.is_old)).then_some(now));
        }
        let missing = KeyMaterials::as_permitted(kms, &now).await?.missing();
        Ok(missing.iter().any(|id| Some(&**id) != imported_id).then_some(now))
    })
    .await?;
    match settled {
        Some(now) => Ok(now),
        None => Ok(kms.describe(&before.arn).await?),
    }
}
