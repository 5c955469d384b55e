//! `import`: step 6 of the recipe.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::diagnose::{self, Named};
use kms_byok::kms::{ImportType, Kms};
use kms_byok::lifecycle::{self, BareImport, ImportOptions, Journal, Trust, Vouched};
use kms_byok::parameters::{BareDirectory, ENCRYPTED_FILE, ParameterSet, WrappedMaterial};
use kms_byok::time;
use kms_byok::{Error, Progress, UsageError};

use super::context::Context;
use super::dry_run::{self, DryRunArgs};
use super::failure::Failure;
use super::key_args::{ExpiryArgs, ProofArgs, TrustArgs, WaitArgs};
use super::record_args::{OtherFiles, RecordArgs};

#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  kms-byok import --dir payments.import
  kms-byok import --key-id alias/payments --encrypted EncryptedKeyMaterial.bin --import-token ImportToken.bin")]
pub(crate) struct Args {
    /// Parameter directory with EncryptedKeyMaterial.bin
    #[arg(long, value_name = "D", conflicts_with_all = ["encrypted", "import_token"])]
    dir: Option<PathBuf>,
    /// Key id, ARN or alias; with --dir: refuse any other key
    #[arg(long, value_name = "K")]
    key_id: Option<String>,
    /// Wrapped key material as a bare file
    #[arg(long, value_name = "F", requires = "import_token", requires = "key_id", help_heading = "Bare files")]
    encrypted: Option<PathBuf>,
    /// Import token as a bare file
    #[arg(long, value_name = "F", requires = "encrypted", help_heading = "Bare files")]
    import_token: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    expiry: ExpiryArgs,
    /// new or existing, for symmetric keys [default: new into an empty key, existing otherwise]
    #[arg(long, value_name = "TYPE", value_parser = import_type, help_heading = "Import")]
    import_type: Option<ImportType>,
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

fn import_type(text: &str) -> Result<ImportType, String> {
    match text {
        "new" => Ok(ImportType::New),
        "existing" => Ok(ImportType::Existing),
        _ => Err("use new or existing".to_owned()),
    }
}

/// What is imported: a set that belongs together, or two bare files.
enum What {
    Set(Box<WrappedMaterial>),
    Bare(BareImport),
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    let journal = context.journal();
    if args.dry_run.is_wanted(Some(&args.record), context)? {
        let (what, options) = prepare(args).map_err(|error| context.failure(error))?;
        return dry_run::run(context, journal, async {
            let (kms, key, trust) = look(args, &what, context, journal).await?;
            lifecycle::resolve_expiry(&kms, args.expiry.expiry())?;
            lifecycle::plan::import(&kms, (&key, &trust), what.set(), &options, args.proof.verify, journal)
        });
    }
    let blob = args.dir.iter().map(|directory| directory.join(ENCRYPTED_FILE));
    let set: Vec<PathBuf> = args.dir.iter().flat_map(|directory| ParameterSet::files(directory)).chain(blob).collect();
    let bare = args.encrypted.iter().chain(&args.import_token);
    let inputs = set.iter().chain(bare).map(PathBuf::as_path).collect();
    let others = OtherFiles { inputs, outputs: Vec::new() };
    let report = args.record.keep("import", context, journal, others, false, || {
        let (what, options) = prepare(args).map_err(|error| context.failure(error))?;
        let work = import(args, &what, &options, context, journal);
        context.run_changing(journal, work, false, |_| {
            Some(context.invocation().again().same_import(journal.uncertain().is_some()))
        })
    })?;
    context.account(report, false)
}

impl What {
    fn set(&self) -> Option<&WrappedMaterial> {
        match self {
            What::Set(wrapped) => Some(wrapped),
            What::Bare(_) => None,
        }
    }
}

/// Everything that can be refused before AWS is asked.
fn prepare(args: &Args) -> Result<(What, ImportOptions), Error> {
    let what = match (&args.dir, &args.encrypted, &args.import_token) {
        (Some(directory), _, _) if let Some(bare) = BareDirectory::find(directory)? => {
            if args.key_id.is_none() {
                let hint = "add --key-id K: a directory without parameters.json does not say for which key it is";
                return Err(UsageError::Missing { what: "the key", hint }.into());
            }
            What::Bare(BareImport::load_directory(&bare)?)
        }
        (Some(directory), _, _) => {
            let wrapped = WrappedMaterial::load(directory)?;
            wrapped.check_fresh()?;
            What::Set(Box::new(wrapped))
        }
        (None, Some(encrypted), Some(token)) => What::Bare(BareImport::load(encrypted, token)?),
        _ => {
            let hint = "add --dir D, or --key-id K --encrypted F --import-token F";
            return Err(UsageError::Missing { what: "what to import", hint }.into());
        }
    };
    let options = ImportOptions {
        expires: args.expiry.expiry().resolve(time::now())?,
        import_type: args.import_type,
        description: args.material_description.clone(),
        key_material_id: None,
        once: args.import_type == Some(ImportType::New),
    };
    match &what {
        What::Set(wrapped) => options.check().and_then(|()| options.check_spec(wrapped.key_spec()))?,
        What::Bare(_) => options.check()?, // the key spec is KMS's to say
    }
    Ok((what, options))
}

async fn import(
    args: &Args,
    what: &What,
    options: &ImportOptions,
    context: &Context,
    journal: &Journal,
) -> Result<(), Error> {
    let (kms, key, _) = look(args, what, context, journal).await?;
    // Counted from KMS's time, which is known only now.
    let options = &ImportOptions { expires: lifecycle::resolve_expiry(&kms, args.expiry.expiry())?, ..options.clone() };
    let imported = match what {
        What::Set(wrapped) => lifecycle::import_set(&kms, &key, wrapped, options, journal).await,
        What::Bare(bare) => lifecycle::import_bare(&kms, &key, bare, options, journal).await,
    };
    let imported = imported.inspect_err(|error| {
        journal.explain(error.kms().and_then(|error| diagnose::refused(named_files(args), &key, error)));
    })?;
    lifecycle::prove_imported(&kms, &key, &imported, args.proof.verify, journal).await
}

fn named_files(args: &Args) -> Named {
    Named {
        directory: args.dir.clone(),
        encrypted: args.encrypted.clone(),
        import_token: args.import_token.clone(),
        key: args.key_id.clone(),
        ..Named::default()
    }
}

/// Connects, asks for the key, and makes sure that it is the user's: the ARN in `parameters.json` does not.
async fn look(args: &Args, what: &What, context: &Context, journal: &Journal) -> Result<(Kms, Vouched, Trust), Error> {
    let trust = args.trust.trust(args.key_id.as_deref())?;
    let kms = match what {
        What::Set(wrapped) => connect_for(wrapped, context).await?,
        What::Bare(_) => context.connect().await?,
    };
    if let What::Bare(bare) = what {
        bare.check_token(kms.endpoint())?;
    }
    let kms = kms.waiting(args.wait.wait);
    journal.connected(&kms);
    let named = args.key_id.as_deref().or(what.set().map(|set| set.key_arn().as_str())).unwrap_or_default();
    let key = kms.describe(named).await?;
    journal.begin(&kms, &key);
    if let What::Set(wrapped) = what {
        wrapped.check_target(&key, kms.endpoint())?;
        wrapped.long_validity(&kms)?.iter().for_each(|text| context.talk.warn(text));
    }
    lifecycle::check_importable(&key)?;
    let key = trust.vouch(&kms, &key, named, journal).await?;
    Ok((kms, key, trust))
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
