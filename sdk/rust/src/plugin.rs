//! The trait that an author implements, and what stands between it and the contract.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;

use crate::bindings::wats::converter::conversion as wire;
use crate::{Descriptor, Detection, Error, Input, Outcome, Reports, host};

/// A converter: turns result files of test equipment into WATS reports.
///
/// Every call of `convert` gets a fresh instance: nothing is kept from file to file.
pub trait Converter {
    /// The plugin's settings, mostly a struct with `#[derive(serde::Deserialize, schemars::JsonSchema)]`,
    /// `#[serde(default)]` and a `Default`; [`NoSettings`] when there is nothing to set. The station checks what the operator
    /// wrote against the schema.
    type Settings: Settings;

    /// What the plugin is. The same at every call.
    fn descriptor() -> Descriptor;

    /// Whether the plugin can read the input. A good probe reads the first few KiB and no more.
    fn probe(input: &Input, settings: &Self::Settings) -> Detection;

    /// Reads the input and writes its reports.
    ///
    /// # Errors
    /// When the file cannot be converted: then it leaves no report at all.
    fn convert(input: &Input, settings: &Self::Settings, reports: &mut Reports) -> Result<Outcome, Error>;
}

/// What an operator can set. Do not implement it: every type that is `serde::Deserialize`, `schemars::JsonSchema` and `Default`
/// has it.
pub trait Settings: Sized {
    /// JSON Schema 2020-12 of an object, with defaults; empty when there is nothing to set.
    #[doc(hidden)]
    fn schema() -> String;

    /// From one JSON object.
    #[doc(hidden)]
    fn from_json(text: &str) -> Result<Self, Error>;
}

impl<S: DeserializeOwned + JsonSchema + Default> Settings for S {
    fn schema() -> String {
        let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<S>();
        schema.as_value().to_string()
    }

    fn from_json(text: &str) -> Result<Self, Error> {
        match text.trim() {
            "" | "{}" => Ok(S::default()),
            text => serde_json::from_str(text).map_err(|error| Error::misconfigured(format!("settings: {error}"))),
        }
    }
}

/// For a plugin without settings. It takes no JSON code into the plugin: that is half of a small one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoSettings;

impl Settings for NoSettings {
    fn schema() -> String {
        String::new()
    }

    fn from_json(_: &str) -> Result<Self, Error> {
        Ok(Self)
    }
}

pub(crate) fn describe<C: Converter>() -> wire::Descriptor {
    C::descriptor().into_wire(C::Settings::schema())
}

pub(crate) fn probe<C: Converter>(input: &Input) -> Detection {
    match C::Settings::from_json(&host::settings_json()) {
        Ok(settings) => C::probe(input, &settings),
        // The station checked the settings against the schema, so this is rare. It must not look like "not my file", or a more
        // general plugin would get it: a plugin that traps is held, and its files wait.
        Err(error) => stop(&error),
    }
}

#[expect(clippy::panic, reason = "ends the call with the message; see above")]
fn stop(error: &Error) -> ! {
    panic!("{error}")
}

pub(crate) fn convert<C: Converter>(input: &Input) -> Result<Outcome, Error> {
    let settings = C::Settings::from_json(&host::settings_json())?;
    // An error that says only that the file must wait is none.
    C::convert(input, &settings, &mut Reports::new()).or_else(|error| error.into_waiting().map(Outcome::Waiting))
}

#[cfg(target_arch = "wasm32")]
mod exports {
    use std::marker::PhantomData;

    use super::{Converter, convert, describe, probe};
    use crate::bindings::Guest;
    use crate::bindings::wats::converter::conversion as wire;
    use crate::{Error, Input, Outcome, log};

    /// The exports of the world `converter`, by a [`Converter`].
    #[derive(Debug)]
    pub struct Plugin<C>(PhantomData<C>);

    impl<C: Converter> Guest for Plugin<C> {
        fn describe() -> wire::Descriptor {
            report_panics();
            describe::<C>()
        }

        fn probe(input: wire::Input) -> wire::Detection {
            report_panics();
            probe::<C>(&Input::from_wire(input)).into_wire()
        }

        fn convert(input: wire::Input) -> Result<wire::Outcome, wire::ConvertError> {
            report_panics();
            convert::<C>(&Input::from_wire(input)).map(Outcome::into_wire).map_err(Error::into_wire)
        }
    }

    /// A panic ends the call without a word; so its message and place are logged before.
    pub(crate) fn report_panics() {
        std::panic::set_hook(Box::new(|panic| log::error(panic)));
    }
}

#[cfg(target_arch = "wasm32")]
pub use exports::Plugin;
#[cfg(target_arch = "wasm32")]
pub(crate) use exports::report_panics;
