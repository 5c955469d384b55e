//! What stands out on a screen, and how: marks in a text, which become colours where it is printed, or nothing.
//!
//! The marks are noncharacters, which Unicode keeps for use inside of a program (Unicode Standard, section 23.7). Texts of others are
//! cleaned of them as they are of control characters, so that nobody else can set one.

use std::ops::RangeInclusive;

use anstyle::{AnsiColor, Reset, Style};
use kms_byok::for_the_binary::printable;

/// What a piece of text is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// The word `error`, and what contradicts.
    Bad,
    /// The word `warning`, and what is open.
    Doubtful,
    /// The word `hint`.
    Help,
    /// What is as it should be.
    Good,
    /// What ends within a week.
    Urgent,
    /// The head of a table.
    Head,
}

const TONES: [(char, Tone); 6] = [
    ('\u{fdd1}', Tone::Bad),
    ('\u{fdd2}', Tone::Doubtful),
    ('\u{fdd3}', Tone::Help),
    ('\u{fdd4}', Tone::Good),
    ('\u{fdd5}', Tone::Urgent),
    ('\u{fdd6}', Tone::Head),
];
const END: char = '\u{fdd0}';
const MARKS: RangeInclusive<char> = '\u{fdd0}'..='\u{fdef}';

impl Tone {
    fn style(self) -> Style {
        let of = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        match self {
            Tone::Bad => of(AnsiColor::Red).bold(),
            Tone::Doubtful => of(AnsiColor::Yellow),
            Tone::Help => of(AnsiColor::Cyan),
            Tone::Good => of(AnsiColor::Green),
            Tone::Urgent => of(AnsiColor::Red),
            Tone::Head => Style::new().bold(),
        }
    }
}

/// One line or less, cleaned, in that tone.
pub(crate) fn toned(tone: Option<Tone>, text: &str) -> String {
    let text = printable::line(text);
    match TONES.iter().find(|(_, one)| Some(*one) == tone) {
        Some((begin, _)) => format!("{begin}{text}{END}"),
        None => text,
    }
}

/// A line as in `error: TEXT`, of which only the label is in that tone. Long values in what is bad are cut; hints have commands.
pub(crate) fn labelled(tone: Tone, label: &str, text: &str) -> String {
    let text = if tone == Tone::Bad { printable::short_values(text) } else { text.to_owned() };
    format!("{} {}\n", toned(Some(tone), &format!("{label}:")), printable::line(&text))
}

/// A text as it is printed: with colours or without, and with nothing else that acts on a terminal. No colour lasts longer than its line.
pub(super) fn shown(text: &str, colours: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut open = false;
    for c in text.chars() {
        let tone = TONES.iter().find(|(begin, _)| *begin == c).map(|(_, tone)| *tone);
        if open && (MARKS.contains(&c) || c == '\n') {
            shown.push_str(&Reset.render().to_string());
            open = false;
        }
        match tone {
            Some(tone) if colours => {
                shown.push_str(&tone.style().render().to_string());
                open = true;
            }
            None if c == '\n' => shown.push(c),
            _ if MARKS.contains(&c) => {}
            _ => shown.push(if printable::is_unprintable(c) { char::REPLACEMENT_CHARACTER } else { c }),
        }
    }
    if open {
        shown.push_str(&Reset.render().to_string());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_a_colour_or_nothing() {
        let text = labelled(Tone::Bad, "error", "the key is gone");
        assert_eq!(shown(&text, true), "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m the key is gone\n");
        assert_eq!(shown(&text, false), "error: the key is gone\n");
        assert_eq!(toned(None, "plain"), "plain");
    }

    #[test]
    fn texts_of_others_set_neither_colours_nor_marks() {
        let foreign = "\u{1b}[31mred\u{fdd1}\nerror: \u{fdd0}\u{9b}";
        for colours in [true, false] {
            let text = shown(&labelled(Tone::Help, "hint", foreign), colours);
            let own = text.replace("\u{1b}[36m", "").replace("\u{1b}[0m", "");
            assert_eq!(own, "hint: \u{fffd}[31mred\u{fffd}\u{fffd}error: \u{fffd}\u{fffd}\n");
        }
        // What nobody has cleaned cannot leave its line.
        assert_eq!(shown("\u{fdd1}a\nb\u{1b}", true), "\u{1b}[1m\u{1b}[31ma\u{1b}[0m\nb\u{fffd}");
    }
}
