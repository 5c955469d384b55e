//! `--component`: a key whose components several people have, in files and from the keyboard.

use std::path::Path;

use clap::{Args, ValueHint};
use kms_byok::components::{CheckValue, Combined, Component, ComponentError, Expected, MOST, combine};
use kms_byok::for_the_binary::files;
use kms_byok::material::{KeyMaterial, KeySpec, Places};
use kms_byok::{Error, Progress, Secret};
use openssl::pkey::{PKey, Private};

use super::any_key::{AnyKey, Asking};
use super::context::Context;
use super::key_file::{self, KeyFile};
use super::terminal;

/// The flag that names a component.
const FLAG: &str = "--component";
const HEADING: &str = "Key components";

#[derive(Args, Default)]
pub(crate) struct ComponentArgs {
    /// Component of the key: a file, or `-` to type it unseen on the terminal; 2 to 9 times
    #[arg(long, value_name = "FILE", value_parser = key_file::parser(), value_hint = ValueHint::FilePath, allow_hyphen_values = true, conflicts_with = "material", help_heading = HEADING)]
    pub(super) component: Vec<KeyFile>,
    /// How many components the key has; needed if the components themselves do not say it
    #[arg(long, value_name = "N", requires = "component", value_parser = clap::value_parser!(u8).range(2..=i64::from(MOST)), help_heading = HEADING)]
    components: Option<u8>,
    /// Refuse any key but the one with this check value, as 10 hex digits
    #[arg(long, value_name = "KCV", requires = "component", help_heading = HEADING)]
    expect_kcv: Option<CheckValue>,
}

/// The private keys of custodians, and the passphrase of those that are encrypted.
pub(super) struct Openers<'a> {
    pub(super) keys: &'a [KeyFile],
    pub(super) passphrase: Option<&'a KeyFile>,
}

impl ComponentArgs {
    /// Whether the key comes in components.
    pub(crate) fn is_given(&self) -> bool {
        !self.component.is_empty()
    }

    /// Reads all components, wherever they are, and combines them.
    pub(super) fn read(&self, openers: &Openers<'_>, spec: KeySpec, context: &Context) -> Result<KeyMaterial, Error> {
        let found = self.component.len();
        if !(2..=usize::from(MOST)).contains(&found) {
            return Err(ComponentError::Count { found }.into());
        }
        if spec.is_private_key() {
            return Err(ComponentError::NoComponents { spec }.into());
        }
        let paths = self.component.iter().map(|file| file.path(FLAG)).collect::<Result<Vec<_>, _>>()?;
        let mut contents = Vec::new();
        for path in &paths {
            let read = |path: &Path| context.read_secret_or_sealed("key component", path, Component::is_sealed);
            contents.push(path.map(read).transpose()?);
        }
        let sealed: Vec<(&Path, &Secret)> = paths
            .iter()
            .zip(&contents)
            .filter_map(|(path, file)| Some((path.as_deref()?, file.as_ref()?)))
            .filter(|(_, file)| Component::is_sealed(file))
            .collect();
        // Together they hold the key in plaintext only where each of them lies in a file as it is.
        let plaintext = match sealed.is_empty() && contents.iter().all(Option::is_some) {
            true => paths.iter().flatten().filter_map(|path| files::holder(path)).collect(),
            false => Vec::new(),
        };
        let keys = if sealed.is_empty() { Vec::new() } else { openers.read(&sealed, context)? };
        let mut components = Vec::new();
        for (place, (path, file)) in (1..).zip(paths.iter().zip(contents)) {
            let component = match (path, file) {
                (Some(path), Some(file)) if Component::is_sealed(&file) => {
                    Component::read(&Component::open(&file, path, &keys)?, path, spec)?
                }
                (Some(path), Some(file)) => Component::read(&file, path, spec)?,
                _ => typed(place, found, spec)?,
            };
            components.push(component);
        }
        let expected = Expected { count: self.components, check_value: self.expect_kcv };
        let Combined { material, composition } = combine(components, spec, expected)?;
        let set = composition.set.as_ref().map(|set| format!(" of set {set}")).unwrap_or_default();
        context.talk.note(&format!("combined the {found} components{set} to the key material"));
        context.composed(composition);
        Ok(material.found_in(Places { plaintext, encrypted: None }))
    }
}

impl Openers<'_> {
    /// Reads the private keys, each with the passphrase that is asked for it.
    fn read(&self, sealed: &[(&Path, &Secret)], context: &Context) -> Result<Vec<PKey<Private>>, Error> {
        let opens = |key: &PKey<Private>| {
            sealed.iter().any(|(path, file)| Component::open(file, path, std::slice::from_ref(key)).is_ok())
        };
        let read = |key: &KeyFile| {
            let path = key.file("--recipient-key")?;
            let any = AnyKey { path, what: "recipient key", flag: "--recipient-key", passphrase: self.passphrase };
            any.read(&mut Asking::new(self.passphrase, path, context)?, context, opens)
        };
        self.keys.iter().map(read).collect()
    }
}

/// Asks for a component until what was typed is confirmed. Whoever types it wrong need not begin the ceremony anew.
fn typed(place: usize, count: usize, spec: KeySpec) -> Result<Component, Error> {
    const TRIES: usize = 3;
    let mut name = String::new();
    for attempt in 1..=TRIES {
        let question = format!("component {place} of {count}, in hex (it is not shown): ");
        let digits = terminal::ask_unseen(&question, "key component")?.ok_or(ComponentError::NoTerminal)?;
        let component = match Component::typed(&digits, place, spec) {
            Err(error) if attempt < TRIES => {
                terminal::tell(&format!("{error}: type it again"));
                continue;
            }
            component => component?,
        };
        let value = component.check_value()?;
        name = component.name().to_owned();
        let question = format!("its check value is {value}: is it the one on the custodian's sheet? (yes or no) ");
        let answer = terminal::ask_now(&question).ok_or(ComponentError::NoTerminal)?;
        let said = |word: &str| answer.eq_ignore_ascii_case(word);
        if said("yes") || said("y") || answer.parse().is_ok_and(|given: CheckValue| given == value) {
            return Ok(component);
        }
    }
    Err(ComponentError::NotConfirmed { name }.into())
}
