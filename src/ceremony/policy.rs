//! Whether a key policy is the one asked for, or KMS's default.
//!
//! An alias planted by somebody else may point to a key whose policy hands the key over: nothing is imported into it.

use serde_json::Value;

/// Whether `found` equals `asked`, or KMS's default policy of that account where none was asked for.
pub(super) fn equals(found: &str, asked: Option<&str>, account: &str) -> bool {
    let Ok(found) = serde_json::from_str::<Value>(found) else { return false };
    match asked {
        Some(asked) => serde_json::from_str::<Value>(asked).is_ok_and(|asked| normal(&asked) == normal(&found)),
        None => is_default(&found, account),
    }
}

/// Whom else a policy lets in, in words: everyone, other accounts, or whom an identity provider signs in.
pub(super) fn outsiders(policy: &str, account: &str) -> Vec<String> {
    let policy = normal(&serde_json::from_str(policy).unwrap_or_default());
    let mut outsiders = Vec::new();
    let allows = policy["Statement"].as_array().into_iter().flatten().filter(|one| one["Effect"] == "Allow");
    for statement in allows {
        let principals: Vec<(&str, &str)> = match &statement["Principal"] {
            Value::String(name) => vec![("AWS", name)],
            Value::Object(kinds) => kinds
                .iter()
                .flat_map(|(kind, names)| {
                    names.as_array().into_iter().flatten().filter_map(move |name| Some((kind.as_str(), name.as_str()?)))
                })
                .collect(),
            _ if !statement["NotPrincipal"].is_null() => vec![("AWS", "*")],
            _ => Vec::new(),
        };
        for (kind, name) in principals {
            let outsider = outsider(kind, name, account);
            outsiders.extend(outsider.filter(|new| !outsiders.contains(new)));
        }
    }
    outsiders
}

/// What a principal is, where it is nobody of the account.
fn outsider(kind: &str, name: &str, account: &str) -> Option<String> {
    if name == "*" {
        return Some("everyone".to_owned());
    }
    match kind {
        "AWS" => {
            // An ARN has the account as its fifth part; an account may stand alone; a unique id is of nobody who is there.
            let of = name.split(':').nth(4).unwrap_or(name);
            let is_account = of.len() == 12 && of.bytes().all(|byte| byte.is_ascii_digit());
            (is_account && of != account).then(|| format!("account {of}"))
        }
        "Service" => None,
        _ => Some(format!("whom `{name}` signs in")),
    }
}

/// The policy of a key that was created without one: the account's root, and through it IAM, may do everything.
/// Source: AWS KMS developer guide, "Default key policy when you create a KMS key programmatically".
fn is_default(policy: &Value, account: &str) -> bool {
    let policy = normal(policy);
    let [statement] = policy["Statement"].as_array().map(Vec::as_slice).unwrap_or_default() else { return false };
    let members = statement.as_object().map(|members| members.len()).unwrap_or_default();
    let principal = &statement["Principal"];
    let only_aws = principal.as_object().is_some_and(|members| members.len() == 1);
    let root = principal["AWS"][0].as_str().unwrap_or_default();
    let is_root = root == account || (root.starts_with("arn:aws") && root.ends_with(&format!(":iam::{account}:root")));
    // Sid is the only member that may be there besides the four.
    let allowed = if statement["Sid"].is_null() { 4 } else { 5 };
    members == allowed
        && only_aws
        && is_root
        && principal["AWS"].as_array().is_some_and(|list| list.len() == 1)
        && statement["Effect"] == "Allow"
        && statement["Action"] == serde_json::json!(["kms:*"])
        && statement["Resource"] == serde_json::json!(["*"])
}

/// JSON policies allow a single value where a list may stand; lists of principals, actions and resources have no order.
fn normal(policy: &Value) -> Value {
    match policy {
        Value::Object(members) => {
            let listed = |name: &str| {
                matches!(
                    name,
                    "Statement" | "Action" | "NotAction" | "Resource" | "NotResource" | "AWS" | "Service" | "Federated"
                )
            };
            let members = members.iter().map(|(name, value)| {
                let mut value = normal(value);
                if listed(name) && !value.is_array() {
                    value = Value::Array(vec![value]);
                }
                if let Value::Array(list) = &mut value {
                    list.sort_by_key(Value::to_string);
                }
                (name.clone(), value)
            });
            Value::Object(members.collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(normal).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: &str = r#"{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}"#;

    #[test]
    fn the_default_policy_of_the_account_is_recognised() {
        assert!(equals(DEFAULT, None, "111122223333"));
        assert!(!equals(DEFAULT, None, "444455556666"));
    }

    #[test]
    fn a_policy_that_lets_somebody_else_in_is_not_the_default() {
        let planted = [
            DEFAULT.replace(
                "\"arn:aws:iam::111122223333:root\"",
                "[\"arn:aws:iam::111122223333:root\",\"arn:aws:iam::999999999999:root\"]",
            ),
            DEFAULT.replace(
                "}]}",
                "},{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:Decrypt\",\"Resource\":\"*\"}]}",
            ),
            DEFAULT.replace("\"Effect\":\"Allow\",", "\"Effect\":\"Allow\",\"Condition\":{},"),
            DEFAULT.replace("{\"AWS\":\"arn:aws:iam::111122223333:root\"}", "\"*\""),
            DEFAULT.replace("{\"AWS\":", "{\"Service\":\"x\",\"AWS\":"),
        ];
        for policy in planted {
            assert!(!equals(&policy, None, "111122223333"), "{policy}");
        }
    }

    #[test]
    fn the_policy_asked_for_is_compared_as_json_not_as_text() {
        let asked = DEFAULT.replace("\"kms:*\"", "[\"kms:Decrypt\",\"kms:Encrypt\"]");
        let found = DEFAULT.replace("\"kms:*\"", "[ \"kms:Encrypt\", \"kms:Decrypt\" ]");
        assert!(equals(&found, Some(&asked), "111122223333"));
        assert!(!equals(DEFAULT, Some(&asked), "111122223333"));
    }
}
