//! What the files of a parameter set are called, and how large they are.

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

/// The account of every key in the embedded KMS; AWS has no such account.
pub(crate) const REHEARSAL_ACCOUNT: &str = "000000000000";
