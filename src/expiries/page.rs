//! The page: one file that needs nothing else, no script, no font, no picture, and is allowed nothing else.

use std::collections::BTreeSet;
use std::fmt::Write;

use openssl::base64::encode_block;
use openssl::sha::sha256;

use super::key::{Due, KeyExpiry};
use super::markup::{foreign, keys, text, time};
use super::urgency::Urgency;
use super::{Expiries, ToldBy};
use crate::files::PAGE;

const STYLE: &str = include_str!("page.css");

impl Expiries {
    /// The page.
    pub fn page(&self) -> String {
        let accounts: BTreeSet<&str> = self.keys.iter().filter_map(KeyExpiry::account).collect();
        let by_account = accounts.len() > 1;
        let mut page = head();
        page.push_str("<header>\n<h1>When key material expires</h1>\n");
        let _ = writeln!(page, "<p>{}</p>\n</header>", self.about(&accounts));
        if self.rehearsal {
            page.push_str(
                "<p class=\"notice\">A rehearsal: an embedded KMS was asked, and nothing of this is in AWS.</p>\n",
            );
        }
        if !self.not_seen.is_empty() {
            page.push_str(
                "<p class=\"notice\">Not everything could be seen: <a href=\"#not-seen\">what, and why</a>.</p>\n",
            );
        }
        let _ = writeln!(page, "<p class=\"first\">{}</p>", self.first());
        page.push_str(&self.counts());
        if let Some(timeline) = self.timeline(by_account) {
            let _ = writeln!(
                page,
                "<section>\n<h2>Timeline by Region</h2>\n<div class=\"timeline\">\n{timeline}</div>\n</section>"
            );
        }
        if !self.keys.is_empty() {
            let _ = writeln!(
                page,
                "<section>\n<h2>Every key, what is due first at the top</h2>\n{}</section>",
                self.table(by_account)
            );
        }
        page.push_str(&self.unseen());
        page.push_str("</main>\n</body>\n</html>\n");
        page
    }

    /// What was asked, where and when.
    fn about(&self, accounts: &BTreeSet<&str>) -> String {
        let regions: BTreeSet<&str> = self.keys.iter().filter_map(|key| key.region.as_deref()).collect();
        let mut parts = vec![keys(self.keys.len())];
        match regions.len() {
            0 => {}
            1 => parts.extend(regions.iter().map(|region| text(region))),
            many => parts.push(format!("{many} Regions")),
        }
        match accounts.len() {
            0 => {}
            1 => parts.extend(accounts.iter().map(|account| format!("account {}", text(account)))),
            many => parts.push(format!("{many} accounts")),
        }
        match &self.told_by {
            ToldBy::Kms => parts.push(format!("as KMS told it {}", time(self.now))),
            ToldBy::Journals(fleet) => {
                let counts: Vec<String> =
                    fleet.counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
                parts.push(format!("manifest {} ({})", foreign(&fleet.manifest), counts.join(", ")));
                parts.push(format!("as the journals of its runs have it {}; KMS was not asked", time(self.now)));
            }
        }
        parts.join(" · ")
    }

    /// What has to be done first.
    fn first(&self) -> String {
        let place = |key: &KeyExpiry| text(key.region.as_deref().unwrap_or("-"));
        let missing: Vec<&KeyExpiry> = self.keys.iter().filter(|key| key.due == Due::Missing).collect();
        let next = self.keys.iter().find_map(|key| Some((key, key.at()?)));
        let lacking = match missing[..] {
            [] => String::new(),
            [key] => format!("<strong>{}</strong> in {} has no key material. ", foreign(&key.name()), place(key)),
            _ => format!("<strong>{}</strong> have no key material. ", keys(missing.len())),
        };
        let expiring = match next {
            Some((key, at)) => {
                let word = if at.secs() > self.now.secs() { "expires" } else { "expired" };
                let (name, away, at) = (foreign(&key.name()), self.away(at.secs()), time(at));
                format!("Due first: <strong>{name}</strong> in {} {word} <strong>{away}</strong>, {}.", place(key), at)
            }
            None => "No key material that was seen expires.".to_owned(),
        };
        lacking + &expiring
    }

    /// How many keys are how urgent; the words also tell what the colours mean.
    fn counts(&self) -> String {
        let mut list = "<dl class=\"counts\">\n".to_owned();
        for urgency in Urgency::ALL {
            let count = self.keys.iter().filter(|key| Urgency::of(key, self.now) == urgency).count();
            if count == 0 && urgency >= Urgency::Unknown {
                continue;
            }
            let class = if count == 0 { "none" } else { urgency.class() };
            let _ = writeln!(list, "<div class=\"{class}\"><dd>{count}</dd><dt>{}</dt></div>", urgency.words());
        }
        list + "</dl>\n"
    }

    fn unseen(&self) -> String {
        if self.not_seen.is_empty() {
            return String::new();
        }
        let mut list = "<section id=\"not-seen\">\n<h2>Not seen</h2>\n<ul>\n".to_owned();
        for one in &self.not_seen {
            let _ = writeln!(list, "<li><code>{}</code>: {}</li>", text(&one.what), foreign(&one.why));
        }
        list + "</ul>\n</section>\n"
    }
}

/// Up to where the text begins. The policy lets in the style sheet by its hash, and nothing else.
fn head() -> String {
    let style = encode_block(&sha256(STYLE.as_bytes()));
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{PAGE}{version}\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>When key material expires</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
    )
}
