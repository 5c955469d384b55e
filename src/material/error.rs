//! Key material that is not what its key spec needs.

use std::path::Path;

use super::{Container, Format, HMAC_MAXIMUM, KeySpec, KeyUsage, MaterialKind, NamedKey};
use crate::explain::{Explain, some};
use crate::files::FileError;
use crate::openssl_probe::OpenSslError;

use crate::files;
use crate::material::recognise::{NUMBERS, SINGLE_DIGITS, WORDS};

/// The key material does not match the key spec, or cannot be understood.
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
    #[error("the key material has {found} bytes, and {spec} needs {wanted}")]
    WrongLength { spec: KeySpec, found: usize, wanted: String },
    #[error(
        "the key material has 16 bytes, and {spec} needs exactly 32: 16-byte symmetric keys exist in the China Regions only, which this tool does not serve"
    )]
    ChinaLength { spec: KeySpec },
    #[error(
        "the key material has {found} bytes and the last is a newline: {spec} needs {wanted}, so an editor or `echo` may have added it"
    )]
    TrailingNewline { spec: KeySpec, found: usize, wanted: String },
    #[error(
        "the key material is {characters} characters of {encoding}, which are {found} bytes, and {spec} needs {wanted}"
    )]
    EncodedLength { spec: KeySpec, encoding: String, characters: usize, found: usize, wanted: String },
    #[error("the key material is {kind} ({characters} characters{inside}), and {spec} needs {}", wants(*spec))]
    NotEncodedText { spec: KeySpec, characters: usize, kind: &'static str, inside: String },
    #[error("the key material is {found}, and --material-format says {said}")]
    EncodingContradicted { said: Format, found: String },
    #[error("the key material is {what}, and either may be the key")]
    Ambiguous { what: String },
    #[error("the key material is {encoding} that is damaged: {problem}")]
    BrokenText { encoding: &'static str, problem: &'static str },
    #[error(
        "the key material is a bare number of {found} bytes, which may be the {format} of a private key with the public key `{public_key}`, or another thing"
    )]
    BareNumber { spec: KeySpec, found: usize, format: Format, public_key: String },
    #[error(
        "the two halves of the key material do not belong together: the first would be the seed of the public key `{}`, the second that of `{}`",
        public_keys[0], public_keys[1]
    )]
    HalvesDisagree { public_keys: [String; 2] },
    #[error("the {format} has {found} bytes, and {spec} needs {wanted}")]
    NumberLength { spec: KeySpec, format: Format, found: usize, wanted: usize },
    #[error("the key material is {}, and {spec} needs raw bytes", container.with_article())]
    ContainerForRaw { container: Container, spec: KeySpec },
    #[error("every byte of the key material is zero")]
    AllZero,
    #[error("the key material is not {format}: {problem}")]
    NotDecodable { format: Format, problem: String },
    #[error("{spec} key material is never in the format {format}")]
    FormatNotForSpec { format: Format, spec: KeySpec },
    #[error("the key is {found}, and a private key is needed")]
    NotAPrivateKey { found: &'static str },
    #[error("the private key is encrypted, and there is no passphrase")]
    PassphraseNeeded,
    #[error("the passphrase does not open the private key")]
    WrongPassphrase,
    #[error("the private key is {found}, and the key spec is {spec}")]
    WrongKeyType { spec: KeySpec, found: String },
    #[error("the private key is {found}, and KMS imports no keys of that type")]
    TypeNotTaken { found: &'static str },
    #[error("the RSA private key has a modulus of {found} bits, and the key spec is {spec}")]
    WrongModulus { spec: KeySpec, found: u32 },
    #[error("the RSA private key has more than two primes, and KMS takes two")]
    MultiPrime,
    #[error("the EC private key is on curve {found}, and the key spec is {spec}")]
    WrongCurve { spec: KeySpec, found: String },
    #[error("the EC private key spells out its curve parameters, and KMS takes named curves only")]
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
    #[error("the {} asks for {found} {unit} to open it, and {limit} are the most that is allowed", container.name())]
    TooCostly { container: Container, unit: &'static str, found: u64, limit: u64 },
    #[error("the {} holds {} private keys: {}", container.name(), keys.len(), listed(keys))]
    SeveralKeys { container: Container, keys: Vec<NamedKey> },
    #[error("the PEM text holds {count} private keys: {}", names.join(", "))]
    SeveralBlocks { count: usize, names: Vec<String> },
    #[error("the key material {found}")]
    WrongFile { found: String, hint: String },
    #[error("the {} holds no private key", container.name())]
    NoPrivateKey { container: Container },
    #[error("the key material is {}, and the private half is needed", container.with_article())]
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
    InDoubt { error: Box<MaterialError>, ways: String, otherwise: &'static str },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    OpenSsl(#[from] OpenSslError),
}

impl MaterialError {
    /// Its stable name for machines.
    pub fn id(&self) -> &'static str {
        match self {
            MaterialError::File(error) => error.id(),
            MaterialError::OpenSsl(error) => error.id(),
            MaterialError::UnknownKeySpec { .. } => "unknown_key_spec",
            MaterialError::KeySpecNotImportable { .. } => "key_spec_not_importable",
            MaterialError::UnknownKeyUsage { .. } => "unknown_key_usage",
            MaterialError::UsageNotAllowed { .. } => "usage_not_allowed",
            MaterialError::UnknownFormat { .. } => "unknown_format",
            MaterialError::Empty => "empty",
            MaterialError::WrongLength { .. } | MaterialError::ChinaLength { .. } => "material_length",
            MaterialError::TrailingNewline { .. } => "trailing_newline",
            MaterialError::EncodedLength { .. } | MaterialError::NumberLength { .. } => "material_length",
            MaterialError::NotEncodedText { .. } => "not_encoded_text",
            MaterialError::EncodingContradicted { .. } => "encoding_contradicted",
            MaterialError::Ambiguous { .. } => "ambiguous",
            MaterialError::BareNumber { .. } => "bare_number",
            MaterialError::AllZero => "material_all_zero",
            MaterialError::NotDecodable { .. } | MaterialError::BrokenText { .. } => "damaged",
            MaterialError::FormatNotForSpec { .. } => "format_not_for_spec",
            MaterialError::NotAPrivateKey { .. } | MaterialError::NoPrivateKey { .. } => "no_private_key",
            MaterialError::PassphraseNeeded => "passphrase_needed",
            MaterialError::WrongPassphrase => "wrong_passphrase",
            MaterialError::WrongKeyType { .. }
            | MaterialError::TypeNotTaken { .. }
            | MaterialError::ContainerForRaw { .. } => "material_type",
            MaterialError::WrongModulus { .. } => "material_modulus",
            MaterialError::MultiPrime => "material_multi_prime",
            MaterialError::WrongCurve { .. } => "material_curve",
            MaterialError::ExplicitCurve => "material_explicit_curve",
            MaterialError::Inconsistent { .. } | MaterialError::HalvesDisagree { .. } => "material_inconsistent",
            MaterialError::Damaged { .. } => "damaged",
            MaterialError::UnreadableForm { .. } | MaterialError::EncryptedOpenSsh { .. } => "unreadable_form",
            MaterialError::MissingCipher { .. } => "missing_cipher",
            MaterialError::TooCostly { .. } => "too_costly",
            MaterialError::SeveralKeys { .. } | MaterialError::SeveralBlocks { .. } => "several_keys",
            MaterialError::PublicHalf { .. } => "public_half",
            MaterialError::WrongFile { .. } => "wrong_file",
            MaterialError::ForeignContainer { .. } => "foreign_container",
            MaterialError::ScalarOutOfRange => "forbidden_key",
            MaterialError::CertificateMismatch { .. } => "certificate_mismatch",
            MaterialError::Weak { id, .. } => id,
            MaterialError::InDoubt { error, .. } => error.id(),
        }
    }

    /// Wrapped key material where key material itself is wanted: `made` is what makes as many bytes.
    pub(crate) fn wrapped(bytes: usize, made: &str) -> Self {
        MaterialError::WrongFile {
            found: format!("looks like wrapped key material: it has {bytes} bytes, as {made} gives"),
            hint: IMPORT_IT.to_owned(),
        }
    }

    /// The same error with the commands that end the doubt as its hint; `commands` are each a command and when it is the right one.
    #[must_use]
    pub fn with_choices(self, commands: &[(String, String)]) -> Self {
        if commands.is_empty() {
            return self;
        }
        let ways: Vec<String> = commands.iter().map(|(command, meaning)| format!("`{command}` if {meaning}")).collect();
        let (ways, otherwise) = (ways.join(", or "), self.otherwise());
        MaterialError::InDoubt { error: Box::new(self), ways, otherwise }
    }

    /// The same choices where the key spec is not to be chosen.
    #[must_use]
    pub fn of_this_key_spec(self) -> Self {
        match self {
            MaterialError::InDoubt { error, ways, .. } => MaterialError::InDoubt { error, ways, otherwise: "" },
            error => error,
        }
    }

    /// What to do where no choice is the right one.
    const fn otherwise(&self) -> &'static str {
        match self {
            MaterialError::EncodedLength { .. } => {
                ", or choose the --key-spec of this key, or look for the whole key: what is cut off is not made up for"
            }
            MaterialError::ForeignContainer { container: Container::WalletKeystore, .. } => {
                ", or ask the wallet for the private key in hex, and give it with --material-format scalar"
            }
            MaterialError::ForeignContainer { container: Container::Tr31, .. } => {
                ", or ask the HSM that holds that key to unwrap it"
            }
            _ => "",
        }
    }

    /// The same error with the file's name, quoted for a shell, where its command says `FILE`.
    #[must_use]
    pub fn naming(mut self, file: impl AsRef<Path>) -> Self {
        match &mut self {
            MaterialError::WrongFile { hint: command, .. }
            | MaterialError::UnreadableForm { command: Some(command), .. }
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
pub(crate) const IMPORT_IT: &str =
    "import it as it is: `kms-byok import --key-id KEY --encrypted FILE --import-token ImportToken.bin`";

fn wants(spec: KeySpec) -> &'static str {
    if spec.is_private_key() { "a private key" } else { "bytes" }
}

/// Whether raw bytes of this length are key material of the spec.
fn takes(spec: KeySpec, length: usize) -> bool {
    match spec.kind() {
        MaterialKind::Symmetric => length == 32,
        MaterialKind::Hmac { minimum } => (minimum..=HMAC_MAXIMUM).contains(&length),
        _ => false,
    }
}

fn listed(keys: &[NamedKey]) -> String {
    keys.iter().map(NamedKey::to_string).collect::<Vec<_>>().join(", ")
}

/// Where an algorithm is that the loaded OpenSSL lacks.
fn place(provider: Option<&'static str>) -> String {
    match provider {
        Some(provider) => format!("OpenSSL has in its {provider} provider only, and that is not loaded"),
        None => "the loaded OpenSSL does not have".to_owned(),
    }
}

impl Explain for MaterialError {
    fn id(&self) -> &'static str {
        MaterialError::id(self)
    }

    fn hint(&self) -> Option<String> {
        match self {
            MaterialError::File(error) => error.hint(),
            MaterialError::OpenSsl(error) => error.hint(),
            MaterialError::UnknownKeySpec { .. } => {
                some(format!("use one of {}", KeySpec::ALL.map(KeySpec::name).join(", ")))
            }
            MaterialError::KeySpecNotImportable { .. } => {
                some("let KMS make the key (origin AWS_KMS), or choose a key spec that imports")
            }
            MaterialError::UnknownKeyUsage { .. } => {
                some("use ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC or KEY_AGREEMENT")
            }
            MaterialError::UsageNotAllowed { spec, .. } => {
                let usages: Vec<&str> = spec.usages().iter().map(|usage| usage.name()).collect();
                some(format!("use {}", usages.join(" or ")))
            }
            MaterialError::UnknownFormat { .. } => some(format!("use {}", Format::ALL.map(Format::name).join(", "))),
            MaterialError::Empty => some("check the command that was to write the key material"),
            MaterialError::WrongLength { .. } => some("choose the key spec of your key, or look for the whole key"),
            MaterialError::ChinaLength { .. } => some("look for a key of 32 bytes"),
            MaterialError::InDoubt { ways, otherwise, .. } => some(format!("run {ways}{otherwise}")),
            MaterialError::TrailingNewline { spec, found, .. } if takes(*spec, *found) => some(
                "write the key without the newline (`printf %s`, or `head -c` with the wanted length), or add --material-format raw if it is a byte of the key",
            ),
            MaterialError::TrailingNewline { .. } => {
                some("write the key without the newline (`printf %s`, or `head -c` with the wanted length)")
            }
            MaterialError::EncodedLength { .. } => {
                some("choose the --key-spec of this key, or look for the whole key: what is cut off is not made up for")
            }
            MaterialError::NotEncodedText { spec, .. } if spec.is_private_key() => {
                some("look for the file that has the private key, in PEM, DER, JWK, OpenSSH's format or PKCS#12")
            }
            MaterialError::NotEncodedText { spec, characters, inside, .. }
                if inside.is_empty() && takes(*spec, *characters) =>
            {
                some(
                    "add --material-format raw if these characters themselves are the key, or write the key alone to a file",
                )
            }
            MaterialError::NotEncodedText { .. } => {
                some("write the key alone to a file, as its bytes or as hex or base64 of them")
            }
            MaterialError::EncodingContradicted { said, .. } => some(format!(
                "leave --material-format out to have it read as what it is, or give the file that is written as {said}"
            )),
            MaterialError::Ambiguous { .. } => {
                some("decode it as far as you mean it, and give the result with --material-format raw")
            }
            MaterialError::BrokenText { problem: WORDS | NUMBERS | SINGLE_DIGITS, .. } => {
                some("write it anew, each byte with two digits")
            }
            MaterialError::BrokenText { .. } => some("look for another copy of it: this one is not whole"),
            MaterialError::BareNumber { format, .. } => {
                some(format!("add --material-format {format} if that is your public key"))
            }
            MaterialError::HalvesDisagree { .. } => {
                some("give the half that is the seed of your public key, with --material-format seed")
            }
            MaterialError::NumberLength { .. } => {
                some("write the number with all its leading zeros, or choose the --key-spec of its curve")
            }
            MaterialError::ContainerForRaw { container, .. } if container.is_public_half() => {
                some("give the file of the key itself: a public key is no secret, and may be the one that wraps it")
            }
            MaterialError::ContainerForRaw { .. } => {
                some("choose the key spec of the key in it, or give the raw bytes")
            }
            MaterialError::AllZero => some("look at what was to write this key"),
            MaterialError::NotDecodable { .. } => some("check --material-format, and that the file is whole"),
            MaterialError::FormatNotForSpec { .. } => {
                some("leave --material-format out, to have the key material read as what it is")
            }
            MaterialError::NotAPrivateKey { .. } => {
                some("give the private key as PKCS#8, PKCS#1 or SEC1, in PEM or DER")
            }
            MaterialError::PassphraseNeeded => some("run it on a terminal to be asked, or add --passphrase-file FILE"),
            MaterialError::WrongPassphrase => {
                some("check the passphrase; a trailing newline in --passphrase-file is ignored, spaces are not")
            }
            MaterialError::WrongKeyType { .. }
            | MaterialError::WrongModulus { .. }
            | MaterialError::WrongCurve { .. } => some("choose the --key-spec of this key, or another key"),
            MaterialError::TypeNotTaken { .. } => some("choose an RSA, EC or Ed25519 key"),
            MaterialError::MultiPrime => some("choose a key that has two primes"),
            MaterialError::ExplicitCurve => some("convert it: `openssl ec -param_enc named_curve`"),
            MaterialError::Inconsistent { .. } => some("restore the key from its source: this copy is damaged"),
            MaterialError::Damaged { .. } => some("look for another copy of the file: this one is not whole"),
            MaterialError::ForeignContainer { container, command: None } => container.advice().and_then(some),
            MaterialError::ForeignContainer { container: Container::Tr31, command: Some(command) } => some(format!(
                "ask the HSM that holds its key block protection key to unwrap it, or unwrap it with Python's package psec: `{command}`"
            )),
            MaterialError::ForeignContainer { container: Container::Wif, command: Some(command) } => {
                some(format!("convert it, and give the result with --material-format scalar: `{command}`"))
            }
            MaterialError::UnreadableForm { command, .. }
            | MaterialError::ForeignContainer { command, .. }
            | MaterialError::MissingCipher { command, .. } => {
                command.as_ref().map(|command| format!("convert it: `{command}`"))
            }
            MaterialError::EncryptedOpenSsh { command } => some(format!(
                "convert a copy of it with an empty new passphrase, and delete the copy afterwards, because it is plaintext: `{command}`"
            )),
            MaterialError::TooCostly { .. } => {
                some("encrypt the key anew with fewer iterations if it is from a source that you trust")
            }
            MaterialError::SeveralKeys { keys, .. } if keys.iter().any(|key| key.spec.is_some()) => {
                some("choose the --key-spec of one of these keys, or the file of another key")
            }
            MaterialError::SeveralKeys { .. } => some("choose one and write it to a file of its own"),
            MaterialError::SeveralBlocks { .. } => some(
                "write the block of the key that you mean to a file of its own, from its BEGIN line to its END line",
            ),
            MaterialError::WrongFile { hint, .. } => some(hint.clone()),
            MaterialError::NoPrivateKey { .. } => some("look for the file that has the private key"),
            MaterialError::PublicHalf { .. } => {
                some("give the private key that belongs to it: this is the public half")
            }
            MaterialError::ScalarOutOfRange => {
                some("look for another copy of the key: no curve has a key of this number")
            }
            MaterialError::Weak { .. } => some("leave --strict out if it has to be this key"),
            MaterialError::CertificateMismatch { .. } => {
                some("choose the certificate of this key, or give the private key alone")
            }
        }
    }

    fn because(&self) -> Option<String> {
        match self {
            MaterialError::File(error) => error.because(),
            MaterialError::OpenSsl(error) => error.because(),
            _ => None,
        }
    }
}
