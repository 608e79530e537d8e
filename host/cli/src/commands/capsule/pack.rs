//! Packing.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};
use wats_report::Defaults;
use wats_runtime::{Content, LookupRecord, Plugin, Source, SourceFile};
use wats_station::retained::{self, Kept, Origin};

use super::{
    format::{Capsule, FilePart, PluginPart, StationPart, VERSION, Versions, Whole, check_size, sha256},
    redact::{Redactor, Stay},
    reproduce::{self, summary},
    secrets::without_secrets,
};
use crate::{
    args::CapsuleArgs,
    commands::plugin::{self, Setup, load_all, sandbox},
    context::{self, Loaded},
    exit::{self, Coded},
    output::{Output, plain},
};

const REASON: &str = ".error.json";
/// How often a file is redacted anew before more of it stays.
const TRIES: usize = 4;

pub(crate) fn capsule(loaded: &Loaded, args: &CapsuleArgs, output: Output) -> anyhow::Result<u8> {
    let config = &loaded.config;
    let file = source_of(&args.file);
    let kept = Kept::at(config, args.inbox.as_deref(), &file).with_context(|| format!("read {}", file.display()))?;
    let reason: Value = kept.reason().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    // The path and the time that the station wrote down are those that the plugin was given.
    let origin = Origin { path: text(&reason, "/path"), mtime_ns: None };
    let source = kept.read(&origin, &config.station.time_zone).with_context(|| format!("read {}", file.display()))?;
    let plugin = plugin_for(loaded, args, &kept, &reason, &source)?;
    let lookups: Vec<LookupRecord> =
        reason.get("lookups").cloned().and_then(|lookups| serde_json::from_value(lookups).ok()).unwrap_or_default();
    let defaults = retained::defaults(config, kept.inbox(), &source);
    let inbox = config.inboxes.iter().any(|inbox| inbox.name == kept.inbox().name).then(|| kept.inbox().name.as_str());
    let mut whole = whole(&plugin, &source, (inbox, &defaults), lookups)?;
    let ran = record(&mut whole)?;
    whole.capsule.error = text(&reason, "/error");
    let mut stay = Stay::Nothing;
    if args.redact {
        (whole, stay) = redacted(&whole, args.force)?;
    }
    let to = args.to.clone().unwrap_or_else(|| {
        let name = whole.capsule.source.first().map(|part| part.path.rsplit('/').next().unwrap_or_default().to_owned());
        PathBuf::from(format!("{}.wats-capsule.zip", name.unwrap_or_default()))
    });
    whole.write(&to)?;
    tell((&whole, stay), &ran, (&reason, &to), output)
}

/// The file itself where its reason was named.
fn source_of(given: &Path) -> PathBuf {
    let name = given.file_name().unwrap_or_default().to_string_lossy();
    match name.strip_suffix(REASON).map(|bare| given.with_file_name(bare)) {
        Some(bare) if bare.exists() => bare,
        _ => given.to_owned(),
    }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

fn plugin_for(
    loaded: &Loaded,
    args: &CapsuleArgs,
    kept: &Kept,
    reason: &Value,
    source: &Source,
) -> anyhow::Result<Plugin> {
    let config = &loaded.config;
    let all = load_all(&context::plugin_dirs(&args.plugins, config), config)?;
    let all: Vec<_> = all.into_iter().filter_map(|(_, loaded)| loaded.ok()).collect();
    let wanted = args.plugin.clone().or_else(|| text(reason, "/plugin/name")).or_else(|| kept.inbox().plugin.clone());
    if let Some(name) = wanted {
        return all.iter().find(|plugin| plugin.name() == name).cloned().ok_or_else(|| {
            let names: Vec<_> = all.iter().map(Plugin::name).collect();
            let known = if names.is_empty() { "is none".to_owned() } else { format!("are {}", names.join(", ")) };
            let what = format!("find the plugin {name:?}: there {known}");
            Coded { code: exit::NOT_FOUND, what }.into()
        });
    }
    let head = source.main.head(wats_runtime::HEAD_BYTES)?;
    let sure = |plugin: &Plugin| {
        if !plugin.matches(&source.main.name, source.main.size, &head) {
            return None;
        }
        // One that breaks on the file is what is looked for.
        Some(plugin.probe(source).map_or(1.0, |detection| detection.confidence)).filter(|confidence| *confidence > 0.0)
    };
    let candidates = all.iter().filter_map(|plugin| Some((sure(plugin)?, plugin)));
    let best = candidates.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map(|(_, plugin)| plugin.clone()).ok_or_else(|| {
        let what = format!("pack {}: no plugin takes it; name one with --plugin", source.main.path);
        Coded { code: exit::REFUSED, what }.into()
    })
}

fn whole(
    plugin: &Plugin,
    source: &Source,
    (inbox, defaults): (Option<&str>, &Defaults),
    lookups: Vec<LookupRecord>,
) -> anyhow::Result<Whole> {
    let component = plugin::read(plugin.path())?;
    if sha256(&component) != plugin.digest() {
        return Err(anyhow!("pack {}: it has just been replaced; try again", plugin.path().display()));
    }
    // Before a large one is in memory.
    let sizes = std::iter::once(&source.main).chain(&source.companions).map(|file| (&*file.path, file.size));
    check_size(component.len() as u64, sizes).with_context(|| format!("pack {}", plain(&source.main.path)))?;
    let (settings, settings_left_out) = without_secrets(&plugin.manifest().settings);
    let (mut parts, mut files) = (Vec::new(), Vec::new());
    for file in std::iter::once(&source.main).chain(&source.companions) {
        let bytes = bytes_of(file).with_context(|| format!("read {}", file.path))?;
        parts.push(FilePart {
            path: file.path.to_string(),
            modified: file.modified.to_string(),
            size: file.size,
            sha256: sha256(&bytes),
        });
        files.push(bytes);
    }
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let capsule = Capsule {
        version: VERSION,
        made: jiff::Timestamp::now(),
        redacted: false,
        versions: Versions {
            wats: env!("CARGO_PKG_VERSION").to_owned(),
            engine: wats_runtime::ENGINE.to_owned(),
            contract: wats_runtime::spoken_versions(),
            system,
        },
        plugin: PluginPart {
            name: plugin.name().to_owned(),
            version: plugin.version().to_owned(),
            sha256: plugin.digest().to_owned(),
            settings,
            settings_left_out,
            grants: plugin.manifest().grants.clone(),
        },
        station: StationPart::of(inbox, defaults),
        source: parts,
        lookups,
        outcome: Value::Null,
        log: Vec::new(),
        error: None,
    };
    Ok(Whole { capsule, plugin: component, files })
}

fn bytes_of(file: &SourceFile) -> io::Result<Vec<u8>> {
    match &file.content {
        Content::Bytes(bytes) => Ok(bytes.to_vec()),
        _ => file.head(usize::try_from(file.size).unwrap_or(usize::MAX)),
    }
}

/// Runs it here, and writes down what came of it.
fn record(whole: &mut Whole) -> anyhow::Result<sandbox::Ran> {
    let runtime = plugin::runtime(Setup::default())?;
    let plugin =
        reproduce::load(&runtime, whole).map_err(|why| anyhow!("load the plugin as it is in the capsule: {why}"))?;
    let ran = reproduce::run(&plugin, whole)?;
    whole.capsule.outcome = ran.document.clone();
    whole.capsule.log.clone_from(&ran.conversion.log);
    Ok(ran)
}

/// The same with other letters and digits, which shows the same error; and what had to stay for that.
fn redacted(whole: &Whole, force: bool) -> anyhow::Result<(Whole, Stay)> {
    let wanted = place_of(&whole.capsule.outcome);
    let mut last = None;
    // As much as can be; what comes out is another text each time, and may happen to break a rule of its own.
    for (stay, _) in Stay::ALL.into_iter().flat_map(|stay| (0..TRIES).map(move |number| (stay, number))) {
        let mut redacted = replace(whole, &Redactor::new(&whole.plugin, stay))?;
        record(&mut redacted)?;
        if place_of(&redacted.capsule.outcome) == wanted {
            return Ok((redacted, stay));
        }
        // The one of which the least stays.
        last = last.or(Some((redacted, stay)));
    }
    let came_to = last.as_ref().map(|(last, _)| summary(&last.capsule.outcome)).unwrap_or_default();
    match last {
        Some(last) if force => Ok(last),
        _ => Err(anyhow!(
            "redact it: it comes to something else then ({}, and it was {}); nothing is written; --force writes it all the same",
            plain(&came_to),
            plain(&summary(&whole.capsule.outcome))
        )),
    }
}

/// What must stay the same: the kind and the place of an error, else whether there are reports.
fn place_of(outcome: &Value) -> Value {
    match outcome.get("error") {
        Some(error) => json!([error.get("kind"), error.get("place")]),
        None => outcome.as_array().map_or_else(
            || json!(outcome.as_object().map(|kind| kind.keys().collect::<Vec<_>>())),
            |all| json!(all.len()),
        ),
    }
}

fn replace(whole: &Whole, redactor: &Redactor) -> anyhow::Result<Whole> {
    let mut new = whole.clone();
    let capsule = &mut new.capsule;
    capsule.redacted = true;
    capsule.error = None;
    for (part, bytes) in capsule.source.iter_mut().zip(&mut new.files) {
        *bytes = redactor.file(bytes).ok_or_else(|| {
            anyhow!(
                "redact {}: it is no text, and what in it is a value cannot be known; pack it without --redact",
                part.path
            )
        })?;
        part.sha256 = sha256(bytes);
        // The end of the name says what the file is.
        let name_at = part.path.rfind('/').map_or(0, |at| at + 1);
        let end_at =
            part.path.get(name_at..).and_then(|name| name.rfind('.')).map_or(part.path.len(), |dot| name_at + dot);
        let (stem, end) = part.path.split_at_checked(end_at).unwrap_or((&part.path, ""));
        part.path = format!("{}{end}", redactor.text(stem));
    }
    let station = &mut capsule.station;
    let texts = [
        &mut station.inbox,
        &mut station.machine_name,
        &mut station.location,
        &mut station.purpose,
        &mut station.part_number,
        &mut station.revision,
        &mut station.operator,
    ];
    for text in texts.into_iter().flatten() {
        *text = redactor.text(text);
    }
    for record in &mut capsule.lookups {
        for text in [&mut record.question, &mut record.answer] {
            // The first word says what it is.
            if let Some((kind, rest)) = text.split_once(' ') {
                *text = format!("{kind} {}", redactor.text(rest));
            }
        }
    }
    Ok(new)
}

fn tell(
    (whole, stay): (&Whole, Stay),
    ran: &sandbox::Ran,
    (reason, to): (&Value, &Path),
    output: Output,
) -> anyhow::Result<u8> {
    // What the station wrote down of the failure, where it did.
    let recorded = text(reason, "/failure/message");
    let found = ran.conversion.outcome.as_ref().err().map(|failure| failure.message.clone());
    let other = recorded.filter(|recorded| found.as_ref() != Some(recorded));
    let capsule = &whole.capsule;
    if output.json {
        output.value(&json!({
            "ok": true, "file": to, "plugin": capsule.plugin.name, "version": capsule.plugin.version,
            "redacted": capsule.redacted, "outcome": capsule.outcome, "as_the_station_had_it": other.is_none(),
            "settings_left_out": capsule.plugin.settings_left_out, "stays": stay.told(),
        }))?;
        return Ok(exit::OK);
    }
    if let Some(told) = stay.told() {
        output.line(&format!("{told} stay as they are: without them the error is another one"))?;
    }
    output.line(&format!("{}  {}", output.strong(&to.display().to_string()), plain(&summary(&capsule.outcome))))?;
    if let Some(other) = other {
        let doubtful = output.doubtful("the station had another error:");
        output.line(&format!("  {doubtful} {}", plain(&other)))?;
    }
    if !capsule.plugin.settings_left_out.is_empty() {
        let names = plain(&capsule.plugin.settings_left_out.join(", "));
        output.line(&format!("  settings left out, as they seem to be secrets: {names}"))?;
    }
    let kind = if capsule.redacted {
        "redacted; read it all the same"
    } else {
        "it holds the file as it is; --redact replaces values"
    };
    output.line(&format!("  {kind}; `wats replay {}` runs it anywhere", to.display()))?;
    Ok(exit::OK)
}
