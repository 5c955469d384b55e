//! The plan of `delete-material`.

use crate::kms::{KeyDescription, Kms, Operation};
use crate::lifecycle::delete::Deletion;
use crate::lifecycle::run::plan::Plan;
use crate::material::KeySpec;

/// The plan of [`lifecycle::delete_material`](crate::lifecycle::delete_material), by what
/// [`plan_deletion`](crate::lifecycle::plan_deletion) has found; without anything to delete it ends with the looking.
pub fn delete_material(kms: &Kms, key: &KeyDescription, deletion: Option<&Deletion>) -> Plan {
    let mut plan = Plan { key: Some(key.clone()), ..Plan::default() };
    plan.call(Operation::DescribeKey, format!("looks at key {} in {}", key.arn.id(), kms.region()));
    let symmetric = key.spec == KeySpec::SymmetricDefault;
    if symmetric {
        plan.call(Operation::ListKeyRotations, "finds every key material of the key");
    }
    let Some(deletion) = deletion else { return plan };
    plan.call(Operation::ListAliases, "finds out which aliases point to the key");
    if !deletion.material.is_pending() {
        plan.call(Operation::GetKeyLastUsage, "finds out when the key was last used");
    }
    plan.call(Operation::DeleteImportedKeyMaterial, "deletes the key material");
    plan.call(Operation::DescribeKey, "checks whether it is gone");
    let empties = !key.state.is_pending() && !deletion.material.is_pending();
    if symmetric && !empties {
        plan.call(Operation::ListKeyRotations, "checks whether it is gone");
    }
    plan
}
