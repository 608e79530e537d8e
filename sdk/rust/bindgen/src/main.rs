//! Writes the guest bindings of `wats-converter` from its copy of the WIT package, for one of its worlds.
//!
//! The SDK carries them ready-made, so that a plugin's first build does not compile the generator and its hundred
//! dependencies. `cargo xtask wit` runs this tool and puts the digest of the WIT text at the head of the file.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator};
use wit_bindgen_rust::{Opts, WithOption};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(wit), Some(world), Some(output), None) =
        (arguments.next(), arguments.next(), arguments.next(), arguments.next())
    else {
        bail!("usage: wats-converter-bindgen WIT_FOLDER WORLD OUTPUT_FILE");
    };
    let world = world.to_string_lossy();
    let is_scheduled = world == "scheduled-converter";
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(&wit).with_context(|| format!("read {}", wit.display()))?;
    let world = resolve.select_world(&[package], Some(&world))?;
    let options = Opts {
        runtime_path: Some("::wit_bindgen::rt".to_owned()),
        additional_derive_attributes: vec!["PartialEq".to_owned()],
        // A resource cannot be compared; what holds one is not either.
        additional_derive_ignore: vec!["input".to_owned(), "file".to_owned(), "uut".to_owned()],
        export_macro_name: Some(if is_scheduled { "__export_scheduled_world" } else { "__export_world" }.to_owned()),
        // What both worlds have is of the first.
        with: if is_scheduled { shared() } else { Vec::new() },
        pub_export_macro: true,
        format: true,
        ..Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    let Some((_, text)) = files.iter().next() else { bail!("the generator wrote nothing") };
    let mut text = String::from_utf8(text.to_vec())?;
    if is_scheduled {
        without_imports_of_all(&mut text)?;
    }
    std::fs::write(&output, text).with_context(|| format!("write {}", output.display()))
}

fn shared() -> Vec<(String, WithOption)> {
    ["types", "source", "report", "station", "lookup", "conversion"]
        .map(|interface| {
            let path = format!("crate::bindings::wats::converter::{interface}");
            (format!("wats:converter/{interface}@0.1.0"), WithOption::Path(path))
        })
        .to_vec()
}

/// The generator has every plugin that contains these bindings import what the world does. Those that are no scheduled converters
/// contain them too, and must not; those that are one get the whole world from the export macro.
fn without_imports_of_all(text: &mut String) -> Result<()> {
    let begin = text.rfind("#[rustfmt::skip]\n#[cfg(target_arch = \"wasm32\")]\n#[unsafe(\n    link_section");
    let end = text.rfind("#[inline(never)]");
    let (Some(begin), Some(end)) = (begin, end) else { bail!("the generator writes another section than it did") };
    if begin > end {
        bail!("the generator writes the section of the imports elsewhere than it did");
    }
    text.replace_range(begin..end, "");
    Ok(())
}
