//! Attacks on loading: components that are too much of something, that compile for ever, or that say of themselves what
//! breaks those who show it. The list of all attacks is at the head of `attacks`.

use std::path::Path;
use std::time::Instant;

use wats_runtime::{Compiler, Error, FailureKind, Limit, LimitOverrides, Manifest, TrapKind};

use crate::attacks::component::{self, Says, leb, section};
use crate::attacks::{PATIENCE, attack};
use crate::bolted::{bolt_on, module};
use crate::support::{Bench, guest};

/// Expects a refusal in few words.
fn refused(name: &str, bytes: &[u8]) -> Error {
    let began = Instant::now();
    let bench = Bench::new();
    let mut manifest = Manifest::default();
    manifest.limits.probe_deadline_ms = Some(2_000);
    let error = bench.runtime.load_bytes(Path::new("bomb.wasm"), bytes, manifest).unwrap_err();
    assert!(began.elapsed() < PATIENCE, "{name}: {:?}", began.elapsed());
    let text = wats_runtime::chain(&error);
    assert!(text.contains("bomb.wasm") && text.len() < 10_000, "{name}: {} bytes", text.len());
    assert!(!text.contains(char::is_control), "{name}: {text:?}");
    assert_eq!(bench.metric("wats_plugin_loads_total", &[&format!("outcome=\"{}\"", error.kind())]), 1, "{name}");
    error
}

/// A component of this one section, as often as is said and with what is made of the number.
fn component_of(id: u8, count: u32, one: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    let content: Vec<u8> = (0..count).flat_map(one).collect();
    [b"\0asm\x0d\0\x01\0".as_slice(), &section(id, &[leb(count.into()), content].concat())].concat()
}

#[test]
fn components_of_a_hundred_thousand_things_are_told_in_few_words() {
    const IMPORTS: u8 = 10;
    const EXPORTS: u8 = 11;
    let name = |text: String| [&[0], leb(text.len() as u64).as_slice(), text.as_bytes()].concat();
    // Instances of a type that is not there; functions that are not there.
    let import = |text: String| [name(text), vec![5, 0]].concat();
    let export = |text: String| [name(text), vec![1, 0, 0]].concat();
    let error = refused("imports", &component_of(IMPORTS, 100_000, |it| import(format!("a{it}"))));
    assert!(error.to_string().contains("and 99983 more"), "{error}");
    refused("exports", &component_of(EXPORTS, 100_000, |it| export(format!("a{it}"))));
    let long = "\u{1b}[2J".repeat(20_000);
    let error = refused("long names", &component_of(IMPORTS, 10, |_| import(long.clone())));
    assert!(error.to_string().contains("\\u{1b}[2J"), "{error}");
    let track = format!("wats:converter/report@0.2.0-{long}");
    let error = refused("long version", &component_of(IMPORTS, 1, |_| import(track.clone())));
    assert!(matches!(error, Error::UnknownTrack { .. }), "{error}");

    // 100,000 functions are many and no fault; a custom section of 32 MiB neither.
    let functions = module(&[
        section(1, &[1, 0x60, 0, 0]),
        section(3, &[leb(100_000), vec![0; 100_000]].concat()),
        section(10, &[leb(100_000), [2, 0, 0x0b].repeat(100_000)].concat()),
    ]);
    let bench = Bench::new();
    let began = Instant::now();
    let loaded = bench.runtime.load_bytes(Path::new("a.wasm"), &bolt_on(&functions, 1), Manifest::default());
    assert_eq!(loaded.unwrap().name(), "loops-forever");
    assert!(began.elapsed() < 5 * PATIENCE, "{:?}", began.elapsed());
    let custom = [leb(4), b"bomb".to_vec(), vec![0xff; 32 << 20]].concat();
    let padded = [attack("harmless"), section(0, &custom)].concat();
    assert_eq!(bench.runtime.load_bytes(Path::new("a.wasm"), &padded, Manifest::default()).unwrap().name(), "harmless");
    let custom = [leb(4), b"bomb".to_vec(), vec![0xff; 64 << 20]].concat();
    let error = refused("custom section", &[attack("harmless"), section(0, &custom)].concat());
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[test]
fn ten_thousand_memories_are_refused() {
    let error = refused("memories of a module", &bolt_on(&module(&[section(5, &memories(10_000))]), 1));
    assert!(matches!(error, Error::Compile { .. }), "{error:?}");
    let error = refused("modules with a memory", &bolt_on(&module(&[section(5, &memories(1))]), 900));
    let Error::Describe { failure, .. } = error else { panic!("{error:?}") };
    assert!(matches!(failure.kind, FailureKind::Limit { limit: Limit::Memories, .. }), "{failure}");
}

fn memories(count: u32) -> Vec<u8> {
    [leb(count.into()), [0, 1].repeat(count as usize)].concat()
}

#[test]
fn huge_data_segments_are_a_trap_or_count_as_memory() {
    let data = |pages: u64, bytes: usize| {
        let segment = [vec![0, 0x41, 0, 0x0b], leb(bytes as u64), vec![7; bytes]].concat();
        module(&[section(5, &[&[1, 0], leb(pages).as_slice()].concat()), section(11, &[vec![1], segment].concat())])
    };
    let error = refused("larger than the memory", &bolt_on(&data(1, 16 << 20), 1));
    let Error::Describe { failure, .. } = error else { panic!("{error:?}") };
    assert_eq!(failure.kind, FailureKind::Trap { trap: TrapKind::MemoryOutOfBounds }, "{failure}");
    let error = refused("larger than the limit", &bolt_on(&data(5_000, 32 << 20), 1));
    let Error::Describe { failure, .. } = error else { panic!("{error:?}") };
    assert!(matches!(failure.kind, FailureKind::Limit { limit: Limit::MemoryBytes, .. }), "{failure}");
}

#[test]
fn a_component_that_compiles_for_minutes_is_given_up() {
    let bomb = component::with_bomb(&attack("harmless"));
    let cache = tempfile::tempdir().unwrap();
    let bench = Bench::with(|options| {
        options.cache_dir = Some(cache.path().join("compiled"));
        options.compiler =
            Compiler::Child { program: env!("CARGO_BIN_EXE_wats-compile-child").into(), args: Vec::new() };
    });
    let load = |change: fn(&mut LimitOverrides)| {
        let mut manifest = Manifest::default();
        change(&mut manifest.limits);
        let began = Instant::now();
        let error = bench.runtime.load_bytes(Path::new("bomb.wasm"), &bomb, manifest).unwrap_err();
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
        error
    };
    let error = load(|limits| limits.compile_time_ms = Some(1_000));
    assert!(matches!(error, Error::CompileTime { .. }), "{error:?}");
    assert!(error.to_string().contains("stopped after 1 s; raise limits.compile_time_ms"), "{error}");
    #[cfg(unix)]
    {
        let error = load(|limits| limits.compile_memory_bytes = Some(256 << 20));
        assert!(matches!(error, Error::CompileMemory { .. }), "{error:?}");
        assert!(error.to_string().contains("raise limits.compile_memory_bytes"), "{error}");
    }
    assert!(bench.metric("wats_plugin_loads_total", &["outcome=\"compile\""]) >= 1);
}

fn described(change: impl FnOnce(&mut Says<'_>)) -> Vec<u8> {
    let mut says = Says { name: "attack", version: "0.1.0", summary: "", pattern: "*.x", schema: "" };
    change(&mut says);
    component::component(&std::fs::read(guest("scripted")).unwrap(), "harmless", says)
}

#[test]
fn a_description_cannot_break_labels_pages_or_terminals() {
    for (what, bytes) in [
        ("name", described(|says| says.name = "a\"} 1\nwats_up 0")),
        ("name", described(|says| says.name = "../../a")),
        ("name", described(|says| says.name = "\u{430}ttack")),
        ("version", described(|says| says.version = "0.1.0\"}\n")),
        ("version", described(|says| says.version = "0.1.0-\u{1b}[2J")),
        (
            "version",
            described(|says| says.version = "1.0.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ),
        ("summary", described(|says| says.summary = "\u{1b}[2J")),
        ("summary", described(|says| says.summary = "fdp.\u{202e}exe")),
        ("pattern", described(|says| says.pattern = "*.x\n*")),
        ("schema", described(|says| says.schema = "[[[[")),
    ] {
        let error = refused(what, &bytes);
        let Error::Descriptor { problems, .. } = &error else { panic!("{what}: {error:?}") };
        assert!(problems.iter().any(|problem| problem.contains(what)), "{what}: {problems:?}");
    }
}

#[test]
fn a_schema_without_end_ends() {
    for (schema, words) in [
        (r##"{"$ref":"#"}"##, "refers to itself"),
        (r##"{"properties":{"a":{"$ref":"#","default":{}}}}"##, "refers to itself"),
        (r#"{"$ref":"http://127.0.0.1:9/schema"}"#, "not present"),
        (r#"{"$ref":"file:///etc/passwd"}"#, "not present"),
        (r#"{"required":["a"]}"#, "required property; none are given; bomb.toml would have them under [settings]"),
        (
            r#"{"properties":{"a":{"default":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!","pattern":"^(a*)*(\\1)$"}}}"#,
            "backtracking",
        ),
    ] {
        let began = Instant::now();
        let bytes = described(|says| says.schema = schema);
        let loaded = Bench::new().runtime.load_bytes(Path::new("bomb.wasm"), &bytes, Manifest::default());
        assert!(began.elapsed() < PATIENCE, "{schema}");
        let Err(error @ Error::Settings { .. }) = loaded else { panic!("{schema}: {loaded:?}") };
        assert!(error.to_string().contains(words), "{schema}: {error}");
    }
}
