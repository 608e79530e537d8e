//! `wats token`

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, anyhow};
use base64::Engine as _;
use serde_json::json;
use wats_station::Config;

use crate::{args::TokenCommand, context, exit, output::Output};

pub(crate) fn token(config: &Config, command: TokenCommand, output: Output) -> anyhow::Result<u8> {
    let file = context::token_file(config);
    match command {
        TokenCommand::Set { user } => {
            let token = match user {
                Some(user) if user.contains(':') => {
                    return Err(anyhow!("use {user:?}: a user name cannot hold a colon"));
                }
                Some(user) => {
                    let password = secret(&format!("password of {user}: "))?;
                    base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
                }
                None => secret("token: ")?,
            };
            if token.is_empty() {
                return Err(anyhow!("store the token: none was given"));
            }
            private_folder(&config.data_dir)
                .with_context(|| format!("make the data folder {}", config.data_dir.display()))?;
            store(&file, &token).with_context(|| format!("store the token in {}", file.display()))?;
            if output.json {
                output.value(&json!({ "stored": file }))?;
            } else {
                let readers = if cfg!(unix) { "this user alone" } else { "whoever may read that folder" };
                output.line(&format!("stored in {}, readable by {readers}", file.display()))?;
            }
        }
        TokenCommand::Clear => {
            let removed = match std::fs::remove_file(&file) {
                Ok(()) => true,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
                Err(error) => return Err(error).with_context(|| format!("remove {}", file.display())),
            };
            if output.json {
                output.value(&json!({ "removed": removed }))?;
            } else {
                output.line(if removed { "removed" } else { "none was stored" })?;
            }
        }
    }
    Ok(exit::OK)
}

fn secret(prompt: &str) -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password(prompt).context("read from the terminal");
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("read standard input")?;
    Ok(line.trim().to_owned())
}

/// Makes the data folder as the station does: for this user alone, where the platform has that.
fn private_folder(folder: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn store(file: &std::path::Path, token: &str) -> std::io::Result<()> {
    let fresh = file.with_extension("new");
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&fresh)?;
    writeln!(written, "{token}")?;
    written.sync_all()?;
    std::fs::rename(fresh, file)
}
