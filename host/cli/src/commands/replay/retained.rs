//! A new version of a plugin over the sources that a station has kept.

use std::{
    num::NonZero,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    sync::mpsc,
};

use anyhow::{Context as _, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{Timestamp, Zoned};
use serde_json::json;
use wats_runtime::{Manifest, Plugin, Runtime};
use wats_station::{Config, control::FilePattern, retained::Kept};

use super::{
    compare::{self, Change, Compared, Old, Versions},
    ledger::{Known, Ledger},
};
use crate::{
    args::ReplayArgs,
    commands::{
        calling,
        plugin::{self, Setup, load_all},
    },
    context::{self, Loaded},
    exit::{self, Coded},
    output::{Output, count, plain},
};

/// Differences shown of one source.
const SHOWN: usize = 10;

pub(super) async fn replay(loaded: &Loaded, args: &ReplayArgs, output: Output) -> anyhow::Result<u8> {
    let config = &loaded.config;
    let ledger = if args.against_queue { Ledger::of(config).await? } else { Ledger::find(config).await };
    let done = replay_with(&ledger, config, args, output).await;
    ledger.close().await;
    done
}

async fn replay_with(ledger: &Ledger, config: &Config, args: &ReplayArgs, output: Output) -> anyhow::Result<u8> {
    let sources = sources(ledger, config, args).await?;
    if sources.is_empty() {
        let what = if args.file.is_some() || args.serial.is_some() {
            "find sources to try it on: none that was kept fits --file and --serial (a unit is found by the ledger of the \
             station; `wats trace --serial` tells its files)"
        } else {
            "find sources to try it on: the archive and error folders of the inboxes hold none (one with after = \"delete\" \
             keeps none but copies, where [retain_sources] says so); name files to try it on"
        };
        return Err(Coded { code: exit::NOT_FOUND, what: what.to_owned() }.into());
    }
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    let runtime = plugin::runtime(Setup { workers, limits: config.limits.of_plugins(), ..Setup::default() })?;
    let Plugins { old, new, others } = calling(|| plugins(&runtime, config, args))?;
    let known = ledger.look_up(&sources).await;
    let handle = tokio::runtime::Handle::current();
    let against = match (&old, ledger.place()) {
        (Some(old), _) => Old::Plugin(old),
        (None, Some(place)) => Old::Queue(place, &handle),
        (None, None) => return Err(anyhow!("compare with the queue: it is not open")),
    };
    let versions = Versions { old: against, new: &new, others: &others };
    let compared = calling(|| all(config, versions, &sources, &known, (workers, output)))?;
    finish(old.as_ref(), &new, &compared, output)
}

/// What it is tried on, newest first.
async fn sources(ledger: &Ledger, config: &Config, args: &ReplayArgs) -> anyhow::Result<Vec<Kept>> {
    let mut sources = Vec::new();
    if args.paths.is_empty() {
        let names: Vec<_> = config.inboxes.iter().map(|inbox| inbox.name.as_str()).collect();
        if let Some(unknown) = args.inbox.as_deref().filter(|name| !names.contains(name)) {
            let what = format!("find the inbox {unknown:?}: the configuration has {}", names.join(", "));
            return Err(Coded { code: exit::NOT_FOUND, what }.into());
        }
        for inbox in config.inboxes.iter().filter(|inbox| args.inbox.as_ref().is_none_or(|name| inbox.name == *name)) {
            let kept = Kept::list(inbox).with_context(|| format!("list what the inbox {} has kept", inbox.name))?;
            sources.extend(kept);
            let copies = Kept::copies(config, inbox);
            sources.extend(copies.with_context(|| format!("list the copies of what {} deleted", inbox.name))?);
        }
        sources.sort_by_key(|kept| std::cmp::Reverse(kept.modified()));
    }
    for path in &args.paths {
        let kept = Kept::at(config, args.inbox.as_deref(), path);
        sources.push(kept.with_context(|| format!("read {}", path.display()))?);
    }
    if let Some(span) = args.since {
        let from: Timestamp = Zoned::now().checked_sub(span).context("reckon --since")?.timestamp();
        sources.retain(|kept| kept.modified() >= from);
    }
    if let Some(pattern) = &args.file {
        let pattern = FilePattern::new(pattern)
            .map_err(|why| Coded { code: exit::USAGE, what: format!("read --file: {why}") })?;
        sources.retain(|kept| [kept.path(), kept.path_as_it_lies()].iter().any(|path| pattern.fits(Path::new(path))));
    }
    if let Some(serial) = &args.serial {
        ledger.only_of_serial(serial, &mut sources).await?;
    }
    sources.truncate(args.limit.unwrap_or(usize::MAX));
    Ok(sources)
}

struct Plugins {
    /// None where the queue stands for it.
    old: Option<Plugin>,
    new: Plugin,
    /// All other plugins of the station.
    others: Vec<Plugin>,
}

fn plugins(runtime: &Runtime, config: &Config, args: &ReplayArgs) -> anyhow::Result<Plugins> {
    let path = plugin::component(&args.new)?;
    let mut new = plugin::load(runtime, &path)?;
    let installed = load_all(&context::plugin_dirs(&args.plugins, config), config)?;
    let mut installed: Vec<_> = installed.into_iter().filter_map(|(_, loaded)| loaded.ok()).collect();
    let old = match &args.against {
        Some(against) => Some(plugin::load(runtime, &plugin::component(against)?)?),
        None => installed.iter().find(|plugin| plugin.name() == new.name()).cloned(),
    };
    if old.is_none() && !args.against_queue {
        let what = format!(
            "find the version of {} that is in service: it is in no plugin folder; name one with --against OLD.wasm, or \
             compare with the reports that the queue has, with --against-queue",
            new.name()
        );
        return Err(Coded { code: exit::NOT_FOUND, what }.into());
    }
    let old_name = old.as_ref().map_or(new.name(), Plugin::name).to_owned();
    installed.retain(|plugin| plugin.name() != old_name && plugin.name() != new.name());
    if let Some(old) = old.as_ref().filter(|_| !Manifest::path_for(Path::new(&path)).is_file()) {
        // What the operator wrote for the plugin, whichever version it is: but for what names the one component.
        let mut manifest = old.manifest().clone();
        manifest.digest = None;
        manifest.http.clear();
        new = runtime.load_bytes(&path, &plugin::read(&path)?, manifest).map_err(|error| {
            let what = format!(
                "give {} {} the manifest of the old version: {}",
                new.name(),
                new.version(),
                wats_runtime::chain(&error)
            );
            anyhow::Error::from(Coded { code: exit::REFUSED, what })
        })?;
    }
    Ok(Plugins { old: old.filter(|_| !args.against_queue), new, others: installed })
}

/// Compares all sources on all cores, and tells of each that changes.
fn all(
    config: &Config,
    versions: Versions<'_>,
    sources: &[Kept],
    known: &[Known],
    (workers, output): (usize, Output),
) -> anyhow::Result<Vec<Compared>> {
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} {eta}").unwrap_or_else(|_| ProgressStyle::default_bar());
    // Drawn on standard error, and only where that is a terminal.
    let bar = ProgressBar::new(sources.len() as u64).with_style(style);
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::sync_channel(workers);
    let mut compared: Vec<(usize, Compared)> = Vec::with_capacity(sources.len());
    let shown: anyhow::Result<()> = std::thread::scope(|scope| {
        for _ in 0..workers.min(sources.len()) {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(kept), Some(known)) = (sources.get(index), known.get(index)) else { break };
                    // Nobody listens any more when the output is gone.
                    if send.send((index, compare::compare(config, versions, kept, known))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        for (index, one) in receive {
            bar.inc(1);
            if !output.json {
                bar.suspend(|| show(&one, output))?;
            }
            compared.push((index, one));
        }
        Ok(())
    });
    bar.finish_and_clear();
    shown?;
    if compared.len() != sources.len() {
        return Err(anyhow!("compare all sources: only {} of {} came to an end", compared.len(), sources.len()));
    }
    compared.sort_by_key(|(index, _)| *index);
    Ok(compared.into_iter().map(|(_, one)| one).collect())
}

fn show(one: &Compared, output: Output) -> anyhow::Result<()> {
    let word = match one.change {
        Change::Same | Change::NotTaken | Change::NoRecord => return Ok(()),
        Change::Changed => output.doubtful("changes     "),
        Change::NowFails => output.bad("now fails   "),
        Change::NowConverts => output.good("now converts"),
        Change::Unreadable => output.bad("unreadable  "),
    };
    output.line(&format!("{word}  {}  {}", output.strong(&plain(&one.path)), plain(&one.file)))?;
    for line in one.differences.iter().take(SHOWN) {
        output.line(&format!("    {}", plain(line)))?;
    }
    if one.differences.len() > SHOWN {
        output.line(&format!("    and {} more", one.differences.len() - SHOWN))?;
    }
    Ok(())
}

/// `old` is none where the queue stands for it.
fn finish(old: Option<&Plugin>, new: &Plugin, compared: &[Compared], output: Output) -> anyhow::Result<u8> {
    let of = |change| compared.iter().filter(|one| one.change == change).count();
    let (same, changed) = (of(Change::Same), of(Change::Changed));
    let (fails, converts) = (of(Change::NowFails), of(Change::NowConverts));
    let (others, unreadable) = (of(Change::NotTaken), of(Change::Unreadable));
    let no_record = compared.iter().filter(|one| one.change == Change::NoRecord);
    let why = no_record.clone().find_map(|one| one.differences.first());
    let no_record = no_record.count();
    let total = same + changed + fails + converts;
    if output.json {
        let version = |plugin: &Plugin| json!({ "version": plugin.version(), "digest": plugin.digest() });
        output.value(&json!({
            "ok": total > 0 && same == total && unreadable == 0, "plugin": new.name(),
            "old": old.map(version), "new": version(new), "against": if old.is_some() { "plugin" } else { "queue" },
            "sources": total, "same": same, "changed": changed, "now_fails": fails, "now_converts": converts,
            "fail_in_both": compared.iter().filter(|one| one.fails_in_both).count(), "unreadable": unreadable, "of_other_plugins": others,
            "no_record": no_record,
            "details": compared.iter().filter(|one| !matches!(one.change, Change::Same | Change::NotTaken)).collect::<Vec<_>>(),
        }))?;
    } else {
        let mut parts = vec![format!(
            "{} {} against {}: {}: {same} the same, {changed} changed, {fails} now fails, {converts} now converts",
            plain(new.name()),
            plain(new.version()),
            old.map_or_else(|| "what the queue has".to_owned(), |old| plain(old.version())),
            count(total as u64, "source")
        )];
        let failing = compared.iter().filter(|one| one.fails_in_both).count();
        if failing > 0 {
            parts.push(format!("; failing in both: {failing}"));
        }
        if unreadable > 0 {
            parts.push(format!(", {unreadable} cannot be read"));
        }
        if others > 0 {
            parts.push(format!(" ({others} of other plugins left out)"));
        }
        output.line(&parts.concat())?;
        if let Some(why) = why {
            let these = count(no_record as u64, "source");
            output.line(&format!("{these} with nothing to compare with, such as one of which {}", plain(why)))?;
        }
    }
    Ok(match total {
        0 if unreadable == 0 => exit::NOT_FOUND,
        _ if same == total && unreadable == 0 => exit::OK,
        _ => exit::FAILED,
    })
}
