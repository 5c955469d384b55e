//! Kinds of file that are known by their first bytes, as file(1) knows them, and that are no key themselves.

/// A file that may have a key in it, and is none. It is known by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// RFC 1952.
    Gzip,
    /// What bzip2 writes.
    Bzip2,
    /// What xz writes.
    Xz,
    /// A frame of LZ4.
    Lz4,
    /// RFC 8878.
    Zstandard,
    /// A zip archive.
    Zip,
    /// A 7z archive.
    SevenZip,
    /// A tar archive (POSIX ustar, or GNU's).
    Tar,
    /// What `openssl enc` with a passphrase writes: `Salted__`, the salt, the ciphertext.
    OpenSslEnc,
    /// What age writes, in its binary form.
    Age,
    /// A Fernet token: version, time, IV, ciphertext and MAC.
    Fernet,
    /// What KMS's Encrypt and GenerateDataKey give under a symmetric key.
    KmsCiphertext,
    /// A blob of Windows' data protection.
    Dpapi,
    /// A volume of LUKS.
    Luks,
    /// A symmetric COSE_Key (RFC 9052 §7, RFC 9053 §6.1).
    CoseKey,
    /// A database of KeePass 2.
    KeePass,
    /// A database of SQLite, as NSS keeps keys in.
    Sqlite,
    /// A serialised Java object, such as a `SecretKeySpec`.
    JavaObject,
    /// What Python's `pickle` writes.
    Pickle,
    /// What NumPy's `save` writes.
    NumPy,
    /// A program or library in ELF.
    Elf,
    /// A PDF document.
    Pdf,
    /// A PNG or JPEG image.
    Image,
}

/// What a user does with such a file to get at the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is compressed: the filter that undoes it.
    Filter(&'static str),
    /// It has other files in it, and no filter takes one out.
    Unpack,
    /// It is encrypted, with what only its owner knows.
    Decrypt,
    /// Only the program that wrote it reads it.
    ReadWithItsProgram,
    /// It has nothing to do with keys.
    None,
}

impl FileKind {
    /// The kind of a file, from its bytes; `None` for one that is not known. Of random bytes, no kind is seen more often than once in 10^9
    /// times.
    pub fn of(bytes: &[u8]) -> Option<FileKind> {
        let starts = |beginning: &[u8]| bytes.starts_with(beginning);
        Some(match bytes {
            // Method "deflate", no reserved flags, the levels and systems that exist.
            [0x1f, 0x8b, 8, 0..=0x1f, _, _, _, _, 0 | 2 | 4, 0..=13 | 255, ..] => FileKind::Gzip,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => FileKind::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => FileKind::Xz,
            [0x04, 0x22, 0x4d, 0x18, ..] => FileKind::Lz4,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => FileKind::Zstandard,
            [b'P', b'K', 3, 4, ..=63, 0, ..] => FileKind::Zip,
            [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => FileKind::SevenZip,
            _ if bytes.get(257..262) == Some(b"ustar") => FileKind::Tar,
            _ if starts(b"Salted__") => FileKind::OpenSslEnc,
            _ if starts(b"age-encryption.org/") => FileKind::Age,
            // Its time has 64 bits; its ciphertext is whole blocks of AES.
            [0x80, 0, 0, 0, 0, ..] if bytes.len() >= 73 && (bytes.len() - 57).is_multiple_of(16) => FileKind::Fernet,
            [1, 1 | 2, 1 | 2, 0, 0x78, ..] => FileKind::KmsCiphertext,
            [1, 0, 0, 0, 0xd0, 0x8c, 0x9d, 0xdf, ..] => FileKind::Dpapi,
            [b'L', b'U', b'K', b'S', 0xba, 0xbe, ..] => FileKind::Luks,
            [0xa2..=0xa8, 1, 4, rest @ ..] if has_cose_bytes(rest) => FileKind::CoseKey,
            [3, 0xd9, 0xa2, 0x9a, 0x65..=0x67, 0xfb, 0x4b, 0xb5, ..] => FileKind::KeePass,
            _ if starts(b"SQLite format 3\0") => FileKind::Sqlite,
            [0xac, 0xed, 0, 5, b's' | b'u', ..] => FileKind::JavaObject,
            _ if is_pickle(bytes) => FileKind::Pickle,
            _ if starts(b"\x93NUMPY") => FileKind::NumPy,
            [0x7f, b'E', b'L', b'F', 1 | 2, 1 | 2, ..] => FileKind::Elf,
            _ if starts(b"%PDF-") => FileKind::Pdf,
            _ if starts(b"\x89PNG\r\n\x1a\n") => FileKind::Image,
            // No image is as short as a key.
            [0xff, 0xd8, 0xff, 0xdb..=0xee, ..] if bytes.len() > 128 => FileKind::Image,
            _ => return None,
        })
    }

    /// Its name in a sentence, without an article.
    pub const fn name(self) -> &'static str {
        match self {
            FileKind::Gzip => "gzip file",
            FileKind::Bzip2 => "bzip2 file",
            FileKind::Xz => "xz file",
            FileKind::Lz4 => "file that lz4 has compressed",
            FileKind::Zstandard => "Zstandard file",
            FileKind::Zip => "zip archive",
            FileKind::SevenZip => "7z archive",
            FileKind::Tar => "tar archive",
            FileKind::OpenSslEnc => "file that openssl enc has encrypted",
            FileKind::Age => "file that age has encrypted",
            FileKind::Fernet => "Fernet token",
            FileKind::KmsCiphertext => "ciphertext of KMS",
            FileKind::Dpapi => "DPAPI blob",
            FileKind::Luks => "LUKS volume",
            FileKind::CoseKey => "COSE key",
            FileKind::KeePass => "KeePass database",
            FileKind::Sqlite => "SQLite database",
            FileKind::JavaObject => "serialised Java object",
            FileKind::Pickle => "Python pickle",
            FileKind::NumPy => "NumPy array",
            FileKind::Elf => "program (ELF)",
            FileKind::Pdf => "PDF document",
            FileKind::Image => "PNG or JPEG image",
        }
    }

    /// Its stable name for machines.
    pub const fn id(self) -> &'static str {
        match self {
            FileKind::Gzip => "gzip",
            FileKind::Bzip2 => "bzip2",
            FileKind::Xz => "xz",
            FileKind::Lz4 => "lz4",
            FileKind::Zstandard => "zstandard",
            FileKind::Zip => "zip",
            FileKind::SevenZip => "7z",
            FileKind::Tar => "tar",
            FileKind::OpenSslEnc => "openssl_enc",
            FileKind::Age => "age",
            FileKind::Fernet => "fernet",
            FileKind::KmsCiphertext => "kms_ciphertext",
            FileKind::Dpapi => "dpapi",
            FileKind::Luks => "luks",
            FileKind::CoseKey => "cose_key",
            FileKind::KeePass => "keepass",
            FileKind::Sqlite => "sqlite",
            FileKind::JavaObject => "java_object",
            FileKind::Pickle => "pickle",
            FileKind::NumPy => "numpy",
            FileKind::Elf => "elf",
            FileKind::Pdf => "pdf",
            FileKind::Image => "image",
        }
    }

    pub(crate) const fn way(self) -> Way {
        match self {
            FileKind::Gzip => Way::Filter("gzip -dc"),
            FileKind::Bzip2 => Way::Filter("bzip2 -dc"),
            FileKind::Xz => Way::Filter("xz -dc"),
            FileKind::Lz4 => Way::Filter("lz4 -dc"),
            FileKind::Zstandard => Way::Filter("zstd -dc"),
            FileKind::Tar => Way::Filter("tar -xOf -"),
            FileKind::Zip | FileKind::SevenZip => Way::Unpack,
            FileKind::OpenSslEnc
            | FileKind::Age
            | FileKind::Fernet
            | FileKind::KmsCiphertext
            | FileKind::Dpapi
            | FileKind::Luks
            | FileKind::KeePass => Way::Decrypt,
            FileKind::CoseKey | FileKind::Sqlite | FileKind::JavaObject | FileKind::Pickle | FileKind::NumPy => {
                Way::ReadWithItsProgram
            }
            FileKind::Elf | FileKind::Pdf | FileKind::Image => Way::None,
        }
    }
}

/// How Java's keystores begin: containers of keys, and no kind of file here.
pub(crate) const JKS: &[u8] = &[0xfe, 0xed, 0xfe, 0xed];
pub(crate) const JCEKS: &[u8] = &[0xce, 0xce, 0xce, 0xce];

/// Whether bytes begin as zlib writes what does not compress (RFC 1950 §2.2; RFC 1951 §3.2.3): one block, stored or in fixed codes. Of
/// random bytes one in 60,000 does so too.
pub(crate) fn may_be_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [0x78, 0x01 | 0x5e | 0x9c | 0xda, block, ..] if matches!(block & 7, 1 | 3))
}

/// Whether a parameter -1 (k) with a byte string of one length byte comes in a COSE_Key.
fn has_cose_bytes(members: &[u8]) -> bool {
    let mut windows = members.windows(3).enumerate();
    windows.any(|(at, window)| matches!(window, [0x20, 0x58, _]) && members.len() >= at + 3 + usize::from(window[2]))
}

/// Protocol 4 or 5 in one frame, or protocol 2 or 3 from its first to its last opcode around bytes, a string or a tuple.
fn is_pickle(bytes: &[u8]) -> bool {
    match bytes {
        [0x80, 4 | 5, 0x95, length @ ..] => {
            let length = length.first_chunk().map(|length| u64::from_le_bytes(*length));
            length.and_then(|length| usize::try_from(length).ok()) == bytes.len().checked_sub(11)
        }
        [0x80, 2 | 3, b'C' | b'U' | b'X' | b'c' | b'(' | b']' | b'}', .., b'.'] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_are_no_file_and_beginnings_are() {
        let mut random = [0; 128];
        for length in (28..=128).cycle().take(100_000) {
            openssl::rand::rand_bytes(&mut random[..length]).unwrap();
            assert_eq!(FileKind::of(&random[..length]), None, "{:?}", &random[..8]);
        }
        for (bytes, expected) in [
            (&b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03key\0"[..], Some(FileKind::Gzip)),
            (b"\x1f\x8b\x09\x08\x00\x00\x00\x00\x00\x03key\0", None),
            (b"Salted__12345678", Some(FileKind::OpenSslEnc)),
            (b"\x80\x04\x95\x04\0\0\0\0\0\0\0C\x01a.", Some(FileKind::Pickle)),
            (b"\x80\x04\x95\x05\0\0\0\0\0\0\0C\x01a.", None),
            (b"\x80\x03C\x01aq\0.", Some(FileKind::Pickle)),
            (b"", None),
        ] {
            assert_eq!(FileKind::of(bytes), expected, "{bytes:?}");
        }
    }
}
