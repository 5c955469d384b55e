//! `replicate`: the same key in other Regions.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, ValueHint};
use kms_byok::kms::{KeyArn, KeyDescription};
use kms_byok::lifecycle::{self, Account, AliasName, KeyRequest, Replicate, Trust};
use kms_byok::material::{Format, KeyMaterial, KeySpec};
use kms_byok::wrap::Held;
use kms_byok::{Error, KmsError};

use super::component_args::ComponentArgs;
use super::context::Context;
use super::dry_run::{self, DryRunArgs};
use super::failure::Failure;
use super::given_args::GivenArgs;
use super::key_args;
use super::key_args::{ExpiryArgs, ProofArgs, WaitArgs, WrappingArgs};
use super::key_file::{self, KeyFile};
use super::key_name::KeyName;
use super::next::{self, ByKey};
use super::output::document::{Form, RunAnswer};
use super::record_args::{OtherFiles, RecordArgs};
use super::token_args::TokenArgs;
use super::usage_error::UsageError;
use super::values;
use super::verify::unfit;

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<RunAnswer>("kms-byok/replicate/1");

#[derive(ClapArgs)]
#[command(after_help = "\
KMS copies neither key material nor policy, tags, description or alias to a replica: they come from these flags.
An existing replica that waits for key material is completed; one that is enabled is left as it is.

Examples:
  kms-byok replicate --key-id alias/payments --to eu-west-1 ap-south-1 --material payments.key --alias alias/payments
  kms-byok replicate --key-id alias/payments --to eu-west-1 --material payments.key --material payments-2.key")]
pub(crate) struct Args {
    #[command(flatten)]
    key_id: KeyName,
    /// Region of a replica; may be repeated
    #[arg(long, value_name = "REGION", num_args = 1.., value_delimiter = ',', required = true, help_heading = "Replicas")]
    to: Vec<String>,
    /// Alias of each replica
    #[arg(long, value_name = "A", help_heading = "Replicas")]
    alias: Option<AliasName>,
    /// Description of each replica; public, so no secrets in it
    #[arg(long, value_name = "TEXT", help_heading = "Replicas")]
    description: Option<String>,
    /// Tag of each replica; public; may be repeated
    #[arg(long, value_name = "K=V", value_parser = key_args::tag, help_heading = "Replicas")]
    tag: Vec<(String, String)>,
    /// Key policy of each replica, a JSON file [default: KMS's own]
    #[arg(long, value_name = "FILE", help_heading = "Replicas")]
    policy: Option<PathBuf>,
    /// Vouch for the key or an existing replica: use it whatever its key policy; may be repeated
    #[arg(long, value_name = "KEY_ARN", value_parser = key_args::key_arn, help_heading = "Replicas")]
    adopt: Vec<KeyArn>,
    /// Read key material from FILE, or from standard input with `-`; once for each key material of a rotated key
    #[arg(long, visible_alias = "in", value_name = "FILE", help_heading = "Key material", value_parser = key_file::parser(), value_hint = ValueHint::FilePath, allow_hyphen_values = true)]
    material: Vec<KeyFile>,
    /// How it is written [default: auto, which recognises the format]
    #[arg(long, value_name = "F", requires = "material", value_parser = values::format(), help_heading = "Key material")]
    material_format: Option<Format>,
    /// Bring key material back from an escrow file; may be repeated
    #[arg(long, value_name = "F", requires = "recipient_key", help_heading = "Key material")]
    material_from_escrow: Vec<PathBuf>,
    /// The private key of one of its recovery certificates (PEM or DER)
    #[arg(long, value_name = "K", requires = "material_from_escrow", help_heading = "Key material", value_parser = key_file::parser(), value_hint = ValueHint::FilePath, allow_hyphen_values = true)]
    recipient_key: Option<KeyFile>,
    /// Read the passphrase of an encrypted private key from FILE
    #[arg(long, value_name = "FILE", help_heading = "Key material", value_parser = key_file::parser(), value_hint = ValueHint::FilePath, allow_hyphen_values = true)]
    passphrase_file: Option<KeyFile>,
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    wrapping: WrappingArgs,
    #[command(flatten)]
    expiry: ExpiryArgs,
    #[command(flatten)]
    proof: ProofArgs,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    record: RecordArgs,
    #[command(flatten)]
    dry_run: DryRunArgs,
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    if args.dry_run.is_wanted(Some(&args.record), context)? {
        let policy = prepare(args).map_err(|error| context.failure(error))?;
        return dry_run::run(context, async {
            let (kms, key) = context.look(&args.key_id, Some(args.wait.wait)).await?;
            let plan = args.plan(&key, policy, context)?;
            lifecycle::plan::replicate(&kms, &key, &plan, &*context.talk).await
        });
    }
    let run = context.begin();
    let keys = args.material.iter().chain(&args.recipient_key).chain(&args.passphrase_file).filter_map(KeyFile::known);
    let public = args.material_from_escrow.iter().chain(&args.policy).map(PathBuf::as_path);
    let others = OtherFiles { inputs: keys.chain(public).collect(), outputs: Vec::new() };
    let account = args.record.keep(("replicate", run), context, others, || {
        let policy = prepare(args).map_err(|error| context.failure(error))?;
        let work = async {
            let (kms, key) = context.look(&args.key_id, Some(args.wait.wait)).await?;
            let plan = args.plan(&key, policy, context)?;
            lifecycle::replicate(&kms, &key, &plan, run).await
        };
        let words = |account: &Account| {
            let run = context.invocation();
            next::words(&account.next, ByKey::AsTyped, run.again(), &run)
        };
        context.run_changing(run, work, words).map(|(_, account)| account)
    })?;
    context.account(account)
}

/// Everything that can be refused before AWS is asked; gives the key policy.
fn prepare(args: &Args) -> Result<Option<String>, Error> {
    if args.material.is_empty() && args.material_from_escrow.is_empty() && !args.token.is_given() {
        let hint = "add --material FILE (`-` for standard input), once for each key material";
        return Err(UsageError::Missing { what: "the key material", hint }.into());
    }
    args.expiry.checked()?;
    let policy = args.policy.as_deref().map(key_args::policy).transpose()?;
    let spec = KeySpec::SymmetricDefault;
    let request = KeyRequest {
        alias: args.alias.clone(),
        spec,
        usage: spec.usage(None)?,
        description: args.description.clone(),
        policy: policy.clone(),
        tags: args.tag.clone(),
        multi_region: true,
    };
    request.check()?;
    Ok(policy)
}

impl Args {
    fn plan(&self, key: &KeyDescription, policy: Option<String>, context: &Context) -> Result<Replicate, Error> {
        let spec: KeySpec = key.spec.known()?;
        Ok(Replicate {
            regions: self.to.iter().map(|region| region.parse()).collect::<Result<_, KmsError>>()?,
            materials: self.materials(spec, context).map_err(|error| unfit(error, key))?,
            alias: self.alias.clone(),
            description: self.description.clone(),
            policy: policy.clone(),
            tags: self.tag.clone(),
            wrapping: self.wrapping.wrapping_or(self.token.algorithm(spec), spec)?,
            expiry: self.expiry.expiry(),
            level: self.proof.verify,
            trust: Trust {
                adopt: self.adopt.clone(),
                policy: policy.clone(),
                or_default: false,
                ..Trust::of(&*self.key_id)
            },
        })
    }

    fn materials(&self, spec: KeySpec, context: &Context) -> Result<Vec<Box<dyn Held>>, Error> {
        if let Some(key) = self.token.key(spec, false, context)? {
            return Ok(vec![key]);
        }
        let one = |material: Option<&KeyFile>, escrow: Option<&PathBuf>| GivenArgs {
            material: material.cloned(),
            material_format: self.material_format,
            material_from_escrow: escrow.cloned(),
            recipient_key: self.recipient_key.iter().cloned().collect(),
            passphrase_file: self.passphrase_file.clone(),
            show_kcv: false,
            components: ComponentArgs::default(),
        };
        let files = self.material.iter().map(|path| one(Some(path), None));
        let escrows = self.material_from_escrow.iter().map(|path| one(None, Some(path)));
        let boxed = |material: KeyMaterial| Box::new(material) as Box<dyn Held>;
        let read = files.chain(escrows).filter_map(|given| given.read(spec, context).transpose());
        read.map(|material| material.map(boxed)).collect()
    }
}
