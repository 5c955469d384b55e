//! The import parameters of one KMS key: public key, token and algorithm as one value that cannot be taken apart, in memory and in
//! a directory.

pub(crate) mod bare;
mod bound;
mod wrapped;

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_smithy_types::DateTime;
use openssl::hash::{MessageDigest, hash};

pub use self::bare::BareDirectory;
use self::bound::{Bound, VERSION};
pub use self::wrapped::WrappedMaterial;
use super::{Journal, Vouched};
use crate::error::{CeremonyError, Error, FileError, OpenSslError, ParametersError};
use crate::files::{self, Moved, Output, Staged};
use crate::kms::{KeyDescription, Kms};
use crate::material::{KeyMaterial, KeySpec};
use crate::printable;
use crate::time::rfc3339;
use crate::wrap::{self, WrappingAlgorithm, WrappingKey, WrappingKeySpec};

/// The recipe's names of the files in a parameter directory.
pub(crate) const PUBLIC_KEY_FILE: &str = "PublicKey.bin";
/// The import token.
pub(crate) const TOKEN_FILE: &str = "ImportToken.bin";
/// What wrapping adds.
pub const ENCRYPTED_FILE: &str = "EncryptedKeyMaterial.bin";
/// What binds the others together.
pub(crate) const PARAMETERS_FILE: &str = "parameters.json";

/// The most bytes of an import token and of wrapped key material (API reference, `ImportKeyMaterial`).
pub(crate) const TOKEN_LIMIT: usize = 6144;

/// One reply to `GetParametersForImport`, checked, with the key it is for. Valid for 24 hours.
pub struct ParameterSet {
    bound: Bound,
    wrapping_key: WrappingKey,
    token: Vec<u8>,
}

impl ParameterSet {
    /// Asks KMS for a set and checks every part of the reply.
    pub async fn get(
        kms: &Kms,
        key: &Vouched,
        spec: KeySpec,
        algorithm: WrappingAlgorithm,
        wrapping: WrappingKeySpec,
        journal: &Journal,
    ) -> Result<Self, Error> {
        let reply = kms.parameters(&key.arn, algorithm, wrapping).await?;
        if reply.key_arn != key.arn {
            return Err(ParametersError::ReplyForOtherKey { found: reply.key_arn, asked: key.arn.clone() }.into());
        }
        if reply.import_token.is_empty() || reply.import_token.len() > TOKEN_LIMIT {
            return Err(ParametersError::ReplyToken { found: reply.import_token.len() }.into());
        }
        let wrapping_key = WrappingKey::from_reply(&reply.public_key, wrapping)?;
        let bound = Bound {
            version: VERSION,
            key_arn: key.arn.clone(),
            key_spec: spec.name().to_owned(),
            wrapping_algorithm: algorithm.name().to_owned(),
            wrapping_key_spec: wrapping.name().to_owned(),
            public_key_sha256: wrapping_key.fingerprint()?,
            import_token_sha256: sha256(&reply.import_token)?,
            valid_to: rfc3339(reply.valid_to),
            endpoint: kms.endpoint().map(str::to_owned),
            rehearsal: kms.seen_rehearsal(),
        };
        journal.step(format!("got a {wrapping} wrapping key and an import token, valid until {}", bound.valid_to));
        journal.note(|report| {
            report.wrapping_algorithm = Some(algorithm.name());
            report.wrapping_key_spec = Some(wrapping.name());
        });
        journal.obtained(bound.transfer());
        Ok(ParameterSet { bound, wrapping_key, token: reply.import_token })
    }

    /// The three files of a set in that directory.
    pub fn files(directory: &Path) -> [PathBuf; 3] {
        [PUBLIC_KEY_FILE, TOKEN_FILE, PARAMETERS_FILE].map(|name| directory.join(name))
    }

    /// Refuses early what `save` would refuse at the end.
    pub fn check_directory(directory: &Path, force: bool) -> Result<(), Error> {
        if directory.exists() && !directory.is_dir() {
            let what = "parameter directory";
            return Err(FileError::NotADirectory { what, path: directory.to_owned() }.into());
        }
        files::check_output_directory("parameter directory", directory)?;
        for name in [PARAMETERS_FILE, PUBLIC_KEY_FILE, TOKEN_FILE, ENCRYPTED_FILE] {
            if directory.is_dir() {
                files::check_free("parameter file", &directory.join(name), force)?;
            }
        }
        Ok(())
    }

    /// Writes the three files: all of them before the first is put at its place, and `parameters.json` last, so that a directory
    /// without it is known to be unfinished. With `force` an earlier set is replaced, and what is none is moved aside and told.
    pub fn save(&self, directory: &Path, force: bool) -> Result<Vec<Moved>, Error> {
        Self::check_directory(directory, force)?;
        let made = !directory.exists();
        let saved = self.save_in(directory, made, force);
        if made && saved.is_err() {
            let _ = fs::remove_dir(directory);
        }
        saved
    }

    fn save_in(&self, directory: &Path, made: bool, force: bool) -> Result<Vec<Moved>, Error> {
        let what = "parameter directory";
        let unwritable = |source| FileError::Unwritable { what, path: directory.to_owned(), source };
        // Whoever can replace the public key can read what is wrapped.
        fs::DirBuilder::new().recursive(true).mode(0o755).create(directory).map_err(unwritable)?;
        let mode = fs::metadata(directory).map_err(unwritable)?.permissions().mode();
        if made && mode & 0o700 != 0o700 {
            // A umask that takes the owner's own rights away.
            fs::set_permissions(directory, fs::Permissions::from_mode(mode | 0o700)).map_err(unwritable)?;
        }
        let json = printable::json(&self.bound);
        // The set that is there says which token is its own.
        let known = Bound::load(directory).ok().map(|bound| bound.import_token_sha256);
        let files = [
            (Output::PublicKey, PUBLIC_KEY_FILE, self.wrapping_key.der()),
            (Output::Token(known), TOKEN_FILE, &self.token),
            (Output::Parameters, PARAMETERS_FILE, &json),
        ];
        let staged =
            files.each_ref().map(|(output, name, bytes)| Staged::write(output.what(), &directory.join(name), bytes));
        let staged: Vec<Staged> = staged.into_iter().collect::<Result<_, _>>()?;
        let mut moved = Vec::new();
        if force {
            // A blob wrapped for the old set would only be refused.
            for (output, name) in [(Output::Parameters, PARAMETERS_FILE), (Output::Blob, ENCRYPTED_FILE)] {
                moved.extend(output.remove(&directory.join(name))?);
            }
        }
        for (number, file) in staged.into_iter().enumerate() {
            match file.place(&files[number].0, force) {
                Ok(aside) => moved.extend(aside),
                Err(error) => {
                    for (_, name, _) in &files[..number] {
                        let _ = fs::remove_file(directory.join(name));
                    }
                    return Err(error.into());
                }
            }
        }
        Ok(moved)
    }

    /// Refuses bytes that are no `parameters.json`; `path` names them in errors.
    pub fn check_json(json: &[u8], path: &Path) -> Result<(), Error> {
        Bound::parse(json, path).map(|_| ())
    }

    /// Reads a directory back; files that are not of one set are named.
    pub fn load(directory: &Path) -> Result<Self, Error> {
        let bound = Bound::load(directory)?;
        let path = directory.join(PUBLIC_KEY_FILE);
        let der = files::read("wrapping public key", &path, WrappingKey::READ_LIMIT)?;
        bound.check_file("wrapping public key", path, &der, &bound.public_key_sha256)?;
        let wrapping_key = WrappingKey::from_der(&der)?;
        bound.check_size(&wrapping_key, directory)?;
        let token = bound.read_token(directory)?;
        Ok(ParameterSet { bound, wrapping_key, token })
    }

    /// Refuses a set whose public key is not the one whose fingerprint came by another way.
    pub fn expect_public_key(&self, fingerprint: &str) -> Result<(), Error> {
        check_fingerprint(&self.bound.public_key_sha256, fingerprint)
    }

    /// Refuses a set that KMS would answer with ExpiredImportTokenException.
    pub fn check_fresh(&self) -> Result<(), Error> {
        self.bound.check_fresh()
    }

    /// Refuses a set that is valid for longer than KMS gives: either the file or the clock that says `now` is wrong.
    pub fn check_validity(&self, now: DateTime) -> Result<(), Error> {
        self.bound.check_validity(now)
    }

    /// The key the set is for.
    pub fn key_arn(&self) -> &str {
        &self.bound.key_arn
    }

    /// Its key spec.
    pub fn key_spec(&self) -> Result<KeySpec, Error> {
        Ok(self.bound.key_spec.parse()?)
    }

    /// The wrapping algorithm it was asked for.
    pub fn algorithm(&self) -> Result<WrappingAlgorithm, Error> {
        Ok(self.bound.wrapping_algorithm.parse()?)
    }

    /// SHA-256 of the wrapping public key, in hex.
    pub fn fingerprint(&self) -> &str {
        &self.bound.public_key_sha256
    }

    /// The size of the wrapping key.
    pub fn wrapping_key_spec(&self) -> WrappingKeySpec {
        self.wrapping_key.spec()
    }

    /// When the set expires, RFC 3339.
    pub fn valid_to(&self) -> &str {
        &self.bound.valid_to
    }

    /// Whether the set is of an embedded KMS.
    pub fn is_rehearsal(&self) -> bool {
        self.bound.rehearsal
    }

    /// Wraps key material for this set; the set is spent.
    pub fn wrap(self, material: &KeyMaterial) -> Result<WrappedMaterial, Error> {
        let spec = self.key_spec()?;
        if material.spec() != spec {
            let asked = material.spec().name().to_owned();
            return Err(ParametersError::OtherSpec { found: self.bound.key_spec, asked }.into());
        }
        self.check_fresh()?;
        let encrypted = wrap::wrap(material, &self.wrapping_key, self.algorithm()?)?;
        Ok(WrappedMaterial { bound: self.bound, encrypted, token: self.token })
    }
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> Result<String, Error> {
    Ok(hex::encode(hash(MessageDigest::sha256(), bytes).map_err(OpenSslError::step("compute a SHA-256"))?))
}

/// Compares a fingerprint with the one that came by another way; colons and upper case do not count.
pub fn check_fingerprint(found: &str, expected: &str) -> Result<(), Error> {
    let plain: String = expected.trim().chars().filter(|c| *c != ':').collect::<String>().to_ascii_lowercase();
    if plain.len() != 64 || !plain.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ParametersError::NotAFingerprint { given: expected.to_owned() }.into());
    }
    if found == plain {
        return Ok(());
    }
    Err(ParametersError::UnexpectedPublicKey { found: found.to_owned(), expected: plain }.into())
}

/// Refuses a key whose key material KMS made or keeps elsewhere.
pub(super) fn check_external(key: &KeyDescription) -> Result<(), Error> {
    if key.origin != "EXTERNAL" {
        return Err(CeremonyError::NotExternal { arn: key.arn.clone(), origin: key.origin.clone() }.into());
    }
    Ok(())
}

/// Refuses a key that cannot take key material now.
pub fn check_importable(key: &KeyDescription) -> Result<(), Error> {
    check_external(key)?;
    if !matches!(key.state.as_str(), "PendingImport" | "Enabled" | "Disabled") {
        return Err(CeremonyError::WrongState { arn: key.arn.clone(), state: key.state.clone() }.into());
    }
    Ok(())
}
