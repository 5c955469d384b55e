//! What is done in each cell of the fault matrix, and what must be true when it is done.
#![allow(dead_code, unreachable_pub)] // each test program uses a part of it
#![allow(clippy::unwrap_used)] // a helper that fails is a test that fails

use std::fs;

use kms_byok::Error;
use kms_byok::ceremony::{
    self, Copy, ImportOptions, Journal, KeyRequest, Memory, ParameterSet, Provision, Source, WrappedMaterial,
};
use kms_byok::escrow::{self, Recipient};
use kms_byok::kms::Kms;
use kms_byok::material::KeySpec;
use kms_byok::moment::Expiry;
use kms_byok::proof::{self, Level, Subject};
use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};
use openssl::pkey::PKey;

use super::certificate;
use super::fault_scene::{Scene, given};

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
}

pub const GIVEN: [u8; 32] = *b"thirty-two bytes of key material";

impl Verb {
    pub const ALL: [Verb; 5] =
        [Verb::ProvisionKept, Verb::ProvisionEscrowed, Verb::ProvisionGiven, Verb::ProvisionWaiting, Verb::Import];

    pub fn name(self) -> &'static str {
        match self {
            Verb::ProvisionKept => "provision --generate --keep",
            Verb::ProvisionEscrowed => "provision --generate --escrow",
            Verb::ProvisionGiven => "provision --material",
            Verb::ProvisionWaiting => "provision into a waiting key",
            Verb::Import => "import",
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
            Verb::ProvisionEscrowed => certificate::place(&scene.directory),
            Verb::ProvisionWaiting => {
                let ended = scene.run(async |kms, journal| {
                    ceremony::create_key(kms, &self.request(), &Memory::default(), None, journal).await
                });
                assert_eq!(ended.exit, 0, "{}", ended.said);
            }
            Verb::Import => {
                let ended = scene.run(async |kms, journal| self.wrap_for_import(scene, kms, journal).await);
                assert_eq!(ended.exit, 0, "{}", ended.said);
            }
            _ => {}
        }
        scene.way.heal();
    }

    pub async fn run(self, scene: &Scene, kms: &Kms, journal: &Journal) -> Result<(), Error> {
        if self == Verb::Import {
            return self.import(scene, kms, journal).await;
        }
        let source = match self {
            Verb::ProvisionGiven => Source::Given(given("HMAC_256", &GIVEN)),
            Verb::ProvisionEscrowed => Source::Generate(Copy::Escrow {
                recipients: vec![Recipient::read(&scene.path("recovery.pem")).unwrap()],
                out: scene.path("copy"),
            }),
            _ => Source::Generate(Copy::Keep(scene.path("copy"))),
        };
        let plan = Provision {
            request: self.request(),
            source,
            algorithm: WrappingAlgorithm::RsaesOaepSha256,
            wrapping: WrappingKeySpec::Rsa2048,
            expiry: Expiry::Never,
            material_description: None,
            level: Level::Use,
            memory: Memory { directory: Some(scene.path("state/kms-byok")), find_lost: None },
            adopt: None,
        };
        ceremony::provision(kms, &plan, journal).await
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
            multi_region: false,
        }
    }

    async fn wrap_for_import(self, scene: &Scene, kms: &Kms, journal: &Journal) -> Result<(), Error> {
        ceremony::create_key(kms, &self.request(), &Memory::default(), None, journal).await?;
        let key = kms.describe("alias/a").await?;
        let (algorithm, wrapping) = (WrappingAlgorithm::RsaesOaepSha256, WrappingKeySpec::Rsa2048);
        let set = ParameterSet::get(kms, &key, self.spec(), algorithm, wrapping, journal).await?;
        set.save(&scene.path("D"), false)?;
        set.wrap(&given("SYMMETRIC_DEFAULT", &GIVEN))?.save(&scene.path("D"), false)?;
        Ok(())
    }

    /// As the verb `import` does it.
    async fn import(self, scene: &Scene, kms: &Kms, journal: &Journal) -> Result<(), Error> {
        let wrapped = WrappedMaterial::load(&scene.path("D"))?;
        let key = kms.describe(wrapped.key_arn()).await?;
        journal.begin(kms, &key);
        let imported = ceremony::import_set(kms, &key, &wrapped, &ImportOptions::default(), journal).await?;
        let subject = Subject::new(kms, &key, None, imported.key_material_id.as_deref())?;
        ceremony::conclude(proof::prove(&subject, Level::Use).await?, journal)
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
        }
    }

    /// Every key that a file of the scene holds: the copy, and copies that were moved aside.
    pub fn copies(self, scene: &Scene) -> Vec<(String, Vec<u8>)> {
        match self {
            Verb::ProvisionGiven | Verb::Import => return vec![("given".to_owned(), GIVEN.to_vec())],
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
