//! The same reasoning right after KMS has refused an import, with what that run has at hand.

use super::Diagnosis;
use super::answer::{Key, Said};
use super::claims::Claims;
use super::hand::{Hand, Named};
use super::item::Item;
use super::name::Role;
use super::openssl_cli::OpenSslCommand;
use crate::kms::KeyDescription;
use crate::kms::KmsError;
use crate::kms::Reason;
use crate::parameters::WrappedMaterial;
use crate::wrap::Held;

/// Explains why KMS refused the files of an import; nothing where its answer says nothing about them.
pub fn refused(named: Named, key: &KeyDescription, error: &KmsError) -> Option<Diagnosis> {
    let said = Said::of(error)?;
    let mut hand = Hand::gather(named).ok()?;
    let unwrappable = said.reason == Reason::InvalidCiphertext;
    if unwrappable {
        hand.openssl = OpenSslCommand::on_path();
    }
    hand.key = Key::Described(Box::new(key.clone()));
    hand.said = Some(said);
    let mut diagnosis = hand.diagnose().ok()?;
    // How it was wrapped matters to no other answer.
    diagnosis.unknown.retain(|_| unwrappable);
    Some(diagnosis)
}

/// Explains why KMS refused what this process has wrapped. Nothing of it was ever in a file, and nothing of it gets into one.
pub(crate) fn refused_here(
    wrapped: &WrappedMaterial,
    material: &dyn Held,
    key: &KeyDescription,
    error: &KmsError,
) -> Option<Diagnosis> {
    let said = Said::of(error)?;
    let named = Named { spec: Some(material.spec()), ..Named::default() };
    let mut hand = Hand::empty(named);
    hand.encrypted = Item::in_memory(Role::Encrypted, wrapped.encrypted()).ok();
    hand.token = Item::in_memory(Role::ImportToken, wrapped.token()).ok();
    hand.material = material.bytes().and_then(|bytes| Item::in_memory(Role::Material, bytes.expose()).ok());
    hand.claims = Some(Claims::of(&wrapped.parameters()));
    hand.key = Key::Described(Box::new(key.clone()));
    hand.wrapped_here = true;
    hand.said = Some(said);
    hand.diagnose().ok()
}
