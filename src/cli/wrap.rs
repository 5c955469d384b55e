//! `wrap`: step 5 of the recipe. Needs neither network nor AWS configuration.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args as ClapArgs, ValueHint};
use kms_byok::escrow::RecipientIdentity;
use kms_byok::for_the_binary::files::{self, Output};
use kms_byok::for_the_binary::printable;
use kms_byok::for_the_binary::{BareDirectory, ENCRYPTED_FILE, check_fingerprint};
use kms_byok::kms::KeyArn;
use kms_byok::lifecycle::{Backup, BackupForm, Bytes, Material};
use kms_byok::material::{KeyMaterial, KeySpec};
use kms_byok::parameters::ParameterSet;
use kms_byok::wrap::{Held, WrappingAlgorithm, WrappingKey, WrappingKeySpec};
use kms_byok::{Error, FileError, Progress, time};
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::material_args::MaterialArgs;
use super::output;
use super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::output::parts::{About, Ending, Source, WrappedFor};
use super::usage_error::UsageError;
use super::{key_args, terminal, values};

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<Answer>("kms-byok/wrap/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok wrap --dir payments.import --material payments.key
  kms-byok wrap --in PlaintextKeyMaterial.bin --inkey PublicKey.bin --out EncryptedKeyMaterial.bin")]
pub(crate) struct Args {
    /// Parameter directory that get-parameters made; the result is written into it
    #[arg(long, value_name = "D", value_hint = ValueHint::DirPath, conflicts_with_all = ["inkey", "out"])]
    dir: Option<PathBuf>,
    /// Refuse any wrapping public key but the one with this fingerprint
    #[arg(long, value_name = "SHA256")]
    expect_public_key: Option<String>,
    #[command(flatten)]
    material: MaterialArgs,
    /// Wrapping public key as a bare file (DER)
    #[arg(long, value_name = "F", help_heading = "Bare files")]
    inkey: Option<PathBuf>,
    /// Where the wrapped key material goes; `-` is standard output
    #[arg(long, value_name = "F", help_heading = "Bare files")]
    out: Option<PathBuf>,
    /// Key spec of the key material [default: SYMMETRIC_DEFAULT]
    #[arg(long, value_name = "S", value_parser = values::key_spec(), help_heading = "Bare files")]
    key_spec: Option<KeySpec>,
    /// Wrapping algorithm [default: RSAES_OAEP_SHA_256; RSA private keys: RSA_AES_KEY_WRAP_SHA_256]
    #[arg(long, value_name = "A", value_parser = values::wrapping_algorithm(), help_heading = "Bare files")]
    wrapping_algorithm: Option<WrappingAlgorithm>,
    /// Accept a wrapping algorithm with SHA-1
    #[arg(long, help_heading = None::<&'static str>)]
    allow_sha1: bool,
    /// Replace an existing result
    #[arg(long, help_heading = None::<&'static str>)]
    force: bool,
}

/// The JSON answer.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    #[serde(flatten)]
    about: About,
    #[serde(flatten)]
    wrapping_key: WrappedFor,
    /// How many bytes were written.
    bytes: Option<usize>,
    /// The file.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    out: Option<PathBuf>,
    #[serde(flatten)]
    backup: Kept,
    #[serde(flatten)]
    source: Source,
    #[serde(flatten)]
    ending: Ending,
}

/// Where the key material is besides.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct Kept {
    /// Whether this run made the key material.
    generated: bool,
    /// The file in which the plaintext was kept.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    kept: Option<PathBuf>,
    /// The file with the encrypted backup.
    #[serde(serialize_with = "printable::maybe_path")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    escrow: Option<PathBuf>,
    /// Who can open the escrow file.
    escrow_recipients: Vec<RecipientIdentity>,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        let source = failed.source.clone();
        Answer { about: failed.about(), source, ending: failed.ending(), ..Answer::default() }
    }
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    let wrapped = match (&args.dir, &args.inkey) {
        (Some(directory), _) => match BareDirectory::find(directory) {
            Ok(Some(found)) => bare(args, &found.public_key, Some(found.encrypted), context),
            Ok(None) => in_directory(args, directory, context),
            Err(error) => Err(error.into()),
        },
        (None, Some(key)) => bare(args, key, args.out.clone(), context),
        (None, None) => {
            Err(UsageError::Missing { what: "the wrapping key", hint: "add --dir D, or --inkey F --out F" }.into())
        }
    };
    let Some(answer) = wrapped.map_err(|error| context.failure(error))? else { return Ok(ExitCode::SUCCESS) };
    let about = &answer.about;
    let file = answer.out.as_ref().zip(answer.bytes);
    let text = output::lines(&[
        ("key", about.key_arn.as_ref().map(ToString::to_string)),
        ("spec", about.key_spec.as_ref().map(ToString::to_string)),
        ("wrapped", answer.wrapping_key.names()),
        ("public key SHA-256", answer.wrapping_key.public_key_sha256.clone()),
        ("file", file.map(|(out, bytes)| format!("{}, {bytes} bytes", out.display()))),
        ("token", answer.source.token.as_ref().map(ToString::to_string)),
        ("kept", answer.backup.kept.as_ref().map(|path| path.display().to_string())),
        ("escrow", answer.backup.escrow.as_ref().map(|path| path.display().to_string())),
        ("rehearsal", answer.ending.rehearsal.then(|| "yes: the parameters are of an embedded KMS".to_owned())),
    ]);
    Ok(context.answer(&answer, &text))
}

/// With a parameter directory, which knows the key, its spec and the algorithm.
fn in_directory(args: &Args, directory: &Path, context: &Context) -> Result<Option<Answer>, Error> {
    let named = [(args.key_spec.is_some(), "--key-spec"), (args.wrapping_algorithm.is_some(), "--wrapping-algorithm")];
    if let Some((_, flag)) = named.into_iter().find(|(given, _)| *given) {
        return Err(UsageError::Conflict { first: flag, second: "--dir with a parameters.json" }.into());
    }
    let set = ParameterSet::load(directory)?;
    match &args.expect_public_key {
        Some(expected) => set.expect_public_key(expected)?,
        None => {
            let [key, _, parameters] = ParameterSet::files(directory);
            context.mind_writers(&[("wrapping public key", &key), ("parameter file", &parameters)])?;
        }
    }
    set.check_fresh()?;
    mind_clock(&set, context)?;
    let spec = set.key_spec();
    let algorithm = key_args::algorithm(Some(set.algorithm()), args.allow_sha1, spec)?;
    let (result, parts) = (directory.join(ENCRYPTED_FILE), ParameterSet::files(directory));
    check_files(&args.material, &parts.each_ref().map(PathBuf::as_path), Some(&result))?;
    files::check_free("wrapped key material", &result, args.force)?;
    context.talk.step(&format!("wrapping for key {}", set.key_arn()));
    context.talk.step(&format!("wrapping public key SHA-256: {}", set.fingerprint()));
    let asked = Asked { algorithm, wrapping: set.wrapping_key_spec(), key: Some(set.key_arn()) };
    let (material, backup) = material(args, spec, asked, context)?;
    let mut answer = Answer {
        about: About { key_spec: Some(spec.into()), ..About::key(set.key_arn()) },
        wrapping_key: WrappedFor::new(algorithm, set.wrapping_key_spec(), set.fingerprint()),
        bytes: None,
        out: None,
        backup,
        source: context.source(),
        ending: Ending { rehearsal: set.is_rehearsal(), ..Ending::default() },
    };
    let wrapped = set.wrap(&*material)?;
    material.caveat().into_iter().for_each(|caveat| context.talk.warn(caveat));
    answer.bytes = Some(wrapped.encrypted().len());
    context.tell_moved(wrapped.save(directory, args.force)?);
    answer.out = Some(result);
    Ok(Some(answer))
}

/// With bare files, as `openssl pkeyutl` takes them.
fn bare(args: &Args, key_path: &Path, out: Option<PathBuf>, context: &Context) -> Result<Option<Answer>, Error> {
    let spec = args.key_spec.unwrap_or(KeySpec::SymmetricDefault);
    let asked = args.wrapping_algorithm.or(args.material.token.algorithm(spec));
    let algorithm = key_args::algorithm(asked, args.allow_sha1, spec)?;
    let Some(out) = out else {
        return Err(UsageError::Missing { what: "the output", hint: "add --out FILE (`-` for standard output)" }.into());
    };
    let to_stdout = out.as_os_str() == "-";
    if to_stdout && terminal::stdout_is_terminal() {
        return Err(FileError::BinaryToTerminal { what: "wrapped key material" }.into());
    }
    let result = (!to_stdout).then_some(out.as_path());
    check_files(&args.material, &[key_path], result)?;
    if let Some(out) = result {
        files::check_free("wrapped key material", out, args.force)?;
    }
    let key = WrappingKey::from_der(&files::read("wrapping public key", key_path, WrappingKey::READ_LIMIT)?)?;
    let fingerprint = key.fingerprint()?;
    if let Some(expected) = &args.expect_public_key {
        check_fingerprint(&fingerprint, expected)?;
    } else {
        context.mind_writers(&[("wrapping public key", key_path)])?;
    }
    algorithm.check(spec, key.spec(), None)?;
    let asked = Asked { algorithm, wrapping: key.spec(), key: None };
    let (material, backup) = material(args, spec, asked, context)?;
    let wrapped = material.wrap(&key, algorithm)?;
    material.caveat().into_iter().for_each(|caveat| context.talk.warn(caveat));
    if to_stdout {
        match output::material(&wrapped) {
            None => return Ok(None),
            Some(source) => return Err(FileError::AnswerLost { source }.into()),
        }
    }
    context.tell_moved(files::put(&Output::Blob, &out, &wrapped, args.force)?);
    Ok(Some(Answer {
        about: About { key_spec: Some(spec.into()), ..About::default() },
        wrapping_key: WrappedFor::new(algorithm, key.spec(), &fingerprint),
        bytes: Some(wrapped.len()),
        out: Some(out),
        backup,
        source: context.source(),
        ending: Ending::default(),
    }))
}

/// Offline nobody can tell whether the file or the clock is wrong: warned about, and refused with `--strict`.
fn mind_clock(set: &ParameterSet, context: &Context) -> Result<(), Error> {
    match set.check_validity(time::now()) {
        Ok(said) => said.iter().for_each(|text| context.talk.warn(text)),
        Err(error) if context.global.strict => return Err(error.into()),
        Err(error) => context.talk.warn(&error.to_string()),
    }
    Ok(())
}

/// Refuses a result that would take the place of anything that is read, or of the copy.
fn check_files(material: &MaterialArgs, parts: &[&Path], result: Option<&Path>) -> Result<(), Error> {
    let (inputs, outputs) = (material.inputs(), material.outputs());
    Ok(files::check_distinct(&[&inputs, parts].concat(), &[&outputs, result.as_slice()].concat())?)
}

/// How it is wrapped, and for which key.
struct Asked<'a> {
    algorithm: WrappingAlgorithm,
    wrapping: WrappingKeySpec,
    key: Option<&'a KeyArn>,
}

/// The material, and where a copy of it was kept.
fn material(args: &Args, spec: KeySpec, asked: Asked<'_>, context: &Context) -> Result<(Box<dyn Held>, Kept), Error> {
    match args.material.source(spec, context)? {
        Material::Given(given) => {
            let kept = match (given.backup(), given.bytes()) {
                (Some(backup), Some(bytes)) => store(backup, bytes, context)?,
                _ => Kept::default(),
            };
            Ok((given.into_held(), kept))
        }
        Material::Generate(Backup::InToken(maker)) => {
            maker.check(asked.algorithm, asked.wrapping)?;
            let held = maker.make(asked.key.map(|arn| &**arn.id()))?;
            let object = held.token().cloned().unwrap_or_default();
            context.talk.step(&format!("the key is {object}, and its bytes stay there"));
            let generated = object.made;
            context.found_in_token(object);
            Ok((held, Kept { generated, ..Kept::default() }))
        }
        Material::Generate(backup) => {
            backup.check()?;
            let material = KeyMaterial::generate(spec)?;
            let kept = store(&backup, &material, context)?;
            Ok((Box::new(material), Kept { generated: true, ..kept }))
        }
    }
}

/// Puts the copy on disk, and gives its file.
fn store(backup: &Backup, material: &KeyMaterial, context: &Context) -> Result<Kept, Error> {
    backup.check()?;
    let stored = match backup.store(material, &*context.talk)? {
        Bytes::Stored(stored) => stored,
        Bytes::Unstored(_) => return Ok(Kept::default()),
    };
    Ok(match stored.form {
        BackupForm::Token(_) => Kept::default(),
        BackupForm::Plaintext => Kept { kept: Some(stored.path), ..Kept::default() },
        BackupForm::Escrow(escrow_recipients) => {
            Kept { escrow: Some(stored.path), escrow_recipients, ..Kept::default() }
        }
    })
}
