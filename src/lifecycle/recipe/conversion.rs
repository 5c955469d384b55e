//! How a shell makes what KMS takes out of a file of key material, as the recogniser finds it; or that no command does.

use std::path::PathBuf;

use crate::lifecycle::error::Error;
use crate::lifecycle::recipe::form::{Form, bare};
use crate::lifecycle::recipe::jwk;
use crate::lifecycle::recipe::shell::{PLAINTEXT, passin};
use crate::material::recognise::{Block, Content, Layer, Member, SECRETS, Way, recognise};
use crate::material::{Container, Format, KeyMaterial, KeySpec, MaterialKind, NoPassphrase, Note};
use crate::secret::Secret;

/// The steps of one file.
pub struct Conversion {
    /// Take the text around it off, outermost first.
    filters: Vec<String>,
    form: Form,
}

impl Conversion {
    /// Looks at a file. Whether the key in it fits is not asked.
    pub fn of(bytes: &Secret, spec: KeySpec, format: Option<Format>) -> Result<Self, Error> {
        let found = recognise(bytes.expose(), &SECRETS)?;
        let mut layers = found.layers;
        let is_jq = |layer: &Layer| matches!(layer, Layer::Json(Member { way: Way::Jq { .. }, .. }));
        if layers.iter().any(is_jq) {
            return Ok(Conversion { filters: Vec::new(), form: Form::Unreadable("this JSON".to_owned()) });
        }
        let number = matches!(format, Some(Format::Scalar | Format::Seed));
        let mut last = Vec::new();
        let form = match found.content {
            Content::Bytes(inner) if spec.is_private_key() => bare(inner.len(), spec, number),
            Content::Bytes(_) | Content::Text(..) | Content::Broken(..) => Form::Raw,
            Content::Container(_, inner) if number => bare(inner.len(), spec, number),
            Content::Container(Container::Jwk | Container::JwkSet, inner) => jwk::form(inner.expose(), spec, &mut last),
            Content::Container(container, inner) => within(container, inner.expose(), spec, &mut last),
            Content::Pem(blocks) => in_pem(bytes.expose(), &blocks, spec, &mut layers, &mut last),
        };
        let form = with_notes(form, bytes, spec, format)?;
        let filters = layers.iter().map(|layer| layer.filter()).chain(last).collect();
        Ok(Conversion { filters, form })
    }

    /// The filters that take text off.
    pub(super) fn filters(&self) -> &[String] {
        &self.filters
    }

    /// The step that makes the plaintext out of what the filters leave.
    pub(super) fn step(&self, input: &str, passphrase: Option<&PathBuf>) -> String {
        let passphrase = passin(passphrase);
        let pkcs8 = |from: &str, form: &str, passphrase: &str| {
            format!("openssl pkcs8 -topk8 -nocrypt -inform {form} {from}{passphrase} -outform DER -out {PLAINTEXT}\n")
        };
        match &self.form {
            Form::Raw => format!("cp -- {input} {PLAINTEXT}\n"),
            Form::Key { form, explicit_curve: false } => pkcs8(&format!("-in {input}"), form, &passphrase),
            Form::Key { form, explicit_curve: true } => {
                let named = "\"$work/named\"";
                format!("openssl ec -inform {form} -in {input}{passphrase} -param_enc named_curve -out {named}\n")
                    + &pkcs8(&format!("-in {named}"), "PEM", "")
            }
            Form::Pkcs12 => {
                let key = "\"$work/key\"";
                format!("openssl pkcs12 -in {input} -nocerts -nodes{passphrase} -out {key}\n")
                    + &pkcs8(&format!("-in {key}"), "PEM", "")
            }
            Form::OpenSsh => {
                let key = "\"$work/key\"";
                format!("cp -- {input} {key}\nchmod 600 {key}\n")
                    + &format!("ssh-keygen -q -p -P '' -N '' -m PKCS8 -f {key} >/dev/null\n")
                    + &pkcs8(&format!("-in {key}"), "PEM", "")
            }
            // OneAsymmetricKey of version 1 (RFC 8410 §7).
            Form::Seed => {
                let before = octal(&[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]);
                format!("(printf '{before}'; head -c 32 <{input}) >{PLAINTEXT}\n")
            }
            Form::RsaJwk => jwk::rsa(input) + &pkcs8("-in \"$work/key\"", "DER", ""),
            Form::Scalar { bytes, curve } => scalar(input, *bytes, curve) + &pkcs8("-in \"$work/key\"", "DER", ""),
            Form::Unreadable(what) => {
                // Whoever has another program for it puts that before this line.
                format!(
                    "[[ -s {PLAINTEXT} ]] || fail 'no command of openssl or POSIX reads {what}: use kms-byok provision for this key'\n"
                )
            }
        }
    }
}

fn octal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:03o}")).collect()
}

/// Makes ECPrivateKey (RFC 5915) of a scalar, at `$work/key`.
fn scalar(input: &str, bytes: usize, curve: &[u8]) -> String {
    let point = 2 * bytes + 1;
    let bits = [&[3][..], &length(point + 1), &[0]].concat();
    let public = [&[0xa1][..], &length(bits.len() + point), &bits].concat();
    let sec1 = |more: usize| {
        let number = [&[2, 1, 1, 4][..], &length(bytes)].concat();
        octal(&[&[0x30][..], &length(number.len() + bytes + curve.len() + more), &number].concat())
    };
    let (alone, whole) = (sec1(0), sec1(public.len() + point));
    let (curve, public) = (octal(curve), octal(&public));
    format!(
        "# The public key, which belongs into PKCS#8, is computed first.\n\
         (printf '{alone}'; head -c {bytes} <{input}; printf '{curve}') >\"$work/scalar\"\n\
         openssl ec -inform DER -in \"$work/scalar\" -pubout -outform DER | tail -c {point} >\"$work/point\"\n\
         (printf '{whole}'; head -c {bytes} <{input}; printf '{curve}{public}'; cat \"$work/point\") >\"$work/key\"\n"
    )
}

/// A length in DER.
fn length(bytes: usize) -> Vec<u8> {
    if bytes < 0x80 { vec![bytes as u8] } else { vec![0x81, bytes as u8] }
}

/// A container, or the number in it that the last filters take out.
fn within(container: Container, file: &[u8], spec: KeySpec, last: &mut Vec<String>) -> Form {
    let place = match (container, spec.kind()) {
        (Container::OpenSsh, MaterialKind::Ed25519) => Some(OPENSSH_SEED),
        (Container::Pkcs8V2, MaterialKind::Ed25519) => after(file, &[4, 0x22, 4, 0x20]).map(|at| (at, 32)),
        (Container::Pkcs8V2, MaterialKind::Ec(curve)) => {
            let length = curve.order_bytes();
            after(file, &[2, 1, 1, 4, length as u8]).map(|at| (at, length))
        }
        _ => None,
    };
    let Some((at, length)) = place else { return contained(container, spec) };
    last.push(format!("tail -c +{} | head -c {length}", at + 1));
    bare(length, spec, true)
}

/// Where the seed of an Ed25519 key is, and its length: all that is before it has one length (PROTOCOL.key of OpenSSH).
const OPENSSH_SEED: (usize, usize) = (161, 32);

fn after(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark).map(|at| at + mark.len())
}

fn contained(container: Container, spec: KeySpec) -> Form {
    match container {
        Container::Pkcs8 | Container::EncryptedPkcs8 | Container::Pkcs1 | Container::Sec1 => {
            Form::Key { form: "DER", explicit_curve: false }
        }
        Container::Pkcs12 => Form::Pkcs12,
        // `ssh-keygen` writes Ed25519 in no other format.
        Container::OpenSsh if spec != KeySpec::EccNistEdwards25519 => Form::OpenSsh,
        other => Form::Unreadable(other.with_article()),
    }
}

/// PEM as `openssl` reads it, or folded as only the recogniser does.
fn in_pem(text: &[u8], blocks: &[Block], spec: KeySpec, layers: &mut Vec<Layer>, last: &mut Vec<String>) -> Form {
    let private = |block: &&Block| block.container.is_none_or(Container::is_private);
    let Some(block) = blocks.iter().find(private) else {
        return Form::Unreadable("a file without a private key".to_owned());
    };
    let container = block.container.or_else(|| Container::identify(block.bytes.expose())).unwrap_or(Container::Pkcs8);
    let file = block.bytes.expose();
    let second = Container::identify(file) == Some(Container::Pkcs8V2);
    if second || container == Container::OpenSsh && spec == KeySpec::EccNistEdwards25519 {
        if blocks.len() > 1 {
            return Form::Unreadable("several PEM blocks, one of which has to be taken apart".to_owned());
        }
        layers.push(Layer::Pem);
        return within(if second { Container::Pkcs8V2 } else { container }, file, spec, last);
    }
    if matches!(container, Container::OpenSsh | Container::EncryptedOpenSsh) {
        return contained(container, spec);
    }
    if layers.is_empty() && is_folded_as_usual(text) || container == Container::EncryptedTraditional {
        return match contained(container, spec) {
            Form::Unreadable(_) if container == Container::EncryptedTraditional && is_folded_as_usual(text) => {
                Form::Key { form: "PEM", explicit_curve: false }
            }
            Form::Key { explicit_curve, .. } => Form::Key { form: "PEM", explicit_curve },
            other => other,
        };
    }
    match blocks {
        [_] => layers.push(Layer::Pem),
        _ => return Form::Unreadable("several PEM blocks that are folded so".to_owned()),
    }
    contained(container, spec)
}

/// Lines of at most 76 characters that begin at the margin.
fn is_folded_as_usual(text: &[u8]) -> bool {
    text.starts_with(b"-----BEGIN ") && text.split(|byte| *byte == b'\n').all(|line| line.trim_ascii_end().len() <= 76)
        || text.windows(12).any(|window| window == b"\n-----BEGIN ")
            && text.split(|byte| *byte == b'\n').all(|line| line.len() <= 76 && !line.starts_with(b" -----"))
}

/// What the reader of this program completed or forgave, `openssl` may not.
fn with_notes(form: Form, bytes: &Secret, spec: KeySpec, format: Option<Format>) -> Result<Form, Error> {
    let Form::Key { form: outer, .. } = form else { return Ok(form) };
    let Ok(material) = KeyMaterial::read(Secret::copy(bytes.expose())?, spec, format, &mut NoPassphrase) else {
        return Ok(form);
    };
    let notes = material.reading().map(|reading| reading.notes()).unwrap_or_default();
    let unreadable = notes.iter().find_map(|note| match note {
        Note::RsaNumbersComputed => Some("an RSA key without its CRT numbers".to_owned()),
        Note::Lenient { .. } => Some("a key that breaks a rule of its container".to_owned()),
        _ => None,
    });
    let explicit_curve = notes.iter().any(|note| matches!(note, Note::CurveNamed { .. }));
    Ok(unreadable.map_or(Form::Key { form: outer, explicit_curve }, Form::Unreadable))
}
