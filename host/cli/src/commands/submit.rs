//! `wats submit`: reports of a test program, into the queue of the running station.

use std::io::Read as _;

use anyhow::{Context as _, anyhow};
use serde_json::Value;
use wats_station::{Config, control::MAX_SUBMIT_BYTES};

use crate::{
    args::SubmitArgs,
    exit,
    output::{Output, plain},
    service::Service,
};

pub(crate) async fn submit(config: &Config, args: &SubmitArgs, output: Output) -> anyhow::Result<u8> {
    let service = Service::need(config).await?;
    let mut texts = Vec::new();
    for file in &args.files {
        if file.as_os_str() == "-" {
            texts.push(("standard input".to_owned(), standard_input()?));
        } else {
            let text = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
            texts.push((file.display().to_string(), text));
        }
    }
    if texts.is_empty() {
        texts.push(("standard input".to_owned(), standard_input()?));
    }
    for (name, text) in texts {
        let answer: Value =
            service.post_bytes("/reports", text).await.with_context(|| format!("submit {}", plain(&name)))?;
        if output.json {
            output.value(&answer)?;
        } else {
            let ids = answer.get("ids").and_then(Value::as_array).cloned().unwrap_or_default();
            let ids: Vec<_> = ids.iter().filter_map(Value::as_str).collect();
            output.line(&format!("{}: on disk, will be delivered: {}", plain(&name), ids.join(" ")))?;
        }
    }
    Ok(exit::OK)
}

fn standard_input() -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    // One byte more shows that there is more.
    std::io::stdin().take(MAX_SUBMIT_BYTES + 1).read_to_end(&mut text).context("read standard input")?;
    if text.len() as u64 > MAX_SUBMIT_BYTES {
        return Err(anyhow!(
            "read standard input: it holds more than {} MiB, the most that a station takes at once; nothing was \
             submitted. Hand the reports over in pieces, or put the file into an inbox",
            MAX_SUBMIT_BYTES >> 20
        ));
    }
    Ok(text)
}
