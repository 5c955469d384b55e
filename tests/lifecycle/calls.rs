//! The calls of each verb, one by one: none asks KMS again what it has just told, and a run takes the time of its calls and no more.

use std::fmt::Debug;
use std::time::Duration;

use kms_byok::kms::{Connection, Kms};
use kms_byok::lifecycle::{KeyRequest, PendingRequests};
use kms_byok::material::{KeyMaterial, KeySpec, NoPassphrase};
use kms_byok::proof::Level;
use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};
use kms_byok::{
    CreateKey, DeleteMaterial, GetParameters, ImportWrapped, Material, Provision, Replicate, Rotate, Secret, Status,
    Verify, Wrapping,
};
use tokio::time::Instant;

use crate::support;
use crate::support::in_runtime::InRuntime;

const WRAPPING: Wrapping =
    Wrapping { algorithm: WrappingAlgorithm::RsaesOaepSha256, key_spec: WrappingKeySpec::Rsa2048 };

/// An embedded KMS that takes 100 ms for each call.
fn far_away() -> InRuntime {
    InRuntime::new(&["*:always:latency=100ms"], Connection::default())
}

fn material(seed: u8) -> KeyMaterial {
    let bytes = Secret::copy(&support::material(seed)).unwrap();
    KeyMaterial::read(bytes, KeySpec::SymmetricDefault, None, &mut NoPassphrase).unwrap()
}

fn given(seed: u8) -> Material {
    Material::given(material(seed))
}

/// What a run asks for, and how long it takes.
async fn asked<T, E: Debug>(runtime: &InRuntime, run: impl AsyncFnOnce(Kms) -> Result<T, E>) -> (String, Duration) {
    let client = runtime.connect(None);
    let begun = Instant::now();
    run(client.kms.clone()).await.unwrap();
    (client.calls_in_regions().join(" "), begun.elapsed())
}

/// Those calls, one after another, and `+` where KMS is given 100 ms to do what it was asked for.
#[track_caller]
fn are((calls, took): (String, Duration), expected: &str) {
    let steps: Vec<&str> = expected.split_whitespace().collect();
    let expected: Vec<&str> = steps.iter().copied().filter(|step| *step != "+").collect();
    assert_eq!(calls, expected.join(" "));
    assert_eq!(took, Duration::from_millis(100) * steps.len() as u32, "{calls}");
}

async fn key(runtime: &InRuntime, multi_region: bool) {
    let mut request = KeyRequest::new(Some("alias/a".parse().unwrap()));
    request.multi_region = multi_region;
    let plan = Provision::of(request).material(given(1)).wrapping(WRAPPING).pending(PendingRequests::default());
    asked(runtime, async |kms| plan.run(&kms).await).await;
}

#[tokio::test(start_paused = true)]
async fn a_rotation_looks_once_before_it_changes_anything_and_once_afterwards() {
    let runtime = far_away();
    key(&runtime, false).await;
    let rotate = |seed| Rotate::new("alias/a").material(given(seed)).wrapping(WRAPPING);
    let plan = rotate(2);
    are(
        asked(&runtime, async |kms| plan.run(&kms).await).await,
        "DescribeKey GetKeyPolicy ListGrants GetKeyRotationStatus ListKeyRotations GetParametersForImport ImportKeyMaterial
         ListKeyRotations RotateKeyOnDemand DescribeKey + DescribeKey Encrypt Decrypt",
    );
    // The bytes are current already: KMS refuses them as new ones, and takes them as existing ones.
    let plan = rotate(2);
    are(
        asked(&runtime, async |kms| plan.run(&kms).await).await,
        "DescribeKey GetKeyPolicy ListGrants GetKeyRotationStatus ListKeyRotations GetParametersForImport ImportKeyMaterial
         ListKeyRotations GetParametersForImport ImportKeyMaterial DescribeKey Encrypt Decrypt",
    );
    let plan = Rotate::new("alias/a").resume();
    are(
        asked(&runtime, async |kms| plan.run(&kms).await).await,
        "DescribeKey GetKeyPolicy ListGrants GetKeyRotationStatus ListKeyRotations Encrypt Decrypt",
    );
    let plan = rotate(3).verify(Level::Full);
    are(
        asked(&runtime, async |kms| plan.run(&kms).await).await,
        "DescribeKey GetKeyPolicy ListGrants GetKeyRotationStatus ListKeyRotations GetParametersForImport ImportKeyMaterial
         ListKeyRotations RotateKeyOnDemand DescribeKey + DescribeKey Encrypt Decrypt
         ListKeyRotations GetParametersForImport ImportKeyMaterial DescribeKey",
    );
}

#[tokio::test(start_paused = true)]
async fn a_replication_and_a_rotation_in_two_regions_look_once_at_each_key() {
    let runtime = far_away();
    key(&runtime, true).await;
    let replicate = || {
        Replicate::new("alias/a", material(1))
            .to("eu-west-1".parse().unwrap())
            .alias(Some("alias/a".parse().unwrap()))
            .wrapping(WRAPPING)
    };
    let plan = replicate();
    are(
        asked(&runtime, async |kms| plan.run(&kms).await).await,
        "DescribeKey GetKeyPolicy ListGrants ListKeyRotations DescribeKey@eu-west-1 ReplicateKey DescribeKey@eu-west-1 + DescribeKey@eu-west-1
         CreateAlias@eu-west-1 GetParametersForImport@eu-west-1 ImportKeyMaterial@eu-west-1 DescribeKey@eu-west-1
         Encrypt@eu-west-1 Decrypt@eu-west-1 Encrypt Decrypt@eu-west-1",
    );
    // The replica, and what its alias names.
    let plan = replicate();
    are(
        asked(&runtime, async |kms| plan.run(&kms).await).await,
        "DescribeKey GetKeyPolicy ListGrants ListKeyRotations DescribeKey@eu-west-1 DescribeKey@eu-west-1
         Encrypt@eu-west-1 Decrypt@eu-west-1 Encrypt Decrypt@eu-west-1",
    );
    let plan = Rotate::new("alias/a").material(given(2)).wrapping(WRAPPING);
    are(
        asked(&runtime, async |kms| plan.run(&kms).await).await,
        "DescribeKey GetKeyPolicy ListGrants DescribeKey@eu-west-1 GetKeyPolicy@eu-west-1 ListGrants@eu-west-1
         GetKeyRotationStatus ListKeyRotations GetParametersForImport ImportKeyMaterial
         GetParametersForImport@eu-west-1 ImportKeyMaterial@eu-west-1 ListKeyRotations RotateKeyOnDemand DescribeKey + DescribeKey Encrypt Decrypt
         DescribeKey@eu-west-1 Encrypt@eu-west-1 Decrypt@eu-west-1",
    );
}

#[tokio::test(start_paused = true)]
async fn the_other_verbs_ask_nothing_twice_either() {
    let runtime = far_away();
    let create = CreateKey::of(KeyRequest::new(Some("alias/a".parse().unwrap()))).pending(PendingRequests::default());
    asked(&runtime, async |kms| create.run(&kms).await).await;
    let provision = || {
        Provision::new("alias/a".parse().unwrap())
            .material(given(1))
            .wrapping(WRAPPING)
            .pending(PendingRequests::default())
    };
    let plan = provision();
    let (calls, _) = asked(&runtime, async |kms| plan.run(&kms).await).await;
    assert_eq!(
        calls,
        "DescribeKey GetKeyPolicy ListGrants GetParametersForImport ImportKeyMaterial DescribeKey Encrypt Decrypt"
    );
    let plan = provision().verify(Level::Full);
    are(
        asked(&runtime, async |kms| plan.run(&kms).await).await,
        "DescribeKey Encrypt Decrypt GetKeyPolicy ListGrants ListKeyRotations GetParametersForImport ImportKeyMaterial DescribeKey",
    );
    are(
        asked(&runtime, async |kms| Verify::new("alias/a", material(1)).run(&kms).await).await,
        "DescribeKey GetKeyPolicy ListGrants Encrypt Decrypt ListKeyRotations GetParametersForImport ImportKeyMaterial DescribeKey",
    );
    are(asked(&runtime, async |kms| Status::of("alias/a").run(&kms).await).await, "DescribeKey ListKeyRotations");
    are(
        asked(&runtime, async |kms| DeleteMaterial::new("alias/a").run(&kms).await).await,
        "DescribeKey ListKeyRotations ListAliases GetKeyLastUsage DeleteImportedKeyMaterial DescribeKey",
    );
    let client = runtime.connect(None);
    let set = GetParameters::new("alias/a").wrapping(WRAPPING).run(&client.kms).await.unwrap();
    assert_eq!(client.calls().join(" "), "DescribeKey GetKeyPolicy ListGrants GetParametersForImport");
    let import = ImportWrapped::set(set.wrap(&material(1)).unwrap());
    let (calls, _) = asked(&runtime, async |kms| import.run(&kms).await).await;
    assert_eq!(calls, "DescribeKey GetKeyPolicy ListGrants ImportKeyMaterial DescribeKey Encrypt Decrypt");
}
