//! The commands that fix things, with the names of the files at hand, quoted for a shell.

use std::path::{Path, PathBuf};

use super::name::Name;
use crate::file_checks::fixes::{self, Place};
use crate::files::{Output, free, is_free, is_same_name};
use crate::material::choice::Choice;
use crate::material::encoding::Encoding;
use crate::material::{Format, KeySpec};
use crate::quoted;
use crate::wrap::{OaepDigest, WrappingAlgorithm, WrappingKeySpec};

/// What commands need to know. What nobody has named stands in capitals: `FILE`, `KEY`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Commands {
    pub(crate) directory: Option<PathBuf>,
    pub(crate) key: Option<String>,
    pub(crate) public_key: Option<PathBuf>,
    pub(crate) encrypted: Option<PathBuf>,
    pub(crate) material: Option<PathBuf>,
    /// What the user said of its format.
    pub(crate) format: Option<Format>,
    /// The file with the passphrase of the key material.
    pub(crate) passphrase: Option<PathBuf>,
    pub(crate) token: Option<PathBuf>,
    pub(crate) region: Option<String>,
    pub(crate) spec: Option<KeySpec>,
    pub(crate) algorithm: Option<WrappingAlgorithm>,
    pub(crate) wrapping: Option<WrappingKeySpec>,
    /// The one command that does everything again, where there was only one.
    pub(crate) again: Option<String>,
}

impl Commands {
    /// Wraps the key material once more for the parameters that are there.
    pub(crate) fn wrap(&self) -> String {
        self.wrap_file(self.material.as_deref(), self.format)
    }

    /// The same, with key material that is not text which is wrapped as it stands.
    pub(crate) fn wrap_decoded(&self) -> String {
        self.wrap_file(self.material.as_deref(), self.format.filter(|format| *format != Format::Raw))
    }

    /// The choices where there is doubt about a file of key material, each with the command that wraps it.
    pub(crate) fn choose(&self, name: &Name, choices: &[Choice]) -> Option<String> {
        let path = name.path.as_deref().unwrap_or(Path::new("-"));
        let again = |file: &Path, format| Some(self.wrap_file(Some(file), format));
        let way = |choice: &Choice| Some(format!("`{}` if {}", choice.command(path, again)?, choice.meaning()));
        let ways: Vec<String> = choices.iter().filter_map(way).collect();
        (!ways.is_empty()).then(|| format!("run {}", ways.join(", or ")))
    }

    /// The same with a file, and with what has to be said of its format.
    fn wrap_file(&self, material: Option<&Path>, format: Option<Format>) -> String {
        if let Some(again) = &self.again {
            return again.clone();
        }
        let material = material.map_or("FILE".to_owned(), quoted);
        let format = format.map(|format| format!(" --material-format {format}")).unwrap_or_default();
        let passphrase = self.passphrase.as_deref().map(|path| format!(" --passphrase-file {}", quoted(path)));
        let format = format + &passphrase.unwrap_or_default();
        let sha1 = self.algorithm.is_some_and(|algorithm| algorithm.digest() == OaepDigest::Sha1);
        let sha1 = if sha1 { " --allow-sha1" } else { "" };
        if let Some(directory) = &self.directory {
            return format!("kms-byok wrap --dir {} --material {material}{format}{sha1} --force", quoted(directory));
        }
        let named = |path: &Option<PathBuf>, usual: &str| path.as_deref().map_or(usual.to_owned(), quoted);
        let key = named(&self.public_key, "PublicKey.bin");
        let out = quoted(&self.free_output());
        let spec = self.spec.map(|spec| format!(" --key-spec {spec}")).unwrap_or_default();
        let algorithm = self.algorithm.map(|algorithm| format!(" --wrapping-algorithm {algorithm}"));
        let algorithm = algorithm.unwrap_or_default();
        format!("kms-byok wrap --in {material}{format} --inkey {key} --out {out}{spec}{algorithm}{sha1} --force")
    }

    /// Where wrapped key material goes: to its place if nothing but an earlier blob is there, else to a name that is free. What was
    /// named for a blob and is none may be the only copy of a key.
    fn free_output(&self) -> PathBuf {
        let usual = || PathBuf::from("EncryptedKeyMaterial.bin");
        let is_input = |path: &Path| {
            [&self.material, &self.public_key].into_iter().flatten().any(|input| is_same_name(input, path))
        };
        let fits = |path: &PathBuf| !is_input(path) && (is_free(path) || Output::Blob.is_at(path));
        let places = [self.encrypted.clone(), Some(usual())];
        places.into_iter().flatten().find(fits).unwrap_or_else(|| free(&usual()))
    }

    /// Gets a new parameter set; the old one in the directory goes.
    pub(crate) fn parameters(&self) -> String {
        let key = self.key.as_deref().map_or("KEY".to_owned(), word);
        let directory = self.directory.as_deref().map_or("DIR".to_owned(), quoted);
        let force = if self.directory.is_some() { " --force" } else { "" };
        let mut command = format!("kms-byok get-parameters --key-id {key} --dir {directory}{force}");
        if let Some(algorithm) = self.algorithm {
            command.push_str(&format!(" --wrapping-algorithm {algorithm}"));
            command.push_str(if algorithm.digest() == OaepDigest::Sha1 { " --allow-sha1" } else { "" });
        }
        if let Some(wrapping) = self.wrapping {
            command.push_str(&format!(" --wrapping-key-spec {wrapping}"));
        }
        command
    }

    /// A new parameter set, and the key material wrapped for it.
    pub(crate) fn anew(&self) -> String {
        if let Some(again) = &self.again {
            return again.clone();
        }
        let directory = self.directory.clone().unwrap_or_else(|| PathBuf::from("DIR"));
        let wrap = Commands { directory: Some(directory), ..self.clone() };
        format!("{} && {}", self.parameters(), wrap.wrap())
    }

    /// Creates a key that takes imported key material.
    pub(crate) fn create_key(&self) -> String {
        create_key(self.spec)
    }

    /// Lists the keys that there are.
    pub(crate) fn list_keys(&self) -> String {
        let region = self.region.as_deref().map(|region| format!(" --region {}", word(region)));
        format!("kms-byok status{}", region.unwrap_or_default())
    }

    /// Imports with another expiry, where what to import is known.
    pub(crate) fn import_expiring(&self) -> Option<String> {
        let what = match (&self.directory, &self.key, &self.encrypted, &self.token) {
            (Some(directory), ..) => format!("--dir {}", quoted(directory)),
            (None, Some(key), Some(blob), Some(token)) => {
                format!("--key-id {} --encrypted {} --import-token {}", word(key), quoted(blob), quoted(token))
            }
            _ => return None,
        };
        Some(format!("kms-byok import {what} --expires-in 365d"))
    }

    /// Looks at a file that only its owner can fix.
    pub(crate) fn look(&self, name: &Name) -> String {
        let path = name.path.as_deref().filter(|path| path.as_os_str() != "-");
        path.map_or_else(|| "ls -l .".to_owned(), |path| format!("ls -l {}", quoted(path)))
    }

    pub(crate) fn status(&self) -> String {
        format!("kms-byok status --key-id {}", self.key.as_deref().map_or("KEY".to_owned(), word))
    }

    /// Takes text around a file that holds no secret off.
    pub(crate) fn decode(&self, name: &Name, encoding: &Encoding) -> String {
        fixes::decode(name.path.as_deref(), encoding, self.place())
    }

    /// Keeps the first bytes of a file. Key material stays as it is: the shorter copy is another file.
    pub(crate) fn cut(&self, name: &Name, wanted: usize) -> String {
        match name.role.is_secret() {
            true => format!("(umask 077 && {})", fixes::cut(name.path.as_deref(), wanted, Place::Anywhere)),
            false => fixes::cut(name.path.as_deref(), wanted, self.place()),
        }
    }

    /// Takes the carriage returns out that a text-mode transfer put in.
    pub(crate) fn without_carriage_returns(&self, name: &Name) -> String {
        fixes::without_carriage_returns(name.path.as_deref(), self.place())
    }

    /// Makes the usual form of a public key out of PKCS#1.
    pub(crate) fn convert_pkcs1(&self, name: &Name) -> String {
        let (file, made) = fixes::beside(name.path.as_deref(), "spki");
        let convert = format!("openssl rsa -RSAPublicKey_in -inform DER -in {file} -pubout -outform DER -out {made}");
        fixes::put(name.path.as_deref(), convert, &made, self.place())
    }

    fn place(&self) -> Place {
        if self.directory.is_some() { Place::Fixed } else { Place::Anywhere }
    }
}

/// Creates a key of that spec for imported key material.
pub(crate) fn create_key(spec: Option<KeySpec>) -> String {
    let spec = spec.filter(|spec| *spec != KeySpec::SymmetricDefault);
    let spec = spec.map(|spec| format!(" --key-spec {spec}")).unwrap_or_default();
    format!("kms-byok create-key{spec}")
}

/// A path as one word of a shell.
pub(crate) fn quoted(path: &Path) -> String {
    quoted::quoted(path)
}

/// Text as one word of a shell.
pub(crate) fn word(text: &str) -> String {
    quoted::quoted(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_the_files_at_hand() {
        let bare = Commands {
            material: Some("my key".into()),
            public_key: Some("P".into()),
            algorithm: Some(WrappingAlgorithm::RsaesOaepSha1),
            spec: Some(KeySpec::Hmac256),
            ..Commands::default()
        };
        assert_eq!(
            Commands { format: Some(Format::Hex), ..bare }.wrap(),
            "kms-byok wrap --in 'my key' --material-format hex --inkey P --out EncryptedKeyMaterial.bin --key-spec HMAC_256 \
             --wrapping-algorithm RSAES_OAEP_SHA_1 --allow-sha1 --force"
        );
        let directory = Commands { directory: Some("D".into()), key: Some("alias/a".into()), ..Commands::default() };
        assert_eq!(
            directory.anew(),
            "kms-byok get-parameters --key-id alias/a --dir D --force && kms-byok wrap --dir D --material FILE --force"
        );
    }
}
