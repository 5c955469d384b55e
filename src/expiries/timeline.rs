//! The timeline: a lane for each account and Region, with a mark for each span in which keys expire, and the number of them.

use std::collections::BTreeMap;
use std::fmt::Write;

use aws_smithy_types::DateTime;

use super::Expiries;
use super::calendar::{marks, reach};
use super::key::{Due, KeyExpiry};
use super::markup::{keys, minute, text};
use super::urgency::Urgency;

const WIDTH: f64 = 960.0;
/// Where the axis begins and ends.
const BEGIN: f64 = 262.0;
const END: f64 = 944.0;
/// Where what is gone stands, before the axis.
const GONE: f64 = 232.0;
const BINS: usize = 28;
const HEAD: f64 = 34.0;
const LANE: f64 = 46.0;
/// So many keys are named where the pointer rests.
const NAMED: usize = 12;

/// Where keys expire together: an account and Region.
type Where<'a> = (Option<&'a str>, Option<&'a str>);

#[derive(Default)]
struct Lane<'a> {
    /// By the number of the span; without one what is gone.
    bins: BTreeMap<Option<usize>, Vec<&'a KeyExpiry>>,
    total: usize,
    never: usize,
    first: Option<(u8, i64)>,
}

/// The axis.
struct Axis {
    now: DateTime,
    seconds: i64,
}

impl Axis {
    fn x(&self, at: i64) -> f64 {
        let part = (at - self.now.secs()) as f64 / self.seconds as f64;
        BEGIN + part.clamp(0.0, 1.0) * (END - BEGIN)
    }

    fn bin(&self, at: DateTime) -> Option<usize> {
        let left = at.secs().saturating_sub(self.now.secs());
        let bin = (left as f64 / self.seconds as f64 * BINS as f64) as usize;
        (left > 0).then_some(bin.min(BINS - 1))
    }
}

impl Expiries {
    /// The timeline as SVG; nothing where no key expires or lacks its key material.
    pub(super) fn timeline(&self, by_account: bool) -> Option<String> {
        let last = self.keys.iter().filter_map(KeyExpiry::at).max_by_key(DateTime::secs);
        let missing = self.keys.iter().any(|key| key.due == Due::Missing);
        if last.is_none() && !missing {
            return None;
        }
        let axis = Axis { now: self.now, seconds: reach(self.now, last.unwrap_or(self.now)) };
        let lanes = self.lanes(&axis, by_account);
        let height = HEAD + LANE * lanes.len() as f64 + 6.0;
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"When key material expires, by Region\">\n"
        );
        axis.draw(height, &mut svg);
        for (number, (place, lane)) in lanes.iter().enumerate() {
            lane.draw(*place, HEAD + LANE * number as f64, &axis, &mut svg);
        }
        svg.push_str("</svg>\n");
        Some(svg)
    }

    /// What is due first comes first.
    fn lanes<'a>(&'a self, axis: &Axis, by_account: bool) -> Vec<(Where<'a>, Lane<'a>)> {
        let mut lanes: BTreeMap<Where<'a>, Lane<'a>> = BTreeMap::new();
        for key in &self.keys {
            let lane = lanes.entry((key.account().filter(|_| by_account), key.region.as_deref())).or_default();
            lane.total += 1;
            let order = key.order();
            lane.first.get_or_insert((order.0, order.1));
            match key.due {
                Due::Missing => lane.bins.entry(None).or_default().push(key),
                Due::At(at) => lane.bins.entry(axis.bin(at)).or_default().push(key),
                Due::Never => lane.never += 1,
                Due::Unknown | Due::Deletion => {}
            }
        }
        let mut lanes: Vec<_> = lanes.into_iter().collect();
        lanes.sort_by_key(|(_, lane)| lane.first);
        lanes
    }
}

impl Axis {
    fn draw(&self, height: f64, svg: &mut String) {
        for (at, name) in marks(self.now, self.seconds) {
            let x = self.x(at);
            let _ = writeln!(svg, "<path class=\"grid\" d=\"M{x:.1} {HEAD}V{height}\"/>");
            // The last one would be cut off.
            if x < END - 20.0 {
                let _ = writeln!(svg, "<text class=\"tick\" x=\"{x:.1}\" y=\"22\">{}</text>", text(&name));
            }
        }
        let _ = writeln!(svg, "<path class=\"now\" d=\"M{BEGIN} {HEAD}V{height}\"/>");
        let _ = writeln!(svg, "<text class=\"tick gone-tick\" x=\"{GONE}\" y=\"22\">due</text>");
    }
}

impl Lane<'_> {
    fn draw(&self, (account, region): Where<'_>, top: f64, axis: &Axis, svg: &mut String) {
        let middle = top + LANE / 2.0;
        let name = region.unwrap_or("no Region");
        let mut below = keys(self.total);
        if self.never > 0 {
            let _ = write!(below, ", {} never", self.never);
        }
        if let Some(account) = account {
            below = format!("{account}, {below}");
        }
        let _ = writeln!(svg, "<path class=\"line\" d=\"M0 {top}H{WIDTH}\"/>");
        let _ = writeln!(svg, "<text class=\"lane\" x=\"0\" y=\"{}\">{}</text>", middle - 3.0, text(name));
        let _ = writeln!(svg, "<text class=\"below\" x=\"0\" y=\"{}\">{}</text>", middle + 13.0, text(&below));
        for (bin, keys) in &self.bins {
            let x = match bin {
                None => GONE,
                Some(bin) => {
                    let wide = (END - BEGIN) / BINS as f64;
                    let begin = BEGIN + wide * *bin as f64;
                    match keys[..] {
                        [key] => {
                            let x = axis.x(key.at().map_or(0, |at| at.secs()));
                            x.clamp(begin + 6.0, begin + wide - 6.0)
                        }
                        _ => begin + wide / 2.0,
                    }
                }
            };
            draw_mark(keys, (x, middle), axis.now, svg);
        }
    }
}

/// A dot for a key, or a pill with the number of several.
fn draw_mark(keys: &[&KeyExpiry], (x, y): (f64, f64), now: DateTime, svg: &mut String) {
    let urgency = keys.iter().map(|key| Urgency::of(key, now)).min().unwrap_or(Urgency::Later);
    let when = |key: &KeyExpiry| key.at().map_or_else(|| "no key material".to_owned(), minute);
    let mut names: Vec<String> =
        keys.iter().take(NAMED).map(|key| format!("{}  {}", when(key), key.name())).map(|line| text(&line)).collect();
    if keys.len() > NAMED {
        names.push(format!("and {} more", keys.len() - NAMED));
    }
    let _ = writeln!(svg, "<g class=\"mark {}\"><title>{}</title>", urgency.class(), names.join("\n"));
    match keys.len() {
        1 => {
            let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y}\" r=\"6\"/>");
        }
        count => {
            let shown = if count < 1000 { count.to_string() } else { format!("{}k", count / 1000) };
            let wide = 10.0 + 5.0 * shown.len() as f64;
            let (left, top) = (x - wide / 2.0, y - 8.0);
            let _ = writeln!(svg, "<rect x=\"{left:.1}\" y=\"{top}\" width=\"{wide}\" height=\"16\" rx=\"8\"/>");
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{}\">{shown}</text>", y + 3.5);
        }
    }
    svg.push_str("</g>\n");
}
