//! A hint as a value. It names what the user can set or run, and each program says that in words of its own.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Setting, Step};

/// The fix of an error: one imperative sentence.
///
/// `Display` names settings and steps in the library's own words. A program that has other names for them, as a command line has flags,
/// says the [parts](Hint::parts) itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint(Vec<Part>);

/// A piece of a hint. A value is written as a shell takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words that every program uses.
    Text(String),
    /// Something that the user can set, and the value to set it to.
    Setting(Setting, Option<String>),
    /// Something that the user can run, with its settings.
    Step(Step, Vec<(Setting, Option<String>)>),
}

impl Hint {
    /// The pieces, in the order of the sentence. Joined without separators, they are the whole of it.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Whether it has a whole command to run: more than the name of something.
    pub(crate) fn has_command(&self) -> bool {
        self.0.iter().any(|part| match part {
            Part::Text(text) => text.split('`').nth(1).is_some_and(|command| command.contains(' ')),
            Part::Setting(..) => false,
            Part::Step(..) => true,
        })
    }

    /// The same with each text and each value changed.
    #[must_use]
    pub(crate) fn map(self, change: impl Fn(String) -> String) -> Self {
        let all = |settings: Vec<(Setting, Option<String>)>| {
            settings.into_iter().map(|(setting, value)| (setting, value.map(&change))).collect()
        };
        let parts = self.0.into_iter().map(|part| match part {
            Part::Text(text) => Part::Text(change(text)),
            Part::Setting(setting, value) => Part::Setting(setting, value.map(&change)),
            Part::Step(step, settings) => Part::Step(step, all(settings)),
        });
        Hint(parts.collect())
    }

    /// The same with another's parts at its end.
    #[must_use]
    pub(crate) fn and(mut self, more: Hint) -> Self {
        self.0.extend(more.0);
        self
    }

    /// The same with more at its end.
    #[must_use]
    pub(crate) fn followed_by(mut self, more: impl Into<Part>) -> Self {
        self.0.push(more.into());
        self
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| part.fmt(f))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Text(text) => f.write_str(text),
            Part::Setting(setting, None) => setting.fmt(f),
            Part::Setting(setting, Some(value)) => write!(f, "{setting} `{value}`"),
            Part::Step(step, settings) => {
                write!(f, "`{step}`")?;
                for (place, (setting, value)) in settings.iter().enumerate() {
                    let before = if place == 0 { " with" } else { "," };
                    write!(f, "{before} {}", Part::Setting(*setting, value.clone()))?;
                }
                Ok(())
            }
        }
    }
}

impl Serialize for Hint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A sentence in JSON.
#[cfg(feature = "schemas")]
impl schemars::JsonSchema for Hint {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hint".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

impl FromIterator<Part> for Hint {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        Hint(parts.into_iter().collect())
    }
}

impl<T: Into<Part>> From<T> for Hint {
    fn from(only: T) -> Self {
        Hint(vec![only.into()])
    }
}

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Part::Text(text.to_owned())
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Part::Text(text)
    }
}

impl From<Setting> for Part {
    fn from(setting: Setting) -> Self {
        Part::Setting(setting, None)
    }
}

impl From<Step> for Part {
    fn from(step: Step) -> Self {
        Part::Step(step, Vec::new())
    }
}

impl Setting {
    /// Set to that value.
    pub(crate) fn to(self, value: impl fmt::Display) -> Part {
        Part::Setting(self, Some(value.to_string()))
    }
}

impl Step {
    /// With this setting.
    pub(crate) fn with(self, setting: impl Into<Part>) -> Part {
        Part::from(self).with(setting)
    }
}

impl Part {
    /// A step with one more setting; whatever is neither stays as it is.
    pub(crate) fn with(mut self, setting: impl Into<Part>) -> Part {
        if let (Part::Step(_, settings), Part::Setting(setting, value)) = (&mut self, setting.into()) {
            settings.push((setting, value));
        }
        self
    }
}

/// A hint without settings: `some("…")` reads better than `Some("…".into())` forty times.
pub(crate) fn some(hint: impl Into<Hint>) -> Option<Hint> {
    Some(hint.into())
}

/// A hint out of its pieces, as in `hint!["use a larger ", Setting::WrappingKeySpec]`.
macro_rules! hint {
    ($($part:expr),+ $(,)?) => {
        Some([$($crate::explain::Part::from($part)),+].into_iter().collect::<$crate::explain::Hint>())
    };
}
pub(crate) use hint;
