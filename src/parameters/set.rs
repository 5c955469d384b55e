//! The import parameters of one KMS key: public key, token and algorithm as one value that cannot be taken apart, in memory and in
//! a directory.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_smithy_types::DateTime;

use super::error::ParametersError;
use super::file::{ParametersFile, VERSION, is_too_long, read_set, says_too_long};
use super::fingerprint::{check_fingerprint, sha256};
use super::names::{ENCRYPTED_FILE, PARAMETERS_FILE, PUBLIC_KEY_FILE, TOKEN_FILE, TOKEN_LIMIT};
use super::wrapped::WrappedMaterial;
use crate::files::{self, FileError, Moved, Output, Staged};
use crate::kms::{KeyArn, Kms};
use crate::material::KeySpec;
use crate::printable;
use crate::time::rfc3339;
use crate::wrap::{Held, WrapError, WrappingAlgorithm, WrappingKey, WrappingKeySpec};

/// One reply to `GetParametersForImport`, checked, with the key it is for. Public key, token and algorithm belong together, and KMS takes
/// them for that key only, for 24 hours (API reference, `GetParametersForImport`).
pub struct ParameterSet {
    pub(super) file: ParametersFile,
    pub(super) wrapping_key: WrappingKey,
    pub(super) token: Vec<u8>,
}

impl ParameterSet {
    /// Asks KMS for a set and checks every part of the reply.
    pub(crate) async fn ask(
        kms: &Kms,
        key_arn: &KeyArn,
        spec: KeySpec,
        algorithm: WrappingAlgorithm,
        wrapping: WrappingKeySpec,
    ) -> Result<Self, ParametersError> {
        let reply = kms.parameters(key_arn, algorithm, wrapping).await?;
        if *key_arn != reply.key_arn {
            return Err(ParametersError::ReplyForOtherKey { found: reply.key_arn, asked: key_arn.clone() });
        }
        if reply.import_token.is_empty() || reply.import_token.len() > TOKEN_LIMIT {
            return Err(ParametersError::ReplyToken { found: reply.import_token.len() });
        }
        let wrapping_key = WrappingKey::from_reply(&reply.public_key, wrapping).map_err(|error| match error {
            WrapError::PublicKeySize { found, asked } => {
                let server = kms.endpoint().map_or("KMS".to_owned(), |url| format!("`{url}`"));
                ParametersError::ReplyKeySize { server, found, asked }
            }
            error => error.into(),
        })?;
        let at = rfc3339(reply.valid_to);
        match kms.endpoint() {
            _ if !is_too_long(reply.valid_to, kms.now()) => {}
            Some(url) => kms.talk().warn(&format!("the endpoint {url} {}", says_too_long(&at))),
            None => return Err(ParametersError::ReplyValidTooLong { at }),
        }
        let file = ParametersFile {
            version: VERSION,
            key_arn: key_arn.clone(),
            key_spec: spec,
            wrapping_algorithm: algorithm,
            wrapping_key_spec: wrapping,
            public_key_sha256: wrapping_key.fingerprint()?,
            import_token_sha256: sha256(&reply.import_token)?,
            valid_to: reply.valid_to,
            endpoint: kms.endpoint().map(str::to_owned),
            rehearsal: kms.seen_rehearsal(),
        };
        Ok(ParameterSet { file, wrapping_key, token: reply.import_token })
    }

    /// The paths of a set in that directory: `PublicKey.bin` (DER SubjectPublicKeyInfo), `ImportToken.bin` (1 to 6144 bytes) and
    /// `parameters.json`.
    pub fn files(directory: &Path) -> [PathBuf; 3] {
        [PUBLIC_KEY_FILE, TOKEN_FILE, PARAMETERS_FILE].map(|name| directory.join(name))
    }

    /// Refuses early what [`ParameterSet::save`] would refuse at the end.
    ///
    /// # Errors
    /// [`ParametersError::File`] for a path that is no directory or cannot be written to, and without `force` for files of a set that are
    /// there.
    pub fn check_directory(directory: &Path, force: bool) -> Result<(), ParametersError> {
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

    /// Writes the three files into the directory, which is made if it is missing: all of them before the first is put at its place, and
    /// `parameters.json` last, so that a directory without it is known to be unfinished. With `force` an earlier set is replaced, and what
    /// is none is moved aside and told in the answer.
    ///
    /// # Errors
    /// [`ParametersError::File`] where the directory or a file cannot be written, and without `force` where a file of a set is there.
    pub fn save(&self, directory: &Path, force: bool) -> Result<Vec<Moved>, ParametersError> {
        Self::check_directory(directory, force)?;
        let made = !directory.exists();
        let saved = self.save_in(directory, made, force);
        if made && saved.is_err() {
            let _ = fs::remove_dir(directory);
        }
        saved
    }

    fn save_in(&self, directory: &Path, made: bool, force: bool) -> Result<Vec<Moved>, ParametersError> {
        let what = "parameter directory";
        let unwritable = |source| FileError::Unwritable { what, path: directory.to_owned(), source };
        // Whoever can replace the public key can read what is wrapped.
        fs::DirBuilder::new().recursive(true).mode(0o755).create(directory).map_err(unwritable)?;
        let mode = fs::metadata(directory).map_err(unwritable)?.permissions().mode();
        if made && mode & 0o700 != 0o700 {
            // A umask that takes the owner's own rights away.
            fs::set_permissions(directory, fs::Permissions::from_mode(mode | 0o700)).map_err(unwritable)?;
        }
        let json = printable::json(&self.file);
        // The set that is there says which token is its own.
        let known = ParametersFile::load(directory).ok().map(|file| file.import_token_sha256);
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
    ///
    /// # Errors
    /// [`ParametersError::NotParameters`] for other contents, [`ParametersError::UnknownVersion`] for a form of another version,
    /// [`ParametersError::OfARehearsal`] for a key of the embedded KMS without its endpoint.
    pub fn check_json(json: &[u8], path: &Path) -> Result<(), ParametersError> {
        ParametersFile::parse(json, path).map(|_| ())
    }

    /// Reads a directory back, and compares the files with the fingerprints in `parameters.json`. Whether the set is still valid is for
    /// [`ParameterSet::check_fresh`].
    ///
    /// # Errors
    /// [`ParametersError::Mixed`] for a file of another set, [`ParametersError::NotParameters`], [`ParametersError::UnknownVersion`] or
    /// [`ParametersError::OfARehearsal`] for a `parameters.json` that cannot be used, [`ParametersError::Wrap`] for a public key that is
    /// none, [`ParametersError::File`] for a file that cannot be read.
    pub fn load(directory: &Path) -> Result<Self, ParametersError> {
        let (file, wrapping_key, token) = read_set(directory)?;
        Ok(ParameterSet { file, wrapping_key, token })
    }

    /// Refuses a set whose public key is not the one whose fingerprint came by another way: 64 hex digits, of either case, with or without
    /// colons.
    ///
    /// # Errors
    /// [`ParametersError::NotAFingerprint`] for other text, [`ParametersError::UnexpectedPublicKey`] for another key.
    pub fn expect_public_key(&self, fingerprint: &str) -> Result<(), ParametersError> {
        check_fingerprint(&self.file.public_key_sha256, fingerprint)
    }

    /// Refuses a set that KMS would answer with ExpiredImportTokenException, by this machine's clock.
    ///
    /// # Errors
    /// [`ParametersError::Expired`].
    pub fn check_fresh(&self) -> Result<(), ParametersError> {
        self.file.check_fresh()
    }

    /// Refuses a set that is valid for more than 25 hours from `now`, which is an hour more than KMS gives: either the file or the clock
    /// that says `now` is wrong. An endpoint that stands in for KMS may give more: of its sets the answer is a sentence about that.
    ///
    /// # Errors
    /// [`ParametersError::ValidTooLong`] for a set of AWS.
    pub fn check_validity(&self, now: DateTime) -> Result<Option<String>, ParametersError> {
        self.file.check_validity(now)
    }

    /// What `parameters.json` says of the set.
    pub(crate) fn file(&self) -> &ParametersFile {
        &self.file
    }

    /// The key the set is for.
    pub fn key_arn(&self) -> &KeyArn {
        &self.file.key_arn
    }

    /// The key spec of that key.
    pub fn key_spec(&self) -> KeySpec {
        self.file.key_spec
    }

    /// The wrapping algorithm it was asked for.
    pub fn algorithm(&self) -> WrappingAlgorithm {
        self.file.wrapping_algorithm
    }

    /// SHA-256 of the wrapping public key's DER, as 64 lower-case hex digits.
    pub fn fingerprint(&self) -> &str {
        &self.file.public_key_sha256
    }

    /// The size of the wrapping key.
    pub fn wrapping_key_spec(&self) -> WrappingKeySpec {
        self.wrapping_key.spec()
    }

    /// When the set expires, by KMS's clock.
    pub fn valid_to(&self) -> DateTime {
        self.file.valid_to
    }

    /// Whether the set came from an embedded KMS.
    pub fn is_rehearsal(&self) -> bool {
        self.file.rehearsal
    }

    /// Wraps key material for this set; the set is spent.
    ///
    /// # Errors
    /// [`ParametersError::OtherSpec`] for material of another key spec, [`ParametersError::Expired`] for a set that is too old, and what
    /// [`Held::wrap`] refuses as [`ParametersError::Wrap`].
    pub fn wrap(self, material: &dyn Held) -> Result<WrappedMaterial, ParametersError> {
        let (found, asked) = (self.key_spec(), material.spec());
        if asked != found {
            return Err(ParametersError::OtherSpec { found, asked });
        }
        self.check_fresh()?;
        let encrypted = material.wrap(&self.wrapping_key, self.algorithm())?;
        Ok(WrappedMaterial { file: self.file, encrypted, token: self.token })
    }
}
