//! The kinds of file in which keys are kept, those that are read and those that are only named.

use crate::files::{FileKind, Way};

/// What a file is, as far as keys are concerned. [`Container::is_read`] tells those that private keys are read from; the others are only
/// named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Container {
    /// PrivateKeyInfo (RFC 5208).
    Pkcs8,
    /// OneAsymmetricKey version 2, with the public key (RFC 5958).
    Pkcs8V2,
    /// EncryptedPrivateKeyInfo (RFC 5958 §3).
    EncryptedPkcs8,
    /// RSAPrivateKey (RFC 8017 §A.1.2).
    Pkcs1,
    /// ECPrivateKey (RFC 5915).
    Sec1,
    /// PKCS#1, SEC1 or DSA in a PEM block with `Proc-Type: 4,ENCRYPTED` (RFC 1421).
    EncryptedTraditional,
    /// OpenSSH's own format (PROTOCOL.key).
    OpenSsh,
    /// The same, encrypted.
    EncryptedOpenSsh,
    /// PFX (RFC 7292).
    Pkcs12,
    /// JSON Web Key (RFC 7517).
    Jwk,
    /// JWK Set (RFC 7517 §5).
    JwkSet,
    /// Java's first keystore format.
    Jks,
    /// The keystore format of Java's JCE.
    Jceks,
    /// PuTTY's own format (`.ppk`).
    Putty,
    /// An OpenPGP private key (RFC 9580).
    PgpPrivateKey,
    /// An OpenPGP public key (RFC 9580).
    PgpPublicKey,
    /// Other OpenPGP data: a message or a signature.
    Pgp,
    /// DSAPrivateKey, as OpenSSL writes it.
    Dsa,
    /// An X.509 certificate (RFC 5280).
    Certificate,
    /// A certificate request (RFC 2986).
    CertificateRequest,
    /// A certificate revocation list (RFC 5280).
    RevocationList,
    /// SignedData or another content of CMS, as `.p7b` files are (RFC 5652).
    Cms,
    /// SubjectPublicKeyInfo (RFC 5280), or RSAPublicKey (RFC 8017 §A.1.1).
    PublicKey,
    /// A public key as OpenSSH writes it (RFC 4253 §6.6).
    OpenSshPublicKey,
    /// A public key with nothing around it: a point of an elliptic curve (SEC 1 §2.3.3), or the binary form of OpenSSH's (RFC 4253 §6.6).
    BarePublicKey,
    /// Curve parameters without a key.
    EcParameters,
    /// Diffie-Hellman or DSA parameters without a key.
    Parameters,
    /// `RSAKeyValue` of XML Signature, as .NET writes it.
    XmlKey,
    /// `RSAKeyValue` without the private numbers.
    XmlPublicKey,
    /// The wallet import format of Bitcoin.
    Wif,
    /// A wallet's keystore (`UTC--…` of Ethereum).
    WalletKeystore,
    /// A validator's keystore (EIP-2335).
    ValidatorKeystore,
    /// A key block of ANSI X9.143 (TR-31).
    Tr31,
    /// One of the components that XOR to a key, as kms-byok writes it.
    KeyComponent,
    /// A private key of Windows: PRIVATEKEYBLOB, or that in a PVK file.
    WindowsKey,
    /// A file of another kind, which may have a key in it.
    Other(FileKind),
}

impl Container {
    /// How the file of a key component begins.
    pub(crate) const KEY_COMPONENT: &str = "Key component of kms-byok";

    /// Its name in a sentence, without an article.
    pub const fn name(self) -> &'static str {
        match self {
            Container::Pkcs8 => "PKCS#8 private key",
            Container::Pkcs8V2 => "PKCS#8 private key of version 2",
            Container::EncryptedPkcs8 => "encrypted PKCS#8 private key",
            Container::Pkcs1 => "PKCS#1 private key",
            Container::Sec1 => "SEC1 private key",
            Container::EncryptedTraditional => "encrypted PEM private key",
            Container::OpenSsh => "OpenSSH private key",
            Container::EncryptedOpenSsh => "encrypted OpenSSH private key",
            Container::Pkcs12 => "PKCS#12 file",
            Container::Jwk => "JWK",
            Container::JwkSet => "JWK Set",
            Container::Jks => "JKS keystore",
            Container::Jceks => "JCEKS keystore",
            Container::Putty => "PuTTY private key",
            Container::PgpPrivateKey => "PGP private key",
            Container::PgpPublicKey => "PGP public key",
            Container::Pgp => "PGP message",
            Container::Dsa => "DSA private key",
            Container::Certificate => "certificate",
            Container::CertificateRequest => "certificate request",
            Container::RevocationList => "certificate revocation list",
            Container::Cms => "CMS (PKCS#7) file",
            Container::PublicKey => "public key",
            Container::OpenSshPublicKey => "OpenSSH public key",
            Container::BarePublicKey => "bare public key",
            Container::EcParameters => "set of curve parameters",
            Container::Parameters => "set of DH or DSA parameters",
            Container::XmlKey => "XML RSA private key",
            Container::XmlPublicKey => "XML RSA public key",
            Container::Wif => "wallet import format (WIF) key",
            Container::WalletKeystore => "wallet keystore",
            Container::ValidatorKeystore => "validator keystore",
            Container::Tr31 => "TR-31 key block",
            Container::KeyComponent => "key component of kms-byok",
            Container::WindowsKey => "Windows private key",
            Container::Other(kind) => kind.name(),
        }
    }

    /// Its name with the article that goes before it.
    pub fn with_article(self) -> String {
        let name = self.name();
        // "an XML …", "an OpenSSH …": by the sound.
        let article = if name.starts_with(['a', 'e', 'x', 'E', 'O', 'X']) { "an" } else { "a" };
        format!("{article} {name}")
    }

    /// Its stable name for machines.
    pub const fn id(self) -> &'static str {
        match self {
            Container::Pkcs8 => "pkcs8",
            Container::Pkcs8V2 => "pkcs8_v2",
            Container::EncryptedPkcs8 => "encrypted_pkcs8",
            Container::Pkcs1 => "pkcs1",
            Container::Sec1 => "sec1",
            Container::EncryptedTraditional => "encrypted_traditional",
            Container::OpenSsh => "openssh",
            Container::EncryptedOpenSsh => "encrypted_openssh",
            Container::Pkcs12 => "pkcs12",
            Container::Jwk => "jwk",
            Container::JwkSet => "jwk_set",
            Container::Jks => "jks",
            Container::Jceks => "jceks",
            Container::Putty => "putty",
            Container::PgpPrivateKey => "pgp_private_key",
            Container::PgpPublicKey => "pgp_public_key",
            Container::Pgp => "pgp",
            Container::Dsa => "dsa",
            Container::Certificate => "certificate",
            Container::CertificateRequest => "certificate_request",
            Container::RevocationList => "revocation_list",
            Container::Cms => "cms",
            Container::PublicKey => "public_key",
            Container::OpenSshPublicKey => "openssh_public_key",
            Container::BarePublicKey => "bare_public_key",
            Container::EcParameters => "ec_parameters",
            Container::Parameters => "parameters",
            Container::XmlKey => "xml_key",
            Container::XmlPublicKey => "xml_public_key",
            Container::Wif => "wif",
            Container::WalletKeystore => "wallet_keystore",
            Container::ValidatorKeystore => "validator_keystore",
            Container::Tr31 => "tr31",
            Container::KeyComponent => "key_component",
            Container::WindowsKey => "windows_key",
            Container::Other(kind) => kind.id(),
        }
    }

    /// Whether its private keys are read, perhaps with a passphrase.
    pub const fn is_read(self) -> bool {
        matches!(
            self,
            Container::Pkcs8
                | Container::Pkcs8V2
                | Container::EncryptedPkcs8
                | Container::Pkcs1
                | Container::Sec1
                | Container::EncryptedTraditional
                | Container::OpenSsh
                | Container::EncryptedOpenSsh
                | Container::Pkcs12
                | Container::Jwk
                | Container::JwkSet
        )
    }

    /// Whether it is DER, or BER.
    pub const fn is_der(self) -> bool {
        matches!(
            self,
            Container::Pkcs8
                | Container::Pkcs8V2
                | Container::EncryptedPkcs8
                | Container::Pkcs1
                | Container::Sec1
                | Container::Pkcs12
                | Container::Dsa
                | Container::Certificate
                | Container::CertificateRequest
                | Container::RevocationList
                | Container::Cms
                | Container::PublicKey
                | Container::EcParameters
                | Container::Parameters
        )
    }

    /// Whether a key of its kind can hold a private key at all.
    pub const fn is_private(self) -> bool {
        match self {
            Container::Cms
            | Container::RevocationList
            | Container::EcParameters
            | Container::Parameters
            | Container::Pgp => false,
            Container::Other(kind) => !matches!(kind.way(), Way::None),
            container => !container.is_public_half(),
        }
    }

    /// Whether it holds the public half of a key pair only.
    pub const fn is_public_half(self) -> bool {
        matches!(
            self,
            Container::Certificate
                | Container::CertificateRequest
                | Container::PublicKey
                | Container::OpenSshPublicKey
                | Container::BarePublicKey
                | Container::PgpPublicKey
                | Container::XmlPublicKey
        )
    }

    /// What the label of a PEM block claims, as in `EC PRIVATE KEY`; `None` for a label that has nothing to do with keys.
    pub fn of_label(label: &str) -> Option<Container> {
        Some(match label {
            "PRIVATE KEY" | "ANY PRIVATE KEY" => Container::Pkcs8,
            "ENCRYPTED PRIVATE KEY" => Container::EncryptedPkcs8,
            "RSA PRIVATE KEY" => Container::Pkcs1,
            "EC PRIVATE KEY" => Container::Sec1,
            "DSA PRIVATE KEY" => Container::Dsa,
            "OPENSSH PRIVATE KEY" => Container::OpenSsh,
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Container::Certificate,
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Container::CertificateRequest,
            "X509 CRL" => Container::RevocationList,
            "CMS" | "PKCS7" | "PKCS #7 SIGNED DATA" => Container::Cms,
            "PUBLIC KEY" | "RSA PUBLIC KEY" | "EC PUBLIC KEY" | "DSA PUBLIC KEY" => Container::PublicKey,
            "SSH2 PUBLIC KEY" => Container::OpenSshPublicKey,
            "EC PARAMETERS" => Container::EcParameters,
            "DH PARAMETERS" | "X9.42 DH PARAMETERS" | "DSA PARAMETERS" => Container::Parameters,
            "PGP PRIVATE KEY BLOCK" => Container::PgpPrivateKey,
            "PGP PUBLIC KEY BLOCK" => Container::PgpPublicKey,
            "PGP MESSAGE" | "PGP SIGNATURE" | "PGP SIGNED MESSAGE" => Container::Pgp,
            "AGE ENCRYPTED FILE" => Container::Other(FileKind::Age),
            "PKCS12" | "PFX" => Container::Pkcs12,
            _ => return None,
        })
    }
}
