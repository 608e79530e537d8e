//! A core module becomes a component.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use wats_runtime::World;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::failed;

/// What older compilers call the system.
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Types of the contract, to be put into a module.
#[derive(Debug)]
pub(super) struct Types {
    /// The folder with the contract.
    pub(super) wit: PathBuf,
    pub(super) world: World,
}

/// Makes the component `out` of the module `core`. With `types`, those of the contract are put into it first; with `adapter`,
/// that module answers what it imports of WASI.
pub(super) fn make(core: &Path, types: Option<&Types>, adapter: Option<&Path>, out: &Path) -> anyhow::Result<()> {
    let mut module = wat::parse_file(core).with_context(|| format!("read the module {}", core.display()))?;
    if is_component(&module) {
        // A linker that knows components made it.
        return std::fs::write(out, module).with_context(|| format!("write {}", out.display()));
    }
    if let Some(Types { wit, world }) = types {
        let name = world.as_str();
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(wit).with_context(|| format!("read the contract in {}", wit.display()))?;
        let world = resolve.select_world(&[package], Some(name)).with_context(|| format!("find the world {name}"))?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .with_context(|| format!("put the types of the contract into {}", core.display()))?;
    }
    let wrong = |error: anyhow::Error| failed(format!("make a component of {}: {error:#}", core.display()));
    let mut encoder = ComponentEncoder::default().module(&module).map_err(wrong)?.validate(true);
    if let Some(adapter) = adapter {
        let bytes = wat::parse_file(adapter).with_context(|| format!("read the module {}", adapter.display()))?;
        encoder = encoder.adapter(PREVIEW1, &bytes).map_err(wrong)?;
    }
    let component = encoder.encode().map_err(wrong)?;
    std::fs::write(out, component).with_context(|| format!("write {}", out.display()))
}

/// By the layer that the head of the file names.
fn is_component(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(&[0x0d, 0, 1, 0])
}
