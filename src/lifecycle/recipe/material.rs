//! Where the key material comes from, and what becomes of a copy: steps of the shell.

use std::path::PathBuf;

use crate::escrow::Recipient;
use crate::lifecycle::recipe::conversion::Conversion;
use crate::lifecycle::recipe::shell::{self, PLAINTEXT, passin};
use crate::material::{Curve, Format, KeySpec, MaterialKind};
use crate::posix;

/// Where the key material comes from. None of it is read for the recipe.
pub enum ShellSource {
    /// OpenSSL's random generator.
    Generate(ShellBackup),
    /// A file, or standard input.
    Given {
        /// Standard input if absent.
        file: Option<PathBuf>,
        /// What it was said to be written as.
        format: Option<Format>,
        /// What it was recognised as; nothing where it was not looked at.
        conversion: Option<Conversion>,
        /// The file with the passphrase of an encrypted private key.
        passphrase_file: Option<PathBuf>,
    },
    /// An escrow file.
    Escrow {
        /// The file.
        file: PathBuf,
        /// The private key of a recovery certificate.
        recipient_key: PathBuf,
        /// The file with its passphrase.
        passphrase_file: Option<PathBuf>,
    },
}

/// What becomes of a copy of generated key material.
pub enum ShellBackup {
    /// Encrypted for certificates, which are named by their files.
    Escrow {
        /// The certificates.
        recipients: Vec<(PathBuf, Recipient)>,
        /// The file.
        out: PathBuf,
    },
    /// In plaintext.
    Keep(PathBuf),
    /// None.
    Discard,
}

impl ShellSource {
    /// AES-GCM in CMS came with OpenSSL 3.0.
    pub(super) fn needs_openssl_3(&self) -> bool {
        matches!(self, ShellSource::Generate(ShellBackup::Escrow { .. }) | ShellSource::Escrow { .. })
    }

    pub(super) fn steps(&self, spec: KeySpec) -> String {
        match self {
            ShellSource::Generate(backup) => {
                let step = "# 3. Generate the key material.\n";
                format!("{step}{}{}", generate(spec), backup.steps())
            }
            ShellSource::Given { file, format, conversion, passphrase_file } => {
                let mut text = "# 3. The key material that is there.\n".to_owned();
                let mut input = file.as_ref().map(|file| shell::path(file)).unwrap_or_else(|| {
                    text.push_str("cat >\"$work/given\"\n");
                    "\"$work/given\"".to_owned()
                });
                let decode = match format {
                    Some(Format::Hex) => Some(posix::FROM_HEX),
                    Some(Format::Base64) => Some("openssl base64 -d -A"),
                    _ => None,
                };
                let filters = conversion.as_ref().map(Conversion::filters).unwrap_or_default();
                if !filters.is_empty() {
                    text.push_str(&format!("<{input} {} >\"$work/decoded\"\n", filters.join(" | ")));
                    input = "\"$work/decoded\"".to_owned();
                } else if let Some(decode) = decode {
                    text.push_str(&format!("tr -d '[:space:]' <{input} | {decode} >\"$work/decoded\"\n"));
                    input = "\"$work/decoded\"".to_owned();
                }
                text + &match (spec.is_private_key(), conversion) {
                    (_, Some(conversion)) => conversion.step(&input, passphrase_file.as_ref()),
                    (true, None) => recognise(&input) + &pkcs8(&input, "\"$form\"", passphrase_file.as_ref()),
                    (false, None) => format!("cp -- {input} {PLAINTEXT}\n"),
                }
            }
            ShellSource::Escrow { file, recipient_key, passphrase_file } => {
                let (file, key) = (shell::path(file), shell::path(recipient_key));
                let passphrase = passin(passphrase_file.as_ref());
                format!(
                    "# 3. Bring the key material back from its escrow file. With a wrong tag openssl writes plaintext all the same:\n\
                     # its exit status tells, and ends this script.\n\
                     {}\
                     openssl cms -decrypt -binary -inform \"$form\" -in {file} -inkey {key}{passphrase} -out {PLAINTEXT}\n",
                    recognise(&file)
                )
            }
        }
    }
}

fn generate(spec: KeySpec) -> String {
    let algorithm = match spec.kind() {
        MaterialKind::Symmetric | MaterialKind::Hmac { .. } => {
            return format!("openssl rand -out {PLAINTEXT} {}\n", spec.usual_length());
        }
        MaterialKind::Rsa { bits } => format!("RSA -pkeyopt rsa_keygen_bits:{bits}"),
        MaterialKind::Ec(curve) => ec(curve),
        MaterialKind::Ed25519 => "ED25519".to_owned(),
    };
    // genpkey's own DER of EC keys is SEC1 on OpenSSL 3.0, which KMS does not take.
    format!(
        "openssl genpkey -algorithm {algorithm} -out \"$work/generated\"\n{}",
        pkcs8("\"$work/generated\"", "PEM", None)
    )
}

fn ec(curve: Curve) -> String {
    let name = curve.openssl_name();
    format!("EC -pkeyopt ec_paramgen_curve:{name} -pkeyopt ec_param_enc:named_curve")
}

/// Any private key as unencrypted PKCS#8 DER, which is what KMS takes.
fn pkcs8(input: &str, form: &str, passphrase_file: Option<&PathBuf>) -> String {
    let passphrase = passin(passphrase_file);
    format!("openssl pkcs8 -topk8 -nocrypt -inform {form} -in {input}{passphrase} -outform DER -out {PLAINTEXT}\n")
}

/// Sets `form`.
fn recognise(input: &str) -> String {
    format!("if grep -q -e '-----BEGIN' -- {input}; then form=PEM; else form=DER; fi\n")
}

impl ShellBackup {
    pub(super) fn steps(&self) -> String {
        match self {
            ShellBackup::Discard => "# No copy: KMS will hold the only one.\n".to_owned(),
            ShellBackup::Keep(path) => {
                let path = shell::path(path);
                format!(
                    "# A copy in plaintext, never over another file.\n(set -o noclobber; cat {PLAINTEXT} >{path})\n"
                )
            }
            ShellBackup::Escrow { recipients, out } => {
                let out = shell::path(out);
                let mut text = format!(
                    "# A copy for the recovery certificates. Left alone, openssl uses PKCS#1 v1.5, and SHA-1 for EC keys.\n\
                     [[ ! -e {out} ]] || fail 'the escrow file exists, and may hold the only copy of a key'\n\
                     openssl cms -encrypt -binary -aes-256-gcm -outform DER -in {PLAINTEXT} -out {out}"
                );
                for (path, recipient) in recipients {
                    let options = match recipient.is_rsa() {
                        true => "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256 -keyopt rsa_mgf1_md:sha256",
                        false => "-keyopt ecdh_kdf_md:sha256",
                    };
                    text.push_str(&format!(" \\\n  -recip {} {options}", shell::path(path)));
                }
                text.push('\n');
                text
            }
        }
    }
}
