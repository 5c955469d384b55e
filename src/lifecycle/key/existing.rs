//! A key that is there already: is it what was asked for, item by item, and may key material go into it?

use crate::kms::{KeyDescription, Kms};
use crate::kms::{KeyState, Origin, Reason};
use crate::lifecycle::error::Error;
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::key::policy;
use crate::lifecycle::key::request::KeyRequest;
use crate::lifecycle::status::materials::KeyMaterials;
use crate::material::KeySpec;
use crate::proof::{Claim, Proof};
use crate::time::{Expiry, rfc3339};

/// What to do with a key that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It holds key material and everything matches.
    Unchanged,
    /// It waits for key material, as DescribeKey says.
    Complete,
}

/// Everything that was asked for about a key.
pub(crate) struct Asked<'a> {
    pub(crate) request: &'a KeyRequest,
    /// What is asked for about its key material; nothing where the run imports none.
    pub(crate) material: Option<AskedMaterial<'a>>,
    /// The user named the key: its policy is compared here, and not where trust in it is decided.
    pub(crate) adopted: bool,
    /// Refuse what may not be read.
    pub(crate) strict: bool,
}

/// What was asked for about the key material of a key.
pub(crate) struct AskedMaterial<'a> {
    pub(crate) expiry: Expiry,
    pub(crate) description: Option<&'a str>,
}

/// A key that is what was asked for, as far as KMS lets that be seen.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) decision: Decision,
    seen: Vec<(Claim, &'static str)>,
    /// What could not be seen: the permission that would show it, and whether KMS knows the call at all.
    unseen: Vec<Unseen>,
    /// Refused at the end of the comparison, all in one answer.
    differences: Vec<String>,
}

#[derive(Debug)]
struct Unseen {
    claim: Claim,
    what: &'static str,
    permission: &'static str,
    refused: bool,
}

/// Origin, spec, usage and multi-Region: what cannot be changed about a key.
pub(crate) fn check_matches(found: &KeyDescription, request: &KeyRequest, name: &str) -> Result<(), Error> {
    refuse(found, name, fixed(found, request))
}

/// Compares a key with everything that was asked for. All differences are in one answer.
pub(crate) async fn compare(
    kms: &Kms,
    found: &KeyDescription,
    asked: &Asked<'_>,
    name: &str,
) -> Result<Compared, Error> {
    let mut differences = fixed(found, asked.request);
    let decision = match (found.state, &asked.material) {
        (KeyState::PendingImport, _) => Decision::Complete,
        // A key that is only to exist may wait for key material or be disabled, but it must not be about to be deleted.
        (state, None) if !state.is_deletion() => Decision::Unchanged,
        (KeyState::Enabled, Some(material)) => {
            if !material.expiry.is_met_by(found.expires, kms.now()) {
                let is = found.expires.map_or("never expires".to_owned(), |at| format!("expires {}", rfc3339(at)));
                differences.push(format!("its key material {is}, which is not the expiry asked for"));
            }
            Decision::Unchanged
        }
        (state, _) => {
            differences.push(format!("it is {state}{STATE_EXPECTED}"));
            Decision::Unchanged
        }
    };
    let mut compared = Compared { decision, seen: Vec::new(), unseen: Vec::new(), differences };
    compared.description(found, asked.request);
    // Nobody reads a policy or tags of a key that is no candidate.
    if compared.differences.is_empty() || found.origin == Origin::External {
        compared.tags(kms, found, asked.request).await?;
        compared.policy(kms, found, asked).await?;
        compared.material_description(kms, found, asked).await?;
    }
    refuse(found, name, std::mem::take(&mut compared.differences))?;
    match compared.unseen.first() {
        Some(unseen) if asked.strict => {
            let (what, permission) = (unseen.what.to_owned(), unseen.permission.to_owned());
            Err(KeyError::NotCompared { key: name.to_owned(), what, permission }.into())
        }
        _ => Ok(compared),
    }
}

impl Compared {
    /// Adds what was compared, and what was not, to a proof.
    pub(crate) fn tell(&self, proof: &mut Proof) {
        for (claim, text) in &self.seen {
            proof.prove(*claim, *text);
        }
        for Unseen { claim, what, permission, refused } in &self.unseen {
            match refused {
                true => proof.refuse(*claim, *permission),
                false => proof.leave(*claim, format!("{what}: the endpoint does not answer {permission}")),
            }
        }
    }

    /// What could not be compared, in sentences.
    pub(crate) fn unseen(&self) -> impl Iterator<Item = String> {
        self.unseen.iter().map(|Unseen { what, permission, refused, .. }| match refused {
            true => format!("not compared: {what}; {permission} is not permitted"),
            false => format!("not compared: {what}; the endpoint does not answer {permission}"),
        })
    }

    fn description(&mut self, found: &KeyDescription, request: &KeyRequest) {
        let Some(asked) = &request.description else { return };
        if found.description == *asked {
            self.seen.push((Claim::Description, "its description is the one asked for"));
        } else {
            self.differences.push(difference("description", &found.description, asked));
        }
    }

    async fn tags(&mut self, kms: &Kms, found: &KeyDescription, request: &KeyRequest) -> Result<(), Error> {
        if request.tags.is_empty() {
            return Ok(());
        }
        let answer = kms.tags(&found.arn).await;
        let Some(tags) = self.readable(Claim::Tags, "its tags", "kms:ListResourceTags", answer)? else { return Ok(()) };
        let before = self.differences.len();
        for (key, asked) in &request.tags {
            match tags.iter().find(|(found, _)| found == key) {
                Some((_, value)) if value == asked => {}
                Some((_, value)) => {
                    self.differences.push(format!("its tag `{key}` is `{value}`, but `{asked}` was asked for"));
                }
                None => self.differences.push(format!("it has no tag `{key}`, but `{key}={asked}` was asked for")),
            }
        }
        if self.differences.len() == before {
            self.seen.push((Claim::Tags, "it has the tags asked for"));
        }
        Ok(())
    }

    async fn policy(&mut self, kms: &Kms, found: &KeyDescription, asked: &Asked<'_>) -> Result<(), Error> {
        let by_trust = self.decision == Decision::Complete && !asked.adopted;
        let Some(asked) = asked.request.policy.as_ref().filter(|_| !by_trust) else { return Ok(()) };
        let answer = kms.key_policy(&found.arn).await;
        let policy = self.readable(Claim::Policy, "its key policy", "kms:GetKeyPolicy", answer)?;
        let Some(policy) = policy else { return Ok(()) };
        if policy::equals(&policy, Some(asked), found.arn.account()) {
            self.seen.push((Claim::Policy, "its key policy is the one asked for"));
            return Ok(());
        }
        let deleted = policy::deleted_principals(&policy);
        self.differences.push(match &deleted[..] {
            [] => "its key policy is not the one asked for".to_owned(),
            ids => format!("its key policy names principals that were deleted: {}", ids.join(", ")),
        });
        Ok(())
    }

    async fn material_description(
        &mut self,
        kms: &Kms,
        found: &KeyDescription,
        asked: &Asked<'_>,
    ) -> Result<(), Error> {
        let Some(asked) = asked.material.as_ref().and_then(|material| material.description) else { return Ok(()) };
        if self.decision != Decision::Unchanged || found.spec != KeySpec::SymmetricDefault {
            return Ok(());
        }
        let what = "the description of its key material";
        let claim = Claim::MaterialDescription;
        let answer = KeyMaterials::of(kms, found).await;
        let Some(materials) = self.readable(claim, what, "kms:ListKeyRotations", answer)? else { return Ok(()) };
        let current = materials.materials.iter().find(|material| material.current);
        let is = current.and_then(|material| material.description.as_deref()).unwrap_or_default();
        if is == asked {
            self.seen.push((claim, "the description of its key material is the one asked for"));
        } else {
            self.differences.push(difference("key material's description", is, asked));
        }
        Ok(())
    }

    /// The answer, or nothing and a note where it was not permitted to ask, or the endpoint has no such call.
    fn readable<T>(
        &mut self,
        claim: Claim,
        what: &'static str,
        permission: &'static str,
        answer: Result<T, impl Into<Error>>,
    ) -> Result<Option<T>, Error> {
        let error: Error = match answer {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => error.into(),
        };
        let refused = match error.reason() {
            Some(Reason::AccessDenied) => true,
            Some(Reason::Unsupported | Reason::Unlisted | Reason::NotImplemented) => false,
            _ => return Err(error),
        };
        self.unseen.push(Unseen { claim, what, permission, refused });
        Ok(None)
    }
}

const STATE_EXPECTED: &str = ", but Enabled or PendingImport was expected";

fn fixed(found: &KeyDescription, request: &KeyRequest) -> Vec<String> {
    let multi_region = if found.multi_region.is_some() { "multi-Region" } else { "single-Region" };
    let asked_multi_region = if request.multi_region { "multi-Region" } else { "single-Region" };
    let pairs = [
        ("origin", found.origin.to_string(), Origin::External.into()),
        ("key spec", found.spec.to_string(), request.spec.name()),
        ("key usage", found.usage.to_string(), request.usage.name()),
        ("kind", multi_region.to_owned(), asked_multi_region),
    ];
    let differing = pairs.into_iter().filter(|(_, is, asked)| is != asked);
    differing.map(|(what, is, asked)| format!("its {what} is {is}, but {asked} was asked for")).collect()
}

fn difference(what: &str, is: &str, asked: &str) -> String {
    let is = if is.is_empty() { "empty".to_owned() } else { format!("`{is}`") };
    let asked = if asked.is_empty() { "an empty one".to_owned() } else { format!("`{asked}`") };
    format!("its {what} is {is}, but {asked} was asked for")
}

fn refuse(found: &KeyDescription, name: &str, differences: Vec<String>) -> Result<(), Error> {
    if differences.is_empty() {
        return Ok(());
    }
    if differences.len() == 1 && differences[0].ends_with(STATE_EXPECTED) {
        let (key, arn, state) = (name.to_owned(), found.arn.clone(), found.state);
        return Err(KeyError::NotInUse { key, arn, state }.into());
    }
    Err(KeyError::Differs { key: name.to_owned(), arn: found.arn.clone(), differences }.into())
}

/// Refuses a key that holds key material by now and is not what was asked for.
pub(crate) async fn check_unchanged(
    kms: &Kms,
    found: &KeyDescription,
    asked: &Asked<'_>,
    name: &str,
) -> Result<Compared, Error> {
    let compared = compare(kms, found, asked, name).await?;
    match compared.decision {
        Decision::Unchanged => Ok(compared),
        Decision::Complete => Err(KeyError::TakesOnlyOriginal { arn: found.arn.clone() }.into()),
    }
}
