//! One request, after the service model found it well formed.

use serde_json::{Map, Value};

use super::protocol::Refusal;
use super::validate;
use crate::material::KeySpec;
use crate::rehearsal::crypto::Plaintext;
use crate::rehearsal::state::clock::Millis;
use crate::rehearsal::state::wrapping_keys::SetNumber;

/// What an operation answers.
pub(crate) type Reply = Result<Value, Refusal>;

/// One request: its members have the types of the model.
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) region: String,
    pub(crate) now: Millis,
    /// As the reply names it.
    pub(crate) request_id: String,
    pub(crate) input: Map<String, Value>,
    /// By how much DescribeKey lags behind imports.
    pub(crate) lag: Option<Millis>,
    /// A key that was made for this request before the state was locked: making RSA keys takes long.
    pub(crate) made: Option<Plaintext>,
    /// The number of the parameter set, where one is asked for.
    pub(crate) set: SetNumber,
}

impl Call {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name).and_then(Value::as_str)
    }

    /// A member that the model requires; `validate` has seen that it is there.
    pub(crate) fn required(&self, name: &'static str) -> &str {
        self.text(name).unwrap_or_default()
    }

    pub(crate) fn blob(&self, name: &str) -> Option<Vec<u8>> {
        self.input.get(name).and_then(validate::blob)
    }

    pub(crate) fn required_blob(&self, name: &'static str) -> Vec<u8> {
        self.blob(name).unwrap_or_default()
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.input.get(name).and_then(Value::as_i64)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.input.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Seconds since 1970 with a fraction, as JSON 1.1 writes times.
    pub(crate) fn time(&self, name: &str) -> Option<Millis> {
        self.input.get(name).and_then(Value::as_f64).map(|seconds| (seconds * 1000.0).round() as Millis)
    }

    pub(crate) fn items(&self, name: &str) -> &[Value] {
        self.input.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// The encryption context, sorted by its keys.
    pub(crate) fn context(&self, name: &str) -> Vec<(&str, &str)> {
        let map = self.input.get(name).and_then(Value::as_object);
        let mut pairs: Vec<(&str, &str)> = map
            .map(|map| map.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect())
            .unwrap_or_default();
        pairs.sort_unstable();
        pairs
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.input.get(name).is_some_and(|value| !value.is_null())
    }
}

/// A time as JSON 1.1 writes it.
pub(crate) fn seconds(time: Millis) -> Value {
    Value::from(time as f64 / 1000.0)
}

pub(crate) fn incompatible(algorithm: &str, spec: KeySpec) -> Refusal {
    Refusal::new("InvalidKeyUsageException", format!("Algorithm {algorithm} is incompatible with key spec {spec}."))
}

/// `DryRun` of a request that would have succeeded is answered with an error.
pub(crate) fn not_a_dry_run(call: &Call) -> Result<(), Refusal> {
    match call.flag("DryRun") {
        false => Ok(()),
        true => Err(Refusal::new(
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set.",
        )),
    }
}

/// Outside an enclave nobody has an attestation document that Nitro has signed, so whatever stands in `Recipient` is none.
pub(crate) fn no_recipient(call: &Call) -> Result<(), Refusal> {
    match call.has("Recipient") {
        false => Ok(()),
        true => Err(Refusal::validation("The attestation document of the Recipient is not valid.")),
    }
}
