//! The JSON Schema of a type, as it is committed in `docs/schemas`.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::committed::kept_file::is_kept;

/// Compares the schema of that name and version, as in `kms-byok/status/1`, with what the type gives; `scripts/docs --write` writes it
/// instead. The name of the file.
pub(crate) fn is_committed_for<T: JsonSchema>(name: &str) -> String {
    let file = format!("{}.json", name.split('/').nth(1).expect("a name has three parts"));
    is_kept(&format!("docs/schemas/{file}"), &schema_of::<T>(name));
    file
}

fn schema_of<T: JsonSchema>(name: &str) -> String {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    schema["title"] = name.into();
    schema["properties"]["schema"]["const"] = name.into();
    open(&mut schema);
    format!("{schema:#}\n")
}

/// Readers are to bear members that come later, so that no new version is needed for them.
fn open(schema: &mut Value) {
    match schema {
        Value::Object(words) => {
            words.remove("additionalProperties");
            words.values_mut().for_each(open);
        }
        Value::Array(items) => items.iter_mut().for_each(open),
        _ => {}
    }
}
