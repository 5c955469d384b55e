//! `generate --components`: a new key that nobody holds alone.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::Error;
use kms_byok::components::{Custody, MOST, make};
use kms_byok::escrow::Recipient;
use kms_byok::for_the_binary::files;
use kms_byok::material::KeySpec;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output;
use super::super::usage_error::UsageError;
use super::answer::{Answer, File};

#[derive(ClapArgs)]
#[command(next_help_heading = "Key components")]
pub(super) struct ComponentsArgs {
    /// Make the key as N components, 2 to 9: their XOR is the key, and fewer of them say nothing about it
    #[arg(long, value_name = "N", requires = "out_prefix", value_parser = clap::value_parser!(u8).range(2..=i64::from(MOST)))]
    pub(super) components: Option<u8>,
    /// Beginning of the components' new files, as in P-1-of-3.cms
    #[arg(long, value_name = "P", requires = "components")]
    out_prefix: Option<PathBuf>,
    /// Encrypt a component for this custodian's certificate (PEM or DER); one for each component, in their order
    #[arg(long, value_name = "CERT", num_args = 1.., requires = "components", conflicts_with = "plain")]
    pub(super) custodian: Vec<PathBuf>,
    /// Write the components in plaintext, in files of mode 0600
    #[arg(long, requires = "components")]
    plain: bool,
}

impl ComponentsArgs {
    /// The files that are written.
    pub(super) fn outputs(&self) -> Vec<PathBuf> {
        let (Some(count), Some(prefix)) = (self.components, &self.out_prefix) else { return Vec::new() };
        let custody = if self.plain { Custody::Plain } else { Custody::Custodians(Vec::new()) };
        custody.paths(prefix, count).into_iter().map(|part| part.path).collect()
    }

    fn custody(&self) -> Result<Custody, Error> {
        match (self.plain, self.custodian.is_empty()) {
            (true, _) => Ok(Custody::Plain),
            (false, false) => {
                let read = |path: &PathBuf| Recipient::read(path);
                Ok(Custody::Custodians(self.custodian.iter().map(read).collect::<Result<_, _>>()?))
            }
            (false, true) => {
                let hint = "add --custodian CERT once for each component, or --plain for files in plaintext";
                Err(UsageError::Missing { what: "who gets the components", hint }.into())
            }
        }
    }
}

pub(super) fn run(
    flags: &ComponentsArgs,
    spec: KeySpec,
    show_kcv: bool,
    context: &Context,
) -> Result<ExitCode, Failure> {
    let answer = generate(flags, spec, show_kcv, context).map_err(|error| context.failure(error))?;
    let count = answer.parts.len();
    let mut lines = vec![
        ("key material".to_owned(), format!("{} bytes, as {count} components", answer.bytes.unwrap_or_default())),
        ("spec".to_owned(), spec.to_string()),
        ("set".to_owned(), context.set().unwrap_or_default()),
    ];
    for part in &answer.parts {
        let custodian = part.custodian.as_ref();
        let custodian =
            custodian.map(|of| format!(", for {}, certificate SHA-256 {}", of.subject, of.sha256)).unwrap_or_default();
        lines.push((format!("{} of {count}", part.component), format!("{}{custodian}", part.out.display())));
    }
    let lines: Vec<_> = lines.iter().map(|(name, value)| (name.as_str(), Some(value.clone()))).collect();
    Ok(context.answer(&answer, &output::lines(&lines)))
}

fn generate(flags: &ComponentsArgs, spec: KeySpec, show_kcv: bool, context: &Context) -> Result<Answer, Error> {
    let (Some(count), Some(prefix)) = (flags.components, &flags.out_prefix) else {
        return Err(UsageError::Missing { what: "the output", hint: "add --out FILE" }.into());
    };
    let custody = flags.custody()?;
    let parts = custody.paths(prefix, count);
    custody.check(&parts)?;
    let outputs: Vec<_> = parts.iter().map(|part| part.path.as_path()).collect();
    files::check_distinct(&flags.custodian.iter().map(PathBuf::as_path).collect::<Vec<_>>(), &outputs)?;
    let recipients = match &custody {
        Custody::Custodians(recipients) => recipients.as_slice(),
        Custody::Plain => &[],
    };
    let made = make(spec, count, recipients)?;
    custody.store(&made, &parts)?;
    if show_kcv {
        context.show_check_value(made.check_value);
    }
    let custodian = |number: u8| {
        let found = made.composition.custodians.iter().find(|custodian| custodian.component == number);
        found.map(|custodian| custodian.certificate.clone())
    };
    let files = parts.iter().map(|part| File {
        component: part.number,
        out: part.path.clone(),
        custodian: custodian(part.number),
    });
    let (parts, bytes) = (files.collect(), made.byte_count());
    context.composed(made.composition);
    Ok(Answer {
        key_spec: Some(spec.into()),
        bytes: Some(bytes),
        format: Some("components"),
        parts,
        source: context.source(),
        ..Answer::default()
    })
}
