//! When what is printed has colours: `--color`, `KMS_BYOK_COLOR`, `NO_COLOR` (no-color.org), and whether a terminal shows it.

use std::env;
use std::sync::OnceLock;

use clap::ValueEnum;

use super::terminal::{stderr_is_terminal, stdout_is_terminal};
use super::typed::value_of;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

impl Colour {
    /// What was asked for, also by a command line that cannot be parsed.
    pub(crate) fn asked_for() -> Self {
        static ASKED: OnceLock<Colour> = OnceLock::new();
        *ASKED.get_or_init(|| {
            let asked = value_of("--color", None, "KMS_BYOK_COLOR");
            let asked = asked.and_then(|value| Colour::from_str(&value.to_string_lossy(), false).ok());
            asked.unwrap_or(Colour::Auto)
        })
    }

    /// As the flag and the variable spell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Colour::Auto => "auto",
            Colour::Always => "always",
            Colour::Never => "never",
        }
    }

    /// Whether standard output gets colours.
    pub(crate) fn on_stdout(self) -> bool {
        self.on(stdout_is_terminal())
    }

    /// Whether standard error gets colours.
    pub(crate) fn on_stderr(self) -> bool {
        self.on(stderr_is_terminal())
    }

    fn on(self, is_terminal: bool) -> bool {
        match self {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && !is_set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb"),
        }
    }
}

/// An empty variable is no variable.
fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}
