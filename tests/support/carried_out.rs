//! An order carried out in the runtime of its embedded KMS, and everything that is told of it.

use std::fs;
use std::path::Path;

use kms_byok::for_the_binary::check_importable;
use kms_byok::for_the_binary::record::{Exit, RecordFile};
use kms_byok::kms::{ImportType, KeyDescription, Kms};
use kms_byok::lifecycle::{
    self, Account, CreateKey, Done, ImportOptions, ImportWrapped, Interrupted, Provision, Replicate, Rotate, Run,
    Stage, Verify, Vouched, Watched, Wrapped, delete, import, verify,
};
use kms_byok::parameters::{ParameterSet, WrappedMaterial};
use kms_byok::proof::{Outcome, Proof};
use kms_byok::time::Expiry;
use kms_byok::{Error, ErrorReport, Silent};
use serde_json::{Value, json};

use super::in_runtime::Client;
use super::order::{ALIAS, Order, PARAMETERS, Source, Verb};
use super::world::REGIONS;
use super::{printed, printings};

/// How a run ended, and all that is told of it.
pub struct Ended {
    pub account: Account,
    /// The id of the error and its words.
    pub error: Option<String>,
    /// The process ended before the run.
    pub stopped: bool,
    /// As of the process.
    pub exit: u8,
}

impl Order {
    /// Carries it out; what is told of it must agree.
    pub async fn carry_out(&self, client: &Client) -> Result<Ended, String> {
        let kms = &client.kms;
        match self.verb {
            Verb::Provision => {
                let run = Run::default();
                let work = async {
                    let material = self.material()?.unwrap();
                    let plan = Provision::of(self.request()).material(material).wrapping(self.wrapping());
                    let plan = plan.verify(self.level).adopt(self.key.clone()).pending(self.pending());
                    Box::pin(lifecycle::provision(kms, &plan, &run)).await
                };
                self.ended(client, &run, Box::pin(work)).await
            }
            Verb::CreateKey => {
                let (request, pending) = (self.request(), self.pending());
                let plan = CreateKey { request, pending, adopt: self.key.clone(), strict: false };
                let run = Run::default();
                self.ended(client, &run, Box::pin(lifecycle::create_key(kms, &plan, &run))).await
            }
            Verb::Wrap => {
                let run = Run::<import::Reached>::default();
                let work = async {
                    let key = self.vouched(kms).await?;
                    let set = ParameterSet::get(kms, &key, self.spec, self.wrapping(), &Silent).await?;
                    let directory = self.path(PARAMETERS);
                    set.save(&directory, true)?;
                    ParameterSet::load(&directory)?.wrap(&self.made()?)?.save(&directory, true)?;
                    Ok::<_, Error>(())
                };
                let outcome = client.run(work).await;
                let error = outcome.as_ref().and_then(|done| done.as_ref().err());
                let error = error.map(|error| format!("{}: {error}", error.id()));
                let exit = if matches!(outcome, Some(Ok(()))) { 0 } else { 1 };
                Ok(Ended { account: run.account(), error, stopped: outcome.is_none(), exit })
            }
            Verb::Import => {
                let run = Run::default();
                let work = async {
                    let wrapped =
                        Wrapped::Set(Box::new(WrappedMaterial::load(&self.path(PARAMETERS)).map_err(Error::from)?));
                    let (import_type, once) = (self.import_type, self.import_type == Some(ImportType::New));
                    let or_new = self.or_new;
                    let options = ImportOptions { import_type, or_new, once, ..ImportOptions::default() };
                    let plan = ImportWrapped {
                        wrapped,
                        expiry: Expiry::Never,
                        options,
                        level: self.level,
                        trust: self.trust(),
                    };
                    let key = self.vouched(kms).await?;
                    run.found(&key);
                    check_importable(&key)?;
                    Box::pin(lifecycle::import(kms, &key, &plan, &run)).await
                };
                self.ended(client, &run, Box::pin(work)).await
            }
            Verb::Rotate => {
                let run = Run::default();
                let work = async {
                    let plan = Rotate {
                        source: self.material()?,
                        or_resume: self.source == Source::DiscardOrResume,
                        wrapping: self.wrapping(),
                        expiry: Expiry::Never,
                        description: None,
                        level: self.level,
                        trust: self.trust(),
                    };
                    let key = self.look(kms).await?;
                    Box::pin(lifecycle::rotate(kms, &key, &plan, &run)).await
                };
                self.ended(client, &run, Box::pin(work)).await
            }
            Verb::Replicate => {
                let run = Run::default();
                let work = async {
                    let plan = Replicate {
                        regions: vec![REGIONS[1].parse().map_err(Error::from)?],
                        materials: vec![Box::new(self.given()?)],
                        alias: Some(ALIAS.parse().unwrap()),
                        description: None,
                        policy: None,
                        tags: Vec::new(),
                        wrapping: self.wrapping(),
                        expiry: Expiry::Never,
                        level: self.level,
                        trust: self.trust(),
                    };
                    let key = self.look(kms).await?;
                    Box::pin(lifecycle::replicate(kms, &key, &plan, &run)).await
                };
                self.ended(client, &run, Box::pin(work)).await
            }
            Verb::DeleteMaterial => {
                let run = Run::<delete::Reached>::default();
                let work = async {
                    let key = self.look(kms).await?;
                    match lifecycle::plan_deletion(kms, &key, self.material_id.as_deref()).await? {
                        Some(deletion) => Box::pin(lifecycle::delete_material(kms, &deletion, &run)).await.map(drop),
                        None => Ok(()),
                    }
                };
                self.finished(client, &run, Box::pin(work)).await
            }
            Verb::Verify => {
                let run = Run::<verify::Reached>::default();
                let work = async {
                    let key = self.look(kms).await?;
                    check_importable(&key)?;
                    let plan = Verify::new(self.named(), self.given()?);
                    Box::pin(lifecycle::verify(kms, &key, &plan, &run)).await
                };
                let mut ended = self.ended(client, &run, Box::pin(work)).await?;
                let outcome = ended.account.report.proof.as_ref().map(Proof::outcome);
                if ended.exit == 0 && outcome != Some(Outcome::Proven) {
                    ended.exit = 4;
                }
                Ok(ended)
            }
        }
    }

    async fn look(&self, kms: &Kms) -> Result<KeyDescription, Error> {
        Ok(kms.describe(&self.named()).await?)
    }

    /// The key, which the user trusts as its policy is KMS's own.
    async fn vouched(&self, kms: &Kms) -> Result<Vouched, Error> {
        let named = self.named();
        let key = kms.describe(&named).await?;
        self.trust().vouch(kms, &key, &named, &Silent).await
    }

    /// The end of a run, whose outcome is what the run has come to.
    async fn ended<R: Stage, E: Clone + Into<R>>(
        &self,
        client: &Client,
        run: &Run<R>,
        work: impl Future<Output = Result<Done<E>, Interrupted<R>>>,
    ) -> Result<Ended, String> {
        let work = async {
            let done = work.await?;
            let told = Account::of(&done.clone().into_evidence().into(), &done.facts);
            match agree(told, run.account()) {
                Ok(()) => Ok(Ok(())),
                Err(problem) => Ok(Err(problem)),
            }
        };
        let mut problem = Ok(());
        let work = async { work.await.map(|agreed| problem = agreed) };
        let ended = self.finished(client, run, Box::pin(work)).await?;
        problem.map(|()| ended)
    }

    /// The end of a run.
    async fn finished<R: Stage>(
        &self,
        client: &Client,
        run: &Run<R>,
        work: impl Future<Output = Result<(), Interrupted<R>>>,
    ) -> Result<Ended, String> {
        let path = self.path("record");
        let record = RecordFile::begin(&path, &format!("{:?}", self.verb), &Silent).unwrap();
        let outcome = client.run(work).await;
        let account = run.account().at(&client.kms);
        let failed = |error: &Error| format!("{}: {error}", error.id());
        let error = match &outcome {
            Some(Err(interrupted)) => {
                agree(interrupted.account(), run.account().broken_off())?;
                Some(&interrupted.error)
            }
            _ => None,
        };
        let exit = match (&outcome, account.facts.may_have_changed()) {
            (Some(Ok(())), _) => 0,
            (_, false) => 1,
            (_, true) => 3,
        };
        record
            .finish(
                &account,
                Some(&client.kms),
                Exit::of(exit, error.map(|error| ErrorReport::of(error)), &account),
                &Silent,
            )
            .unwrap();
        compare_record(&account, exit, &path)?;
        compare_text(&account, exit)?;
        let stopped = outcome.is_none();
        Ok(Ended { error: error.map(failed), stopped, exit, account })
    }
}

/// What a run gives is what can be read of it from elsewhere.
fn agree(told: Account, read: Account) -> Result<(), String> {
    match shown(&told.report) == shown(&read.report) && told.next == read.next {
        true => Ok(()),
        false => Err(format!("the outcome says {told:?}, and the run {read:?}")),
    }
}

fn shown(report: &impl serde::Serialize) -> Value {
    serde_json::to_value(report).unwrap()
}

/// Text and JSON of a run say the same.
fn compare_text(account: &Account, exit: u8) -> Result<(), String> {
    let report = shown(&account.report);
    let (text, json) = match exit {
        0 => (printed::account(&account.report), printings::answer("", &report)),
        _ => {
            let report = json!({ "exists": account.report.exists(), "in_doubt": report["in_doubt"],
                                 "leftovers": report["leftovers"], "plaintext": report["plaintext"], "next": report["next"] });
            (printed::standing(&account.report), printings::failure(&report))
        }
    };
    printings::agree("text", &printings::single_spaced(&text), "JSON", &json)
}

/// JSON and record of a run say the same.
fn compare_record(account: &Account, exit: u8, path: &Path) -> Result<(), String> {
    let record: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let report = shown(&account.report);
    let key = |name: &str| record["key"][name].clone();
    let pairs = [
        ("key_arn", key("key_arn")),
        ("alias", key("alias")),
        ("key_spec", key("key_spec")),
        ("key_usage", key("key_usage")),
        ("key_state", key("key_state")),
        ("key_material_id", key("key_material_id")),
        ("expires", key("expires")),
        ("generated", record["generated"].clone()),
        ("kept", record["kept"].clone()),
        ("escrow", record["escrow"].clone()),
        ("plaintext", record["plaintext"].clone()),
        ("leftovers", record["leftovers"].clone()),
        ("rehearsal", record["rehearsal"].clone()),
        ("changed", record["exit"]["changed"].clone()),
        ("in_doubt", record["exit"]["in_doubt"].clone()),
    ];
    for (name, recorded) in pairs {
        if report[name] != recorded {
            return Err(format!("JSON says {name} {}, and the record {recorded}", report[name]));
        }
    }
    let proofs: Vec<Value> = [&report]
        .into_iter()
        .chain(report["replicas"].as_array().into_iter().flatten())
        .filter(|key| !key["proof"].is_null())
        .map(|key| {
            let mut proof = key["proof"].clone();
            proof["key_arn"] = key["key_arn"].clone();
            proof
        })
        .collect();
    if json!(proofs) != record["proofs"] || record["exit"]["code"] != exit {
        return Err(format!("JSON says {report}, and the record {record}"));
    }
    Ok(())
}
