//! Everything that is at hand when an import is to be explained.

use std::path::{Path, PathBuf};

use aws_smithy_types::DateTime;
use openssl::pkey::{PKey, Private};

use super::answer::{Key, Said};
use super::causes::{FileCause, ParametersCause};
use super::claims::Claims;
use super::commands::{Commands, word};
use super::finding::Findings;
use super::item::{Item, LIMIT};
use super::name::{Name, Role};
use super::openssl_cli::OpenSslCommand;
use crate::files::FileError;
use crate::material::{Format, KeySpec};
use crate::parameters::{ENCRYPTED_FILE, PARAMETERS_FILE, bare};
use crate::secret::Secret;
use crate::time;
use crate::wrap::WrapError;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// What the user has named. A file named here comes before one of the directory; `key` is an id, an ARN or an alias, and what is `None` is
/// taken from `parameters.json` where there is one.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Named {
    /// A parameter directory, or one with files of the recipe's names: `PublicKey.bin`, `ImportToken.bin`, `EncryptedKeyMaterial.bin`.
    pub directory: Option<PathBuf>,
    pub public_key: Option<PathBuf>,
    pub import_token: Option<PathBuf>,
    pub encrypted: Option<PathBuf>,
    /// How the key material is written, if it is not to be wrapped as it is.
    pub material_format: Option<Format>,
    pub key: Option<String>,
    pub region: Option<String>,
    pub spec: Option<KeySpec>,
    pub algorithm: Option<WrappingAlgorithm>,
    pub wrapping: Option<WrappingKeySpec>,
}

/// Everything at hand. [`Hand::gather`] reads the files, the `set_` methods add what else is known, and [`Hand::diagnose`] looks at it all.
pub struct Hand {
    pub(super) named: Named,
    pub(super) public_key: Option<Item>,
    pub(super) token: Option<Item>,
    pub(super) encrypted: Option<Item>,
    pub(super) material: Option<Item>,
    /// What opens encrypted key material, and the file that it came from.
    pub(super) passphrase: Option<(PathBuf, Secret)>,
    pub(super) claims: Option<Claims>,
    pub(super) private_key: Option<(Name, PKey<Private>)>,
    pub(super) key: Key,
    pub(super) said: Option<Said>,
    pub(super) openssl: Option<OpenSslCommand>,
    /// This process has wrapped the key material itself, and set both hashes.
    pub(super) wrapped_here: bool,
    pub(super) now: DateTime,
    /// What reading the files has shown already.
    pub(super) read: Findings,
}

impl Hand {
    /// Reads the files. One that the user has named must be readable; one of the directory may be broken in any way, which is a cause and
    /// no error.
    ///
    /// # Errors
    /// [`WrapError::File`] for a directory that is none, for a named file that cannot be read, and for a directory with several files of
    /// one kind.
    pub fn gather(named: Named) -> Result<Self, WrapError> {
        let mut hand = Hand::empty(named);
        let named = hand.named.clone();
        if let Some(directory) = &named.directory {
            hand.read_directory(directory)?;
        }
        let files = [
            (Role::PublicKey, &named.public_key),
            (Role::ImportToken, &named.import_token),
            (Role::Encrypted, &named.encrypted),
        ];
        for (role, path) in files {
            if let Some(path) = path {
                let item = hand.keep(role, path, Item::read(role, path), false)?;
                hand.place(role, item);
            }
        }
        Ok(hand)
    }

    pub(super) fn empty(named: Named) -> Self {
        Hand {
            named,
            public_key: None,
            token: None,
            encrypted: None,
            material: None,
            passphrase: None,
            claims: None,
            private_key: None,
            key: Key::NotAsked,
            said: None,
            openssl: None,
            wrapped_here: false,
            now: time::now(),
            read: Findings::default(),
        }
    }

    /// The key material, as it was read from a file or from standard input (`-`). An empty file, or one that is too large, is a cause and
    /// no error.
    ///
    /// # Errors
    /// [`WrapError::File`] where it cannot be read.
    pub fn set_material(&mut self, path: &Path, read: Result<Secret, FileError>) -> Result<(), WrapError> {
        let read = read.and_then(|bytes| Item::new(Name::of(Role::Material, path), bytes, None));
        self.material = self.keep(Role::Material, path, read, false)?;
        Ok(())
    }

    /// The passphrase of encrypted key material, from that file.
    pub fn set_passphrase(&mut self, path: &Path, passphrase: Secret) {
        self.passphrase = Some((path.to_owned(), passphrase));
    }

    /// The private key of a throw-away wrapping key, to open the wrapped key material with, as in a rehearsal. KMS's own never leaves KMS.
    pub fn set_private_key(&mut self, path: &Path, key: PKey<Private>) {
        self.private_key = Some((Name::of(Role::PrivateKey, path), key));
    }

    /// What KMS says about the key.
    pub fn set_key(&mut self, key: Key) {
        self.key = key;
    }

    /// What time it is by KMS's clock, by which import tokens expire; this machine's otherwise.
    pub fn set_now(&mut self, now: DateTime) {
        self.now = now;
    }

    /// What KMS said about the import.
    pub fn set_said(&mut self, said: Said) {
        self.said = Some(said);
    }

    /// What the `openssl` on PATH does.
    pub fn set_openssl(&mut self, openssl: Option<OpenSslCommand>) {
        self.openssl = openssl;
    }

    /// The key to ask KMS about: the one named (an id, an ARN or an alias), or the ARN in the parameter file.
    pub fn key(&self) -> Option<&str> {
        self.named.key.as_deref().or_else(|| self.claims.as_ref()?.key_arn.as_deref())
    }

    /// The URL of the endpoint that the parameters came from, when it is not AWS's.
    pub fn endpoint(&self) -> Option<&str> {
        self.claims.as_ref()?.endpoint.as_deref()
    }

    /// The Region of that key, where its ARN names it, as in `us-east-1`.
    pub fn region(&self) -> Option<&str> {
        self.key().and_then(crate::kms::region_of)
    }

    /// Whether there is anything to look at.
    pub fn is_anything(&self) -> bool {
        self.named.directory.is_some() || self.named.key.is_some() || self.has_files() || self.read.is_settled()
    }

    /// Whether there is anything to look at besides a key.
    pub fn has_files(&self) -> bool {
        [&self.public_key, &self.token, &self.encrypted, &self.material].into_iter().any(Option::is_some)
    }

    pub(super) fn spec(&self) -> Option<KeySpec> {
        self.named.spec.or_else(|| self.claims.as_ref()?.spec).or_else(|| self.key.described()?.spec.known().ok())
    }

    pub(super) fn algorithm(&self) -> Option<WrappingAlgorithm> {
        self.named.algorithm.or_else(|| self.claims.as_ref()?.algorithm)
    }

    pub(super) fn wrapping(&self) -> Option<WrappingKeySpec> {
        self.named.wrapping.or_else(|| self.claims.as_ref()?.wrapping)
    }

    pub(super) fn commands(&self) -> Commands {
        let path = |item: &Option<Item>| item.as_ref().and_then(|item| item.name.path.clone());
        Commands {
            directory: self.named.directory.clone(),
            key: self.key().map(str::to_owned),
            public_key: path(&self.public_key),
            encrypted: path(&self.encrypted),
            material: path(&self.material).filter(|path| path.as_os_str() != "-"),
            format: self.named.material_format,
            passphrase: self.passphrase.as_ref().map(|(path, _)| path.clone()),
            token: path(&self.token),
            region: self.named.region.clone(),
            spec: self.spec(),
            algorithm: self.algorithm(),
            wrapping: self.wrapping(),
            again: self.wrapped_here.then(|| {
                let adopt = self.key().map(|key| format!(" --adopt {}", word(key))).unwrap_or_default();
                format!("kms-byok provision{adopt}")
            }),
        }
    }

    /// The files that `get-parameters` and `wrap` put there. Only the wrapped key material may be missing: it comes later; and the
    /// parameter file, which the shell recipe does not write.
    fn read_directory(&mut self, directory: &Path) -> Result<(), WrapError> {
        if !directory.is_dir() {
            let what = "parameter directory";
            return Err(match directory.exists() {
                true => FileError::NotADirectory { what, path: directory.to_owned() },
                false => FileError::Missing { what, path: directory.to_owned() },
            }
            .into());
        }
        let named = self.named.clone();
        let files = [
            (Role::Parameters, directory.join(PARAMETERS_FILE), &None),
            (Role::PublicKey, bare::public_key_in(directory)?, &named.public_key),
            (Role::ImportToken, bare::import_token_in(directory)?, &named.import_token),
            (Role::Encrypted, directory.join(ENCRYPTED_FILE), &named.encrypted),
        ];
        for (role, path, named) in files {
            if named.is_some() || !path.exists() && matches!(role, Role::Encrypted | Role::Parameters) {
                continue;
            }
            let item = self.keep(role, &path, Item::read_in_directory(role, &path), true)?;
            match role {
                Role::Parameters => self.read_parameters(item),
                _ => self.place(role, item),
            }
        }
        Ok(())
    }

    fn read_parameters(&mut self, item: Option<Item>) {
        let Some(item) = item else { return };
        let (claims, problem) = Claims::read(item.raw().expose());
        if let Some(problem) = problem {
            self.read.certain(ParametersCause::Unreadable { name: item.name, problem });
        }
        self.claims = Some(claims);
    }

    /// A file that is empty or too large is a cause; one that cannot be read is so in a directory, and an error where it was named.
    fn keep(
        &mut self,
        role: Role,
        path: &Path,
        read: Result<Item, FileError>,
        in_directory: bool,
    ) -> Result<Option<Item>, WrapError> {
        let name = Name::of(role, path);
        let cause = match read {
            Ok(item) => return Ok(Some(item)),
            Err(FileError::Empty { .. }) => FileCause::Empty { name },
            Err(FileError::TooLarge { .. }) => FileCause::TooLarge { name, limit: LIMIT },
            Err(FileError::Missing { .. }) if in_directory => FileCause::Missing { name },
            Err(FileError::Directory { .. }) if in_directory => {
                FileCause::Unreadable { name, because: "it is a directory".to_owned() }
            }
            Err(FileError::Unreadable { source, .. }) if in_directory => {
                FileCause::Unreadable { name, because: source.to_string() }
            }
            Err(error) => return Err(error.into()),
        };
        self.read.certain(cause);
        Ok(None)
    }

    fn place(&mut self, role: Role, item: Option<Item>) {
        match role {
            Role::PublicKey => self.public_key = item,
            Role::ImportToken => self.token = item,
            _ => self.encrypted = item,
        }
    }
}
