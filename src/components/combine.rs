//! What makes components a key: all of them, of one set, each once.

use std::borrow::Borrow;

use super::check_value::CheckValue;
use super::component::{Component, check};
use super::composition::{Composition, Custodian, MOST, Membership};
use super::error::ComponentError;
use crate::material::{Format, KeyMaterial, KeySpec, NoPassphrase};
use crate::secret::Secret;

/// What is known of the key besides its components. Components that know no set need both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// How many components it has.
    pub count: Option<u8>,
    /// Its check value.
    pub check_value: Option<CheckValue>,
}

/// A key out of its components.
pub struct Combined {
    /// The key.
    pub material: KeyMaterial,
    /// What it was made of.
    pub composition: Composition,
}

/// Combines all components of a key by XOR, in any order, and wipes them.
///
/// # Errors
/// [`ComponentError::Missing`] for fewer than all components, [`ComponentError::TooMany`] for more, [`ComponentError::Twice`],
/// [`ComponentError::OtherSet`] and [`ComponentError::Disagree`] for components that do not belong together, [`ComponentError::NoSet`]
/// where it is not known whether they are all, [`ComponentError::OtherKey`] where the key has another check value.
pub fn combine(components: Vec<Component>, spec: KeySpec, expected: Expected) -> Result<Combined, ComponentError> {
    check(spec)?;
    if !(2..=usize::from(MOST)).contains(&components.len()) {
        return Err(ComponentError::Count { found: components.len() });
    }
    check_pairs(&components)?;
    let set = components.iter().find_map(|component| component.membership.as_ref());
    let (needed, check_value) = needed(&components, set, expected)?;
    check_count(&components, needed)?;
    check_lengths(&components)?;
    let composition =
        Composition { set: set.map(|set| set.set.clone()), count: needed, custodians: custodians(&components) };
    let material = whole(components, spec)?;
    if CheckValue::of(&material)? != check_value {
        return Err(ComponentError::OtherKey { expected: check_value.to_string() });
    }
    Ok(Combined { material, composition })
}

/// No component is there twice, and those of a set belong to the same one.
fn check_pairs(components: &[Component]) -> Result<(), ComponentError> {
    for (place, one) in components.iter().enumerate() {
        for other in &components[..place] {
            let (name, other_name) = (one.name.clone(), other.name.clone());
            if one.value.expose() == other.value.expose() {
                return Err(ComponentError::Twice { name: other_name, other: name });
            }
            let (Some(first), Some(second)) = (&one.membership, &other.membership) else { continue };
            if first.set != second.set {
                return Err(ComponentError::OtherSet { name, other: other_name });
            }
            if let Some(what) = first.contradicts(second) {
                return Err(ComponentError::Disagree { name: other_name, other: name, what });
            }
        }
    }
    Ok(())
}

impl Membership {
    fn contradicts(&self, other: &Membership) -> Option<&'static str> {
        let pairs = [
            (self.count != other.count, "how many components there are"),
            (self.whole != other.whole, "the check value of the key"),
            (self.spec != other.spec, "the key spec"),
            (self.number == other.number, "their bytes, and have the same number"),
        ];
        pairs.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
    }
}

/// How many components the key has, and its check value.
fn needed(
    components: &[Component],
    set: Option<&Membership>,
    expected: Expected,
) -> Result<(u8, CheckValue), ComponentError> {
    let stranger = components.iter().find(|component| component.membership.is_none());
    let (count, check_value) = match (set, stranger, expected.count, expected.check_value) {
        (_, Some(stranger), None, _) | (_, Some(stranger), _, None) => {
            return Err(ComponentError::NoSet { name: stranger.name.clone() });
        }
        (Some(set), ..) => (set.count, set.whole),
        (None, _, Some(count), Some(check_value)) => (count, check_value),
        (None, ..) => return Err(ComponentError::Count { found: 0 }),
    };
    match (expected.count, expected.check_value) {
        (Some(expected), _) if expected != count => Err(ComponentError::CountDiffers { found: count, expected }),
        (_, Some(expected)) if expected != check_value => {
            Err(ComponentError::OtherKey { expected: expected.to_string() })
        }
        _ => Ok((count, check_value)),
    }
}

fn check_count(components: &[Component], needed: u8) -> Result<(), ComponentError> {
    let given = u8::try_from(components.len()).unwrap_or(u8::MAX);
    if given > needed {
        return Err(ComponentError::TooMany { needed, given: components.len() });
    }
    if given < needed {
        let known: Option<Vec<u8>> = components.iter().map(|one| Some(one.membership.as_ref()?.number)).collect();
        let numbers = known.map(|known| (1..=needed).filter(|number| !known.contains(number)).collect());
        return Err(ComponentError::Missing { needed, given, numbers: numbers.unwrap_or_default() });
    }
    Ok(())
}

/// A shorter component would leave the end of the key to the others.
fn check_lengths(components: &[Component]) -> Result<(), ComponentError> {
    let first = &components[0];
    let other = components.iter().find(|one| one.value.byte_count() != first.value.byte_count());
    match other {
        None => Ok(()),
        Some(one) => Err(ComponentError::Length {
            name: one.name.clone(),
            found: one.value.byte_count(),
            other: first.name.clone(),
            wanted: first.value.byte_count(),
        }),
    }
}

fn custodians(components: &[Component]) -> Vec<Custodian> {
    let of = |member: &Membership| Some(Custodian { component: member.number, certificate: member.custodian.clone()? });
    let mut all: Vec<_> = components.iter().filter_map(|one| of(one.membership.as_ref()?)).collect();
    all.sort_unstable_by_key(|custodian| custodian.component);
    all
}

/// The XOR of all of them.
pub(super) fn whole<C: Borrow<Component>>(
    components: impl IntoIterator<Item = C>,
    spec: KeySpec,
) -> Result<KeyMaterial, ComponentError> {
    let mut whole: Option<Secret> = None;
    for component in components {
        let component = component.borrow();
        match &mut whole {
            None => whole = Some(Secret::copy(component.value.expose())?),
            Some(whole) => mix(whole, component.value.expose()),
        }
    }
    let whole = whole.ok_or(ComponentError::Count { found: 0 })?;
    Ok(KeyMaterial::read_from(&whole, spec, Some(Format::Raw), &mut NoPassphrase)?)
}

pub(super) fn mix(whole: &mut Secret, component: &[u8]) {
    whole.expose_mut().iter_mut().zip(component).for_each(|(byte, other)| *byte ^= other);
}

#[cfg(test)]
mod tests;
