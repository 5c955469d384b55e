//! An order carried out in the runtime of its embedded KMS, and everything that is told of it.

use std::fs;
use std::path::Path;

use kms_byok::lifecycle::{self, Account, Done, Interrupted, Provision, Run, Stage, Watched};
use kms_byok::record::{Exit, RecordFile};
use kms_byok::{Error, Silent};
use serde_json::{Value, json};

use super::in_runtime::Client;
use super::order::{Order, Verb};

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
                let plan = self.material().map_err(|error| error.to_string())?.unwrap();
                let plan = Provision::of(self.request()).material(plan).wrapping(self.wrapping()).verify(self.level);
                let plan = plan.adopt(self.key.clone()).pending(self.pending());
                let run = Run::default();
                self.ended(client, &run, lifecycle::provision(kms, &plan, &run)).await
            }
        }
    }

    /// The end of a run.
    async fn ended<R: Stage, E: Clone + Into<R>>(
        &self,
        client: &Client,
        run: &Run<R>,
        work: impl Future<Output = Result<Done<E>, Interrupted<R>>>,
    ) -> Result<Ended, String> {
        let path = self.path("record");
        let record = RecordFile::begin(&path, &format!("{:?}", self.verb), &Silent).unwrap();
        let outcome = client.run(work).await;
        let account = run.account().at(&client.kms);
        let failed = |error: &Error| format!("{}: {error}", error.id());
        let (told, error) = match &outcome {
            None => (None, None),
            Some(Ok(done)) => (Some(Account::of(&done.clone().into_evidence().into(), &done.facts)), None),
            Some(Err(interrupted)) => (Some(interrupted.account()), Some(&interrupted.error)),
        };
        let exit = match (&outcome, account.facts.may_have_changed()) {
            (Some(Ok(_)), _) => 0,
            (_, false) => 1,
            (_, true) => 3,
        };
        record.finish(&account, Some(&client.kms), Exit::of(exit, error, &account), &Silent).unwrap();
        // What the run gives is what can be read of it from elsewhere.
        if let Some(told) = told.map(|told| told.at(&client.kms))
            && (shown(&told.report) != shown(&account.report) || told.next != account.next)
        {
            return Err(format!("the outcome says {told:?}, and the run {account:?}"));
        }
        compare_record(&account, exit, &path)?;
        let stopped = outcome.is_none();
        Ok(Ended { error: error.map(failed), stopped, exit, account })
    }
}

fn shown(report: &impl serde::Serialize) -> Value {
    serde_json::to_value(report).unwrap()
}

/// JSON and record of a run say the same.
fn compare_record(account: &Account, exit: u8, path: &Path) -> Result<(), String> {
    let record: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let report = shown(&account.report);
    let key = |name: &str| record["key"][name].clone();
    let pairs = [
        ("key_arn", key("arn")),
        ("alias", key("alias")),
        ("key_spec", key("spec")),
        ("key_usage", key("usage")),
        ("key_state", key("state")),
        ("key_material_id", key("key_material_id")),
        ("expires", key("expires")),
        ("generated", record["material"]["generated"].clone()),
        ("kept", record["material"]["kept"].clone()),
        ("escrow", record["material"]["escrow"].clone()),
        ("leftovers", record["leftovers"].clone()),
        ("rehearsal", record["rehearsal"].clone()),
        ("changed", record["exit"]["changed"].clone()),
        ("in_doubt", record["exit"]["unanswered_call"].clone()),
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
