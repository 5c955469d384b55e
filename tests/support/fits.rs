//! Whether what is printed fits its schema in `docs/schemas`. It is asked about every answer of every run, so it is small and quick; a
//! validator that others maintain agrees with it in a test of its own (tests/surface/schemas.rs).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

/// Asserts that every JSON object on standard output names its schema and fits it. Other text is left alone.
#[track_caller]
pub fn assert_answers(stdout: &str) {
    if !stdout.trim_start().starts_with('{') {
        return;
    }
    let objects: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(stdout).into_iter().collect();
    // What was cut off is no JSON.
    let Ok(objects) = objects else { return };
    // A JWK is what RFC 7517 says: `public-key --format jwk`.
    for object in objects.iter().filter(|object| object["kty"].is_null()) {
        assert_fits(object);
    }
}

/// Asserts that an object fits the schema that it names.
#[track_caller]
pub fn assert_fits(object: &Value) {
    let errors = errors(object);
    assert!(errors.is_empty(), "{}\nin {object:#}", errors.join("\n"));
}

/// What is wrong with an object by the schema that it names.
pub fn errors(object: &Value) -> Vec<String> {
    let Some(name) = object["schema"].as_str() else { return vec!["it names no schema".to_owned()] };
    match schemas().get(name) {
        None => vec![format!("docs/schemas has no {name}")],
        Some(schema) => Schema { root: schema, bears_others: false }.errors(object),
    }
}

/// Every schema, by its name and version.
pub fn schemas() -> &'static BTreeMap<String, Value> {
    static ALL: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    ALL.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        let read = |path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
        files.map(read).map(|schema| (schema["title"].as_str().unwrap().to_owned(), schema)).collect()
    })
}

/// A schema, and whether it bears members that it does not name. Readers are to bear them; here they are a mistake.
pub struct Schema<'a> {
    pub root: &'a Value,
    pub bears_others: bool,
}

impl Schema<'_> {
    /// What is wrong with an object.
    pub fn errors(&self, object: &Value) -> Vec<String> {
        let mut errors = Vec::new();
        self.whole(self.root, object, "$", &mut errors);
        errors
    }

    /// A value, and every member that it has.
    fn whole(&self, schema: &Value, value: &Value, place: &str, errors: &mut Vec<String>) {
        let mut known = BTreeSet::new();
        self.part(schema, value, place, &mut known, errors);
        if self.bears_others {
            return;
        }
        let members = value.as_object().into_iter().flatten().map(|(name, _)| name);
        errors.extend(members.filter(|name| !known.contains(*name)).map(|name| format!("{place}.{name} is not known")));
    }

    /// What one schema says of a value; `known` gets the members that it names.
    fn part(&self, schema: &Value, value: &Value, place: &str, known: &mut BTreeSet<String>, errors: &mut Vec<String>) {
        let words = schema.as_object().unwrap_or_else(|| panic!("{place}: {schema} says nothing"));
        for (word, says) in words {
            match word.as_str() {
                "$schema" | "$defs" | "title" | "description" | "pattern" => {}
                "$ref" => {
                    let pointer = says.as_str().unwrap().strip_prefix('#').unwrap();
                    self.part(self.root.pointer(pointer).unwrap(), value, place, known, errors);
                }
                "properties" => {
                    for (name, schema) in says.as_object().unwrap() {
                        if let Some(member) = value.get(name) {
                            known.insert(name.clone());
                            self.whole(schema, member, &format!("{place}.{name}"), errors);
                        }
                    }
                }
                "items" => {
                    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.whole(says, item, &format!("{place}[{at}]"), errors);
                    }
                }
                "anyOf" | "oneOf" => {
                    let branches = says.as_array().unwrap().iter().map(|branch| {
                        let (mut known, mut errors) = (BTreeSet::new(), Vec::new());
                        self.part(branch, value, place, &mut known, &mut errors);
                        (known, errors)
                    });
                    let (fitting, others): (Vec<_>, Vec<_>) = branches.partition(|(_, errors)| errors.is_empty());
                    if fitting.is_empty() || word == "oneOf" && fitting.len() > 1 {
                        let why: Vec<String> = others.into_iter().flat_map(|(_, errors)| errors).collect();
                        errors.push(format!("{place} fits {} of {word} ({})", fitting.len(), why.join("; ")));
                    }
                    known.extend(fitting.into_iter().flat_map(|(known, _)| known));
                }
                _ if !holds(word, says, value) => errors.push(format!("{place} is {value}, against {word} {says}")),
                _ => {}
            }
        }
    }
}

/// What says something of a value as a whole.
fn holds(word: &str, says: &Value, value: &Value) -> bool {
    match (word, says) {
        ("type", Value::Array(types)) => types.iter().any(|one| is_of(one, value)),
        ("type", one) => is_of(one, value),
        ("const", one) => one == value,
        ("enum", ones) => ones.as_array().unwrap().contains(value),
        ("required", names) => names.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
        ("minimum", least) => value.as_i64().is_none_or(|number| number >= least.as_i64().unwrap()),
        ("maximum", most) => value.as_i64().is_none_or(|number| number <= most.as_i64().unwrap()),
        ("format", name) if name == "date-time" => {
            value.as_str().is_none_or(|text| kms_byok::time::parse(text).is_ok())
        }
        // Of numbers; their range is said beside it.
        ("format", name) => name == "double" || name.as_str().unwrap().trim_start_matches('u').starts_with("int"),
        _ => panic!("`{word}` is not known here"),
    }
}

fn is_of(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other} is not known here"),
    }
}
