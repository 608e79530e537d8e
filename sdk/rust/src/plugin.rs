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
    type Settings: DeserializeOwned + JsonSchema + Default;

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

/// For a plugin without settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

pub(crate) fn describe<C: Converter>() -> wire::Descriptor {
    C::descriptor().into_wire(settings_schema::<C::Settings>())
}

pub(crate) fn probe<C: Converter>(input: &Input) -> wire::Detection {
    match settings::<C::Settings>() {
        Ok(settings) => C::probe(input, &settings).into_wire(),
        // The station checked the settings against the schema, so this is rare. It must not look like "not my file", or a more
        // general plugin would get it: a plugin that traps is held, and its files wait.
        Err(error) => stop(&error),
    }
}

#[expect(clippy::panic, reason = "ends the call with the message; see above")]
fn stop(error: &Error) -> ! {
    panic!("{error}")
}

pub(crate) fn convert<C: Converter>(input: &Input) -> Result<wire::Outcome, wire::ConvertError> {
    let outcome = settings::<C::Settings>().and_then(|settings| C::convert(input, &settings, &mut Reports::new()));
    match outcome {
        Ok(outcome) => Ok(outcome.into_wire()),
        Err(error) => error.into_parts().map(|waiting| wire::Outcome::Waiting(waiting.into_wire())),
    }
}

fn settings<S: DeserializeOwned + Default>() -> Result<S, Error> {
    let text = host::settings_json();
    match text.trim() {
        "" | "{}" | "null" => Ok(S::default()),
        text => serde_json::from_str(text).map_err(|error| Error::misconfigured(format!("settings: {error}"))),
    }
}

/// JSON Schema 2020-12 of the settings; empty when there is nothing to set.
fn settings_schema<S: JsonSchema>() -> String {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<S>();
    let nothing =
        |key: &str| schema.get(key).and_then(serde_json::Value::as_object).is_none_or(serde_json::Map::is_empty);
    if nothing("properties") && nothing("$defs") && schema.get("oneOf").is_none() && schema.get("anyOf").is_none() {
        return String::new();
    }
    schema.as_value().to_string()
}

#[cfg(target_arch = "wasm32")]
mod exports {
    use std::marker::PhantomData;

    use super::{Converter, convert, describe, probe};
    use crate::bindings::Guest;
    use crate::bindings::wats::converter::conversion as wire;
    use crate::{Input, log};

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
            probe::<C>(&Input::from_wire(input))
        }

        fn convert(input: wire::Input) -> Result<wire::Outcome, wire::ConvertError> {
            report_panics();
            convert::<C>(&Input::from_wire(input))
        }
    }

    /// A panic ends the call without a word; so its message and place are logged before.
    fn report_panics() {
        std::panic::set_hook(Box::new(|panic| log::error(panic)));
    }
}

#[cfg(target_arch = "wasm32")]
pub use exports::Plugin;
