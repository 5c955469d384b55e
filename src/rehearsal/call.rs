//! One request, after the service model found it well formed.

use serde_json::{Map, Value};

use super::clock::Millis;
use super::key::Plain;
use super::protocol::Refusal;
use super::validate;
use super::wrapping_keys::SetNumber;

/// What an operation answers.
pub(super) type Reply = Result<Value, Refusal>;

/// One request: its members have the types of the model.
pub(super) struct Call {
    pub(super) operation: String,
    pub(super) region: String,
    pub(super) now: Millis,
    pub(super) input: Map<String, Value>,
    /// By how much DescribeKey lags behind imports.
    pub(super) lag: Option<Millis>,
    /// Key material that was made for this request before the state was locked: making RSA keys takes long.
    pub(super) made: Option<Plain>,
    /// The number of the parameter set, where one is asked for.
    pub(super) set: SetNumber,
}

impl Call {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name).and_then(Value::as_str)
    }

    /// A member that the model requires; `validate` has seen that it is there.
    pub(super) fn required(&self, name: &'static str) -> &str {
        self.text(name).unwrap_or_default()
    }

    pub(super) fn blob(&self, name: &str) -> Option<Vec<u8>> {
        self.input.get(name).and_then(validate::blob)
    }

    pub(super) fn required_blob(&self, name: &'static str) -> Vec<u8> {
        self.blob(name).unwrap_or_default()
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.input.get(name).and_then(Value::as_i64)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.input.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Seconds since 1970 with a fraction, as JSON 1.1 writes times.
    pub(super) fn time(&self, name: &str) -> Option<Millis> {
        self.input.get(name).and_then(Value::as_f64).map(|seconds| (seconds * 1000.0).round() as Millis)
    }

    pub(super) fn items(&self, name: &str) -> &[Value] {
        self.input.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// The encryption context, sorted by its keys.
    pub(super) fn context(&self, name: &str) -> Vec<(&str, &str)> {
        let map = self.input.get(name).and_then(Value::as_object);
        let mut pairs: Vec<(&str, &str)> = map
            .map(|map| map.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect())
            .unwrap_or_default();
        pairs.sort_unstable();
        pairs
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.input.get(name).is_some_and(|value| !value.is_null())
    }
}

/// A time as JSON 1.1 writes it.
pub(super) fn seconds(time: Millis) -> Value {
    Value::from(time as f64 / 1000.0)
}
