//! Runs the table of recorded truths against whatever answers as KMS.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openssl::md::Md;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use serde_json::{Value, json};

use super::embedded_kms::{Kms, Refused};
use super::importing::{Parameters, base64, bytes, oaep, random};
use super::keys::{ec, rsa};
use super::served::material;
use super::truth_keys::{SharedKeys, delete};

/// Something that answers as KMS in a Region.
pub(crate) trait Endpoint {
    fn call(&self, operation: &str, body: &Value) -> Result<Value, Refused>;
    fn region(&self) -> String;
    fn account(&self) -> String;
    fn in_region(&self, region: &str) -> Self;
}

impl Endpoint for Kms {
    fn call(&self, operation: &str, body: &Value) -> Result<Value, Refused> {
        Kms::call(self, operation, body.clone())
    }

    fn region(&self) -> String {
        self.region.clone()
    }

    fn account(&self) -> String {
        "000000000000".to_owned()
    }

    fn in_region(&self, region: &str) -> Self {
        Kms::in_region(self, region)
    }
}

/// One row: a fact, where it is known from, and how to see it.
pub(crate) struct Truth {
    pub(crate) fact: String,
    /// `recorded`, `partly`, `model`, `guide`, or `?` for what nobody could confirm.
    pub(crate) known: String,
    pub(crate) source: String,
    pub(crate) row: Value,
}

pub(crate) fn table() -> Vec<Truth> {
    let rows: Vec<Value> = serde_json::from_str(include_str!("../data/recorded_truths.json")).unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.into_iter()
        .map(|row| Truth { fact: text(&row, "fact"), known: text(&row, "known"), source: text(&row, "source"), row })
        .collect()
}

impl Truth {
    /// What is different from the row; `None` if nothing is.
    pub(crate) fn difference(&self, endpoint: &impl Endpoint, shared: &SharedKeys) -> Option<String> {
        difference(&self.row, endpoint, shared)
    }
}

/// What is different from a row: its `steps` are taken, and its `request` is `refused` or `answers`.
pub(crate) fn difference(row: &Value, endpoint: &impl Endpoint, shared: &SharedKeys) -> Option<String> {
    let (saved, materials, sets) = (HashMap::new(), HashMap::new(), HashMap::new());
    let mut run = Run { endpoint, shared, saved, materials, sets, own: Vec::new() };
    let reply = run.steps(&row["steps"]).map(|()| run.step(&row["request"]));
    run.own.iter().for_each(|reply| delete(endpoint, reply));
    let reply = match reply {
        Ok(reply) => reply,
        Err(wrong) => return Some(wrong),
    };
    match (row.get("refused"), reply) {
        (Some(wanted), Err((code, message))) => {
            let text = wanted.get(1).is_none_or(|text| run.fits(text, &message.as_str().into(), true));
            (wanted[0] != code.as_str() || !text).then(|| format!("wanted {wanted}, got {code}: {message}"))
        }
        (Some(wanted), Ok(reply)) => Some(format!("wanted {wanted}, got {reply}")),
        (None, Ok(reply)) => {
            let wanted = &row["answers"];
            let exactly = row["exactly"] == true;
            (!run.fits(wanted, &reply, exactly)).then(|| format!("wanted {wanted}, got {reply}"))
        }
        (None, Err((code, message))) => Some(format!("wanted an answer, got {code}: {message}")),
    }
}

struct Run<'a, E> {
    endpoint: &'a E,
    shared: &'a SharedKeys,
    /// Replies of operations, keys among them.
    own: Vec<Value>,
    saved: HashMap<String, Value>,
    materials: HashMap<String, Vec<u8>>,
    sets: HashMap<String, Parameters>,
}

impl<E: Endpoint> Run<'_, E> {
    /// All of them, or what was wrong with one.
    fn steps(&mut self, steps: &Value) -> Result<(), String> {
        for step in steps.as_array().unwrap() {
            if let Some(times) = step["repeat"].as_u64() {
                (0..times).try_for_each(|_| self.steps(&step["steps"]))?;
                continue;
            }
            match (self.step(step), step["fails"] == true) {
                (Ok(_), false) | (Err(_), true) => {}
                (Ok(_), true) => return Err(format!("a step before it did not fail: {step}")),
                (Err((code, message)), false) => {
                    return Err(format!("a step before it failed: {step}: {code}: {message}"));
                }
            }
        }
        Ok(())
    }

    /// `["Operation", {…}]`, or an object with `call` (`in` another Region), `material`, `parameters`, `import` or `wait_for_rotation`.
    fn step(&mut self, step: &Value) -> Result<Value, Refused> {
        let text = |name: &str| step[name].as_str();
        let reply = if let Some([operation, body]) = step.as_array().map(Vec::as_slice) {
            self.call(operation.as_str().unwrap(), body)?
        } else if step["shared"] == true {
            self.shared.get(self.endpoint, &self.filled(&step["with"]))?
        } else if let (Some(operation), Some(region)) = (text("call"), text("in")) {
            let there = self.endpoint.in_region(&self.text(region));
            let reply = there.call(operation, &self.filled(&step["with"]))?;
            self.own.push(reply.clone());
            reply
        } else if let Some(operation) = text("call") {
            self.call(operation, &step["with"])?
        } else if let Some(key) = text("wait_for_rotation") {
            self.wait_for_rotation(key)?
        } else if let Some(name) = text("material")
            && step.get("import").is_none()
        {
            self.materials.insert(name.to_owned(), fresh(text("of").unwrap()));
            Value::Null
        } else if let Some(key) = text("parameters") {
            let set = self.parameters(key, "RSAES_OAEP_SHA_256")?;
            self.sets.insert(text("as").unwrap().to_owned(), set);
            return Ok(Value::Null);
        } else {
            self.import(step)?
        };
        if let Some(name) = text("as") {
            self.saved.insert(name.to_owned(), reply.clone());
        }
        Ok(reply)
    }

    fn call(&mut self, operation: &str, body: &Value) -> Result<Value, Refused> {
        let reply = self.endpoint.call(operation, &self.filled(body))?;
        self.own.push(reply.clone());
        Ok(reply)
    }

    fn wait_for_rotation(&self, key: &str) -> Result<Value, Refused> {
        loop {
            let status = self.endpoint.call("GetKeyRotationStatus", &json!({ "KeyId": self.text(key) }))?;
            if status.get("OnDemandRotationStartDate").is_none() {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn parameters(&self, key: &str, algorithm: &str) -> Result<Parameters, Refused> {
        let body = json!({ "KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": "RSA_2048" });
        let reply = self.endpoint.call("GetParametersForImport", &self.filled(&body))?;
        let (public_key, token) = (bytes(&reply["PublicKey"]), bytes(&reply["ImportToken"]));
        Ok(Parameters { algorithm: algorithm.to_owned(), public_key, token })
    }

    fn import(&mut self, step: &Value) -> Result<Value, Refused> {
        let material = self.materials[step["material"].as_str().unwrap()].clone();
        let key = step["import"].as_str().unwrap();
        let usual = if material.len() > 128 { "RSA_AES_KEY_WRAP_SHA_256" } else { "RSAES_OAEP_SHA_256" };
        let algorithm = step["algorithm"].as_str().unwrap_or(usual);
        let fresh;
        let set = match step["set"].as_str() {
            Some(name) => &self.sets[name],
            None => {
                fresh = self.parameters(key, algorithm)?;
                &fresh
            }
        };
        let wrapped = match step["wrapped"].as_str() {
            Some("sha1") => oaep(&set.public_key, Md::sha1(), Md::sha1(), &material),
            Some("mgf1") => oaep(&set.public_key, Md::sha256(), Md::sha1(), &material),
            Some("pkcs1") => pkcs1(&set.public_key, &material),
            Some("base64") => base64(&set.wrap(&material)).into_bytes(),
            Some("other") => self.parameters(key, algorithm)?.wrap(&material),
            Some("truncated") => set.wrap(&material)[1..].to_vec(),
            _ => set.wrap(&material),
        };
        let extra = step.get("with").cloned().unwrap_or_else(|| json!({}));
        self.endpoint.call("ImportKeyMaterial", &self.filled(&set.request(key, &wrapped, extra)))
    }

    /// Replaces `${name.Field}` by what was answered before, `<region>` and the like by what they are here.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match (days(text), length(text)) {
                (Some(days), _) => {
                    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
                    (now + days * 86_400).into()
                }
                (_, Some(length)) => match text.split_once(" and ") {
                    Some((start, _)) => {
                        let start = bytes(&self.text(&start[1..]).into());
                        base64(&[start, random(length)].concat()).into()
                    }
                    None => base64(&random(length)).into(),
                },
                _ => self.text(text).into(),
            },
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), self.filled(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn text(&self, template: &str) -> String {
        let other = if self.endpoint.region() == "eu-west-1" { "us-east-1" } else { "eu-west-1" };
        let mut text = template
            .replace("<region>", &self.endpoint.region())
            .replace("<account>", &self.endpoint.account())
            .replace("<other region>", other);
        while let Some(start) = text.find("${") {
            let end = start + text[start..].find('}').unwrap();
            let (name, field) = text[start + 2..end].split_once('.').unwrap();
            let value = &self.saved[name].pointer(&format!("/{}", field.replace('.', "/"))).unwrap();
            text.replace_range(start..=end, value.as_str().unwrap());
        }
        text
    }

    /// Whether `found` is what the row wants; `exactly` forbids fields that the row does not name.
    fn fits(&self, wanted: &Value, found: &Value, exactly: bool) -> bool {
        match (wanted, found) {
            (Value::Object(wanted), Value::Object(found)) => {
                wanted.iter().all(|(name, wanted)| match found.get(name) {
                    None => wanted == "<absent>",
                    Some(found) => wanted != "<absent>" && self.fits(wanted, found, exactly),
                }) && (!exactly || found.keys().all(|name| wanted.contains_key(name)))
            }
            (Value::Array(wanted), Value::Array(found)) => {
                wanted.len() == found.len()
                    && wanted.iter().zip(found).all(|(wanted, found)| self.fits(wanted, found, exactly))
            }
            (Value::Number(wanted), Value::Number(found)) => wanted.as_f64() == found.as_f64(),
            (Value::String(template), found) => match template.as_str() {
                "<any>" => true,
                "<time>" => found.is_number(),
                "<base64>" => found.as_str().is_some_and(|text| base64(&bytes(&text.into())) == text),
                _ if length(template).is_some() => {
                    found.as_str().is_some() && Some(bytes(found).len()) == length(template)
                }
                "<material id>" => found.as_str().is_some_and(is_material_id),
                _ => found.as_str().is_some_and(|found| self.text_fits(template, found)),
            },
            (wanted, found) => wanted == found,
        }
    }

    fn text_fits(&self, template: &str, found: &str) -> bool {
        let wanted = self.text(template);
        match wanted.split_once("<material id>") {
            None => wanted == found,
            Some((before, after)) => found
                .strip_prefix(before)
                .and_then(|rest| rest.split_at_checked(64))
                .is_some_and(|(id, rest)| is_material_id(id) && rest == after),
        }
    }
}

/// `<in 366 days>`
fn days(text: &str) -> Option<i64> {
    text.strip_prefix("<in ")?.strip_suffix(" days>")?.parse().ok()
}

/// `<32 bytes>`, or `<${sealed.CiphertextBlob} and 8 bytes>`, which is that with 8 bytes after it
fn length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('<')?.strip_suffix(" bytes>")?;
    inside.rsplit_once(" and ").map_or(inside, |(_, number)| number).parse().ok()
}

/// Key material of a key spec, of so many random bytes, or in a container that KMS does not take.
fn fresh(kind: &str) -> Vec<u8> {
    match kind {
        "SEC1" => ec(Nid::X9_62_PRIME256V1).private_key_to_der().unwrap(),
        "PKCS1" => rsa(2048).private_key_to_der().unwrap(),
        _ => kind.parse().map_or_else(|_| material(kind), random),
    }
}

fn pkcs1(public_key: &[u8], plain: &[u8]) -> Vec<u8> {
    let key = PKey::public_key_from_der(public_key).unwrap().rsa().unwrap();
    let mut wrapped = vec![0; key.size() as usize];
    key.public_encrypt(plain, &mut wrapped, Padding::PKCS1).unwrap();
    wrapped
}

fn is_material_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
