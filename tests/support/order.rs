//! What a user asks for, as a value, and what becomes of it when `next` is followed: no command line is between.

use std::fmt;
use std::path::{Path, PathBuf};

use kms_byok::escrow::{self, Recipient};
use kms_byok::kms::{ImportType, KeyArn};
use kms_byok::lifecycle::{
    Backup, BackupForm, FindLost, GoOn, KeyRequest, Material, Next, PendingRequests, StoredBackup, Trust, Wrapping,
};
use kms_byok::material::{Format, KeyMaterial, KeySpec, NoPassphrase};
use kms_byok::proof::Level;
use kms_byok::wrap::WrappingKeySpec;
use kms_byok::{Error, Secret, Silent};
use openssl::pkey::PKey;

pub const ALIAS: &str = "alias/a";
pub const BACKUP: &str = "copy";
pub const GIVEN: &str = "given";
pub const PARAMETERS: &str = "parameters";

/// A verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Provision,
    CreateKey,
    /// `get-parameters` and `wrap`.
    Wrap,
    Import,
    Rotate,
    Replicate,
    DeleteMaterial,
    Verify,
}

/// Where the key material comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Keep,
    Escrow,
    Discard,
    /// The same, unless key material waits for rotation.
    DiscardOrResume,
    /// The file that the user has.
    Given,
    /// The same bytes, which the user gives again each time.
    Stdin,
    /// What a run has stored.
    Stored(StoredBackup),
    /// None: what is in the key already.
    Resume,
}

/// Everything that a command line would say.
#[derive(Clone, Debug)]
pub struct Order {
    pub verb: Verb,
    pub spec: KeySpec,
    pub source: Source,
    pub level: Level,
    pub directory: PathBuf,
    /// The key, where a report has named it.
    pub key: Option<KeyArn>,
    /// The request whose key is looked for.
    pub lost: Option<String>,
    pub import_type: Option<ImportType>,
    /// As new where KMS refuses it as that type.
    pub or_new: bool,
    pub multi_region: bool,
    /// The key material that is deleted, where it is not the only one.
    pub material_id: Option<String>,
}

/// What follows a run that did not end well.
#[derive(Debug)]
pub enum Then {
    /// A look at the key: everything is done.
    Look,
    Run(Box<Order>),
    /// The key material that waits in that key is deleted first.
    TakeBack(KeyArn, String, Box<Order>),
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {:?}", self.verb, self.spec, self.source)
    }
}

impl Order {
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The order that completes this one; nothing where no command would be printed.
    pub fn then(&self, next: &Next) -> Option<Then> {
        let mut order = Box::new(self.clone());
        Some(match next.clone() {
            Next::Nothing => return None,
            Next::Again { key_arn, .. } => {
                order.key = order.key.or(key_arn);
                Then::Run(order)
            }
            Next::FindLost { request } => {
                order.lost = Some(request);
                Then::Run(order)
            }
            Next::GoOn(GoOn::WithBackup { backup, key_arn }) => {
                order.key = Some(key_arn);
                order.source = Source::Stored(backup);
                Then::Run(order)
            }
            Next::GoOn(GoOn::Resume { key_arn }) => {
                order.key = Some(key_arn);
                order.source = Source::Resume;
                Then::Run(order)
            }
            Next::ResumeOrAgain { key_arn } => {
                order.key = Some(key_arn);
                order.source = Source::DiscardOrResume;
                Then::Run(order)
            }
            Next::GoOn(GoOn::Status { .. }) => Then::Look,
            Next::GoOn(GoOn::Switch { .. }) => panic!("no order here rotates by alias"),
            Next::AsExisting { perhaps } => {
                order.or_new |= perhaps && order.import_type == Some(ImportType::New);
                order.import_type = order.import_type.map(|_| ImportType::Existing);
                Then::Run(order)
            }
            Next::TakeBack { key_arn, key_material_id } => {
                order.key = Some(key_arn.clone());
                Then::TakeBack(key_arn, key_material_id, order)
            }
        })
    }

    /// The key material; nothing for what is in the key already.
    pub fn material(&self) -> Result<Option<Material>, Error> {
        let out = self.path(BACKUP);
        let generated = |backup| Ok(Some(Material::generate().backup(backup)));
        match &self.source {
            Source::Keep => generated(Backup::Keep(out)),
            Source::Escrow => {
                let recipients = vec![Recipient::read(&self.path("recovery.pem"))?];
                generated(Backup::Escrow { recipients, out })
            }
            Source::Discard | Source::DiscardOrResume => generated(Backup::Discard),
            Source::Given | Source::Stdin | Source::Stored(_) => Ok(Some(Material::given(self.given()?))),
            Source::Resume => Ok(None),
        }
    }

    /// The key material that the user has; it is there.
    pub fn given(&self) -> Result<KeyMaterial, Error> {
        match &self.source {
            Source::Given => read(&self.path(GIVEN), self.spec),
            Source::Stdin => understood(Secret::take(std::fs::read(self.path(GIVEN)).unwrap())?, self.spec),
            Source::Stored(backup) => stored(backup, self.spec, &self.directory),
            _ => panic!("{self} is given no key material"),
        }
    }

    /// The key material, generated and stored where that is asked for.
    pub fn made(&self) -> Result<KeyMaterial, Error> {
        match self.material()? {
            Some(Material::Generate(backup)) => {
                let material = KeyMaterial::generate(self.spec)?;
                backup.store(&material, &Silent)?;
                Ok(material)
            }
            _ => self.given(),
        }
    }

    pub fn request(&self) -> KeyRequest {
        let request = KeyRequest::new(Some(ALIAS.parse().unwrap())).key_spec(self.spec);
        KeyRequest { multi_region: self.multi_region, ..request }
    }

    pub fn pending(&self) -> PendingRequests {
        let find_lost = self.lost.clone().map(FindLost::Request);
        PendingRequests { directory: Some(self.path("state")), find_lost }
    }

    /// A small wrapping key, which is made once in a test program.
    pub fn wrapping(&self) -> Wrapping {
        // OAEP with the smallest one carries 190 bytes, and a private key on P-521 has 241.
        let key_spec =
            if self.spec == KeySpec::EccNistP521 { WrappingKeySpec::Rsa3072 } else { WrappingKeySpec::Rsa2048 };
        Wrapping { key_spec, ..Wrapping::default_for(self.spec) }
    }

    /// As `--key-id`, which is the alias until a report has named the key.
    pub fn named(&self) -> String {
        self.key.as_ref().map_or_else(|| ALIAS.to_owned(), ToString::to_string)
    }

    pub fn trust(&self) -> Trust {
        Trust { key: Some(self.named()), ..Trust::default() }
    }
}

/// The bytes of a file.
pub fn read(path: &Path, spec: KeySpec) -> Result<KeyMaterial, Error> {
    understood(Secret::read_file("key material file", path, KeyMaterial::READ_LIMIT)?, spec)
}

/// The bytes that a backup holds.
pub fn stored(backup: &StoredBackup, spec: KeySpec, directory: &Path) -> Result<KeyMaterial, Error> {
    match &backup.form {
        BackupForm::Plaintext => read(&backup.path, spec),
        BackupForm::Escrow(_) => opened(&backup.path, spec, directory),
        BackupForm::Token(object) => panic!("{object} shows its bytes to nobody"),
    }
}

/// The bytes in an escrow file.
pub fn opened(path: &Path, spec: KeySpec, directory: &Path) -> Result<KeyMaterial, Error> {
    let key = PKey::private_key_from_pem(&std::fs::read(directory.join("recovery.key")).unwrap()).unwrap();
    understood(escrow::open(path, &key)?, spec)
}

fn understood(bytes: Secret, spec: KeySpec) -> Result<KeyMaterial, Error> {
    let format = if spec.is_private_key() { Format::Der } else { Format::Raw };
    Ok(KeyMaterial::read(bytes, spec, Some(format), &mut NoPassphrase)?)
}
