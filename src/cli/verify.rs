//! `verify`: does KMS hold this key?

use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::ceremony;
use kms_byok::proof::{Outcome, Proof};
use kms_byok::{Error, UsageError};
use serde::Serialize;

use super::Context;
use super::material_args::GivenArgs;
use crate::report::{self, Failure};

#[derive(ClapArgs)]
#[command(after_help = "\
Symmetric key material is imported a second time, as existing material with unchanged expiry, because no other
check of KMS looks at the bytes; --no-reimport leaves it at Encrypt and Decrypt.

Examples:
  kms-byok verify --key-id alias/payments --material payments.key
  kms-byok verify --key-id alias/signing --material signing.pem --output json")]
pub(crate) struct Args {
    /// Key id, ARN or alias
    #[arg(long, value_name = "K")]
    key_id: String,
    #[command(flatten)]
    given: GivenArgs,
    /// Do not import symmetric key material a second time
    #[arg(long, help_heading = None::<&'static str>)]
    no_reimport: bool,
}

#[derive(Serialize)]
struct Answer {
    key_arn: String,
    key_spec: String,
    key_state: String,
    endpoint: Option<String>,
    rehearsal: bool,
    proof: Proof,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    if args.given.material.is_none() {
        let missing =
            UsageError::Missing { what: "the key material", hint: "add --material FILE (`-` for standard input)" };
        return Err(context.failure(missing));
    }
    let journal = context.journal();
    let answer = context.run(async {
        let kms = context.connect().await?;
        let key = kms.describe(&args.key_id).await?;
        ceremony::check_importable(&key)?;
        let Some(material) = args.given.read(key.spec.parse()?, context)? else {
            return Err(Error::from(UsageError::Missing { what: "the key material", hint: "add --material FILE" }));
        };
        let proof = ceremony::verify(&kms, &key, &material, !args.no_reimport, &journal).await?;
        Ok(Answer {
            key_arn: key.arn,
            key_spec: key.spec,
            key_state: key.state,
            endpoint: kms.endpoint().map(str::to_owned),
            rehearsal: kms.seen_rehearsal(),
            proof,
        })
    })?;
    let mut text = report::lines(&[
        ("key", Some(answer.key_arn.clone())),
        ("spec", Some(answer.key_spec.clone())),
        ("state", Some(answer.key_state.clone())),
        ("endpoint", answer.endpoint.clone()),
    ]);
    text.push_str(&report::proof_lines(&answer.proof));
    context.answer(&answer, &text);
    let holds = answer.proof.outcome == Outcome::Proven || answer.proof.outcome == Outcome::NotPermitted;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::from(4) })
}
