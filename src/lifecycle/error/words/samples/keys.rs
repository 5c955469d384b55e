//! What key material, key components and public keys can make fail.

use super::super::Sample;
use super::{path, typed};
use crate::components::ComponentError;
use crate::escrow::EscrowError;
use crate::explain::Explain;
use crate::files::FileError;
use crate::material::{Container, Format, KeySpec, KeyUsage, MaterialError, NamedKey};
use crate::openssl_probe::OpenSslError;
use crate::public_key::PublicKeyError;

pub(super) fn all() -> Vec<Sample> {
    [components(), materials(), public_keys()].into_iter().flatten().collect()
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
}

fn component() -> String {
    format!("`{}`", typed())
}

fn key(name: &str) -> NamedKey {
    NamedKey { name: name.to_owned(), spec: Some(KeySpec::EccNistP256) }
}
