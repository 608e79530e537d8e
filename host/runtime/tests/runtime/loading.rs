//! What loads, what does not, and what is said about it.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{process, thread};

use wats_runtime::{Compiler, Error, LimitOverrides, Limits, Manifest};

use crate::attacks::{attack, component};
use crate::support::{Bench, convert, guest};

/// Loads a file with these bytes and expects a refusal.
fn refusal(bytes: &[u8]) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.wasm");
    std::fs::write(&path, bytes).unwrap();
    Bench::new().runtime.load(&path).unwrap_err()
}

#[test]
fn a_plugin_says_what_it_is() {
    let bench = Bench::new();
    let plugin = bench.load("scripted", LimitOverrides::default());
    assert_eq!((plugin.name(), plugin.version()), ("scripted", "1.2.3"));
    assert_eq!(plugin.digest().len(), 64);
    assert_eq!(plugin.descriptor().summary, "Does what the file says");
    assert_eq!(plugin.descriptor().properties, [("author".to_owned(), "the tests".to_owned())]);
    assert!(plugin.matches("A.SCRIPT", 5, b"") && !plugin.matches("a.csv", 5, b""));
    assert_eq!(plugin.grants().iter().count(), 0);
    assert_eq!(bench.metric("wats_plugin_loads_total", &["outcome=\"loaded\""]), 1);
}

#[test]
fn what_is_no_component_is_refused_with_a_reason() {
    for (bytes, reason) in [
        (&b""[..], "the file is empty"),
        (b"#!/bin/sh\n", "this is no wasm component"),
        (b"\0asm\x01\0\0\0", "a core wasm module"),
        (b"\x7fELF\x02\x01\x01\0", ".cwasm"),
    ] {
        let error = refusal(bytes);
        assert!(matches!(error, Error::NotAComponent { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with("load ") && text.contains("acme.wasm") && text.contains(reason), "{text}");
    }
}

#[test]
fn a_component_cut_short_anywhere_is_refused_and_never_a_panic() {
    let bytes = std::fs::read(guest("lies")).unwrap();
    for length in [9, 100, 4_000, bytes.len() / 2, bytes.len() - 1] {
        let error = refusal(&bytes[..length]);
        assert!(
            matches!(error, Error::NotAComponent { .. } | Error::WrongWorld { .. } | Error::Compile { .. }),
            "{length}: {error:?}"
        );
    }
}

#[test]
fn a_component_with_flipped_bytes_is_refused_or_harmless() {
    let good = std::fs::read(guest("lies")).unwrap();
    let bench = Bench::new();
    for seed in 0..12_usize {
        let mut bytes = good.clone();
        let length = bytes.len();
        bytes[(seed * 7_919 + 13) * 31 % length] ^= 0x55;
        let loaded = bench.runtime.load_bytes(Path::new("flipped.wasm"), &bytes, Manifest::default());
        assert!(loaded.is_err(), "it lies about itself even when the flip is harmless");
    }
}

#[test]
fn a_future_track_is_refused_with_the_versions_that_are_spoken() {
    let mut bytes = std::fs::read(guest("scripted")).unwrap();
    replace(&mut bytes, b"wats:converter/station@0.1.0", b"wats:converter/station@0.2.0");
    let error = refusal(&bytes);
    assert!(matches!(error, Error::UnknownTrack { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("made for wats:converter@0.2.0, and this host speaks wats:converter@0.1.x"), "{text}");
}

#[test]
fn a_newer_patch_of_a_known_track_loads_as_long_as_it_uses_what_exists() {
    let mut bytes = std::fs::read(guest("scripted")).unwrap();
    replace(&mut bytes, b"@0.1.0", b"@0.1.9");
    let bench = Bench::new();
    let plugin = bench.runtime.load_bytes(Path::new("newer.wasm"), &bytes, Manifest::default()).unwrap();
    assert!(convert(&plugin, "report SN-1 5.0").0.outcome.is_ok());
}

#[test]
fn an_interface_that_no_host_has_is_named() {
    let mut bytes = std::fs::read(guest("scripted")).unwrap();
    replace(&mut bytes, b"wats:converter/station@0.1.0", b"wats:converter/network@0.1.0");
    let error = refusal(&bytes);
    let text = error.to_string();
    assert!(matches!(error, Error::WrongWorld { .. }), "{error:?}");
    assert!(text.contains("it imports wats:converter/network@0.1.0, which this host does not have"), "{text}");
}

#[test]
fn everything_that_is_wrong_with_a_description_is_told() {
    let error = Bench::new().runtime.load(&guest("lies")).unwrap_err();
    let Error::Descriptor { problems, .. } = &error else { panic!("{error:?}") };
    let text = error.to_string();
    for words in ["name", "semantic version", "summary", "200 patterns", "magic", "contained is empty", "smallest size"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(problems.len(), 7, "{problems:#?}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn a_plugin_that_never_says_what_it_is_is_stopped() {
    let bench = Bench::with(|options| options.limits.probe_deadline = Duration::from_millis(100));
    let error = bench.runtime.load(&guest("loops_in_describe")).unwrap_err();
    let text = wats_runtime::chain(&error);
    assert!(text.contains("stopped after") && text.contains("raise limits.probe_deadline_ms"), "{text}");
}

#[test]
fn a_component_that_is_too_large_is_not_even_read() {
    let bench = Bench::with(|options| options.limits.component_bytes = 100_000);
    let error = bench.runtime.load(&guest("scripted")).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::TooLarge { allowed: 100_000, .. }), "{error:?}");
    assert!(text.contains("is more than the limit of 97.7 KiB") && text.contains("limits.component_bytes"), "{text}");
}

#[test]
fn the_manifest_beside_a_plugin_is_applied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scripted.wasm");
    std::fs::copy(guest("scripted"), &path).unwrap();
    let manifest = folder.path().join("scripted.toml");
    std::fs::write(
        &manifest,
        "grants = ['lookup']\npriority = 5\n[settings]\ncount = 3\n[limits]\nmemory_bytes = 33554432\n",
    )
    .unwrap();
    let bench = Bench::new();
    let plugin = bench.runtime.load(&path).unwrap();
    assert_eq!(plugin.priority(), 5);
    assert_eq!(plugin.limits(), &Limits { memory_bytes: 32 << 20, ..Limits::default() });
    assert_eq!(plugin.grants().iter().map(ToString::to_string).collect::<Vec<_>>(), ["lookup"]);
    assert_eq!(plugin.settings_json(), r#"{"count":3,"mended":false,"prefix":""}"#);

    let refused = |text: &str| {
        std::fs::write(&manifest, text).unwrap();
        bench.runtime.load(&path).unwrap_err().to_string()
    };
    let text = refused("[settings]\ncount = 30\n");
    assert!(text.contains("scripted.toml to scripted@1.2.3: count: "), "{text}");
    let text = refused("[limits]\nmemory = 5\n");
    assert!(text.contains("scripted.toml") && text.contains("line 2") && text.contains("memory_bytes"), "{text}");
    let text = refused("grants = ['root']\n");
    assert!(text.contains("`lookup`") && text.contains("line 1"), "{text}");
}

#[test]
fn code_is_compiled_once_and_then_comes_from_the_cache() {
    let cache = tempfile::tempdir().unwrap();
    let dir = cache.path().join("code");
    let load = || {
        let bench = Bench::with(|options| options.cache_dir = Some(dir.clone()));
        let plugin = bench.load("panics", LimitOverrides::default());
        (plugin.loaded_from_cache(), plugin.loaded_in())
    };
    assert!(!load().0);
    let (from_cache, took) = load();
    assert!(from_cache);
    println!("loaded from the cache in {took:?}");
}

#[cfg(unix)]
#[test]
fn a_cache_that_others_can_write_to_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let cache = tempfile::tempdir().unwrap();
    std::fs::set_permissions(cache.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let mut options = wats_runtime::RuntimeOptions::new(opentelemetry::metrics::MeterProvider::meter(
        &opentelemetry_sdk::metrics::SdkMeterProvider::builder().build(),
        "x",
    ));
    options.cache_dir = Some(cache.path().to_path_buf());
    let text = wats_runtime::Runtime::new(options).unwrap_err().to_string();
    assert!(text.contains("others may write to it"), "{text}");
}

fn child() -> Compiler {
    Compiler::Child { program: env!("CARGO_BIN_EXE_wats-compile-child").into(), args: Vec::new() }
}

#[test]
fn a_child_process_fills_the_cache() {
    let cache = tempfile::tempdir().unwrap();
    let bench = Bench::with(|options| {
        options.cache_dir = Some(cache.path().join("code"));
        options.compiler = child();
    });
    let plugin = bench.load("scripted", LimitOverrides::default());
    assert!(plugin.loaded_from_cache(), "the child compiled it");
    assert!(convert(&plugin, "report SN-1 5.0").0.outcome.is_ok());
    // The second time there is no child: the program could not even be started.
    let bench = Bench::with(|options| {
        options.cache_dir = Some(cache.path().join("code"));
        options.compiler = Compiler::Child { program: "/nowhere/at/all".into(), args: Vec::new() };
    });
    assert!(bench.load("scripted", LimitOverrides::default()).loaded_from_cache());
}

#[test]
fn a_child_process_that_takes_too_long_is_killed() {
    let cache = tempfile::tempdir().unwrap();
    let bench = Bench::with(|options| {
        options.cache_dir = Some(cache.path().join("code"));
        options.compiler = child();
        options.limits.compile_time = Duration::from_millis(1);
    });
    let error = bench.runtime.load(&guest("scripted")).unwrap_err();
    assert!(matches!(error, Error::CompileTime { .. }), "{error:?}");
    assert!(error.to_string().contains("stopped after 1 ms; raise limits.compile_time_ms"), "{error}");
    assert_eq!(bench.metric("wats_plugin_loads_total", &["outcome=\"compile\""]), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_child_process_that_takes_too_much_memory_ends_alone() {
    let cache = tempfile::tempdir().unwrap();
    let bench = Bench::with(|options| {
        options.cache_dir = Some(cache.path().join("code"));
        options.compiler = child();
        options.limits.compile_memory_bytes = 6 << 20;
    });
    let error = bench.runtime.load(&guest("scripted")).unwrap_err();
    assert!(matches!(error, Error::CompileMemory { .. }), "{error:?}");
    assert!(error.to_string().contains("needs more than 6 MiB; raise limits.compile_memory_bytes"), "{error}");
}

#[test]
fn what_a_child_process_refuses_is_told_in_its_words() {
    let cache = tempfile::tempdir().unwrap();
    let bench = Bench::with(|options| {
        options.cache_dir = Some(cache.path().join("code"));
        options.compiler = child();
    });
    let mut bytes = std::fs::read(guest("scripted")).unwrap();
    // Break the first function's code and leave the outside whole.
    let at = bytes.windows(4).position(|window| window == [0x20, 0x00, 0x41, 0x10]).unwrap();
    bytes[at] = 0xff;
    let error = bench.runtime.load_bytes(Path::new("broken.wasm"), &bytes, Manifest::default()).unwrap_err();
    let Error::Compile { reason, .. } = &error else { panic!("{error:?}") };
    assert!(reason.contains("offset"), "{reason}");
}

#[cfg(unix)]
#[test]
fn only_a_child_process_that_says_so_or_was_killed_ran_out_of_memory() {
    let cache = tempfile::tempdir().unwrap();
    let load = |script: &str| {
        let bench = Bench::with(|options| {
            options.cache_dir = Some(cache.path().join("code"));
            options.compiler = Compiler::Child { program: "/bin/sh".into(), args: vec!["-c".into(), script.into()] };
        });
        bench.runtime.load(&guest("scripted")).unwrap_err()
    };
    let error = load("ulimit -c 0; echo 'panicked at isa/x64.rs: no such instruction' >&2; kill -ABRT $$");
    let Error::Compile { reason, .. } = &error else { panic!("{error:?}") };
    assert!(reason.contains("ended with signal: 6") && reason.contains("no such instruction"), "{reason}");
    for script in ["ulimit -c 0; echo 'memory allocation of 64 bytes failed' >&2; kill -ABRT $$", "kill -KILL $$"] {
        let error = load(script);
        assert!(matches!(error, Error::CompileMemory { .. }), "{script}: {error:?}");
    }
}

/// A child process by itself, and its standard input.
fn child_alone(cache: &Path, time_ms: u64, component_bytes: usize) -> (process::Child, process::ChildStdin) {
    let numbers = [1 << 20, 4 << 30, time_ms, component_bytes as u64];
    let mut child = process::Command::new(env!("CARGO_BIN_EXE_wats-compile-child"))
        .arg(cache.join("code"))
        .args(numbers.map(|number| number.to_string()))
        .stdin(process::Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    (child, stdin)
}

/// Expects that a child process ends before it is done, and nobody kills it.
fn ends_by_itself(mut child: process::Child) {
    let began = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if began.elapsed() < Duration::from_secs(30) => thread::sleep(Duration::from_millis(5)),
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("it was still there after {:?}", began.elapsed());
            }
        }
    };
    // It neither compiled anything nor refused to.
    assert!(!matches!(status.code(), Some(0 | 3)), "{status}");
}

#[test]
fn a_child_process_whose_time_is_over_ends_without_its_parent() {
    let cache = tempfile::tempdir().unwrap();
    let (child, stdin) = child_alone(cache.path(), 1, 1);
    ends_by_itself(child);
    drop(stdin);
}

#[test]
fn a_child_process_ends_when_its_parent_is_gone() {
    let cache = tempfile::tempdir().unwrap();
    let bomb = component::with_bomb(&attack("harmless"));
    let (child, mut stdin) = child_alone(cache.path(), 600_000, bomb.len());
    stdin.write_all(&bomb).unwrap();
    drop(stdin);
    ends_by_itself(child);
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut at = 0;
    let mut count = 0;
    while let Some(found) = bytes[at..].windows(from.len()).position(|window| window == from) {
        bytes[at + found..at + found + to.len()].copy_from_slice(to);
        at += found + to.len();
        count += 1;
    }
    assert!(count > 0);
}
