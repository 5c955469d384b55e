//! One sample at least of every variant of every error type: what was typed is [`TYPED`], what others said is [`FOREIGN`].

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use openssl::rsa::Rsa;

use super::{FOREIGN, TYPED};
#[cfg(feature = "rehearsal")]
use crate::error::RehearsalError;
use crate::error::{
    CeremonyError, EndpointError, Error, EscrowError, ExpiryError, FileError, HealthError, KmsError, LifeError,
    MaterialError, OpenSslError, ParametersError, UsageError, WrapError,
};
use crate::kms::Operation;
use crate::material::{Format, KeySpec, KeyUsage};
use crate::openssl_probe::{Branch, Platform};
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

pub(super) fn all() -> Vec<(&'static str, Error)> {
    #[cfg(not(feature = "rehearsal"))]
    let rehearsals = Vec::new();
    #[cfg(feature = "rehearsal")]
    let rehearsals = rehearsals();
    let of_each_type = [
        ceremonies(),
        endpoints(),
        escrows(),
        expiries(),
        files(),
        findings(),
        calls(),
        lives(),
        materials(),
        openssls(),
        parameters(),
        rehearsals,
        usages(),
        wraps(),
    ];
    of_each_type.into_iter().flatten().collect()
}

one_of_each! {
    ceremonies: CeremonyError {
        AliasName { name: typed(), problem: "it begins with alias/" }
        Differs { key: typed(), arn: arn(), difference: "its key spec is HMAC_256, and RSA_2048 was asked for".into() }
        TakesOnlyOriginal { arn: arn() }
        ForeignPolicy { alias: typed(), arn: arn() }
        AdoptsOther { alias: typed(), arn: arn(), adopt: arn() }
        NotExternal { arn: arn(), origin: "AWS_KMS".into() }
        WrongState { arn: arn(), state: "PendingDeletion".into() }
        WrongState { arn: arn(), state: "Updating".into() }
        ExpiresSoon { arn: arn(), at: time() }
        HoldsMaterial { arn: arn() }
        ImportedElsewhere { asked: arn(), found: arn() }
        NotEnabled { arn: arn(), state: "PendingImport".into() }
        SymmetricOnly { what: "--import-type", spec: "RSA_2048".into() }
        ProofContradicts { contradiction: "the public key is another one".into() }
        ProofNotPermitted { refused: "kms:Sign, kms:GetPublicKey".into() }
        Interrupted { signal: "SIGINT" }
        AliasUnknown { alias: typed() }
    }
    endpoints: EndpointError {
        NotAUrl { url: typed(), problem: "there is no host in it" }
        NotAws { url: typed(), origin: "the environment or the profile" }
        PlainHttp { url: typed() }
        FipsAndCustom { url: typed() }
        NotFips { url: typed() }
        NameUnknown { host: typed(), because: foreign() }
        ConnectionRefused { host: typed(), because: foreign() }
        Unreachable { host: typed(), because: foreign() }
        ConnectTimeout { host: typed(), limit: Duration::from_millis(250) }
        ReadTimeout { host: typed(), limit: Duration::from_secs(30) }
        Reset { host: typed(), because: foreign() }
        ReplyTooLarge { host: typed(), limit: 1024 }
        NotHttp { host: typed(), because: foreign() }
        TlsUntrusted { host: typed(), because: foreign() }
        TlsWrongName { host: typed(), because: foreign() }
        TlsExpired { host: typed(), because: foreign() }
        TlsNotYetValid { host: typed(), because: foreign() }
        TlsHandshake { host: typed(), because: foreign() }
        TlsSetup { because: foreign() }
        CaBundle { path: path(), because: foreign() }
        ProxyUnusable { variable: "HTTPS_PROXY" }
        ProxyTunnel { proxy: typed(), because: foreign() }
    }
    escrows: EscrowError {
        NoRecipient {}
        NotACertificate { path: path() }
        CannotReceive { path: path() }
        OutOfDate { path: path(), from: time(), to: time() }
        KeyUsage { path: path(), needed: "keyEncipherment" }
        NotAnEnvelope { path: path() }
        CannotOpen { path: path() }
    }
    expiries: ExpiryError {
        NotATime { text: typed() }
        Past { at: time() }
        ByKmsClock { problem: "the expiry 2027-01-31T12:00:00Z is in the past".into(), difference: "10 minutes behind".into() }
        TooFar { at: time(), limit: time() }
    }
    files: FileError {
        Missing { what: "key policy", path: path() }
        Directory { what: "key policy", path: path() }
        NotADirectory { what: "parameter directory", path: path() }
        Unreadable { what: "key policy", path: path(), source: system() }
        StdinUnreadable { what: "key material", source: system() }
        Empty { what: "import token", path: path() }
        TooLarge { what: "key policy", path: path(), limit: 32_768 }
        Unwritable { what: "escrow file", path: path(), source: system() }
        Exists { what: "wrapped key material", path: path() }
        PlaintextExists { path: path() }
        SameFile { path: path() }
        BinaryToTerminal { what: "wrapped key material" }
        OpenToOthers { what: "passphrase file", path: path(), mode: 0o644 }
        OpenToWriters { path: path(), mode: 0o777 }
        NoMemory { source: system() }
        NoEventQueue { source: system() }
    }
    findings: HealthError {
        EndOfLife { which: "loaded", branch: branch("3.0"), platform: Platform::Apt, newer: Some(branch("3.5")) }
        EndOfLife { which: "on PATH", branch: branch("1.1.1"), platform: Platform::Dnf, newer: None }
        EndOfLife { which: "loaded", branch: branch("1.0.2"), platform: Platform::Homebrew, newer: Some(branch("3.5")) }
        EndOfLife { which: "loaded", branch: branch("3.1"), platform: Platform::Unknown, newer: Some(branch("3.5")) }
        LibreSslOnPath { found: "LibreSSL 3.3.6".into(), platform: Platform::Homebrew }
        LibreSslOnPath { found: "LibreSSL 3.3.6".into(), platform: Platform::Unknown }
        NoTrustStore { places: "no certificate is in `a` or `b`".into() }
        ClockOff { seconds: 600, direction: "behind" }
        NotLocked {}
        CoreDumps {}
    }
    calls: KmsError {
        NoRegion { profile: None }
        NoRegion { profile: Some(typed()) }
        ChinaRegion { region: typed() }
        NotARegion { region: typed() }
        NoCredentials { profile: None, because: foreign() }
        NoCredentials { profile: Some(typed()), because: foreign() }
        CredentialsFail { profile: None, because: foreign() }
        CredentialsFail { profile: Some(typed()), because: foreign() }
        Unsendable { operation: Operation::CreateKey, because: foreign() }
        Refused(Box::new(super::refusals::any()))
        ReplyLost { operation: Operation::CreateKey, cause: lost() }
        ReplyLost { operation: Operation::CreateAlias, cause: lost() }
        ReplyLost { operation: Operation::ImportKeyMaterial, cause: lost() }
        ReplyLost { operation: Operation::DeleteImportedKeyMaterial, cause: lost() }
        ReplyLost { operation: Operation::RotateKeyOnDemand, cause: lost() }
        ReplyLost { operation: Operation::ScheduleKeyDeletion, cause: lost() }
        ReplyLost { operation: Operation::TagResource, cause: lost() }
        NotKms { operation: Operation::DescribeKey, endpoint: typed(), status: 502, because: foreign() }
        FieldMissing { operation: Operation::CreateKey, field: "KeyMetadata" }
        ValueUnknown { operation: Operation::CreateKey, field: "KeyState", value: typed() }
        OtherKey { operation: Operation::DescribeKey, asked: typed(), answered: typed() }
        EndlessList { operation: Operation::ListKeys }
    }
    lives: LifeError {
        NotSymmetric { arn: arn(), spec: "RSA_2048".into() }
        Replica { arn: arn(), primary: arn(), what: "rotation" }
        NotEnabled { arn: arn(), state: "Disabled".into(), what: "rotation" }
        NotEnabled { arn: arn(), state: "PendingImport".into(), what: "replication" }
        NotEnabled { arn: arn(), state: "PendingDeletion".into(), what: "rotation" }
        NotVerifiable { arn: arn(), state: "Updating".into() }
        NoRotationLeft { arn: arn() }
        PendingExists { arn: arn(), id: id() }
        OtherPending { arn: arn(), id: id() }
        NothingPending { arn: arn() }
        MissingInRegions { id: id(), regions: "eu-west-1, eu-west-2".into() }
        InProgress { arn: arn() }
        EarlierMaterial { arn: arn() }
        NotReady { id: id(), waited: "60 s".into() }
        StillWaiting { arn: arn(), id: id(), waited: "60 s".into() }
        StillInProgress { arn: arn(), waited: "60 s".into() }
        SingleRegion { arn: arn() }
        PrimaryRegion { region: typed(), arn: arn() }
        AliasElsewhere { alias: typed(), region: "eu-west-1".into(), arn: arn() }
        ForeignReplica { arn: arn() }
        OtherMaterial { arn: arn(), contradiction: "KMS computes another HMAC".into() }
        AdoptsNoReplica { adopt: arn() }
        TooFewMaterials { arn: arn(), needed: 2, given: 1 }
        ReplicaIncomplete { arn: arn(), missing: id() }
        Incomplete { arn: arn(), missing: id() }
        StillCreating { arn: arn(), waited: "60 s".into() }
        NotSeen { permission: "kms:ListKeyRotations".into(), subject: format!(" for {}", arn()) }
        NotNow { arn: arn(), state: "Creating".into() }
        SeveralMaterials { arn: arn(), count: 2, ids: id() }
        MaterialsUnknown { arn: arn() }
        NoSuchMaterial { arn: arn(), id: id(), ids: String::new() }
        NoSuchMaterial { arn: arn(), id: id(), ids: id() }
        ConfirmationDiffers {}
        StillThere { id: id() }
    }
    materials: MaterialError {
        UnknownKeySpec { name: typed() }
        KeySpecNotImportable { name: "ML_DSA_65".into(), reason: "KMS does not offer it" }
        UnknownKeyUsage { name: typed() }
        UsageNotAllowed { spec: KeySpec::Hmac256, usage: KeyUsage::SignVerify }
        UnknownFormat { name: typed() }
        Empty {}
        TooLarge { spec: KeySpec::Hmac256, limit: 128 }
        WrongLength { spec: KeySpec::SymmetricDefault, found: 31, wanted: "exactly 32".into() }
        ChinaLength { spec: KeySpec::SymmetricDefault }
        TrailingNewline { spec: KeySpec::SymmetricDefault, found: 33, wanted: "exactly 32".into() }
        LooksEncoded { found: 64, encoding: Format::Hex }
        PemForRaw { spec: KeySpec::SymmetricDefault }
        AllZero {}
        NotDecodable { format: Format::Base64, problem: "byte 3 is not of its alphabet".into() }
        FormatNotForSpec { format: Format::Pem, spec: KeySpec::Hmac224 }
        NotAPrivateKey { found: "a public key" }
        PassphraseNeeded {}
        WrongPassphrase {}
        WrongKeyType { spec: KeySpec::Rsa2048, found: "an EC key".into() }
        WrongModulus { spec: KeySpec::Rsa2048, found: 3072 }
        MultiPrime {}
        WrongCurve { spec: KeySpec::EccNistP256, found: "secp384r1".into() }
        ExplicitCurve {}
        Inconsistent { problem: "its public half is not the one of its private half" }
    }
    openssls: OpenSslError {
        Step { step: "draw random bytes", source: Rsa::private_key_from_der(b"none").unwrap_err() }
        Unfit { found: "OpenSSL 1.0.1u".into(), needed: "OpenSSL 1.0.2 or newer".into() }
        SelfTest { what: "OAEP-SHA-256" }
        NoKeyWrap { algorithm: "RSA_AES_KEY_WRAP_SHA_256", found: "LibreSSL 4.0.0".into() }
        NotFips { found: "OpenSSL 3.0.19".into() }
        NoCms { found: "LibreSSL 4.0.0".into() }
        NoEd25519 { found: "OpenSSL 1.1.0".into() }
    }
    parameters: ParametersError {
        NotParameters { path: path(), problem: "line 3 is not JSON".into() }
        UnknownVersion { path: path(), found: 9, known: 1 }
        Mixed { what: "import token", path: path(), found: "ab".into(), expected: "cd".into() }
        UnexpectedPublicKey { found: "ab".into(), expected: "cd".into() }
        NotAFingerprint { given: typed() }
        Expired { at: time() }
        OtherKey { found: arn(), asked: arn() }
        OtherSpec { found: "RSA_2048".into(), asked: "HMAC_256".into() }
        OtherRegion { found: "eu-west-1".into(), asked: "us-east-1".into() }
        OfARehearsal {}
        IsPublicKey { what: "import token", path: path() }
        Encoded { what: "import token", path: path(), found: "hex text" }
        Encoded { what: "import token", path: path(), found: "base64 text" }
        TooLong { what: "import token", path: path(), found: 7000, limit: 6144 }
        ReplyForOtherKey { found: arn(), asked: arn() }
        ReplyToken { found: 0 }
    }
    usages: UsageError {
        Conflict { first: "--keep", second: "--discard" }
        NoCopy {}
        WithoutGenerate { flag: "--discard" }
        Missing { what: "the key material", hint: "add --generate, or --material FILE (`-` for standard input)" }
        UnknownVerb { given: typed() }
        Tag { given: typed() }
        TooLong { what: "the material description", given: typed(), found: 300, limit: 256 }
        PolicyNotJson { path: typed(), problem: foreign() }
    }
    wraps: WrapError {
        NotForRawMaterial { algorithm: WrappingAlgorithm::RsaAesKeyWrapSha256, spec: KeySpec::Hmac256 }
        RsaKeyOverOaep { algorithm: WrappingAlgorithm::RsaesOaepSha256, spec: KeySpec::Rsa2048 }
        DoesNotFit {
            algorithm: WrappingAlgorithm::RsaesOaepSha256,
            spec: KeySpec::EccNistP521,
            wrapping: WrappingKeySpec::Rsa2048,
            needed: 241,
            capacity: 190,
        }
        DoesNotFit {
            algorithm: WrappingAlgorithm::RsaesOaepSha256,
            spec: KeySpec::Hmac512,
            wrapping: WrappingKeySpec::Rsa2048,
            needed: 241,
            capacity: 190,
        }
        UnknownAlgorithm { name: typed() }
        UnknownWrappingKeySpec { name: typed() }
        Pkcs1Refused {}
        Sm2Refused { name: "SM2PKE" }
        Sha1NotAllowed { algorithm: WrappingAlgorithm::RsaesOaepSha1 }
        EmptyPublicKey {}
        PublicKeyEncoded { found: "PEM text", decode: "openssl pkey -pubin -in FILE -outform DER -out PublicKey.bin" }
        PublicKeyNotDer {}
        PublicKeyNotRsa {}
        PrivateKeyNotRsa {}
        PublicKeyBits { bits: 1024 }
        PublicKeySize { found: WrappingKeySpec::Rsa2048, asked: WrappingKeySpec::Rsa4096 }
        WrappedLength {
            algorithm: WrappingAlgorithm::RsaesOaepSha256,
            wrapping: WrappingKeySpec::Rsa2048,
            found: 344,
            expected: "256".into(),
        }
    }
}

#[cfg(feature = "rehearsal")]
one_of_each! {
    rehearsals: RehearsalError {
        NotLoopback { listen: ([10, 0, 0, 1], 80).into() }
        Listen { listen: ([127, 0, 0, 1], 80).into(), source: system() }
        Thread { source: system() }
        AccessLog { path: path(), source: system() }
        Fault { text: typed(), problem: "its third part is unknown" }
        Clock { text: typed() }
        Unreachable { url: typed(), source: system() }
        NotARehearsal { url: typed() }
        Url { url: typed() }
    }
}

fn typed() -> String {
    TYPED.to_owned()
}

fn path() -> PathBuf {
    TYPED.into()
}

fn foreign() -> String {
    FOREIGN.to_owned()
}

fn system() -> io::Error {
    io::Error::other(FOREIGN)
}

fn lost() -> EndpointError {
    EndpointError::Reset { host: typed(), because: foreign() }
}

fn id() -> String {
    "1f".repeat(32)
}

fn arn() -> String {
    "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".to_owned()
}

fn time() -> String {
    "2027-01-31T12:00:00Z".to_owned()
}

fn branch(name: &str) -> &'static Branch {
    Branch::of(&format!("OpenSSL {name}")).unwrap()
}
