//! The file that the other side has: a certificate, or a public key in one of its forms.

use std::path::{Path, PathBuf};

use openssl::pkey::{PKey, Public};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Req};
use serde::Deserialize;

use super::jwk::{JwkProblem, Written};
use super::{PublicKey, PublicKeyError};
use crate::material::recognise::{Content, recognise};
use crate::material::{Container, Passphrase, read_private_key, subject};
use crate::openssl_probe::OpenSslError;
use crate::secret::Secret;

/// A file with public keys of KMS's key specs: one, a chain of certificates, or a JWK Set.
pub struct PublicKeyFile {
    /// Where it was read.
    pub path: PathBuf,
    /// At least one, in the order of the file.
    pub keys: Vec<ForeignKey>,
}

/// One key in it.
pub struct ForeignKey {
    /// The key.
    pub key: PublicKey,
    /// What it was written as.
    pub container: Container,
    /// The subject of its certificate, as in `CN = app`; `None` where it lies in no certificate.
    pub subject: Option<String>,
}

/// A chain of twenty certificates in lines of base64 is smaller.
const LIMIT: usize = 64 * 1024;

/// What the reply of GetPublicKey has the key under.
const MEMBERS: [&str; 1] = ["PublicKey"];

impl PublicKeyFile {
    /// Reads the file at `path`, at most 64 KiB: PEM, DER, a certificate or certificate request, a line of OpenSSH, a JWK or JWK Set. A
    /// PKCS#12 file has a private key beside its certificate and asks for its passphrase.
    ///
    /// # Errors
    /// [`PublicKeyError::NotAPublicKey`], [`PublicKeyError::PrivateKeyGiven`] or [`PublicKeyError::DamagedPublicKey`] for another file,
    /// [`PublicKeyError::OpenSsl`] for one that OpenSSL does not read, [`PublicKeyError::Unfit`] for keys of a type or size that KMS has no
    /// key spec for, [`PublicKeyError::Material`] for a PKCS#12 file that does not open, [`PublicKeyError::File`] for a file that cannot be
    /// read.
    pub fn read(path: &Path, passphrase: &mut dyn Passphrase) -> Result<Self, PublicKeyError> {
        let bytes = Secret::read_file("public key", path, LIMIT)?;
        let mut reader = FileReader { path, passphrase, keys: Vec::new(), unfit: false };
        match recognise(bytes.expose(), &MEMBERS)?.content {
            Content::Container(container, bytes) => reader.container(container, &bytes)?,
            Content::Pem(blocks) => {
                for block in &blocks {
                    let container = block.container.or_else(|| Container::identify(block.bytes.expose()));
                    let Some(container) = container else { continue };
                    reader.container(container, &block.bytes)?;
                }
            }
            other => return Err(reader.none(other.words())),
        }
        match reader {
            FileReader { keys, .. } if !keys.is_empty() => Ok(PublicKeyFile { path: path.to_owned(), keys }),
            FileReader { unfit: true, .. } => Err(PublicKeyError::Unfit),
            reader => Err(reader.none("a file without a public key".to_owned())),
        }
    }

    /// The key in it that is `key`, or else the first.
    pub fn best(&self, key: Option<&PublicKey>) -> Option<&ForeignKey> {
        let same = |found: &&ForeignKey| key.is_some_and(|key| found.key == *key);
        self.keys.iter().find(same).or(self.keys.first())
    }
}

impl ForeignKey {
    /// What is shown of it in a sentence: "the certificate in `app.pem`".
    pub fn in_file(&self, path: &Path) -> String {
        format!("the {} in `{}`", self.container.name(), path.display())
    }
}

struct FileReader<'a> {
    path: &'a Path,
    passphrase: &'a mut dyn Passphrase,
    keys: Vec<ForeignKey>,
    /// Whether there was a key that KMS has no key spec for.
    unfit: bool,
}

impl FileReader<'_> {
    fn container(&mut self, container: Container, bytes: &Secret) -> Result<(), PublicKeyError> {
        let damaged = |source| OpenSslError::Step { step: "read the public key", source };
        match container {
            Container::Certificate => {
                let certificate = X509::from_der(bytes.expose()).map_err(damaged)?;
                let key = certificate.public_key().map_err(damaged)?;
                self.take(PublicKey::of(&key), container, Some(subject(&certificate)))
            }
            Container::CertificateRequest => {
                let request = X509Req::from_der(bytes.expose()).map_err(damaged)?;
                self.take(PublicKey::of(&*request.public_key().map_err(damaged)?), container, None)
            }
            Container::PublicKey => self.take(PublicKey::of(&*spki(bytes.expose())?), container, None),
            Container::Pkcs12 => {
                let found = read_private_key(container, bytes, self.passphrase)?;
                let key = PKey::private_key_from_der(found.pkcs8.expose()).map_err(damaged)?;
                let public = key.public_key_to_der().map_err(damaged)?;
                self.take(PublicKey::from_der(&public), container, found.certificate)
            }
            Container::OpenSshPublicKey => {
                for line in String::from_utf8_lossy(bytes.expose()).lines() {
                    match PublicKey::from_openssh(line) {
                        Some(key) => self.take(key, container, None)?,
                        None => self.unfit = true,
                    }
                }
                Ok(())
            }
            Container::Jwk => self.jwk(container, &self.json::<Written>(bytes)?),
            Container::JwkSet => {
                let set: Set = self.json(bytes)?;
                set.keys.iter().try_for_each(|jwk| self.jwk(container, jwk))
            }
            Container::EcParameters => Ok(()), // they stand before the key that they belong to
            container if container.is_read() => Err(PublicKeyError::PrivateKeyGiven { path: self.path.to_owned() }),
            other => Err(self.none(other.with_article())),
        }
    }

    fn jwk(&mut self, container: Container, jwk: &Written) -> Result<(), PublicKeyError> {
        let problem = match PublicKey::from_jwk(jwk) {
            Ok(key) => return self.take(Ok(key), container, None),
            Err(JwkProblem::Unfit) => return self.take(Err(PublicKeyError::Unfit), container, None),
            Err(JwkProblem::Private) => return Err(PublicKeyError::PrivateKeyGiven { path: self.path.to_owned() }),
            Err(JwkProblem::Missing(name)) => format!("it has no `{name}`"),
            Err(JwkProblem::NotBase64(name)) => format!("`{name}` is not unpadded base64url"),
            Err(JwkProblem::NotAKey) => "its numbers are not those of a key".to_owned(),
        };
        Err(PublicKeyError::DamagedPublicKey { path: self.path.to_owned(), problem })
    }

    /// One key of another type is no error where there are others, as in a chain.
    fn take(
        &mut self,
        key: Result<PublicKey, PublicKeyError>,
        container: Container,
        subject: Option<String>,
    ) -> Result<(), PublicKeyError> {
        match key {
            Ok(key) => self.keys.push(ForeignKey { key, container, subject }),
            Err(PublicKeyError::Unfit) => self.unfit = true,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn json<T: for<'de> Deserialize<'de>>(&self, bytes: &Secret) -> Result<T, PublicKeyError> {
        // The parser's own words could repeat what it found.
        let problem = || "a member is missing, repeated, or not plain text".to_owned();
        let damaged = |_| PublicKeyError::DamagedPublicKey { path: self.path.to_owned(), problem: problem() };
        serde_json::from_slice(bytes.expose()).map_err(damaged)
    }

    fn none(&self, found: String) -> PublicKeyError {
        PublicKeyError::NotAPublicKey { path: self.path.to_owned(), found }
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Written>,
}

/// SubjectPublicKeyInfo, or RSAPublicKey (RFC 8017 §A.1.1), whatever a PEM label calls it.
fn spki(der: &[u8]) -> Result<PKey<Public>, OpenSslError> {
    let key = PKey::public_key_from_der(der)
        .or_else(|error| Rsa::public_key_from_der_pkcs1(der).and_then(PKey::from_rsa).map_err(|_| error));
    key.map_err(OpenSslError::step("read the public key"))
}
