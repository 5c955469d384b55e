//! What KMS, the way to it, and the keys in it can make fail.

use std::time::Duration;

use super::super::{Sample, refusals};
use super::{arn, foreign, id, lost, path, time, typed};
use crate::explain::{Explain, Setting};
use crate::files::FileError;
use crate::kms::{EndpointError, KmsError};
use crate::kms::{KeyState, Operation, Origin};
use crate::lifecycle::error::key::KeyError;
use crate::lifecycle::error::lifecycle::LifecycleError;
use crate::lifecycle::error::rotation::RotationError;
use crate::material::KeySpec;

pub(super) fn all() -> Vec<Sample> {
    [ceremonies(), lives(), rotations(), endpoints(), calls()].into_iter().flatten().collect()
}

one_of_each! {
    ceremonies: KeyError {
        AliasName { name: typed(), problem: "it begins with alias/" }
        Differs { key: typed(), arn: arn(), differences: vec!["its key spec is HMAC_256, but RSA_2048 was asked for".into()] }
        NotInUse { key: typed(), arn: arn(), state: KeyState::Disabled }
        NotCompared { key: typed(), what: "its key policy".into(), permission: "kms:GetKeyPolicy".into() }
        TakesOnlyOriginal { arn: arn() }
        MayHaveCopy { arn: arn(), path: "payments.key".into(), give: "--material payments.key".into() }
        NotShown { arn: arn(), waited: "60 s".into() }
        NotNew { arn: arn(), refusal: Box::new(refusals::any()) }
        NothingExists { arn: arn(), refusal: Box::new(refusals::any()) }
        NotTaken { arn: arn(), finding: "it is PendingDeletion".into(), refusal: Box::new(refusals::any()) }
        ForeignPolicy { name: typed(), arn: arn(), outsiders: vec!["everyone".into()] }
        ForeignPolicy { name: arn().to_string(), arn: arn(), outsiders: Vec::new() }
        PolicyUnread { name: typed(), arn: arn(), because: "AccessDeniedException".into() }
        AdoptsOther { alias: typed(), arn: arn(), adopt: arn() }
        NotExternal { arn: arn(), origin: Origin::AwsKms }
        WrongState { arn: arn(), state: KeyState::PendingDeletion }
        WrongState { arn: arn(), state: KeyState::Updating }
        ExpiresSoon { arn: arn(), at: time() }
        ImportedElsewhere { asked: arn(), found: arn().to_string() }
        NotEmpty { arn: arn(), state: KeyState::Enabled }
        NotEnabled { arn: arn(), state: KeyState::PendingImport }
        SymmetricOnly { what: Setting::ImportType, spec: KeySpec::Rsa2048.into() }
        DescriptionNotTaken { spec: KeySpec::Hmac256 }
        Tag { given: typed() }
        TextTooLong { what: "the material description", given: typed(), found: 300, limit: 256 }
        ProofContradicts { contradiction: "the public key is another one".into() }
        ProofNotPermitted { refused: "kms:Sign, kms:GetPublicKey".into() }
        Interrupted { signal: "SIGINT" }
        AliasUnknown { alias: typed() }
    }
    lives: LifecycleError {
        NotSymmetric { arn: arn(), spec: KeySpec::Rsa2048.into() }
        Replica { arn: arn(), primary: arn(), what: "rotation" }
        NotEnabled { arn: arn(), state: KeyState::Disabled, what: "rotation" }
        NotEnabled { arn: arn(), state: KeyState::PendingImport, what: "replication" }
        NotEnabled { arn: arn(), state: KeyState::PendingDeletion, what: "rotation" }
        UnfitMaterial { arn: arn(), spec: KeySpec::Hmac256.into(), problem: "it has 3 bytes".into() }
        NotVerifiable { arn: arn(), state: KeyState::Updating }
        NoRotationLeft { arn: arn() }
        PendingExists { arn: arn(), id: id() }
        OtherPending { arn: arn(), id: id() }
        NothingPending { arn: arn() }
        MissingInRegions { id: id(), regions: "eu-west-1, eu-west-2".into() }
        InProgress { arn: arn() }
        EarlierMaterial { arn: arn() }
        NotReady { id: id(), waited: "60 s".into() }
        StillWaiting { arn: arn(), id: id(), waited: "60 s".into() }
        StillInProgress { arn: arn(), waited: "60 s".into() }
        SingleRegion { arn: arn() }
        PrimaryRegion { region: arn().region().clone(), arn: arn() }
        AliasElsewhere { alias: typed(), region: "eu-west-1".parse().unwrap(), arn: arn() }
        OtherMaterial { arn: arn(), contradiction: "KMS computes another HMAC".into() }
        AdoptsNoReplica { adopt: arn() }
        TooFewMaterials { arn: arn(), needed: 2, given: 1 }
        ReplicaIncomplete { arn: arn(), missing: id() }
        Incomplete { arn: arn(), missing: id() }
        StillCreating { arn: arn(), waited: "60 s".into() }
        NotSeen { permission: "kms:ListKeyRotations".into(), subject: format!(" for {}", arn()) }
        Unseen { subject: format!("key {}", arn()), cause: KmsError::Refused(Box::new(refusals::any())) }
        NotNow { arn: arn(), state: KeyState::Creating }
        SeveralMaterials { arn: arn(), count: 2, ids: id() }
        MaterialsUnknown { arn: arn(), why: "kms:ListKeyRotations is not permitted".into() }
        NoSuchMaterial { arn: arn(), id: id(), ids: String::new() }
        NoSuchMaterial { arn: arn(), id: id(), ids: id() }
        ConfirmationDiffers {}
        StillThere { id: id() }
    }
    rotations: RotationError {
        NoAlias { arn: arn(), spec: KeySpec::Rsa2048.into(), aliases: vec![typed()] }
        NoAlias { arn: arn(), spec: KeySpec::Rsa2048.into(), aliases: Vec::new() }
        NoSuchAlias { alias: typed() }
        NamesOther { alias: typed(), arn: arn(), named: arn() }
        Overtaken { alias: typed(), ours: arn(), theirs: arn() }
        NotShown { alias: typed(), arn: arn(), named: arn(), waited: "60 s".into() }
        Symmetric { arn: arn() }
        NoRoomForTag { arn: arn() }
        NothingBefore { alias: typed(), arn: arn() }
        BackAlready { alias: typed(), arn: arn(), by: arn().id().to_string() }
        PreviousGone { arn: arn(), id: arn().id().to_string() }
        PreviousNotEnabled { arn: arn(), state: KeyState::Disabled }
        OnlyTagged { arn: arn(), old: arn() }
        NotConfirmed { arn: arn() }
        StillEnabled { arn: arn(), waited: "60 s".into() }
        OtherKind { arn: arn(), spec: KeySpec::Rsa2048.into(), asked: KeySpec::Hmac256 }
        UnfitKey { arn: arn(), old: arn(), differences: vec!["its key usage is KEY_AGREEMENT, and SIGN_VERIFY is needed".into()] }
        KeyEmpty { arn: arn() }
        Unproven { arn: arn() }
        DeletedPrincipals { arn: arn(), principals: vec!["AROAEXAMPLEID1234567".into()] }
        TooManyTags { count: 52 }
        Running { alias: typed(), waited: "60 s".into() }
    }
    endpoints: EndpointError {
        NotAUrl { url: typed(), problem: "there is no host in it" }
        NotAws { url: typed(), origin: "the environment or the profile" }
        ForeignProvider { url: typed(), asked: "STS", variable: "AWS_ENDPOINT_URL_STS" }
        PlainHttp { url: typed() }
        FipsAndCustom { url: typed() }
        FipsMissing {}
        NotFips { url: typed() }
        NameUnknown { host: typed(), because: foreign() }
        ConnectionRefused { host: typed(), because: foreign() }
        Unreachable { host: typed(), because: foreign() }
        ConnectTimeout { host: typed(), limit: Duration::from_millis(250) }
        ReadTimeout { host: typed(), limit: Duration::from_secs(30) }
        Reset { host: typed(), because: foreign() }
        ReplyTooLarge { host: typed(), limit: 1024 }
        NotHttp { host: typed(), because: foreign() }
        TlsUntrusted { host: typed(), because: foreign() }
        TlsWrongName { host: typed(), because: foreign() }
        TlsExpired { host: typed(), because: foreign() }
        TlsNotYetValid { host: typed(), because: foreign() }
        TlsHandshake { host: typed(), because: foreign() }
        TlsSetup { because: foreign() }
        CaBundle { path: path(), named_by: "AWS_CA_BUNDLE", because: foreign() }
        ProxyUnusable { variable: "HTTPS_PROXY" }
        ProxyPassword { variable: "HTTPS_PROXY" }
        ProxyPort { variable: "HTTPS_PROXY" }
        ProxyUnreachable { proxy: typed(), because: foreign() }
        ProxyTimeout { proxy: typed(), host: typed(), limit: Duration::from_secs(5) }
        ProxyTunnel { proxy: typed(), because: foreign() }
    }
    calls: KmsError {
        NoRegion { profile: None }
        NoRegion { profile: Some(typed()) }
        NoProfile { profile: typed(), known: vec![typed(), typed()], without_prefix: false }
        NoProfile { profile: typed(), known: Vec::new(), without_prefix: false }
        NoProfile { profile: typed(), known: vec![typed()], without_prefix: true }
        ChinaRegion { region: typed() }
        SettingUnusable { name: "AWS_MAX_ATTEMPTS".into(), value: "0".into(), wanted: "a whole number from 1", undo: "unset it" }
        NotARegion { region: typed() }
        NotARegion { region: "us-east-1a".into() }
        NoCredentials { profile: None, because: foreign() }
        NoCredentials { profile: Some(typed()), because: foreign() }
        CredentialsFail { profile: None, because: foreign() }
        CredentialsFail { profile: Some(typed()), because: foreign() }
        CredentialsMalformed { origin: "SSO".into(), field: "session token", found: "a line break", place: 21 }
        Unsendable { operation: Operation::CreateKey, because: foreign() }
        Refused(Box::new(refusals::any()))
        ReplyLost { operation: Operation::CreateKey, cause: lost() }
        ReplyLost { operation: Operation::CreateAlias, cause: lost() }
        ReplyLost { operation: Operation::ImportKeyMaterial, cause: lost() }
        ReplyLost { operation: Operation::DeleteImportedKeyMaterial, cause: lost() }
        ReplyLost { operation: Operation::RotateKeyOnDemand, cause: lost() }
        ReplyLost { operation: Operation::ScheduleKeyDeletion, cause: lost() }
        ReplyLost { operation: Operation::TagResource, cause: lost() }
        NotKms { operation: Operation::DescribeKey, endpoint: typed(), status: 502, because: foreign() }
        FieldMissing { operation: Operation::CreateKey, field: "KeyMetadata" }
        ValueUnknown { operation: Operation::CreateKey, field: "KeyState", value: typed() }
        OtherKey { operation: Operation::DescribeKey, asked: typed(), answered: typed() }
        EndlessList { operation: Operation::ListKeys }
        Endpoint (EndpointError::NotFips { url: typed() })
        File (FileError::BinaryToTerminal { what: "configuration file" }.into())
    }
}
