//! `wats replay CAPSULE.zip`: does it come to the same here?

use std::{path::Path, sync::Arc};

use serde_json::{Value, json};
use wats_report::cases::differences;
use wats_runtime::{Manifest, Plugin, Runtime};

use super::{
    Recorded,
    format::{Capsule, Whole},
};
use crate::{
    commands::plugin::{self, Setup, sandbox},
    exit::{self, Coded},
    output::{Output, plain},
};

/// Differences shown.
const SHOWN: usize = 20;

pub(crate) fn reproduce(file: &Path, output: Output) -> anyhow::Result<u8> {
    let refused = |what: String| anyhow::Error::from(Coded { code: exit::REFUSED, what });
    let whole = Whole::read(file).map_err(|why| refused(format!("take the capsule {}: {why:#}", file.display())))?;
    let runtime = plugin::runtime(Setup { apart: true, ..Setup::default() })?;
    let plugin = load(&runtime, &whole).map_err(|why| refused(format!("load the plugin of the capsule: {why}")))?;
    let ran = run(&plugin, &whole)?;
    let capsule = &whole.capsule;
    let told = differences(&capsule.outcome, &ran.document);
    let same = told.is_empty();
    if output.json {
        output.value(&json!({
            "ok": same, "plugin": capsule.plugin.name, "version": capsule.plugin.version, "redacted": capsule.redacted,
            "recorded": capsule.outcome, "outcome": ran.document, "differences": told, "log": ran.conversion.log,
            "made_with": capsule.versions,
        }))?;
        return Ok(if same { exit::OK } else { exit::FAILED });
    }
    show(capsule, &ran, output)?;
    if same {
        output.line(&output.good("the same as recorded"))?;
        return Ok(exit::OK);
    }
    output.line(&output.bad("not the same as recorded"))?;
    for line in told.iter().take(SHOWN) {
        output.line(&format!("    {}", plain(line)))?;
    }
    let made = &capsule.versions;
    output.line(&format!(
        "    it was made with wats {}, {}, on {}",
        plain(&made.wats),
        plain(&made.engine),
        plain(&made.system)
    ))?;
    if !capsule.plugin.settings_left_out.is_empty() {
        let names = capsule.plugin.settings_left_out.join(", ");
        output.line(&format!("    without the settings {}, which seemed to be secrets", plain(&names)))?;
    }
    Ok(exit::FAILED)
}

/// Its plugin, with the settings of the capsule and the limits of this program. What it is granted gives it nothing of this
/// machine: lookups are answered from the capsule.
pub(super) fn load(runtime: &Runtime, whole: &Whole) -> Result<Plugin, String> {
    let mut manifest = Manifest::default();
    manifest.settings = whole.capsule.plugin.settings.clone();
    manifest.grants.clone_from(&whole.capsule.plugin.grants);
    runtime.load_bytes(Path::new("plugin.wasm"), &whole.plugin, manifest).map_err(|error| wats_runtime::chain(&error))
}

/// Converts its source as the station of the capsule.
pub(super) fn run(plugin: &Plugin, whole: &Whole) -> anyhow::Result<sandbox::Ran> {
    let source = whole.source()?;
    let defaults = whole.capsule.station.defaults(&source.main.modified)?;
    Ok(sandbox::convert_as(plugin, &source, defaults, Arc::new(Recorded::new(&whole.capsule.lookups))))
}

fn show(capsule: &Capsule, ran: &sandbox::Ran, output: Output) -> anyhow::Result<()> {
    let path = capsule.source.first().map(|part| plain(&part.path)).unwrap_or_default();
    let by = format!("{} {}", plain(&capsule.plugin.name), plain(&capsule.plugin.version));
    output.line(&format!("{}  by {by}: {}", output.strong(&path), plain(&summary(&ran.document))))?;
    for line in ran.conversion.log.iter().take(SHOWN) {
        output.line(&format!("    plugin says: {}", plain(&line.message)))?;
    }
    if let Err(failure) = &ran.conversion.outcome {
        for frame in failure.backtrace.iter().take(SHOWN) {
            output.line(&format!("    at {}", plain(&frame.to_string())))?;
        }
    }
    Ok(())
}

/// An outcome in one line.
pub(super) fn summary(outcome: &Value) -> String {
    if let Some(reports) = outcome.as_array() {
        return crate::output::count(reports.len() as u64, "report");
    }
    let text = |pointer: &str| outcome.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match outcome.get("error") {
        Some(_) if text("/error/place").is_empty() => format!("{}: {}", text("/error/kind"), text("/error/message")),
        Some(_) => format!("{} at {}: {}", text("/error/kind"), text("/error/place"), text("/error/message")),
        None => outcome.to_string(),
    }
}
