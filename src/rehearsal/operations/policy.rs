//! GetKeyPolicy, PutKeyPolicy, ListKeyPolicies. Policies are kept and returned; nothing here evaluates them.

use serde_json::{Value, json};

use super::paging;
use crate::rehearsal::model::call::{Call, Reply};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::{World, partition_of};

pub(crate) fn get_key_policy(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    only_default(call)?;
    let usual = default_policy(&call.region, &world.account);
    let policy = world.key(&call.region, &found)?.policy.as_deref().unwrap_or(&usual);
    Ok(json!({ "Policy": policy, "PolicyName": "default" }))
}

pub(crate) fn put_key_policy(world: &mut World, call: &Call) -> Reply {
    let found = world.admit(call)?;
    only_default(call)?;
    let policy = read(call)?;
    world.key(&call.region, &found)?.policy = policy;
    Ok(json!(null))
}

pub(crate) fn list_key_policies(world: &mut World, call: &Call) -> Reply {
    world.admit(call)?;
    paging::page(call, "PolicyNames", 100, std::iter::once(("default".to_owned(), "default".into())))
}

/// The `Policy` of a request: JSON with statements, as far as it is looked at.
pub(crate) fn read(call: &Call) -> Result<Option<Box<str>>, Refusal> {
    let Some(text) = call.text("Policy") else { return Ok(None) };
    let malformed = |why: &str| Refusal::new("MalformedPolicyDocumentException", why);
    let policy: Value = serde_json::from_str(text).map_err(|_| malformed("The policy is not valid JSON."))?;
    match policy.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => {}
        Some(Value::Object(_)) => {}
        _ => return Err(malformed("The policy has no Statement.")),
    }
    if text.len() > 32_768 {
        return Err(Refusal::new("LimitExceededException", "A key policy has at most 32768 bytes."));
    }
    Ok(Some(text.into()))
}

/// The policy that KMS attaches when none is given, in KMS's own layout.
pub(crate) fn default_policy(region: &str, account: &str) -> String {
    let partition = partition_of(region);
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{partition}:iam::{account}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"#
    )
}

fn only_default(call: &Call) -> Result<(), Refusal> {
    match call.text("PolicyName") {
        None | Some("default") => Ok(()),
        Some(_) => Err(Refusal::not_found("No such policy exists")),
    }
}
