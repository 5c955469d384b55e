use std::path::Path;

use super::*;
use crate::components::make;

const AES: KeySpec = KeySpec::SymmetricDefault;

/// The components again: combining takes them.
fn copies(components: &[Component]) -> Vec<Component> {
    components.iter().map(copy).collect()
}

fn copy(component: &Component) -> Component {
    let bytes = Secret::copy(component.value.expose()).unwrap();
    let value = KeyMaterial::read_from(&bytes, component.value.spec(), Some(Format::Raw), &mut NoPassphrase).unwrap();
    Component { name: component.name.clone(), membership: component.membership.clone(), value }
}

/// The same without a set, as from another maker.
fn foreign(component: &Component, name: &str) -> Component {
    Component { name: format!("`{name}`"), membership: None, ..copy(component) }
}

fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for order in orders(count - 1) {
        for place in 0..count {
            let mut longer = order.clone();
            longer.insert(place, count - 1);
            all.push(longer);
        }
    }
    all
}

fn refused(components: Vec<Component>, expected: Expected) -> String {
    match combine(components, AES, expected) {
        Err(error) => error.to_string(),
        Ok(_) => "taken".to_owned(),
    }
}

#[test]
fn every_order_of_2_to_6_components_gives_the_same_key() {
    for spec in [AES, KeySpec::Hmac512] {
        for count in 2..=6 {
            let made = make(spec, count, &[]).unwrap();
            let key = whole(copies(&made.components), spec).unwrap();
            let all = orders(usize::from(count));
            assert_eq!(all.len(), (1..=usize::from(count)).product::<usize>());
            for order in all {
                let shuffled = order.iter().map(|place| copy(&made.components[*place])).collect();
                let combined = combine(shuffled, spec, Expected::default()).unwrap();
                assert_eq!(combined.material.expose(), key.expose(), "{order:?}");
                assert_eq!(combined.composition.set.as_deref(), Some(made.composition.set.as_deref().unwrap()));
            }
        }
    }
}

#[test]
fn all_but_one_are_refused_whichever_is_missing() {
    for count in 2..=9u8 {
        let made = make(AES, count, &[]).unwrap();
        let whole = made.check_value;
        for missing in 0..usize::from(count) {
            let rest = || {
                let all = made.components.iter().enumerate().filter(|(place, _)| *place != missing);
                all.map(|(_, component)| copy(component)).collect::<Vec<_>>()
            };
            let expected = if count == 2 {
                "a key has 2 to 9 components, not 1".to_owned()
            } else {
                format!("1 of {count} components is missing")
            };
            assert_eq!(refused(rest(), Expected::default()), expected);
            if let Err(ComponentError::Missing { numbers, .. }) = combine(rest(), AES, Expected::default()) {
                assert_eq!(numbers, [u8::try_from(missing).unwrap() + 1]);
            }
            let strangers = || rest().iter().map(|one| foreign(one, "c")).collect::<Vec<_>>();
            let known = Expected { count: Some(count), check_value: Some(whole) };
            assert_eq!(refused(strangers(), known), expected);
            // Whoever says that the key has one component less is told by the check value.
            if count > 2 {
                let fewer = Expected { count: Some(count - 1), check_value: Some(whole) };
                let other = format!("the components do not make the key with the check value {whole}");
                assert_eq!(refused(strangers(), fewer), other);
                let differs = format!("the set has {count} components, but {} were expected", count - 1);
                assert_eq!(refused(rest(), fewer), differs);
            }
        }
    }
}

#[test]
fn components_that_know_no_set_need_their_number_and_the_check_value() {
    let made = make(AES, 3, &[]).unwrap();
    let strangers =
        || vec![foreign(&made.components[0], "a"), foreign(&made.components[1], "b"), copy(&made.components[2])];
    let (count, check_value) = (Some(3), Some(made.check_value));
    let without = "`a` does not say which set it is of, so a component that is missing would not be noticed";
    for expected in [Expected::default(), Expected { count, check_value: None }, Expected { count: None, check_value }]
    {
        assert_eq!(refused(strangers(), expected), without);
    }
    let combined = combine(strangers(), AES, Expected { count, check_value }).unwrap();
    assert_eq!(combined.material.expose(), whole(copies(&made.components), AES).unwrap().expose());
    let other: CheckValue = "0011223344".parse().unwrap();
    let refusal = format!("the components do not make the key with the check value {other}");
    assert_eq!(refused(strangers(), Expected { count, check_value: Some(other) }), refusal);
    let all = || made.components.iter().map(|one| foreign(one, "c")).collect::<Vec<_>>();
    assert_eq!(refused(all(), Expected { count, check_value: Some(other) }), refusal);
    let more = Expected { count: Some(2), check_value };
    assert_eq!(refused(all(), more), "3 components were given, but the key has 2");
}

#[test]
fn what_does_not_belong_together_is_named() {
    let (made, other) = (make(AES, 3, &[]).unwrap(), make(AES, 3, &[]).unwrap());
    let [first, second, third] = &made.components[..] else { panic!() };
    let rename = |component: &Component, name: &str| Component { name: format!("`{name}`"), ..copy(component) };
    let with = |change: fn(&mut Membership)| {
        let mut changed = rename(third, "d");
        change(changed.membership.as_mut().unwrap());
        changed
    };
    let pair = || vec![rename(first, "a"), rename(second, "b")];
    let cases = [
        (rename(first, "again"), "`a` and `again` are the same component"),
        (foreign(second, "again"), "`b` and `again` are the same component"),
        (rename(&other.components[2], "c"), "`c` is of another set of components than `a`"),
        (
            with(|one| one.number = 1),
            "`a` and `d` are of one set, but they differ in their bytes, and have the same number",
        ),
        (with(|one| one.count = 4), "`a` and `d` are of one set, but they differ in how many components there are"),
        (with(|one| one.spec = KeySpec::Hmac256), "`a` and `d` are of one set, but they differ in the key spec"),
        (
            with(|one| one.whole = "0011223344".parse().unwrap()),
            "`a` and `d` are of one set, but they differ in the check value of the key",
        ),
    ];
    for (third, expected) in cases {
        let mut components = pair();
        components.push(third);
        assert_eq!(refused(components, Expected::default()), expected);
    }
    let short = Component::typed(&Secret::copy(b"7f 31 99").unwrap(), 1, AES);
    assert!(matches!(short, Err(ComponentError::Material(_))));
    let private = Component::read(&Secret::copy(&[7; 32]).unwrap(), Path::new("c"), KeySpec::Rsa2048);
    assert!(matches!(private, Err(ComponentError::NoComponents { .. })));
}
