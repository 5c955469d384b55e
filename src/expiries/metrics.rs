//! Metrics in a text that is OpenMetrics 1.0 and Prometheus's text format 0.0.4 at once: node exporter's textfile collector reads the
//! second. So there are no comments and no timestamps, only gauges, and no quotes in the help.

use std::fmt::Write;

use super::key::{Due, KeyExpiry};
use super::{Expiries, ToldBy};
use crate::kms::KeyArn;
use crate::printable;

struct Family {
    name: &'static str,
    help: &'static str,
    /// Its unit, which its name ends with.
    unit: Option<&'static str>,
}

/// After CloudWatch's SecondsUntilKeyMaterialExpiration, which is of a key, too: of its key material that expires first.
const UNTIL: Family = Family {
    name: "kms_byok_seconds_until_key_material_expiration",
    help: "Seconds from when this was written until the first key material of the key expires.",
    unit: None,
};
const AT: Family = Family {
    name: "kms_byok_key_material_expiration_timestamp_seconds",
    help: "When the first key material of the key expires, in seconds after 1970.",
    unit: Some("seconds"),
};
const MISSING: Family = Family {
    name: "kms_byok_key_material_missing",
    help: "Whether the key waits for key material: it has expired, was deleted, or was never imported.",
    unit: None,
};
const NOT_SEEN: Family = Family {
    name: "kms_byok_key_not_seen",
    help: "Keys that could not be looked at, or not at each of their key materials: some may expire.",
    unit: None,
};
const FLEET: Family =
    Family { name: "kms_byok_fleet_keys", help: "Keys of a manifest by how far they are.", unit: None };

impl Expiries {
    /// The metrics.
    pub fn metrics(&self) -> String {
        let mut text = Text(String::new());
        let expiring = || self.keys.iter().filter_map(|key| Some((key.key_arn.as_ref()?, key, key.at()?.secs())));
        text.family(&UNTIL);
        for (arn, key, at) in expiring() {
            text.sample(&UNTIL, &of_key(arn, key), at - self.now.secs());
        }
        if expiring().next().is_some() {
            text.family(&AT);
        }
        for (arn, key, at) in expiring() {
            text.sample(&AT, &of_key(arn, key), at);
        }
        // A journal does not tell what has become of key material since.
        if self.told_by == ToldBy::Kms && !self.keys.is_empty() {
            text.family(&MISSING);
            for key in self.keys.iter().filter(|key| key.due != Due::Deletion) {
                let Some(arn) = &key.key_arn else { continue };
                text.sample(&MISSING, &of_key(arn, key), i64::from(key.due == Due::Missing));
            }
        }
        let mut not_seen: Vec<&KeyArn> = self.not_seen.iter().filter_map(|one| one.key_arn.as_ref()).collect();
        not_seen.sort_unstable();
        not_seen.dedup();
        if !not_seen.is_empty() {
            text.family(&NOT_SEEN);
        }
        for arn in not_seen {
            text.sample(&NOT_SEEN, &of_arn(arn), 1);
        }
        if let ToldBy::Journals(fleet) = &self.told_by {
            text.family(&FLEET);
            for (state, count) in fleet.counts {
                let labels = [("manifest", fleet.manifest.clone()), ("state", state.to_owned())];
                text.sample(&FLEET, &labels, i64::try_from(count).unwrap_or(i64::MAX));
            }
        }
        text.0.push_str("# EOF\n");
        text.0
    }
}

fn of_arn(arn: &KeyArn) -> Vec<(&'static str, String)> {
    vec![
        ("region", arn.region().to_string()),
        ("account", arn.account().to_owned()),
        ("key_id", arn.id().to_string()),
        ("key_arn", arn.to_string()),
    ]
}

fn of_key(arn: &KeyArn, key: &KeyExpiry) -> Vec<(&'static str, String)> {
    let mut labels = of_arn(arn);
    labels.push(("alias", key.aliases.join(",")));
    labels
}

struct Text(String);

impl Text {
    fn family(&mut self, Family { name, help, unit }: &Family) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge");
        if let Some(unit) = unit {
            let _ = writeln!(self.0, "# UNIT {name} {unit}");
        }
    }

    fn sample(&mut self, family: &Family, labels: &[(&'static str, String)], value: i64) {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let _ = writeln!(self.0, "{}{{{}}} {value}", family.name, labels.join(","));
    }
}

/// The value of a label (OpenMetrics 1.0, "Escaping"). Line feeds do not come this far.
fn escaped(text: &str) -> String {
    printable::line(text).replace('\\', "\\\\").replace('"', "\\\"")
}
