//! How a shell takes the value of a JSON member out: with what POSIX has where that is safe, else with jq.

/// What the value and its surroundings ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Its name stands there once, and its escapes are of `"`, `/` and `\`.
    Plain,
    /// Its name stands there once, and its escapes are of line ends, `"` and `/`.
    Lines,
    /// Any other; `deep` is inside of another object.
    Jq { deep: bool },
}

impl Way {
    /// The way to a value, which is given as it is written.
    pub(crate) fn of(json: &[u8], name: &str, value: &[u8], deep: bool) -> Way {
        let escapes = || {
            value.windows(2).scan(false, |inside, pair| {
                *inside = !*inside && pair[0] == b'\\';
                Some(inside.then_some(pair[1]))
            })
        };
        let only = |known: &[u8]| escapes().flatten().all(|escaped| known.contains(&escaped));
        match () {
            () if times(json, name) != 1 => Way::Jq { deep },
            () if only(br#""/\"#) => Way::Plain,
            () if only(br#""/nr"#) => Way::Lines,
            () => Way::Jq { deep },
        }
    }

    /// The filter that takes it out.
    pub(crate) fn filter(self, name: &str) -> String {
        let value = || {
            let name = name.replace('.', "[.]");
            format!(r#"tr -d '\r\n' | sed 's/.*"{name}"[[:space:]]*:[[:space:]]*"\([^"\\]*\(\\.[^"\\]*\)*\)".*/\1/"#)
        };
        match self {
            Way::Plain => value() + r#"; s/\\\(.\)/\1/g'"#,
            Way::Lines => value() + r#"; s/\\\(["/]\)/\1/g' | awk '{gsub(/\\r/, "\r"); gsub(/\\n/, "\n"); print}'"#,
            Way::Jq { deep: false } => format!("jq -j '.\"{name}\"'"),
            Way::Jq { deep: true } => format!("jq -j '.. | objects | .\"{name}\" | strings'"),
        }
    }
}

/// How often the name of a member stands in JSON.
fn times(json: &[u8], name: &str) -> usize {
    let quoted = format!("\"{name}\"");
    let ends = json.windows(quoted.len()).enumerate().filter(|(_, window)| *window == quoted.as_bytes());
    ends.filter(|(at, _)| json[at + quoted.len()..].trim_ascii_start().starts_with(b":")).count()
}
