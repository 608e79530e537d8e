//! Components that ask for too much before their first function runs: a good guest, with core modules bolted on to it that
//! are made of bytes here.

use std::path::Path;

use wasmparser::{Parser, Payload};
use wats_runtime::{Error, FailureKind, Limit, Manifest};

use crate::attacks::component::{leb, section};
use crate::support::{Bench, guest};

pub(crate) fn module(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x01\0\0\0".as_slice(), &sections.concat()].concat()
}

/// A module with a memory of at least so many pages.
fn memory(pages: u64) -> Vec<u8> {
    module(&[section(5, &[&[1, 0], leb(pages).as_slice()].concat())])
}

/// A module with a table of at least so many functions.
fn table(elements: u64) -> Vec<u8> {
    module(&[section(4, &[&[1, 0x70, 0], leb(elements).as_slice()].concat())])
}

/// A module whose start function has this body.
fn start(body: &[u8]) -> Vec<u8> {
    let code = [&[0], body, &[0x0b]].concat();
    module(&[
        section(1, &[1, 0x60, 0, 0]),
        section(3, &[1, 0]),
        section(8, &[0]),
        section(10, &[&[1], leb(code.len() as u64).as_slice(), &code].concat()),
    ])
}

/// A good guest that also instantiates this module so many times.
pub(crate) fn bolt_on(module: &[u8], times: u64) -> Vec<u8> {
    let mut bytes = std::fs::read(guest("loops_forever")).unwrap();
    let mut modules = 0_u64;
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(&bytes) {
        match payload.unwrap() {
            Payload::ModuleSection { .. } => {
                modules += u64::from(depth == 0);
                depth += 1;
            }
            Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ => {}
        }
    }
    bytes.extend(section(1, module));
    let one = [&[0], leb(modules).as_slice(), &[0]].concat();
    let all = (0..times).flat_map(|_| one.clone()).collect::<Vec<_>>();
    bytes.extend(section(2, &[leb(times).as_slice(), &all].concat()));
    bytes
}

fn load(bytes: &[u8]) -> Result<wats_runtime::Plugin, Error> {
    let mut manifest = Manifest::default();
    manifest.limits.probe_deadline_ms = Some(200);
    Bench::new().runtime.load_bytes(Path::new("bolted.wasm"), bytes, manifest)
}

/// Expects that the component is stopped at this limit when it is asked what it is.
fn check(module: &[u8], times: u64, limit: Limit, words: &str) {
    let error = load(&bolt_on(module, times)).unwrap_err();
    let Error::Describe { failure, .. } = error else { panic!("{error:?}") };
    let FailureKind::Limit { limit: reached, found, allowed } = failure.kind else { panic!("{failure:?}") };
    assert_eq!(reached, limit, "{failure}");
    // Time is told in whole milliseconds, and the call may end in the very one in which it was over.
    assert!(found > allowed || (limit == Limit::ProbeDeadlineMs && found == allowed), "{failure}");
    let text = failure.to_string();
    assert!(text.contains(words) && text.contains(&format!("raise limits.{limit}")), "{text}");
}

#[test]
fn a_harmless_addition_loads() {
    assert_eq!(load(&bolt_on(&module(&[]), 1)).unwrap().name(), "loops-forever");
}

#[test]
fn core_instances_are_counted() {
    check(&module(&[]), 300, Limit::Instances, "has 201 core instances");
}

#[test]
fn memories_are_counted() {
    check(&memory(1), 20, Limit::Memories, "has 9 core memories");
}

#[test]
fn tables_are_counted() {
    check(&table(1), 100, Limit::Tables, "has 65 core tables");
}

#[test]
fn a_memory_that_begins_too_large_is_refused() {
    check(&memory(8_192), 1, Limit::MemoryBytes, "wanted 513");
}

#[test]
fn many_small_memories_count_together() {
    check(&memory(1_024), 5, Limit::MemoryBytes, "of memory");
}

#[test]
fn a_table_that_begins_too_large_is_refused() {
    let error = load(&bolt_on(&table(10_000_000), 1)).unwrap_err();
    assert!(matches!(error, Error::OverLimit { limit: Limit::TableElements, .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("exceeds the limit of 100000; raise limits.table_elements"), "{text}");
}

#[test]
fn a_start_function_that_loops_is_stopped() {
    // loop br 0 end
    check(&start(&[0x03, 0x40, 0x0c, 0x00, 0x0b]), 1, Limit::ProbeDeadlineMs, "stopped after");
}

#[test]
fn a_start_function_that_traps_is_told() {
    let error = load(&bolt_on(&start(&[0x00]), 1)).unwrap_err();
    assert!(wats_runtime::chain(&error).contains("trapped (wasm `unreachable`"), "{error:?}");
}

/// Debug information by which all code of a module is in line 7 of this file.
fn debug_information(file: &str) -> Vec<u8> {
    let number = |it: usize| u32::try_from(it).unwrap().to_le_bytes();
    let sized = |content: &[u8]| [number(content.len()).as_slice(), content].concat();
    let custom =
        |name: &str, content: &[u8]| section(0, &[leb(name.len() as u64), name.into(), content.into()].concat());
    // One compile unit without children, whose only attribute is where its lines are.
    let abbreviations = [1, 0x11, 0, 0x10, 0x17, 0, 0, 0];
    let unit = [&[4, 0], number(0).as_slice(), &[4, 1], &number(0)].concat();
    // Bytes of an instruction, operations of one, whether rows are statements; what special operations mean, which there are
    // none of here; lengths of the standard ones; no folders; then the files.
    let head = [1, 1, 1, 0, 1, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0];
    let head = [&head, file.as_bytes(), &[0, 0, 0, 0, 0]].concat();
    // Address 1, line 1 + 6, a row; 1,000 bytes on, the end.
    let rows = [&[0, 5, 2], number(1).as_slice(), &[3, 6, 1, 2], &leb(1_000), &[0, 1, 1]].concat();
    let lines = [&[4, 0], sized(&head).as_slice(), &rows].concat();
    [
        custom(".debug_abbrev", &abbreviations),
        custom(".debug_info", &sized(&unit)),
        custom(".debug_line", &sized(&lines)),
    ]
    .concat()
}

#[test]
fn a_file_of_a_megabyte_in_debug_information_is_told_by_its_beginning() {
    let told = |file: &str| {
        let module = [start(&[0x00]), debug_information(file)].concat();
        let Error::Describe { failure, .. } = load(&bolt_on(&module, 1)).unwrap_err() else { panic!("{file:.100}") };
        let frame = failure.backtrace.first().unwrap_or_else(|| panic!("{failure:?}")).clone();
        (frame.file.unwrap(), frame.line)
    };
    assert_eq!(told("src/lib.rs"), ("src/lib.rs".to_owned(), Some(7)));
    let (file, _) = told(&"f".repeat(1 << 20));
    assert_eq!(file, format!("{} ...", "f".repeat(500)));
}

#[test]
fn a_module_that_is_invalid_inside_is_refused_by_the_compiler() {
    let error = load(&bolt_on(&start(&[0x41, 0x00]), 1)).unwrap_err();
    let Error::Compile { reason, .. } = &error else { panic!("{error:?}") };
    assert!(reason.contains("type mismatch"), "{reason}");
}
