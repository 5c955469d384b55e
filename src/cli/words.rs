//! Hints in the words of the command line: the library names what can be set and run, and here that gets its flags and verbs.

use kms_byok::{Hint, Part, Setting, Step};

/// A hint as the command line says it.
pub(crate) fn sentence(hint: &Hint) -> String {
    hint.parts().iter().map(part).collect()
}

fn part(part: &Part) -> String {
    match part {
        Part::Text(text) => text.clone(),
        Part::Setting(setting, value) => given(*setting, value.as_deref()),
        Part::Step(step, settings) => {
            let flags = settings.iter().map(|(setting, value)| format!(" {}", given(*setting, value.as_deref())));
            format!("`kms-byok {}{}`", verb(*step), flags.collect::<String>())
        }
    }
}

fn given(setting: Setting, value: Option<&str>) -> String {
    let flag = flag(setting);
    value.map_or_else(|| flag.to_owned(), |value| format!("{flag} {value}"))
}

/// The flag that sets it.
pub(crate) const fn flag(setting: Setting) -> &'static str {
    match setting {
        Setting::Adopt => "--adopt",
        Setting::Alias => "--alias",
        Setting::AllowEndpointEnv => "--allow-endpoint-env",
        Setting::AllowRemote => "--allow-remote",
        Setting::AllowSha1 => "--allow-sha1",
        Setting::Component => "--component",
        Setting::Components => "--components",
        Setting::ConnectTimeout => "--connect-timeout",
        Setting::Custodian => "--custodian",
        Setting::Directory => "--dir",
        Setting::DisableOld => "--disable-old",
        Setting::Encrypted => "--encrypted",
        Setting::EndpointUrl => "--endpoint-url",
        Setting::Escrow => "--escrow",
        Setting::EscrowOut => "--escrow-out",
        Setting::ExpectKcv => "--expect-kcv",
        Setting::ExpectPublicKey => "--expect-public-key",
        Setting::FindLost => "--find-lost",
        Setting::FipsEndpoint => "--fips-endpoint",
        Setting::Force => "--force",
        Setting::Generate => "--generate",
        Setting::ImportToken => "--import-token",
        Setting::ImportType => "--import-type",
        Setting::InKey => "--inkey",
        Setting::InsecureEndpoint => "--insecure-endpoint",
        Setting::Jwks => "--jwks",
        Setting::KeyId => "--key-id",
        Setting::KeyMaterialId => "--key-material-id",
        Setting::KeySpec => "--key-spec",
        Setting::Material => "--material",
        Setting::MaterialDescription => "--material-description",
        Setting::MaterialFormat => "--material-format",
        Setting::MaterialFromEscrow => "--material-from-escrow",
        Setting::MultiRegion => "--multi-region",
        Setting::NewKey => "--new-key",
        Setting::NoReimport => "--no-reimport",
        Setting::Out => "--out",
        Setting::PassphraseFile => "--passphrase-file",
        Setting::Pkcs11Module => "--pkcs11-module",
        Setting::Pkcs11Uri => "--pkcs11-uri",
        Setting::Policy => "--policy",
        Setting::Prepare => "--prepare",
        Setting::Profile => "--profile",
        Setting::ReadTimeout => "--read-timeout",
        Setting::RecipientKey => "--recipient-key",
        Setting::Region => "--region",
        Setting::RequireFips => "--require-fips",
        Setting::Resume => "--resume",
        Setting::Rollback => "--rollback",
        Setting::ShowKcv => "--show-kcv",
        Setting::Strict => "--strict",
        Setting::Switch => "--switch",
        Setting::To => "--to",
        Setting::Verify => "--verify",
        Setting::WrappingKeySpec => "--wrapping-key-spec",
        Setting::Yes => "--yes",
    }
}

/// The verb that runs it.
pub(crate) const fn verb(step: Step) -> &'static str {
    match step {
        Step::CreateKey => "create-key",
        Step::DeleteMaterial => "delete-material",
        Step::Diagnose => "diagnose",
        Step::Doctor => "doctor",
        Step::GetParameters => "get-parameters",
        Step::Import => "import",
        Step::Rehearsal => "rehearsal serve",
        Step::Rotate => "rotate",
        Step::Status => "status",
        Step::Verify => "verify",
        Step::Wrap => "wrap",
    }
}
