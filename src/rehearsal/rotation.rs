//! RotateKeyOnDemand, GetKeyRotationStatus, EnableKeyRotation, DisableKeyRotation, ListKeyRotations.

use super::clock::Millis;
use super::key::{KeyId, Stage};
use super::state::World;

/// How long a rotation takes: KMS does it in the background.
const TAKES: Millis = 250;

impl World {
    /// Makes the pending material current in all Regions, once a rotation that was asked for is due.
    pub(super) fn finish_rotations(&mut self, id: KeyId, now: Millis) {
        let due = self.relatives(id).find_map(|(_, key)| {
            let done = key.rotations.started? + TAKES;
            (done <= now).then(|| key.rotations.started = None).map(|()| done)
        });
        let Some(done) = due else { return };
        for (_, key) in self.relatives(id) {
            for material in &mut key.materials {
                match material.stage {
                    Stage::Current => material.stage = Stage::NonCurrent,
                    Stage::Pending => {
                        material.stage = Stage::Current;
                        material.rotated = Some((done, true));
                    }
                    Stage::NonCurrent => {}
                }
            }
        }
    }
}
