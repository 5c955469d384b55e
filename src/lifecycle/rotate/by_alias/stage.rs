//! The stages of a rotation by alias: the old key, the new one, the alias.

use crate::kms::{KeyArn, KeyDescription, KeyState, Kms};
use crate::lifecycle::error::Error;
use crate::lifecycle::import::bytes::{GoOn, Unstored};
use crate::lifecycle::import::stage::Proven;
use crate::lifecycle::key::alias::AliasName;
use crate::lifecycle::key::last_usage::LastUse;
use crate::lifecycle::key::trust::Trust;
use crate::lifecycle::provision::Reached as Making;
use crate::lifecycle::rotate::by_alias::generations::{First, keep_jwks};
use crate::lifecycle::rotate::by_alias::request::Until;
use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::next::Next;
use crate::lifecycle::run::report::{AliasRotationReport, Report};
use crate::lifecycle::run::stage::{Done, News, Stage};
use crate::progress::Progress;
use crate::public_key::{Jwk, Jwks, KeptJwks, PublicKey};

/// How far a rotation by alias has come.
#[derive(Clone, Debug, Default)]
pub enum Reached {
    /// The old key is not known yet.
    #[default]
    Nothing,
    /// The old key is known, and nothing has changed.
    OldFound(Handover),
    /// The new key is made, gets its key material, or is proven.
    NewKey(Handover, Box<Making>),
    /// The new key is proven, and the alias names the old one.
    Ready(Succession),
    /// UpdateAlias is about to be sent, was sent or was answered.
    AliasMoving(Succession),
    /// The alias names a third key: that of another run, or of whoever moved it.
    Overtaken(Succession, KeyArn),
    /// The alias names the new key, and the rest is still to be done.
    AliasMoved(Succession),
    /// Everything that was asked for is done.
    Ended(Succession),
}

/// An alias, and the key that it is to leave.
#[derive(Clone, Debug)]
pub struct Handover {
    /// The alias.
    pub alias: AliasName,
    /// The old key; nothing where it is not known which it was.
    pub previous: Option<KeyDescription>,
    /// The other aliases of the old key, which do not move; nothing where KMS does not tell them.
    pub other_aliases: Option<Vec<String>>,
    /// How far it is to go.
    pub until: Until,
    /// Whether the old key is to be disabled in the end.
    pub disable_old: bool,
}

/// An alias that names the new key, or is to name it.
pub type RotatedByAlias = Done<Succession>;

/// An alias between two keys.
#[derive(Clone, Debug)]
pub struct Succession {
    /// The alias and the old key.
    pub handover: Handover,
    /// The new key, and what was proven about it.
    pub new: Proven,
    /// Whether the alias names the new key.
    pub moved: bool,
    /// The public keys of both, the new one first; none of HMAC keys.
    pub jwks: Vec<Jwk>,
    /// The file with the JWK Set, where one was asked for.
    pub kept: Option<KeptJwks>,
    /// When the old key was last used; nothing where it was not asked, or KMS does not tell.
    pub last_use: Option<LastUse>,
}

impl Handover {
    pub(crate) fn disabling(self, disable_old: bool) -> Self {
        Handover { disable_old, ..self }
    }

    fn tell(&self, report: &mut Report) {
        report.previous_key_arn = self.previous.as_ref().map(|key| key.arn.clone());
        report.alias_rotation = Some(AliasRotationReport {
            alias: self.alias.to_string(),
            previous_key_state: self.previous.as_ref().map(|key| key.state),
            other_aliases: self.other_aliases.clone(),
            rolled_back: self.until == Until::Back,
            ..AliasRotationReport::default()
        });
    }

    /// The run that moves the alias, or does what is left to be done after that. Where the old key is to be disabled, it is named.
    fn switch(&self, new: &KeyArn) -> Next {
        let old = self.previous.as_ref().filter(|_| self.disable_old);
        GoOn::Switch { key_arn: new.clone(), old: old.map(|old| old.arn.clone()) }.into()
    }

    fn again(&self, new: &KeyArn) -> Next {
        Next::Again { bytes: Unstored::Nothing, key_arn: Some(new.clone()) }
    }
}

impl Succession {
    /// Puts the public keys of both, and of those before them, into the set that was asked for. The key before the one that the alias is
    /// to name may be known by a tag alone.
    pub(crate) async fn keep(
        &mut self,
        kms: &Kms,
        (jwks, trust): (Option<&Jwks>, &Trust),
        is_previous_held: bool,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let Some(jwks) = jwks else { return Ok(()) };
        let told = self.new.proof.public_key().map(PublicKey::from_der).transpose()?;
        let mut first = vec![First::held(&self.new.named.key, told)];
        let previous = self.handover.previous.as_ref();
        first.extend(previous.map(|key| if is_previous_held { First::held(key, None) } else { First::tagged(key) }));
        self.kept = Some(keep_jwks(kms, jwks, first, trust, progress).await?);
        Ok(())
    }

    /// The alias has not moved yet, as far as is known.
    pub(crate) fn new(handover: Handover, new: Proven) -> Self {
        Succession { handover, new, moved: false, jwks: Vec::new(), kept: None, last_use: None }
    }

    pub(crate) fn new_arn(&self) -> &KeyArn {
        &self.new.named.key.arn
    }

    /// The alias names the new key.
    pub(crate) fn moved(self) -> Self {
        let mut new = self.new;
        new.named.alias = Some(self.handover.alias.clone());
        Succession { moved: true, new, ..self }
    }

    fn tell(&self, report: &mut Report) {
        self.new.tell(report);
        self.handover.tell(report);
        if let Some(rotation) = &mut report.alias_rotation {
            rotation.moved = self.moved;
            rotation.last_use.clone_from(&self.last_use);
            rotation.jwks.clone_from(&self.jwks);
            rotation.jwks_file.clone_from(&self.kept);
            rotation.disable = self.command("disable-key", KeyState::Enabled);
            rotation.enable = self.command("enable-key", KeyState::Disabled);
        }
    }

    /// The command that disables the old key, which nothing uses by the alias any more, or enables it again.
    fn command(&self, call: &str, from: KeyState) -> Option<String> {
        let old = self.handover.previous.as_ref().filter(|old| self.moved && old.state == from)?;
        Some(format!("aws kms {call} --region {} --key-id {}", old.arn.region(), old.arn))
    }

    /// What completes a run that has a proven key.
    fn go_on(&self) -> Next {
        match self.handover.until {
            Until::Back => SAME,
            Until::Prepared if !self.moved => self.handover.again(self.new_arn()),
            _ => self.switch(),
        }
    }

    fn switch(&self) -> Next {
        self.handover.switch(self.new_arn())
    }
}

/// The same request once more.
const SAME: Next = Next::Again { bytes: Unstored::Nothing, key_arn: None };

impl From<Succession> for Reached {
    fn from(ended: Succession) -> Self {
        Reached::Ended(ended)
    }
}

impl Stage for Reached {
    fn after(self, news: &News<'_>) -> Self {
        match self {
            Reached::NewKey(handover, making) => Reached::NewKey(handover, Box::new(making.after(news))),
            reached => reached,
        }
    }

    fn tell(&self, report: &mut Report) {
        match self {
            Reached::Nothing => {}
            Reached::OldFound(handover) => handover.tell(report),
            Reached::NewKey(handover, making) => {
                making.tell(report);
                handover.tell(report);
            }
            Reached::Ready(succession)
            | Reached::AliasMoving(succession)
            | Reached::AliasMoved(succession)
            | Reached::Ended(succession) => succession.tell(report),
            Reached::Overtaken(succession, theirs) => {
                succession.tell(report);
                if let Some(rotation) = &mut report.alias_rotation {
                    rotation.alias_names = Some(theirs.clone());
                }
            }
        }
    }

    /// Until the new key has its key material, the same request goes on with that key; what a file holds is never generated again. From then
    /// on nothing needs the bytes.
    fn next(&self, facts: &Facts) -> Next {
        match self {
            Reached::Nothing | Reached::OldFound(_) => SAME,
            Reached::NewKey(handover, making) => match (making.next(facts), handover.until) {
                (_, Until::Back) => SAME,
                (Next::GoOn(GoOn::Status { key_arn }), Until::Moved) => handover.switch(&key_arn),
                (Next::GoOn(GoOn::Status { key_arn }), Until::Prepared) => handover.again(&key_arn),
                (next, _) => next,
            },
            Reached::Ready(succession) | Reached::AliasMoving(succession) | Reached::AliasMoved(succession) => {
                succession.go_on()
            }
            Reached::Ended(succession) if !succession.moved || succession.has_old_to_disable() => succession.switch(),
            Reached::Ended(_) | Reached::Overtaken(..) => Next::Nothing,
        }
    }
}
