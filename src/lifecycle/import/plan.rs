//! The plan of `import`, and the calls that import and prove.

use crate::kms::{ImportType, Kms, Operation};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::carry_out::ImportWrapped;
use crate::lifecycle::import::expiry::resolve_expiry;
use crate::lifecycle::import::wrapping::Wrapping;
use crate::lifecycle::key::plan::parameters;
use crate::lifecycle::key::trust::Vouched;
use crate::lifecycle::run::plan::Plan;
use crate::material::{KeySpec, KeyUsage, MaterialKind};
use crate::proof::Level;

/// The plan of importing what was wrapped for a parameter set, or bare files, into a key that KMS was asked for.
///
/// # Errors
/// [`Error::Expiry`] for an expiry that KMS does not take, [`Error::Parameters`] for a set that is too old or for something else,
/// [`Error::Key`] for a key that takes no such key material.
pub fn import(kms: &Kms, key: &Vouched, wanted: &ImportWrapped) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    plan.about(key);
    let options = &wanted.options;
    resolve_expiry(kms, wanted.expiry)?;
    if let Some(wrapped) = wanted.wrapped.set() {
        wrapped.check_sendable(kms, key)?;
    }
    options.check_for(key)?;
    plan.call(Operation::DescribeKey, format!("looks at key {}", key.arn.id()));
    plan.vouch(&wanted.trust, key);
    send(&mut plan);
    let new = options.or_new || options.import_type == Some(ImportType::New);
    if options.or_new {
        plan.call(Operation::ImportKeyMaterial, "sends it as new if KMS refuses it as existing");
    }
    if key.current_key_material_id.is_some() && new {
        plan.call(Operation::ListKeyRotations, "checks that the new key material waits for rotation");
    }
    prove_use(&mut plan, key.spec.known()?, key.usage.known()?, wanted.level);
    Ok(plan)
}

/// ImportKeyMaterial, and what KMS makes of it.
pub(crate) fn send(plan: &mut Plan) {
    plan.call(Operation::ImportKeyMaterial, "sends the wrapped key material and its token");
    plan.call(Operation::DescribeKey, "checks whether the key is enabled now");
}

/// The calls that let a key work of which DescribeKey has told.
pub(crate) fn prove_use(plan: &mut Plan, spec: KeySpec, usage: KeyUsage, level: Level) {
    if level < Level::Use {
        return;
    }
    match (spec.kind(), usage) {
        (MaterialKind::Symmetric, _) => {
            plan.call(Operation::Encrypt, "proof: KMS encrypts a nonce with the key");
            plan.call(Operation::Decrypt, "proof: KMS decrypts it again");
        }
        (MaterialKind::Hmac { .. }, _) => plan.call(Operation::GenerateMac, "proof: KMS computes an HMAC of a nonce"),
        (_, usage) => {
            plan.call(Operation::GetPublicKey, "proof: KMS reports the public half");
            match usage {
                KeyUsage::SignVerify => plan.call(Operation::Sign, "proof: KMS signs a nonce"),
                KeyUsage::EncryptDecrypt => plan.call(Operation::Decrypt, "proof: KMS decrypts a nonce"),
                _ => plan.call(Operation::DeriveSharedSecret, "proof: KMS agrees on a secret with an ephemeral key"),
            }
        }
    }
}

/// The call that shows which key it is, where no proof does and there is no key material that tells it.
pub(crate) fn tell_which(plan: &mut Plan, spec: KeySpec, level: Level) {
    if level < Level::Use && spec.is_private_key() {
        plan.call(Operation::GetPublicKey, "shows which key it is, where that is permitted");
    }
}

/// The second import with which a full proof of a symmetric key ends.
pub(crate) fn import_again(plan: &mut Plan) {
    plan.call(Operation::ListKeyRotations, "proof: finds every key material of the key");
    parameters(plan, Wrapping::OF_PROOFS);
    plan.call(
        Operation::ImportKeyMaterial,
        "proof: imports the same bytes once more, for each key material of the key until KMS takes them",
    );
    plan.call(Operation::DescribeKey, "proof: makes sure that the key has not changed");
}
