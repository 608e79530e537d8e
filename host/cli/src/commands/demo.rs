//! `wats demo`: the whole path on one machine, with everything that goes wrong in a factory on one day.
//!
//! A simulated server, a real station (the same code as `wats run`, in this process), and sample files that arrive: good
//! ones, a failed unit, a broken file, a lot of 200 units in one file, and an outage of the server in between. It ends with
//! sums that must agree, and with an exit code that says whether they do.

mod samples;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow};
use secrecy::SecretString;
use serde_json::json;
use wats_sim::{DEMO_TOKEN, Sim, SimOptions};
use wats_station::{Config, Station, What};

use super::run;
use crate::{
    args::DemoArgs,
    context, exit,
    output::{Output, plain},
};

/// How long the server is away.
const OUTAGE: Duration = Duration::from_secs(4);
/// The story ends when all is delivered, at the latest after this time.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) async fn demo(args: DemoArgs, output: Output) -> anyhow::Result<u8> {
    let place = Place::new(args.dir.as_deref(), args.stay)?;
    let dir = place.dir();
    let plugins = match args.plugins {
        Some(dir) => vec![dir],
        None => context::plugin_dirs(&[], &Config::from_toml("", "the demo", Path::new("."))?),
    };
    let sim = Sim::start(SimOptions::default())?;
    std::fs::write(dir.join("wats.toml"), configuration(&sim.url(), &plugins))?;
    let config = Config::from_toml(&std::fs::read_to_string(dir.join("wats.toml"))?, "the demo", dir)?;
    let inbox = config.inboxes.first().map(|inbox| inbox.path.clone()).ok_or_else(|| anyhow!("no inbox"))?;
    let telemetry = run::telemetry(&config)?;
    let mut options = run::options(&config, &telemetry)?;
    options.token = Some(SecretString::from(DEMO_TOKEN));
    let station = Station::start(config, options).await.context("start the station")?;
    let address = station.address().map(|address| address.to_string()).unwrap_or_default();

    let mut story = Story { output, began: Instant::now(), seen: 0, station: &station };
    story.say(&format!("simulated WATS server   {}", sim.url()))?;
    story.say(&format!("station                 http://{address}/   (the page to watch; metrics: /metrics)"))?;
    story.say(&format!("inbox                   {}   (drop your own files here)", inbox.display()))?;
    ready(&station, &mut story).await?;

    let dropped = tell(&mut story, &sim, &inbox).await?;
    let done = settled(&station, &mut story, dropped).await?;
    let code = summary(&story, &sim, dropped, done)?;
    story.say(&match place {
        Place::Kept(_) => {
            format!("where to look: {}  (archive: in.archive, what could not be converted: in.error)", dir.display())
        }
        Place::Temporary(_) => {
            "its folder is removed now; `--dir DIR` keeps it, and with `--stay` it goes on, for files of \
                                your own"
                .to_owned()
        }
    })?;
    if args.stay {
        story.say("everything stays up; Ctrl-C ends it")?;
        loop {
            tokio::select! {
                stopped = tokio::signal::ctrl_c() => { stopped?; break }
                () = tokio::time::sleep(Duration::from_millis(300)) => story.news()?,
            }
        }
    }
    let failure = station.stop().await;
    sim.shutdown().await;
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(code),
    }
}

/// The working folder; removed at the end unless somebody wants to look at it.
enum Place {
    Kept(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Place {
    fn new(dir: Option<&Path>, stay: bool) -> anyhow::Result<Self> {
        if let Some(dir) = dir {
            std::fs::create_dir_all(dir).with_context(|| format!("make {}", dir.display()))?;
            return Ok(Self::Kept(std::path::absolute(dir)?));
        }
        let dir = tempfile::Builder::new().prefix("wats-demo-").tempdir()?;
        Ok(if stay { Self::Kept(dir.keep()) } else { Self::Temporary(dir) })
    }

    fn dir(&self) -> &Path {
        match self {
            Self::Kept(dir) => dir,
            Self::Temporary(dir) => dir.path(),
        }
    }
}

fn configuration(server: &str, plugins: &[PathBuf]) -> String {
    let dirs: Vec<_> = plugins.iter().map(|dir| std::path::absolute(dir).unwrap_or_else(|_| dir.clone())).collect();
    let mut inbox = toml::Table::new();
    inbox.insert("name".into(), "demo-line".into());
    inbox.insert("path".into(), "in".into());
    inbox.insert("settle_seconds".into(), 0.3.into());
    inbox.insert("scan_seconds".into(), 1.0.into());
    // Nobody has to wait five minutes for a file that no plugin takes.
    inbox.insert("unclaimed_wait_seconds".into(), 2.0.into());
    let defaults: toml::Table = [
        ("part_number".to_owned(), toml::Value::from("LAMP-7")),
        ("revision".to_owned(), "C".into()),
        ("process_code".to_owned(), 100.into()),
        ("operator".to_owned(), "demo".into()),
    ]
    .into_iter()
    .collect();
    inbox.insert("defaults".into(), defaults.into());
    let config = json!({
        "data_dir": "data",
        "plugin_dirs": dirs,
        "station": { "name": "DEMO-1", "location": "Demo hall", "purpose": "Development", "time_zone": "UTC" },
        "server": { "url": server, "proxy": "none", "requests_per_minute": 0 },
        "http": { "port": 0 },
        "inbox": [inbox],
    });
    toml::to_string(&config).unwrap_or_default()
}

/// Tells what happens, as it happens.
struct Story<'a> {
    output: Output,
    began: Instant,
    seen: u64,
    station: &'a Station,
}

impl Story<'_> {
    fn say(&self, line: &str) -> anyhow::Result<()> {
        if self.output.json {
            return Ok(());
        }
        self.output.line(&format!("{:>6.1} s  {line}", self.began.elapsed().as_secs_f64()))
    }

    /// What the station says has happened since the last time.
    fn news(&mut self) -> anyhow::Result<()> {
        for event in self.station.events_since(self.seen) {
            self.seen = event.number;
            let line = match &event.what {
                What::Committed { file, reports, .. } => {
                    let reports = if *reports == 1 { "1 report is".into() } else { format!("{reports} reports are") };
                    format!("{} {}: {reports} safe on disk", self.output.good("converted  "), plain(file))
                }
                What::Quarantined { file, error, .. } => {
                    format!("{} {}: {}", self.output.bad("quarantined"), plain(file), plain(error))
                }
                What::Paused { why } => format!("{} {}", self.output.doubtful("offline    "), plain(why)),
                What::Resumed => format!("{} sending goes on", self.output.good("online     ")),
                What::Dead { report, why } => format!("{} {report}: {}", self.output.bad("refused    "), plain(why)),
                other => format!("{other:?}"),
            };
            self.say(&line)?;
        }
        Ok(())
    }

    async fn pause(&mut self, length: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + length;
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.news()?;
        }
        Ok(())
    }
}

async fn ready(station: &Station, story: &mut Story<'_>) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let details = station.details().await?;
        let ready: Vec<_> = details.plugins.iter().filter(|plugin| plugin.state == "ready").collect();
        if !details.plugins.is_empty() && details.plugins.iter().all(|plugin| plugin.state != "loading") {
            let names: Vec<_> = ready.iter().map(|plugin| plugin.name.as_str()).collect();
            return story.say(&format!("plugins                 {}", names.join(", ")));
        }
        if began.elapsed() > PATIENCE {
            return Err(anyhow!(
                "find plugins: none was loaded; build them with `cargo xtask guests` or name a folder with --plugins"
            ));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What was put into the inbox, and what must come of it.
#[derive(Debug, Clone, Copy, Default)]
struct Dropped {
    files: u64,
    reports: u64,
    broken: u64,
}

async fn tell(story: &mut Story<'_>, sim: &Sim, inbox: &Path) -> anyhow::Result<Dropped> {
    let mut dropped = Dropped::default();
    let mut drop_file = |story: &Story<'_>, sample: samples::Sample| -> anyhow::Result<()> {
        // As a careful tester does: written under another name, then renamed.
        let temporary = inbox.join(format!("{}.tmp", sample.name));
        std::fs::write(&temporary, &sample.content)?;
        std::fs::rename(&temporary, inbox.join(&sample.name))?;
        dropped.files += 1;
        dropped.reports += sample.reports;
        dropped.broken += u64::from(sample.reports == 0);
        story.say(&format!("{} {} ({})", story.output.strong("dropped    "), sample.name, sample.what))
    };
    for number in 1..=5 {
        drop_file(story, samples::unit(number, number == 3))?;
        story.pause(Duration::from_millis(300)).await?;
    }
    drop_file(story, samples::wsjf())?;
    drop_file(story, samples::atml())?;
    story.pause(Duration::from_secs(1)).await?;
    drop_file(story, samples::broken())?;
    story.pause(Duration::from_secs(1)).await?;
    story.say(&format!(
        "{} the server goes away for {} s; files go on arriving",
        story.output.doubtful("outage     "),
        OUTAGE.as_secs()
    ))?;
    sim.handle().mark("outage");
    sim.handle().close_listener(Some(OUTAGE)).await;
    sim.handle().cut_connections();
    drop_file(story, samples::lot(200))?;
    for number in 6..=10 {
        drop_file(story, samples::unit(number, false))?;
        story.pause(Duration::from_millis(500)).await?;
    }
    Ok(dropped)
}

/// The sums at the end.
#[derive(Debug, Clone, Copy)]
struct Done {
    committed: u64,
    quarantined: u64,
    reports: u64,
    delivered: u64,
    live: u64,
    dead: u64,
    conserved: bool,
}

/// Waits until everything has come to an end, good or bad.
async fn settled(station: &Station, story: &mut Story<'_>, dropped: Dropped) -> anyhow::Result<Done> {
    let began = Instant::now();
    loop {
        story.news()?;
        let counts = station.queue().counts().await?;
        let decided = counts.files_committed + counts.files_quarantined + counts.files_no_report;
        let done = decided >= dropped.files && counts.reports_live == 0;
        if done || began.elapsed() > PATIENCE {
            return Ok(Done {
                committed: counts.files_committed,
                quarantined: counts.files_quarantined,
                reports: counts.reports_committed,
                delivered: counts.reports_delivered,
                live: counts.reports_live,
                dead: counts.reports_dead,
                conserved: counts.conserved(),
            });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn summary(story: &Story<'_>, sim: &Sim, dropped: Dropped, done: Done) -> anyhow::Result<u8> {
    let at_server = sim.handle().reports().len() as u64;
    let good = done.committed + done.quarantined == dropped.files
        && done.quarantined == dropped.broken
        && done.reports == dropped.reports
        && done.delivered == done.reports
        && at_server == done.delivered
        && done.live == 0
        && done.dead == 0
        && done.conserved;
    let output = story.output;
    if output.json {
        output.value(&json!({
            "ok": good,
            "files": { "dropped": dropped.files, "converted": done.committed, "quarantined": done.quarantined },
            "reports": {
                "expected": dropped.reports, "committed": done.reports, "delivered": done.delivered,
                "waiting": done.live, "refused": done.dead, "at_server": at_server,
            },
            "conserved": done.conserved,
            "seconds": story.began.elapsed().as_secs_f64(),
        }))?;
    } else {
        output.line("")?;
        output.line(&format!(
            "files     {} dropped = {} converted + {} quarantined",
            dropped.files, done.committed, done.quarantined
        ))?;
        output.line(&format!(
            "reports   {} committed = {} delivered + {} waiting + {} refused",
            done.reports, done.delivered, done.live, done.dead
        ))?;
        output.line(&format!("server    {at_server} reports with different ids"))?;
        output.line(&if good {
            output.good("it adds up: nothing lost, nothing twice")
        } else {
            output.bad("it does not add up")
        })?;
    }
    Ok(if good { exit::OK } else { exit::FAILED })
}
