//! `wats plugin inspect`: all that is known of a plugin.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use wats_runtime::{Anatomy, Limits, Plugin};
use wats_station::Config;

use super::{Setup, facts};
use crate::{
    exit,
    output::{Output, count, plain},
};

pub(super) fn inspect(config: &Config, given: &Path, output: Output) -> anyhow::Result<u8> {
    let file = super::component(given)?;
    let bytes = super::read(&file)?;
    let size = bytes.len() as u64;
    let runtime = super::runtime(Setup::of(config))?;
    let (anatomy, loaded) = (Anatomy::of(&file, &bytes), runtime.load(&file));
    let code = if loaded.is_ok() { exit::OK } else { exit::REFUSED };
    if output.json {
        let mut value = facts::value(&file, size, &loaded);
        if let Some(value) = value.as_object_mut() {
            value.insert("speaks".to_owned(), wats_runtime::spoken_versions().into());
            if let Ok(anatomy) = &anatomy {
                value.insert("anatomy".to_owned(), json!(anatomy));
            }
            if let Ok(plugin) = &loaded {
                value.insert("from_cache".to_owned(), plugin.loaded_from_cache().into());
                value.insert("descriptor".to_owned(), json!(plugin.descriptor()));
                value.insert("settings".to_owned(), serde_json::from_str(plugin.settings_json()).unwrap_or_default());
                value.insert("priority".to_owned(), plugin.priority().into());
                value.insert("limits".to_owned(), Value::Array(limits(plugin).iter().map(Limit::value).collect()));
            }
        }
        output.value(&value)?;
        return Ok(code);
    }
    output.line(&facts::headline(&file, &loaded, output))?;
    facts::line("file", &format!("{}  {}", file.display(), facts::bytes(size)), output)?;
    if let Ok(anatomy) = &anatomy {
        facts::line("digest", &format!("sha256:{}", anatomy.digest), output)?;
    }
    if let Ok(plugin) = &loaded {
        let from = if plugin.loaded_from_cache() { "from the compile cache" } else { "compiled" };
        let took = plugin.loaded_in().as_secs_f64() * 1000.0;
        facts::line("loading", &format!("{from}, in {took:.0} ms"), output)?;
        facts::line("signature", &facts::signature(plugin), output)?;
    }
    facts::line("contract", &format!("this station speaks {}", wats_runtime::spoken_versions()), output)?;
    if let Ok(anatomy) = &anatomy {
        facts::show_anatomy(anatomy, output)?;
        show_sections(anatomy, output)?;
    }
    if let Ok(plugin) = &loaded {
        show_descriptor(plugin, output)?;
        show_settings(plugin, output)?;
        output.line("limits")?;
        for limit in limits(plugin) {
            let from = if limit.overridden { output.doubtful("  set in the manifest") } else { String::new() };
            output.line(&format!("    {:<24} {}{from}", limit.key, limit.shown))?;
        }
    }
    Ok(code)
}

fn show_sections(anatomy: &Anatomy, output: Output) -> anyhow::Result<()> {
    let functions = anatomy.modules.iter().map(|module| u64::from(module.functions)).sum();
    let modules = count(anatomy.modules.len() as u64, "core module");
    output.line(&format!("sections ({modules}, {})", count(functions, "function")))?;
    for section in &anatomy.sections {
        output.line(&format!("    {:<24} {}", plain(&section.kind), facts::bytes(section.bytes)))?;
    }
    Ok(())
}

fn show_descriptor(plugin: &Plugin, output: Output) -> anyhow::Result<()> {
    let descriptor = plugin.descriptor();
    let recognition = &descriptor.recognition;
    output.line("descriptor")?;
    facts::line("formats", &plain(&super::or_none(&descriptor.formats)), output)?;
    facts::line("files", &facts::patterns(plugin), output)?;
    if recognition.min_size.is_some() || recognition.max_size.is_some() {
        let of = |size: Option<u64>, none: &str| size.map_or(none.to_owned(), facts::bytes);
        let text = format!("{} to {}", of(recognition.min_size, "any"), of(recognition.max_size, "any"));
        facts::line("sizes", &text, output)?;
    }
    for magic in &recognition.magic {
        let bytes: Vec<_> = magic.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = format!("{} ({}) at byte {}", bytes.join(" "), magic.bytes.escape_ascii(), magic.offset);
        facts::line("begins", &text, output)?;
    }
    for text in &recognition.contains {
        facts::line("contains", &plain(&format!("{text:?}")), output)?;
    }
    facts::line("grants", &facts::grants(plugin), output)?;
    facts::line("priority", &plugin.priority().to_string(), output)?;
    for (key, value) in &descriptor.properties {
        facts::line(&plain(key), &plain(value), output)?;
    }
    Ok(())
}

/// Settings as a table: key, type, what is in force, what it is for.
fn show_settings(plugin: &Plugin, output: Output) -> anyhow::Result<()> {
    let schema = plugin.descriptor().settings_schema.clone().unwrap_or_default();
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty()) else {
        return output.line("settings  none");
    };
    let in_force: Value = serde_json::from_str(plugin.settings_json()).unwrap_or_default();
    output.line("settings")?;
    for (key, property) in properties {
        let property = resolved(&schema, property);
        let set = in_force.get(key);
        let default = property.get("default").filter(|value| !value.is_null());
        let value = match (set, default) {
            (Some(set), Some(default)) if set != default => {
                format!("{set}{}", output.doubtful(&format!("  default {default}")))
            }
            (Some(set), _) => set.to_string(),
            (None, _) => "not set".to_owned(),
        };
        output.line(&format!("    {:<24} {:<16} {value}", plain(key), plain(&kind(property))))?;
        let text = property.get("description").and_then(Value::as_str).unwrap_or_default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            output.line(&format!("        {}", plain(line.trim())))?;
        }
    }
    Ok(())
}

/// A property, or the definition that it names.
fn resolved<'a>(schema: &'a Value, property: &'a Value) -> &'a Value {
    let named = property.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
    named.and_then(|pointer| schema.pointer(pointer)).unwrap_or(property)
}

/// The type of a setting in words.
fn kind(property: &Value) -> String {
    let words = |list: &[Value]| {
        let words = list.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned));
        words.collect::<Vec<_>>().join(" | ")
    };
    match (property.get("enum").and_then(Value::as_array), property.get("type")) {
        (Some(values), _) => words(values),
        (None, Some(Value::Array(types))) => words(types),
        (None, Some(kind)) => kind.as_str().unwrap_or_default().to_owned(),
        (None, None) => "any".to_owned(),
    }
}

/// One limit in force.
struct Limit {
    key: String,
    number: u64,
    shown: String,
    overridden: bool,
}

impl Limit {
    fn value(&self) -> Value {
        json!({ "key": self.key, "value": self.number, "overridden": self.overridden })
    }
}

/// The limits under the keys that they have in a manifest.
fn limits(plugin: &Plugin) -> Vec<Limit> {
    let over = serde_json::to_value(&plugin.manifest().limits).unwrap_or_default();
    let Limits {
        memory_bytes,
        deadline,
        deadline_per_10_mib,
        probe_deadline,
        instances,
        memories,
        tables,
        table_elements,
        stack_bytes,
        hostcall_bytes,
        handles,
        open_reports,
        sequence_depth,
        read_bytes,
        text_bytes,
        output_bytes,
        report_bytes,
        reports,
        log_bytes,
        http_requests,
        http_response_bytes,
        state_bytes,
        component_bytes,
        compile_time,
        compile_memory_bytes,
    } = plugin.limits();
    let ms = |time: &Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let all = [
        ("memory_bytes", *memory_bytes),
        ("deadline_ms", ms(deadline)),
        ("deadline_per_10_mib_ms", ms(deadline_per_10_mib)),
        ("probe_deadline_ms", ms(probe_deadline)),
        ("instances", u64::from(*instances)),
        ("memories", u64::from(*memories)),
        ("tables", u64::from(*tables)),
        ("table_elements", u64::from(*table_elements)),
        ("stack_bytes", *stack_bytes),
        ("hostcall_bytes", *hostcall_bytes),
        ("handles", u64::from(*handles)),
        ("open_reports", u64::from(*open_reports)),
        ("sequence_depth", u64::from(*sequence_depth)),
        ("read_bytes", *read_bytes),
        ("text_bytes", *text_bytes),
        ("output_bytes", *output_bytes),
        ("report_bytes", *report_bytes),
        ("reports", u64::from(*reports)),
        ("log_bytes", *log_bytes),
        ("http_requests", u64::from(*http_requests)),
        ("http_response_bytes", *http_response_bytes),
        ("state_bytes", *state_bytes),
        ("component_bytes", *component_bytes),
        ("compile_time_ms", ms(compile_time)),
        ("compile_memory_bytes", *compile_memory_bytes),
    ];
    let limit = |(key, number): (&str, u64)| {
        let shown = match key.rsplit('_').next() {
            Some("bytes") => facts::bytes(number),
            Some("ms") if number >= 1000 => format!("{} s", Duration::from_millis(number).as_secs_f64()),
            Some("ms") => format!("{number} ms"),
            _ => number.to_string(),
        };
        let overridden = over.get(key).is_some_and(|value| !value.is_null());
        Limit { key: key.to_owned(), number, shown, overridden }
    };
    all.into_iter().map(limit).collect()
}
