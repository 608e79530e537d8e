//! Reports out of a queue and into another: export, import, salvage.

use std::{
    fs::OpenOptions,
    io::{self, BufRead as _, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::json;
use wats_queue::{ExportPage, Imported};
use wats_station::{
    Config,
    control::{self, ListFilter},
};

use super::{Place, folder, options, select};
use crate::{
    args::ExportArgs,
    exit,
    output::{Output, count, plain},
};

/// Lines are sent to the station in pieces of about this size.
const PIECE_BYTES: usize = 8 << 20;
/// Largest line, that is report, of an import.
const LINE_BYTES: u64 = 512 << 20;

impl Place {
    async fn export(&self, filter: &ListFilter) -> anyhow::Result<ExportPage> {
        match self {
            Self::Running(service) => service.get("/api/queue/export", filter).await,
            Self::Stopped(queue) => Ok(control::export(queue, filter).await?),
        }
    }

    async fn import(&self, lines: String) -> anyhow::Result<Imported> {
        match self {
            Self::Running(service) => service.post_bytes("/api/queue/import", lines.into_bytes()).await,
            Self::Stopped(queue) => Ok(queue.import(&lines).await?),
        }
    }
}

pub(super) async fn export(config: &Config, args: &ExportArgs, output: Output) -> anyhow::Result<u8> {
    let place = Place::find(config).await?;
    let mut to: Box<dyn Write> = match &args.to {
        None => Box::new(io::stdout()),
        Some(path) => {
            let file = OpenOptions::new().write(true).create_new(true).open(path);
            Box::new(BufWriter::new(file.with_context(|| format!("write the new file {}", path.display()))?))
        }
    };
    let mut filter = select(&args.select);
    let (mut written, mut left_out) = (0_u64, Vec::new());
    loop {
        let page = place.export(&filter).await?;
        for entry in &page.entries {
            match writeln!(to, "{}", serde_json::to_string(entry)?) {
                // The reader has seen enough (`wats queue export | head`).
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(exit::OK),
                written => written?,
            }
            written += 1;
        }
        left_out.extend(page.left_out);
        match page.next {
            None => break,
            Some(next) => filter.before = Some(next.0),
        }
    }
    to.flush()?;
    for what in &left_out {
        tracing::warn!("left out: {}", plain(what));
    }
    // On standard output there is nothing but the lines.
    if let Some(path) = &args.to {
        if output.json {
            output.value(&json!({ "exported": written, "left_out": left_out, "file": path }))?;
        } else {
            let (written, left_out) = (count(written, "report"), left_out.len());
            output.line(&format!("{written} written to {}, {left_out} left out", path.display()))?;
        }
    }
    Ok(exit::OK)
}

pub(super) async fn import(config: &Config, files: &[PathBuf], output: Output) -> anyhow::Result<u8> {
    let place = Place::make(config).await?;
    let mut total = Imported::default();
    for file in files {
        let from: Box<dyn Read> = if file == Path::new("-") {
            Box::new(io::stdin())
        } else {
            Box::new(std::fs::File::open(file).with_context(|| format!("read {}", file.display()))?)
        };
        let mut from = BufReader::new(from);
        let mut line_number: u64 = 1;
        loop {
            let first = line_number;
            let mut piece = String::new();
            while piece.len() < PIECE_BYTES {
                let read = (&mut from).take(LINE_BYTES).read_line(&mut piece);
                if read.with_context(|| format!("read line {line_number} of {}", file.display()))? == 0 {
                    break;
                }
                line_number += 1;
            }
            if piece.is_empty() {
                break;
            }
            let imported = place.import(piece).await;
            let name = if file == Path::new("-") { "standard input".into() } else { file.display().to_string() };
            let imported =
                imported.with_context(|| format!("import {name}, counting lines from its line {first} on"))?;
            total.new += imported.new;
            total.unchanged += imported.unchanged;
        }
    }
    if output.json {
        output.value(&total)?;
    } else {
        let were = if total.unchanged == 1 { "was" } else { "were" };
        let (new, known) = (count(total.new, "report"), total.unchanged);
        output.line(&format!("{new} will be sent, {known} {were} here already"))?;
    }
    Ok(exit::OK)
}

pub(super) fn salvage(config: &Config, to: Option<PathBuf>, output: Output) -> anyhow::Result<u8> {
    let from = folder(config);
    let to = to.unwrap_or_else(|| config.data_dir.join("queue.salvaged"));
    let salvaged = wats_queue::salvage(&from, &to, &options(config)?)?;
    if output.json {
        output.value(&salvaged)?;
    } else {
        output.line(&format!(
            "{} and {} brought over; {} of them without content, now dead letters",
            count(salvaged.sources, "file"),
            count(salvaged.entries, "report"),
            salvaged.without_content
        ))?;
        for loss in &salvaged.losses {
            output.line(&format!("{} {}", output.bad("lost:"), plain(loss)))?;
        }
        output.line(&format!(
            "look at it, then put {} in the place of {} and start the station",
            to.display(),
            from.display()
        ))?;
    }
    Ok(if salvaged.losses.is_empty() && salvaged.without_content == 0 { exit::OK } else { exit::REFUSED })
}
