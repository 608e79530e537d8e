//! `cargo xtask docs`: the API docs, and the links of the guides.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{run, workspaces};

pub(crate) fn docs() -> Result<bool> {
    run::phase("API docs", || {
        let root = run::root();
        for (folder, arguments) in
            [(root.clone(), ["--workspace", "--locked"].as_slice()), (root.join("sdk/rust"), &["--all-features"])]
        {
            let mut command = run::cargo(&folder);
            command.args(["doc", "--no-deps"]).args(arguments).env("RUSTDOCFLAGS", "-D warnings");
            if folder != root {
                command.env("CARGO_TARGET_DIR", run::output().join("guests-native"));
            }
            run::succeed(&mut command)?;
        }
        Ok(())
    })?;
    run::phase("links", || {
        let dead = dead_links()?;
        for link in &dead {
            println!("{link}");
        }
        println!("{} dead links", dead.len());
        Ok(dead.is_empty())
    })
}

/// Relative links in Markdown files that lead nowhere.
fn dead_links() -> Result<Vec<String>> {
    let mut files = Vec::new();
    markdown_files(&run::root(), &mut files)?;
    let mut dead = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        for (number, link) in links(&text) {
            let path = link.split(['#', '?']).next().unwrap_or_default();
            let target = file.parent().unwrap_or(&file).join(path.replace("%20", " "));
            if !path.is_empty() && !target.exists() {
                dead.push(format!("{}:{number}: {link}", workspaces::relative(&file)));
            }
        }
    }
    Ok(dead)
}

fn markdown_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let skipped = name.starts_with('.') && name != ".github" || matches!(name.as_str(), "target" | "node_modules");
        if path.is_dir() && !skipped {
            markdown_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    Ok(())
}

/// Relative targets of `[text](target)`, with their lines. What is in code is no link.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Every second piece between back-ticks is code.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for piece in prose.split("](").skip(1) {
            let target = piece.split([')', ' ']).next().unwrap_or_default().trim_matches(['<', '>']);
            let elsewhere = target.contains("://") || target.starts_with("mailto:") || target.starts_with('#');
            if !target.is_empty() && !elsewhere {
                found.push((index + 1, target.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_code_and_with_their_lines() {
        let text = "see [a](a.md#top) and `[no](no.md)`\n```\n[no](no.md)\n```\n[web](https://example.com) [b](b/c.md \"title\")";
        assert_eq!(links(text), [(1, "a.md#top".to_owned()), (5, "b/c.md".to_owned())]);
    }
}
