//! What a key in a token and its PKCS#11 module can make fail.

use super::super::Sample;
use super::{foreign, path, system, typed};
use crate::explain::Explain;
use crate::files::FileError;
use crate::openssl_probe::OpenSslError;
use crate::pkcs11::{Pkcs11Error, TokenError};
use crate::wrap::WrapError;

pub(super) fn all() -> Vec<Sample> {
    [tokens(), token_keys()].into_iter().flatten().collect()
}

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
