//! `generate`: step 3 of the recipe.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::for_the_binary::files;
use kms_byok::for_the_binary::printable;
use kms_byok::material::{KeyMaterial, KeySpec};
use kms_byok::{Error, FileError};
use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use super::output;
use super::terminal;
use super::values;

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok generate --out PlaintextKeyMaterial.bin
  kms-byok generate --key-spec RSA_3072 --out signing.der")]
pub(crate) struct Args {
    /// Key spec, as KMS names it
    #[arg(long, value_name = "S", default_value_t = KeySpec::SymmetricDefault, value_parser = values::key_spec())]
    key_spec: KeySpec,
    /// New file for the key material: raw bytes, or PKCS#8 DER for private keys; `-` is standard output
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Answer<'a> {
    key_spec: &'static str,
    bytes: usize,
    format: &'static str,
    #[serde(serialize_with = "printable::path")]
    out: &'a Path,
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    let answer = generate(args).map_err(|error| context.failure(error))?;
    let Some(answer) = answer else { return Ok(ExitCode::SUCCESS) };
    let text = output::lines(&[
        ("key material", Some(format!("{} bytes, {}", answer.bytes, answer.format))),
        ("spec", Some(answer.key_spec.to_owned())),
        ("file", Some(answer.out.display().to_string())),
    ]);
    Ok(context.answer(&answer, &text))
}

fn generate(args: &Args) -> Result<Option<Answer<'_>>, Error> {
    let (spec, out) = (args.key_spec, args.out.as_path());
    let to_stdout = out.as_os_str() == "-";
    if to_stdout && terminal::stdout_is_terminal() {
        return Err(FileError::BinaryToTerminal { what: "key material" }.into());
    }
    if !to_stdout {
        files::check_new_plaintext(out)?;
    }
    let material = KeyMaterial::generate(spec)?;
    if to_stdout {
        return match output::material(material.expose()) {
            None => Ok(None),
            Some(source) => Err(FileError::AnswerLost { source }.into()),
        };
    }
    files::put_plaintext(out, material.expose())?;
    let format = if spec.is_private_key() { "PKCS#8 DER" } else { "raw" };
    Ok(Some(Answer { key_spec: spec.name(), bytes: material.byte_count(), format, out }))
}
