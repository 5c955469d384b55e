//! The configuration file that OpenSSL reads: what is wrong with it, OpenSSL itself keeps silent about.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use crate::files;

/// A configuration file that OpenSSL cannot use, or not in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BrokenConfiguration {
    /// The file.
    pub path: PathBuf,
    /// `OPENSSL_CONF`, or `OpenSSL's own directory`.
    pub named_by: &'static str,
    /// What is wrong, in words.
    pub problem: String,
}

/// Far more than people write.
const LIMIT: usize = 1024 * 1024;

/// Where OpenSSL's configuration is.
pub(crate) fn configuration_path() -> (PathBuf, &'static str) {
    match env::var_os("OPENSSL_CONF").filter(|path| !path.is_empty()) {
        Some(path) => (path.into(), "OPENSSL_CONF"),
        None => {
            let directory = openssl::version::dir().split('"').nth(1).unwrap_or("/");
            (PathBuf::from(directory).join("openssl.cnf"), "OpenSSL's own directory")
        }
    }
}

/// Looks at the file as OpenSSL does (config(5)); one that nobody named need not be there.
pub(crate) fn broken_configuration() -> Option<BrokenConfiguration> {
    let (path, named_by) = configuration_path();
    let problem = match files::read("OpenSSL configuration", &path, LIMIT) {
        Ok(bytes) => problem_in(&String::from_utf8_lossy(&bytes)),
        Err(_) if named_by != "OPENSSL_CONF" => None,
        Err(crate::files::FileError::Empty { .. }) => None,
        Err(error) => Some(error.to_string()),
    };
    problem.map(|problem| BrokenConfiguration { path, named_by, problem })
}

type Sections = BTreeMap<String, BTreeMap<String, String>>;

fn problem_in(text: &str) -> Option<String> {
    let sections = match parse(text) {
        Ok(sections) => sections,
        Err(line) => return Some(format!("line {line} is neither a section nor a setting")),
    };
    let setting = |section: &str, name: &str| sections.get(section).and_then(|all| all.get(name).cloned());
    let missing = |name: &str| (!sections.contains_key(name)).then(|| format!("there is no section `{name}`"));
    let start = setting("default", "openssl_conf")?;
    if let Some(problem) = missing(&start) {
        return Some(problem);
    }
    let providers = setting(&start, "providers")?;
    if let Some(problem) = missing(&providers) {
        return Some(problem);
    }
    sections.get(&providers)?.values().find_map(|name| missing(name))
}

/// Settings by section; the number of the first line that is neither. Continued lines are one, and of values nothing is evaluated.
fn parse(text: &str) -> Result<Sections, usize> {
    let mut sections = Sections::from([("default".to_owned(), BTreeMap::new())]);
    let mut section = "default".to_owned();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let mut line = line.split('#').next().unwrap_or_default().trim().to_owned();
        while line.ends_with('\\') {
            line.pop();
            line.push_str(lines.next().map_or("", |(_, next)| next.trim()));
        }
        if line.is_empty() || line.starts_with(".include") || line.starts_with(".pragma") {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            section = rest.split_once(']').ok_or(number + 1)?.0.trim().to_owned();
            sections.entry(section.clone()).or_default();
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(number + 1)?;
        sections.entry(section.clone()).or_default().insert(name.trim().to_owned(), value.trim().to_owned());
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "# a comment\nopenssl_conf = init # why\n[init]\nproviders = all\n[all]\ndefault = one\n[one]\nactivate = 1\n";

    #[test]
    fn a_file_that_openssl_uses_has_no_problem() {
        for text in
            [GOOD, "", "[ ca ]\na = b \\\n c\n.include other.cnf\n", "openssl_conf = init\n[init]\nssl_conf = x\n"]
        {
            assert_eq!(problem_in(text), None, "{text}");
        }
    }

    #[test]
    fn what_openssl_keeps_silent_about_is_told() {
        for (text, problem) in [
            (GOOD.replace("[init]", "[init"), "line 3 is neither a section nor a setting"),
            (GOOD.replace("activate = 1", "activate"), "line 8 is neither a section nor a setting"),
            (GOOD.replace("[init]", "[other]"), "there is no section `init`"),
            (GOOD.replace("[all]", "[other]"), "there is no section `all`"),
            (GOOD.replace("[one]", "[other]"), "there is no section `one`"),
            ("\u{0}\u{1}".to_owned(), "line 1 is neither a section nor a setting"),
        ] {
            assert_eq!(problem_in(&text).as_deref(), Some(problem), "{text}");
        }
    }
}
