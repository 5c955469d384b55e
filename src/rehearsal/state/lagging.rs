//! DescribeKey as it was before an import: what the fault `lag=DURATION` shows.

use std::collections::HashMap;

use serde_json::Value;

use super::clock::Millis;

/// What DescribeKey said before the last imports into each key. Nothing is kept unless a fault asks for it.
#[derive(Default)]
pub(crate) struct Lagging {
    longest: Millis,
    seen: HashMap<String, Vec<(Millis, Value)>>,
}

impl Lagging {
    /// Keeps what a lag of up to `longest` can show.
    pub(crate) fn of(longest: Millis) -> Self {
        Lagging { longest, seen: HashMap::new() }
    }

    /// Keeps what a lag of up to `longest` can show from now on, and no less than before.
    pub(crate) fn keep(&mut self, longest: Millis) {
        self.longest = self.longest.max(longest);
    }

    /// Whether anything is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.longest > 0
    }

    /// An import into the key with this ARN was done; `before` is what DescribeKey said until then.
    pub(crate) fn imported(&mut self, arn: &str, now: Millis, before: Value) {
        let longest = self.longest;
        let seen = self.seen.entry(arn.to_owned()).or_default();
        seen.retain(|(time, _)| now < time + longest);
        seen.push((now, before));
    }

    /// What DescribeKey shows of the key while it lags behind by so much; nothing where it has caught up.
    pub(crate) fn shown(&self, arn: &str, now: Millis, lag: Millis) -> Option<&Value> {
        self.seen.get(arn)?.iter().find(|(time, _)| now < time + lag).map(|(_, before)| before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_import_is_hidden_for_as_long_as_the_lag() {
        let mut lagging = Lagging::of(10);
        lagging.imported("key", 100, Value::from("empty"));
        lagging.imported("key", 105, Value::from("first"));
        let shown = |now| lagging.shown("key", now, 10).and_then(Value::as_str);
        assert_eq!([109, 110, 114, 115].map(shown), [Some("empty"), Some("first"), Some("first"), None]);
        assert_eq!(lagging.shown("other", 100, 10), None);
    }
}
