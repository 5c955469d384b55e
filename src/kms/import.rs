//! GetParametersForImport, ImportKeyMaterial and DeleteImportedKeyMaterial.

use aws_sdk_kms::types::{AlgorithmSpec, ExpirationModelType, ImportType as SdkImportType, WrappingKeySpec as SdkSpec};
use aws_smithy_types::{Blob, DateTime};

use super::call::Call;
use super::client::Kms;
use super::error::KmsError;
use super::operation::Operation;
use super::recent_changes::Change;
use super::reply::Reply;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// What GetParametersForImport gives: one indivisible set, for one key, for 24 hours. [`ParameterSet`](crate::parameters::ParameterSet)
/// holds it checked.
pub struct Parameters {
    /// The key's ARN.
    pub key_arn: String,
    /// The wrapping public key: DER SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// The import token: opaque bytes, at most 6144, to be sent back with the key material.
    pub import_token: Vec<u8>,
    /// When the token and the public key expire (UTC), 24 hours after the call.
    pub valid_to: DateTime,
}

/// What ImportKeyMaterial takes.
pub struct Import<'a> {
    /// The key material, wrapped with the public key that came with the token: at most 6144 bytes.
    pub encrypted: &'a [u8],
    /// The import token.
    pub token: &'a [u8],
    /// ValidTo, at most 365 days ahead; `None` means KEY_MATERIAL_DOES_NOT_EXPIRE, which is always said expressly because KMS's default is
    /// the opposite.
    pub expires: Option<DateTime>,
    /// New or existing key material; for symmetric keys only.
    pub import_type: Option<ImportType>,
    /// The description of the key material: public, up to 256 characters, for symmetric keys only.
    pub description: Option<&'a str>,
    /// The key material that the bytes must be, as 64 hex digits; for symmetric keys only.
    pub key_material_id: Option<&'a str>,
    /// Not sent again after a lost reply.
    pub once: bool,
}

/// Whether the material is new to a symmetric key or comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportType {
    /// NEW_KEY_MATERIAL: it waits for rotation in a key that has key material.
    New,
    /// EXISTING_KEY_MATERIAL: the bytes were in the key before.
    Existing,
}

/// What ImportKeyMaterial answers.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The ARN of the key that took the key material.
    pub key_arn: String,
    /// The id of the key material, 64 hex digits; symmetric keys only.
    pub key_material_id: Option<String>,
}

impl Imported {
    /// The id of symmetric key material, which KMS always sends.
    pub(crate) fn known_id(&self) -> Result<String, KmsError> {
        Reply(Operation::ImportKeyMaterial).need("KeyMaterialId", self.key_material_id.clone())
    }
}

impl Kms {
    /// GetParametersForImport: takes a key id or ARN, no alias. KMS allows one call a second for each account and Region (developer guide,
    /// "Request quotas").
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn parameters(
        &self,
        key_arn: &str,
        algorithm: WrappingAlgorithm,
        spec: WrappingKeySpec,
    ) -> Result<Parameters, KmsError> {
        let operation = Operation::GetParametersForImport;
        let send = |client: aws_sdk_kms::Client| async move {
            let (algorithm, spec) = (AlgorithmSpec::from(algorithm.name()), SdkSpec::from(spec.name()));
            let request = client.get_parameters_for_import().key_id(key_arn);
            request.wrapping_algorithm(algorithm).wrapping_key_spec(spec).send().await
        };
        let answer = self.call(Call::new(operation, Some(key_arn)), send).await?;
        let reply = Reply(operation);
        Ok(Parameters {
            key_arn: reply.same_key(key_arn, answer.key_id())?,
            public_key: reply.bytes("PublicKey", answer.public_key)?,
            import_token: reply.bytes("ImportToken", answer.import_token)?,
            valid_to: reply.time("ParametersValidTo", answer.parameters_valid_to)?,
        })
    }

    /// ImportKeyMaterial: takes a key id or ARN, no alias. Repeating it with the same bytes does no harm.
    ///
    /// # Errors
    /// As every call of [`Kms`]. KMS refuses a blob that it cannot open as [`Reason::InvalidCiphertext`](super::Reason::InvalidCiphertext),
    /// and other bytes than the key had before as [`Reason::IncorrectKeyMaterial`](super::Reason::IncorrectKeyMaterial).
    pub async fn import(&self, key_arn: &str, import: &Import<'_>) -> Result<Imported, KmsError> {
        let operation = Operation::ImportKeyMaterial;
        let model = match import.expires {
            Some(_) => ExpirationModelType::KeyMaterialExpires,
            None => ExpirationModelType::KeyMaterialDoesNotExpire,
        };
        let kind = import.import_type.map(|kind| match kind {
            ImportType::New => SdkImportType::NewKeyMaterial,
            ImportType::Existing => SdkImportType::ExistingKeyMaterial,
        });
        let send = |client: aws_sdk_kms::Client| {
            let request = client
                .import_key_material()
                .key_id(key_arn)
                .import_token(Blob::new(import.token))
                .encrypted_key_material(Blob::new(import.encrypted))
                .expiration_model(model.clone())
                .set_valid_to(import.expires)
                .set_import_type(kind.clone())
                .set_key_material_description(import.description.map(str::to_owned))
                .set_key_material_id(import.key_material_id.map(str::to_owned));
            async move { request.send().await }
        };
        let mut call = Call::new(operation, Some(key_arn));
        call.repeatable &= !import.once;
        let answer = self.call(call, send).await?;
        let reply = Reply(operation);
        let imported = Imported {
            key_arn: reply.same_key(key_arn, answer.key_id())?,
            key_material_id: reply.material_id("KeyMaterialId", answer.key_material_id())?,
        };
        self.recent().changed(key_arn, Change::Imported);
        Ok(imported)
    }

    /// DeleteImportedKeyMaterial: takes a key id or ARN. Without the id of a key material it deletes the current one.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn delete_material(&self, key_arn: &str, key_material_id: Option<&str>) -> Result<(), KmsError> {
        let send = |client: aws_sdk_kms::Client| async move {
            let request = client.delete_imported_key_material().key_id(key_arn);
            request.set_key_material_id(key_material_id.map(str::to_owned)).send().await
        };
        self.call(Call::new(Operation::DeleteImportedKeyMaterial, Some(key_arn)), send).await.map(|_| ())
    }
}
