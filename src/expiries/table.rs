//! The table: each key, what is due first at the top.

use std::fmt::Write;

use super::Expiries;
use super::key::{Due, KeyExpiry};
use super::markup::{foreign, text, time};
use super::urgency::Urgency;
use crate::time::span;

impl Expiries {
    pub(super) fn table(&self, by_account: bool) -> String {
        let account = if by_account { "<th scope=\"col\">Account</th>" } else { "" };
        let mut table = format!(
            "<table>\n<thead><tr><th scope=\"col\">Due</th><th scope=\"col\">Key</th><th scope=\"col\">Region</th>{account}\
             <th scope=\"col\">Key spec</th><th scope=\"col\">State</th></tr></thead>\n<tbody>\n"
        );
        for key in &self.keys {
            let account = by_account.then(|| format!("<td>{}</td>", text(key.account().unwrap_or("-"))));
            let _ = writeln!(
                table,
                "<tr class=\"{}\"><td>{}</td><td>{}</td><td>{}</td>{}<td>{}</td><td>{}</td></tr>",
                Urgency::of(key, self.now).class(),
                self.due(key),
                named(key),
                text(key.region.as_deref().unwrap_or("-")),
                account.unwrap_or_default(),
                text(&key.key_spec),
                foreign(&key.state),
            );
        }
        table.push_str("</tbody>\n</table>\n");
        table
    }

    fn due(&self, key: &KeyExpiry) -> String {
        match key.due {
            Due::At(at) => format!("<strong>{}</strong><br>{}", self.away(at.secs()), time(at)),
            Due::Missing => "<strong>no key material</strong><br>expired, deleted or never imported".to_owned(),
            Due::Unknown => "not known".to_owned(),
            Due::Never => "never".to_owned(),
            Due::Deletion => "the key is to be deleted".to_owned(),
        }
    }

    /// As in `in 12 days`, `3 h ago`.
    pub(super) fn away(&self, at: i64) -> String {
        let seconds = at.saturating_sub(self.now.secs());
        if seconds > 0 { format!("in {}", span(seconds)) } else { format!("{} ago", span(seconds)) }
    }
}

/// Its names, the more telling first.
fn named(key: &KeyExpiry) -> String {
    let mut lines = Vec::new();
    let names: Vec<String> = key.aliases.iter().map(|alias| foreign(alias)).collect();
    if !names.is_empty() {
        lines.push(format!("<strong>{}</strong>", names.join(", ")));
    }
    if let Some(row) = &key.row {
        lines.push(format!("row {}", foreign(row)));
    }
    if !key.description.is_empty() {
        lines.push(foreign(&key.description));
    }
    if let Some(arn) = &key.key_arn {
        lines.push(format!("<code>{}</code>", text(arn)));
    }
    if let Some(id) = &key.key_material_id {
        lines.push(format!("its key material <code>{}</code>", text(id)));
    }
    lines.join("<br>")
}
