//! `verify`: does KMS hold this key?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::for_the_binary::check_importable;
use kms_byok::kms::{KeyDescription, Kms};
use kms_byok::lifecycle::verify::Reached;
use kms_byok::lifecycle::{self, Interrupted, Run, Verify};
use kms_byok::material::Reading;
use kms_byok::proof::{Level, Outcome, Proof};
use kms_byok::public_key::PublicKey;
use kms_byok::wrap::Held;
use kms_byok::{Error, LifecycleError, MaterialError};
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::given_args::GivenArgs;
use super::key_args::TrustArgs;
use super::key_name::KeyName;
use super::next::{self, ByKey};
use super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::output::parts::{About, Ending, Source};
use super::token_args::TokenArgs;
use super::usage_error::UsageError;
use super::{output, public_key};

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<Answer>("kms-byok/verify/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Symmetric key material is imported a second time, as existing material with unchanged expiry, because no other
check of KMS looks at the bytes. With --no-reimport only Encrypt and Decrypt are called.
With --certificate or --public-key no private key is needed: KMS must sign what that file verifies, with every algorithm of the key,
or decrypt what is encrypted for it, or agree with it.

Examples:
  kms-byok verify --key-id alias/payments --material payments.key
  kms-byok verify --key-id alias/signing --certificate signing.crt")]
pub(crate) struct Args {
    #[command(flatten)]
    key_id: KeyName,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    given: GivenArgs,
    #[command(flatten)]
    token: TokenArgs,
    /// Accept SHA-1 in OAEP for the second import of a symmetric key in a token
    #[cfg(feature = "pkcs11")]
    #[arg(long, requires = "pkcs11_uri", help_heading = None::<&'static str>)]
    allow_sha1: bool,
    /// Compare with the certificate that the other side has: PEM, DER or PKCS#12
    #[arg(long, value_name = "C", help_heading = "Public key", conflicts_with_all = ["public_key", "material", "material_from_escrow", "component", "show_kcv", "no_reimport"])]
    certificate: Option<PathBuf>,
    /// Compare with the public key that the other side has: PEM, DER, JWK, JWK Set or OpenSSH
    #[arg(long, value_name = "P", help_heading = "Public key", conflicts_with_all = ["material", "material_from_escrow", "component", "show_kcv", "no_reimport"])]
    public_key: Option<PathBuf>,
    /// Do not import symmetric key material a second time
    #[arg(long, help_heading = None::<&'static str>)]
    no_reimport: bool,
}

/// The JSON answer.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    #[serde(flatten)]
    about: About,
    /// What was proven; null if nothing was asked.
    proof: Option<Proof>,
    /// The subject of the certificate that was compared, or that lies beside the key.
    certificate_subject: Option<String>,
    #[serde(flatten)]
    source: Source,
    #[serde(flatten)]
    ending: Ending,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        let (about, ending) = (failed.about(), failed.ending());
        let proof = failed.report.proof.clone();
        Answer { about, proof, certificate_subject: None, source: failed.source.clone(), ending }
    }
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    if let Some(path) = args.certificate.as_deref().or(args.public_key.as_deref()) {
        if args.token.is_given() {
            let second = if args.certificate.is_some() { "--certificate" } else { "--public-key" };
            return Err(context.failure(UsageError::Conflict { first: "--pkcs11-uri", second }));
        }
        let answer = context.run(verify_public(args, path, context))?;
        return Ok(print(&answer, context));
    }
    if !args.given.is_given() && !args.token.is_given() {
        return Err(context.failure(nothing_to_compare()));
    }
    let run = context.begin();
    // A second import that is not answered may have been done.
    let (answer, _) = context.run_changing(run, verify(args, context, run), |account| {
        let run = context.invocation();
        next::words(&account.next, ByKey::AsTyped, run.again(), &run)
    })?;
    Ok(print(&answer, context))
}

fn print(answer: &Answer, context: &Context) -> ExitCode {
    let about = &answer.about;
    let mut text = output::lines(&[
        ("key", about.key_arn.as_ref().map(ToString::to_string)),
        ("spec", about.key_spec.as_ref().map(ToString::to_string)),
        ("state", about.key_state.map(|state| state.to_string())),
        ("token", answer.source.token.as_ref().map(ToString::to_string)),
        ("subject", answer.certificate_subject.clone()),
        ("endpoint", about.endpoint.clone()),
        ("rehearsal", answer.ending.rehearsal.then(|| "yes: an embedded KMS, nothing is in AWS".to_owned())),
    ]);
    if let Some(proof) = &answer.proof {
        text.push_str(&output::lifecycle::proof_lines(proof));
    }
    let printed = context.answer(answer, &text);
    answer.proof.as_ref().and_then(exit_code).unwrap_or(printed)
}

impl Args {
    #[cfg(feature = "pkcs11")]
    fn allows_sha1(&self) -> bool {
        self.allow_sha1
    }

    #[cfg(not(feature = "pkcs11"))]
    fn allows_sha1(&self) -> bool {
        false
    }
}

/// The file is read before anybody is asked.
async fn verify_public(args: &Args, path: &Path, context: &Context) -> Result<Answer, Error> {
    let file = public_key::read(path, args.given.passphrase_file.as_ref(), context)?;
    let (kms, key) = context.look(&args.key_id, None).await?;
    let proof = lifecycle::verify_public(&kms, &key, &file).await?;
    let compared = proof.public_key().map(PublicKey::from_der).transpose()?;
    let subject = file.best(compared.as_ref()).and_then(|found| found.subject.clone());
    Ok(Answer { certificate_subject: subject, ..Answer::new((&kms, &key), args, proof, context) })
}

async fn verify(args: &Args, context: &Context, run: &Run<Reached>) -> Result<Answer, Interrupted<Reached>> {
    let (kms, key) = context.look(&args.key_id, None).await?;
    let plan = prepare(args, &key, context)?;
    let verified = lifecycle::verify(&kms, &key, &plan, run).await?;
    Ok(Answer::new((&kms, &key), args, verified.proof.clone(), context))
}

impl Answer {
    fn new((kms, key): (&Kms, &KeyDescription), args: &Args, proof: Proof, context: &Context) -> Self {
        let source = context.source();
        let subject = source.material.as_ref().and_then(Reading::certificate_subject);
        Answer {
            about: About::of(kms, key).named(&args.key_id),
            proof: Some(proof),
            certificate_subject: subject.map(str::to_owned),
            source,
            ending: Ending::unchanged(Some(kms)),
        }
    }
}

fn prepare(args: &Args, key: &KeyDescription, context: &Context) -> Result<Verify, Error> {
    check_importable(key)?;
    args.given.check_token(&args.token)?;
    let spec = key.spec.known()?;
    let material: Box<dyn Held> = match args.token.key(spec, args.allows_sha1(), context)? {
        Some(key) => key,
        None => {
            let read = args.given.read(spec, context).map_err(|error| unfit(error, key))?;
            Box::new(read.ok_or_else(nothing_to_compare)?)
        }
    };
    let trust = args.trust.trust(Some(&args.key_id))?;
    Ok(Verify::held(&*args.key_id, material).reimport(!args.no_reimport).trust(trust))
}

/// The key spec is the key's own: there is no flag to choose another one.
pub(super) fn unfit(error: Error, key: &KeyDescription) -> Error {
    match error {
        Error::Material(doubt @ MaterialError::InDoubt { .. }) => doubt.of_this_key_spec().into(),
        Error::Material(ref unfit) if error.hint().is_some_and(|hint| hint.to_string().contains("key spec")) => {
            let (arn, spec, problem) = (key.arn.clone(), key.spec.clone(), unfit.to_string());
            LifecycleError::UnfitMaterial { arn, spec, problem }.into()
        }
        error => error,
    }
}

fn nothing_to_compare() -> UsageError {
    let hint =
        "add --material FILE (`-` for standard input), --material-from-escrow F --recipient-key K, or --certificate C";
    UsageError::Missing { what: "the key material", hint }
}

/// A contradiction is a problem found; so is a missing permission, or a call that is not there, where everything was to be proven.
fn exit_code(proof: &Proof) -> Option<ExitCode> {
    match proof.outcome() {
        Outcome::Contradicted => Some(ExitCode::from(4)),
        Outcome::NotPermitted | Outcome::NotCompared if proof.level == Level::Full => Some(ExitCode::from(4)),
        _ => None,
    }
}
