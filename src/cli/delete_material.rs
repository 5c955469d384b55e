//! `delete-material`: imported key material out of KMS, until the same bytes are imported again.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use kms_byok::for_the_binary::printable;
use kms_byok::kms::{KeyDescription, KeyState, Kms};
use kms_byok::lifecycle::delete::Reached;
use kms_byok::lifecycle::{self, Deletion, Interrupted, LastUse, Run};
use kms_byok::{Error, LifecycleError, Progress, time};
use serde::Serialize;

use super::context::Context;
use super::dry_run::{self, DryRunArgs};
use super::failure::Failure;
use super::key_args::WaitArgs;
use super::key_name::KeyName;
use super::next::{self, ByKey};
use super::output;
use super::output::document::{Answer as JsonAnswer, Failed, Form};
use super::output::parts::{About, Ending};
use super::terminal;
use super::usage_error::UsageError;

/// The form of its JSON.
pub(crate) static FORM: Form = Form::of::<Answer>("kms-byok/delete-material/1");

#[derive(ClapArgs)]
#[command(after_help = "\
It first says what becomes unusable. Then the id of the key must be typed on the terminal, unless --yes is given.

Examples:
  kms-byok delete-material --key-id alias/payments --yes
  kms-byok delete-material --key-id alias/payments --key-material-id 0123abcd --yes")]
pub(crate) struct Args {
    #[command(flatten)]
    key_id: KeyName,
    /// Which key material; needed where the key has more than one
    #[arg(long, value_name = "ID")]
    key_material_id: Option<String>,
    /// Delete without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    dry_run: DryRunArgs,
}

/// The JSON answer.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(crate) struct Answer {
    /// The key after the deletion; `key_material_id` is the key material that was deleted.
    #[serde(flatten)]
    about: About,
    /// The state before.
    previous_key_state: Option<KeyState>,
    /// The aliases that name the key, with their `alias/`; null where KMS does not tell them.
    aliases: Option<Vec<String>>,
    /// The key's last use; null where KMS does not tell it.
    last_use: Option<LastUse>,
    /// What becomes unusable, one sentence each.
    consequences: Vec<String>,
    /// The commands that bring it back.
    restore: Option<String>,
    #[serde(flatten)]
    ending: Ending,
}

impl JsonAnswer for Answer {
    fn of_failure(failed: &Failed<'_>) -> Self {
        Answer { about: failed.about(), ending: failed.ending(), ..Answer::default() }
    }
}

#[inline(never)] // see cli::run
pub(crate) fn run(args: &'static Args, context: &'static Context) -> Result<ExitCode, Failure> {
    if args.dry_run.is_wanted(None, context)? {
        return dry_run::run(context, async {
            let (kms, key, deletion) = look(args, context).await?;
            Ok(lifecycle::plan::delete_material(&kms, &key, deletion.as_ref()))
        });
    }
    let run = context.begin();
    let (answer, _) = context.run_changing(run, delete(args, context, run), |account| {
        let run = context.invocation();
        next::words(&account.next, ByKey::AsTyped, run.again(), &run)
    })?;
    let (about, ending) = (&answer.about, &answer.ending);
    let text = output::lines(&[
        ("key", about.key_arn.as_ref().map(ToString::to_string)),
        ("material", about.key_material_id.clone()),
        ("state", about.key_state.map(|state| state.to_string())),
        ("changed", Some(if ending.changed { "yes" } else { "no" }.to_owned())),
        ("endpoint", about.endpoint.clone()),
        ("rehearsal", ending.rehearsal.then(|| "yes: an embedded KMS, nothing is in AWS".to_owned())),
        ("bring back", answer.restore.clone()),
    ]);
    Ok(context.answer_after(ending.changed, &answer, &text))
}

async fn delete(args: &Args, context: &Context, run: &Run<Reached>) -> Result<Answer, Interrupted<Reached>> {
    let (kms, key, deletion) = look(args, context).await?;
    let Some(deletion) = deletion else { return Ok(Answer::of((&kms, args), &key, &key, None, context)) };
    confirm(args, &deletion, context.global.quiet).await?;
    let deleted = lifecycle::delete_material(&kms, &deletion, run).await?;
    Ok(Answer::of((&kms, args), &key, &deleted.named.key, Some(deletion), context))
}

/// Finds what would be deleted, and says what that means.
async fn look(args: &Args, context: &Context) -> Result<(Kms, KeyDescription, Option<Deletion>), Error> {
    let (kms, key) = context.look(&args.key_id, Some(args.wait.wait)).await?;
    let deletion = lifecycle::plan_deletion(&kms, &key, args.key_material_id.as_deref()).await?;
    match &deletion {
        None => context.talk.note(&format!("key {} has no key material that could be deleted", key.arn)),
        Some(deletion) => {
            context.talk.note(&head(deletion));
            deletion.consequences.iter().for_each(|sentence| context.talk.note(&format!("- {sentence}")));
        }
    }
    Ok((kms, key, deletion))
}

/// What the consequences are those of.
fn head(deletion: &Deletion) -> String {
    let which = deletion.material.key_material_id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    format!("deleting key material{which} of key {} means:", deletion.key.arn)
}

/// `--yes`, or the id of the key typed on the terminal, after the consequences were said.
async fn confirm(args: &Args, deletion: &Deletion, quiet: bool) -> Result<(), Error> {
    if args.yes {
        return Ok(());
    }
    let told = terminal::to_be_read(&head(deletion), &deletion.consequences, quiet);
    match terminal::ask(format!("{told}type the key id {} to delete it: ", printable::line(deletion.key.arn.id())))
        .await
    {
        Some(typed) if *deletion.key.arn.id() == typed => Ok(()),
        Some(_) => Err(LifecycleError::ConfirmationDiffers.into()),
        None => {
            let hint = "add --yes, or run it on a terminal";
            Err(UsageError::Missing { what: "the confirmation", hint }.into())
        }
    }
}

impl Answer {
    fn of(
        (kms, args): (&Kms, &Args),
        before: &KeyDescription,
        after: &KeyDescription,
        deletion: Option<Deletion>,
        context: &Context,
    ) -> Self {
        // What was deleted before is missing still.
        let permanent = match &deletion {
            Some(deletion) => !deletion.material.is_pending(),
            None => after.state == KeyState::PendingImport,
        };
        let arn = &before.arn;
        let expiry = deletion.as_ref().and_then(|deletion| deletion.material.expires);
        let run = context.invocation();
        let import = run.verb("import").value("--key-id", arn).value("--dir", "D");
        let import = match expiry {
            Some(at) => import.value("--expires-at", time::rfc3339(at)),
            None => import,
        };
        let steps = [
            run.verb("get-parameters").value("--key-id", arn).value("--dir", "D").to_string(),
            "kms-byok wrap --dir D --material FILE".to_owned(),
            import.to_string(),
        ];
        Answer {
            about: About {
                key_material_id: deletion.as_ref().and_then(|deletion| deletion.material.key_material_id.clone()),
                ..About::of(kms, after).named(&args.key_id)
            },
            previous_key_state: Some(before.state),
            ending: Ending { changed: deletion.is_some(), ..Ending::unchanged(Some(kms)) },
            restore: permanent.then(|| steps.join(" && ")),
            aliases: deletion.as_ref().and_then(|deletion| deletion.aliases.clone()),
            last_use: deletion.as_ref().and_then(|deletion| deletion.last_use.clone()),
            consequences: deletion.map(|deletion| deletion.consequences).unwrap_or_default(),
        }
    }
}
