//! Which of OpenSSL's providers are active, and whether a FIPS provider could be.

/// The providers of the loaded OpenSSL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Providers {
    /// Those that answer now, by OpenSSL's own names; empty before 3.0, which has none. A provider that only encodes and decodes
    /// keys (`base`) does not show.
    pub active: Vec<&'static str>,
    /// A FIPS provider loads when it is asked for by name, whether or not it is active. Where the provider needs the fipsmodule.cnf
    /// that `openssl fipsinstall` writes, it loads only with a configuration that has it.
    pub fips_loads: bool,
}

/// Asks for a digest that each provider has, and tries to load the FIPS provider in a library context of its own.
#[cfg(openssl_has_providers)]
pub(crate) fn providers() -> Providers {
    use openssl::lib_ctx::LibCtx;
    use openssl::md::Md;
    use openssl::provider::Provider;
    let answers = |digest, properties| Md::fetch(None, digest, Some(properties)).is_ok();
    let known = [
        ("default", "SHA2-256", "provider=default"),
        ("fips", "SHA2-256", "provider=fips"),
        ("legacy", "MD4", "provider=legacy"),
    ];
    let is_active = |(name, digest, properties)| answers(digest, properties).then_some(name);
    let active: Vec<&str> = known.into_iter().filter_map(is_active).collect();
    let loads = || LibCtx::new().and_then(|context| Provider::try_load(Some(&context), "fips", true).map(drop)).is_ok();
    Providers { fips_loads: active.contains(&"fips") || loads(), active }
}

/// Before 3.0 there are no providers to ask for.
#[cfg(not(openssl_has_providers))]
pub fn providers() -> Providers {
    Providers::default()
}
