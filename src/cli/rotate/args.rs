//! The flags of `rotate`: those of both ways, and those of a rotation by alias.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use kms_byok::kms::KeyArn;
use kms_byok::lifecycle::AliasName;
use kms_byok::material::KeySpec;

use super::super::dry_run::DryRunArgs;
use super::super::key_args::{self, ExpiryArgs, ProofArgs, TrustArgs, WaitArgs, WrappingArgs};
use super::super::key_name::KeyName;
use super::super::material_args::MaterialArgs;
use super::super::record_args::RecordArgs;
use super::super::values;

#[derive(ClapArgs)]
#[command(after_help = "\
Symmetric keys: new material is imported into the key and into every replica of it; then KMS rotates the key, at most 25 times in its life.
To continue a rotation that broke off, repeat it with the same --material, or use --resume if every Region has the new material.

Other keys: KMS rotates none. A new key like the old one is made, imported into and proven, and then the alias moves to it. Verifiers must
know the new public key before that: --prepare stops before the alias and prints it, --switch moves the alias, --rollback moves it back.

Examples:
  kms-byok rotate --key-id alias/payments --generate --escrow recovery.pem --escrow-out payments-2.cms
  kms-byok rotate --key-id alias/app --material app-2.pem --prepare")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) key_id: KeyName,
    #[command(flatten)]
    pub(super) trust: TrustArgs,
    #[command(flatten)]
    pub(super) material: MaterialArgs,
    /// Rotate to the key material that waits for it, or wait for a rotation in progress; with --generate --discard: generate if there is
    /// neither
    #[arg(long, help_heading = "Key material", conflicts_with_all = ["material", "material_from_escrow", "component"])]
    pub(super) resume: bool,
    #[command(flatten)]
    pub(super) by_alias: ByAliasArgs,
    #[command(flatten)]
    pub(super) wrapping: WrappingArgs,
    #[command(flatten)]
    pub(super) expiry: ExpiryArgs,
    #[command(flatten)]
    pub(super) proof: ProofArgs,
    /// Description of the key material; public
    #[arg(long, value_name = "TEXT", help_heading = "Import")]
    pub(super) material_description: Option<String>,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
    #[command(flatten)]
    pub(super) record: RecordArgs,
    #[command(flatten)]
    pub(super) dry_run: DryRunArgs,
}

#[derive(ClapArgs)]
#[command(next_help_heading = "Rotation by alias")]
pub(super) struct ByAliasArgs {
    /// The alias that moves, where --key-id is no alias
    #[arg(long, value_name = "A")]
    pub(super) alias: Option<AliasName>,
    /// Stop before the alias moves: print the new public key, and the JWK Set of both keys
    #[arg(long)]
    pub(super) prepare: bool,
    /// Move the alias to this key, which --prepare has made, once it is proven
    #[arg(long, value_name = "KEY_ARN", value_parser = key_args::key_arn, conflicts_with_all = ["prepare", "new_key", "generate", "material", "material_from_escrow", "component", "resume"])]
    pub(super) switch: Option<KeyArn>,
    /// Move the alias back to the key before, once it is proven; that key must be enabled
    #[arg(long, conflicts_with_all = [
        "prepare", "switch", "new_key", "key_spec", "description", "tag", "find_lost", "lost_request", "disable_old",
        "generate", "material", "material_from_escrow", "component", "resume",
        "wrapping_algorithm", "allow_sha1", "expires", "expires_in", "expires_at", "material_description",
    ])]
    pub(super) rollback: bool,
    /// Disable the old key once the alias has moved: its id must be typed on the terminal, unless --yes is given
    #[arg(long, conflicts_with = "prepare")]
    pub(super) disable_old: bool,
    /// Disable the old key without asking
    #[arg(long, requires = "disable_old")]
    pub(super) yes: bool,
    /// Put the public keys into the JWK Set in FILE before the alias moves: the key that it moves to first, then those before it
    #[arg(long, value_name = "FILE", value_parser = key_args::output_file())]
    pub(super) jwks: Option<PathBuf>,
    /// Go on with this new key, which an earlier run has made
    #[arg(long, value_name = "KEY_ARN", value_parser = key_args::key_arn)]
    pub(super) new_key: Option<KeyArn>,
    /// Key spec of the new key [default: the old key's]
    #[arg(long, value_name = "S", value_parser = values::key_spec())]
    pub(super) key_spec: Option<KeySpec>,
    /// Description of the new key [default: the old key's]
    #[arg(long, value_name = "TEXT")]
    pub(super) description: Option<String>,
    /// Tag of the new key, beside those of the old one; may be repeated
    #[arg(long, value_name = "K=V", value_parser = key_args::tag)]
    pub(super) tag: Vec<(String, String)>,
    /// Look for a new key that an earlier run has made and lost
    #[arg(long)]
    pub(super) find_lost: bool,
    /// Look for the new key of that lost request and no other
    #[arg(long, value_name = "ID", value_parser = key_args::request_id)]
    pub(super) lost_request: Option<String>,
}

impl ByAliasArgs {
    /// Whether one of these flags was given.
    pub(super) fn is_given(&self) -> bool {
        let named = self.alias.is_some() || self.switch.is_some() || self.new_key.is_some();
        let changed = self.key_spec.is_some() || self.description.is_some() || !self.tag.is_empty();
        let ended = self.rollback || self.disable_old || self.jwks.is_some();
        named || changed || ended || self.prepare || self.find_lost || self.lost_request.is_some()
    }

    /// Whether the new key may have its key material already.
    pub(super) fn needs_no_material(&self) -> bool {
        self.switch.is_some() || self.new_key.is_some() || self.find_lost || self.rollback
    }
}
