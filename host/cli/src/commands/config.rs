//! `wats config`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use serde_json::json;
use wats_station::{Config, config::RawConfig};

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
        std::io::ErrorKind::AlreadyExists => anyhow!("write {}: it exists, and is not overwritten", file.display()),
        _ => anyhow!("write {}: {error}", file.display()),
    })?;
    std::io::Write::write_all(&mut written, SAMPLE.as_bytes()).with_context(|| format!("write {}", file.display()))?;
    output.line(&format!("wrote {}", file.display()))?;
    let base = std::path::absolute(file)?.parent().map(Path::to_owned).unwrap_or_default();
    let config = Config::from_toml(SAMPLE, "the sample", &base).map_err(context::WrongConfig)?;
    for dir in context::plugin_dirs(&[], &config) {
        let (plugin, manifest) = (dir.join("wats-json.wasm"), dir.join("wats-json.toml"));
        if plugin.is_file() && !manifest.exists() {
            std::fs::write(&manifest, OWN_ID).with_context(|| format!("write {}", manifest.display()))?;
            output.line(&format!(
                "wrote {}: wats-json may keep report ids that are in its files (grant own-id)",
                manifest.display()
            ))?;
        }
    }
    output.line(
        "next: set [server] url, store the token with `wats token set`, then `wats config check`, then `wats run`",
    )?;
    Ok(exit::OK)
}

async fn check(loaded: &Loaded, offline: bool, output: Output) -> anyhow::Result<u8> {
    let config = &loaded.config;
    let mut checks: Vec<(String, Result<String, String>)> = Vec::new();
    let source = loaded.file.as_ref().map_or_else(|| "no file: defaults".to_owned(), |file| file.display().to_string());
    checks.push(("configuration".into(), Ok(source)));
    for inbox in &config.inboxes {
        let found = match std::fs::read_dir(&inbox.path) {
            Ok(_) => Ok(inbox.path.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(format!("{} does not exist yet; it is made at start", inbox.path.display()))
            }
            Err(error) => Err(format!("{}: {error}", inbox.path.display())),
        };
        checks.push((format!("inbox {}", inbox.name), found));
    }
    if config.inboxes.is_empty() {
        checks.push(("inboxes".into(), Err("none is configured: nothing would be watched; add an [[inbox]]".into())));
    }
    for (path, loaded) in super::plugin::load_all(&context::plugin_dirs(&[], config))? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let told = loaded
            .map(|plugin| format!("{} {}", plugin.name(), plugin.version()))
            .map_err(|error| wats_runtime::chain(&error));
        checks.push((format!("plugin {name}"), told));
    }
    match (&config.server, context::token(config)) {
        (None, _) => checks.push(("server".into(), Ok("none: reports are converted and held".into()))),
        (Some(_), Err(error)) => checks.push(("token".into(), Err(format!("{error:#}")))),
        (Some(server), Ok(token)) => {
            if token.is_none() {
                checks.push(("token".into(), Err("none is stored; `wats token set` stores one".into())));
            }
            if !offline {
                let mut builder = wats_client::Client::builder(&server.url);
                if let Some(token) = token {
                    builder = builder.token(token);
                }
                if let Some(file) = &server.raw.ca_file {
                    builder = builder.ca_certificate_file(file);
                }
                let report = builder.build()?.check().await;
                let told = report.to_string();
                checks.push(("server".into(), if report.is_ok() { Ok(told) } else { Err(told) }));
            }
        }
    }
    let good = checks.iter().all(|(_, outcome)| outcome.is_ok());
    if output.json {
        let checks: Vec<_> = checks
            .iter()
            .map(|(what, outcome)| match outcome {
                Ok(told) => json!({ "what": what, "ok": true, "told": told }),
                Err(told) => json!({ "what": what, "ok": false, "told": told }),
            })
            .collect();
        output.value(&json!({ "ok": good, "checks": checks }))?;
    } else {
        for (what, outcome) in &checks {
            let (mark, told) = match outcome {
                Ok(told) => (output.good("ok   "), told),
                Err(told) => (output.bad("wrong"), told),
            };
            output.line(&format!("{mark}  {what}: {told}"))?;
        }
    }
    Ok(if good { exit::OK } else { exit::CONFIG })
}
