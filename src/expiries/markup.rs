//! HTML, in which what others have written stays text.

use aws_smithy_types::DateTime;

use crate::printable;
use crate::time::rfc3339;

/// Text for HTML and SVG, also within quotes. What acts on a line instead of showing in it becomes U+FFFD.
pub(super) fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if printable::is_unprintable(c) => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text of others within a sentence: one that runs from right to left turns nothing around it.
pub(super) fn foreign(said: &str) -> String {
    format!("<bdi>{}</bdi>", text(said))
}

/// As in `2026-12-18 12:33 UTC`, for machines to the second.
pub(super) fn time(at: DateTime) -> String {
    format!("<time datetime=\"{}\">{}</time>", text(&rfc3339(at)), text(&minute(at)))
}

/// As in `2026-12-18 12:33 UTC`.
pub(super) fn minute(at: DateTime) -> String {
    let full = rfc3339(at);
    match (full.get(..10), full.get(11..16), full.len()) {
        (Some(day), Some(minute), 20) => format!("{day} {minute} UTC"),
        _ => full,
    }
}

/// As in `1 key`, `2 keys`.
pub(super) fn keys(count: usize) -> String {
    if count == 1 { "1 key".to_owned() } else { format!("{count} keys") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup_or_leaves_its_quotes() {
        let nasty = "</td><script>alert(1)</script> \" onload='x' & \u{202e}evil\n\u{1b}[2J";
        let safe = "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt; &quot; onload=&#39;x&#39; &amp; \u{fffd}evil\u{fffd}\u{fffd}[2J";
        assert_eq!(text(nasty), safe);
    }

    #[test]
    fn a_time_beyond_the_calendar_is_shown_as_it_is() {
        assert_eq!(minute(crate::time::parse("2026-12-18T12:33:31Z").unwrap()), "2026-12-18 12:33 UTC");
        assert_eq!(minute(DateTime::from_secs(i64::MAX)), format!("{} s after 1970", i64::MAX));
    }
}
