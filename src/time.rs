//! Points in time as KMS and people write them (RFC 3339), and when imported key material expires.

use std::time::{Duration, Instant, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::explain::{Explain, Hint, some};

/// The longest time for which KMS keeps expiring key material: 365 days (API reference, `ImportKeyMaterial`, `ValidTo`).
pub const LONGEST_EXPIRY: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// When imported key material expires, as asked for. KMS takes times up to 365 days ahead (API reference, `ImportKeyMaterial`, `ValidTo`).
///
/// ```
/// use std::time::Duration;
///
/// use kms_byok::time::{self, Expiry};
///
/// let now = time::parse("2026-11-24T00:00:00Z")?;
/// let in_ninety_days = Expiry::In(Duration::from_secs(90 * 24 * 60 * 60));
/// assert_eq!(in_ninety_days.resolve(now)?.map(time::rfc3339).as_deref(), Some("2027-02-22T00:00:00Z"));
/// assert!(Expiry::In(Duration::from_secs(400 * 24 * 60 * 60)).resolve(now).is_err());
/// # Ok::<(), kms_byok::ExpiryError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expiry {
    /// KEY_MATERIAL_DOES_NOT_EXPIRE: the key material stays until it is deleted.
    Never,
    /// That long after the import, counted in whole seconds.
    In(Duration),
    /// At that time (UTC).
    At(DateTime),
}

impl Expiry {
    /// The time that is sent to KMS as ValidTo; `None` for key material that does not expire.
    ///
    /// # Errors
    /// [`ExpiryError::Past`] for a time that is not after `now`, [`ExpiryError::TooFar`] for one more than 365 days after it.
    pub fn resolve(self, now: DateTime) -> Result<Option<DateTime>, ExpiryError> {
        let at = match self {
            Expiry::Never => return Ok(None),
            Expiry::In(span) => {
                // Past the limit anyway; and far below where seconds overflow.
                let seconds = span.as_secs().min(10 * LONGEST_EXPIRY.as_secs());
                DateTime::from_secs(now.secs() + i64::try_from(seconds).unwrap_or(i64::MAX))
            }
            Expiry::At(at) => at,
        };
        let limit = DateTime::from_secs(now.secs() + 365 * 24 * 60 * 60);
        if at <= now {
            return Err(ExpiryError::Past { at: rfc3339(at) });
        }
        if at > limit {
            return Err(ExpiryError::TooFar { at: rfc3339(at), limit: rfc3339(limit) });
        }
        Ok(Some(at))
    }

    /// Whether a key that expires at `found` is what was asked for; `None` is a key that does not expire. [`Expiry::At`] is met within two
    /// seconds. "In 90 days" is met by any time within the next 90 days, because the same command of an earlier day asked for an earlier
    /// time.
    pub fn is_met_by(self, found: Option<DateTime>, now: DateTime) -> bool {
        match (self, found) {
            (Expiry::Never, None) => true,
            (Expiry::In(_), Some(found)) => {
                self.resolve(now).is_ok_and(|limit| limit.is_some_and(|limit| found > now && found <= limit))
            }
            (Expiry::At(at), found) => is_same(Some(at), found),
            _ => false,
        }
    }
}

/// Whether two times of expiry are the same: to two seconds, because KMS and its stand-ins round.
pub(crate) fn is_same(one: Option<DateTime>, other: Option<DateTime>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.secs().abs_diff(other.secs()) <= 2,
        (None, None) => true,
        _ => false,
    }
}

/// The time by this machine's clock. Where a test has paused the clock of its runtime, this one stands and moves with it.
pub fn now() -> DateTime {
    // The same clock, unless the runtime's is paused.
    let (runtime, machine) = (tokio::time::Instant::now().into_std(), Instant::now());
    let now = SystemTime::now();
    DateTime::from(match runtime.checked_duration_since(machine) {
        Some(ahead) => now + ahead,
        None => now - machine.duration_since(runtime),
    })
}

/// `2 h 5 min ahead of` or `3 days behind`: how a clock stands to another one, which it is so many seconds ahead of.
pub(crate) fn difference(ahead: i64) -> String {
    let direction = if ahead < 0 { "behind" } else { "ahead of" };
    format!("{} {direction}", span(ahead))
}

/// So many seconds to the minute, or from a day on to the hour: `2 h 5 min`, `29 days 23 h`.
pub(crate) fn span(seconds: i64) -> String {
    let minutes = seconds.unsigned_abs() / 60;
    let (days, hours, minutes) = (minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
    let days_in_words = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    match (days, hours, minutes) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, 0) => format!("{hours} h"),
        (0, ..) => format!("{hours} h {minutes} min"),
        (_, 0, _) => days_in_words,
        _ => format!("{days_in_words} {hours} h"),
    }
}

/// UTC to the second, as in `2026-11-24T17:02:00Z`: what JSON, records and people get.
pub fn rfc3339(time: DateTime) -> String {
    DateTime::from_secs(time.secs()).fmt(Format::DateTime).unwrap_or_else(|_| format!("{} s after 1970", time.secs()))
}

/// Reads a time of RFC 3339 with `Z` or an offset, as in `2026-11-24T17:02:00Z` or `2026-11-24T18:02:00+01:00`.
///
/// # Errors
/// [`ExpiryError::NotATime`] for any other text.
pub fn parse(text: &str) -> Result<DateTime, ExpiryError> {
    DateTime::from_str(text, Format::DateTimeWithOffset).map_err(|_| ExpiryError::NotATime { text: text.to_owned() })
}

/// `20261124T170200Z`, for file names.
pub(crate) fn compact(time: DateTime) -> String {
    rfc3339(time).replace(['-', ':'], "")
}

/// `30 s`, or `0.25 s`. Of what is long, nobody wants to know the thousandths: `60.2 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let least = if duration >= Duration::from_secs(10) { 100 } else { 1 };
    let thousandths = (duration.as_millis() + least / 2) / least * least;
    format!("{} s", thousandths as f64 / 1000.0)
}

/// The expiry asked for is not one KMS takes. Times are shown as RFC 3339 in UTC.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ExpiryError {
    #[error("`{text}` is not a time")]
    NotATime { text: String },
    #[error("the expiry {at} is in the past")]
    Past { at: String },
    #[error("{problem} by KMS's clock, and this machine's is {difference} it")]
    ByKmsClock { problem: String, difference: String },
    #[error("the expiry {at} is more than 365 days away")]
    TooFar { at: String, limit: String },
}

impl Explain for ExpiryError {
    fn id(&self) -> &'static str {
        self.into()
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            ExpiryError::NotATime { .. } => some("write it as RFC 3339 does: 2027-01-31T12:00:00Z"),
            ExpiryError::Past { .. } => some("choose a time in the future, and check this machine's clock"),
            ExpiryError::ByKmsClock { .. } => some("set this machine's clock (NTP), or choose another time"),
            ExpiryError::TooFar { limit, .. } => some(format!("choose {limit} or earlier, or let it never expire")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60;

    #[test]
    fn expiry_is_held_to_the_limits_of_kms() {
        let now = parse("2026-11-24T00:00:00Z").unwrap();
        let resolve = |expiry: Expiry| expiry.resolve(now).map(|at| at.map(rfc3339)).map_err(|error| error.to_string());
        assert_eq!(resolve(Expiry::Never), Ok(None));
        assert_eq!(resolve(Expiry::In(Duration::from_secs(90 * DAY))), Ok(Some("2027-02-22T00:00:00Z".to_owned())));
        assert_eq!(
            resolve(Expiry::In(Duration::from_secs(366 * DAY))),
            Err("the expiry 2027-11-25T00:00:00Z is more than 365 days away".to_owned())
        );
        assert_eq!(resolve(Expiry::At(now)), Err("the expiry 2026-11-24T00:00:00Z is in the past".to_owned()));
        assert!(resolve(Expiry::In(Duration::MAX)).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_moves_by_what_was_slept() {
        let before = now();
        tokio::time::sleep(Duration::from_secs(DAY)).await;
        let passed = now().as_secs_f64() - before.as_secs_f64();
        assert!((passed - DAY as f64).abs() < 0.5, "{passed}");
    }

    #[test]
    fn spans_are_written_to_the_unit_that_matters() {
        for (seconds, text) in [
            (59, "less than a minute"),
            (-240, "4 min"),
            (7200, "2 h"),
            (7500, "2 h 5 min"),
            (86_400, "1 day"),
            (90 * 86_400 + 59, "90 days"),
            (29 * 86_400 + 23 * 3600, "29 days 23 h"),
        ] {
            assert_eq!(span(seconds), text);
        }
        assert_eq!((difference(7200), difference(-7200)), ("2 h ahead of".to_owned(), "2 h behind".to_owned()));
    }

    #[test]
    fn the_same_relative_expiry_asked_for_a_day_later_is_met() {
        let now = parse("2026-11-24T00:00:00Z").unwrap();
        let made_yesterday = parse("2027-02-21T00:00:00+00:00").unwrap();
        assert!(Expiry::In(Duration::from_secs(90 * DAY)).is_met_by(Some(made_yesterday), now));
        assert!(!Expiry::In(Duration::from_secs(30 * DAY)).is_met_by(Some(made_yesterday), now));
        assert!(!Expiry::Never.is_met_by(Some(made_yesterday), now));
        assert!(!Expiry::In(Duration::from_secs(90 * DAY)).is_met_by(None, now));
    }
}
