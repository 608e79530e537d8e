//! The interface `station`: settings, log, progress.

use wasmtime::Result;

use super::bindings::wats::converter::station::{self, Host};
use super::bindings::wats::converter::types::Value;
use crate::conversion::Level;
use crate::state::State;

impl Host for State {
    fn setting(&mut self, key: String) -> Result<Option<Value>> {
        self.not_in_describe("station.setting")?;
        Ok(self.facts.settings.get(&key).map(|value| match value {
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::Bool(flag) => Value::Flag(*flag),
            other => Value::Json(other.to_string()),
        }))
    }

    fn settings_json(&mut self) -> Result<String> {
        self.not_in_describe("station.settings-json")?;
        Ok(self.facts.settings.json().to_owned())
    }

    fn log(&mut self, level: station::Level, message: String) -> Result<()> {
        let level = match level {
            station::Level::Trace => Level::Trace,
            station::Level::Debug => Level::Debug,
            station::Level::Info => Level::Info,
            station::Level::Warn => Level::Warn,
            station::Level::Error => Level::Error,
        };
        self.log.push(level, &message);
        Ok(())
    }

    fn progress(&mut self, fraction: f64) -> Result<()> {
        if let Some(progress) = &self.progress
            && !fraction.is_nan()
        {
            progress(fraction.clamp(0.0, 1.0));
        }
        Ok(())
    }
}
