//! `generate`: step 3 of the recipe.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::material::{KeyMaterial, KeySpec};
use kms_byok::{Error, files};
use serde::Serialize;

use super::Context;
use crate::report::{self, Failure};

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok generate --out PlaintextKeyMaterial.bin
  kms-byok generate --key-spec RSA_3072 --out signing.der")]
pub(crate) struct Args {
    /// Key spec, by KMS's name
    #[arg(long, value_name = "S", default_value_t = KeySpec::SymmetricDefault)]
    key_spec: KeySpec,
    /// New file for the key material: raw bytes, or PKCS#8 DER for private keys
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Answer<'a> {
    key_spec: &'static str,
    bytes: usize,
    format: &'static str,
    out: &'a Path,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    let answer = generate(args).map_err(|error| context.failure(error))?;
    let text = report::lines(&[
        ("key material", Some(format!("{} bytes, {}", answer.bytes, answer.format))),
        ("spec", Some(answer.key_spec.to_owned())),
        ("file", Some(answer.out.display().to_string())),
    ]);
    Ok(context.answer(&answer, &text))
}

fn generate(args: &Args) -> Result<Answer<'_>, Error> {
    files::check_new_plaintext(&args.out)?;
    let material = KeyMaterial::generate(args.key_spec)?;
    files::put_plaintext(&args.out, material.expose())?;
    let format = if args.key_spec.is_private_key() { "PKCS#8 DER" } else { "raw" };
    Ok(Answer { key_spec: args.key_spec.name(), bytes: material.byte_count(), format, out: &args.out })
}
