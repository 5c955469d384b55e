//! The command that completes a partial run, and others that follow from a command line: words for a shell.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub(crate) use kms_byok::for_the_binary::recipe::quoted;

use kms_byok::kms::{KeyArn, Region};
use kms_byok::lifecycle::{BackupForm, StoredBackup};
use kms_byok::material::Format;

/// A command line for a shell.
pub(crate) struct Command {
    pub(super) words: Vec<OsString>,
    /// The flags for connection and output, which come last.
    pub(super) global: Vec<OsString>,
    pub(super) region: Option<Region>,
    pub(super) endpoint: Option<String>,
}

/// A flag, and how many values follow it: `MANY` are those up to the next flag.
pub(crate) type Flag = (&'static str, usize);
const MANY: usize = usize::MAX;

/// What says where key material comes from, and what becomes of generated one.
pub(crate) const SOURCE: &[Flag] = &[
    ("--generate", 0),
    ("--discard", 0),
    ("--keep", 1),
    ("--escrow-out", 1),
    ("--escrow", MANY),
    ("--material", 1),
    ("--in", 1),
    ("--material-format", 1),
    ("--material-from-escrow", 1),
    ("--recipient-key", 1),
    ("--passphrase-file", 1),
    ("--component", 1),
    ("--components", 1),
    ("--expect-kcv", 1),
    ("--show-kcv", 0),
    ("--pkcs11-module", 1),
    ("--pkcs11-uri", 1),
];
/// What says how it is wrapped, and with what it is imported.
pub(crate) const IMPORT: &[Flag] = &[
    ("--wrapping-algorithm", 1),
    ("--wrapping-key-spec", 1),
    ("--allow-sha1", 0),
    ("--expires", 1),
    ("--expires-in", 1),
    ("--expires-at", 1),
    ("--material-description", 1),
];

/// What says how a lost key is looked for.
pub(crate) const LOST: &[Flag] = &[("--find-lost", 0), ("--lost-request", 1)];
/// What says which new key a rotation by alias goes on with, or makes.
const NEW_KEY: &[Flag] =
    &[("--new-key", 1), ("--switch", 1), ("--key-spec", 1), ("--description", 1), ("--tag", 1), ("--prepare", 0)];

impl Command {
    /// Without these flags and their values.
    pub(crate) fn without(mut self, flags: &[Flag]) -> Self {
        let mut words = Vec::new();
        let mut values = 0;
        for word in self.words {
            let text = word.to_string_lossy();
            let (name, inline) = text.split_once('=').map_or((&*text, false), |(name, _)| (name, true));
            let dropped = flags.iter().find(|(flag, _)| *flag == name);
            if let Some((_, count)) = dropped {
                values = if inline && *count != MANY { 0 } else { *count };
            } else if values > 0 && (values < MANY || !text.starts_with('-')) {
                values -= usize::from(values < MANY);
            } else {
                values = 0;
                words.push(word);
            }
        }
        self.words = words;
        self
    }

    pub(crate) fn flag(mut self, flag: &str) -> Self {
        self.words.push(flag.into());
        self
    }

    pub(crate) fn value(mut self, flag: &str, value: impl AsRef<OsStr>) -> Self {
        self.words.extend([flag.into(), value.as_ref().into()]);
        self
    }

    /// With another value of a flag in the place of that one; the flag may be there several times, and the others stay.
    pub(crate) fn with_other(self, flag: &'static str, value: &Path, other: &Path) -> Self {
        let mut kept = Vec::new();
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            match word.as_bytes().strip_prefix(flag.as_bytes()) {
                Some([]) => kept.extend(words.next().cloned()),
                Some([b'=', value @ ..]) => kept.push(OsStr::from_bytes(value).to_owned()),
                _ => {}
            }
        }
        let others = kept.iter().filter(|kept| **kept != value);
        others.fold(self.without(&[(flag, 1)]), |command, kept| command.value(flag, kept)).value(flag, other)
    }

    /// With the key by its ARN, so that nobody can move it meanwhile.
    pub(crate) fn key(self, arn: &str) -> Self {
        self.without(&[("--key-id", 1)]).value("--key-id", arn)
    }

    /// With the alias moving to that key, which has its key material; and with the user's word for the old one, where that is to be disabled.
    pub(crate) fn switching(self, arn: &str, old: Option<&KeyArn>) -> Self {
        let this = self.without(SOURCE).without(IMPORT).without(LOST).without(NEW_KEY).value("--switch", arn);
        match old {
            Some(old) => this.adopting(old),
            None => this,
        }
    }

    /// With the user's word for that key, unless it has one already.
    pub(crate) fn adopting(self, arn: &str) -> Self {
        if self.has("--adopt") { self } else { self.value("--adopt", arn) }
    }

    /// With the bytes of that file, in the place of what it was told to take; or with the key in the token, which is not made again.
    pub(crate) fn copy(self, backup: &StoredBackup) -> Self {
        if matches!(backup.form, BackupForm::Token(_)) {
            return self.without(&[("--generate", 0)]);
        }
        let this = self.without(SOURCE);
        match &backup.form {
            BackupForm::Token(_) => this,
            BackupForm::Plaintext => this.value("--material", &backup.path),
            BackupForm::Escrow(_) => {
                this.value("--material-from-escrow", &backup.path).value("--recipient-key", RECIPIENT_KEY)
            }
        }
    }

    /// With another file of key material, and a format where one has to be said. Nothing where several files were given, and the format
    /// would be said of all.
    pub(crate) fn other_material(&self, given: &Path, file: &Path, format: Option<Format>) -> Option<String> {
        let (mut words, mut files, mut rest) = (Vec::new(), 0, self.words.iter());
        while let Some(word) = rest.next() {
            let bytes = word.as_bytes();
            let (flag, inline) = match bytes.iter().position(|byte| *byte == b'=') {
                Some(at) if bytes.starts_with(b"--") => (&bytes[..at], Some(OsStr::from_bytes(&bytes[at + 1..]))),
                _ => (bytes, None),
            };
            let mut value = || inline.or_else(|| rest.next().map(OsString::as_os_str)).unwrap_or_default();
            match flag {
                b"--material" | b"--in" => {
                    let value = value();
                    files += 1;
                    let value = if value == given.as_os_str() { file.as_os_str() } else { value };
                    words.extend(["--material".into(), value.to_owned()]);
                }
                b"--material-format" => drop(value()),
                _ => words.push(word.clone()),
            }
        }
        let (global, region, endpoint) = (self.global.clone(), self.region.clone(), self.endpoint.clone());
        let mut command = Command { words, global, region, endpoint };
        if let Some(format) = format {
            command = command.value("--material-format", format.name());
        }
        (format.is_none() || files == 1).then(|| command.to_string())
    }

    /// Completes an import. Material that is in the key already is not new any more, so after a success `--import-type new` becomes
    /// `existing`. If KMS may not have the bytes, it becomes `either`, which is right whatever KMS has.
    pub(crate) fn same_import(self, unknown: bool) -> String {
        let command = self.to_string();
        let other = if unknown { "either" } else { "existing" };
        let renewed = command.replacen("--import-type new", &format!("--import-type {other}"), 1);
        renewed.replacen("--import-type=new", &format!("--import-type={other}"), 1)
    }

    fn has(&self, flag: &str) -> bool {
        self.words.iter().chain(&self.global).any(|word| {
            let word = word.to_string_lossy();
            word == flag || word.split_once('=').is_some_and(|(name, _)| name == flag)
        })
    }
}

/// The private key that opens an escrow file is nowhere near this program: only its owner knows the name of the file.
const RECIPIENT_KEY: &str = "KEY";

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("kms-byok")?;
        for word in self.words.iter().chain(&self.global) {
            write!(f, " {}", quoted(word))?;
        }
        for (flag, value) in [("--region", self.region.as_deref()), ("--endpoint-url", self.endpoint.as_deref())] {
            if let Some(value) = value.filter(|_| !self.has(flag)) {
                write!(f, " {flag} {}", quoted(value))?;
            }
        }
        Ok(())
    }
}
