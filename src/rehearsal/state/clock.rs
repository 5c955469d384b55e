//! A clock that can be moved, so that 24 hours of an import token or 90 days of an expiry pass in a test.

use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::rehearsal::error::RehearsalError;
use crate::time;

/// Milliseconds since 1970.
pub(crate) type Millis = i64;

pub(crate) const SECOND: Millis = 1000;
pub(crate) const HOUR: Millis = 3600 * SECOND;
pub(crate) const DAY: Millis = 24 * HOUR;

/// Where the clock of an embedded KMS stands. It parses from `+25h`, `-90d`, or an RFC 3339 time: other text is [`RehearsalError::Clock`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClockSetting {
    /// With the system's clock.
    System,
    /// Ahead of the system's clock by so many milliseconds, or behind it.
    Offset(i64),
    /// At this time now, in milliseconds since 1970, and running on from there.
    At(i64),
}

impl FromStr for ClockSetting {
    type Err = RehearsalError;

    /// `+25h`, `-90d`, or an RFC 3339 time.
    fn from_str(text: &str) -> Result<Self, RehearsalError> {
        let wrong = || RehearsalError::Clock { text: text.to_owned() };
        let offset = |duration: &str| humantime::parse_duration(duration).map(millis).map_err(|_| wrong());
        match text.split_at_checked(1) {
            Some(("+", ahead)) => Ok(ClockSetting::Offset(offset(ahead)?)),
            Some(("-", behind)) => Ok(ClockSetting::Offset(-offset(behind)?)),
            _ => {
                let time = DateTime::from_str(text, Format::DateTimeWithOffset).map_err(|_| wrong())?;
                time.to_millis().map(ClockSetting::At).map_err(|_| wrong())
            }
        }
    }
}

/// Never goes back but when it is set: what is there at one time is there at every later one, whatever becomes of the system's clock.
pub(crate) struct Clock(Mutex<Hands>);

struct Hands {
    offset: Millis,
    latest: Millis,
}

impl Clock {
    pub(crate) fn new(setting: ClockSetting) -> Self {
        let clock = Clock(Mutex::new(Hands { offset: 0, latest: Millis::MIN }));
        clock.set(setting);
        clock
    }

    pub(crate) fn now(&self) -> Millis {
        self.read(system_now())
    }

    fn read(&self, system: Millis) -> Millis {
        let mut hands = self.hands();
        hands.latest = hands.latest.max(system.saturating_add(hands.offset));
        hands.latest
    }

    pub(crate) fn set(&self, setting: ClockSetting) {
        let offset = match setting {
            ClockSetting::System => 0,
            ClockSetting::Offset(offset) => offset,
            ClockSetting::At(time) => time - system_now(),
        };
        *self.hands() = Hands { offset, latest: Millis::MIN };
    }

    /// Moves it on from where it stands.
    pub(crate) fn advance(&self, by: Millis) {
        let mut hands = self.hands();
        hands.offset = hands.offset.saturating_add(by);
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// RFC 3339, as people read it.
pub(crate) fn rfc3339(time: Millis) -> String {
    DateTime::from_millis(time).fmt(Format::DateTime).unwrap_or_default()
}

/// As in HTTP's `Date` (RFC 9110 §5.6.7), to the second.
pub(crate) fn http_date(time: Millis) -> String {
    DateTime::from_secs(time.div_euclid(SECOND)).fmt(Format::HttpDate).unwrap_or_default()
}

pub(crate) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX / 4)
}

fn system_now() -> Millis {
    time::now().to_millis().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_set_by_a_difference_or_a_time() {
        assert_eq!("+25h".parse::<ClockSetting>().unwrap(), ClockSetting::Offset(25 * HOUR));
        assert_eq!("-1d".parse::<ClockSetting>().unwrap(), ClockSetting::Offset(-DAY));
        assert_eq!("1970-01-02T00:00:00Z".parse::<ClockSetting>().unwrap(), ClockSetting::At(DAY));
        assert!("tomorrow".parse::<ClockSetting>().is_err());
        assert!("".parse::<ClockSetting>().is_err());
    }

    #[test]
    fn a_clock_does_not_go_back_with_the_systems_and_does_when_it_is_set() {
        let clock = Clock::new(ClockSetting::Offset(HOUR));
        assert_eq!(clock.read(DAY), DAY + HOUR);
        assert_eq!(clock.read(DAY - SECOND), DAY + HOUR);
        clock.advance(SECOND);
        assert_eq!(clock.read(DAY + SECOND), DAY + HOUR + 2 * SECOND);
        clock.set(ClockSetting::Offset(-HOUR));
        assert_eq!(clock.read(DAY), DAY - HOUR);
    }

    #[test]
    fn an_advanced_clock_stays_ahead() {
        let clock = Clock::new(ClockSetting::At(DAY));
        clock.advance(HOUR);
        assert!((DAY + HOUR..DAY + HOUR + 10 * SECOND).contains(&clock.now()));
    }
}
