//! `wats plugin new`: a plugin to begin with, from the template of a language.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use serde_json::json;

use crate::{
    args::NewArgs,
    exit::{self, Coded},
    output::Output,
};

/// What is made by building, and belongs to no new project.
const BUILT: [&str; 5] = ["target", "build", "node_modules", "__pycache__", ".git"];
/// What templates are called: those of converters, and those of scheduled ones.
const OF_A_FORMAT: [&str; 3] = ["my-format", "my_format", "MyFormat"];
const OF_A_SOURCE: [&str; 3] = ["my-source", "my_source", "MySource"];
/// Files in which a template says where its SDK is, which is the folder above it.
const NAME_THE_SDK: [&str; 8] = [
    "wats-plugin.toml",
    "Cargo.toml",
    "go.mod",
    "package.json",
    "package-lock.json",
    "pyproject.toml",
    "Makefile",
    "tsconfig.json",
];

/// What a template is for.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    scheduled: bool,
    language: String,
}

/// A template: the language's SDK, and the folder in it.
#[derive(Debug)]
struct Template {
    sdk: PathBuf,
    folder: PathBuf,
}

pub(super) fn new(args: &NewArgs, output: Output) -> anyhow::Result<u8> {
    let name = &args.name;
    if !is_name(name) {
        let what = format!(
            "{name:?} is no name for a plugin: lower-case words joined by `-`, such as acme-ict, at most 60 letters"
        );
        return Err(Coded { code: exit::USAGE, what }.into());
    }
    let sdk = sdk_dir(args.sdk.as_deref())?;
    let mut templates = templates(&sdk);
    let wanted = Kind { scheduled: args.scheduled, language: args.lang.clone() };
    let Some(template) = templates.remove(&wanted) else {
        let known = templates.into_keys().filter(|kind| kind.scheduled == args.scheduled);
        let known: Vec<_> = known.map(|kind| kind.language).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let of = if args.scheduled { "template of a scheduled converter" } else { "template" };
        let what = format!("no {of} for {:?} in {}: there is {known}", args.lang, sdk.display());
        return Err(Coded { code: exit::NOT_FOUND, what }.into());
    };
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(name));
    if std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("make {}: the folder is not empty; name another one with --dir", folder.display());
    }
    let sdk = std::path::absolute(&template.sdk)?;
    Copy { name, scheduled: args.scheduled, sdk: forward(&sdk) }.folder(&template.folder, &folder, true)?;
    if output.json {
        output.value(&json!({ "ok": true, "name": name, "language": args.lang, "folder": folder, "sdk": sdk }))?;
        return Ok(exit::OK);
    }
    let shown = folder.display();
    let cases = if args.scheduled {
        "do the runs in cases/, in the sandbox"
    } else {
        "convert the files in cases/, in the sandbox"
    };
    let installed = if args.scheduled {
        "a station takes it, and runs it by a schedule:"
    } else {
        "a running station takes it within a second"
    };
    output.line(&format!("{} is in {shown}. Next:", output.strong(name)))?;
    let steps = [
        (format!("cd {shown}"), ""),
        ("wats plugin build .".to_owned(), "make the component"),
        ("wats plugin test .".to_owned(), cases),
        (format!("wats plugin check build/{name}.wasm"), "would a station load it?"),
        (format!("cp build/{name}.wasm PLUGINS"), installed),
    ];
    for (command, what) in steps {
        let what = if what.is_empty() { String::new() } else { format!("# {what}") };
        output.line(format!("    {command:<44} {what}").trim_end())?;
    }
    if args.scheduled {
        output.text(&scheduling(name))?;
    }
    output.line("README.md, where there is one, says what to change for your format.")?;
    Ok(exit::OK)
}

/// What it takes beside the component until a station runs it: what it may ask, and when it is due.
fn scheduling(name: &str) -> String {
    format!(
        "\nPLUGINS/{name}.toml grants what it asks for, with the host that it may reach:\n\
         \x20   grants = [\"http:mes.example\", \"state\"]\n\
         \nwats.toml says when it is due, and a station reads that when it starts:\n\
         \x20   [[schedule]]\n    name = \"{name}\"\n    plugin = \"{name}\"\n    every_seconds = 600\n\n"
    )
}

/// As the host asks of names.
fn is_name(name: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.len() <= 60 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('-').all(word)
}

/// The folder of the SDKs: the one given, else the one beside the program, else that of a workspace that we stand in.
fn sdk_dir(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(given) = given {
        return if given.is_dir() {
            Ok(given.to_owned())
        } else {
            Err(not_found(&format!("no folder {}", given.display())))
        };
    }
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("sdk")));
    let here = std::env::current_dir()?;
    let above = here.ancestors().map(|folder| folder.join("sdk"));
    let found = beside.into_iter().chain(above).find(|folder| !templates(folder).is_empty());
    found.ok_or_else(|| not_found("no folder `sdk` beside this program, nor here or above; name it with --sdk"))
}

fn not_found(why: &str) -> anyhow::Error {
    Coded { code: exit::NOT_FOUND, what: format!("find the SDKs: {why}") }.into()
}

/// The templates of a folder of SDKs: `python/template`, `c/template-cpp` for `cpp`, and `python/template-scheduled`,
/// `c/template-cpp-scheduled` for scheduled converters.
fn templates(sdk: &Path) -> BTreeMap<Kind, Template> {
    let mut found = BTreeMap::new();
    for language in folders(sdk) {
        let name = file_name(&language);
        for folder in folders(&language) {
            let folder_name = file_name(&folder);
            let plain = folder_name.strip_suffix("-scheduled");
            let scheduled = plain.is_some();
            let language_name = match plain.unwrap_or(&folder_name).strip_prefix("template") {
                Some("") => name.clone(),
                Some("-ts") => "typescript".to_owned(),
                Some(other) => other.trim_start_matches('-').to_owned(),
                None => continue,
            };
            found.insert(Kind { scheduled, language: language_name }, Template { sdk: language.clone(), folder });
        }
    }
    found
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A path as manifests of every kind understand it, on Windows too.
fn forward(path: &Path) -> String {
    let text = path.display().to_string();
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}

/// Copies a template, with the plugin's name and the way to the SDK put in.
struct Copy<'a> {
    name: &'a str,
    scheduled: bool,
    sdk: String,
}

impl Copy<'_> {
    fn folder(&self, from: &Path, to: &Path, names: bool) -> anyhow::Result<()> {
        std::fs::create_dir_all(to).with_context(|| format!("create {}", to.display()))?;
        for entry in std::fs::read_dir(from).with_context(|| format!("list {}", from.display()))? {
            let path = entry?.path();
            let name = file_name(&path);
            if BUILT.contains(&name.as_str()) {
                continue;
            }
            let target = to.join(self.named(&name));
            if path.is_dir() {
                // The files of cases are no texts of ours.
                self.folder(&path, &target, names && name != "cases")?;
                continue;
            }
            let bytes = super::read(&path)?;
            let bytes = match String::from_utf8(bytes) {
                Ok(text) if names => self.text(&name, &text).into_bytes(),
                Ok(text) => text.into_bytes(),
                Err(binary) => binary.into_bytes(),
            };
            std::fs::write(&target, bytes).with_context(|| format!("write {}", target.display()))?;
        }
        Ok(())
    }

    fn named(&self, text: &str) -> String {
        let pascal: String = self.name.split('-').map(capital).collect();
        let name_ = self.name.replace('-', "_");
        // Those of the other kind are words like any, and may be a part of the name.
        let [words, snake, joined] = if self.scheduled { OF_A_SOURCE } else { OF_A_FORMAT };
        text.replace(words, self.name).replace(snake, &name_).replace(joined, &pascal)
    }

    fn text(&self, file: &str, text: &str) -> String {
        let text = self.named(text);
        if !NAME_THE_SDK.contains(&file) {
            return text;
        }
        let sdk = &self.sdk;
        let text = text.replace("\"..\"", &format!("\"{sdk}\"")).replace("\"file:..\"", &format!("\"file:{sdk}\""));
        let lines = text.split_inclusive('\n').map(|line| {
            // go.mod: replace name => ..
            let bare = line.trim_end().trim_end_matches('/');
            bare.strip_suffix("=> ..").map_or_else(|| line.to_owned(), |start| format!("{start}=> \"{sdk}\"\n"))
        });
        lines.collect()
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_name_in_all_its_forms_and_the_way_to_the_sdk() {
        let source = Copy { name: "my-source-2", scheduled: true, sdk: String::new() };
        assert_eq!(source.named("my-source my_source MySource"), "my-source-2 my_source_2 MySource2");
        let copy = Copy { name: "acme-ict-2", scheduled: false, sdk: "/opt/wats/sdk/x".to_owned() };
        assert_eq!(copy.named("my-format my_format.rs MyFormat::new"), "acme-ict-2 acme_ict_2.rs AcmeIct2::new");
        assert_eq!(copy.text("Cargo.toml", "path = \"..\""), "path = \"/opt/wats/sdk/x\"");
        assert_eq!(copy.text("package.json", "{\"a\": \"file:..\"}"), "{\"a\": \"file:/opt/wats/sdk/x\"}");
        assert_eq!(copy.text("go.mod", "a\nreplace w => ../\n"), "a\nreplace w => \"/opt/wats/sdk/x\"\n");
        // Only where the SDK is meant.
        assert_eq!(copy.text("converter.py", "join(\"..\")"), "join(\"..\")");
    }

    #[test]
    fn a_name_that_no_host_takes_is_refused() {
        for name in ["", "Acme", "a--b", "-a", "a_b", "2a", "a b", "../x"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(is_name("acme-ict-2"));
    }
}
