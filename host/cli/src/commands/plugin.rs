//! `wats plugin`

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wats_runtime::{Compiler, Error, Plugin, Runtime, RuntimeOptions};
use wats_station::Config;
use wats_telemetry::Telemetry;

use crate::{
    args::PluginCommand,
    context::{self, Loaded},
    exit,
    output::{Output, plain},
    service::Service,
};

pub(crate) async fn plugin(loaded: &Loaded, command: PluginCommand, output: Output) -> anyhow::Result<u8> {
    match command {
        PluginCommand::List { plugins } => {
            let dirs = context::plugin_dirs(&plugins, &loaded.config);
            let loaded = load_all(&dirs, &loaded.config)?;
            if loaded.is_empty() && !output.json {
                let dirs: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
                output.line(&format!("no plugin in {}", dirs.join(", ")))?;
            }
            show(&loaded, output)
        }
        PluginCommand::Check { files } => {
            let runtime = runtime(&loaded.config)?;
            let loaded: Vec<_> = files.into_iter().map(|file| (file.clone(), runtime.load(&file))).collect();
            show(&loaded, output)
        }
        PluginCommand::Hold { name } => act(loaded, &name, "hold", output).await,
        PluginCommand::Resume { name } => act(loaded, &name, "resume", output).await,
        PluginCommand::Approve { name } => act(loaded, &name, "approve", output).await,
    }
}

async fn act(loaded: &Loaded, name: &str, action: &str, output: Output) -> anyhow::Result<u8> {
    let service = Service::need(&loaded.config).await?;
    let answer: Value = service.post(&format!("/api/plugins/{name}/{action}"), &json!({})).await?;
    if output.json {
        output.value(&answer)?;
    } else {
        let said = answer.get("said").and_then(Value::as_str).unwrap_or(action);
        output.line(&format!("{name}: {}", plain(said)))?;
    }
    Ok(exit::OK)
}

fn runtime(config: &Config) -> anyhow::Result<Runtime> {
    let telemetry = Telemetry::start(&wats_telemetry::Options { metrics: false, ..Default::default() })?;
    let mut options = RuntimeOptions::new(telemetry.meter("wats"));
    options.workers = 1;
    options.compiler = Compiler::InProcess;
    options.trust = config.plugins.trust.clone();
    Ok(Runtime::new(options)?)
}

/// Loads every plugin of the folders, in the order of their names.
pub(crate) fn load_all(dirs: &[PathBuf], config: &Config) -> anyhow::Result<Vec<(PathBuf, Result<Plugin, Error>)>> {
    let mut files = Vec::new();
    for dir in dirs {
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        files.extend(entries.flatten().map(|entry| entry.path()).filter(|path| is_wasm(path)));
    }
    files.sort();
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let runtime = runtime(config)?;
    let load = |file: PathBuf| {
        let folder = runtime.trust().check_folder(file.parent().unwrap_or(&file));
        let loaded = folder.and_then(|()| runtime.load(&file));
        (file, loaded)
    };
    Ok(files.into_iter().map(load).collect())
}

fn is_wasm(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm")
}

fn show(loaded: &[(PathBuf, Result<Plugin, Error>)], output: Output) -> anyhow::Result<u8> {
    let mut code = exit::OK;
    let mut values = Vec::new();
    for (path, loaded) in loaded {
        let size = std::fs::metadata(path).map(|found| found.len()).unwrap_or_default();
        match loaded {
            Ok(plugin) => {
                let descriptor = plugin.descriptor();
                let wanted: Vec<_> = descriptor.wanted_grants.iter().map(ToString::to_string).collect();
                let granted: Vec<_> = plugin.grants().iter().map(|grant| grant.to_string()).collect();
                values.push(json!({
                    "path": path, "ok": true, "name": plugin.name(), "version": plugin.version(), "digest": plugin.digest(),
                    "size": size, "summary": descriptor.summary, "formats": descriptor.formats,
                    "patterns": descriptor.recognition.patterns, "wants": wanted, "granted": granted,
                    "signed": plugin.signed().map(|signed| &signed.comment),
                    "loaded_in_ms": plugin.loaded_in().as_secs_f64() * 1000.0,
                }));
                if !output.json {
                    output.line(&format!(
                        "{} {}  {}  {}",
                        output.strong(plugin.name()),
                        plugin.version(),
                        output.good("loads"),
                        plain(&descriptor.summary)
                    ))?;
                    output.line(&format!(
                        "    {}  {} KiB, loaded in {:.0} ms, this station speaks {}",
                        path.display(),
                        size / 1024,
                        plugin.loaded_in().as_secs_f64() * 1000.0,
                        wats_runtime::spoken_versions()
                    ))?;
                    output.line(&format!(
                        "    files {}  wants {}  granted {}  {}",
                        descriptor.recognition.patterns.join(" "),
                        or_none(&wanted),
                        or_none(&granted),
                        plugin
                            .signed()
                            .map_or("not signed".into(), |signed| format!("signed: {}", plain(&signed.comment)))
                    ))?;
                }
            }
            Err(error) => {
                code = exit::REFUSED;
                let why = wats_runtime::chain(error);
                values.push(json!({ "path": path, "ok": false, "error": why }));
                if !output.json {
                    output.line(&format!("{}  {}", output.bad("does not load"), plain(&why)))?;
                }
            }
        }
    }
    if output.json {
        output.value(&values)?;
    }
    Ok(code)
}

fn or_none(list: &[String]) -> String {
    if list.is_empty() { "nothing".into() } else { list.join(" ") }
}
