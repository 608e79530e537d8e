//! Writes the guest bindings of `wats-converter` from its copy of the WIT package.
//!
//! The SDK carries them ready-made, so that a plugin's first build does not compile the generator and its hundred
//! dependencies. `cargo xtask wit` runs this tool and puts the digest of the WIT text at the head of the file.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator};
use wit_bindgen_rust::Opts;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(wit), Some(output), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        bail!("usage: wats-converter-bindgen WIT_FOLDER OUTPUT_FILE");
    };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(&wit).with_context(|| format!("read {}", wit.display()))?;
    let world = resolve.select_world(&[package], Some("converter"))?;
    let options = Opts {
        runtime_path: Some("::wit_bindgen::rt".to_owned()),
        additional_derive_attributes: vec!["PartialEq".to_owned()],
        // A resource cannot be compared; what holds one is not either.
        additional_derive_ignore: vec!["input".to_owned(), "file".to_owned(), "uut".to_owned()],
        export_macro_name: Some("__export_world".to_owned()),
        pub_export_macro: true,
        format: true,
        ..Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    let Some((_, text)) = files.iter().next() else { bail!("the generator wrote nothing") };
    std::fs::write(&output, text).with_context(|| format!("write {}", output.display()))
}
