//! What files, flags, OpenSSL and this machine can make fail.

use openssl::rsa::Rsa;

use super::super::Sample;
use super::{arn, foreign, path, system, time, typed};
use crate::components::ComponentError;
use crate::doctor::HealthError;
use crate::escrow::EscrowError;
use crate::explain::Explain;
use crate::files::FileError;
#[cfg(feature = "fleet")]
use crate::fleet::{Column, FleetError, Holder, ManifestError};
use crate::kms::KmsError;
use crate::material::MaterialError;
use crate::material::{Container, Format, KeySpec, KeyUsage, NamedKey};
use crate::openssl_probe::OpenSslError;
use crate::openssl_probe::{Branch, Platform};
use crate::parameters::ParametersError;
#[cfg(feature = "pkcs11")]
use crate::pkcs11::{Pkcs11Error, TokenError};
use crate::public_key::PublicKeyError;
#[cfg(feature = "rehearsal")]
use crate::rehearsal::RehearsalError;
use crate::time::ExpiryError;
use crate::usage_error::UsageError;
use crate::wrap::WrapError;
use crate::wrap::{WrappingAlgorithm, WrappingKeySpec};

pub(super) fn all() -> Vec<Sample> {
    #[cfg(not(feature = "rehearsal"))]
    let rehearsals = Vec::new();
    #[cfg(feature = "rehearsal")]
    let rehearsals = rehearsals();
    #[cfg(not(feature = "fleet"))]
    let (fleets, manifests) = (Vec::new(), Vec::new());
    #[cfg(feature = "fleet")]
    let (fleets, manifests) = (fleets(), manifests());
    #[cfg(not(feature = "pkcs11"))]
    let (tokens, token_keys) = (Vec::new(), Vec::new());
    #[cfg(feature = "pkcs11")]
    let (tokens, token_keys) = (tokens(), token_keys());
    let of_each_type = [
        components(),
        tokens,
        token_keys,
        escrows(),
        expiries(),
        files(),
        findings(),
        materials(),
        openssls(),
        parameters(),
        public_keys(),
        usages(),
        wraps(),
        rehearsals,
        fleets,
        manifests,
    ];
    of_each_type.into_iter().flatten().collect()
}

#[cfg(feature = "pkcs11")]
one_of_each! {
    tokens: Pkcs11Error {
        NoLabel {}
        NotAUri { problem: "it has `object` twice".into() }
        UnknownAttribute { name: "x-vendor".into(), known: false }
        UnknownAttribute { name: "pin-source".into(), known: true }
        PinInUri {}
        PinSource {}
        TwoModules { given: path(), named: path() }
        NoModule {}
        ModuleMissing { module: path(), source: system() }
        NotStarted { source: system() }
        Crashed { module: path(), call: "C_WrapKey".into(), how: "SIGSEGV".into() }
        Hung { module: path(), call: "C_WrapKey".into(), seconds: 60 }
        Nonsense {}
        NoPin { token: typed() }
        Token (TokenError::PinLocked { token: typed() })
        File (FileError::BinaryToTerminal { what: "PIN" })
        OpenSsl (OpenSslError::SelfTest { what: "OAEP-SHA-256" })
        Wrap (WrapError::EmptyPublicKey)
    }
    token_keys: TokenError {
        NotAModule { module: typed(), because: foreign() }
        NoToken { there: Vec::new() }
        NoToken { there: vec!["`spare` (serial 1234)".into()] }
        SeveralTokens { there: vec!["`one` (serial 1234)".into(), "`two` (serial 5678)".into()] }
        PinLocked { token: typed() }
        PinLastTry { token: typed() }
        PinWrong { token: typed(), locked: false }
        PinWrong { token: typed(), locked: true }
        PinLength { token: typed(), found: 3, least: 4, most: 255 }
        PinFile { file: typed(), because: foreign() }
        NoObject { token: typed(), wanted: "secret key".into() }
        SeveralObjects { token: typed(), count: 2 }
        WrongClass { token: typed(), found: "a public key".into(), spec: "RSA_2048".into(), wanted: "a private key".into() }
        WrongKey {
            token: typed(),
            object: typed(),
            found: "an AES key of 16 bytes".into(),
            spec: "SYMMETRIC_DEFAULT".into(),
            wanted: "an AES key of 32 bytes".into(),
        }
        NotExtractable { token: typed(), object: typed() }
        TrustedOnly { token: typed(), object: typed() }
        OaepSha1Only { token: typed(), algorithm: "RSAES_OAEP_SHA_256".into() }
        CannotWrap { token: typed(), algorithm: "RSA_AES_KEY_WRAP_SHA_256".into(), lacking: "it does not have CKM_RSA_PKCS_OAEP".into() }
        PrivateKeyOverOaep { algorithm: "RSAES_OAEP_SHA_256".into() }
        Exists { token: typed(), object: typed() }
        CannotMake { token: typed(), spec: "RSA_4096".into(), lacking: "it does not have CKM_RSA_PKCS_KEY_PAIR_GEN".into() }
        Refused { call: "C_WrapKey".into(), code: "CKR_KEY_NOT_WRAPPABLE".into() }
        OpenSsl { step: "read the key of the self-tests".into(), because: foreign() }
    }
}

one_of_each! {
    components: ComponentError {
        NoComponents { spec: KeySpec::Rsa2048 }
        NoCheckValue { spec: KeySpec::Rsa2048 }
        NotACheckValue { length: 6 }
        Count { found: 1 }
        Twice { name: component(), other: component() }
        OtherSet { name: component(), other: component() }
        Disagree { name: component(), other: component(), what: "the check value of the key" }
        OtherSpec { name: component(), found: KeySpec::Hmac256, spec: KeySpec::SymmetricDefault }
        NoSet { name: component() }
        Missing { needed: 3, given: 2, numbers: vec![2] }
        Missing { needed: 4, given: 2, numbers: vec![1, 3] }
        Missing { needed: 3, given: 2, numbers: Vec::new() }
        TooMany { needed: 2, given: 3 }
        CountDiffers { found: 3, expected: 2 }
        Length { name: component(), found: 31, other: component(), wanted: 32 }
        OtherKey { expected: "8A1F6B2C90".into() }
        Damaged { name: component(), problem: "it has no line `Value`" }
        Sealed { name: component() }
        DoesNotOpen { name: component() }
        NoTerminal {}
        NotConfirmed { name: "component 2, which was typed,".into() }
        Custodians { count: 3, found: 2 }
        SameCustodian { name: typed(), other: typed() }
        Exists { path: path() }
        Material (MaterialError::AllZero)
        Escrow (EscrowError::NoRecipient)
        File (FileError::BinaryToTerminal { what: "key component" })
        OpenSsl (OpenSslError::SelfTest { what: "AES-KWP" })
    }
    escrows: EscrowError {
        File (FileError::BinaryToTerminal { what: "wrapped key material" })
        OpenSsl (OpenSslError::SelfTest { what: "OAEP-SHA-256" })
        NoRecipient {}
        OwnCertificate { subject: typed() }
        NotACertificate { path: path() }
        SeveralCertificates { path: path(), found: 2 }
        CannotReceive { path: path() }
        OutOfDate { path: path(), from: time(), to: time() }
        KeyUsage { path: path(), needed: "keyEncipherment" }
        WeakKey { path: path(), found: "an RSA key of 1024 bits".into(), needed: "2048 bits or more".into() }
        WeakSignature { path: path(), digest: "SHA-1" }
        NotAuthenticated { path: path() }
        NotAnEnvelope { path: path() }
        NotHere {}
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
        SeveralOfOneKind { what: "import token", directory: path() }
        NamesNoFile { flag: "--material", length: 64, kind: "characters of hex" }
        Directory { what: "key policy", path: path() }
        NotADirectory { what: "parameter directory", path: path() }
        NotAFile { what: "wrapped key material", path: path() }
        LeadsToDevice { what: "escrow file", path: path(), place: "/proc" }
        NameTooLong { what: "record", path: path() }
        NotReplaceable { what: "wrapped key material", path: path(), source: system() }
        Unreadable { what: "key policy", path: path(), source: system() }
        StdinUnreadable { what: "key material", source: system() }
        Empty { what: "import token", path: path() }
        TooLarge { what: "key policy", path: path(), limit: 32_768 }
        Unwritable { what: "escrow file", path: path(), source: system() }
        Exists { what: "wrapped key material", path: path() }
        PlaintextExists { path: path() }
        NoDirectory { what: "plaintext key file", path: "newdir/".into() }
        TwoOutputs { path: path() }
        SameFile { path: path() }
        BinaryToTerminal { what: "wrapped key material" }
        OpenToOthers { what: "passphrase file", path: path(), mode: 0o644 }
        OpenToWriters { path: path(), who: "any user", mode: 0o777 }
        FileOpenToWriters { what: "parameter file", path: path(), who: "any user of its group", mode: 0o664 }
        AnswerLost { source: system() }
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
        NoBaseProvider { active: "`legacy`".into(), path: path() }
        BrokenConfiguration { path: path(), named_by: "OPENSSL_CONF", problem: "there is no section `x`".into() }
        BrokenConfiguration { path: path(), named_by: "OpenSSL's own directory", problem: "line 1 is neither a section nor a setting".into() }
        NoTrustStore { places: "no certificate is in `a` or `b`".into() }
        ClockOff { seconds: 600, direction: "behind" }
        NotLocked {}
        CoreDumps {}
    }
    materials: MaterialError {
        File { 0: FileError::Empty { what: "key material file", path: path() } }
        OpenSsl { 0: OpenSslError::NotFips { found: "OpenSSL 3.5.0".into() } }
        UnknownKeySpec { name: typed() }
        KeySpecNotImportable { name: "ML_DSA_65".into(), reason: "KMS does not offer it" }
        UnknownKeyUsage { name: typed() }
        UsageNotAllowed { spec: KeySpec::Hmac256, usage: KeyUsage::SignVerify }
        UnknownFormat { name: typed() }
        Empty {}
        WrongLength { spec: KeySpec::SymmetricDefault, found: 31, wanted: "exactly 32".into() }
        ChinaLength { spec: KeySpec::SymmetricDefault }
        TrailingNewline { spec: KeySpec::SymmetricDefault, found: 33, wanted: "exactly 32".into() }
        EncodedLength { spec: KeySpec::SymmetricDefault, encoding: "hex".into(), characters: 32, found: 16, wanted: "exactly 32".into() }
        NotEncodedText { spec: KeySpec::SymmetricDefault, characters: 32, kind: "text in no known encoding", inside: String::new() }
        NotEncodedText { spec: KeySpec::Hmac256, characters: 32, kind: "text in no known encoding", inside: " in base64".into() }
        NotEncodedText { spec: KeySpec::Rsa2048, characters: 32, kind: "text in no known encoding", inside: String::new() }
        EncodingContradicted { said: Format::Base64, found: "hex".into() }
        Ambiguous { what: "hex in base64".into() }
        BrokenText { encoding: "base64", problem: "it is cut off, or has extra characters" }
        BareNumber { spec: KeySpec::EccSecgP256k1, found: 32, format: Format::Scalar, public_key: "02ab".into() }
        HalvesDisagree { public_keys: ["02ab".into(), "02cd".into()] }
        NumberLength { spec: KeySpec::EccSecgP256k1, format: Format::Scalar, found: 31, wanted: 32 }
        ContainerForRaw { container: Container::Pkcs8, spec: KeySpec::Hmac224 }
        AllZero {}
        NotDecodable { format: Format::Base64, problem: "byte 3 is not of its alphabet".into() }
        FormatNotForSpec { format: Format::Pem, spec: KeySpec::Hmac224 }
        NotAPrivateKey { found: "a public key" }
        PassphraseNeeded {}
        WrongPassphrase {}
        WrongKeyType { spec: KeySpec::Rsa2048, found: "an EC key".into() }
        TypeNotTaken { found: "an X25519 key" }
        WrongModulus { spec: KeySpec::Rsa2048, found: 3072 }
        MultiPrime {}
        WrongCurve { spec: KeySpec::EccNistP256, found: "secp384r1".into() }
        ExplicitCurve {}
        InDoubt { error: Box::new(MaterialError::PassphraseNeeded), ways: "`a b` if it is a, or `c d` if it is c".into(), otherwise: None }
        Inconsistent { problem: "its public half is not the one of its private half" }
        Damaged { container: Container::Sec1, problem: "it ends too early".into() }
        UnreadableForm { container: Container::Sec1, form: "its curve is of its own parameters".into(), command: None }
        UnreadableForm {
            container: Container::Sec1, form: "its curve is of its own parameters".into(), command: Some("openssl ec".into())
        }
        EncryptedOpenSsh { command: "ssh-keygen".into() }
        MissingCipher { container: Container::EncryptedPkcs8, cipher: "DES-CBC".into(), provider: Some("legacy"), command: Some("openssl pkcs8".into()) }
        TooCostly { container: Container::Pkcs12, unit: "iterations", found: 2_000_000_000, limit: 10_000_000 }
        SeveralKeys { container: Container::Pkcs12, keys: vec![key("`one`"), key("number 2")] }
        SeveralKeys { container: Container::Pkcs12, keys: vec![NamedKey { name: "number 1".into(), spec: None }] }
        SeveralBlocks { count: 2, names: vec!["number 1 is a PKCS#8 private key".into()] }
        NoPrivateKey { container: Container::Pkcs12 }
        WrongFile { found: "is the import token of KMS".into(), advice: "give the file of your own key".into() }
        PublicHalf { container: Container::PublicKey }
        ForeignContainer { container: Container::Jks, command: Some("keytool".into()) }
        MissingCipher { container: Container::EncryptedPkcs8, cipher: "1.2.3".into(), provider: None, command: None }
        ScalarOutOfRange {}
        Weak { id: "weak_material", cause: "every byte of the key material is the same".into() }
        CertificateMismatch { subject: typed() }
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
        File { 0: FileError::Empty { what: "key material file", path: path() } }
        OpenSsl { 0: OpenSslError::NotFips { found: "OpenSSL 3.5.0".into() } }
        Material { 0: MaterialError::Empty }
        Wrap { 0: WrapError::EmptyPublicKey }
        Kms { 0: KmsError::NoRegion { profile: None } }
        Expiry { 0: ExpiryError::Past { at: "2026-11-24".into() } }
        NotParameters { path: path(), problem: "line 3 is not JSON".into() }
        UnknownVersion { path: path(), found: 9, known: 1 }
        Mixed { what: "import token", path: path(), found: "ab".into(), expected: "cd".into() }
        UnexpectedPublicKey { found: "ab".into(), expected: "cd".into() }
        NotAFingerprint { given: typed() }
        Expired { at: time() }
        NotWrapped { directory: path() }
        OtherKey { found: arn(), asked: arn() }
        OtherSpec { found: KeySpec::Rsa2048, asked: KeySpec::Hmac256 }
        ValidTooLong { at: time() }
        ReplyValidTooLong { at: time() }
        ReplyKeySize { server: typed(), found: WrappingKeySpec::Rsa2048, asked: WrappingKeySpec::Rsa4096 }
        KeyIsOther { arn: arn(), found: KeySpec::Hmac256, is: KeySpec::Hmac384.into() }
        OtherEndpoint { found: "of AWS".into(), asked: format!("`{}`", typed()) }
        OtherRegion { found: "eu-west-1".parse().unwrap(), asked: "us-east-1".into() }
        OfARehearsal {}
        IsPublicKey { what: "import token", path: path() }
        IsPrivateKey { what: "import token", path: path() }
        Encoded { what: "import token", path: path(), found: "hex text".into(), command: Some("tr a b".into()) }
        Encoded { what: "import token", path: path(), found: "text".into(), command: None }
        TooLong { what: "import token", path: path(), found: 7000, limit: 6144 }
        ReplyForOtherKey { found: arn().to_string(), asked: arn() }
        ReplyToken { found: 0 }
    }
    public_keys: PublicKeyError {
        NotAPublicKey { path: path(), found: "text in no known encoding".into() }
        PrivateKeyGiven { path: path() }
        DamagedPublicKey { path: path(), problem: "it has no `n`".into() }
        Unfit {}
        OtherSpec { reported: KeySpec::Rsa2048, found: KeySpec::EccNistP256 }
        NoPublicKey { spec: KeySpec::SymmetricDefault }
        NoSuchForm { form: "OpenSSH", spec: KeySpec::EccSecgP256k1 }
        NoKeccak { openssl: "OpenSSL 3.0.19".into() }
        NotAJwks { path: path(), problem: "a link leads to it" }
        Material { 0: MaterialError::WrongPassphrase }
        File { 0: FileError::Empty { what: "public key", path: path() } }
        OpenSsl { 0: OpenSslError::NotFips { found: "OpenSSL 3.5.0".into() } }
    }
    usages: UsageError {
        Conflict { first: "--keep", second: "--discard" }
        NoCopy {}
        CopyToStdout { flag: "--keep" }
        WithoutGenerate { flag: "--discard" }
        WithoutMaterial { flag: "--escrow" }
        Missing { what: "the key material", hint: "add --generate, or --material FILE (`-` for standard input)" }
        NotInShell { flag: "--rehearse" }
        NotInShell { flag: "--record" }
        UnknownVerb { given: typed() }
        PolicyNotJson { path: typed(), problem: foreign() }
    }
    wraps: WrapError {
        Elsewhere (Box::new(EscrowError::NotHere))
        File (FileError::BinaryToTerminal { what: "wrapped key material" })
        OpenSsl (OpenSslError::SelfTest { what: "OAEP-SHA-256" })
        ImpossibleLength { spec: KeySpec::Hmac256, found: 46, expected: "256, 384 or 512".into() }
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
        PublicKeyEncoded { found: "PEM text".into(), decode: "openssl pkey -pubin -in FILE -outform DER -out PublicKey.bin".to_owned() }
        PublicKeyNotDer {}
        PublicKeyNotRsa {}
        PrivateKeyNotRsa {}
        PublicKeyBits { bits: 1024 }
        PublicKeyExponent { exponent: "1".into() }
        PublicKeyFactor { factor: 2 }
        PublicKeySize { found: WrappingKeySpec::Rsa2048, asked: WrappingKeySpec::Rsa4096 }
        WrappedNewline { found: 513, extra: 1, wanted: 512, command: "head -c 512 FILE > FILE.cut".into() }
        WrappedDamaged { damage: "lost".into(), command: None }
        WrappedDamaged { damage: "lost".into(), command: Some("tr a b".into()) }
        InTheClear { found: "a private key in the clear" }
        WrappedText { found: "base64 text".into(), command: Some("tr a b".into()) }
        WrappedText { found: "text".into(), command: None }
        WrappedOtherwise { found: 384, made: "OAEP with RSA_3072".into(), needed: "the parameters are for RSA_2048".into() }
        WrappedByKeyWrap {
            found: 296,
            made: "RSA_AES_KEY_WRAP with RSA_2048 and about 32 bytes of key material".into(),
            needed: "the parameters are for RSAES_OAEP_SHA_256".into(),
        }
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
        OpenSsl (OpenSslError::SelfTest { what: "OAEP-SHA-256" })
        NotLoopback { listen: ([10, 0, 0, 1], 80).into() }
        Listen { listen: ([127, 0, 0, 1], 80).into(), source: system() }
        Thread { source: system() }
        AccessLog { path: path(), source: system() }
        Fault { text: typed(), problem: "its third part is unknown" }
        Clock { text: typed() }
        HostName { text: typed() }
        Unreachable { url: typed(), source: system() }
        NotARehearsal { url: typed() }
        Url { url: typed() }
    }
}

#[cfg(feature = "fleet")]
one_of_each! {
    fleets: FleetError {
        JournalHeld { path: path(), holder: Holder { process: 4711, host: "build-7".to_owned(), since: time() } }
        JournalUnusable { path: path(), because: foreign() }
        NoKey { id: typed() }
        Empty { arn: arn() }
        NotLater { at: time() }
        OthersExpire { arn: arn(), ids: "0a1b2c".to_owned() }
        FleetStopped {}
    }
    manifests: ManifestError {
        Cell (Box::new(WrapError::Pkcs1Refused.into()))
        File (FileError::Directory { what: "manifest", path: path() })
        NotAFile { path: typed() }
        Broken { because: foreign() }
        NoRows {}
        NotUtf8 {}
        OtherSeparator { found: "`;`" }
        UnknownColumn { name: typed() }
        ColumnTwice { column: Column::Id }
        ColumnMissing { column: Column::Id }
        ColumnMissing { column: Column::Material }
        CellCount { found: 3, wanted: 4 }
        LineBreak {}
        ControlCharacter {}
        RowTooLong {}
        NotJson { because: foreign() }
        NotAnObject {}
        NotText { column: Column::Id, found: "a number" }
        Empty {}
        IdUnfit { id: typed() }
        IdTwice { id: typed(), row: 2 }
        AliasTwice { alias: typed(), row: 2 }
        FileTwice { path: typed(), row: 2 }
        Needs { material: "generate-keep", column: Column::Keep }
        NotTogether { column: Column::Keep }
        UnknownWord { given: typed() }
        MaterialInCell {}
        UnknownPlaceholder { name: typed() }
        FileForRegions { regions: 2 }
        RegionUnknown {}
        RegionTwice { region: typed() }
        NotATag { given: typed() }
        NotAnExpiry { given: typed() }
        NotARole { given: typed() }
        EscrowFile { path: typed() }
        Discarded {}
        NotRotated { spec: KeySpec::EccNistP256, alias: Some(typed()) }
        NotRotated { spec: KeySpec::EccNistP256, alias: None }
        NothingNew {}
        WrappedForOther { path: typed(), found: "HMAC_256".to_owned(), wanted: "HMAC_512".to_owned() }
        NothingWrapped { path: typed() }
        PolicyNotAnObject { path: typed(), because: foreign() }
    }
}

fn component() -> String {
    format!("`{}`", typed())
}

fn key(name: &str) -> NamedKey {
    NamedKey { name: name.to_owned(), spec: Some(KeySpec::EccNistP256) }
}

fn branch(name: &str) -> &'static Branch {
    Branch::of(&format!("OpenSSL {name}")).unwrap()
}
