//! What moves on a terminal while a run is under way: one line with the step that is done now, or one for each account and Region. It is on
//! standard error alone, whatever else is printed goes past it, and nothing of it is left at the end.
//!
//! A thread of its own draws it. Whoever prints waits for that thread a moment only: a terminal that is held (Ctrl-S) keeps nobody from
//! ending. The cursor is never hidden, so that nothing has to be given back, whatever ends the process.

use std::env;
use std::mem;
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::Duration;

use kms_byok::for_the_binary::printable;
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::stdio::stderr;
use rustix::termios::{isatty, tcgetpgrp, tcgetwinsize};
use unicode_width::UnicodeWidthChar;

use super::signals::system::mind_terminal;

/// How often it is drawn. What is over before is not drawn at all.
const TURN: Duration = Duration::from_millis(120);
/// The thread that draws needs next to nothing.
const STACK: usize = 128 * 1024;
/// So often the lock is asked for, and so long is between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(5);
/// ASCII: not every terminal has more.
const SPINNER: [char; 4] = ['|', '/', '-', '\\'];
/// ECMA-48: erase to the end of the line, and one line up.
const ERASE: &str = "\r\x1b[K";
const UP: &str = "\x1b[A";

/// Gives as many lines as there is something to tell of, each at most so many columns wide.
type Lines = Box<dyn Fn(usize) -> Vec<String> + Send>;

struct Live {
    stage: Stage,
    /// The step that is done now.
    step: String,
    /// Instead of a step.
    lines: Option<Lines>,
    turns: usize,
    /// How many lines are on the screen.
    drawn: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nobody has asked yet.
    Before,
    /// There is no terminal for it.
    Nowhere,
    Shown,
    /// Somebody is asked something, or the process is stopped.
    Hidden,
    /// The answer is given.
    Over,
}

static LIVE: Mutex<Live> =
    Mutex::new(Live { stage: Stage::Before, step: String::new(), lines: None, turns: 0, drawn: 0 });

/// Nothing while another thread keeps it: the terminal takes no more.
fn live() -> Option<MutexGuard<'static, Live>> {
    for _ in 0..TRIES {
        match LIVE.try_lock() {
            Ok(live) => return Some(live),
            Err(TryLockError::Poisoned(broken)) => return Some(broken.into_inner()),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
        }
    }
    None
}

/// Shows a step until the next one. `false` where nothing moves, and the step is to be printed.
pub(super) fn step(text: &str) -> bool {
    let Some(mut live) = live() else { return true };
    live.step = printable::line(text);
    live.moves()
}

/// Shows lines instead of a step. `false` where nothing moves.
#[cfg(feature = "fleet")]
pub(super) fn lines(lines: impl Fn(usize) -> Vec<String> + Send + 'static) -> bool {
    let Some(mut live) = live() else { return true };
    live.lines = Some(Box::new(lines));
    live.moves()
}

/// Prints past what moves.
pub(super) fn beside<T>(print: impl FnOnce() -> T) -> T {
    let mut live = live();
    if let Some(live) = &mut live {
        live.erase();
    }
    print()
}

/// Takes it away while somebody is asked something, or the process is stopped. Whether it was shown.
pub(super) fn hide() -> bool {
    let shown = live().filter(|live| live.stage == Stage::Shown);
    shown.is_some_and(|mut live| {
        live.erase();
        live.stage = Stage::Hidden;
        true
    })
}

/// Shows it again.
pub(super) fn show() {
    if let Some(mut live) = live().filter(|live| live.stage == Stage::Hidden) {
        live.stage = Stage::Shown;
    }
}

/// Takes it away for good: the answer comes, or the end.
pub(super) fn end() {
    if let Some(mut live) = live().filter(|live| matches!(live.stage, Stage::Shown | Stage::Hidden)) {
        live.erase();
        live.stage = Stage::Over;
    }
}

fn draw() {
    loop {
        thread::sleep(TURN);
        let Ok(mut live) = LIVE.lock() else { return };
        match live.stage {
            Stage::Shown if is_in_front() => live.draw(),
            Stage::Shown | Stage::Hidden => {}
            Stage::Before | Stage::Nowhere | Stage::Over => return,
        }
    }
}

/// Whether the terminal is ours now, and not that of another job of the shell.
fn is_in_front() -> bool {
    tcgetpgrp(stderr()).map_or(true, |group| group == getpgrp())
}

impl Live {
    /// Whether it moves, or would if it were not over.
    fn moves(&mut self) -> bool {
        if self.stage == Stage::Before {
            let can = isatty(stderr()) && env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
            let thread = || thread::Builder::new().name("live".to_owned()).stack_size(STACK).spawn(draw);
            // The thread waits for the lock.
            self.stage = if can && is_in_front() && thread().is_ok() { Stage::Shown } else { Stage::Nowhere };
            if self.stage == Stage::Shown {
                mind_terminal();
            }
        }
        self.stage != Stage::Nowhere
    }

    fn draw(&mut self) {
        let (columns, rows) = tcgetwinsize(stderr()).map_or((0, 0), |size| (size.ws_col.into(), size.ws_row.into()));
        // A terminal of unknown size has the size of the first ones. The last column stays free: not every terminal wraps there alike.
        let (columns, rows) = (if columns < 2 { 79 } else { columns - 1 }, if rows < 2 { 23 } else { rows - 1 });
        let mut lines = match &self.lines {
            Some(lines) => lines(columns),
            None if self.step.is_empty() => return,
            None => vec![format!("{} {}", SPINNER[self.turns % SPINNER.len()], self.step)],
        };
        self.turns += 1;
        if lines.len() > rows {
            let more = lines.len() - (rows - 1);
            lines.truncate(rows - 1);
            lines.push(format!("and {more} more"));
        }
        let mut text = self.erased();
        self.drawn = lines.len();
        text.push_str(&lines.iter().map(|line| clipped(line, columns)).collect::<Vec<_>>().join("\r\n"));
        self.write(&text);
    }

    fn erase(&mut self) {
        let text = self.erased();
        self.write(&text);
    }

    fn erased(&mut self) -> String {
        match mem::take(&mut self.drawn) {
            0 => String::new(),
            lines => format!("{ERASE}{}", format!("{UP}{ERASE}").repeat(lines - 1)),
        }
    }

    /// Past std, whose lock the draw of a held terminal would keep.
    fn write(&mut self, text: &str) {
        let mut bytes = text.as_bytes();
        while !bytes.is_empty() {
            match rustix::io::write(stderr(), bytes) {
                Ok(count @ 1..) => bytes = &bytes[count..],
                Err(Errno::INTR) => {}
                Ok(0) | Err(_) => {
                    self.stage = Stage::Over;
                    return;
                }
            }
        }
    }
}

/// As much of a line as the terminal shows in one.
fn clipped(line: &str, columns: usize) -> String {
    let mut left = columns;
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    printable::line(line).chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_the_terminal_ends() {
        assert_eq!(clipped("| waiting", 20), "| waiting");
        assert_eq!(clipped("| waiting", 5), "| wai");
        assert_eq!(clipped("| 日本語", 5), "| 日");
        assert_eq!(clipped("a\u{1b}[2J\nb", 20), "a\u{fffd}[2J\u{fffd}b");
    }
}
