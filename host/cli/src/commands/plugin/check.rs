//! `wats plugin check`: would this host load it, and does it give the same twice?

use std::path::Path;

use serde_json::json;
use wats_runtime::{Anatomy, Error, Runtime};
use wats_station::Config;

use super::{Setup, determinism, facts};
use crate::{args::CheckArgs, exit, output::Output};

pub(super) fn check(config: &Config, args: &CheckArgs, output: Output) -> anyhow::Result<u8> {
    // Compiled anew: how long that takes is a part of the answer.
    let runtime = super::runtime(Setup { fresh: true, ..Setup::of(config) })?;
    let mut code = exit::OK;
    let mut values = Vec::new();
    for given in &args.files {
        let file = super::component(given)?;
        let (mut value, mut loads) = one(&runtime, &file, output)?;
        if loads && !args.determinism.is_empty() {
            let told = determinism::check(&file, &args.determinism, output)?;
            let same = told.iter().all(|sample| sample.same);
            if let Some(value) = value.as_object_mut() {
                value.insert("determinism".to_owned(), json!(told));
                value.insert("ok".to_owned(), same.into());
            }
            if !same {
                code = code.max(exit::FAILED);
            }
        }
        loads &= code != exit::REFUSED;
        if !loads {
            code = exit::REFUSED;
        }
        values.push(value);
    }
    if output.json {
        output.value(&values)?;
    }
    Ok(code)
}

/// Looks at one; whether it loads.
fn one(runtime: &Runtime, file: &Path, output: Output) -> anyhow::Result<(serde_json::Value, bool)> {
    let bytes = std::fs::read(file);
    let size = bytes.as_ref().map(Vec::len).unwrap_or_default() as u64;
    let anatomy = match &bytes {
        Ok(bytes) => Anatomy::of(file, bytes),
        Err(error) => Err(Error::Read { path: file.to_path_buf(), source: error.kind().into() }),
    };
    let loaded = runtime.load(file);
    let mut value = facts::value(file, size, &loaded);
    if let Some(value) = value.as_object_mut() {
        value.insert("speaks".to_owned(), wats_runtime::spoken_versions().into());
        if let Ok(anatomy) = &anatomy {
            value.insert("made_for".to_owned(), json!(anatomy.world));
            value.insert("imports".to_owned(), json!(anatomy.imports));
            value.insert("exports".to_owned(), json!(anatomy.exports));
            value.insert("producers".to_owned(), json!(anatomy.producers));
        }
    }
    if output.json {
        return Ok((value, loaded.is_ok()));
    }
    output.line(&facts::headline(file, &loaded, output))?;
    facts::line("file", &format!("{}  {}", file.display(), facts::bytes(size)), output)?;
    let speaks = format!("this station speaks {}", wats_runtime::spoken_versions());
    facts::line("contract", &speaks, output)?;
    if let Ok(anatomy) = &anatomy {
        facts::show_anatomy(anatomy, output)?;
    }
    if let Ok(plugin) = &loaded {
        let took = format!("compiled and described in {:.0} ms", plugin.loaded_in().as_secs_f64() * 1000.0);
        facts::line("loading", &took, output)?;
        facts::line("files", &facts::patterns(plugin), output)?;
        facts::line("grants", &facts::grants(plugin), output)?;
        facts::line("signature", &facts::signature(plugin), output)?;
    }
    Ok((value, loaded.is_ok()))
}
