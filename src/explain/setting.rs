//! What hints name: the things that a user can set, and the steps that a user can run, in the words of the library's own rooms.

use std::fmt;

/// Something that the user can set. A program that says hints in its own words has one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
pub enum Setting {
    /// The ARN of a key that the user vouches for.
    #[strum(serialize = "the adopted key")]
    Adopt,
    /// The alias that moves.
    #[strum(serialize = "the alias")]
    Alias,
    /// Endpoints from the environment are used.
    #[strum(serialize = "the permission to take endpoints from the environment")]
    AllowEndpointEnv,
    /// The embedded KMS listens where other machines reach it.
    #[strum(serialize = "the permission for other machines")]
    AllowRemote,
    /// The wrapping algorithms with SHA-1 are used.
    #[strum(serialize = "the permission for SHA-1")]
    AllowSha1,
    /// A component of the key.
    #[strum(serialize = "the component")]
    Component,
    /// How many components the key has.
    #[strum(serialize = "the number of components")]
    Components,
    /// How long a connection may take to be made: a duration with its unit, as in `5s`.
    #[strum(serialize = "the connect timeout")]
    ConnectTimeout,
    /// The certificate that a component is encrypted for.
    #[strum(serialize = "the custodian's certificate")]
    Custodian,
    /// The directory with a parameter set.
    #[strum(serialize = "the directory")]
    Directory,
    /// The old key of a rotation by alias is disabled.
    #[strum(serialize = "the end of the old key")]
    DisableOld,
    /// The file with wrapped key material.
    #[strum(serialize = "the wrapped key material")]
    Encrypted,
    /// The URL of the endpoint.
    #[strum(serialize = "the endpoint URL")]
    EndpointUrl,
    /// A certificate that generated key material is encrypted for.
    #[strum(serialize = "the recovery certificate")]
    Escrow,
    /// Where the escrow file goes.
    #[strum(serialize = "the escrow file to write")]
    EscrowOut,
    /// The check value of the key, as 10 hex digits.
    #[strum(serialize = "the expected check value")]
    ExpectKcv,
    /// The SHA-256 of the wrapping public key's DER, as 64 hex digits.
    #[strum(serialize = "the expected fingerprint")]
    ExpectPublicKey,
    /// Keys that an earlier run may have made are looked for.
    #[strum(serialize = "the search for a lost key")]
    FindLost,
    /// The FIPS endpoints are used.
    #[strum(serialize = "the FIPS endpoint")]
    FipsEndpoint,
    /// Earlier output is replaced.
    #[strum(serialize = "the permission to replace")]
    Force,
    /// Key material is generated.
    #[strum(serialize = "generated key material")]
    Generate,
    /// Whether the bytes are new to the key.
    #[strum(serialize = "the import type")]
    ImportType,
    /// The file with the import token.
    #[strum(serialize = "the import token")]
    ImportToken,
    /// The file with the wrapping public key.
    #[strum(serialize = "the wrapping public key")]
    InKey,
    /// Plain http is used.
    #[strum(serialize = "the permission for plain http")]
    InsecureEndpoint,
    /// The file with a JWK Set.
    #[strum(serialize = "the JWK Set")]
    Jwks,
    /// The key: its id, its ARN or an alias.
    #[strum(serialize = "the key")]
    KeyId,
    /// One of a key's materials, by its id of 64 hex digits.
    #[strum(serialize = "the key material id")]
    KeyMaterialId,
    /// The key spec, by KMS's name, as in `SYMMETRIC_DEFAULT`.
    #[strum(serialize = "key spec")]
    KeySpec,
    /// The file with key material.
    #[strum(serialize = "the key material file")]
    Material,
    /// What is written beside key material.
    #[strum(serialize = "the material description")]
    MaterialDescription,
    /// What the file of key material is read as: a name of `material::Format`, as in `hex`.
    #[strum(serialize = "the format")]
    MaterialFormat,
    /// The escrow file that key material comes from.
    #[strum(serialize = "the escrow file")]
    MaterialFromEscrow,
    /// The key is a multi-Region key.
    #[strum(serialize = "the multi-Region property")]
    MultiRegion,
    /// The key that an earlier run has made, and that this one goes on with.
    #[strum(serialize = "the new key")]
    NewKey,
    /// Key material that expires is not imported again.
    #[strum(serialize = "the end of reimports")]
    NoReimport,
    /// The file that is written.
    #[strum(serialize = "the output file")]
    Out,
    /// The file with the passphrase.
    #[strum(serialize = "the passphrase file")]
    PassphraseFile,
    /// The file of the PKCS#11 module.
    #[strum(serialize = "the PKCS#11 module")]
    Pkcs11Module,
    /// The PKCS#11 URI of the key.
    #[strum(serialize = "the PKCS#11 URI")]
    Pkcs11Uri,
    /// The key policy.
    #[strum(serialize = "the key policy")]
    Policy,
    /// The new key is made, and the alias stays.
    #[strum(serialize = "the preparation alone")]
    Prepare,
    /// The profile of the AWS configuration files.
    #[strum(serialize = "the profile")]
    Profile,
    /// How long a reply may take: a duration with its unit, as in `30s`.
    #[strum(serialize = "the read timeout")]
    ReadTimeout,
    /// The private key that opens an escrow file.
    #[strum(serialize = "the recipient key")]
    RecipientKey,
    /// The Region.
    #[strum(serialize = "the Region")]
    Region,
    /// FIPS is demanded.
    #[strum(serialize = "the requirement of FIPS")]
    RequireFips,
    /// A rotation that has begun goes on.
    #[strum(serialize = "the material that waits")]
    Resume,
    /// The alias goes back to the key before.
    #[strum(serialize = "the way back")]
    Rollback,
    /// The check value of the key is shown.
    #[strum(serialize = "the check value in the answer")]
    ShowKcv,
    /// What may be doubted is refused.
    #[strum(serialize = "the strict mode")]
    Strict,
    /// The key that the alias moves to.
    #[strum(serialize = "the key to switch to")]
    Switch,
    /// The Regions for replicas.
    #[strum(serialize = "the list of Regions")]
    To,
    /// How much is proven.
    #[strum(serialize = "the level of proof")]
    Verify,
    /// How large the wrapping key is, by KMS's name, as in `RSA_4096`.
    #[strum(serialize = "wrapping key spec")]
    WrappingKeySpec,
    /// Nobody is asked.
    #[strum(serialize = "the confirmation in advance")]
    Yes,
}

/// Something that the user can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Step {
    /// Makes an empty key.
    CreateKey,
    /// Deletes imported key material.
    DeleteMaterial,
    /// Finds out why an import fails.
    Diagnose,
    /// Looks at this machine.
    Doctor,
    /// Gets a public key and an import token.
    GetParameters,
    /// Imports wrapped key material.
    Import,
    /// Starts the embedded KMS.
    Rehearsal,
    /// Rotates to new key material.
    Rotate,
    /// Shows keys and their material.
    Status,
    /// Proves what a key holds.
    Verify,
    /// Wraps key material.
    Wrap,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.into())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.into())
    }
}
