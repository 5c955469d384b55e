use super::*;
use crate::diagnose::name::{Name, Role};
use crate::files::damage::Damage;
use crate::kms::{KeyArn, KeyState, Origin};
use crate::material::MaterialError;
use crate::material::encoding::Encoding;
use crate::material::recognise::{Layer, Member, Way};
use crate::material::{Container, Format, KeySpec};
use crate::words::sentence;
use crate::wrap::WrapError;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

const SPEC: KeySpec = KeySpec::Rsa2048;
const ALGORITHM: WrappingAlgorithm = WrappingAlgorithm::RsaAesKeyWrapSha256;
const WRAPPING: WrappingKeySpec = WrappingKeySpec::Rsa4096;

fn name(role: Role) -> Name {
    Name::of(role, std::path::Path::new("a file"))
}

fn arn() -> KeyArn {
    "arn:aws:kms:us-east-1:111122223333:key/1234abcd".parse().unwrap()
}

fn text() -> String {
    "text".to_owned()
}

const MEMBER: Member = Member { name: "Plaintext", way: Way::Plain };

fn files() -> Vec<Cause> {
    let blob = || name(Role::Encrypted);
    let mut causes: Vec<Cause> = [Role::PublicKey, Role::ImportToken, Role::Encrypted, Role::Material, Role::Inside]
        .into_iter()
        .flat_map(|role| {
            let encodings = [
                Encoding(vec![Layer::Pem]),
                Encoding(vec![Layer::Json(MEMBER), Layer::Base64]),
                Encoding(vec![Layer::Hex]),
                Encoding(vec![Layer::Base64]),
                Encoding(vec![Layer::Quotes, Layer::Base64]),
                Encoding(vec![Layer::Utf16, Layer::Base64Url]),
            ];
            encodings.map(|encoding| FileCause::Encoded { name: name(role), encoding }.into())
        })
        .collect();
    for role in [Role::Parameters, Role::PublicKey, Role::ImportToken, Role::Encrypted, Role::Material] {
        causes.extend([
            FileCause::Missing { name: name(role) }.into(),
            FileCause::Empty { name: name(role) }.into(),
            FileCause::TooLarge { name: name(role), limit: 65536 }.into(),
            FileCause::Unreadable { name: name(role), because: text() }.into(),
            FileCause::TrailingNewline { name: name(role), found: 33, extra: 1, wanted: 32 }.into(),
        ]);
    }
    causes.extend([
        FileCause::TrailingNewline { name: name(Role::Inside), found: 33, extra: 1, wanted: 32 }.into(),
        FileCause::KeyAsText { name: name(Role::Material), found: "in a JWK".into() }.into(),
        FileCause::Mangled { name: blob(), damage: Damage::Replaced { count: 9 } }.into(),
        FileCause::Mangled { name: blob(), damage: Damage::Transcoded { count: 9 } }.into(),
        FileCause::Mangled { name: blob(), damage: Damage::CarriageReturns { count: 1 } }.into(),
        FileCause::Swapped { first: name(Role::PublicKey), second: name(Role::ImportToken) }.into(),
        FileCause::WrongFile { name: name(Role::PublicKey), found: "a certificate" }.into(),
        FileCause::NotWrapped { name: blob(), evidence: "it is the same bytes" }.into(),
    ]);
    causes
}

fn wrapped() -> Vec<Cause> {
    let (key, blob, private) = (|| name(Role::PublicKey), || name(Role::Encrypted), || name(Role::PrivateKey));
    vec![
        PublicKeyCause::NotDer { name: key() }.into(),
        PublicKeyCause::Pkcs1 { name: key() }.into(),
        PublicKeyCause::ExtraBytes { name: key(), extra: 3, wanted: 294 }.into(),
        PublicKeyCause::NotRsa { name: key(), found: "an EC public key" }.into(),
        PublicKeyCause::Bits { name: key(), bits: 1024 }.into(),
        PublicKeyCause::Exponent { name: key(), exponent: "1".into() }.into(),
        PublicKeyCause::Factor { name: key(), factor: 2 }.into(),
        PublicKeyCause::Size { name: key(), found: WrappingKeySpec::Rsa2048, asked: WRAPPING }.into(),
        PublicKeyCause::TokenLength { name: name(Role::ImportToken), found: 9999, limit: 6144 }.into(),
        BlobCause::Length { name: blob(), found: 9, with: text(), expected: text() }.into(),
        BlobCause::OtherSize {
            name: blob(),
            found: 9,
            other: WrappingKeySpec::Rsa2048,
            asked: WRAPPING,
            expected: text(),
        }
        .into(),
        BlobCause::OtherAlgorithm { name: blob(), found: 9, made: text(), with: text(), expected: text() }.into(),
        BlobCause::NotBelowModulus { name: blob(), public_key: key() }.into(),
        BlobCause::HalvesSwapped { name: blob(), public_key: key() }.into(),
        BlobCause::LengthForSpec { name: blob(), least: 1, most: 8, spec: SPEC, usual: text() }.into(),
        OpenedCause::OaepHash { name: blob(), found: text(), algorithm: ALGORITHM, needed: "SHA-256" }.into(),
        OpenedCause::Mgf1Hash { name: blob(), found: "SHA-1", algorithm: ALGORITHM, needed: "SHA-256" }.into(),
        OpenedCause::Label { name: blob() }.into(),
        OpenedCause::Pkcs1Padding { name: blob(), algorithm: ALGORITHM }.into(),
        OpenedCause::NoPadding { name: blob(), algorithm: ALGORITHM }.into(),
        OpenedCause::OtherPublicKey { name: blob(), private_key: private() }.into(),
        OpenedCause::OpensWithOther { name: blob(), private_key: private(), public_key: key() }.into(),
        OpenedCause::PrivateKeyOfOther { private_key: private(), public_key: key() }.into(),
        OpenedCause::HalvesSwapped { name: blob(), length: 256 }.into(),
        OpenedCause::AesKeyLength { name: blob(), found: 16 }.into(),
        OpenedCause::AesKeyEncoded { name: blob(), encoding: Encoding(vec![Layer::Hex]) }.into(),
        OpenedCause::KeyWrapUnpadded { name: blob(), algorithm: ALGORITHM }.into(),
        OpenedCause::SecondHalf { name: blob() }.into(),
        OpenedCause::OtherMaterial { name: blob(), material: name(Role::Material) }.into(),
        OpenedCause::OaepHashSuspected { name: blob(), needed: "SHA-256", command: Some((text(), "SHA-1")) }.into(),
        OpenedCause::OaepHashSuspected { name: Name::unnamed(Role::Encrypted), needed: "SHA-1", command: None }.into(),
        OpenedCause::Pkcs1PaddingSuspected { name: blob() }.into(),
        OpenedCause::OtherPublicKeySuspected { name: blob() }.into(),
        OpenedCause::KeyWrapSuspected { name: blob() }.into(),
    ]
}

fn materials() -> Vec<Cause> {
    let wrong = |error| MaterialCause::Wrong { name: name(Role::Material), error, otherwise: None }.into();
    let found = text();
    let other = MaterialCause::Wrong {
        name: name(Role::Material),
        error: MaterialError::WrongCurve { spec: KeySpec::EccNistP256, found },
        otherwise: Some(Otherwise::Spec(KeySpec::EccNistP384)),
    };
    let (wrapping, spec) = (WrappingKeySpec::Rsa2048, KeySpec::EccNistP521);
    let algorithm = WrappingAlgorithm::RsaesOaepSha256;
    vec![
        other.into(),
        MaterialCause::Wrong {
            name: name(Role::Material),
            error: MaterialError::Ambiguous { what: text() },
            otherwise: Some(Otherwise::Choices(Vec::new())),
        }
        .into(),
        MaterialCause::InDoubt {
            name: name(Role::Material),
            cause: FileCause::Missing { name: name(Role::Material) },
            choices: Vec::new(),
        }
        .into(),
        MaterialCause::TextItself { name: name(Role::Material), characters: 32, choices: Vec::new() }.into(),
        wrong(MaterialError::WrongLength { spec: SPEC, found: 31, wanted: text() }),
        wrong(MaterialError::ChinaLength { spec: KeySpec::SymmetricDefault }),
        wrong(MaterialError::AllZero),
        wrong(MaterialError::Empty),
        wrong(MaterialError::PassphraseNeeded),
        wrong(MaterialError::NotAPrivateKey { found: "a certificate" }),
        wrong(MaterialError::NotDecodable { format: Format::Der, problem: text() }),
        wrong(MaterialError::WrongKeyType { spec: SPEC, found: text() }),
        wrong(MaterialError::WrongModulus { spec: SPEC, found: 3072 }),
        wrong(MaterialError::WrongCurve { spec, found: text() }),
        wrong(MaterialError::ExplicitCurve),
        wrong(MaterialError::WrongPassphrase),
        wrong(MaterialError::Damaged { container: Container::Sec1, problem: text() }),
        wrong(MaterialError::UnreadableForm { container: Container::Sec1, form: text(), command: None }),
        wrong(MaterialError::MissingCipher {
            container: Container::Pkcs12,
            cipher: text(),
            provider: None,
            command: None,
        }),
        wrong(MaterialError::TooCostly { container: Container::Pkcs12, unit: "iterations", found: 2, limit: 1 }),
        wrong(MaterialError::PublicHalf { container: Container::Certificate }),
        wrong(MaterialError::wrapped(296, "RSA_AES_KEY_WRAP of 32 bytes with RSA_2048")),
        wrong(MaterialError::ForeignContainer { container: Container::Jks, command: Some("keytool FILE".to_owned()) }),
        wrong(MaterialError::CertificateMismatch { subject: text() }),
        wrong(MaterialError::SeveralBlocks { count: 2, names: vec![text()] }),
        wrong(MaterialError::NotEncodedText {
            spec: SPEC,
            characters: 32,
            kind: "text in no known encoding",
            inside: String::new(),
        }),
        wrong(MaterialError::EncodingContradicted { said: Format::Base64, found: text() }),
        wrong(MaterialError::Ambiguous { what: text() }),
        wrong(MaterialError::BareNumber { spec: SPEC, found: 32, format: Format::Scalar, public_key: text() }),
        wrong(MaterialError::ScalarOutOfRange),
        wrong(MaterialError::MultiPrime),
        wrong(MaterialError::Inconsistent { problem: "its RSA numbers do not belong together" }),
        MaterialCause::Container { name: name(Role::Material), found: "in PKCS#1".to_owned() }.into(),
        MaterialCause::TooLong {
            name: name(Role::Material),
            error: WrapError::DoesNotFit { algorithm, spec, wrapping, needed: 241, capacity: 190 },
        }
        .into(),
        MaterialCause::Unwrappable { error: WrapError::RsaKeyOverOaep { algorithm, spec: SPEC } }.into(),
        MaterialCause::Unwrappable { error: WrapError::NotForRawMaterial { algorithm, spec: KeySpec::Hmac256 } }.into(),
    ]
}

fn sets() -> Vec<Cause> {
    let (key, token) = (|| name(Role::PublicKey), || name(Role::ImportToken));
    vec![
        ParametersCause::Unreadable { name: name(Role::Parameters), problem: text() }.into(),
        ParametersCause::Expired { at: text(), now: text() }.into(),
        ParametersCause::ExpiredSaid.into(),
        ParametersCause::Old { name: token(), at: text(), age: text() }.into(),
        ParametersCause::Mixed { name: key(), found: text(), expected: text() }.into(),
        ParametersCause::WrappedBefore {
            name: name(Role::Encrypted),
            wrapped: text(),
            other: key(),
            downloaded: text(),
        }
        .into(),
        ParametersCause::TimesApart { first: key(), one: text(), second: token(), two: text() }.into(),
        ParametersCause::OtherKey { found: text(), asked: text() }.into(),
        ParametersCause::Differ { what: "key spec", found: text(), asked: text() }.into(),
        ParametersCause::OfARehearsal.into(),
        ParametersCause::OtherRegion { found: text(), asked: text() }.into(),
        ParametersCause::TokenRefused.into(),
        KeyCause::NotFound { key: text(), region: arn().region().clone() }.into(),
        KeyCause::NotExternal { arn: arn(), origin: Origin::AwsKms }.into(),
        KeyCause::State { arn: arn(), state: KeyState::PendingDeletion }.into(),
        KeyCause::State { arn: arn(), state: KeyState::Creating }.into(),
        KeyCause::Spec {
            arn: arn(),
            found: KeySpec::Hmac256.into(),
            what: "key spec asked for",
            asked: KeySpec::Rsa2048,
        }
        .into(),
        KeyCause::NotTheOriginal { key: text() }.into(),
        KeyCause::MaterialRefused { because: text() }.into(),
        KeyCause::ExpiryRefused { because: text() }.into(),
        KeyCause::LengthRefused { because: text() }.into(),
        KeyCause::OpenSslCommand { version: text() }.into(),
        KeyCause::OpenSslSelfTest { version: text(), test: "OAEP-SHA-256" }.into(),
    ]
}

pub(super) fn all() -> Vec<Cause> {
    [files(), wrapped(), materials(), sets()].into_iter().flatten().collect()
}

/// The ids of the table in the documentation.
fn documented() -> Vec<&'static str> {
    let table = include_str!("../mod.rs").lines().filter_map(|line| line.strip_prefix("//! | `"));
    let mut ids: Vec<&str> =
        table.flat_map(|line| line.split(" |").next().unwrap_or_default().split(['`', ','])).collect();
    ids.retain(|id| !id.trim().is_empty());
    ids.sort_unstable();
    ids
}

#[test]
fn every_cause_has_a_documented_id_and_every_documented_id_a_cause() {
    let mut ids: Vec<&str> = all().iter().map(Cause::id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids, documented());
}

#[test]
fn every_evidence_and_every_fix_is_written_as_errors_are() {
    let directory = Commands { directory: Some("D".into()), ..Commands::default() };
    for cause in all() {
        let evidence = cause.to_string();
        let first = evidence.chars().next().unwrap();
        let named = ["KMS ", "SYMMETRIC_", "RSA", "ECC_", "HMAC_"].iter().any(|name| evidence.starts_with(name));
        assert!(first.is_lowercase() || named, "{evidence}");
        check(&evidence);
        for commands in [&Commands::default(), &directory] {
            let fix = sentence(&cause.fix(commands));
            check(&fix);
            assert!(fix.starts_with(|c: char| c.is_ascii_lowercase()), "{fix}");
            let command = fix.split('`').nth(1).unwrap_or_default();
            let flags = fix.contains("files of `--");
            assert!(flags || command.contains(' '), "no command: {fix}");
        }
    }
}

/// No full stop, no Debug output, no line break, backticks in pairs.
fn check(words: &str) {
    assert!(
        !words.ends_with(['.', ' ', ':']) && !words.contains(['\n', '\u{fffd}']) && !words.contains("  "),
        "{words}"
    );
    assert!(words.matches('`').count().is_multiple_of(2), "{words}");
    for debug in ["Some(", "None", "Err(", "::", " { "] {
        assert!(!words.contains(debug), "{words}");
    }
}
