//! The keys that the rows of the table of truths make, and their end: where it is real they cost money.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::embedded_kms::Refused;
use super::truths::Endpoint;

/// Keys that rows only use, made once for all of them: by the request that made them.
#[derive(Default)]
pub(crate) struct SharedKeys(Mutex<HashMap<String, Value>>);

impl SharedKeys {
    pub(crate) fn get(&self, endpoint: &impl Endpoint, request: &Value) -> Result<Value, Refused> {
        let mut keys = self.0.lock().unwrap();
        if let Some(key) = keys.get(&request.to_string()) {
            return Ok(key.clone());
        }
        let key = endpoint.call("CreateKey", request)?;
        keys.insert(request.to_string(), key.clone());
        Ok(key)
    }

    pub(crate) fn delete(&self, endpoint: &impl Endpoint) {
        self.0.lock().unwrap().values().for_each(|reply| delete(endpoint, reply));
    }
}

/// Schedules the deletion of the key that a reply tells of, in its Region.
pub(crate) fn delete(endpoint: &impl Endpoint, reply: &Value) {
    for metadata in ["/KeyMetadata/Arn", "/ReplicaKeyMetadata/Arn"] {
        if let Some(key) = reply.pointer(metadata).and_then(Value::as_str) {
            let there = endpoint.in_region(key.split(':').nth(3).unwrap());
            let _ = there.call("ScheduleKeyDeletion", &json!({ "KeyId": key, "PendingWindowInDays": 7 }));
        }
    }
}
