//! What a stage of `rotate` tells, and what follows from it.

use super::{Pending, Reached, Rotated, Rotation};
use crate::lifecycle::import::bytes::{Bytes, GoOn, Unstored};
use crate::lifecycle::run::facts::Facts;
use crate::lifecycle::run::next::Next;
use crate::lifecycle::run::report::{Report, RotationReport};
use crate::lifecycle::run::stage::{News, Stage};

impl Stage for Reached {
    fn after(self, news: &News<'_>) -> Self {
        match (self, news) {
            // The new key material is in the primary key.
            (Reached::ImportSent { rotation, bytes, regions }, News::Taken(sent))
                if sent.key_arn == rotation.named.key.arn =>
            {
                let material_id = sent.id.clone();
                let missing_in = regions;
                Reached::RotationPending(Pending { rotation, material_id, bytes, missing_in, begun: false })
            }
            (Reached::Current(current), News::Proved(proof)) => {
                Reached::Proven(Rotated { current, proof: (*proof).clone() })
            }
            (reached, _) => reached,
        }
    }

    fn tell(&self, report: &mut Report) {
        match self {
            Reached::Nothing => {}
            Reached::KeyFound(rotation) => report.rotation = Some(rotation.tell(report)),
            Reached::BackupStored { rotation, backup } => {
                Bytes::Stored(backup.clone()).tell(report);
                report.rotation = Some(rotation.tell(report));
            }
            Reached::ImportSent { rotation, bytes, .. } => {
                bytes.tell(report);
                report.rotation = Some(rotation.tell(report));
            }
            Reached::RotationPending(pending) | Reached::Rotating(pending) => pending.tell(report, false),
            Reached::Current(current) => current.tell(report, true),
            Reached::Proven(rotated) => {
                rotated.current.tell(report, true);
                report.proof = Some(rotated.proof.clone());
            }
        }
    }

    /// Once every Region has the key material, its bytes are not needed. Until then the bytes of the backup are imported. Key material whose
    /// bytes nobody has is deleted; where its id is not known, or whether KMS took it, the next run looks.
    fn next(&self, facts: &Facts) -> Next {
        let key_arn = self.rotation().map(|rotation| rotation.named.key.arn.clone());
        let again = |bytes: &Bytes| match (bytes, &key_arn) {
            (Bytes::Stored(backup), Some(arn)) => backup.go_on(arn).into(),
            (Bytes::Stored(_), None) => Next::Nothing,
            (Bytes::Unstored(bytes), arn) => Next::Again { bytes: bytes.clone(), key_arn: arn.clone() },
        };
        match self {
            Reached::Nothing | Reached::KeyFound(_) => again(&Bytes::NONE),
            Reached::BackupStored { rotation, backup } => backup.go_on(&rotation.named.key.arn).into(),
            Reached::ImportSent { rotation, bytes, .. } => match bytes {
                Bytes::Unstored(Unstored::Discarded) => Next::ResumeOrAgain { key_arn: rotation.named.key.arn.clone() },
                bytes => again(bytes),
            },
            Reached::RotationPending(pending)
            | Reached::Rotating(pending)
            | Reached::Current(pending)
            | Reached::Proven(Rotated { current: pending, .. }) => {
                let arn = || pending.rotation.named.key.arn.clone();
                let missing = !pending.begun && !pending.is_everywhere();
                match (&pending.bytes, &pending.material_id) {
                    _ if facts.changed && !missing => GoOn::Resume { key_arn: arn() }.into(),
                    (Bytes::Unstored(Unstored::Discarded | Unstored::Abandoned), Some(id)) if missing => {
                        Next::TakeBack { key_arn: arn(), key_material_id: id.clone() }
                    }
                    (Bytes::Unstored(Unstored::Discarded), None) if missing => Next::ResumeOrAgain { key_arn: arn() },
                    (bytes, _) => again(bytes),
                }
            }
        }
    }
}

impl Rotation {
    fn tell(&self, report: &mut Report) -> RotationReport {
        self.named.tell(report);
        report.replicas = self.replicas.report();
        RotationReport {
            previous_key_material_id: self.previous.clone(),
            new_key_material_id: self.waiting.clone(),
            rotations_left: self.left,
            ..RotationReport::default()
        }
    }
}

impl Pending {
    fn tell(&self, report: &mut Report, rotated: bool) {
        self.bytes.tell(report);
        let mut rotation = self.rotation.tell(report);
        rotation.new_key_material_id.clone_from(&self.material_id);
        rotation.missing_in.clone_from(&self.missing_in);
        rotation.begun = self.begun;
        rotation.rotated = rotated && self.rotation.previous != self.material_id;
        report.rotation = Some(rotation);
    }
}
