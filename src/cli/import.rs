//! `import`: step 6 of the recipe.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, ValueEnum, ValueHint};
use kms_byok::Error;
use kms_byok::diagnose::Named;
use kms_byok::for_the_binary::{BareDirectory, ENCRYPTED_FILE, refused};
use kms_byok::kms::{ImportType, Kms};
use kms_byok::lifecycle::import::Reached;
use kms_byok::lifecycle::{
    self, Account, BareImport, ImportOptions, ImportWrapped, ImportedMaterial, Interrupted, Run, Vouched, Wrapped,
};
use kms_byok::parameters::{ParameterSet, WrappedMaterial};

use super::context::Context;
use super::dry_run::{self, DryRunArgs};
use super::failure::Failure;
use super::key_args::{ExpiryArgs, ProofArgs, TrustArgs, WaitArgs};
use super::key_name::MaybeKey;
use super::next::{self, ByKey};
use super::output::document::{Form, RunAnswer};
use super::record_args::{OtherFiles, RecordArgs};
use super::usage_error::UsageError;

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<RunAnswer>("kms-byok/import/1");

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok import --dir payments.import
  kms-byok import --key-id alias/payments --encrypted EncryptedKeyMaterial.bin --import-token ImportToken.bin")]
pub(crate) struct Args {
    /// Parameter directory with EncryptedKeyMaterial.bin
    #[arg(long, value_name = "D", value_hint = ValueHint::DirPath, conflicts_with_all = ["encrypted", "import_token"])]
    dir: Option<PathBuf>,
    #[command(flatten)]
    key_id: MaybeKey,
    /// Wrapped key material as a bare file
    #[arg(long, value_name = "F", requires = "import_token", requires = "which_key", help_heading = "Bare files")]
    encrypted: Option<PathBuf>,
    /// Import token as a bare file
    #[arg(long, value_name = "F", requires = "encrypted", help_heading = "Bare files")]
    import_token: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    expiry: ExpiryArgs,
    /// As which key material, for symmetric keys; either is new where the key lacks it [default: new into an empty key, existing otherwise]
    #[arg(long, value_name = "TYPE", value_enum, help_heading = "Import")]
    import_type: Option<Type>,
    /// Description of the key material, for symmetric keys; public
    #[arg(long, value_name = "TEXT", help_heading = "Import")]
    material_description: Option<String>,
    #[command(flatten)]
    proof: ProofArgs,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    record: RecordArgs,
    #[command(flatten)]
    dry_run: DryRunArgs,
}

/// What `--import-type` says.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Type {
    New,
    Existing,
    Either,
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    let run = context.begin();
    if args.dry_run.is_wanted(Some(&args.record), context)? {
        let plan = prepare(args).map_err(|error| context.failure(error))?;
        return dry_run::run(context, async {
            let (kms, key) = look(args, &plan, context, run).await?;
            lifecycle::plan::import(&kms, &key, &plan)
        });
    }
    let blob = args.dir.iter().map(|directory| directory.join(ENCRYPTED_FILE));
    let set: Vec<PathBuf> = args.dir.iter().flat_map(|directory| ParameterSet::files(directory)).chain(blob).collect();
    let bare = args.encrypted.iter().chain(&args.import_token);
    let inputs = set.iter().chain(bare).map(PathBuf::as_path).collect();
    let others = OtherFiles { inputs, outputs: Vec::new() };
    let account = args.record.keep(("import", run), context, others, || {
        let plan = prepare(args).map_err(|error| context.failure(error))?;
        let work = import(args, &plan, context, run);
        let words = |account: &Account| {
            let run = context.invocation();
            next::words(&account.next, ByKey::AsTyped, run.again(), &run)
        };
        context.run_changing(run, work, words).map(|(_, account)| account)
    })?;
    context.account(account)
}

/// Everything that can be refused before AWS is asked.
fn prepare(args: &Args) -> Result<ImportWrapped, Error> {
    let wrapped = match (&args.dir, &args.encrypted, &args.import_token) {
        (Some(directory), _, _) if let Some(bare) = BareDirectory::find(directory)? => {
            if args.key_id.name().is_none() {
                let hint = "add --key-id K: a directory without parameters.json does not say for which key it is";
                return Err(UsageError::Missing { what: "the key", hint }.into());
            }
            Wrapped::Bare(BareImport::load_directory(&bare)?)
        }
        (Some(directory), _, _) => {
            let wrapped = WrappedMaterial::load(directory)?;
            wrapped.check_fresh()?;
            Wrapped::Set(Box::new(wrapped))
        }
        (None, Some(encrypted), Some(token)) => Wrapped::Bare(BareImport::load(encrypted, token)?),
        _ => {
            let hint = "add --dir D, or --key-id K --encrypted F --import-token F";
            return Err(UsageError::Missing { what: "what to import", hint }.into());
        }
    };
    let options = ImportOptions {
        expires: None, // counted from KMS's time, which is not known yet
        import_type: args.import_type.map(|kind| match kind {
            Type::New => ImportType::New,
            Type::Existing | Type::Either => ImportType::Existing,
        }),
        description: args.material_description.clone(),
        key_material_id: None,
        or_new: args.import_type == Some(Type::Either),
        once: args.import_type == Some(Type::New),
    };
    let expiry = args.expiry.checked()?;
    options.check()?;
    // Of bare files the key spec is KMS's to say.
    wrapped.set().map_or(Ok(()), |set| options.check_spec(set.key_spec()))?;
    let trust = args.trust.trust(args.key_id.name())?;
    Ok(ImportWrapped { wrapped, expiry, options, level: args.proof.verify, trust })
}

async fn import(
    args: &Args,
    plan: &ImportWrapped,
    context: &Context,
    run: &Run<Reached>,
) -> Result<ImportedMaterial, Interrupted<Reached>> {
    let (kms, key) = look(args, plan, context, run).await.map_err(|error| run.interrupted(error))?;
    lifecycle::import(&kms, &key, plan, run).await.map_err(|interrupted| {
        let refused = interrupted.error.kms().and_then(|error| refused(named_files(args), &key, error));
        interrupted.explained(refused)
    })
}

fn named_files(args: &Args) -> Named {
    Named {
        directory: args.dir.clone(),
        encrypted: args.encrypted.clone(),
        import_token: args.import_token.clone(),
        key: args.key_id.name().map(str::to_owned),
        ..Named::default()
    }
}

/// Connects, and asks for the key.
async fn look(
    args: &Args,
    plan: &ImportWrapped,
    context: &Context,
    run: &Run<Reached>,
) -> Result<(Kms, Vouched), Error> {
    let kms = match plan.wrapped.set() {
        Some(set) => connect_for(set, context).await?,
        None => context.connect().await?,
    };
    let kms = kms.waiting(args.wait.wait);
    let key = plan.find(&kms, run).await?;
    Ok((kms, key))
}

/// A parameter directory names its Region; another one would only answer NotFound.
async fn connect_for(wrapped: &WrappedMaterial, context: &Context) -> Result<Kms, Error> {
    let region = wrapped.key_arn().region();
    if let Some(asked) = context.global.region.as_ref().filter(|asked| *region != **asked) {
        let (found, asked) = (region.clone(), asked.clone());
        return Err(kms_byok::ParametersError::OtherRegion { found, asked }.into());
    }
    let kms = context.connect_to(Some(region.to_string())).await?;
    wrapped.check_endpoint(kms.endpoint())?;
    Ok(kms)
}
