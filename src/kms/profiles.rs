//! The profiles of the AWS configuration files, read once and to an end, and handed to the SDK as text.

use std::env;
use std::path::{Path, PathBuf};

use aws_config::Region;
use aws_config::profile::{self, Profile, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use super::error::KmsError;
use crate::files;
use crate::files::FileError;

/// Far more than people write.
const LIMIT: usize = 1024 * 1024;

/// What the files say.
pub(super) struct Profiles {
    config: String,
    credentials: String,
    /// Nothing where they cannot be parsed, which the SDK reports when it needs them.
    parsed: Option<ProfileSet>,
    /// The one that was asked for, by flag or AWS_PROFILE.
    named: Option<String>,
}

impl Profiles {
    /// Reads the files of this process's environment, and refuses a profile that was asked for and is not there.
    pub(super) async fn read(flag: Option<&str>) -> Result<Self, KmsError> {
        let config = contents("AWS configuration file", "AWS_CONFIG_FILE", "config")?;
        let credentials = contents("AWS credentials file", "AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        let of_environment = || env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
        let named = flag.map(str::to_owned).or_else(of_environment);
        let mut profiles = Profiles { config, credentials, parsed: None, named };
        let (fs, env, files) = (Fs::real(), Env::real(), profiles.files(""));
        let selected = profiles.named.clone().map(Into::into);
        profiles.parsed = profile::load(&fs, &env, &files, selected).await.ok();
        profiles.check()?;
        Ok(profiles)
    }

    /// No files at all.
    pub(super) fn none() -> Self {
        Profiles { config: String::new(), credentials: String::new(), parsed: None, named: None }
    }

    /// `region` of the profile in use.
    pub(super) fn region(&self) -> Option<Region> {
        self.selected()?.get("region").map(|region| Region::new(region.to_owned()))
    }

    /// The files as the SDK takes them, with more at the end of the credentials file.
    pub(super) fn files(&self, more: &str) -> EnvConfigFiles {
        EnvConfigFiles::builder()
            .with_contents(EnvConfigFileKind::Config, self.config.clone())
            .with_contents(EnvConfigFileKind::Credentials, format!("{}\n{more}", self.credentials))
            .build()
    }

    /// The profile in use.
    pub(super) fn selected(&self) -> Option<&Profile> {
        self.get(self.named.as_deref().unwrap_or("default"))
    }

    /// `ca_bundle` of the profile in use.
    pub(super) fn ca_bundle(&self) -> Option<PathBuf> {
        let path = self.selected()?.get("ca_bundle").filter(|path| !path.is_empty())?;
        Some(match (path.strip_prefix("~/"), env::var_os("HOME")) {
            (Some(below), Some(home)) => Path::new(&home).join(below),
            _ => path.into(),
        })
    }

    /// The profile of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Profile> {
        self.parsed.as_ref()?.get_profile(name)
    }

    /// The profile in use, and those that it gets its credentials through.
    pub(super) fn in_use(&self) -> Vec<&Profile> {
        let (mut found, mut next) = (Vec::new(), self.selected());
        while let Some(profile) = next.filter(|next| !found.iter().any(|it: &&Profile| it.name() == next.name())) {
            found.push(profile);
            next = profile.get("source_profile").and_then(|name| self.get(name));
        }
        found
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.parsed.iter().flat_map(|set| set.profiles().filter_map(|name| Some((name, set.get_profile(name)?))))
    }

    fn check(&self) -> Result<(), KmsError> {
        let Some(name) = &self.named else { return Ok(()) };
        if self.parsed.is_none() || self.selected().is_some() {
            return Ok(());
        }
        let mut known: Vec<String> = self.all().map(|(known, _)| known.to_owned()).collect();
        known.sort_by_cached_key(|known| (distance(known, name), known.clone()));
        Err(KmsError::NoProfile { profile: name.clone(), known, without_prefix: self.has_bare_section(name) })
    }

    /// Whether the configuration file has `[name]`, which there names no profile.
    fn has_bare_section(&self, name: &str) -> bool {
        let section = |line: &str| Some(line.trim().strip_prefix('[')?.split_once(']')?.0.trim().to_owned());
        self.config.lines().filter_map(section).any(|section| section == name)
    }
}

/// A file that is not there, or not for this user, is an empty one, as for the SDK.
fn contents(what: &'static str, variable: &str, usual: &str) -> Result<String, KmsError> {
    let home = || env::var_os("HOME").map(PathBuf::from);
    let path = match env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from) {
        Some(path) => match (path.strip_prefix("~"), home()) {
            (Ok(below), Some(home)) => home.join(below),
            _ => path,
        },
        None => match home() {
            Some(home) => home.join(".aws").join(usual),
            None => return Ok(String::new()),
        },
    };
    match files::read(what, &path, LIMIT) {
        Ok(bytes) => Ok(String::from_utf8(bytes).unwrap_or_default()),
        Err(error @ FileError::TooLarge { .. }) => Err(error.into()),
        Err(_) => Ok(String::new()),
    }
}

/// How many characters have to be changed (Levenshtein), without regard to case.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) =
        (one.to_lowercase().chars().collect(), other.to_lowercase().chars().collect());
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_names_counts_changed_characters() {
        let pairs = [
            ("prod", "prod", 0),
            ("Prod", "prod", 0),
            ("prd", "prod", 1),
            ("porduction", "production", 2),
            ("", "ab", 2),
        ];
        for (one, other, changes) in pairs {
            assert_eq!((distance(one, other), distance(other, one)), (changes, changes), "{one} {other}");
        }
    }
}
