//! What a component is made of, for its author: imports, exports, sections with sizes, the tools that made it. Nothing is
//! compiled, and whether this host would load it is not asked.

use std::collections::BTreeMap;
use std::path::Path;

use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::Digest as _;
use wasmparser::{BinaryReaderError, KnownCustom, Parser, Payload};

use crate::error::Error;
use crate::inspect::{self, Outside};

/// A component, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Anatomy {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256, in hex.
    pub digest: String,
    /// The world of the contract that it is of, by what it exports: `wats:converter/converter@0.1.0`. None where it is of no
    /// world that this host knows.
    pub world: Option<String>,
    /// Interfaces and functions that it wants to be given: `wats:converter/report@0.1.0`.
    pub imports: Vec<String>,
    /// Functions that it gives.
    pub exports: Vec<String>,
    /// What its bytes are, by kind, the largest first. They add up to the size.
    pub sections: Vec<Section>,
    /// The core modules in it, in order.
    pub modules: Vec<CoreModule>,
    /// Languages, compilers and tools that left their names.
    pub producers: Vec<Tool>,
}

/// Bytes of one kind, over all modules and components of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// `code`, `data`, `custom name`, ...
    pub kind: String,
    /// How many bytes.
    pub bytes: u64,
}

/// One core module of a component.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CoreModule {
    /// Length in bytes.
    pub bytes: u64,
    /// Functions that it defines.
    pub functions: u32,
}

/// One who had a part in making it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Tool {
    /// `language`, `processed-by`, `sdk`.
    pub role: String,
    /// `Rust`, `wit-component`.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
}

impl Anatomy {
    /// Takes a component apart; `path` is what it is called in errors.
    ///
    /// # Errors
    /// [`Error::NotAComponent`] when it is none, or is damaged.
    pub fn of(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let not = |what: String| Error::NotAComponent { path: path.to_path_buf(), what };
        inspect::kind_of(bytes).map_err(&not)?;
        let damaged = |problem: String| not(format!("the file is damaged or cut short: {problem}"));
        let outside = inspect::outermost(bytes).map_err(damaged)?;
        let mut parts = Parts::default();
        parts.read(bytes).map_err(|error| damaged(format!("{} at byte {:#x}", error.message(), error.offset())))?;
        let size = bytes.len() as u64;
        let sections = parts.sections(size);
        let Parts { modules, mut producers, .. } = parts;
        producers.sort();
        producers.dedup();
        let digest = HEXLOWER.encode(&sha2::Sha256::digest(bytes));
        let world = inspect::world(&outside);
        let Outside { imports, exports } = outside;
        Ok(Self { size, digest, world, imports, exports, sections, modules, producers })
    }
}

#[derive(Default)]
struct Parts {
    kinds: BTreeMap<String, u64>,
    modules: Vec<CoreModule>,
    producers: Vec<Tool>,
}

impl Parts {
    fn read(&mut self, bytes: &[u8]) -> Result<(), BinaryReaderError> {
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ModuleSection { unchecked_range, .. } => {
                    let bytes = (unchecked_range.end - unchecked_range.start) as u64;
                    self.modules.push(CoreModule { bytes, functions: 0 });
                }
                Payload::CodeSectionStart { count, range, .. } => {
                    if let Some(module) = self.modules.last_mut() {
                        module.functions = count;
                    }
                    self.count("code".to_owned(), range.end - range.start);
                }
                Payload::DataSection(reader) => {
                    let range = reader.range();
                    self.count("data".to_owned(), range.end - range.start);
                }
                Payload::CustomSection(reader) => {
                    let range = reader.range();
                    self.count(format!("custom {}", reader.name().escape_debug()), range.end - range.start);
                    if let KnownCustom::Producers(fields) = reader.as_known() {
                        for field in fields {
                            let field = field?;
                            for value in field.values {
                                let value = value?;
                                self.producers.push(Tool {
                                    role: field.name.to_owned(),
                                    name: value.name.to_owned(),
                                    version: value.version.to_owned(),
                                });
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn count(&mut self, kind: String, bytes: usize) {
        *self.kinds.entry(kind).or_default() += bytes as u64;
    }

    /// By size, with what was not counted as the rest.
    fn sections(&self, size: u64) -> Vec<Section> {
        let counted: u64 = self.kinds.values().sum();
        let mut sections: Vec<_> =
            self.kinds.iter().map(|(kind, bytes)| Section { kind: kind.clone(), bytes: *bytes }).collect();
        let rest = size.saturating_sub(counted);
        sections.push(Section { kind: "types, imports, exports".to_owned(), bytes: rest });
        sections.sort_by_key(|section| std::cmp::Reverse(section.bytes));
        sections
    }
}
