//! Components with a core module that is written by hand: attacks of which no compiler makes a guest.
//!
//! An attack is the fields of a module, in `<name>.wat`. What it does not export itself comes from `common/`: a memory, a
//! `cabi_realloc`, and functions that do nothing. The types and the wiring are those of a guest that uses nearly all of the
//! host, whose own module is taken out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const PARTS: [&str; 7] =
    ["memory", "cabi_realloc", "probe", "convert", "cabi_post_describe", "cabi_post_probe", "cabi_post_convert"];

/// What a component says about itself.
#[derive(Clone, Copy)]
pub(crate) struct Says<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) summary: &'a str,
    pub(crate) pattern: &'a str,
    pub(crate) schema: &'a str,
}

/// The component of an attack, put into that of a guest. It calls itself as its file is called, with `-` for `_`, and takes
/// files whose names end in a dot and that.
pub(crate) fn attack(guest: &[u8], name: &str) -> Vec<u8> {
    let called = name.replace('_', "-");
    let pattern = format!("*.{called}");
    component(guest, name, Says { name: &called, version: "0.1.0", summary: "", pattern: &pattern, schema: "" })
}

/// The component of an attack that says this about itself.
pub(crate) fn component(guest: &[u8], name: &str, says: Says<'_>) -> Vec<u8> {
    let path = folder().join(format!("{name}.wat"));
    let mut text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for part in PARTS {
        if !text.contains(&format!("(export \"{part}\")")) {
            let path = folder().join("common").join(format!("{part}.wat"));
            let common = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            text.push_str(&common);
        }
    }
    text.push_str(&describe(says));
    let module = wat::parse_str(format!("(module ${name}\n{text})")).unwrap_or_else(|error| panic!("{name}: {error}"));
    with_module(guest, &module)
}

/// The function `describe`, with its answer at 1024 and the texts far above.
fn describe(says: Says<'_>) -> String {
    const ANSWER: usize = 1024;
    const PATTERNS: usize = 1152;
    let mut at = 0x4_0000;
    let mut data = String::new();
    let mut put = |place: usize, bytes: &[u8]| {
        write!(data, "  (data (i32.const {place}) \"").unwrap();
        for byte in bytes {
            write!(data, "\\{byte:02x}").unwrap();
        }
        data.push_str("\")\n");
    };
    let pair = |place: usize, length: usize| {
        let number = |it: usize| u32::try_from(it).unwrap().to_le_bytes();
        [number(place), number(length)].concat()
    };
    let texts = [(0, says.name), (8, says.version), (16, says.summary), (88, says.schema)];
    for (place, text) in
        texts.map(|(offset, text)| (ANSWER + offset, text)).into_iter().chain([(PATTERNS, says.pattern)])
    {
        put(place, &pair(at, text.len()));
        put(at, text.as_bytes());
        at += text.len();
    }
    put(ANSWER + 32, &pair(PATTERNS, 1));
    data + &format!("  (func (export \"describe\") (result i32) (i32.const {ANSWER}))\n")
}

/// A component whose first module is another one.
fn with_module(component: &[u8], module: &[u8]) -> Vec<u8> {
    const MODULE: u8 = 1;
    let mut at = 8;
    loop {
        let (length, content) = number(component, at + 1);
        if component[at] == MODULE {
            let after = &component[content + length..];
            return [&component[..=at], &leb(module.len() as u64), module, after].concat();
        }
        at = content + length;
    }
}

/// A number in the form of the binary format, and where it ends.
fn number(bytes: &[u8], mut at: usize) -> (usize, usize) {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = bytes[at];
        value |= usize::from(byte & 0x7f) << shift;
        at += 1;
        shift += 7;
        if byte & 0x80 == 0 {
            return (value, at);
        }
    }
}

/// The same component with a module besides that is never used: 48 MB of additions, in functions that are as large as they
/// may be. A compiler is at it for a minute or more.
pub(crate) fn with_bomb(component: &[u8]) -> Vec<u8> {
    let body = [vec![0, 0x41, 0], [0x41, 1, 0x6a].repeat(400_000), vec![0x1a, 0x0b]].concat();
    let code = [leb(body.len() as u64), body].concat();
    let module = [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &[1, 0x60, 0, 0]),
        section(3, &[leb(40), vec![0; 40]].concat()),
        section(10, &[leb(40), code.repeat(40)].concat()),
    ];
    [component, &section(1, &module.concat())].concat()
}

/// A section of a module or a component.
pub(crate) fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id], leb(content.len() as u64).as_slice(), content].concat()
}

/// A number in that form.
pub(crate) fn leb(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn folder() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = package.ancestors().map(|folder| folder.join("tests/guests/attacks"));
    folders.into_iter().find(|folder| folder.is_dir()).unwrap()
}
