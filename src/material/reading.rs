//! How key material was read: said to the user, because what KMS is given need not be what the file looks like.

use serde::Serialize;

use super::recognise::{Layer, described, ids};
use super::{Container, Note};

/// What a file was recognised as. Nothing in it is secret, and it serializes to JSON.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Reading {
    /// The layers of text that were taken off, outermost first and joined by `+`; `raw` or `der` where there were none.
    encoding: String,
    /// The container that held the key; nothing for raw bytes.
    container: Option<&'static str>,
    /// How many bytes the key material has.
    bytes: usize,
    /// What was read leniently, or completed.
    #[serde(skip)]
    notes: Vec<Note>,
    /// The subject of a certificate beside the key, which belongs to it.
    #[serde(rename = "certificate_subject")]
    certificate: Option<String>,
    #[serde(skip)]
    words: Option<String>,
    /// Whether the key was encrypted under a passphrase.
    #[serde(skip)]
    encrypted: bool,
}

impl Reading {
    /// Bytes that were taken as they were.
    pub(super) fn raw(bytes: usize, text: bool) -> Self {
        let words =
            text.then(|| format!("key material imported as it stands: {bytes} characters of text, not decoded"));
        Reading { encoding: "raw".to_owned(), bytes, words, ..Reading::default() }
    }

    /// Bytes from layers of text.
    pub(super) fn encoded(layers: &[Layer], bytes: usize) -> Self {
        if layers.is_empty() {
            return Reading::raw(bytes, false);
        }
        let words = Some(format!("key material read as {} text of {bytes} bytes", described(layers)));
        Reading { encoding: ids(layers), bytes, words, ..Reading::default() }
    }

    /// A key from a container.
    pub(super) fn contained(layers: &[Layer], container: Container, bytes: usize) -> Self {
        let inside = if layers.is_empty() { String::new() } else { format!(" in {}", described(layers)) };
        let encoding = match layers {
            [] if container.is_der() => "der".to_owned(),
            [] => "text".to_owned(),
            _ => ids(layers),
        };
        let words = Some(format!("key material read as {}{inside}", container.with_article()));
        Reading { encoding, container: Some(container.id()), bytes, words, ..Reading::default() }
    }

    /// A bare number that the user has called one.
    pub(super) fn number(layers: &[Layer], what: &'static str, bytes: usize) -> Self {
        let inside = if layers.is_empty() { String::new() } else { format!(" in {}", described(layers)) };
        let encoding = if layers.is_empty() { "raw".to_owned() } else { ids(layers) };
        let words = Some(format!("key material read as a bare {what}{inside}"));
        Reading { encoding, container: Some(what), bytes, words, ..Reading::default() }
    }

    pub(super) fn with(mut self, notes: Vec<Note>, certificate: Option<String>) -> Self {
        self.notes = notes;
        self.certificate = certificate;
        self
    }

    pub(super) fn under_passphrase(mut self, encrypted: bool) -> Self {
        self.encrypted = encrypted;
        self
    }

    /// Whether the key was encrypted under a passphrase that is not empty, so that its file does not hold it in plaintext.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// The layers of text that were taken off, by their stable names, outermost first and joined by `+`, as in `base64` or `utf16+hex`.
    /// Where there were none it is `raw`, `der`, or `text` for a container that is text.
    pub fn encoding(&self) -> &str {
        &self.encoding
    }

    /// The subject of a certificate that lay beside the key, and belongs to it.
    pub fn certificate_subject(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// What was read leniently, or completed.
    pub(crate) fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The stable name of the container that held the key, as in `pkcs8`, or of a bare number: `scalar` or `seed`. `None` for raw bytes.
    pub fn container(&self) -> Option<&'static str> {
        self.container
    }

    /// What it was found in: "in PEM", "in PKCS#1".
    pub(crate) fn found(&self) -> String {
        match (self.encoding.as_str(), self.container) {
            ("der", Some("pkcs1")) => "in PKCS#1".to_owned(),
            ("der", Some("sec1")) => "in SEC1".to_owned(),
            ("der" | "text", Some(container)) => format!("in {container}"),
            ("raw", Some(number)) => format!("as a bare {number}"),
            _ => "in PEM".to_owned(),
        }
    }

    /// What to tell the user, a sentence each: how it was read, what was read leniently or completed, and whose certificate lies beside the
    /// key. Empty for raw bytes.
    pub fn sentences(&self) -> Vec<String> {
        let notes = self.notes.iter().map(Note::to_string);
        let certificate =
            self.certificate.iter().map(|subject| format!("the certificate beside the key is `{subject}`"));
        self.words.iter().cloned().chain(notes).chain(certificate).collect()
    }
}
