//! What is said about the containers that are not read: which half of a key they hold, and what converts them.

use super::{Container, lacking};
use crate::material::MaterialError;

/// The cause for a container that is not read. Its command names the file `FILE`.
pub(super) fn refusal(container: Container) -> MaterialError {
    if container.is_public_half() {
        return MaterialError::PublicHalf { container };
    }
    if !container.is_private() {
        return MaterialError::NoPrivateKey { container };
    }
    if container == Container::Dsa {
        return lacking::of_type("a DSA key");
    }
    if container == Container::EncryptedOpenSsh {
        return MaterialError::EncryptedOpenSsh {
            command: "cp FILE FILE.open && ssh-keygen -p -f FILE.open".to_owned(),
        };
    }
    MaterialError::ForeignContainer { container, command: command(container).map(str::to_owned) }
}

/// The numbers of XML Signature (§6.4.2) and of .NET have other names in a JWK (RFC 7518 §6.3), and the other alphabet of base64.
const XML_TO_JWK: &str = r#"(umask 077 && < FILE tr -d '[:space:]=' | awk 'function v(t) {match($0, "<" t ">[^<]*"); return substr($0, RSTART + length(t) + 2, RLENGTH - length(t) - 2)} {printf "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\",\"d\":\"%s\",\"p\":\"%s\",\"q\":\"%s\",\"dp\":\"%s\",\"dq\":\"%s\",\"qi\":\"%s\"}", v("Modulus"), v("Exponent"), v("D"), v("P"), v("Q"), v("DP"), v("DQ"), v("InverseQ")}' | tr '+/' '-_' > FILE.jwk)"#;

/// Base58, most significant digit first: a version byte, the number, a 1 where the public key is compressed, four bytes of checksum.
const WIF_TO_HEX: &str = r#"(umask 077 && < FILE tr -d '[:space:]' | awk '{for (i = 1; i <= length($0); i++) {c = index("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", substr($0, i, 1)) - 1; for (j = 0; j < 40; j++) {c += b[j] * 58; b[j] = c % 256; c = int(c / 256)}} e = 4 + (length($0) > 51); for (j = e + 31; j >= e; j--) printf "%02x", b[j]}' > FILE.hex)"#;

const fn command(container: Container) -> Option<&'static str> {
    match container {
        Container::Jks => {
            Some("keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12")
        }
        Container::Jceks => Some(
            "keytool -importkeystore -srcstoretype JCEKS -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12",
        ),
        Container::Putty => Some("puttygen FILE -O private-openssh -o FILE.pem"),
        Container::XmlKey => Some(XML_TO_JWK),
        Container::Wif => Some(WIF_TO_HEX),
        Container::PgpPrivateKey => Some("openpgp2ssh < FILE > FILE.pem"),
        _ => None,
    }
}

impl Container {
    /// What to do with a container that no command converts: one imperative sentence.
    pub(crate) const fn advice(self) -> Option<&'static str> {
        match self {
            Container::WalletKeystore => Some(
                "ask the wallet for the private key in hex with the keystore's passphrase, and give it with --material-format scalar",
            ),
            Container::Tr31 => Some("ask the HSM that holds its key block protection key to unwrap it"),
            _ => None,
        }
    }
}
