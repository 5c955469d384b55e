//! Values of flags that come from a list: an error says what ours says, and completions, help and man pages show the list.

use std::error::Error;
use std::ffi::OsStr;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command};
use kms_byok::material::{Format, KeySpec, KeyUsage};
use kms_byok::proof::Level;
use kms_byok::wrap::{WrappingAlgorithm, WrappingKeySpec};

/// A parser of names, with the names. It knows more about other names than that they are not in the list.
#[derive(Clone)]
struct OneOf<P> {
    names: Vec<&'static str>,
    parser: P,
}

impl<P: TypedValueParser> TypedValueParser for OneOf<P> {
    type Value = P::Value;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<P::Value, clap::Error> {
        self.parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.names.iter().map(PossibleValue::new)))
    }
}

fn one_of<T>(names: impl IntoIterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: Into<Box<dyn Error + Send + Sync>>,
{
    OneOf { names: names.into_iter().collect(), parser: |text: &str| text.parse::<T>() }
}

pub(crate) fn key_spec() -> impl TypedValueParser<Value = KeySpec> {
    one_of(KeySpec::ALL.map(|spec| spec.name()))
}

pub(crate) fn key_usage() -> impl TypedValueParser<Value = KeyUsage> {
    let all = [KeyUsage::EncryptDecrypt, KeyUsage::SignVerify, KeyUsage::GenerateVerifyMac, KeyUsage::KeyAgreement];
    one_of(all.map(|usage| usage.name()))
}

pub(crate) fn format() -> impl TypedValueParser<Value = Format> {
    one_of(Format::ALL.map(|format| format.name()))
}

pub(crate) fn wrapping_algorithm() -> impl TypedValueParser<Value = WrappingAlgorithm> {
    one_of(WrappingAlgorithm::ALL.map(|algorithm| algorithm.name()))
}

pub(crate) fn wrapping_key_spec() -> impl TypedValueParser<Value = WrappingKeySpec> {
    one_of(WrappingKeySpec::ALL.map(|spec| spec.name()))
}

/// `--verify`.
pub(crate) fn level() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(["off", "state", "use", "full"]).map(|word| match &*word {
        "off" => Level::Off,
        "state" => Level::State,
        "full" => Level::Full,
        _ => Level::Use,
    })
}

/// A flag that a variable may give, too: without a value on the command line, with one in the variable.
pub(crate) fn switch(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err("use 1 or 0, true or false, yes or no, on or off"),
    }
}
