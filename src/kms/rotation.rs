//! Rotations of symmetric keys, and replicas of multi-Region keys.

use aws_sdk_kms::Client;
use aws_sdk_kms::operation::list_key_rotations::ListKeyRotationsOutput;
use aws_sdk_kms::types::{IncludeKeyMaterial, RotationsListEntry};
use aws_smithy_types::DateTime;

use super::call::Call;
use super::client::Kms;
use super::description::KeyDescription;
use super::error::KmsError;
use super::keys::tags;
use super::name::KmsName;
use super::operation::Operation;
use super::pages::Page;
use super::recent_changes::Change;
use super::region::Region;
use super::reply::Reply;
use super::state::{ImportState, MaterialState, RotationType};

/// One key material of a symmetric key, as ListKeyRotations shows it with ALL_KEY_MATERIAL.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// 64 hex digits. Absent only for keys that KMS does not show it for.
    pub key_material_id: Option<String>,
    /// The description that the importer gave it.
    pub description: Option<String>,
    /// Whether KMS has its bytes.
    pub import_state: Option<ImportState>,
    /// Whether the key encrypts with it; absent for keys that are not rotated.
    pub state: Option<MaterialState>,
    /// When it expires, if it does.
    pub expires: Option<DateTime>,
    /// When the key was rotated to it.
    pub rotated: Option<DateTime>,
    /// Absent for the first material and for pending ones.
    pub rotation_type: Option<KmsName<RotationType>>,
}

/// A key has 25 rotations on demand and some by years.
const MOST: usize = 10_000;

/// A replica to be made. KMS copies no policy, tags, description or alias from the primary.
#[derive(Clone, Debug)]
pub struct NewReplica {
    /// The Region of the replica.
    pub region: Region,
    /// The description: public, up to 8192 characters.
    pub description: Option<String>,
    /// The key policy as JSON; KMS's default if absent.
    pub policy: Option<String>,
    /// Names (1 to 128 characters) and values (up to 256) of the tags: public, at most 50.
    pub tags: Vec<(String, String)>,
}

impl Rotation {
    fn of(reply: Reply, entry: &RotationsListEntry) -> Result<Self, KmsError> {
        let import_state = entry.import_state().map(|state| reply.known("ImportState", state.as_str()));
        let state = entry.key_material_state().map(|state| reply.known("KeyMaterialState", state.as_str()));
        Ok(Rotation {
            key_material_id: reply.material_id("KeyMaterialId", entry.key_material_id())?,
            description: entry.key_material_description().map(str::to_owned),
            import_state: import_state.transpose()?,
            state: state.transpose()?,
            expires: entry.valid_to().copied(),
            rotated: entry.rotation_date().copied(),
            rotation_type: entry.rotation_type().map(|kind| KmsName::of(kind.as_str())),
        })
    }
}

impl Kms {
    /// ListKeyRotations, all pages, with every key material, the first and the pending among them. Takes a key id or ARN.
    ///
    /// # Errors
    /// As every call of [`Kms`], and [`KmsError::EndlessList`].
    pub async fn rotations(&self, key_arn: &str) -> Result<Vec<Rotation>, KmsError> {
        let operation = Operation::ListKeyRotations;
        let send = |client: Client, marker| {
            let request = client.list_key_rotations().key_id(key_arn).set_marker(marker);
            let request = request.include_key_material(IncludeKeyMaterial::AllKeyMaterial);
            async move { request.send().await }
        };
        let read = |page: ListKeyRotationsOutput| {
            let entry = |entry| Rotation::of(Reply(operation), entry);
            // Left out, it would pass for a key without key material.
            let listed = Reply(operation).need("Rotations", page.rotations)?;
            let items: Vec<Rotation> = listed.iter().map(entry).collect::<Result<_, _>>()?;
            let bytes = items.iter().map(|rotation| rotation.description.as_deref().map_or(0, str::len)).sum();
            Ok(Page { listed: items.len(), items, bytes, marker: page.next_marker, truncated: page.truncated })
        };
        self.list(Call::new(operation, Some(key_arn)), MOST, send, read).await
    }

    /// RotateKeyOnDemand, sent once: KMS allows 25 for each key, for ever. It returns when KMS has taken the request; the rotation goes on
    /// in the background.
    ///
    /// # Errors
    /// As every call of [`Kms`]. After [`KmsError::ReplyLost`] KMS may rotate.
    pub async fn rotate(&self, key_arn: &str) -> Result<(), KmsError> {
        let operation = Operation::RotateKeyOnDemand;
        let send =
            |client: aws_sdk_kms::Client| async move { client.rotate_key_on_demand().key_id(key_arn).send().await };
        let answer = self.call(Call::new(operation, Some(key_arn)), send).await?;
        Reply(operation).same_key(key_arn, answer.key_id())?;
        Ok(())
    }

    /// GetKeyRotationStatus: whether an on-demand rotation that was begun has not ended yet.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn rotation_in_progress(&self, key_arn: &str) -> Result<bool, KmsError> {
        let operation = Operation::GetKeyRotationStatus;
        let send =
            |client: aws_sdk_kms::Client| async move { client.get_key_rotation_status().key_id(key_arn).send().await };
        let answer = self.call(Call::new(operation, Some(key_arn)), send).await?;
        Ok(answer.on_demand_rotation_start_date().is_some())
    }

    /// ReplicateKey, sent once, in the primary's Region. The replica is Creating at first, and has no key material of its own.
    ///
    /// # Errors
    /// As every call of [`Kms`], and [`KmsError::Unsendable`] for tags that the SDK does not take. After [`KmsError::ReplyLost`] there may
    /// be a replica.
    pub async fn replicate(&self, key_arn: &str, new: &NewReplica) -> Result<KeyDescription, KmsError> {
        let operation = Operation::ReplicateKey;
        let tags = tags(&new.tags)?;
        let send = |client: aws_sdk_kms::Client| {
            let request = client
                .replicate_key()
                .key_id(key_arn)
                .replica_region(&*new.region)
                .set_description(new.description.clone())
                .set_policy(new.policy.clone())
                .set_tags((!tags.is_empty()).then(|| tags.clone()));
            async move { request.send().await }
        };
        let answer = self.call(Call::new(operation, Some(key_arn)), send).await?;
        let replica = KeyDescription::of(Reply(operation), answer.replica_key_metadata)?;
        Reply(operation).same_key(key_arn, Some(&replica.arn))?;
        if *replica.arn.region() != new.region {
            let (asked, answered) = (new.region.to_string(), replica.arn.to_string());
            return Err(KmsError::OtherKey { operation, asked, answered });
        }
        self.recent().changed(&replica.arn, Change::Replicated);
        self.note_date(&replica);
        Ok(replica)
    }
}
