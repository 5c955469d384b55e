// Which OpenSSL is fit: a plain function over version numbers. build.rs includes this file, so it uses std only.

/// What openssl-sys tells a build script about the headers, or the loaded library about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// OPENSSL_VERSION_NUMBER: 0xMNNFFPPS before 3.0, 0xMNN00PP0 since.
    pub openssl: Option<u64>,
    /// LIBRESSL_VERSION_NUMBER: 0xMNNFF00f.
    pub libressl: Option<u64>,
    /// The headers are BoringSSL's.
    pub boringssl: bool,
    /// The headers are AWS-LC's.
    pub awslc: bool,
}

/// An OpenSSL that this tool accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// OpenSSL, with its version number.
    OpenSsl(u64),
    /// LibreSSL, which has OAEP with SHA-256 and no AES key wrap with padding.
    LibreSsl(u64),
}

impl Accepted {
    /// Whether it has `EVP_aes_256_wrap_pad` (RFC 5649).
    pub fn has_key_wrap(self) -> bool {
        matches!(self, Accepted::OpenSsl(_))
    }

    /// Whether the openssl crate offers its CMS, in which escrow files are written.
    pub fn has_cms(self) -> bool {
        matches!(self, Accepted::OpenSsl(_))
    }

    /// Whether it has providers, a FIPS one among them: OpenSSL 3.0.
    pub fn has_providers(self) -> bool {
        matches!(self, Accepted::OpenSsl(number) if number >= 0x3000_0000)
    }

    /// Whether it has Ed25519: OpenSSL 1.1.1, LibreSSL 3.7.
    pub fn has_ed25519(self) -> bool {
        match self {
            Accepted::OpenSsl(number) => number >= 0x1010_1000,
            Accepted::LibreSsl(number) => number >= 0x3070_0000,
        }
    }
}

/// OpenSSL 1.0.2: below it, `rsa_oaep_md` does not exist and OAEP is SHA-1 only.
const OPENSSL_FLOOR: u64 = 0x1000_200f;
/// LibreSSL 3.5: below it, openssl-sys does not build.
const LIBRESSL_FLOOR: u64 = 0x3050_0000;

/// What is needed, in words.
pub(crate) const NEEDED: &str = "OpenSSL 1.0.2 or newer (LibreSSL: 3.5 or newer)";

/// Accepts what was reported, or says in words what was found instead.
pub fn judge(reported: &Reported) -> Result<Accepted, String> {
    if reported.awslc {
        return Err("AWS-LC, which is not OpenSSL".to_owned());
    }
    if reported.boringssl {
        return Err("BoringSSL, which is not OpenSSL".to_owned());
    }
    if let Some(number) = reported.libressl {
        let found = format!("LibreSSL {}", version_text(number, false));
        return if number >= LIBRESSL_FLOOR { Ok(Accepted::LibreSsl(number)) } else { Err(found) };
    }
    match reported.openssl {
        Some(number) if number >= OPENSSL_FLOOR => Ok(Accepted::OpenSsl(number)),
        Some(number) => Err(format!("OpenSSL {}, which cannot set rsa_oaep_md", version_text(number, true))),
        None => Err("no OpenSSL headers".to_owned()),
    }
}

/// The one line with which a build ends when the headers are unfit.
pub fn build_error(found: &str) -> String {
    format!(
        "kms-byok needs {NEEDED}, and found {found}; \
         install its headers (libssl-dev or openssl-devel) or set OPENSSL_DIR to the prefix of another OpenSSL"
    )
}

/// `3.0.19`, `1.1.1w`: a version number as people write it. Letters are OpenSSL's patch levels before 3.0.
pub fn version_text(number: u64, letters: bool) -> String {
    let major = number >> 28;
    let minor = (number >> 20) & 0xff;
    if major >= 3 && letters {
        return format!("{major}.{minor}.{}", (number >> 4) & 0xff);
    }
    let fix = (number >> 12) & 0xff;
    let patch = if letters { (number >> 4) & 0xff } else { 0 };
    // 0.9.8zh is patch 33: past z come za, zb, …
    let letter = |index: u64| (index > 0).then(|| char::from(b'a' + (index as u8 - 1) % 26));
    match patch {
        0..=25 => format!("{major}.{minor}.{fix}{}", letter(patch).map(String::from).unwrap_or_default()),
        _ => format!("{major}.{minor}.{fix}z{}", letter(patch - 25).map(String::from).unwrap_or_default()),
    }
}
