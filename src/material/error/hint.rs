//! What to do about key material that is refused.

use super::{MaterialError, other_spec};
use crate::explain::{Hint, OwnWords, Setting, explain_sum, hint, some};
use crate::material::container::KEY_BLOCK;
use crate::material::recognise::{NUMBERS, SINGLE_DIGITS, WORDS};
use crate::material::{Container, Format, HMAC_MAXIMUM, KeySpec, MaterialKind};

explain_sum!(MaterialError { File, OpenSsl } or OwnWords);

impl OwnWords for MaterialError {
    fn own_id(&self) -> &'static str {
        self.id()
    }

    fn own_hint(&self) -> Option<Hint> {
        match self {
            MaterialError::File(_) | MaterialError::OpenSsl(_) => None, // what it holds has its own
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
            MaterialError::Empty => some("check the command that should have written the key material"),
            MaterialError::WrongLength { .. } => some("choose the key spec of your key, or look for the whole key"),
            MaterialError::ChinaLength { .. } => some("look for a key of 32 bytes"),
            MaterialError::InDoubt { ways, otherwise, .. } => {
                let run = Hint::from(format!("run {ways}"));
                Some(otherwise.iter().cloned().fold(run, Hint::and))
            }
            MaterialError::TrailingNewline { spec, found, .. } if takes(*spec, *found) => hint![
                "write the key without the newline (`printf %s`, or `head -c` with the wanted length), or add ",
                Setting::MaterialFormat.to(Format::Raw),
                " if it is a byte of the key",
            ],
            MaterialError::TrailingNewline { .. } => {
                some("write the key without the newline (`printf %s`, or `head -c` with the wanted length)")
            }
            MaterialError::EncodedLength { .. } => some(other_spec("choose the ")),
            MaterialError::NotEncodedText { spec, .. } if spec.is_private_key() => {
                some("look for the file that has the private key, in PEM, DER, JWK, OpenSSH's format or PKCS#12")
            }
            MaterialError::NotEncodedText { spec, characters, inside, .. }
                if inside.is_empty() && takes(*spec, *characters) =>
            {
                hint![
                    "add ",
                    Setting::MaterialFormat.to(Format::Raw),
                    " if these characters themselves are the key, or write the key alone to a file",
                ]
            }
            MaterialError::NotEncodedText { .. } => {
                some("write the key alone to a file, as its bytes or as hex or base64 of them")
            }
            MaterialError::EncodingContradicted { said, .. } => hint![
                "leave ",
                Setting::MaterialFormat,
                format!(" out to have it read as what it is, or give the file that is written as {said}"),
            ],
            MaterialError::Ambiguous { .. } => {
                hint![
                    "decode it to the key that you mean, and give the result with ",
                    Setting::MaterialFormat.to(Format::Raw),
                ]
            }
            MaterialError::BrokenText { problem: WORDS | NUMBERS | SINGLE_DIGITS, .. } => {
                some("write it anew, each byte with two digits")
            }
            MaterialError::BrokenText { .. } => some("look for another copy of it: this one is not whole"),
            MaterialError::BareNumber { format, .. } => {
                hint!["add ", Setting::MaterialFormat.to(format), " if that is your public key"]
            }
            MaterialError::HalvesDisagree { .. } => {
                hint![
                    "give the half that is the seed of your public key, with ",
                    Setting::MaterialFormat.to(Format::Seed),
                ]
            }
            MaterialError::NumberLength { .. } => {
                hint!["write the number with all its leading zeros, or choose the ", Setting::KeySpec, " of its curve",]
            }
            MaterialError::ContainerForRaw { container, .. } if container.is_public_half() => {
                some("give the file of the key itself: a public key is no secret, and may be the one that wraps it")
            }
            MaterialError::ContainerForRaw { container: Container::Other(_) | Container::Pgp, .. } => {
                some("look for the file that has the key")
            }
            MaterialError::ContainerForRaw { .. } => {
                some("choose the key spec of the key in it, or give the raw bytes")
            }
            MaterialError::AllZero => some("check the command that should have written this key"),
            MaterialError::NotDecodable { .. } => {
                hint!["check ", Setting::MaterialFormat, ", and that the file is whole"]
            }
            MaterialError::FormatNotForSpec { .. } => {
                hint!["leave ", Setting::MaterialFormat, " out, to have the key material read as what it is"]
            }
            MaterialError::NotAPrivateKey { .. } => {
                some("give the private key as PKCS#8, PKCS#1 or SEC1, in PEM or DER")
            }
            MaterialError::PassphraseNeeded => {
                hint!["run it on a terminal to be asked, or add ", Setting::PassphraseFile.to("FILE")]
            }
            MaterialError::WrongPassphrase => {
                hint![
                    "check the passphrase; a trailing newline in ",
                    Setting::PassphraseFile,
                    " is ignored, spaces are not",
                ]
            }
            MaterialError::WrongKeyType { .. }
            | MaterialError::WrongModulus { .. }
            | MaterialError::WrongCurve { .. } => {
                hint!["choose the ", Setting::KeySpec, " of this key, or another key"]
            }
            MaterialError::TypeNotTaken { .. } => some("choose an RSA, EC or Ed25519 key"),
            MaterialError::MultiPrime => some("choose a key that has two primes"),
            MaterialError::ExplicitCurve => some("convert it: `openssl ec -param_enc named_curve`"),
            MaterialError::Inconsistent { .. } => some("restore the key from its source: this copy is damaged"),
            MaterialError::Damaged { .. } => some("look for another copy of the file: this one is not whole"),
            MaterialError::ForeignContainer { container, command: None } => container.advice(),
            MaterialError::ForeignContainer { container: Container::Tr31, command: Some(command) } => {
                some(format!("{KEY_BLOCK}, or unwrap it with Python's package psec: `{command}`"))
            }
            MaterialError::ForeignContainer { container: Container::Wif, command: Some(command) } => {
                hint![
                    "convert it, and give the result with ",
                    Setting::MaterialFormat.to(Format::Scalar),
                    format!(": `{command}`"),
                ]
            }
            MaterialError::UnreadableForm { command, .. }
            | MaterialError::ForeignContainer { command, .. }
            | MaterialError::MissingCipher { command, .. } => {
                command.as_ref().map(|command| format!("convert it: `{command}`").into())
            }
            MaterialError::EncryptedOpenSsh { command } => some(format!(
                "convert a copy of it with an empty new passphrase, and delete the copy afterwards, because it is plaintext: `{command}`"
            )),
            MaterialError::TooCostly { .. } => {
                some("encrypt the key anew with fewer iterations if it is from a source that you trust")
            }
            MaterialError::SeveralKeys { keys, .. } if keys.iter().any(|key| key.spec.is_some()) => {
                hint!["choose the ", Setting::KeySpec, " of one of these keys, or the file of another key"]
            }
            MaterialError::SeveralKeys { .. } => some("choose one and write it to a file of its own"),
            MaterialError::SeveralBlocks { .. } => some(
                "write the block of the key that you mean to a file of its own, from its BEGIN line to its END line",
            ),
            MaterialError::WrongFile { advice, .. } => Some(advice.clone()),
            MaterialError::NoPrivateKey { .. } => some("look for the file that has the private key"),
            MaterialError::PublicHalf { .. } => {
                some("give the private key that belongs to it: this is the public half")
            }
            MaterialError::ScalarOutOfRange => {
                some("look for another copy of the key: no curve has a key with this number")
            }
            MaterialError::Weak { .. } => hint!["leave ", Setting::Strict, " out if it has to be this key"],
            MaterialError::CertificateMismatch { .. } => {
                some("choose the certificate of this key, or give the private key alone")
            }
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
