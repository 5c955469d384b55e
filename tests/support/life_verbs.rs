//! The verbs of a key's later life in the fault matrix: rotation, with and without replicas, and replication.

use std::fs;

use kms_byok::Error;
use kms_byok::kms::Kms;
use kms_byok::lifecycle::{self, Backup, Material, Replicate, Report, Rotate, Wrapping};
use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};

use super::fault_scene::{Runs, Scene, ended, given};
use super::verbs::GIVEN;

/// What a key is rotated to.
pub const NEXT: [u8; 32] =
    *b"\x8b\x52\xf0\x17\xc9\x3d\x66\xae\x04\xdb\x71\x98\x2f\xe5\x4a\xb3\x1c\xd7\x83\x60\xfa\x29\x95\x0e\xbe\x47\x78\xa1\x36\xcf\xe2\x5d";
pub const REPLICA_REGION: &str = "eu-west-1";

const WRAPPING: Wrapping =
    Wrapping { algorithm: WrappingAlgorithm::RsaesOaepSha256, key_spec: WrappingKeySpec::Rsa2048 };

pub async fn rotate(source: Option<Material>, kms: &Kms, runs: &Runs) -> Result<(), Error> {
    let key = kms.describe("alias/a").await?;
    let key_to_rotate = Rotate::new("alias/a");
    let plan = match source {
        Some(material) => key_to_rotate.material(material),
        None => key_to_rotate.resume(),
    };
    let plan = plan.wrapping(WRAPPING);
    ended(lifecycle::rotate(kms, &key, &plan, &runs.begin()).await)
}

pub fn next_given() -> Option<Material> {
    Some(Material::given(given("SYMMETRIC_DEFAULT", &NEXT)))
}

pub fn next_generated(scene: &Scene) -> Option<Material> {
    Some(Material::Generate(Backup::Keep(scene.path("copy"))))
}

/// What the report of a partial run with `--generate` names as the next command: the same bytes again, while it is not known
/// that KMS has them, and `--resume` from then on.
pub fn next_source(scene: &Scene, first: &Report) -> Option<Material> {
    let rotation = first.rotation.clone().unwrap_or_default();
    if rotation.new_key_material_id.is_some() && first.changed {
        return None;
    }
    match &first.kept {
        Some(kept) => Some(Material::given(given("SYMMETRIC_DEFAULT", &fs::read(kept).unwrap()))),
        None => next_generated(scene),
    }
}

pub async fn replicate(kms: &Kms, runs: &Runs) -> Result<(), Error> {
    let key = kms.describe("alias/a").await?;
    let plan = Replicate::new("alias/a", given("SYMMETRIC_DEFAULT", &GIVEN))
        .to(REPLICA_REGION.parse().unwrap())
        .alias(Some("alias/a".parse().unwrap()))
        .wrapping(WRAPPING);
    ended(lifecycle::replicate(kms, &key, &plan, &runs.begin()).await)
}
