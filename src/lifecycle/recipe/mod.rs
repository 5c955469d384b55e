//! The documented recipe as a shell script, for the same wishes as [`provision`](crate::lifecycle::provision()): to read what
//! happens, to compare, or to run where this program is not.
//!
//! Source: AWS KMS developer guide, "Importing key material"; its steps keep their numbers. What can fail without AWS comes first.

use std::path::PathBuf;

use crate::kms::{Connection, KeyArn};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::check_description;
use crate::lifecycle::key::request::KeyRequest;
use crate::time::{self, Expiry};
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

pub use self::conversion::Conversion;
pub use self::material::{ShellBackup, ShellSource};
pub use crate::quoted::quoted;

mod conversion;
mod form;
mod jwk;
mod material;
mod shell;
mod steps;

/// What the script is to do.
pub struct Recipe {
    /// The key. Its policy is taken from `policy_file`.
    pub request: KeyRequest,
    /// The key policy, as a file for the aws CLI.
    pub policy_file: Option<PathBuf>,
    /// A key that exists, to be used instead of a new one.
    pub adopt: Option<KeyArn>,
    /// Its material.
    pub source: ShellSource,
    /// The encrypted copy of key material that is not generated.
    pub backup: Option<ShellBackup>,
    /// How it is wrapped.
    pub algorithm: WrappingAlgorithm,
    /// With how large a key.
    pub wrapping: WrappingKeySpec,
    /// When the material expires.
    pub expiry: Expiry,
    /// The description of the material, for symmetric keys.
    pub material_description: Option<String>,
    /// How KMS is reached.
    pub connection: Connection,
}

impl Recipe {
    /// Refuses what `provision` refuses without looking at the key material.
    pub fn check(&self) -> Result<(), Error> {
        self.request.check()?;
        self.connection.check()?;
        check_description(self.material_description.as_ref(), self.request.spec)?;
        self.expiry.resolve(time::now())?;
        self.algorithm.check(self.request.spec, self.wrapping, None)?;
        Ok(())
    }

    /// The script, for bash.
    pub fn script(&self) -> String {
        [
            self.head(),
            self.look_at_openssl(),
            self.source.steps(self.request.spec) + &self.backup.as_ref().map(ShellBackup::steps).unwrap_or_default(),
            self.create_key(),
            self.get_parameters(),
            self.wrap(),
            self.import(),
        ]
        .join("\n")
    }
}
