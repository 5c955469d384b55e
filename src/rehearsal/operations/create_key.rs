//! CreateKey.

use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::rand::rand_bytes;
use openssl::rsa::Rsa;
use serde_json::json;
use zeroize::Zeroizing;

use super::policy;
use super::tags;
use crate::material::{KeySpec, KeyUsage, MaterialKind};
use crate::rehearsal::crypto::Plaintext;
use crate::rehearsal::crypto::key_material::nid;
use crate::rehearsal::model::call::{Call, Reply};
use crate::rehearsal::model::protocol::Refusal;
use crate::rehearsal::state::key::{Key, KeyMaterial, Origin, Role, Rotations, Stage};
use crate::rehearsal::state::key_id::KeyId;
use crate::rehearsal::state::{Found, World};

/// What a CreateKey asks for, as far as KMS allows it.
pub(crate) struct CreateKeyRequest {
    spec: KeySpec,
    usage: KeyUsage,
    origin: Origin,
}

impl CreateKeyRequest {
    pub(crate) fn read(call: &Call) -> Result<Self, Refusal> {
        let origin = match call.text("Origin").unwrap_or("AWS_KMS") {
            "AWS_KMS" => Origin::AwsKms,
            "EXTERNAL" => Origin::External,
            other => {
                return Err(Refusal::unsupported(format!("There are no custom key stores here for Origin {other}.")));
            }
        };
        for store in ["CustomKeyStoreId", "XksKeyId"] {
            if call.has(store) {
                return Err(Refusal::unsupported(format!("{store} is not valid for Origin {}.", origin.name())));
            }
        }
        let (new, old) = (call.text("KeySpec"), call.text("CustomerMasterKeySpec"));
        if new.is_some() && old.is_some() {
            return Err(Refusal::validation(
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request.",
            ));
        }
        let name = new.or(old).unwrap_or("SYMMETRIC_DEFAULT");
        let spec: KeySpec = name.parse().map_err(|_| match origin {
            Origin::External => Refusal::unsupported(format!("KeySpec {name} is not supported for Origin EXTERNAL.")),
            Origin::AwsKms => Refusal::unsupported(format!("The embedded KMS makes no keys of {name}.")),
        })?;
        Ok(CreateKeyRequest { spec, usage: usage(spec, call.text("KeyUsage"))?, origin })
    }

    /// Whether `make` takes longer than a request should hold up others.
    pub(crate) fn is_slow(&self) -> bool {
        self.origin == Origin::AwsKms && matches!(self.spec.kind(), MaterialKind::Rsa { .. })
    }

    /// The key material that KMS makes itself; RSA keys take long. `None` for EXTERNAL keys, which begin empty.
    pub(crate) fn make(&self) -> Result<Option<Plaintext>, ErrorStack> {
        match self.origin {
            Origin::AwsKms => generate(self.spec).map(Some),
            Origin::External => Ok(None),
        }
    }
}

/// Fresh key material for a key of origin AWS_KMS.
pub(crate) fn generate(spec: KeySpec) -> Result<Plaintext, ErrorStack> {
    let key = match spec.kind() {
        MaterialKind::Symmetric => return random(32),
        MaterialKind::Hmac { minimum } => return random(minimum),
        MaterialKind::Rsa { bits } => PKey::from_rsa(Rsa::generate(bits)?)?,
        MaterialKind::Ec(curve) => PKey::from_ec_key(EcKey::generate(&*EcGroup::from_curve_name(nid(curve))?)?)?,
        #[cfg(openssl_has_ed25519)]
        MaterialKind::Ed25519 => PKey::generate_ed25519()?,
        #[cfg(not(openssl_has_ed25519))]
        MaterialKind::Ed25519 => return Err(ErrorStack::get()),
    };
    key.private_key_to_pkcs8().map(Zeroizing::new)
}

pub(crate) fn random(length: usize) -> Result<Plaintext, ErrorStack> {
    let mut bytes = Zeroizing::new(vec![0; length]);
    rand_bytes(&mut bytes)?;
    Ok(bytes)
}

fn usage(spec: KeySpec, asked: Option<&str>) -> Result<KeyUsage, Refusal> {
    let Some(name) = asked else {
        return match spec {
            KeySpec::SymmetricDefault => Ok(KeyUsage::EncryptDecrypt),
            _ => Err(Refusal::validation(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
            )),
        };
    };
    // KMS's own table: developer guide, "Key spec reference".
    let allowed: &[KeyUsage] = match spec {
        KeySpec::SymmetricDefault => &[KeyUsage::EncryptDecrypt],
        KeySpec::Hmac224 | KeySpec::Hmac256 | KeySpec::Hmac384 | KeySpec::Hmac512 => &[KeyUsage::GenerateVerifyMac],
        KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => &[KeyUsage::EncryptDecrypt, KeyUsage::SignVerify],
        KeySpec::EccNistP256 | KeySpec::EccNistP384 | KeySpec::EccNistP521 => {
            &[KeyUsage::SignVerify, KeyUsage::KeyAgreement]
        }
        KeySpec::EccSecgP256k1 | KeySpec::EccNistEdwards25519 => &[KeyUsage::SignVerify],
    };
    allowed
        .iter()
        .copied()
        .find(|usage| usage.name() == name)
        .ok_or_else(|| Refusal::validation(format!("KeyUsage {name} is not compatible with KeySpec {spec}")))
}

pub(crate) fn create_key(world: &mut World, call: &mut Call) -> Reply {
    let request = CreateKeyRequest::read(call)?;
    let policy = policy::read(call)?;
    let tags = tags::read(call)?;
    let multi_region = call.flag("MultiRegion");
    let id = KeyId::random(multi_region)?;
    let materials = match call.made.take() {
        Some(bytes) => vec![KeyMaterial {
            id: world.material_id(id, &bytes)?,
            bytes: Some(bytes),
            public: None,
            valid_to: None,
            description: None,
            stage: Stage::Current,
            rotated: None,
        }],
        None => Vec::new(),
    };
    let key = Key {
        spec: request.spec,
        usage: request.usage,
        origin: request.origin,
        role: if multi_region { Role::Primary } else { Role::Single },
        created: call.now,
        visible: call.now + world.consistency_delay,
        complete: call.now,
        updated: call.now,
        disabled: false,
        deletion: None,
        description: call.text("Description").unwrap_or_default().into(),
        policy,
        tags,
        grants: Vec::new(),
        aliases: 0,
        materials,
        rotations: Rotations::default(),
        last_usage: None,
    };
    world.region(&call.region).keys.insert(id, key);
    let found = Found { id, arn: world.arn(&call.region, id) };
    Ok(json!({ "KeyMetadata": world.metadata(&call.region, &found, call.now)? }))
}
