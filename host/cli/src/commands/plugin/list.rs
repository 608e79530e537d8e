//! `wats plugin list`.

use std::path::{Path, PathBuf};

use serde_json::Value;
use wats_runtime::{Error, Plugin, World};
use wats_station::{Config, config::Schedule};

use super::{Setup, facts};
use crate::{
    commands::calling,
    context::{self, Loaded},
    exit,
    output::{self, Output, plain},
    service::Service,
};

pub(super) async fn list(loaded: &Loaded, plugins: &[PathBuf], output: Output) -> anyhow::Result<u8> {
    context::must_be_folders(plugins)?;
    let dirs = context::plugin_dirs(plugins, &loaded.config);
    for orphan in context::orphans(plugins, &loaded.config) {
        output::warn(&orphan);
    }
    // Of other folders than its own, a station knows nothing.
    let running = if plugins.is_empty() { running(loaded).await } else { Vec::new() };
    // Of other folders than its own, a configuration says nothing.
    let schedules = plugins.is_empty().then_some(loaded.config.schedules.as_slice());
    let loaded = load_all(&dirs, &loaded.config)?;
    if loaded.is_empty() && !output.json {
        let dirs: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
        output.line(&format!("no plugin in {}", dirs.join(", ")))?;
    }
    let mut code = exit::OK;
    let mut values = Vec::new();
    for (path, loaded) in &loaded {
        if loaded.is_err() {
            code = exit::REFUSED;
        }
        let size = std::fs::metadata(path).map(|found| found.len()).unwrap_or_default();
        let state = state_of(path, loaded.as_ref().ok(), &running);
        let schedules = loaded.as_ref().ok().and_then(|plugin| schedules_of(plugin, schedules?));
        if output.json {
            let mut value = facts::value(path, size, loaded);
            if let (Some(value), Some(schedules)) = (value.as_object_mut(), &schedules) {
                let names = schedules.iter().map(|schedule| schedule.name.as_str());
                value.insert("schedules".to_owned(), names.collect());
            }
            if let (Some(value), Some((state, why))) = (value.as_object_mut(), state) {
                value.insert("state".to_owned(), state.into());
                value.insert("why".to_owned(), why.into());
            }
            values.push(value);
            continue;
        }
        output.line(&facts::headline(path, loaded, output))?;
        let state = state.map(|(state, why)| {
            let state = if state == "ready" { output.good(&state) } else { output.doubtful(&state) };
            format!("{state}  {}", plain(&why))
        });
        let Ok(plugin) = loaded else {
            if let Some(state) = state {
                facts::line("station", &state, output)?;
            }
            continue;
        };
        let took = plugin.loaded_in().as_secs_f64() * 1000.0;
        let cached = if plugin.loaded_from_cache() { " from the cache" } else { "" };
        let file = format!("{}  {}, loaded{cached} in {took:.0} ms", path.display(), facts::bytes(size));
        facts::line("file", &file, output)?;
        if let Some(state) = state {
            facts::line("station", &state, output)?;
        }
        if let Some(schedules) = schedules {
            let told: Vec<_> =
                schedules.iter().map(|schedule| format!("{}: {}", schedule.name, schedule.when)).collect();
            let told = if told.is_empty() { output.doubtful(&unscheduled(plugin)) } else { told.join(", ") };
            facts::line("schedule", &told, output)?;
        }
        facts::line("formats", &plain(&super::or_none(&plugin.descriptor().formats)), output)?;
        facts::line("files", &facts::patterns(plugin), output)?;
        facts::line("grants", &facts::grants(plugin), output)?;
        facts::line("signature", &facts::signature(plugin), output)?;
    }
    if output.json {
        output.value(&values)?;
    }
    Ok(code)
}

/// The schedules that run it, where that is how it is run.
pub(crate) fn schedules_of<'a>(plugin: &Plugin, all: &'a [Schedule]) -> Option<Vec<&'a Schedule>> {
    let is_scheduled = plugin.world() == World::ScheduledConverter;
    is_scheduled.then(|| all.iter().filter(|schedule| schedule.plugin == plugin.name()).collect())
}

/// What to say of a scheduled converter that loads, and never runs all the same.
pub(crate) fn unscheduled(plugin: &Plugin) -> String {
    format!("none runs it; add a [[schedule]] with plugin = {:?} to the configuration", plugin.name())
}

/// The plugins of the running station, if one runs: path, name, version, state, why.
async fn running(loaded: &Loaded) -> Vec<Value> {
    let Ok(service) = Service::find(&loaded.config).await else { return Vec::new() };
    let details: anyhow::Result<Value> = service.get("/health/details", &()).await;
    let plugins = details.ok().and_then(|details| details.get("plugins").and_then(Value::as_array).cloned());
    plugins.unwrap_or_default()
}

/// How the station has what is in this file: its state, and why it is in it. It may have an earlier content of it in service.
fn state_of(path: &Path, plugin: Option<&Plugin>, running: &[Value]) -> Option<(String, String)> {
    if running.is_empty() {
        return None;
    }
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let path = path.display().to_string();
    let Some(found) = running.iter().find(|known| text(known, "path") == path) else {
        return Some(("unknown".to_owned(), "the running station does not have it".to_owned()));
    };
    let (version, why) = (text(found, "version"), text(found, "why"));
    // Why it is in that state names the version that stays, where that is another one for a reason.
    let is_told = version.is_empty() || why.contains(&format!("version {version} "));
    let why = match plugin {
        Some(plugin) if version != plugin.version() && !is_told => format!("the station runs {version}; {why}"),
        _ => why,
    };
    Some((text(found, "state"), why.trim_end_matches("; ").to_owned()))
}

/// Loads every plugin of the folders, in the order of their names.
pub(crate) fn load_all(dirs: &[PathBuf], config: &Config) -> anyhow::Result<Vec<(PathBuf, Result<Plugin, Error>)>> {
    let mut files = Vec::new();
    for dir in dirs {
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        files.extend(entries.flatten().map(|entry| entry.path()).filter(|path| context::is_wasm(path)));
    }
    files.sort();
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let runtime = super::runtime(Setup::of(config))?;
    let load = |file: PathBuf| {
        let folder = runtime.trust().check_folder(file.parent().unwrap_or(&file));
        let loaded = folder.and_then(|()| runtime.load(&file));
        (file, loaded)
    };
    Ok(calling(|| files.into_iter().map(load).collect()))
}
