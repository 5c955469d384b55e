//! What is said about the containers that are not read: which half of a key they hold, and what converts them.

use super::Container;
use crate::error::MaterialError;

/// The cause for a container that is not read. Its command names the file `FILE`.
pub(super) fn refusal(container: Container) -> MaterialError {
    if container.is_public_half() {
        return MaterialError::PublicHalf { container };
    }
    if !container.is_private() {
        return MaterialError::NoPrivateKey { container };
    }
    if container == Container::EncryptedOpenSsh {
        return MaterialError::EncryptedOpenSsh {
            command: "cp FILE FILE.open && ssh-keygen -p -f FILE.open".to_owned(),
        };
    }
    MaterialError::ForeignContainer { container, command: command(container).map(str::to_owned) }
}

const fn command(container: Container) -> Option<&'static str> {
    match container {
        Container::Jks => {
            Some("keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12")
        }
        Container::Jceks => Some(
            "keytool -importkeystore -srcstoretype JCEKS -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12",
        ),
        Container::Putty => Some("puttygen FILE -O private-openssh -o FILE.pem"),
        Container::PgpPrivateKey => Some("openpgp2ssh < FILE > FILE.pem"),
        _ => None,
    }
}

impl Container {
    /// What to do with a container that no command converts: one imperative sentence.
    pub(crate) const fn advice(self) -> Option<&'static str> {
        match self {
            Container::XmlKey => Some("convert it to PKCS#8 with `ExportPkcs8PrivateKeyPem` of .NET"),
            Container::Wif => {
                Some("decode the 32-byte number with the wallet's own tool, and give it with --material-format scalar")
            }
            Container::WalletKeystore => Some(
                "ask the wallet for the private key in hex with the keystore's passphrase, and give it with --material-format scalar",
            ),
            Container::Tr31 => Some("ask the HSM that holds its key block protection key to unwrap it"),
            Container::Dsa => Some("choose an RSA or EC key, because KMS has no DSA"),
            _ => None,
        }
    }
}
