//! The library as another program uses it: each verb is a value with the defaults of the command line, and runs against a client.

use kms_byok::kms::{KeyState, Kms};
use kms_byok::lifecycle::{KeyRequest, NamedKey};
use kms_byok::material::{KeyMaterial, KeySpec, NoPassphrase};
use kms_byok::proof::Outcome;
use kms_byok::rehearsal::{Server, Settings};
use kms_byok::{
    Backup, BareImport, CreateKey, DeleteMaterial, GetParameters, ImportWrapped, Material, Next, Provision, Replicate,
    Rotate, Secret, Status, Trust, Verify,
};

use crate::support;

fn material(seed: u8) -> KeyMaterial {
    let bytes = Secret::copy(&support::material(seed)).unwrap();
    KeyMaterial::read(bytes, KeySpec::SymmetricDefault, None, &mut NoPassphrase).unwrap()
}

fn embedded(faults: &[&str]) -> (Server, Kms) {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let server = Server::start(Settings { faults, ..Settings::default() }).unwrap();
    let kms = server.client();
    (server, kms)
}

#[tokio::test]
async fn a_key_lives_its_whole_life_by_builders_alone() {
    let (_server, kms) = embedded(&[]);
    let named = || "alias/a".parse().unwrap();
    let made = Provision::new(named()).material(Material::given(material(1))).run(&kms).await.unwrap();
    assert_eq!((made.key.state, made.facts.changed), (KeyState::Enabled, true));

    let same = Verify::new("alias/a", material(1)).run(&kms).await.unwrap();
    assert_eq!(same.proof.outcome(), Outcome::Proven);
    let others = Verify::new("alias/a", material(2)).run(&kms).await.unwrap();
    assert_eq!(others.proof.outcome(), Outcome::Contradicted);

    let rotated = Rotate::new("alias/a").material(Material::given(material(2))).run(&kms).await.unwrap();
    assert!(rotated.facts.changed);
    let seen = Status::of("alias/a").run(&kms).await.unwrap();
    assert_eq!((seen.key.materials.len(), seen.key.rotations_left), (2, Some(24)));

    let current = seen.key.key_material_id.clone();
    let deleted = DeleteMaterial::new("alias/a").key_material_id(current.clone()).run(&kms).await.unwrap();
    assert_eq!((deleted.named.key.state, &deleted.material_id), (KeyState::PendingImport, &current));
    let nothing = DeleteMaterial::new("alias/a").key_material_id(current).run(&kms).await.unwrap();
    assert!(!nothing.facts.changed);

    let set = GetParameters::new("alias/a").run(&kms).await.unwrap();
    let back = ImportWrapped::set(set.wrap(&material(2)).unwrap()).run(&kms).await.unwrap();
    assert_eq!(back.key.state, KeyState::Enabled);
    assert_eq!(Status::new().run(&kms).await.unwrap().keys.len(), 1);
    assert!(Status::new().alias_prefix(Some("alias/b".to_owned())).run(&kms).await.unwrap().keys.is_empty());
}

#[tokio::test]
async fn a_multi_region_key_is_replicated_by_a_builder() {
    let (_server, kms) = embedded(&[]);
    let mut request = KeyRequest::new(Some("alias/a".parse().unwrap()));
    request.multi_region = true;
    Provision::of(request).material(Material::given(material(1))).run(&kms).await.unwrap();
    let done = Replicate::new("alias/a", material(1)).to("eu-west-1".parse().unwrap()).run(&kms).await.unwrap();
    assert!(done.facts.changed);
    let seen = Status::of("alias/a").run(&kms).await.unwrap();
    assert_eq!(seen.other_regions[0].key_state, KeyState::Enabled);
}

#[tokio::test]
async fn bare_files_are_imported_by_a_builder() {
    let (_server, kms) = embedded(&[]);
    let directory = tempfile::tempdir().unwrap();
    CreateKey::new("alias/a".parse().unwrap()).run(&kms).await.unwrap();
    let set = GetParameters::new("alias/a").run(&kms).await.unwrap();
    set.save(directory.path(), false).unwrap();
    set.wrap(&material(1)).unwrap().save(directory.path(), false).unwrap();
    let file = |name: &str| directory.path().join(name);
    let bare = BareImport::load(&file("EncryptedKeyMaterial.bin"), &file("ImportToken.bin")).unwrap();
    let done = ImportWrapped::bare("alias/a", bare).trust(Trust::default()).run(&kms).await.unwrap();
    assert_eq!(done.key.state, KeyState::Enabled);
}

#[tokio::test]
async fn an_interrupted_run_holds_the_error_what_stands_and_what_completes_it() {
    let (_server, kms) = embedded(&["GetParametersForImport:always:error=AccessDeniedException"]);
    let plan = Provision::new("alias/a".parse().unwrap()).material(Material::generate().backup(Backup::Discard));
    let interrupted = plan.run(&kms).await.unwrap_err();
    assert_eq!((interrupted.error.id(), interrupted.changed, interrupted.in_doubt), ("access_denied", true, None));
    let key: NamedKey = interrupted.reached.key().unwrap().clone();
    assert_eq!(key.key.state, KeyState::PendingImport);
    let Next::Again { key_arn, .. } = interrupted.account().next else { panic!("{interrupted:?}") };
    assert_eq!(key_arn, Some(key.key.arn));
}

#[tokio::test]
async fn create_key_without_an_alias_leaves_nothing_to_complete_once_the_key_is_made() {
    let (_server, kms) = embedded(&["DescribeKey:always:error=AccessDeniedException"]);
    let unnamed = CreateKey::of(KeyRequest::new(None)).run(&kms).await.unwrap_err();
    assert_eq!((unnamed.error.id(), unnamed.changed), ("access_denied", true));
    assert_eq!(unnamed.account().next, Next::Nothing);
    // A run that wants more goes on with it.
    let (_server, kms) = embedded(&["GetParametersForImport:always:error=AccessDeniedException"]);
    let plan = Provision::of(KeyRequest::new(None)).material(Material::generate().backup(Backup::Discard));
    let provisioned = plan.run(&kms).await.unwrap_err();
    assert!(matches!(provisioned.account().next, Next::Again { key_arn: Some(_), .. }), "{provisioned:?}");
}
