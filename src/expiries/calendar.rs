//! How far a timeline goes, and where it has its marks.

use aws_smithy_types::DateTime;

use crate::time::{self, rfc3339};

const DAY: i64 = 24 * 60 * 60;

/// How far timelines go, in days. KMS takes no expiry that is further away than the last but one.
const REACHES: [i64; 6] = [14, 30, 90, 180, 366, 732];

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A mark on the axis: seconds after 1970, and what stands there.
pub(super) type Mark = (i64, String);

/// The seconds that a timeline covers so that everything up to `last` is on it, which is itself a time after `now`.
pub(super) fn reach(now: DateTime, last: DateTime) -> i64 {
    let days = last.secs().saturating_sub(now.secs()).div_euclid(DAY);
    DAY * REACHES.iter().find(|reach| days < **reach).unwrap_or(&REACHES[REACHES.len() - 1])
}

/// Days on a short timeline, the first days of months on a long one.
pub(super) fn marks(now: DateTime, seconds: i64) -> Vec<Mark> {
    let (begin, end) = (now.secs(), now.secs() + seconds);
    if seconds > 60 * DAY {
        return months(now, end);
    }
    let step = DAY * if seconds > 20 * DAY { 5 } else { 2 };
    let midnight = begin - begin.rem_euclid(DAY) + DAY;
    let days = (midnight..end).step_by(usize::try_from(step).unwrap_or(usize::MAX));
    days.filter_map(|at| Some((at, day(at)?))).collect()
}

fn months(now: DateTime, end: i64) -> Vec<Mark> {
    let text = rfc3339(now);
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<usize>().ok());
    let (Some(mut year), Some(mut month)) = (number(0, 4), number(5, 7)) else { return Vec::new() };
    let mut marks = Vec::new();
    loop {
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let Ok(at) = time::parse(&format!("{year:04}-{month:02}-01T00:00:00Z")) else { return marks };
        if at.secs() >= end {
            return marks;
        }
        let name = MONTHS[month - 1];
        marks.push((at.secs(), if month == 1 { format!("{name} {year}") } else { name.to_owned() }));
    }
}

/// As in `5 Dec`.
fn day(at: i64) -> Option<String> {
    let text = rfc3339(DateTime::from_secs(at));
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<usize>().ok());
    Some(format!("{} {}", number(8, 10)?, MONTHS.get(number(5, 7)? - 1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn has(now: &str, days: i64, expected: &[&str]) {
        let marks = marks(time::parse(now).unwrap(), days * DAY);
        let shown: Vec<String> =
            marks.iter().map(|(at, text)| format!("{} {text}", &rfc3339(DateTime::from_secs(*at))[..10])).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_short_timeline_has_days_and_a_long_one_months() {
        let now = "2026-11-28T23:30:00Z";
        has(
            now,
            14,
            &[
                "2026-11-29 29 Nov",
                "2026-12-01 1 Dec",
                "2026-12-03 3 Dec",
                "2026-12-05 5 Dec",
                "2026-12-07 7 Dec",
                "2026-12-09 9 Dec",
                "2026-12-11 11 Dec",
            ],
        );
        has(
            "2027-02-26T00:00:00Z",
            30,
            &[
                "2027-02-27 27 Feb",
                "2027-03-04 4 Mar",
                "2027-03-09 9 Mar",
                "2027-03-14 14 Mar",
                "2027-03-19 19 Mar",
                "2027-03-24 24 Mar",
            ],
        );
        has(now, 90, &["2026-12-01 Dec", "2027-01-01 Jan 2027", "2027-02-01 Feb"]);
    }

    #[test]
    fn a_timeline_goes_as_far_as_what_expires_and_not_to_the_end_of_days() {
        let now = time::parse("2026-11-28T00:00:00Z").unwrap();
        let days = |text: &str| reach(now, time::parse(text).unwrap()) / DAY;
        assert_eq!(days("2026-11-28T00:00:01Z"), 14);
        assert_eq!(days("2026-12-12T00:00:00Z"), 30);
        assert_eq!(days("2027-11-28T00:00:00Z"), 366);
        assert_eq!(days("9999-12-31T00:00:00Z"), 732);
    }
}
