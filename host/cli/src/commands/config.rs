//! `wats config`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use secrecy::SecretString;
use serde_json::json;
use wats_runtime::World;
use wats_station::{Config, config::RawConfig};
use wats_telemetry::Telemetry;

use crate::{
    args::ConfigCommand,
    context::{self, Loaded},
    exit,
    output::Output,
};

/// What `wats config init` writes.
const SAMPLE: &str = include_str!("../sample.toml");
/// Manifests that it writes beside the plugins that need a grant to be useful.
const OWN_ID: &str = "# Written by `wats config init`. WSJF files carry report ids of their own. With this grant they keep them; without it\n\
                      # ids are derived, and the file's own go along as misc info.\ngrants = [\"own-id\"]\n";

pub(crate) async fn config(file: Option<&Path>, command: ConfigCommand, output: Output) -> anyhow::Result<u8> {
    match command {
        ConfigCommand::Init { file } => init(&file, output),
        ConfigCommand::Check { offline } => check(&context::load(file)?, offline, output).await,
        ConfigCommand::Show => {
            let loaded = context::load(file)?;
            let raw: RawConfig = toml::from_str(&loaded.text)?;
            if output.json {
                output.value(&raw)?;
            } else {
                output.line(&toml::to_string_pretty(&raw)?)?;
            }
            Ok(exit::OK)
        }
        ConfigCommand::Schema => {
            output.line(&serde_json::to_string_pretty(&Config::json_schema())?)?;
            Ok(exit::OK)
        }
    }
}

fn init(file: &PathBuf, output: Output) -> anyhow::Result<u8> {
    let mut options = std::fs::OpenOptions::new();
    let mut written = options.write(true).create_new(true).open(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            anyhow!(
                "write {}: it exists, and is not overwritten; name another file, or remove it first",
                file.display()
            )
        }
        _ => anyhow!("write {}: {error}", file.display()),
    })?;
    std::io::Write::write_all(&mut written, SAMPLE.as_bytes()).with_context(|| format!("write {}", file.display()))?;
    let base = std::path::absolute(file)?.parent().map(Path::to_owned).unwrap_or_default();
    let config = Config::from_toml(SAMPLE, "the sample", &base).map_err(|error| context::wrong(&error))?;
    let mut manifests = Vec::new();
    for dir in context::plugin_dirs(&[], &config) {
        let (plugin, manifest) = (dir.join("wats-json.wasm"), dir.join("wats-json.toml"));
        if plugin.is_file() && !manifest.exists() {
            std::fs::write(&manifest, OWN_ID).with_context(|| format!("write {}", manifest.display()))?;
            manifests.push(manifest);
        }
    }
    if output.json {
        output.value(&json!({ "configuration": file, "manifests": manifests }))?;
        return Ok(exit::OK);
    }
    output.line(&format!("wrote {}", file.display()))?;
    for manifest in manifests {
        output.line(&format!(
            "wrote {}: wats-json may keep report ids that are in its files (grant own-id)",
            manifest.display()
        ))?;
    }
    output.line(
        "next: set [server] url, store the token with `wats token set`, then `wats config check`, then `wats run`",
    )?;
    Ok(exit::OK)
}

/// What a check came to.
enum Outcome {
    Good(String),
    /// It works, and is hardly what was meant.
    Doubtful(String),
    /// The configuration or what belongs to it must be changed.
    Wrong(String),
    /// It may be right: the server could not be asked, or refused.
    Failed(String),
}

async fn check(loaded: &Loaded, offline: bool, output: Output) -> anyhow::Result<u8> {
    let config = &loaded.config;
    let mut checks: Vec<(String, Outcome)> = Vec::new();
    let source = loaded.file.as_ref().map_or_else(|| "no file: defaults".to_owned(), |file| file.display().to_string());
    checks.push(("configuration".into(), Outcome::Good(source)));
    for inbox in &config.inboxes {
        let found = match std::fs::read_dir(&inbox.path) {
            Ok(_) => Outcome::Good(inbox.path.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Outcome::Good(format!("{} does not exist yet; it is made at start", inbox.path.display()))
            }
            Err(error) => Outcome::Wrong(format!("{}: {error}", inbox.path.display())),
        };
        checks.push((format!("inbox {}", inbox.name), found));
    }
    if config.inboxes.is_empty() && config.schedules.is_empty() {
        let what = "none is configured: nothing would be watched; add an [[inbox]] or a [[schedule]]";
        checks.push(("inboxes".into(), Outcome::Wrong(what.into())));
    }
    let plugins = super::plugin::load_all(&context::plugin_dirs(&[], config), config)?;
    for schedule in &config.schedules {
        let found = plugins.iter().filter_map(|(_, loaded)| loaded.as_ref().ok());
        let told = match found.into_iter().find(|plugin| plugin.name() == schedule.plugin) {
            Some(plugin) if plugin.world() == World::ScheduledConverter => {
                Outcome::Good(format!("{} {}, {}", plugin.name(), plugin.version(), schedule.when))
            }
            Some(plugin) => Outcome::Wrong(format!("{} converts files and cannot be run by a schedule", plugin.name())),
            None => Outcome::Wrong(format!("no plugin that loads is called {:?}", schedule.plugin)),
        };
        checks.push((format!("schedule {}", schedule.name), told));
    }
    for (path, loaded) in plugins {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let told = match loaded {
            Ok(plugin) if super::plugin::schedules_of(&plugin, &config.schedules).is_some_and(|all| all.is_empty()) => {
                let why = super::plugin::unscheduled(&plugin);
                Outcome::Doubtful(format!("{} {}: {why}", plugin.name(), plugin.version()))
            }
            Ok(plugin) => Outcome::Good(format!("{} {}", plugin.name(), plugin.version())),
            Err(error) => Outcome::Wrong(wats_runtime::chain(&error)),
        };
        checks.push((format!("plugin {name}"), told));
    }
    for orphan in context::orphans(&[], config) {
        checks.push(("manifest".into(), Outcome::Doubtful(orphan)));
    }
    match (&config.server, context::token(config)) {
        (None, _) => checks.push(("server".into(), Outcome::Good("none: reports are converted and held".into()))),
        (Some(_), Err(error)) => checks.push(("token".into(), Outcome::Wrong(format!("{error:#}")))),
        (Some(_), Ok(token)) => {
            if token.is_none() {
                let what = "none is stored; `wats token set` stores one";
                checks.push(("token".into(), Outcome::Wrong(what.into())));
            }
            checks.push(("server".into(), server(config, token, offline).await?));
        }
    }
    let code = if checks.iter().any(|(_, outcome)| matches!(outcome, Outcome::Wrong(_))) {
        exit::CONFIG
    } else if checks.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(_))) {
        exit::FAILED
    } else {
        exit::OK
    };
    if output.json {
        let checks: Vec<_> = checks
            .iter()
            .map(|(what, outcome)| match outcome {
                Outcome::Good(told) => json!({ "what": what, "ok": true, "told": told }),
                Outcome::Doubtful(told) => json!({ "what": what, "ok": true, "doubtful": true, "told": told }),
                Outcome::Wrong(told) | Outcome::Failed(told) => json!({ "what": what, "ok": false, "told": told }),
            })
            .collect();
        output.value(&json!({ "ok": code == exit::OK, "checks": checks }))?;
    } else {
        for (what, outcome) in &checks {
            let (mark, told) = match outcome {
                Outcome::Good(told) => (output.good("ok    "), told),
                Outcome::Doubtful(told) => (output.doubtful("warn  "), told),
                Outcome::Wrong(told) => (output.bad("wrong "), told),
                Outcome::Failed(told) => (output.bad("failed"), told),
            };
            output.line(&format!("{mark}  {what}: {}", told.trim_end()))?;
        }
    }
    Ok(code)
}

/// The way to the server, with the client that the station would have.
async fn server(config: &Config, token: Option<SecretString>, offline: bool) -> anyhow::Result<Outcome> {
    let telemetry = Telemetry::start(&wats_telemetry::Options { metrics: false, ..Default::default() })?;
    let mut options = wats_station::Options::new(telemetry.meter("wats"));
    options.token = token;
    let client = match wats_station::client(config, &options) {
        Ok(Some(client)) => client,
        Ok(None) => return Ok(Outcome::Good("none".into())),
        Err(error) => return Ok(Outcome::Wrong(wats_runtime::chain(&error))),
    };
    if offline {
        return Ok(Outcome::Good("not asked (--offline)".into()));
    }
    let report = client.check().await;
    let text = report.to_string();
    let told = text.strip_prefix("server ").unwrap_or(&text).to_owned();
    Ok(if report.is_ok() { Outcome::Good(told) } else { Outcome::Failed(told) })
}
