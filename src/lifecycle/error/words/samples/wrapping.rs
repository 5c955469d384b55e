//! What wrapping for KMS, the parameters for it and copies of a key can make fail.

use super::super::Sample;
use super::{arn, path, time, typed};
use crate::escrow::EscrowError;
use crate::explain::Explain;
use crate::files::FileError;
use crate::kms::KmsError;
use crate::material::{KeySpec, MaterialError};
use crate::openssl_probe::OpenSslError;
use crate::parameters::ParametersError;
use crate::time::ExpiryError;
use crate::wrap::{WrapError, WrappingAlgorithm, WrappingKeySpec};

pub(super) fn all() -> Vec<Sample> {
    [escrows(), expiries(), parameters(), wraps()].into_iter().flatten().collect()
}

one_of_each! {
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
