//! What to do about key material that is refused.

use super::MaterialError;
use crate::explain::{Explain, some};
use crate::material::recognise::{NUMBERS, SINGLE_DIGITS, WORDS};
use crate::material::{Container, Format, HMAC_MAXIMUM, KeySpec, MaterialKind};

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

/// Whether raw bytes of this length are key material of the spec.
fn takes(spec: KeySpec, length: usize) -> bool {
    match spec.kind() {
        MaterialKind::Symmetric => length == 32,
        MaterialKind::Hmac { minimum } => (minimum..=HMAC_MAXIMUM).contains(&length),
        _ => false,
    }
}
