//! What is done in each cell of the fault matrix, and what must be true when it is done.

use std::fs;

use kms_byok::escrow::{self, Recipient};
use kms_byok::kms::Kms;
use kms_byok::lifecycle::{
    self, Backup, CreateKey, ImportWrapped, KeyRequest, Material, PendingRequests, Provision, Trust, Wrapping,
};
use kms_byok::material::KeySpec;
use kms_byok::parameters::{ParameterSet, WrappedMaterial};
use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};
use kms_byok::{Error, Silent};
use openssl::pkey::PKey;

use super::fault_scene::{Ended, Runs, Scene, ended, given};
use super::life_verbs::{self, NEXT, next_generated, next_given, next_source};
use super::recipient;

/// A command that is run twice in each cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A new symmetric key, its plaintext kept.
    ProvisionKept,
    /// A new EC key, a copy in escrow.
    ProvisionEscrowed,
    /// An HMAC key from a file.
    ProvisionGiven,
    /// Into a key that an earlier run has made and named.
    ProvisionWaiting,
    /// What was wrapped before.
    Import,
    /// To bytes from a file.
    RotateGiven,
    /// To new bytes, whose plaintext is kept.
    RotateGenerated,
    /// A key with a replica.
    RotateReplicas,
    /// Into a second Region.
    Replicate,
}

const WRAPPING: Wrapping =
    Wrapping { algorithm: WrappingAlgorithm::RsaesOaepSha256, key_spec: WrappingKeySpec::Rsa2048 };

pub const GIVEN: [u8; 32] =
    *b"\x1e\xec\x03\xd3\x9e\x7a\x87\x6a\x59\x01\xe0\x5c\x7f\x2c\x73\xd6\xaf\x14\x79\x6d\x64\x64\x6f\x54\xf1\x76\xbc\xcc\x8f\x33\xed\x19";

impl Verb {
    pub const ALL: [Verb; 9] = [
        Verb::ProvisionKept,
        Verb::Import,
        Verb::RotateGiven,
        Verb::Replicate,
        Verb::ProvisionEscrowed,
        Verb::ProvisionGiven,
        Verb::ProvisionWaiting,
        Verb::RotateGenerated,
        Verb::RotateReplicas,
    ];
    /// One of each kind; the others differ from one of these in where the bytes come from, or in where they go.
    pub const FIRST: usize = 4;

    pub fn name(self) -> &'static str {
        match self {
            Verb::ProvisionKept => "provision --generate --keep",
            Verb::ProvisionEscrowed => "provision --generate --escrow",
            Verb::ProvisionGiven => "provision --material",
            Verb::ProvisionWaiting => "provision into a waiting key",
            Verb::Import => "import",
            Verb::RotateGiven => "rotate --material",
            Verb::RotateGenerated => "rotate --generate --keep",
            Verb::RotateReplicas => "rotate a key with a replica",
            Verb::Replicate => "replicate",
        }
    }

    pub fn spec(self) -> KeySpec {
        match self {
            Verb::ProvisionEscrowed => KeySpec::EccNistP256,
            Verb::ProvisionGiven => KeySpec::Hmac256,
            _ => KeySpec::SymmetricDefault,
        }
    }

    /// What stands before the first run.
    pub fn prepare(self, scene: &Scene) {
        match self {
            Verb::ProvisionEscrowed => recipient::place(&scene.directory),
            Verb::ProvisionWaiting => {
                let ended = scene
                    .run(async |kms, runs| ended(lifecycle::create_key(kms, &self.creation(), &runs.begin()).await));
                assert_eq!(ended.exit, 0, "{}", ended.said);
            }
            Verb::RotateGiven | Verb::RotateGenerated | Verb::RotateReplicas | Verb::Replicate => {
                self.provision_first(scene);
            }
            Verb::Import => {
                let ended = scene.run(async |kms, runs| self.wrap_for_import(scene, kms, runs).await);
                assert_eq!(ended.exit, 0, "{}", ended.said);
            }
            _ => {}
        }
        scene.way.heal();
    }

    pub async fn run(self, scene: &Scene, kms: &Kms, runs: &Runs) -> Result<(), Error> {
        match self {
            Verb::Import => return self.import(scene, kms, runs).await,
            Verb::RotateGiven | Verb::RotateReplicas => return life_verbs::rotate(next_given(), kms, runs).await,
            Verb::RotateGenerated => return life_verbs::rotate(next_generated(scene), kms, runs).await,
            Verb::Replicate => return life_verbs::replicate(kms, runs).await,
            _ => {}
        }
        let source = match self {
            Verb::ProvisionGiven => Material::given(given("HMAC_256", &GIVEN)),
            Verb::ProvisionEscrowed => Material::Generate(Backup::Escrow {
                recipients: vec![Recipient::read(&scene.path("recovery.pem")).unwrap()],
                out: scene.path("copy"),
            }),
            _ => Material::Generate(Backup::Keep(scene.path("copy"))),
        };
        self.provision(source, scene, kms, runs).await
    }

    /// Whether there is nothing to repeat: another `rotate --generate` is another rotation.
    pub fn is_done_once(self, first: &Ended) -> bool {
        self == Verb::RotateGenerated && first.exit == 0
    }

    /// The command that completes a run which ended like `first`: the same one, but where that would make new key material.
    pub async fn run_again(self, first: &Ended, scene: &Scene, kms: &Kms, runs: &Runs) -> Result<(), Error> {
        match self {
            Verb::RotateGenerated if first.exit != 1 => {
                life_verbs::rotate(next_source(scene, &first.report), kms, runs).await
            }
            _ => self.run(scene, kms, runs).await,
        }
    }

    async fn provision(self, source: Material, scene: &Scene, kms: &Kms, runs: &Runs) -> Result<(), Error> {
        let plan = Provision::of(self.request())
            .material(source)
            .wrapping(WRAPPING)
            .pending(PendingRequests { directory: Some(scene.path("state/kms-byok")), find_lost: None });
        ended(lifecycle::provision(kms, &plan, &runs.begin()).await)
    }

    fn creation(self) -> CreateKey {
        CreateKey::of(self.request())
    }

    fn request(self) -> KeyRequest {
        let spec = self.spec();
        KeyRequest {
            alias: Some("alias/a".parse().unwrap()),
            spec,
            usage: spec.usages()[0],
            description: None,
            policy: None,
            tags: Vec::new(),
            multi_region: matches!(self, Verb::RotateReplicas | Verb::Replicate),
        }
    }

    /// The key that is rotated or replicated, with its replica where it has one.
    fn provision_first(self, scene: &Scene) {
        let ended = scene.run(async |kms, runs| {
            let source = Material::given(given("SYMMETRIC_DEFAULT", &GIVEN));
            self.provision(source, scene, kms, runs).await?;
            if self == Verb::RotateReplicas { life_verbs::replicate(kms, runs).await } else { Ok(()) }
        });
        assert_eq!(ended.exit, 0, "{}", ended.said);
    }

    async fn wrap_for_import(self, scene: &Scene, kms: &Kms, runs: &Runs) -> Result<(), Error> {
        ended(lifecycle::create_key(kms, &self.creation(), &runs.begin()).await)?;
        let found = kms.describe("alias/a").await?;
        let key = Trust::default().vouch(kms, &found, "alias/a", &Silent).await?;
        let set = ParameterSet::get(kms, &key, self.spec(), WRAPPING, &Silent).await?;
        set.save(&scene.path("D"), false)?;
        set.wrap(&given("SYMMETRIC_DEFAULT", &GIVEN))?.save(&scene.path("D"), false)?;
        Ok(())
    }

    /// As the verb `import` does it.
    async fn import(self, scene: &Scene, kms: &Kms, runs: &Runs) -> Result<(), Error> {
        let wrapped = WrappedMaterial::load(&scene.path("D"))?;
        let run = runs.begin();
        let plan = ImportWrapped::set(wrapped);
        let key = plan.find(kms, &run).await?;
        ended(lifecycle::import(kms, &key, &plan, &run).await)
    }

    /// The same as a command line, and what stands on its standard input.
    pub fn words(self) -> (&'static str, &'static [u8]) {
        match self {
            Verb::ProvisionKept | Verb::ProvisionWaiting => {
                ("provision --alias alias/a --wrapping-key-spec RSA_2048 --generate --keep copy", b"")
            }
            Verb::ProvisionEscrowed => (
                "provision --alias alias/a --wrapping-key-spec RSA_2048 --wrapping-algorithm RSAES_OAEP_SHA_256 \
                 --key-spec ECC_NIST_P256 --generate --escrow recovery.pem --escrow-out copy",
                b"",
            ),
            Verb::ProvisionGiven => {
                ("provision --alias alias/a --wrapping-key-spec RSA_2048 --key-spec HMAC_256 --material -", &GIVEN)
            }
            Verb::Import => ("import --dir D", b""),
            Verb::RotateGiven | Verb::RotateReplicas => {
                ("rotate --key-id alias/a --wrapping-key-spec RSA_2048 --material -", &NEXT)
            }
            Verb::RotateGenerated => {
                ("rotate --key-id alias/a --wrapping-key-spec RSA_2048 --generate --keep copy", b"")
            }
            Verb::Replicate => (
                "replicate --key-id alias/a --to eu-west-1 --alias alias/a --wrapping-key-spec RSA_2048 --material -",
                &GIVEN,
            ),
        }
    }

    /// Every key that a file of the scene holds: the copy, and copies that were moved aside.
    pub fn copies(self, scene: &Scene) -> Vec<(String, Vec<u8>)> {
        match self {
            Verb::ProvisionGiven | Verb::Import | Verb::Replicate => return vec![("given".to_owned(), GIVEN.to_vec())],
            Verb::RotateGiven | Verb::RotateReplicas => return vec![("given".to_owned(), NEXT.to_vec())],
            _ => {}
        }
        let names = scene.names().into_iter().filter(|name| name.starts_with("copy"));
        let open = |name: String| {
            let path = scene.path(&name);
            let bytes = match self {
                Verb::ProvisionEscrowed => {
                    let recovery = PKey::private_key_from_pem(&fs::read(scene.path("recovery.key")).unwrap()).unwrap();
                    escrow::open(&path, &recovery).unwrap().expose().to_vec()
                }
                _ => fs::read(&path).unwrap(),
            };
            (name, bytes)
        };
        names.map(open).collect()
    }
}
