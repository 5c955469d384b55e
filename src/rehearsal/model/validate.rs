//! Checks a request against the service model, and refuses it in AWS's own wording.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::protocol::Refusal;
use super::shapes::{Member, Shape};

/// Every member that is there has its type, or the reply is a SerializationException; every constraint is met, or the reply is one
/// ValidationException that lists what is not. Members that the model does not know are ignored, as KMS does.
pub(crate) fn validate(members: &[Member], body: &Map<String, Value>) -> Result<(), Refusal> {
    let mut found = Vec::new();
    record(members, body, "", &mut found)?;
    if found.is_empty() {
        return Ok(());
    }
    let errors = if found.len() == 1 { "error" } else { "errors" };
    Err(Refusal::validation(format!("{} validation {errors} detected: {}", found.len(), found.join("; "))))
}

fn record(members: &[Member], body: &Map<String, Value>, path: &str, found: &mut Vec<String>) -> Result<(), Refusal> {
    for member in members {
        let path = format!("{path}{}", lower_first(member.name));
        match body.get(member.name) {
            None | Some(Value::Null) if member.required => {
                found.push(format!("Value null at '{path}' failed to satisfy constraint: Member must not be null"));
            }
            None | Some(Value::Null) => {}
            Some(value) => check(member.shape, value, &path, found)?,
        }
    }
    Ok(())
}

fn check(shape: &Shape, value: &Value, path: &str, found: &mut Vec<String>) -> Result<(), Refusal> {
    let mut fails = |shown: &str, constraint: String| {
        found.push(format!("Value {shown}at '{path}' failed to satisfy constraint: Member must {constraint}"));
    };
    match shape {
        Shape::Text { min, max, pattern } => {
            let text = value.as_str().ok_or_else(|| unreadable(value, "String"))?;
            let shown = format!("'{text}' ");
            let length = text.encode_utf16().count(); // Java's length
            if length > *max {
                fails(&shown, format!("have length less than or equal to {max}"));
            }
            if length < *min {
                fails(&shown, format!("have length greater than or equal to {min}"));
            }
            if let Some(pattern) = pattern.filter(|pattern| !(pattern.fits)(text)) {
                fails(&shown, format!("satisfy regular expression pattern: {}", pattern.text));
            }
        }
        Shape::Choice(values) => {
            let text = value.as_str().ok_or_else(|| unreadable(value, "String"))?;
            if !values.contains(&text) {
                fails(&format!("'{text}' "), format!("satisfy enum value set: [{}]", values.join(", ")));
            }
        }
        Shape::Integer { min, max } => {
            let number = value.as_i64().ok_or_else(|| unreadable(value, "Integer"))?;
            let shown = format!("'{number}' ");
            if number < *min {
                fails(&shown, format!("have value greater than or equal to {min}"));
            }
            if number > *max {
                fails(&shown, format!("have value less than or equal to {max}"));
            }
        }
        Shape::Blob { min, max } => {
            let length = blob(value).ok_or_else(|| unreadable(value, "Blob"))?.len();
            if length > *max {
                fails("", format!("have length less than or equal to {max}"));
            }
            if length < *min {
                fails("", format!("have length greater than or equal to {min}"));
            }
        }
        Shape::Flag => value.as_bool().map(|_| ()).ok_or_else(|| unreadable(value, "Boolean"))?,
        Shape::Time => value.as_f64().map(|_| ()).ok_or_else(|| unreadable(value, "Timestamp"))?,
        Shape::List { min, max, of } => {
            let items = value.as_array().ok_or_else(|| unreadable(value, "List"))?;
            if items.len() > *max {
                fails("", format!("have length less than or equal to {max}"));
            }
            if items.len() < *min {
                fails("", format!("have length greater than or equal to {min}"));
            }
            for (index, item) in items.iter().enumerate() {
                check(of, item, &format!("{path}.{}.member", index + 1), found)?;
            }
        }
        Shape::Record(members) => {
            let body = value.as_object().ok_or_else(|| unreadable(value, "Structure"))?;
            record(members, body, &format!("{path}."), found)?;
        }
        Shape::Texts => {
            let map = value.as_object().ok_or_else(|| unreadable(value, "Map"))?;
            if let Some(value) = map.values().find(|value| !value.is_string()) {
                return Err(unreadable(value, "String"));
            }
        }
    }
    Ok(())
}

/// The bytes of a blob, which travel as base64.
pub(crate) fn blob(value: &Value) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(value.as_str()?).ok()
}

fn unreadable(value: &Value, wanted: &str) -> Refusal {
    let found = match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    Refusal::new("SerializationException", format!("{found} cannot be converted to {wanted}"))
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rehearsal::model::input_of;

    fn refusal(operation: &str, body: Value) -> String {
        let members = input_of(operation).unwrap();
        let refusal = validate(members, body.as_object().unwrap()).unwrap_err();
        format!("{}: {}", refusal.code, refusal.message)
    }

    #[test]
    fn constraints_fail_in_awss_wording() {
        assert_eq!(
            refusal("GenerateRandom", json!({ "NumberOfBytes": 0 })),
            "ValidationException: 1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1"
        );
        assert_eq!(
            refusal("DescribeKey", json!({})),
            "ValidationException: 1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null"
        );
        assert_eq!(
            refusal(
                "DeriveSharedSecret",
                json!({ "KeyId": "", "KeyAgreementAlgorithm": "INVALID", "PublicKey": "AA==" })
            ),
            "ValidationException: 2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1; \
             Value 'INVALID' at 'keyAgreementAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ECDH]"
        );
        assert_eq!(
            refusal("TagResource", json!({ "KeyId": "k", "Tags": [{ "TagKey": "a", "TagValue": "v".repeat(257) }] })),
            format!(
                "ValidationException: 1 validation error detected: Value '{}' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256",
                "v".repeat(257)
            )
        );
    }

    #[test]
    fn contents_of_blobs_are_not_repeated() {
        let body = json!({ "KeyId": "k", "Plaintext": BASE64_STANDARD.encode([7; 4097]) });
        assert_eq!(
            refusal("Encrypt", body),
            "ValidationException: 1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096"
        );
    }

    #[test]
    fn a_wrong_type_is_a_serialization_exception() {
        assert_eq!(
            refusal("DescribeKey", json!({ "KeyId": 7 })),
            "SerializationException: NUMBER_VALUE cannot be converted to String"
        );
        assert!(refusal("Encrypt", json!({ "KeyId": "k", "Plaintext": "%%%" })).starts_with("SerializationException"));
    }
}
