//! `generate`: step 3 of the recipe.

mod answer;
mod components;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::components::CheckValue;
use kms_byok::for_the_binary::files;
use kms_byok::lifecycle::import::Reached;
use kms_byok::material::{KeyMaterial, KeySpec};
use kms_byok::{Error, FileError};

pub(crate) use self::answer::{Answer, FORM};
use self::components::ComponentsArgs;
use super::context::Context;
use super::failure::Failure;
use super::output;
use super::output::parts::Ending;
use super::record_args::{OtherFiles, RecordArgs};
use super::terminal;
use super::values;

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok generate --out PlaintextKeyMaterial.bin
  kms-byok generate --components 3 --out-prefix payments --custodian alice.pem bob.pem carol.pem")]
pub(crate) struct Args {
    /// Key spec, as KMS names it
    #[arg(long, value_name = "S", default_value_t = KeySpec::SymmetricDefault, value_parser = values::key_spec())]
    key_spec: KeySpec,
    /// New file for the key material: raw bytes, or PKCS#8 DER for private keys; `-` is standard output
    #[arg(long, value_name = "F", required_unless_present = "components", conflicts_with = "components")]
    out: Option<PathBuf>,
    #[command(flatten)]
    components: ComponentsArgs,
    /// Show the check value of the key in the answer and in the record
    #[arg(long, help_heading = None::<&'static str>)]
    show_kcv: bool,
    #[command(flatten)]
    record: RecordArgs,
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    // Nothing is asked of AWS: the record tells of this machine and of the custodians.
    let run = context.begin::<Reached>();
    let outputs = args.components.outputs();
    let others = OtherFiles {
        inputs: args.components.custodian.iter().map(PathBuf::as_path).collect(),
        outputs: args.out.iter().chain(&outputs).map(PathBuf::as_path).collect(),
    };
    args.record.keep(("generate", run), context, others, || match &args.out {
        Some(out) => file(args, out, context),
        None => components::run(&args.components, args.key_spec, args.show_kcv, context),
    })
}

fn file(args: &Args, out: &Path, context: &Context) -> Result<ExitCode, Failure> {
    let answer = generate(args, out, context).map_err(|error| context.failure(error))?;
    let Some(answer) = answer else { return Ok(ExitCode::SUCCESS) };
    let text = output::lines(&[
        ("key material", answer.bytes.zip(answer.format).map(|(bytes, format)| format!("{bytes} bytes, {format}"))),
        ("spec", answer.key_spec.as_ref().map(ToString::to_string)),
        ("file", answer.out.as_ref().map(|out| out.display().to_string())),
    ]);
    Ok(context.answer(&answer, &text))
}

fn generate(args: &Args, out: &Path, context: &Context) -> Result<Option<Answer>, Error> {
    let spec = args.key_spec;
    let to_stdout = out.as_os_str() == "-";
    if to_stdout && terminal::stdout_is_terminal() {
        return Err(FileError::BinaryToTerminal { what: "key material" }.into());
    }
    if !to_stdout {
        files::check_new_plaintext(out)?;
    }
    let material = KeyMaterial::generate(spec)?;
    if args.show_kcv {
        context.show_check_value(CheckValue::of(&material)?);
    }
    if to_stdout {
        return match output::material(material.expose()) {
            None => Ok(None),
            Some(source) => Err(FileError::AnswerLost { source }.into()),
        };
    }
    files::put_plaintext(out, material.expose())?;
    let format = if spec.is_private_key() { "PKCS#8 DER" } else { "raw" };
    Ok(Some(Answer {
        key_spec: Some(spec.into()),
        bytes: Some(material.byte_count()),
        format: Some(format),
        out: Some(out.to_owned()),
        parts: Vec::new(),
        source: context.source(),
        ending: Ending::default(),
    }))
}
