//! Whether a key policy is the one asked for, or KMS's default.
//!
//! An alias planted by somebody else may point to a key whose policy hands the key over: nothing is imported into it.

use serde_json::Value;

use crate::partition;

/// Whether `found` equals `asked`, or KMS's default policy of that account where none was asked for.
pub(crate) fn equals(found: &str, asked: Option<&str>, account: &str) -> bool {
    let Ok(found) = serde_json::from_str::<Value>(found) else { return false };
    match asked {
        Some(asked) => serde_json::from_str::<Value>(asked).is_ok_and(|asked| normal(&asked) == normal(&found)),
        None => is_default(&found, account),
    }
}

/// Whom else a policy lets in, in words: everyone, other accounts, or whom an identity provider signs in.
pub(crate) fn outsiders(policy: &str, account: &str) -> Vec<String> {
    let policy = normal(&serde_json::from_str(policy).unwrap_or_default());
    let mut outsiders = Vec::new();
    let allows = policy["Statement"].as_array().into_iter().flatten().filter(|one| one["Effect"] == "Allow");
    for statement in allows {
        let principals: Vec<(&str, &str)> = match &statement["Principal"] {
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
    let is_root = principal["AWS"][0] == account;
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

/// The unique ids that KMS shows in the place of users and roles that were deleted (IAM user guide, "Unique identifiers").
pub(crate) fn deleted_principals(policy: &str) -> Vec<String> {
    let policy = normal(&serde_json::from_str(policy).unwrap_or_default());
    let mut deleted = Vec::new();
    for statement in policy["Statement"].as_array().into_iter().flatten() {
        for kind in ["Principal", "NotPrincipal"] {
            let names = statement[kind]["AWS"].as_array().into_iter().flatten().filter_map(Value::as_str);
            deleted.extend(names.filter(|name| is_unique_id(name)).map(str::to_owned));
        }
    }
    deleted.sort_unstable();
    deleted.dedup();
    deleted
}

fn is_unique_id(name: &str) -> bool {
    let id = name.strip_prefix("AIDA").or_else(|| name.strip_prefix("AROA"));
    id.is_some_and(|id| id.len() >= 12 && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()))
}

/// A policy as KMS may give it back: a single value stands for a list of one, the id of an account for its root user, and `*` for
/// every principal; lists and statements have no order.
fn normal(policy: &Value) -> Value {
    let Value::Object(members) = policy else { return policy.clone() };
    let members = members.iter().map(|(name, value)| {
        let value = match name.as_str() {
            "Statement" => list(value, statement),
            _ => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(members.collect())
}

fn statement(statement: &Value) -> Value {
    let Value::Object(members) = statement else { return statement.clone() };
    let members = members.iter().map(|(name, value)| {
        let value = match name.as_str() {
            "Action" | "NotAction" | "Resource" | "NotResource" => list(value, Value::clone),
            "Principal" | "NotPrincipal" => principals(value),
            "Condition" => each_member(value, |operator| each_member(operator, |values| list(values, text))),
            _ => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(members.collect())
}

fn principals(value: &Value) -> Value {
    match value {
        Value::String(everyone) => serde_json::json!({ "AWS": [everyone] }),
        kinds => each_member(kinds, |names| list(names, root_of_account)),
    }
}

/// `111122223333` and `arn:aws:iam::111122223333:root` are the same principal.
fn root_of_account(name: &Value) -> Value {
    let account = name.as_str().and_then(|name| {
        let (start, account) = name.strip_suffix(":root")?.rsplit_once(':')?;
        partition::is_known(start.strip_prefix("arn:")?.strip_suffix(":iam:")?).then_some(account)
    });
    account.map_or_else(|| name.clone(), Value::from)
}

/// Values of conditions are text, whether they are written as such or not.
fn text(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        other => other.clone(),
    }
}

fn each_member(value: &Value, change: impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), change(value))).collect())
        }
        other => change(other),
    }
}

/// A list without order and repetition.
fn list(value: &Value, change: impl Fn(&Value) -> Value) -> Value {
    let mut items: Vec<Value> = match value {
        Value::Array(items) => items.iter().map(change).collect(),
        single => vec![change(single)],
    };
    items.sort_by_key(Value::to_string);
    items.dedup();
    Value::Array(items)
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
    fn the_account_is_the_same_principal_in_every_partition_and_in_no_other_words() {
        for partition in ["aws", "aws-us-gov", "aws-eusc", "aws-iso-b"] {
            let policy = DEFAULT.replace("arn:aws:", &format!("arn:{partition}:"));
            assert!(equals(&policy, None, "111122223333"), "{partition}");
        }
        for start in ["arn:awsome:iam:", "arn:aws-moon:iam:", "arn::iam:", "aws:iam:", "arn:aws:sts:"] {
            assert!(!equals(&DEFAULT.replace("arn:aws:iam:", start), None, "111122223333"), "{start}");
        }
    }

    #[test]
    fn a_policy_that_kms_gives_back_in_another_form_is_the_same() {
        let asked = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*","Condition":{"Bool":{"kms:GrantIsForAWSResource":true},"StringEquals":{"kms:ViaService":["b","a"]}}}}"#;
        let found = r#"{"Statement":[{"Condition":{"Bool":{"kms:GrantIsForAWSResource":"true"},"StringEquals":{"kms:ViaService":["a","b"]}},"Resource":["*"],"Action":["kms:*"],"Principal":{"AWS":["arn:aws:iam::111122223333:root"]},"Effect":"Allow"}],"Version":"2012-10-17"}"#;
        assert!(equals(found, Some(asked), "111122223333"));
        for (was, is) in [
            ("\"a\",\"b\"", "\"a\",\"c\""),
            ("Allow", "Deny"),
            ("111122223333", "444455556666"),
            ("\"true\"", "\"false\""),
        ] {
            assert!(!equals(&found.replace(was, is), Some(asked), "111122223333"), "{is}");
        }
    }

    #[test]
    fn a_principal_that_was_deleted_is_named_and_not_the_same() {
        let asked = DEFAULT.replace("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/app");
        let found = DEFAULT.replace("arn:aws:iam::111122223333:root", "AROAEXAMPLEID1234567");
        assert!(!equals(&found, Some(&asked), "111122223333"));
        assert_eq!(deleted_principals(&found), ["AROAEXAMPLEID1234567"]);
        assert!(deleted_principals(&asked).is_empty());
    }

    #[test]
    fn the_policy_asked_for_is_compared_as_json_not_as_text() {
        let asked = DEFAULT.replace("\"kms:*\"", "[\"kms:Decrypt\",\"kms:Encrypt\"]");
        let found = DEFAULT.replace("\"kms:*\"", "[ \"kms:Encrypt\", \"kms:Decrypt\" ]");
        assert!(equals(&found, Some(&asked), "111122223333"));
        assert!(!equals(DEFAULT, Some(&asked), "111122223333"));
    }
}
