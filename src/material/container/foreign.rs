//! What is said about the containers that are not read: which half of a key they hold, and what converts them.

use serde::Deserialize;

use super::{Container, lacking};
use crate::explain::{Hint, Setting, hint, some};
use crate::files::Way;
use crate::material::{Format, MaterialError};

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
    if container == Container::ValidatorKeystore {
        return lacking::of_type("a BLS12-381 key");
    }
    MaterialError::ForeignContainer { container, command: command(container) }
}

/// A filter of a shell that makes a container that is read out of one that is not.
#[derive(Clone, Copy)]
pub(crate) struct Converter {
    pub(crate) filter: &'static str,
    /// What is put behind the name of the file that it makes.
    pub(crate) ending: &'static str,
    /// What that file does not say about itself.
    pub(crate) format: Option<Format>,
    /// When it works, after "if".
    pub(crate) meaning: &'static str,
}

/// The numbers of XML Signature (§6.4.2) and of .NET have other names in a JWK (RFC 7518 §6.3), and the other alphabet of base64.
const XML: Converter = Converter {
    filter: r#"tr -d '[:space:]=' | awk 'function v(t) {match($0, "<" t ">[^<]*"); return substr($0, RSTART + length(t) + 2, RLENGTH - length(t) - 2)} {printf "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\",\"d\":\"%s\",\"p\":\"%s\",\"q\":\"%s\",\"dp\":\"%s\",\"dq\":\"%s\",\"qi\":\"%s\"}", v("Modulus"), v("Exponent"), v("D"), v("P"), v("Q"), v("DP"), v("DQ"), v("InverseQ")}' | tr '+/' '-_'"#,
    ending: "jwk",
    format: None,
    meaning: "the key in it is the one that you mean",
};

/// Base58, most significant digit first: a version byte, the number, a 1 where the public key is compressed, four bytes of checksum.
const WIF: Converter = Converter {
    filter: r#"tr -d '[:space:]' | awk '{for (i = 1; i <= length($0); i++) {c = index("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", substr($0, i, 1)) - 1; for (j = 0; j < 40; j++) {c += b[j] * 58; b[j] = c % 256; c = int(c / 256)}} e = 4 + (length($0) > 51); for (j = e + 31; j >= e; j--) printf "%02x", b[j]}'"#,
    ending: "hex",
    format: Some(Format::Scalar),
    meaning: "the key in it is the one that you mean",
};

/// Web3 Secret Storage of version 3, whose checksum no command of OpenSSL computes.
const WALLET_KEYSTORE: Converter = Converter {
    filter: "python3 -c 'import eth_keyfile, getpass, json, sys; print(eth_keyfile.decode_keyfile_json(json.load(sys.stdin), getpass.getpass().encode()).hex())'",
    ending: "hex",
    format: Some(Format::Scalar),
    meaning: "Python has the package eth-keyfile, which asks for the passphrase of the keystore",
};

const TR31: Converter = Converter {
    filter: r#"python3 -c 'import getpass, psec, sys; sys.stdout.buffer.write(psec.tr31.unwrap(bytes.fromhex(getpass.getpass("key block protection key in hex: ")), sys.stdin.read().strip())[1])'"#,
    ending: "key",
    format: None,
    meaning: "Python has the package psec, and you have the key block protection key in hex, for which it asks",
};

/// PRIVATEKEYBLOB and PVK are forms that OpenSSL reads.
const WINDOWS: Converter = Converter {
    filter: "openssl pkey",
    ending: "pem",
    format: None,
    meaning: "the key in it is the one that you mean",
};

/// What converts a container whose file is `bytes`; nothing where no filter does.
pub(crate) fn converter(container: Container, bytes: &[u8]) -> Option<Converter> {
    match container {
        Container::XmlKey => Some(XML),
        Container::Wif => Some(WIF),
        Container::Tr31 => Some(TR31),
        Container::WindowsKey => Some(WINDOWS),
        Container::Other(kind) => match kind.way() {
            Way::Filter(filter) => {
                Some(Converter { filter, ending: "out", format: None, meaning: "the key is the file in it" })
            }
            _ => None,
        },
        Container::WalletKeystore if has_version_3(bytes) => Some(WALLET_KEYSTORE),
        _ => None,
    }
}

fn has_version_3(json: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Version {
        version: u8,
    }
    serde_json::from_slice(json).is_ok_and(|Version { version }| version == 3)
}

/// The command for a container, whatever is in the file. It names the file `FILE`.
fn command(container: Container) -> Option<String> {
    let command = match container {
        Container::Jks => "keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12",
        Container::Jceks => {
            "keytool -importkeystore -srcstoretype JCEKS -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12"
        }
        Container::Putty => "puttygen FILE -O private-openssh -o FILE.pem",
        Container::PgpPrivateKey => "openpgp2ssh < FILE > FILE.pem",
        container => {
            let Converter { filter, ending, .. } = converter(container, b"")?;
            return Some(format!("(umask 077 && < FILE {filter} > FILE.{ending})"));
        }
    };
    Some(command.to_owned())
}

/// Where a key block goes. Its header binds the key in it to a use in payments, and KMS has none of these uses.
pub(crate) const KEY_BLOCK: &str = "import it into AWS Payment Cryptography, the service for key blocks, or ask the HSM that holds its key block protection key to unwrap it";

impl Container {
    /// What to do with a container that no command converts: one imperative sentence.
    pub(crate) fn advice(self) -> Option<Hint> {
        match self {
            Container::WalletKeystore => hint![
                "ask the wallet for the private key in hex with the keystore's passphrase, and give it with ",
                Setting::MaterialFormat.to(Format::Scalar),
            ],
            Container::Other(kind) => match kind.way() {
                Way::Decrypt => some("decrypt it, and give what comes of it"),
                Way::Unpack => some("unpack it, and give the file with the key"),
                Way::ReadWithItsProgram => some("write the key to a file with the program that has put it there"),
                Way::Filter(_) | Way::None => None,
            },
            Container::Tr31 => some(KEY_BLOCK),
            Container::KeyComponent => hint!["give every component of the key, each with ", Setting::Component],
            _ => None,
        }
    }
}
