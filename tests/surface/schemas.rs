//! The schemas of the JSON: what every object has, that a name means the same everywhere, and that no reader is broken unseen.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::cloud::Cloud;
use crate::support::fits;
use crate::support::schema::validate;

/// Every schema with a name of a verb or a file.
fn all() -> &'static BTreeMap<String, Value> {
    fits::schemas()
}

/// The objects within a schema, each with its place.
fn objects<'a>(place: String, schema: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    match schema {
        Value::Object(words) => {
            if words.contains_key("properties") {
                found.push((place.clone(), schema));
            }
            words.iter().for_each(|(word, inner)| objects(format!("{place}/{word}"), inner, found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, inner)| objects(format!("{place}/{at}"), inner, found));
        }
        _ => {}
    }
}

#[test]
fn nothing_is_absent_where_it_could_be_null() {
    for (name, schema) in all() {
        let mut found = Vec::new();
        objects(name.clone(), schema, &mut found);
        assert!(!found.is_empty());
        for (place, object) in found {
            let mut names: Vec<&str> = object["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            let mut required: Vec<&str> =
                object["required"].as_array().into_iter().flatten().map(|one| one.as_str().unwrap()).collect();
            names.sort_unstable();
            required.sort_unstable();
            assert_eq!(names, required, "{place}");
        }
    }
}

/// The names of the contract, in the object that has them all.
#[test]
fn the_names_are_those_of_the_contract() {
    let schema = &all()["kms-byok/provision/1"];
    for name in
        "schema key_arn key_id alias region endpoint account key_spec key_usage key_state key_material_id expires \
        changed exists in_doubt leftovers next rehearsal proof error"
            .split_whitespace()
    {
        assert!(schema["properties"].get(name).is_some(), "{name}");
    }
    let names = |of: &str| schema["$defs"][of]["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names("RunError"), ["aws_code", "because", "cause", "exit_code", "hint", "id"]);
    assert_eq!(names("ProofItem"), ["id", "outcome", "text"]);
}

#[test]
fn a_name_means_the_same_in_every_verb() {
    let mut known: BTreeMap<String, (String, Value)> = BTreeMap::new();
    // What stands in the lines of a fleet is about a row, and not about the run.
    for (verb, schema) in all().iter().filter(|(verb, _)| !verb.starts_with("kms-byok/fleet-")) {
        let of_types = schema["$defs"].as_object().into_iter().flatten();
        // A type of one name is one type, and a property at the top one thing.
        let parts = of_types.map(|(name, schema)| (format!("the type {name}"), schema.clone()));
        let properties = schema["properties"].as_object().unwrap().iter();
        let properties = properties.filter(|(name, _)| *name != "schema" && verb != "kms-byok/record/1");
        for (name, schema) in parts.chain(properties.map(|(name, schema)| (name.clone(), schema.clone()))) {
            let mut schema = schema;
            if let Some(words) = schema.as_object_mut() {
                words.remove("description");
            }
            let (first, other) = known.entry(name.clone()).or_insert_with(|| (verb.clone(), schema.clone()));
            assert_eq!(*other, schema, "{name} in {first} and in {verb}");
        }
    }
}

#[test]
fn the_names_of_the_contract_mean_the_same_in_fleets() {
    let contract = &all()["kms-byok/provision/1"]["properties"];
    for (form, schema) in all().iter().filter(|(form, _)| form.starts_with("kms-byok/fleet-")) {
        for (name, schema) in schema["properties"].as_object().unwrap().iter().filter(|(name, _)| *name != "schema") {
            let Some(known) = contract.get(name) else { continue };
            let meant = |schema: &Value| [schema["type"].clone(), schema["items"].clone(), schema["anyOf"].clone()];
            assert_eq!(meant(schema), meant(known), "{name} in {form}");
        }
    }
}

#[test]
fn every_object_says_how_the_run_ended() {
    // A record has that in `exit`, and a line of a fleet is about one key.
    for (verb, schema) in
        all().iter().filter(|(verb, _)| !matches!(verb.as_str(), "kms-byok/record/1" | "kms-byok/fleet-key/1"))
    {
        for name in ["schema", "changed", "exists", "in_doubt", "leftovers", "next", "rehearsal", "error"] {
            assert!(schema["properties"].get(name).is_some(), "{verb} {name}");
        }
    }
}

#[test]
fn the_manual_lists_every_schema() {
    let manual = fs::read_to_string(root().join("docs/automation.md")).unwrap();
    for name in all().keys() {
        assert!(manual.contains(&format!("`{name}`")), "{name}");
    }
}

/// The validator of the tests says what one that others maintain says, of real objects and of spoiled ones.
#[test]
fn two_validators_agree() {
    let cloud = Cloud::new("--fault Sign:always:error=AccessDeniedException");
    cloud.bench.write_private("key", crate::support::material(7));
    let mut documents = Vec::new();
    for line in [
        "provision --alias alias/a --material key --expires-in 9d --wrapping-key-spec RSA_2048",
        "provision --alias alias/e --key-spec ECC_NIST_P256 --generate --discard --wrapping-key-spec RSA_2048",
        "provision --alias alias/a --material key --key-spec HMAC_256",
        "status --expiring-within 30d",
        "status --key-id alias/a",
        "verify --key-id alias/a --material key --no-reimport",
        "public-key alias/e",
        "doctor",
        "delete-material --key-id alias/a --dry-run",
        "no-such-verb",
    ] {
        let run = cloud.run(&format!("{line} --output json --quiet"));
        documents.push(serde_json::from_str::<Value>(&run.stdout).unwrap_or_else(|_| panic!("{line}: {}", run.stderr)));
    }
    let mut spoiled = Vec::new();
    for document in &documents {
        for name in document.as_object().unwrap().keys().filter(|name| *name != "schema") {
            let mut without = document.clone();
            without.as_object_mut().unwrap().remove(name);
            spoiled.push(without);
            for value in [json!(null), json!("x"), json!(-1), json!([null]), json!({ "id": "x" })] {
                let mut other = document.clone();
                other[name] = value;
                spoiled.push(other);
            }
        }
    }
    documents.extend(spoiled);
    let files: Vec<String> = all().keys().map(|name| format!("{}.json", name.split('/').nth(1).unwrap())).collect();
    let Some(verdicts) = validate(&files, &documents) else { return };
    for (document, verdict) in documents.iter().zip(verdicts) {
        let schema = &all()[document["schema"].as_str().unwrap()];
        let mut ours = fits::Schema { root: schema, bears_others: true }.errors(document);
        // Theirs does not look at formats.
        ours.retain(|one| !one.contains("against format"));
        assert_eq!(ours.is_empty(), verdict == "ok", "{ours:?}, and theirs {verdict}: {document:#}");
    }
}

#[test]
fn what_is_not_in_the_schema_is_noticed() {
    let document = |change: &dyn Fn(&mut Value)| {
        let mut document = json!({
            "schema": "kms-byok/failure/1", "changed": false, "exists": [], "in_doubt": null, "leftovers": [], "next": null,
            "rehearsal": false, "error": null,
        });
        change(&mut document);
        fits::errors(&document)
    };
    assert_eq!(document(&|_| ()), [""; 0]);
    assert_eq!(document(&|one| one["secret"] = json!(1)), ["$.secret is not known"]);
    assert_eq!(document(&|one| one["schema"] = json!("kms-byok/none/1")), ["docs/schemas has no kms-byok/none/1"]);
    assert_eq!(document(&|one| drop(one.as_object_mut().unwrap().remove("schema"))), ["it names no schema"]);
    let leftover = json!({ "key_arn": "a", "reason": "b", "remove": "c", "more": 1 });
    assert_eq!(document(&|one| one["leftovers"] = json!([leftover])), ["$.leftovers[0].more is not known"]);
    assert!(document(&|one| one["changed"] = json!(null))[0].starts_with("$.changed is null, against type"));
    assert!(document(&|one| drop(one.as_object_mut().unwrap().remove("next")))[0].contains("against required"));
    assert!(document(&|one| one["error"] = json!({ "id": "x" }))[0].starts_with("$.error fits 0 of anyOf"));
}

// ---- what breaks readers

/// The schemas as they were released, by the name of their file: `status-1.json`.
fn released() -> BTreeMap<String, Value> {
    let folder = root().join("docs/schemas/released");
    let read = |path: &Path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), read(&path))).collect()
}

/// What would break whoever reads by a released schema, unless the version of the new one is another.
fn broken(released: &BTreeMap<String, Value>, now: &BTreeMap<String, Value>) -> Vec<String> {
    let mut broken = Vec::new();
    for (file, old) in released {
        let (name, version) = file.trim_end_matches(".json").rsplit_once('-').unwrap();
        let version: u32 = version.parse().unwrap();
        let version_now = |title: &str| -> Option<u32> {
            title.strip_prefix(&format!("kms-byok/{name}/")).map(|version| version.parse().unwrap())
        };
        match now.iter().find_map(|(title, schema)| Some((version_now(title)?, schema))) {
            None => broken.push(format!("{name}: it is gone")),
            Some((now, _)) if now < version => broken.push(format!("{name}: version {now} is an old one")),
            Some((now, schema)) if now == version => {
                let mut changes = Vec::new();
                compare((old, old), (schema, schema), "$", &mut changes);
                broken.extend(changes.into_iter().map(|change| format!("{name}: {change}")));
            }
            Some(_) => {}
        }
    }
    broken
}

/// Each with the schema that its references are of.
fn compare((old_root, old): (&Value, &Value), (new_root, new): (&Value, &Value), place: &str, found: &mut Vec<String>) {
    let (old, new) = (meant(old_root, old), meant(new_root, new));
    let mut old = old.clone();
    // What may no longer be null breaks nobody.
    if let Some([one, null]) = old["anyOf"].as_array().map(Vec::as_slice)
        && *null == json!({ "type": "null" })
        && new.get("anyOf").is_none()
    {
        old = meant(old_root, one).clone();
    }
    for (word, says) in old.as_object().unwrap() {
        let now = &new[word];
        match word.as_str() {
            "title" | "description" | "$schema" | "$defs" => {}
            "properties" => {
                for (name, schema) in says.as_object().unwrap() {
                    let place = format!("{place}.{name}");
                    match now.get(name) {
                        None => found.push(format!("{place} is gone")),
                        Some(now) => compare((old_root, schema), (new_root, now), &place, found),
                    }
                }
            }
            "required" => {
                let now = now.as_array().cloned().unwrap_or_default();
                let lost = says.as_array().unwrap().iter().filter(|name| !now.contains(name));
                found.extend(lost.map(|name| format!("{place}.{} may be absent", name.as_str().unwrap())));
            }
            "type" => {
                let types = |of: &Value| of.as_array().cloned().unwrap_or_else(|| vec![of.clone()]);
                if !types(now).iter().all(|one| types(says).contains(one)) {
                    found.push(format!("{place} is {now}, and was {says}"));
                }
            }
            "items" => compare((old_root, says), (new_root, now), &format!("{place}[]"), found),
            "anyOf" | "oneOf" => {
                let (before, now) = (says.as_array().unwrap(), now.as_array().cloned().unwrap_or_default());
                if before.len() != now.len() {
                    found.push(format!("{place} has {} forms, and had {}", now.len(), before.len()));
                }
                for (before, now) in before.iter().zip(&now) {
                    compare((old_root, before), (new_root, now), place, found);
                }
            }
            _ if now != says => found.push(format!("{place} has {word} {now}, and had {says}")),
            _ => {}
        }
    }
}

fn meant<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// If this fails, readers would be broken: give the schema the next version, in the `FORM` of its verb. `scripts/docs --release` makes what
/// is there now the version to compare with.
#[test]
fn no_released_schema_has_changed_so_that_readers_break() {
    let broken = broken(&released(), all());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_schema_has_been_released_or_is_the_next_version_of_one_that_has() {
    let released = released();
    for title in all().keys() {
        let [_, name, version] = title.split('/').collect::<Vec<_>>()[..] else { panic!("{title}") };
        let version: u32 = version.parse().unwrap();
        let has = |version: u32| released.contains_key(&format!("{name}-{version}.json"));
        assert!(has(version) || version == 1 || has(version - 1), "{title}");
    }
}

#[test]
fn what_breaks_readers_is_found_and_what_does_not_is_not() {
    let old = all()["kms-byok/provision/1"].clone();
    let released = BTreeMap::from([("provision-1.json".to_owned(), old.clone())]);
    let after = |title: &str, change: &dyn Fn(&mut Value)| {
        let mut new = old.clone();
        change(&mut new);
        assert_ne!(new, old);
        broken(&released, &BTreeMap::from([(title.to_owned(), new)]))
    };
    let same = "kms-byok/provision/1";
    let remove = |place: &'static str, name: &'static str| {
        move |new: &mut Value| drop(new.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(name).unwrap())
    };
    let set =
        |place: &'static str, value: Value| move |new: &mut Value| *new.pointer_mut(place).unwrap() = value.clone();
    let renamed = |new: &mut Value| {
        let properties = new["properties"].as_object_mut().unwrap();
        let expires = properties.remove("expires").unwrap();
        properties.insert("expiry".to_owned(), expires);
    };
    type Change<'a> = &'a dyn Fn(&mut Value);
    let breaking: [(Change<'_>, &str); 9] = [
        (&remove("/properties", "key_arn"), "provision: $.key_arn is gone"),
        (&renamed, "provision: $.expires is gone"),
        (&remove("/$defs/RunError/properties", "aws_code"), "provision: $.error.aws_code is gone"),
        (&set("/properties/changed/type", json!("string")), "provision: $.changed is \"string\", and was \"boolean\""),
        (
            &set("/properties/changed/type", json!(["boolean", "null"])),
            "provision: $.changed is [\"boolean\",\"null\"], and was \"boolean\"",
        ),
        (
            &set("/properties/expires/format", json!("date")),
            "provision: $.expires has format \"date\", and had \"date-time\"",
        ),
        (&set("/required", json!([])), "provision: $.expires may be absent"),
        (&set("/$defs/ProofLevel", json!({ "type": "string", "enum": ["off", "all"] })), "provision: $.proof.level "),
        (&set("/properties/leftovers/items", json!({ "type": "string" })), "provision: $.leftovers[] is "),
    ];
    for (number, (change, says)) in breaking.iter().enumerate() {
        let found = after(same, *change);
        assert!(found.iter().any(|one| one.starts_with(says)), "change {number}: {found:?}");
        assert_eq!(after("kms-byok/provision/2", *change), [""; 0]);
    }
    let harmless: [&dyn Fn(&mut Value); 4] = [
        &|new| new["properties"]["more"] = json!({ "type": "string" }),
        &|new| new["properties"]["key_arn"]["description"] = json!("in other words"),
        &set("/properties/key_arn/type", json!("string")),
        &|new| new["$defs"]["Unused"] = json!({ "type": "string" }),
    ];
    for (number, change) in harmless.iter().enumerate() {
        assert_eq!(after(same, *change), [""; 0], "change {number}");
    }
    assert_eq!(broken(&released, &BTreeMap::new()), ["provision: it is gone"]);
    let lower = BTreeMap::from([("kms-byok/provision/0".to_owned(), old.clone())]);
    assert_eq!(broken(&released, &lower), ["provision: version 0 is an old one"]);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
