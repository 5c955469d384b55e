//! A component in a file: lines of text, so that it can be printed for a safe and typed again.
//!
//! ```text
//! Key component of kms-byok
//! Set: 0f4c27a1d4f04e7a9c52f2ab3f0d6c11
//! Component: 2 of 3
//! Key spec: SYMMETRIC_DEFAULT
//! Check value of the key: 8A1F6B2C90
//! Check value: 03D2A7745E
//! Custodian: CN = Alice, SHA-256 …
//! Value: 5d0c 91e2 …
//! ```

use crate::escrow::RecipientIdentity;
use crate::material::{Container, Format, KeyMaterial, KeySpec, NoPassphrase};
use crate::secret::Secret;

use super::check_value::of_bytes;
use super::composition::{MOST, Membership};
use super::error::ComponentError;

/// Digits in a group: nobody types 64 of them in a row.
const GROUP: usize = 4;

const BETWEEN: &str = ", SHA-256 ";

/// The text of a component, in memory for secrets.
pub(super) fn write(value: &KeyMaterial, membership: &Membership) -> Result<Secret, ComponentError> {
    let mut head = format!("{}\nSet: {}\n", Container::KEY_COMPONENT, membership.set);
    head += &format!("Component: {} of {}\n", membership.number, membership.count);
    head += &format!("Key spec: {}\nCheck value of the key: {}\n", membership.spec, membership.whole);
    head += &format!("Check value: {}\n", of_bytes(value.expose(), value.spec())?);
    if let Some(custodian) = &membership.custodian {
        head += &format!("Custodian: {}{BETWEEN}{}\n", custodian.subject, custodian.sha256);
    }
    head += "Value:";
    let value = value.expose();
    let digits = value.len() * 2;
    let mut text = Secret::zeroed(head.len() + digits + digits.div_ceil(GROUP) + 1)?;
    let (start, rest) = text.expose_mut().split_at_mut(head.len());
    start.copy_from_slice(head.as_bytes());
    let mut at = 0;
    for (place, byte) in value.iter().enumerate() {
        if (place * 2).is_multiple_of(GROUP) {
            rest[at] = b' ';
            at += 1;
        }
        // Two digits fit into two bytes.
        let _ = hex::encode_to_slice([*byte], &mut rest[at..at + 2]);
        at += 2;
    }
    rest[at] = b'\n';
    text.truncate(head.len() + at + 1);
    Ok(text)
}

/// Reads what [`write`] has written.
pub(super) fn read(text: &Secret, name: &str, spec: KeySpec) -> Result<(Membership, KeyMaterial), ComponentError> {
    let damaged = |problem| ComponentError::Damaged { name: name.to_owned(), problem };
    let lines = Lines(text.expose());
    let membership = lines.membership().map_err(damaged)?;
    if membership.spec != spec {
        return Err(ComponentError::OtherSpec { name: name.to_owned(), found: membership.spec, spec });
    }
    let digits = lines.value("Value").ok_or_else(|| damaged("it has no line `Value`"))?;
    let digits = Secret::copy(digits)?;
    let value = KeyMaterial::read_from(&digits, spec, Some(Format::Hex), &mut NoPassphrase)
        .map_err(|_| damaged("its value is not the hex of such a component"))?;
    let said = lines.parsed("Check value").ok_or_else(|| damaged("it has no line `Check value`"))?;
    if of_bytes(value.expose(), spec)? != said {
        return Err(damaged("its value has another check value"));
    }
    Ok((membership, value))
}

/// Lines of `Name: value`; line ends of other systems are taken too.
struct Lines<'a>(&'a [u8]);

impl<'a> Lines<'a> {
    fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.0.split(|byte| *byte == b'\n').find_map(|line| {
            let rest = line.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b":")?;
            Some(rest.trim_ascii())
        })
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        std::str::from_utf8(self.value(name)?).ok()
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    fn membership(&self) -> Result<Membership, &'static str> {
        let set = self.text("Set").filter(|set| set.len() == 32 && set.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let numbers = self.text("Component").and_then(|text| text.split_once(" of "));
        let (number, count) = numbers
            .and_then(|(number, count)| Some((number.parse().ok()?, count.parse().ok()?)))
            .filter(|(number, count)| (2..=MOST).contains(count) && (1..=*count).contains(number))
            .ok_or("its line `Component` is not as in `2 of 3`")?;
        Ok(Membership {
            set: set.ok_or("its line `Set` has not 32 hex digits")?.to_ascii_lowercase(),
            number,
            count,
            spec: self.parsed("Key spec").ok_or("its line `Key spec` names none")?,
            whole: self
                .parsed("Check value of the key")
                .ok_or("its line `Check value of the key` has not 10 hex digits")?,
            custodian: self.text("Custodian").and_then(custodian),
        })
    }
}

fn custodian(text: &str) -> Option<RecipientIdentity> {
    let (subject, sha256) = text.rsplit_once(BETWEEN)?;
    let digits = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| RecipientIdentity { subject: subject.to_owned(), sha256: sha256.to_ascii_lowercase() })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::components::{Component, make};

    fn one() -> Component {
        make(KeySpec::SymmetricDefault, 3, &[]).unwrap().components.remove(1)
    }

    fn text_of(component: &Component) -> String {
        let text = write(&component.value, component.membership.as_ref().unwrap()).unwrap();
        String::from_utf8(text.expose().to_vec()).unwrap()
    }

    fn reread(text: &str) -> Result<Component, ComponentError> {
        Component::read(&Secret::copy(text.as_bytes()).unwrap(), Path::new("c"), KeySpec::SymmetricDefault)
    }

    #[test]
    fn what_is_written_is_read_again_also_with_other_line_ends_and_in_capitals() {
        let component = one();
        let text = text_of(&component);
        let value = text.lines().find_map(|line| line.strip_prefix("Value: ")).unwrap();
        let capitals = text.replace(value, &value.to_uppercase());
        assert_ne!(capitals, text);
        for text in [text.clone(), text.replace('\n', "\r\n"), format!("\n{text}\n\n"), capitals] {
            let again = reread(&text).unwrap();
            assert_eq!((again.value.expose(), &again.membership), (component.value.expose(), &component.membership));
        }
    }

    #[test]
    fn a_line_that_is_gone_or_changed_is_named() {
        let text = text_of(&one());
        let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        let value = line("Value:");
        let other = if value.ends_with('0') { "1" } else { "0" };
        let changed = format!("{}{other}", &value[..value.len() - 1]);
        for (from, to, problem) in [
            (line("Set:"), "Set: 0f".to_owned(), "its line `Set` has not 32 hex digits"),
            (line("Component:"), "Component: 4 of 3".to_owned(), "its line `Component` is not as in `2 of 3`"),
            (line("Component:"), "Component: 1 of 10".to_owned(), "its line `Component` is not as in `2 of 3`"),
            (line("Key spec:"), String::new(), "its line `Key spec` names none"),
            (line("Check value of"), String::new(), "its line `Check value of the key` has not 10 hex digits"),
            (line("Check value:"), String::new(), "it has no line `Check value`"),
            (value.clone(), String::new(), "it has no line `Value`"),
            (value.clone(), value[..value.len() - 5].to_owned(), "its value is not the hex of such a component"),
            (value.clone(), changed, "its value has another check value"),
        ] {
            match reread(&text.replace(&from, &to)) {
                Err(ComponentError::Damaged { problem: found, .. }) => assert_eq!(found, problem),
                Err(error) => panic!("{error}"),
                Ok(_) => panic!("{problem}: was taken"),
            }
        }
    }
}
