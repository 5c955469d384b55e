//! Key material that is not what its key spec needs.

mod hint;
mod id;

use std::path::Path;

use super::{Container, Format, KeySpec, KeyUsage, NamedKey};
use crate::explain::{Hint, Setting, Step, hint, some};
use crate::files::FileError;
use crate::openssl_probe::OpenSslError;

use crate::files;

/// The key material does not match the key spec, or cannot be understood. `found` and `wanted` are lengths in bytes or words, and `command`
/// is a shell command that makes a readable file of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum MaterialError {
    #[error("`{name}` is not a key spec of KMS")]
    UnknownKeySpec { name: String },
    #[error("key material cannot be imported into {name} keys: {reason}")]
    KeySpecNotImportable { name: String, reason: &'static str },
    #[error("`{name}` is not a key usage of KMS")]
    UnknownKeyUsage { name: String },
    #[error("KMS does not allow {usage} for {spec} keys")]
    UsageNotAllowed { spec: KeySpec, usage: KeyUsage },
    #[error("`{name}` is not a key material format")]
    UnknownFormat { name: String },
    #[error("the key material is empty")]
    Empty,
    #[error("the key material has {found} bytes, but {spec} needs {wanted}")]
    WrongLength { spec: KeySpec, found: usize, wanted: String },
    #[error(
        "the key material has 16 bytes, but {spec} needs exactly 32: 16-byte symmetric keys exist in the China Regions only, which this tool does not serve"
    )]
    ChinaLength { spec: KeySpec },
    #[error(
        "the key material has {found} bytes and the last is a newline: {spec} needs {wanted}, so an editor or `echo` may have added it"
    )]
    TrailingNewline { spec: KeySpec, found: usize, wanted: String },
    #[error(
        "the key material is {characters} characters of {encoding}, which are {found} bytes, but {spec} needs {wanted}"
    )]
    EncodedLength { spec: KeySpec, encoding: String, characters: usize, found: usize, wanted: String },
    #[error("the key material is {kind} ({characters} characters{inside}), but {spec} needs {}", wants(*spec))]
    NotEncodedText { spec: KeySpec, characters: usize, kind: &'static str, inside: String },
    #[error("the key material is {found}, but it should be read as {said}")]
    EncodingContradicted { said: Format, found: String },
    #[error("the key material is {what}, and either could be the key")]
    Ambiguous { what: String },
    #[error("the key material is {encoding} that is damaged: {problem}")]
    BrokenText { encoding: &'static str, problem: &'static str },
    #[error(
        "the key material is a bare number of {found} bytes, which may be the {format} of a private key with the public key `{public_key}`, or something else"
    )]
    BareNumber { spec: KeySpec, found: usize, format: Format, public_key: String },
    #[error(
        "the two halves of the key material do not belong together: the first would be the seed of the public key `{}`, the second that of `{}`",
        public_keys[0], public_keys[1]
    )]
    HalvesDisagree { public_keys: [String; 2] },
    #[error("the {format} has {found} bytes, but {spec} needs {wanted}")]
    NumberLength { spec: KeySpec, format: Format, found: usize, wanted: usize },
    #[error("the key material is {}, but {spec} needs raw bytes", container.with_article())]
    ContainerForRaw { container: Container, spec: KeySpec },
    #[error("every byte of the key material is zero")]
    AllZero,
    #[error("the key material is not {format}: {problem}")]
    NotDecodable { format: Format, problem: String },
    #[error("{spec} key material is never in the format {format}")]
    FormatNotForSpec { format: Format, spec: KeySpec },
    #[error("the key is {found}, but a private key is needed")]
    NotAPrivateKey { found: &'static str },
    #[error("the private key is encrypted, but there is no passphrase")]
    PassphraseNeeded,
    #[error("the passphrase does not open the private key")]
    WrongPassphrase,
    #[error("the private key is {found}, but the key spec is {spec}")]
    WrongKeyType { spec: KeySpec, found: String },
    #[error("the private key is {found}, but KMS imports no keys of that type")]
    TypeNotTaken { found: &'static str },
    #[error("the RSA private key has a modulus of {found} bits, but the key spec is {spec}")]
    WrongModulus { spec: KeySpec, found: u32 },
    #[error("the RSA private key has more than two primes, but KMS takes only two")]
    MultiPrime,
    #[error("the EC private key is on curve {found}, but the key spec is {spec}")]
    WrongCurve { spec: KeySpec, found: String },
    #[error("the EC private key spells out its curve parameters, but KMS takes only named curves")]
    ExplicitCurve,
    #[error("the private key contradicts itself: {problem}")]
    Inconsistent { problem: &'static str },
    #[error("the {} is damaged: {problem}", container.name())]
    Damaged { container: Container, problem: String },
    #[error("the {} is in a form that cannot be read: {form}", container.name())]
    UnreadableForm { container: Container, form: String, command: Option<String> },
    #[error("the OpenSSH private key is encrypted with a passphrase that OpenSSL cannot use: it has no bcrypt")]
    EncryptedOpenSsh { command: String },
    #[error("the {} is encrypted with {cipher}, which {}", container.name(), place(*provider))]
    MissingCipher { container: Container, cipher: String, provider: Option<&'static str>, command: Option<String> },
    #[error("the {} needs {found} {unit} to open, but at most {limit} are allowed", container.name())]
    TooCostly { container: Container, unit: &'static str, found: u64, limit: u64 },
    #[error("the {} holds {} private keys: {}", container.name(), keys.len(), listed(keys))]
    SeveralKeys { container: Container, keys: Vec<NamedKey> },
    #[error("the PEM text holds {count} private keys: {}", names.join(", "))]
    SeveralBlocks { count: usize, names: Vec<String> },
    #[error("the key material {found}")]
    WrongFile { found: String, advice: Hint },
    #[error("the {} holds no private key", container.name())]
    NoPrivateKey { container: Container },
    #[error("the key material is {}, but the private half is needed", container.with_article())]
    PublicHalf { container: Container },
    #[error("the key material is {}, which is not read", container.with_article())]
    ForeignContainer { container: Container, command: Option<String> },
    #[error("the EC private number is 0, or not below the order of its curve (FIPS 186-5 §A.2)")]
    ScalarOutOfRange,
    #[error("{cause}")]
    Weak { id: &'static str, cause: String },
    #[error("the certificate beside the private key belongs to another key: its subject is `{subject}`")]
    CertificateMismatch { subject: String },
    #[error("{error}")]
    InDoubt { error: Box<MaterialError>, ways: String, otherwise: Option<Hint> },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    OpenSsl(#[from] OpenSslError),
}

impl MaterialError {
    /// Wrapped key material where key material itself is wanted: `made` is what makes as many bytes.
    pub(crate) fn wrapped(bytes: usize, made: &str) -> Self {
        MaterialError::WrongFile {
            found: format!("looks like wrapped key material: it has {bytes} bytes, as {made} gives"),
            advice: import_it(),
        }
    }

    /// An OCTET STRING of DER around bytes that may be the key, as it may be itself.
    pub(crate) fn octet_string(inside: &[u8]) -> Self {
        MaterialError::Ambiguous { what: format!("an OCTET STRING of DER with {} bytes in it", inside.len()) }
    }

    /// The same error with the commands that end the doubt as its hint, as [`MaterialError::InDoubt`]; `commands` are each a command and
    /// when it is the right one. Without commands it stays as it is.
    #[must_use]
    pub fn with_choices(self, commands: &[(String, String)]) -> Self {
        if commands.is_empty() {
            return self;
        }
        let ways: Vec<String> = commands.iter().map(|(command, meaning)| format!("`{command}` if {meaning}")).collect();
        let (ways, otherwise) = (ways.join(", or "), self.otherwise());
        MaterialError::InDoubt { error: Box::new(self), ways, otherwise }
    }

    /// The same choices without the advice to choose another key spec.
    #[must_use]
    pub fn of_this_key_spec(self) -> Self {
        match self {
            MaterialError::InDoubt { error, ways, .. } => MaterialError::InDoubt { error, ways, otherwise: None },
            error => error,
        }
    }

    /// What to do where no choice is the right one.
    fn otherwise(&self) -> Option<Hint> {
        match self {
            MaterialError::EncodedLength { .. } => Some(other_spec(", or choose the ")),
            MaterialError::ForeignContainer { container: Container::WalletKeystore, .. } => hint![
                ", or ask the wallet for the private key in hex, and give it with ",
                Setting::MaterialFormat.to(Format::Scalar),
            ],
            MaterialError::ForeignContainer { container: Container::Tr31, .. } => some(
                ", or import it into AWS Payment Cryptography, the service for key blocks, or ask the HSM that holds that key to unwrap it",
            ),
            _ => None,
        }
    }

    /// The same error with the file's name, quoted for a shell, where its command says `FILE`.
    #[must_use]
    pub fn naming(mut self, file: impl AsRef<Path>) -> Self {
        match &mut self {
            MaterialError::WrongFile { advice, .. } => {
                *advice = advice.clone().map(|text| files::name_in_command(&text, file.as_ref()));
            }
            MaterialError::UnreadableForm { command: Some(command), .. }
            | MaterialError::EncryptedOpenSsh { command }
            | MaterialError::MissingCipher { command: Some(command), .. }
            | MaterialError::ForeignContainer { command: Some(command), .. } => {
                *command = files::name_in_command(command, file.as_ref());
            }
            _ => {}
        }
        self
    }
}

/// What to do with wrapped key material; only its owner knows for which key it was wrapped.
pub(crate) fn import_it() -> Hint {
    let import = Step::Import.with(Setting::KeyId.to("KEY")).with(Setting::Encrypted.to("FILE"));
    Hint::from("import it as it is: ").followed_by(import.with(Setting::ImportToken.to("ImportToken.bin")))
}

/// What to do with a key of another spec, or with the rest of one.
fn other_spec(before: &str) -> Hint {
    let of = Hint::from(before).followed_by(Setting::KeySpec);
    of.followed_by(" of this key, or look for the whole key: what is cut off is not made up for")
}

fn wants(spec: KeySpec) -> &'static str {
    if spec.is_private_key() { "a private key" } else { "bytes" }
}

fn listed(keys: &[NamedKey]) -> String {
    keys.iter().map(NamedKey::to_string).collect::<Vec<_>>().join(", ")
}

/// Where an algorithm is that the loaded OpenSSL lacks.
fn place(provider: Option<&'static str>) -> String {
    match provider {
        Some(provider) => format!("only OpenSSL's {provider} provider has, and it is not loaded"),
        None => "the loaded OpenSSL does not have".to_owned(),
    }
}
