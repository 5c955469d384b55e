//! What an alias points to, and what its keys say of each other.

use serde_json::{Value, json};

use super::scene::Scene;

impl Scene {
    /// The ARN of the key of an alias.
    pub(crate) fn named_by(&self, alias: &str) -> String {
        self.kms.describe(alias)["Arn"].as_str().unwrap().to_owned()
    }

    /// The value of a tag.
    pub(crate) fn tag(&self, arn: &str, name: &str) -> Option<String> {
        let reply = self.kms.ok("ListResourceTags", json!({ "KeyId": arn }));
        let text = |tag: &Value, name: &str| tag[name].as_str().unwrap().to_owned();
        let tag = reply["Tags"].as_array().unwrap().iter().find(|tag| tag["TagKey"] == name);
        tag.map(|tag| text(tag, "TagValue"))
    }

    /// How many keys there are.
    pub(crate) fn keys(&self) -> usize {
        self.kms.ok("ListKeys", json!({}))["Keys"].as_array().unwrap().len()
    }
}
