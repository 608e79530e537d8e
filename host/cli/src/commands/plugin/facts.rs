//! What is told of a plugin, by several commands in the same words.

use std::path::Path;

use serde_json::{Value, json};
use wats_runtime::{Anatomy, Error, LogLine, Plugin, World};

use crate::output::{Output, count, plain};

/// The facts that every command gives of a plugin, as one object.
pub(super) fn value(path: &Path, size: u64, loaded: &Result<Plugin, Error>) -> Value {
    match loaded {
        Ok(plugin) => {
            let descriptor = plugin.descriptor();
            json!({
                "path": path, "ok": true, "name": plugin.name(), "version": plugin.version(), "world": plugin.world(), "digest": plugin.digest(),
                "size": size, "summary": descriptor.summary, "formats": descriptor.formats,
                "patterns": descriptor.recognition.patterns, "wants": wanted(plugin), "granted": granted(plugin),
                "unknown_grants": descriptor.unknown_grants,
                "signed": plugin.signed().map(|signed| &signed.comment),
                "loaded_in_ms": plugin.loaded_in().as_secs_f64() * 1000.0,
            })
        }
        Err(error) => json!({ "path": path, "ok": false, "size": size, "error": wats_runtime::chain(error) }),
    }
}

pub(super) fn wanted(plugin: &Plugin) -> Vec<String> {
    plugin.descriptor().wanted_grants.iter().map(ToString::to_string).collect()
}

pub(super) fn granted(plugin: &Plugin) -> Vec<String> {
    plugin.grants().iter().map(ToString::to_string).collect()
}

/// Its grants in a line.
pub(super) fn grants(plugin: &Plugin) -> String {
    let unknown = &plugin.descriptor().unknown_grants;
    let unknown = match unknown.as_slice() {
        [] => String::new(),
        unknown => format!("  unknown here: {}", plain(&unknown.join(" "))),
    };
    format!("wants {}  granted {}{unknown}", super::or_none(&wanted(plugin)), super::or_none(&granted(plugin)))
}

/// Who signed it.
pub(super) fn signature(plugin: &Plugin) -> String {
    plugin.signed().map_or("not signed".to_owned(), |signed| format!("signed: {}", plain(&signed.comment)))
}

/// What it logged or printed over one file, in lines; one that says more than that is read in its own tests.
pub(crate) fn says<'a>(log: impl Iterator<Item = &'a LogLine>) -> Vec<String> {
    const SAID: usize = 20;
    let mut lines: Vec<_> = log.map(|line| format!("plugin says: {}", line.message)).collect();
    let more = lines.len().saturating_sub(SAID);
    lines.truncate(SAID);
    if more > 0 {
        lines.push(format!("and {} more", count(more as u64, "line")));
    }
    lines
}

/// The file names that it takes.
pub(crate) fn patterns(plugin: &Plugin) -> String {
    if plugin.world() == World::ScheduledConverter {
        return "none: it is run at times".to_owned();
    }
    match plugin.descriptor().recognition.patterns.as_slice() {
        [] => "of any name".to_owned(),
        patterns => plain(&patterns.join(" ")),
    }
}

/// Whether it loads, and as what.
pub(super) fn headline(path: &Path, loaded: &Result<Plugin, Error>, output: Output) -> String {
    match loaded {
        Ok(plugin) => format!(
            "{} {}  {}  {}",
            output.strong(plugin.name()),
            plugin.version(),
            output.good("loads"),
            plain(&plugin.descriptor().summary)
        ),
        Err(error) => {
            let why = wats_runtime::chain(error);
            // Most errors name the file themselves.
            let name = path.display().to_string();
            let named = if why.contains(&name) { String::new() } else { format!("{}: ", plain(&name)) };
            format!("{}  {named}{}", output.bad("does not load"), plain(&why))
        }
    }
}

/// One line about a part: a word, and what there is to say.
pub(super) fn line(what: &str, text: &str, output: Output) -> anyhow::Result<()> {
    output.line(format!("    {what:<12} {text}").trim_end())
}

/// Interfaces that it wants to be given, grouped by package; those of WASI apart.
pub(super) fn imports(anatomy: &Anatomy) -> (Vec<String>, Vec<String>) {
    let mut packages: Vec<(String, String, Vec<String>)> = Vec::new();
    for import in &anatomy.imports {
        let (package, rest) = import.split_once('/').unwrap_or((import, ""));
        let (interface, version) = rest.split_once('@').unwrap_or((rest, ""));
        match packages.iter_mut().find(|(known, at, _)| known == package && at == version) {
            Some((_, _, interfaces)) => interfaces.push(interface.to_owned()),
            None => packages.push((package.to_owned(), version.to_owned(), vec![interface.to_owned()])),
        }
    }
    let (mut own, mut wasi) = (Vec::new(), Vec::new());
    for (package, version, interfaces) in packages {
        let at = if version.is_empty() { String::new() } else { format!("@{version}") };
        let text = plain(format!("{package}{at} {}", interfaces.join(", ")).trim_end());
        if package.starts_with("wasi:") { wasi.push(text) } else { own.push(text) }
    }
    (own, wasi)
}

/// Lines about what it is made of: for people.
pub(super) fn show_anatomy(anatomy: &Anatomy, output: Output) -> anyhow::Result<()> {
    let world = anatomy.world.as_deref().map_or_else(|| "none that this station knows".to_owned(), plain);
    line("world", &world, output)?;
    let (own, wasi) = imports(anatomy);
    for (index, import) in own.iter().enumerate() {
        line(if index == 0 { "imports" } else { "" }, import, output)?;
    }
    if wasi.is_empty() {
        line("", "nothing of WASI", output)?;
    }
    for import in wasi {
        line("", &format!("{import} (inert: no files, no network, a clock that stands)"), output)?;
    }
    line("exports", &plain(&anatomy.exports.join(", ")), output)?;
    let made: Vec<_> =
        anatomy.producers.iter().map(|tool| plain(format!("{} {}", tool.name, tool.version).trim_end())).collect();
    line("made with", if made.is_empty() { "(it does not say)".to_owned() } else { made.join(", ") }.as_str(), output)
}

/// Bytes as people read them, with one decimal below 10.
pub(super) fn bytes(count: u64) -> String {
    const KIB: u64 = 1024;
    let (unit, name) = match count {
        0..KIB => return format!("{count} bytes"),
        KIB..1_048_576 => (KIB, "KiB"),
        _ => (KIB * KIB, "MiB"),
    };
    let tenths = count.saturating_mul(10) / unit;
    if tenths < 100 { format!("{}.{} {name}", tenths / 10, tenths % 10) } else { format!("{} {name}", tenths / 10) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_told_with_two_figures() {
        let told = [0, 1023, 1024, 1587, 102_400, 1 << 20, 300 << 20].map(super::bytes);
        assert_eq!(told, ["0 bytes", "1023 bytes", "1.0 KiB", "1.5 KiB", "100 KiB", "1.0 MiB", "300 MiB"]);
    }
}
