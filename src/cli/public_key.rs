//! `public-key`: which key it is, in the forms in which others take it and show it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args as ClapArgs, ValueEnum, ValueHint};
use kms_byok::for_the_binary::files::{self, Output as OutputFile};
use kms_byok::for_the_binary::printable;
use kms_byok::kms::KeyArn;
use kms_byok::lifecycle::{self, First, Trust};
use kms_byok::public_key::{Forms, Jwks, KeptJwks, PublicKey, PublicKeyFile};
use kms_byok::{Error, FileError, PublicKeyError};
use serde::Serialize;

use super::any_key::Asking;
use super::context::Context;
use super::failure::Failure;
use super::key_args::{self, TrustArgs};
use super::key_file::{self, KeyFile, is_stdin};
use super::key_name::KeyName;
use super::output::document::{Answer as JsonAnswer, Failed, Form as JsonForm};
use super::output::parts::{About, Ending};
use super::output::{self, Output};
use super::terminal;
use super::usage_error::UsageError;

/// The form of its JSON.
pub(crate) static FORM: JsonForm = JsonForm::of::<Answer>("kms-byok/public-key/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Without --format: all forms and fingerprints. With it: that form alone, on standard output or in the file of --out.
The kid of the JWK is its thumbprint (RFC 7638). With a certificate of another key the exit code is 4, and no file is written.

Examples:
  kms-byok public-key alias/app --out app.pub.pem
  kms-byok public-key --key-id alias/tokens --jwks jwks.json")]
pub(crate) struct Args {
    #[command(flatten)]
    key_id: KeyName,
    /// Print this form alone: pem, der, jwk, openssh, or the address of ethereum
    #[arg(long, value_name = "F")]
    format: Option<Form>,
    /// Write that form to FILE, or to standard output with `-` [default form: pem]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace an earlier public key in the file of --out
    #[arg(long, requires = "out")]
    force: bool,
    /// Put the key first in the JWK Set in FILE, then the keys that its tags say it superseded, and keep the others there
    #[arg(long, value_name = "FILE", value_parser = key_args::output_file())]
    jwks: Option<PathBuf>,
    /// Put this earlier key into the set, whatever its key policy; may be repeated
    #[arg(long, value_name = "KEY_ARN", value_parser = key_args::key_arn, requires = "jwks")]
    adopt: Vec<KeyArn>,
    /// The key policy of the earlier keys, a JSON file [default: KMS's own]; a key with another one is not put into the set
    #[arg(long, value_name = "FILE", requires = "jwks")]
    policy: Option<PathBuf>,
    /// Check that the certificate or PKCS#12 file belongs to the key, and show its subject
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Read the passphrase of the PKCS#12 file from FILE
    #[arg(long, value_name = "FILE", requires = "certificate", value_parser = key_file::parser(), value_hint = ValueHint::FilePath, allow_hyphen_values = true)]
    passphrase_file: Option<KeyFile>,
}

impl Args {
    /// The file that one form is written to.
    fn file(&self) -> Option<&PathBuf> {
        self.out.as_ref().filter(|out| !is_stdin(out))
    }

    /// The one form that is asked for, whether it goes to a file or not.
    fn form(&self) -> Option<Form> {
        self.format.or(self.out.as_ref().map(|_| Form::Pem))
    }

    /// What the user says about earlier keys.
    fn trust(&self) -> Result<Trust, Error> {
        TrustArgs { adopt: self.adopt.clone(), policy: self.policy.clone() }.trust(Some(&self.key_id))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
enum Form {
    Pem,
    Der,
    Jwk,
    OpenSsh,
    Ethereum,
}

/// The JSON answer.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    #[serde(flatten)]
    about: About,
    /// The public key in every form.
    public_key: Option<Forms>,
    /// The certificate that it was compared with.
    certificate: Option<Certificate>,
    /// The JWK Set that it was put into.
    jwks_file: Option<KeptJwks>,
    /// The file that one form was written to.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    out: Option<PathBuf>,
    #[serde(flatten)]
    ending: Ending,
}

/// A certificate that was compared with the key.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct Certificate {
    /// Its file.
    #[serde(serialize_with = "printable::path")]
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    file: PathBuf,
    /// Its subject.
    subject: Option<String>,
    /// Whether it belongs to the key.
    matches: bool,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Answer { about: failed.about(), ending: failed.ending(), ..Answer::default() }
    }
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    check(args, context).map_err(|error| context.failure(error))?;
    let (answer, alone) = context.run(look(args, context))?;
    if answer.certificate.as_ref().is_some_and(|found| !found.matches) {
        context.answer(&answer, &text(&answer));
        return Ok(ExitCode::from(4));
    }
    match alone {
        Some(bytes) => context.text(&bytes),
        None => Ok(context.answer(&answer, &text(&answer))),
    }
}

fn check(args: &Args, context: &Context) -> Result<(), Error> {
    let alone = args.form().filter(|_| args.file().is_none());
    if alone.is_some() && context.global.output == Output::Json {
        let first = if args.out.is_some() { "--out -" } else { "--format without --out" };
        return Err(UsageError::Conflict { first, second: "--output json" }.into());
    }
    if alone == Some(Form::Der) && terminal::stdout_is_terminal() {
        return Err(FileError::BinaryToTerminal { what: "public key" }.into());
    }
    if let Some(out) = args.file() {
        files::check_free("public key", out, args.force)?;
    }
    let outputs: Vec<&Path> = [args.file(), args.jwks.as_ref()].into_iter().flatten().map(PathBuf::as_path).collect();
    let inputs: Vec<&Path> = args.certificate.iter().map(PathBuf::as_path).collect();
    Ok(files::check_distinct(&inputs, &outputs)?)
}

/// The answer, and what is printed in its place.
async fn look(args: &Args, context: &Context) -> Result<(Answer, Option<Vec<u8>>), Error> {
    let given = args.certificate.as_deref().map(|path| read(path, args.passphrase_file.as_ref(), context));
    let given = given.transpose()?;
    let trust = args.trust()?;
    let jwks = args.jwks.as_deref().map(Jwks::read).transpose()?;
    let (kms, key) = context.look(&args.key_id, None).await?;
    let public = lifecycle::public_key(&kms, &key).await?;
    let forms = Forms::of(&public, key.usage.known()?)?;
    let mut answer = Answer {
        about: About::of(&kms, &key).named(&args.key_id),
        ending: Ending::unchanged(Some(&kms)),
        ..Answer::default()
    };
    answer.certificate = given.map(|file| Certificate::compared(&file, &public));
    if answer.certificate.as_ref().is_some_and(|found| !found.matches) {
        answer.public_key = Some(forms);
        return Ok((answer, None));
    }
    let bytes = args.form().map(|form| written(&forms, form, &public)).transpose()?;
    if let Some(jwks) = &jwks {
        answer.jwks_file = Some(
            lifecycle::keep_jwks(&kms, jwks, vec![First::held(&key, Some(public.clone()))], &trust, &*context.talk)
                .await?,
        );
    }
    answer.public_key = Some(forms);
    let Some(out) = args.file() else { return Ok((answer, bytes)) };
    context.tell_moved(files::put(&OutputFile::PublicKeyForm, out, &bytes.unwrap_or_default(), args.force)?);
    answer.out = Some(out.clone());
    Ok((answer, None))
}

/// Reads the file that the other side has.
pub(super) fn read(path: &Path, passphrase: Option<&KeyFile>, context: &Context) -> Result<PublicKeyFile, Error> {
    Ok(PublicKeyFile::read(path, &mut Asking::new(passphrase, path, context)?)?)
}

/// The bytes of one form, or why there is none.
fn written(forms: &Forms, form: Form, public: &PublicKey) -> Result<Vec<u8>, Error> {
    let spec = public.spec();
    let line = |text: &str| format!("{text}\n").into_bytes();
    Ok(match form {
        Form::Pem => forms.pem.clone().into_bytes(),
        Form::Der => public.der().to_vec(),
        Form::Jwk => printable::json(&forms.jwk),
        Form::OpenSsh => line(forms.openssh.as_ref().ok_or(PublicKeyError::NoSuchForm { form: "OpenSSH", spec })?),
        Form::Ethereum => {
            let address = public.ethereum_address()?;
            line(&address.ok_or(PublicKeyError::NoSuchForm { form: "Ethereum", spec })?)
        }
    })
}

impl Certificate {
    fn compared(file: &PublicKeyFile, public: &PublicKey) -> Self {
        let best = file.best(Some(public));
        Certificate {
            file: file.path.clone(),
            subject: best.and_then(|found| found.subject.clone()),
            matches: best.is_some_and(|found| found.key == *public),
        }
    }

    fn words(&self) -> String {
        let subject = self.subject.as_ref().map_or(String::new(), |subject| format!(", {subject}"));
        let belongs = if self.matches { "belongs to the key" } else { "BELONGS TO ANOTHER KEY" };
        format!("{} {belongs}{subject}", self.file.display())
    }
}

fn text(answer: &Answer) -> String {
    let (about, forms) = (&answer.about, answer.public_key.as_ref());
    let prints = forms.map(|forms| &forms.fingerprints);
    let jwk = |forms: &Forms| String::from_utf8_lossy(&serde_json::to_vec(&forms.jwk).unwrap_or_default()).into_owned();
    let no_address = forms.and_then(|forms| forms.no_address.as_ref());
    let mut text = output::lines(&[
        ("key", about.key_arn.as_ref().map(ToString::to_string)),
        ("spec", about.key_spec.as_ref().map(ToString::to_string)),
        ("usage", about.key_usage.as_ref().map(ToString::to_string)),
        ("state", about.key_state.map(|state| state.to_string())),
        ("certificate", answer.certificate.as_ref().map(Certificate::words)),
        ("SHA-256", prints.map(|prints| prints.spki_sha256.clone())),
        ("SHA-256, base64", prints.map(|prints| prints.spki_sha256_base64.clone())),
        ("certificate pin", prints.map(|prints| prints.certificate_pin.clone())),
        ("SSH fingerprint", prints.and_then(|prints| prints.ssh_sha256.clone())),
        ("kid", forms.map(|forms| forms.jwk.kid().to_owned())),
        ("Ethereum", forms.and_then(|forms| forms.ethereum_address.clone())),
        ("Ethereum", no_address.map(|why| format!("not shown: {why}"))),
        ("OpenSSH", forms.and_then(|forms| forms.openssh.clone())),
        ("JWK", forms.map(jwk)),
        ("JWK Set", answer.jwks_file.as_ref().map(output::lifecycle::kept_jwks)),
        ("file", answer.out.as_ref().map(|out| out.display().to_string())),
        ("endpoint", about.endpoint.clone()),
        ("rehearsal", answer.ending.rehearsal.then(|| "yes: an embedded KMS, nothing is in AWS".to_owned())),
    ]);
    text.push_str(forms.map_or("", |forms| forms.pem.as_str()));
    text
}
