//! Private keys under a passphrase: EncryptedPrivateKeyInfo, and PEM blocks with `Proc-Type: 4,ENCRYPTED`.

use openssl::asn1::Asn1Object;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs5::bytes_to_key;
use openssl::symm;
use zeroize::Zeroize;

use super::scheme::{MOST_ITERATIONS, Scheme};
use super::{Container, Note, der_key, foreign, libcrypto};
use crate::material::MaterialError;
use crate::material::Passphrase;
use crate::material::base64;
use crate::material::der::{OCTET_STRING, Reader, element};
use crate::secret::Secret;

/// Opens EncryptedPrivateKeyInfo and reads the key in it.
pub(super) fn pkcs8(
    der: &[u8],
    passphrase: &mut dyn Passphrase,
    notes: &mut Vec<Note>,
) -> Result<Secret, MaterialError> {
    let container = Container::EncryptedPkcs8;
    let parts = Parts::of(der).ok_or_else(|| damaged(container))?;
    parts.scheme.check(container, &mut MOST_ITERATIONS.clone())?;
    let answer = passphrase.passphrase()?.ok_or(MaterialError::PassphraseNeeded)?;
    let opened = parts.open(Some(answer.expose()))?.ok_or(MaterialError::WrongPassphrase)?;
    read_opened(&opened, notes)
}

/// EncryptedPrivateKeyInfo, taken apart.
pub(super) struct Parts<'a> {
    algorithm: &'a [u8],
    ciphertext: &'a [u8],
    pub(super) scheme: Scheme,
}

impl<'a> Parts<'a> {
    pub(super) fn of(der: &'a [u8]) -> Option<Self> {
        let mut info = Reader::new(der).sequence()?;
        let algorithm = info.take_whole()?;
        let ciphertext = info.take(OCTET_STRING)?;
        Some(Parts { algorithm, ciphertext, scheme: Scheme::of(algorithm)? })
    }

    /// What was encrypted; nothing if the passphrase does not open it. Its padding fits a wrong one once in 256 times, so the length
    /// that the key itself says is looked at too.
    pub(super) fn open(&self, passphrase: Option<&[u8]>) -> Result<Option<Secret>, MaterialError> {
        let opened = libcrypto::decrypt(self.algorithm, passphrase, self.ciphertext)?;
        Ok(opened.filter(|opened| looks_whole(opened.expose())))
    }
}

/// Whether it is one element and nothing else.
fn looks_whole(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && element(bytes).is_some_and(|element| element.rest.is_empty())
}

/// The key that was in the encryption.
pub(super) fn read_opened(opened: &Secret, notes: &mut Vec<Note>) -> Result<Secret, MaterialError> {
    let found = Container::identify(opened.expose());
    match found {
        Some(inner @ (Container::Pkcs8 | Container::Pkcs8V2 | Container::Pkcs1 | Container::Sec1)) => {
            der_key::read(inner, opened.expose(), notes)
        }
        Some(inner @ Container::Dsa) => Err(foreign::refusal(inner)),
        _ => Err(damaged(Container::EncryptedPkcs8)),
    }
}

fn damaged(container: Container) -> MaterialError {
    MaterialError::Damaged { container, problem: "its elements are not those of such a key".to_owned() }
}

/// Opens a PEM block whose headers say how it is encrypted (RFC 1421 §4.6), as OpenSSL wrote them before PKCS#8.
pub(super) fn traditional(
    text: &[u8],
    passphrase: &mut dyn Passphrase,
    notes: &mut Vec<Note>,
) -> Result<Secret, MaterialError> {
    let container = Container::EncryptedTraditional;
    let block = Block::of(text).ok_or_else(|| damaged(container))?;
    Scheme::of_traditional(block.cipher).check(container, &mut MOST_ITERATIONS.clone())?;
    let cipher = Asn1Object::from_str(block.cipher).ok().map(|object| object.nid()).and_then(symm::Cipher::from_nid);
    let (Some(cipher), Some(salt)) = (cipher, block.iv.get(..8)) else { return Err(damaged(container)) };
    if cipher.iv_len() != Some(block.iv.len()) {
        return Err(damaged(container));
    }
    let ciphertext = base64::decode(block.body, false)?.ok_or_else(|| damaged(container))?;
    let answer = passphrase.passphrase()?.ok_or(MaterialError::PassphraseNeeded)?;
    let md5 = MessageDigest::from_nid(Nid::MD5).unwrap_or_else(MessageDigest::md5);
    let mut pair = bytes_to_key(cipher, md5, answer.expose(), Some(salt), 1)
        .map_err(crate::openssl_probe::OpenSslError::step("derive the key from the passphrase"))?;
    let opened = symm::decrypt(cipher, &pair.key, Some(&block.iv), ciphertext.expose());
    pair.key.zeroize();
    let opened = opened.map_err(|_| MaterialError::WrongPassphrase).and_then(|plain| {
        let secret = Secret::take(plain).map_err(|_| MaterialError::WrongPassphrase)?;
        if looks_whole(secret.expose()) { Ok(secret) } else { Err(MaterialError::WrongPassphrase) }
    })?;
    read_opened(&opened, notes)
}

/// The parts of such a block.
struct Block<'a> {
    cipher: &'a str,
    iv: Vec<u8>,
    body: &'a [u8],
}

impl<'a> Block<'a> {
    fn of(text: &'a [u8]) -> Option<Self> {
        let begin = find(text, b"-----BEGIN ")?;
        let after = begin + 11 + find(&text[begin + 11..], b"-----")? + 5;
        let end = after + find(&text[after..], b"-----END ")?;
        let inside = &text[after..end];
        let header = find(inside, b"DEK-Info:")? + 9;
        let line_end = header + inside[header..].iter().position(|byte| *byte == b'\n' || *byte == b'\r')?;
        let (cipher, iv) = std::str::from_utf8(&inside[header..line_end]).ok()?.trim().split_once(',')?;
        let cipher = cipher.trim();
        let name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        // What OpenSSL writes keys with; a cipher that wraps or authenticates is none of them.
        let block_cipher = ["-CBC", "-CFB", "-OFB"].iter().any(|mode| cipher.ends_with(mode));
        if !cipher.bytes().all(name) || !block_cipher {
            return None;
        }
        Some(Block { cipher, iv: hex::decode(iv.trim()).ok()?, body: &inside[line_end..] })
    }
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}
