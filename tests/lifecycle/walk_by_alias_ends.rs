//! Whatever the second half of a rotation by alias meets, what follows from it as a value leads to the end: the switch to a prepared key, the
//! end of the old key, and the way back. At every stop the alias names one of the two keys, the key that it names was proven, and no key is
//! disabled that the alias names.
//!
//! A cell is an errand, a key spec, the call at which a run is broken off, how, and whether the user has a state directory.

use std::time::Duration;

use kms_byok::kms::KeyArn;
use kms_byok::lifecycle::rotate::by_alias::Reached;
use kms_byok::lifecycle::{
    GoOn, Next, PendingRequests, RollBack, RotateByAlias, Run, Trust, Watched, disable_old_key, roll_back,
    rotate_by_alias,
};
use serde_json::{Value, json};

use super::walk_by_alias::{FIRST, Row, Scene, THOROUGH, specs};
use crate::support::in_runtime::{Client, EVERY_WAY, How, StopPoint};
use crate::support::order::{self, ALIAS, GIVEN, Source};
use crate::support::walk_cell::{self, in_a_runtime, walk_sample};
use crate::support::workers::in_parallel;
use crate::support::world::Truth;

const MOST_RUNS: usize = 6;
/// So many cells are walked by the gate, by a seed that is printed and can be given; `KMS_BYOK_WALK=all` walks every one.
const SAMPLE: usize = 120;
const LONG: Duration = Duration::from_secs(3600);

/// What is done in the second half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    /// The alias goes back.
    Back,
    /// A prepared key gets the alias.
    Switch,
    /// A prepared key gets the alias, and the old one is disabled.
    SwitchAndDisable,
    /// The rotation is over, and the old key is disabled.
    Disable,
}

use Errand::{Back, Disable, Switch, SwitchAndDisable};

#[derive(Clone, Debug)]
struct Half {
    errand: Errand,
    row: Row,
}

type Cell = walk_cell::Cell<Half>;

/// The scene, with the two keys.
struct Keys {
    scene: Scene,
    old: KeyArn,
    new: KeyArn,
}

/// What is asked for: the errand, and what the last report has added to it.
#[derive(Clone)]
struct Asked {
    errand: Errand,
    adopt: Option<KeyArn>,
}

impl Half {
    fn name(&self) -> String {
        let state = if self.row.remembers { "" } else { ", no state directory" };
        format!("{:?} {}{state}", self.errand, self.row.spec)
    }

    /// The first half, which nothing disturbs.
    async fn begin(&self) -> Keys {
        let scene = Box::pin(self.row.scene()).await;
        let client = scene.runtime.connect(None);
        let given = order::read(&scene.order.path(GIVEN), self.row.spec).unwrap();
        let directory = self.row.remembers.then(|| scene.order.path("state"));
        let pending = PendingRequests { directory, ..PendingRequests::default() };
        let plan = RotateByAlias::new(ALIAS).wrapping(scene.order.wrapping()).pending(pending);
        let plan = plan.material(kms_byok::lifecycle::Material::given(given));
        let plan = if matches!(self.errand, Switch | SwitchAndDisable) { plan.prepare() } else { plan };
        let done = Box::pin(plan.run(&client.kms)).await.unwrap();
        let old = done.handover.previous.as_ref().unwrap().arn.clone();
        let new = done.new.key.arn.clone();
        tokio::time::advance(LONG).await;
        Keys { scene, old, new }
    }
}

impl Keys {
    async fn ask(&self, operation: &str, body: Value) -> Value {
        self.scene.runtime.ask("us-east-1", operation, body).await.unwrap()
    }

    async fn state(&self, key: &KeyArn) -> String {
        let reply = self.ask("DescribeKey", json!({ "KeyId": key.as_str() })).await;
        reply["KeyMetadata"]["KeyState"].as_str().unwrap().to_owned()
    }

    async fn named(&self) -> String {
        let reply = self.ask("DescribeKey", json!({ "KeyId": ALIAS })).await;
        reply["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
    }

    /// Superseded, superseded by, gone back from.
    async fn tags(&self, key: &KeyArn) -> [Option<String>; 3] {
        let reply = self.ask("ListResourceTags", json!({ "KeyId": key.as_str() })).await;
        let tags = reply["Tags"].as_array().unwrap();
        ["supersedes", "superseded-by", "rolled-back-from"].map(|name| {
            let tag = tags.iter().find(|tag| tag["TagKey"] == format!("kms-byok:{name}"));
            tag.map(|tag| tag["TagValue"].as_str().unwrap().to_owned())
        })
    }

    /// At every stop the alias names a key that works and was proven before it moved there.
    async fn check_stop(&self, asked: &Asked, calls: &[String]) -> Result<(), String> {
        let named = self.named().await;
        if named != *self.old && named != *self.new {
            return Err(format!("the alias names {named}"));
        }
        let key = if named == *self.old { &self.old } else { &self.new };
        if self.state(key).await != "Enabled" {
            return Err(format!("the alias names a key that is {}", self.state(key).await));
        }
        let world = self.scene.runtime.world().await;
        for (key, file) in [(&self.old, FIRST), (&self.new, GIVEN)] {
            let bytes = order::read(&self.scene.order.path(file), self.scene.order.spec).unwrap();
            let found = world.keys.iter().find(|found| *found.arn == **key).ok_or("a key is gone")?;
            let enabled = found.state == "Enabled";
            if enabled && !self.scene.runtime.holds(found, self.scene.order.spec.name(), bytes.expose()).await {
                return Err(format!("{key} does not hold the bytes of {file}"));
            }
            let may_be_disabled = *key == self.old && matches!(asked.errand, Disable | SwitchAndDisable);
            if !enabled && !may_be_disabled {
                return Err(format!("{key} is {}", found.state));
            }
        }
        if world.keys.len() != 2 {
            return Err(format!("there are {} keys", world.keys.len()));
        }
        let place = |names: &[&str]| calls.iter().position(|call| names.contains(&call.as_str()));
        match (place(&["UpdateAlias"]), place(&["Sign", "Decrypt", "GenerateMac", "DeriveSharedSecret"])) {
            (Some(moved), Some(used)) if used < moved => Ok(()),
            (None, _) => Ok(()),
            _ => Err(format!("the alias moves to a key that was not used: {calls:?}")),
        }
    }

    async fn check_end(&self, asked: &Asked) -> Result<(), String> {
        tokio::time::advance(LONG).await;
        let [old, new] = [&self.old, &self.new].map(|key| key.id().to_string());
        let (named, wanted) = match asked.errand {
            Back => (&self.old, [[None, None, Some(new)], [None, Some(old), None]]),
            _ => (&self.new, [[None, Some(new), None], [Some(old), None, None]]),
        };
        if self.named().await != **named {
            return Err(format!("the alias names {}", self.named().await));
        }
        let found = [self.tags(&self.old).await, self.tags(&self.new).await];
        if found != wanted {
            return Err(format!("the tags of the old key and the new one: {found:?}"));
        }
        let states = [self.state(&self.old).await, self.state(&self.new).await];
        match (states.each_ref().map(String::as_str), asked.errand) {
            (["Enabled", "Enabled"], Back | Switch) | (["Disabled", "Enabled"], Disable | SwitchAndDisable) => Ok(()),
            _ => Err(format!("the keys are {states:?}")),
        }
    }

    fn pending(&self, remembers: bool) -> PendingRequests {
        let directory = remembers.then(|| self.scene.order.path("state"));
        PendingRequests { directory, ..PendingRequests::default() }
    }

    async fn once(
        &self,
        asked: &Asked,
        remembers: bool,
        client: &Client,
    ) -> (Option<Result<(), String>>, Run<Reached>) {
        let run = Run::<Reached>::default();
        let trust = Trust { adopt: asked.adopt.clone().into_iter().collect(), ..Trust::of(ALIAS) };
        let pending = self.pending(remembers);
        let said = |error: &kms_byok::Error| format!("{}: {error}", error.id());
        let work = async {
            if asked.errand == Back {
                let plan = RollBack::new(ALIAS).pending(pending).trust(trust);
                return Box::pin(roll_back(&client.kms, &plan, &run))
                    .await
                    .map(drop)
                    .map_err(|ended| said(&ended.error));
            }
            let plan = RotateByAlias::new(ALIAS).pending(pending.clone()).new_key(Some(self.new.clone())).trust(trust);
            let plan = if asked.errand == Switch { plan } else { plan.disable_old() };
            let done = Box::pin(rotate_by_alias(&client.kms, plan, &run)).await.map_err(|ended| said(&ended.error))?;
            if !done.has_old_to_disable() {
                return Ok(());
            }
            let disabled = Box::pin(disable_old_key(&client.kms, done.into_evidence(), &pending, &run)).await;
            disabled.map(drop).map_err(|ended| said(&ended.error))
        };
        (client.run(work).await, run)
    }
}

/// What the report names as the next command; nothing where there is none.
fn then(asked: &Asked, next: &Next) -> Option<Asked> {
    match (next, asked.errand) {
        (Next::Again { key_arn: None, .. }, Back) => Some(asked.clone()),
        (Next::GoOn(GoOn::Switch { old, .. }), Switch | SwitchAndDisable | Disable) => {
            Some(Asked { adopt: old.clone().or(asked.adopt.clone()), ..asked.clone() })
        }
        _ => None,
    }
}

fn halves() -> Vec<Half> {
    let mut halves = Vec::new();
    for errand in [Back, Switch, SwitchAndDisable, Disable] {
        for spec in specs() {
            for remembers in [true, false].into_iter().filter(|remembers| *remembers || THOROUGH.contains(&spec)) {
                let row = Row { spec, source: Source::Given, lag: 0, remembers };
                halves.push(Half { errand, row });
            }
        }
    }
    halves
}

fn cells_of(half: &Half) -> Vec<Cell> {
    let calls = in_a_runtime(Box::pin(async {
        let keys = half.begin().await;
        let client = keys.scene.runtime.connect(None);
        let asked = Asked { errand: half.errand, adopt: None };
        let (ended, _) = keys.once(&asked, half.row.remembers, &client).await;
        assert_eq!(ended, Some(Ok(())), "{}", half.name());
        keys.check_end(&asked).await.unwrap();
        client.calls()
    }));
    let mut cells = Vec::new();
    for (index, operation) in calls.into_iter().enumerate() {
        let changes = walk_cell::changes(&operation);
        for how in EVERY_WAY.into_iter().filter(|how| changes || !how.is_done() || *how == How::ReplyEmpty) {
            for killed in [false, true] {
                // Who has no state directory, and has not seen the report, has only a tag that names the old key: it is not disabled by that.
                let forgets = !half.row.remembers && matches!(half.errand, SwitchAndDisable);
                if !killed || how.stops() && !forgets {
                    let stop = StopPoint { call: index + 1, how };
                    cells.push(Cell { row: half.clone(), operation: operation.clone(), stop, killed });
                }
            }
        }
    }
    cells
}

async fn follow(cell: &Cell, said: &mut String) -> Result<usize, String> {
    let keys = cell.row.begin().await;
    let remembers = cell.row.row.remembers;
    let mut asked = Asked { errand: cell.row.errand, adopt: None };
    let mut stop = Some(cell.stop);
    for runs in 1..=MOST_RUNS {
        let before = (keys.named().await, keys.tags(&keys.old).await, keys.tags(&keys.new).await);
        let client = keys.scene.runtime.connect(stop.take());
        let (ended, run) = keys.once(&asked, remembers, &client).await;
        let account = run.account();
        let calls = client.calls();
        said.push_str(&format!("$ {ended:?}\n  {calls:?}\n  {:?}\n  {:?}\n", account.next, account.report));
        if !account.report.leftovers.is_empty() {
            return Err("it names a key to be deleted".to_owned());
        }
        keys.check_stop(&asked, &calls).await?;
        let changed = account.facts.may_have_changed();
        match ended {
            Some(Ok(())) => return keys.check_end(&asked).await.map(|()| runs),
            None if cell.killed => {}
            _ if changed => asked = then(&asked, &account.next).ok_or("nothing follows")?,
            _ if runs == 1 => {
                let now = (keys.named().await, keys.tags(&keys.old).await, keys.tags(&keys.new).await);
                if now != before {
                    return Err(format!("it says that nothing has changed, and there is {now:?}"));
                }
            }
            _ => return Err("it says that nothing has changed".to_owned()),
        }
    }
    Err(format!("{MOST_RUNS} runs were not enough"))
}

#[test]
fn what_follows_from_a_broken_second_half_leads_to_the_end() {
    let halves = halves();
    let found = in_parallel(2, &halves, |half| Ok(cells_of(half)));
    let cells: Vec<Cell> = found.into_iter().flat_map(Result::unwrap).collect();
    walk_sample(cells, (SAMPLE, MOST_RUNS), Half::name, |cell| {
        let mut said = String::new();
        in_a_runtime(Box::pin(follow(cell, &mut said))).map_err(|problem| format!("{problem}\n{said}"))
    });
}
