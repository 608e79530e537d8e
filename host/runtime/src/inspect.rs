//! Looks at a plugin's bytes before anything is compiled: a component of our world, or a clear reason why not.

use std::path::Path;

use serde::Serialize;
use wasmparser::{BinaryReaderError, Chunk, ComponentExternalKind, ComponentTypeRef, Parser, Payload};

use crate::error::Error;
use crate::log::{bounded, clipped};

/// Package of the contract.
const PACKAGE: &str = "wats:converter";
/// The tracks that this host speaks, oldest first; see `wit/README.md`.
const TRACKS: [Track; 1] = [Track::V0_1];
/// Interfaces of the package that this host links to every plugin, and those that it links to scheduled converters only.
const INTERFACES_V0_1: [&str; 6] = ["types", "source", "report", "station", "lookup", "conversion"];
const SCHEDULED_V0_1: [&str; 3] = ["schedule", "http", "state"];
/// The worlds of the contract. A component that exports all of several is of the first.
const WORLDS: [World; 2] = [World::Converter, World::ScheduledConverter];
/// Most characters of a name that are told.
const MAX_NAME_CHARS: usize = 200;
/// WASI packages that are linked, inert, when a component imports them.
const WASI_PACKAGES: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];

/// A semver-incompatible version of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Track {
    /// `wats:converter@0.1.x`
    V0_1,
}

impl Track {
    const fn text(self) -> &'static str {
        match self {
            Self::V0_1 => "0.1.x",
        }
    }

    fn of(version: &str) -> Option<Self> {
        let version = semver::Version::parse(version).ok()?;
        match (version.major, version.minor) {
            (0, 1) if version.pre.is_empty() => Some(Self::V0_1),
            _ => None,
        }
    }
}

/// What a plugin is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// It converts files.
    Converter,
    /// It is run at times.
    ScheduledConverter,
}

impl World {
    /// Its name in the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Converter => "converter",
            Self::ScheduledConverter => "scheduled-converter",
        }
    }

    /// What a component of it has to export.
    const fn exports(self) -> &'static [&'static str] {
        match self {
            Self::Converter => &["describe", "probe", "convert"],
            Self::ScheduledConverter => &["describe", "run"],
        }
    }

    /// The world that a component with these exports is meant for.
    pub(crate) fn of(exports: &[String]) -> Self {
        if exports.iter().any(|name| name == "run") { Self::ScheduledConverter } else { Self::Converter }
    }
}

/// What runs the plugins, for people.
pub const ENGINE: &str = "wasmtime 48.0.8";

/// The versions that this host speaks, for people: `wats:converter@0.1.x`.
pub fn spoken_versions() -> String {
    TRACKS.map(|track| format!("{PACKAGE}@{}", track.text())).join(", ")
}

/// What a look at a component tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inspected {
    pub(crate) track: Track,
    pub(crate) world: World,
    /// Whether it imports anything of WASI.
    pub(crate) wasi: bool,
}

/// Looks at a component's bytes without compiling or running anything: what loading does first. `path` is what it is called
/// in errors.
///
/// # Errors
/// [`Error::NotAComponent`], [`Error::UnknownTrack`], [`Error::WrongWorld`].
pub fn check_component(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    inspect(path, bytes).map(drop)
}

/// Looks at a component's outermost imports and exports.
///
/// # Errors
/// [`Error::NotAComponent`], [`Error::UnknownTrack`], [`Error::WrongWorld`].
pub(crate) fn inspect(path: &Path, bytes: &[u8]) -> Result<Inspected, Error> {
    let not = |what: String| Error::NotAComponent { path: path.to_path_buf(), what };
    kind_of(bytes).map_err(&not)?;
    let outside =
        outermost(bytes).map_err(|problem| not(format!("the file is damaged or cut short: {}", told(&problem))))?;

    let world = World::of(&outside.exports);
    let mut track = None;
    let mut wasi = false;
    let mut problems = Vec::new();
    for import in &outside.imports {
        match split(import) {
            Some((package, interface, version)) if package == PACKAGE => {
                let Some(found) = Track::of(version) else {
                    return Err(Error::UnknownTrack {
                        path: path.to_path_buf(),
                        found: format!("{PACKAGE}@{}", told(version)),
                        spoken: spoken_versions(),
                    });
                };
                track = Some(found);
                if SCHEDULED_V0_1.contains(&interface) && world == World::Converter {
                    problems.push(format!("it imports {}, which only scheduled converters are given", told(import)));
                } else if !INTERFACES_V0_1.contains(&interface) && !SCHEDULED_V0_1.contains(&interface) {
                    problems.push(format!("it imports {}, which this host does not have", told(import)));
                }
            }
            Some((package, _, _)) if package.strip_prefix("wasi:").is_some_and(|p| WASI_PACKAGES.contains(&p)) => {
                wasi = true;
            }
            _ => problems.push(format!("it imports {}, which no plugin is given", told(import))),
        }
    }
    let has = |name: &str| outside.exports.iter().any(|export| export == name);
    for name in world.exports().iter().filter(|name| !has(name)) {
        problems.push(format!("it does not export the function {name:?}"));
    }
    if world == World::ScheduledConverter && (has("convert") || has("probe")) {
        problems.push(
            "it exports `run` beside `convert` or `probe`; a plugin is a converter or a scheduled one".to_owned(),
        );
    }
    match (track, problems.is_empty()) {
        (Some(track), true) => Ok(Inspected { track, world, wasi }),
        // `describe` cannot be exported without a type of the package, so it is always imported.
        (None, true) => Err(Error::WrongWorld {
            path: path.to_path_buf(),
            problems: vec![format!("it imports nothing of {PACKAGE}")],
        }),
        (_, false) => Err(Error::WrongWorld { path: path.to_path_buf(), problems: bounded(problems) }),
    }
}

/// A name as its component gives it, which may be anything.
fn told(name: &str) -> String {
    clipped(name, MAX_NAME_CHARS)
}

pub(crate) fn kind_of(bytes: &[u8]) -> Result<(), String> {
    let head = bytes.get(..8).unwrap_or(bytes);
    if bytes.is_empty() {
        return Err("the file is empty".to_owned());
    }
    if Parser::is_component(head) {
        return Ok(());
    }
    if Parser::is_core_wasm(head) {
        return Err("this is a core wasm module, not a component; build it with an SDK of wats, or turn it into a \
                    component with `wasm-tools component new`"
            .to_owned());
    }
    if head.starts_with(b"\x7fELF") || head.starts_with(b"MZ") {
        return Err(
            "this is no wasm component but native or precompiled code (.cwasm), which wats never runs; give it \
                    the .wasm that it was made from"
                .to_owned(),
        );
    }
    if head.starts_with(b"\0asm") {
        return Err("this wasm has a binary version that this host does not know".to_owned());
    }
    if head.starts_with(b"(") {
        return Err("this is wasm in text form; turn it into a component with `wasm-tools parse`".to_owned());
    }
    Err("this is no wasm component".to_owned())
}

#[derive(Default)]
pub(crate) struct Outside {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

/// Imports and exports of the outermost component; what is nested in it is checked when it is compiled.
pub(crate) fn outermost(mut bytes: &[u8]) -> Result<Outside, String> {
    let told = |error: BinaryReaderError| format!("{} at byte {:#x}", error.message(), error.offset());
    let mut outside = Outside::default();
    let mut parser = Parser::new(0);
    loop {
        let (payload, consumed) = match parser.parse(bytes, true).map_err(told)? {
            Chunk::Parsed { payload, consumed } => (payload, consumed),
            Chunk::NeedMoreData(_) => return Err("it ends too soon".to_owned()),
        };
        let mut skip = 0;
        match payload {
            Payload::ComponentImportSection(reader) => {
                for import in reader {
                    let import = import.map_err(told)?;
                    // Types that the world itself names ask for nothing.
                    if !matches!(import.ty, ComponentTypeRef::Type(_)) {
                        outside.imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(reader) => {
                for export in reader {
                    let export = export.map_err(told)?;
                    if export.kind == ComponentExternalKind::Func {
                        outside.exports.push(export.name.name.to_owned());
                    }
                }
            }
            Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
                skip = unchecked_range.end - unchecked_range.start;
            }
            Payload::End(_) => return Ok(outside),
            _ => {}
        }
        let Some(rest) = consumed.checked_add(skip).and_then(|done| bytes.get(done..)) else {
            return Err("it ends too soon".to_owned());
        };
        bytes = rest;
    }
}

/// The world of the contract that a component is of, by what it exports, in the version that it imports:
/// `wats:converter/converter@0.1.0`. None where it is of no world that this host knows.
pub(crate) fn world(outside: &Outside) -> Option<String> {
    let exports = |name: &&str| outside.exports.iter().any(|export| export == name);
    let world = WORLDS.iter().find(|world| world.exports().iter().all(exports))?.as_str();
    let ours = outside.imports.iter().filter_map(|import| split(import));
    let version = ours.filter(|(package, ..)| *package == PACKAGE).map(|(.., version)| version).next()?;
    Some(format!("{PACKAGE}/{world}@{}", told(version)))
}

/// `wats:converter/report@0.1.0` → its package, interface and version.
fn split(name: &str) -> Option<(&str, &str, &str)> {
    let (package, rest) = name.split_once('/')?;
    let (interface, version) = rest.split_once('@')?;
    Some((package, interface, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        inspect(Path::new("x.wasm"), bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_component_is_named_for_what_it_is() {
        assert!(refusal(b"").contains("the file is empty"));
        assert!(refusal(b"hello").contains("no wasm component"));
        assert!(refusal(b"\0asm\x01\0\0\0").contains("core wasm module"));
        assert!(refusal(b"\x7fELF....").contains(".cwasm"));
        assert!(refusal(b"(component)").contains("text form"));
    }

    #[test]
    fn an_empty_component_misses_everything() {
        let text = refusal(b"\0asm\x0d\0\x01\0");
        assert!(text.contains("\"describe\"") && text.contains("\"probe\"") && text.contains("\"convert\""), "{text}");
    }

    #[test]
    fn what_only_a_scheduled_converter_is_given_no_other_may_import() {
        let of = |exports: &str| {
            let text = format!(
                "(component (import \"wats:converter/http@0.1.0\" (instance)) (core module $m (func (export \"f\")))
                 (core instance $i (instantiate $m)) (func $f (canon lift (core func $i \"f\"))) {exports})"
            );
            inspect(Path::new("x.wasm"), &wat::parse_str(text).unwrap()).map(|found| found.world)
        };
        let export = |name: &str| format!("(export {name:?} (func $f))");
        let [describe, probe, convert, run] = ["describe", "probe", "convert", "run"].map(export);
        let told = of(&format!("{describe}{probe}{convert}")).unwrap_err().to_string();
        assert!(told.contains("wats:converter/http@0.1.0, which only scheduled converters are given"), "{told}");
        assert_eq!(of(&format!("{describe}{run}")).unwrap(), World::ScheduledConverter);
        let told = of(&format!("{describe}{convert}{run}")).unwrap_err().to_string();
        assert!(told.contains("`run` beside `convert`"), "{told}");
        let told = of(&run).unwrap_err().to_string();
        assert!(told.contains("does not export the function \"describe\"") && !told.contains("probe"), "{told}");
    }

    #[test]
    fn a_component_that_is_cut_short_is_refused() {
        assert!(refusal(b"\0asm\x0d\0\x01\0\x04\x7f\x01").contains("damaged or cut short"));
    }

    #[test]
    fn the_engine_is_called_by_the_version_that_is_built_in() {
        let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock"));
        let name = ENGINE.replace("wasmtime ", "name = \"wasmtime\"\nversion = \"");
        assert!(lock.unwrap().replace('\r', "").contains(&format!("{name}\"\n")), "{name}");
    }

    #[test]
    fn a_world_is_known_by_what_is_exported() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let of =
            |imports: &[&str], exports: &[&str]| world(&Outside { imports: list(imports), exports: list(exports) });
        let imports = ["wasi:io/streams@0.2.0", "wats:converter/types@0.1.4", "wats:converter/report@0.1.4"];
        let converter = Some("wats:converter/converter@0.1.4".to_owned());
        assert_eq!(of(&imports, &["convert", "describe", "more", "probe"]), converter);
        assert_eq!(of(&imports, &["describe", "probe"]), None);
        assert_eq!(of(&imports[..1], World::Converter.exports()), None);
    }

    #[test]
    fn only_released_versions_of_a_known_track_are_spoken() {
        assert_eq!(Track::of("0.1.0"), Some(Track::V0_1));
        assert_eq!(Track::of("0.1.9"), Some(Track::V0_1));
        assert_eq!([Track::of("0.2.0"), Track::of("1.1.0"), Track::of("0.1.0-rc.1"), Track::of("x")], [None; 4]);
    }
}
