//! How the words of a help page are laid out in the columns that there are. A command that takes more than a line goes on behind a
//! backslash, so that it works as pasted.

use std::env;

use clap::Command;

use super::super::terminal::columns_of_stdout;

/// The columns of the terminal that shows the page, no more than people like to read, or those of a page without a terminal.
pub(super) fn columns() -> usize {
    const MOST: usize = 100;
    const LEAST: usize = 20;
    let said = || env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0);
    columns_of_stdout().or_else(said).unwrap_or(MOST).clamp(LEAST, MOST)
}

/// What stands below the flags: paragraphs and examples.
pub(crate) struct Words {
    pub(crate) notes: Vec<String>,
    pub(crate) examples: Vec<String>,
}

impl Words {
    /// Of a definition's text, in which `Examples:` begins the examples.
    pub(crate) fn of(command: &Command) -> Self {
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let (notes, examples) = text.split_once("Examples:\n").unwrap_or((&text, ""));
        let notes = notes.split("\n\n").map(|note| note.split_whitespace().collect::<Vec<_>>().join(" "));
        Words {
            notes: notes.filter(|note| !note.is_empty()).collect(),
            examples: examples.lines().map(|line| line.trim().to_owned()).collect(),
        }
    }

    pub(super) fn long(&self, width: usize) -> String {
        let notes = self.notes.iter().map(|note| format!("{}\n\n", filled(note, "", "", width))).collect::<String>();
        let examples = self.examples.iter().map(|line| format!("\n{}", command(line, width))).collect::<String>();
        if examples.is_empty() { notes.trim_end().to_owned() } else { format!("{notes}Examples:{examples}") }
    }

    pub(super) fn short(&self, more: &str, width: usize) -> String {
        let more = filled(more, "", "", width);
        let example = self.examples.first().map(|line| format!("Example:\n{}\n\n", command(line, width)));
        example.unwrap_or_default() + &more
    }
}

/// The forms of a command, one or more lines each, beside `Usage: `.
pub(super) fn usage(forms: &[&str], width: usize) -> String {
    const BESIDE: &str = "       ";
    let one = |form: &&str| filled(form, BESIDE, "           ", width);
    forms.iter().map(one).collect::<Vec<_>>().join("\n").trim_start().to_owned()
}

/// A command in two columns of margin.
fn command(line: &str, width: usize) -> String {
    let room = width.saturating_sub(2); // for the backslash
    if line.len() + 2 <= width {
        return format!("  {line}");
    }
    filled(line, "  ", "      ", room).replace('\n', " \\\n")
}

/// Words in lines of this width.
fn filled(text: &str, first: &str, other: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, other.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_takes_more_than_a_line_goes_on_behind_a_backslash() {
        let line = "kms-byok wrap --dir payments.import --material payments.key";
        assert_eq!(command(line, 80), format!("  {line}"));
        assert_eq!(command(line, 40), "  kms-byok wrap --dir payments.import \\\n      --material payments.key");
    }

    #[test]
    fn the_forms_of_a_command_stand_below_each_other() {
        assert_eq!(usage(&["a b", "a c"], 80), "a b\n       a c");
        assert_eq!(usage(&["kms-byok wrap --dir D"], 20), "kms-byok wrap\n           --dir D");
    }
}
