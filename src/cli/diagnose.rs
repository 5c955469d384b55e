//! `diagnose`: why KMS said InvalidCiphertext, or will.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use aws_smithy_types::DateTime;
use clap::{Args as ClapArgs, ValueHint};
use kms_byok::diagnose::{Diagnosis, Finding, Hand, Key, Named, OpenSslCommand, Opened, Said, Unknown};
use kms_byok::for_the_binary::{DIAGNOSE_LIMIT, check_private_key};
use kms_byok::kms::{KeyArn, Kms};
use kms_byok::material::{Format, KeySpec, Passphrase};
use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};
use kms_byok::{Error, MaterialError, Progress, Secret, time};
use serde::Serialize;

use super::any_key::{AnyKey, Asking};
use super::context::Context;
use super::failure::Failure;
use super::key_file::{self, KeyFile};
use super::output::diagnosis::{complete, text};
use super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::output::parts::{About, Ending};
use super::terminal;
use super::usage_error::UsageError;
use super::values;

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<Answer>("kms-byok/diagnose/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Lists every cause with its evidence and the command that fixes it, the most certain first. The exit code is 4 if there is a cause.
With a throw-away wrapping key, --private-key shows how the key material was really wrapped.

Examples:
  kms-byok diagnose --dir payments.import
  kms-byok diagnose --public-key PublicKey.bin --encrypted EncryptedKeyMaterial.bin --private-key throwaway.pem")]
pub(crate) struct Args {
    /// Parameter directory, or any with PublicKey.bin, ImportToken.bin and EncryptedKeyMaterial.bin
    #[arg(long, value_name = "D", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
    /// Wrapping public key
    #[arg(long, value_name = "F", help_heading = "Bare files")]
    public_key: Option<PathBuf>,
    /// Import token
    #[arg(long, value_name = "F", help_heading = "Bare files")]
    import_token: Option<PathBuf>,
    /// Wrapped key material
    #[arg(long, value_name = "F", help_heading = "Bare files")]
    encrypted: Option<PathBuf>,
    /// Key material, or `-` for standard input
    #[arg(long, value_name = "F", help_heading = "Bare files", value_parser = key_file::parser(), value_hint = ValueHint::FilePath, allow_hyphen_values = true)]
    material: Option<KeyFile>,
    /// Its format when it was wrapped
    #[arg(long, value_name = "F", requires = "material", value_parser = values::format(), help_heading = "Bare files")]
    material_format: Option<Format>,
    /// Private key of a throw-away wrapping key, to open the wrapped key material with
    #[arg(long, value_name = "F", help_heading = "Bare files", value_parser = key_file::parser(), value_hint = ValueHint::FilePath, allow_hyphen_values = true)]
    private_key: Option<KeyFile>,
    /// Read the passphrase of that private key, or else of the key material, from FILE
    #[arg(long, value_name = "FILE", help_heading = "Bare files")]
    #[arg(value_parser = key_file::parser(), value_hint = ValueHint::FilePath, allow_hyphen_values = true)]
    passphrase_file: Option<KeyFile>,
    /// Key id, ARN or alias
    #[arg(long, value_name = "K", help_heading = "What you meant")]
    key_id: Option<String>,
    /// Key spec
    #[arg(long, value_name = "S", value_parser = values::key_spec(), help_heading = "What you meant")]
    key_spec: Option<KeySpec>,
    /// Wrapping algorithm
    #[arg(long, value_name = "A", value_parser = values::wrapping_algorithm(), help_heading = "What you meant")]
    wrapping_algorithm: Option<WrappingAlgorithm>,
    /// Size of the wrapping key
    #[arg(long, value_name = "S", value_parser = values::wrapping_key_spec(), help_heading = "What you meant")]
    wrapping_key_spec: Option<WrappingKeySpec>,
    /// What KMS answered to the import, as in InvalidCiphertextException
    #[arg(long, value_name = "CODE", value_parser = said, help_heading = "What you meant")]
    error: Option<Said>,
}

/// The JSON answer.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    #[serde(flatten)]
    about: About,
    /// Why the import fails, the most certain first.
    causes: Vec<Finding>,
    /// What cannot be known from the files.
    unknown: Vec<Unknown>,
    /// What the private key has shown, where there was one.
    opened: Option<Opened>,
    /// The `openssl` on PATH, where it was looked at.
    openssl_on_path: Option<OpenSslCommand>,
    #[serde(flatten)]
    ending: Ending,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Answer { about: failed.about(), ending: failed.ending(), ..Answer::default() }
    }
}

impl Answer {
    fn new(diagnosis: Diagnosis, kms: Option<&Kms>) -> Self {
        let arn: Option<KeyArn> = diagnosis.key_arn.and_then(|arn| arn.parse().ok());
        let key = arn.as_ref().map(About::key).unwrap_or_default();
        Answer {
            about: match kms {
                Some(kms) => key.at(kms),
                None => key,
            },
            causes: diagnosis.causes,
            unknown: diagnosis.unknown,
            opened: diagnosis.opened,
            openssl_on_path: diagnosis.openssl,
            ending: Ending::unchanged(kms),
        }
    }
}

fn said(code: &str) -> Result<Said, String> {
    Said::from_code(code).ok_or_else(|| {
        "use InvalidCiphertextException, IncorrectKeyMaterialException, InvalidImportTokenException, \
         ExpiredImportTokenException or ValidationException"
            .to_owned()
    })
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    let mut diagnosis = context.run(examine(args, context))?;
    complete(&mut diagnosis, &context.invocation());
    let text = text(&diagnosis);
    let answer = Answer::new(diagnosis, context.kms());
    context.answer(&answer, &text);
    Ok(if answer.causes.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(4) })
}

async fn examine(args: &Args, context: &Context) -> Result<Diagnosis, Error> {
    let mut hand = Hand::gather(args.named(context))?;
    let mut spent = false;
    if let Some(file) = &args.material {
        let path = file.file("--material")?;
        let read = match file.path("--material")? {
            None => terminal::read_stdin("key material", DIAGNOSE_LIMIT),
            Some(path) => context.read_secret("key material file", path, DIAGNOSE_LIMIT),
        };
        // A file that cannot be read is a finding.
        hand.set_material(path, read)?;
    }
    if !hand.is_anything() {
        let hint = "add --dir D, or any of --public-key, --import-token, --encrypted, --material and --key-id";
        return Err(UsageError::Missing { what: "something to look at", hint }.into());
    }
    if let Some(file) = &args.private_key {
        let path = file.file("--private-key")?;
        let passphrase = args.passphrase_file.as_ref();
        let asking = Asking::new(passphrase, path, context)?;
        let mut asking = Noting { inner: asking, asked: false };
        let any = AnyKey { path, what: "private key", flag: "--private-key", passphrase };
        let key = any.read(&mut asking, context, |key| check_private_key(key).is_ok())?;
        check_private_key(&key)?;
        hand.set_private_key(path, key);
        spent = asking.asked;
    }
    if let (Some(file), Some(material), false) = (&args.passphrase_file, &args.material, spent) {
        let path = file.file("--passphrase-file")?;
        let material = material.path("--material")?.unwrap_or(std::path::Path::new("-"));
        if let Some(passphrase) = Asking::new(Some(file), material, context)?.passphrase()? {
            hand.set_passphrase(path, passphrase);
        }
    }
    if let Some(said) = &args.error {
        hand.set_said(said.clone());
    }
    hand.set_openssl(OpenSslCommand::on_path());
    let (key, now) = match &args.key_id {
        Some(key) => ask(key, &hand, context).await?,
        None => ask_if_easy(&hand, context).await,
    };
    hand.set_key(key);
    hand.set_now(now.unwrap_or_else(time::now));
    Ok(hand.diagnose()?)
}

/// Notes whether anything needed the passphrase.
struct Noting<'a> {
    inner: Asking<'a>,
    asked: bool,
}

impl Passphrase for Noting<'_> {
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError> {
        self.asked = true;
        self.inner.passphrase()
    }
}

/// The user wants to know about this key: a failure is told, and where there is nothing else to look at it is one.
async fn ask(key: &str, hand: &Hand, context: &Context) -> Result<(Key, Option<DateTime>), Error> {
    let region = context.global.region.clone().or_else(|| hand.region().map(str::to_owned));
    let (key, now) = match context.connect_to(region).await {
        Ok(kms) => (Key::ask(&kms, key).await, Some(kms.now())),
        Err(error) => (Key::Unreachable(Box::new(error)), None),
    };
    match key {
        Key::Unreachable(error) if !hand.has_files() => Err((*error).into()),
        Key::Unreachable(error) => {
            context.talk.warn(&format!("KMS was not asked about the key: {error}"));
            Ok((Key::Unreachable(error), None))
        }
        key => Ok((key, now)),
    }
}

/// How long a machine without network is held up.
const PATIENCE: Duration = Duration::from_secs(3);

/// The directory names a key: KMS is asked if there are credentials, and if it answers soon. Its clock comes with the answer.
async fn ask_if_easy(hand: &Hand, context: &Context) -> (Key, Option<DateTime>) {
    let (Some(key), Some(region)) = (hand.key(), hand.region()) else { return (Key::NotAsked, None) };
    // No request goes to an endpoint only because a file names it.
    if let (Some(endpoint), None) = (hand.endpoint(), &context.global.endpoint_url) {
        return (Key::Elsewhere { endpoint: endpoint.to_owned() }, None);
    }
    if context.global.region.as_ref().is_some_and(|asked| asked != region) {
        return (Key::NotAsked, None);
    }
    let asking = async {
        let kms = context.connect_to(Some(region.to_owned())).await.ok()?;
        kms.credential_source().await?;
        Some((Key::ask(&kms, key).await, Some(kms.now())))
    };
    tokio::time::timeout(PATIENCE, asking).await.ok().flatten().unwrap_or_default()
}

impl Args {
    fn named(&self, context: &Context) -> Named {
        Named {
            directory: self.dir.clone(),
            public_key: self.public_key.clone(),
            import_token: self.import_token.clone(),
            encrypted: self.encrypted.clone(),
            material_format: self.material_format,
            key: self.key_id.clone(),
            region: context.global.region.clone(),
            spec: self.key_spec,
            algorithm: self.wrapping_algorithm,
            wrapping: self.wrapping_key_spec,
        }
    }
}
