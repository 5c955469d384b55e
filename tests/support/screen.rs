//! What a terminal shows of what was written to it: lines that wrap, are erased and are written over.

/// How a character is shown: what the last escape sequence for colours has said, in the words of that sequence.
type Style = String;

#[derive(Default)]
pub(crate) struct Screen {
    columns: usize,
    /// Never scrolled away.
    rows: Vec<Vec<(char, Style)>>,
    row: usize,
    column: usize,
    style: Style,
}

/// What is on a screen of so many columns, without colours.
pub(crate) fn shown(written: &str, columns: usize) -> String {
    let rows = Screen::of(written, columns).rows;
    let text = |row: Vec<(char, Style)>| row.into_iter().map(|(c, _)| c).collect::<String>().trim_end().to_owned();
    rows.into_iter().map(text).collect::<Vec<_>>().join("\n")
}

/// What is on a screen of so many columns, with the colours in words, as in `«bold red»error:«» the key is gone`.
#[cfg(target_os = "linux")]
pub(crate) fn painted(written: &str, columns: usize) -> String {
    let row = |row: Vec<(char, Style)>| {
        let mut text = String::new();
        let mut before = Style::new();
        for (c, style) in row.into_iter().chain([(' ', Style::new())]) {
            if style != before {
                text.push_str(&format!("«{}»", style.split(';').map(colour).collect::<Vec<_>>().join(" ")));
                before = style;
            }
            text.push(c);
        }
        text.trim_end().to_owned()
    };
    Screen::of(written, columns).rows.into_iter().map(row).collect::<Vec<_>>().join("\n")
}

/// ECMA-48, SGR.
#[cfg(target_os = "linux")]
fn colour(number: &str) -> &str {
    match number {
        "" => "",
        "1" => "bold",
        "4" => "underlined",
        "31" => "red",
        "32" => "green",
        "33" => "yellow",
        "36" => "cyan",
        _ => panic!("there is no name for the colour {number}"),
    }
}

impl Screen {
    fn of(written: &str, columns: usize) -> Self {
        let mut screen = Screen { columns, rows: vec![Vec::new()], ..Screen::default() };
        let mut characters = written.chars();
        while let Some(c) = characters.next() {
            match c {
                '\r' => screen.column = 0,
                '\n' => screen.go_to(screen.row + 1),
                '\u{1b}' => {
                    assert_eq!(characters.next(), Some('['), "{written:?}");
                    let mut number = String::new();
                    let end = characters.by_ref().find(|c| {
                        let ends = c.is_ascii_alphabetic();
                        if !ends {
                            number.push(*c);
                        }
                        ends
                    });
                    screen.act(end, &number, written);
                }
                c => screen.put(c),
            }
        }
        screen
    }

    fn go_to(&mut self, row: usize) {
        self.row = row;
        self.rows.resize(self.rows.len().max(row + 1), Vec::new());
    }

    fn act(&mut self, end: Option<char>, number: &str, written: &str) {
        let column = self.column;
        match (end, number) {
            (Some('K'), "") => self.rows[self.row].truncate(column),
            (Some('A'), "") => self.row = self.row.checked_sub(1).expect("there is a line above"),
            (Some('m'), "0") => self.style.clear(),
            (Some('m'), colour) if self.style.is_empty() => self.style = colour.to_owned(),
            (Some('m'), colour) => self.style = format!("{};{colour}", self.style),
            _ => panic!("no terminal of these tests knows ESC [ {number} {end:?}: {written:?}"),
        }
    }

    fn put(&mut self, c: char) {
        if self.column == self.columns {
            self.go_to(self.row + 1);
            self.column = 0;
        }
        let row = &mut self.rows[self.row];
        row.resize(row.len().max(self.column + 1), (' ', Style::new()));
        row[self.column] = (c, self.style.clone());
        self.column += 1;
    }
}
