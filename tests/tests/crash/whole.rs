//! The same for sources of several files, at each step of their filing away: wherever the station is killed, all of a source is
//! in one place, and it is sent once.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use wats_runtime::{Content, SourceFile};
use wats_sim::SimProcess;
use wats_station::{
    Config,
    retained::{Kept, Origin},
};
use wats_tests::{
    crash::{Files, Kind},
    judge::{self, Ledger},
    station::{self, PATIENCE, Setup, Station},
};

const FOLDERS: &str = "source = \"folders\"\n[ready]\nmarker = \"DONE\"\nmain = \"*.csv\"\n";
const RELATED: &str = "[[related]]\nmain = \"*.csv\"\ncompanions = [\"{stem}.png\", \"{stem}.txt\"]\nrequired = true\n";

/// A source and where it must be in the end.
struct Source {
    /// Of its folder or of its main file.
    name: String,
    serial: Option<String>,
    files: BTreeMap<String, Vec<u8>>,
}

struct Attack {
    station: Station,
    server: SimProcess,
    files: Files,
    sources: Vec<Source>,
    after: &'static str,
    folders: bool,
    /// Copies of what is deleted are kept.
    retains: bool,
}

impl Attack {
    fn new(folders: bool, after: &'static str, retains: bool) -> Self {
        let server = station::server(&[]).unwrap();
        let retain = if retains { "retain_sources = { days = 7 }\n" } else { "" };
        let inbox = format!("after = \"{after}\"\n{retain}{}", if folders { FOLDERS } else { RELATED });
        let setup = Setup { inbox, workers: Some(1), ..Setup::with_server(server.url()) };
        let station = Station::new(&setup).unwrap();
        Self { station, server, files: Files::new(11), sources: Vec::new(), after, folders, retains }
    }

    fn arrive(&mut self, kind: Kind) {
        let made = self.files.make(kind);
        let stem = made.name.trim_end_matches(".csv").to_owned();
        let (picture, text) = (format!("picture of {stem}").into_bytes(), format!("text of {stem}").into_bytes());
        let serial = made.units.first().map(|unit| unit.serial.clone());
        let inbox = self.station.inbox();
        let (name, files) = if self.folders {
            let files = BTreeMap::from([
                ("main.csv".to_owned(), made.content),
                ("inner/wave.png".to_owned(), picture),
                ("note.txt".to_owned(), text),
                ("DONE".to_owned(), Vec::new()),
            ]);
            let apart = self.station.root().join(format!("apart-{stem}"));
            put(&apart, &files);
            fs::rename(apart, inbox.join(&stem)).unwrap();
            (stem, files)
        } else {
            let files = BTreeMap::from([
                (made.name.clone(), made.content),
                (format!("{stem}.png"), picture),
                (format!("{stem}.txt"), text),
            ]);
            put(&inbox, &files);
            (made.name, files)
        };
        self.sources.push(Source { name, serial, files });
    }

    /// Killed at the place, and what the ledger says then adds up.
    async fn die_at(&mut self, place: &str, kind: Kind) -> Result<()> {
        self.station.start_with(&[("WATS_FAULT", place)])?;
        if let Err(error) = self.station.ready().await {
            ensure!(self.station.ended()?.is_some(), "{error}");
        }
        self.arrive(kind);
        let status = self.station.wait_end(PATIENCE).await?;
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt as _;
            ensure!(status.signal().is_some(), "{place}: {status}\n{}", self.station.log_tail());
        }
        let wrong = judge::not_conserved(&Ledger::read(&self.station, &[]).await?);
        ensure!(wrong.is_empty(), "{place}: {wrong:#?} {status}");
        Ok(())
    }

    /// A last start: all comes to its end, and lies where it must.
    async fn verdict(mut self) -> Result<()> {
        self.station.start_ready().await?;
        let station = &self.station;
        let rest = station::until("all comes to its end", || async move {
            let left = fs::read_dir(station.inbox())?
                .filter(|entry| entry.as_ref().is_ok_and(|entry| !entry.file_name().to_string_lossy().starts_with('.')))
                .count();
            let details = station.details().await?;
            let live = details.pointer("/queue/reports_live").and_then(serde_json::Value::as_u64);
            Ok((left == 0 && live == Some(0)).then_some(()))
        });
        rest.await.map_err(|error| error.context(station.log_tail()))?;
        for source in &self.sources {
            let filed = station::until("it is recorded where it is", || async move {
                let trace = station.trace(&source.name).await?;
                let state = trace.pointer("/sources/0/archive/state").and_then(serde_json::Value::as_str);
                Ok((state != Some("pending")).then_some(trace))
            });
            let trace = filed.await?;
            let rows = trace.pointer("/sources").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
            ensure!(rows == 1, "{} was decided upon {rows} times: {trace:#}", source.name);
            ensure!(trace.pointer("/sources/0/generation") == Some(&1.into()), "{trace:#}");
        }
        self.station.stop().await?;
        let reports = self.server.control().reports().await?;
        let mut serials: Vec<_> = reports.iter().map(|report| report.serial.clone()).collect();
        let mut wanted: Vec<_> = self.sources.iter().filter_map(|source| source.serial.clone()).collect();
        serials.sort();
        wanted.sort();
        ensure!(serials == wanted, "{serials:?}");
        ensure!(reports.iter().all(|report| report.changes == 0), "a report came with different contents");
        for source in &self.sources {
            self.lies_right(source)?;
        }
        if self.retains { self.copies_are_whole() } else { Ok(()) }
    }

    /// Of each source that was deleted there is one copy, with all that its plugin was given.
    fn copies_are_whole(&self) -> Result<()> {
        let text = fs::read_to_string(self.station.config())?;
        let config = Config::from_toml(&text, "the test", self.station.root())?;
        let copies = Kept::copies(&config, config.inboxes.first().context("an inbox")?)?;
        let deleted: Vec<_> = self.sources.iter().filter(|source| source.serial.is_some()).collect();
        ensure!(copies.len() == deleted.len(), "{} copies of {} sources", copies.len(), deleted.len());
        for source in deleted {
            let copy = copies.iter().find(|copy| copy.path() == source.name).context(source.name.clone())?;
            let given = copy.read(&Origin::default(), &jiff::tz::TimeZone::UTC)?;
            let bytes = |file: &SourceFile| match &file.content {
                Content::Bytes(bytes) => bytes.to_vec(),
                Content::File(_) | Content::Reopened(_) => Vec::new(),
            };
            let files = std::iter::once(&given.main).chain(&given.companions);
            let home = if self.folders { format!("{}/", source.name) } else { String::new() };
            let found: BTreeMap<_, _> = files
                .map(|file| (file.path.strip_prefix(&home).unwrap_or(&file.path).to_owned(), bytes(file)))
                .collect();
            let mut wanted = source.files.clone();
            wanted.remove("DONE");
            ensure!(found == wanted, "{}: {:?}", source.name, found.keys());
        }
        let parts = below(&self.station.data().join("retained/.wats-part"));
        ensure!(parts.is_empty(), "half written: {:?}", parts.keys());
        Ok(())
    }

    fn lies_right(&self, source: &Source) -> Result<()> {
        let folder = if self.folders { source.name.clone() } else { format!("{}.set", source.name) };
        let (errors, archive) = (self.station.errors(), self.station.archive());
        if source.serial.is_none() {
            ensure!(below(&errors.join(&folder)) == source.files, "{folder} in the error folder");
            let reason = fs::read(errors.join(format!("{folder}.error.json")))?;
            ensure!(serde_json::from_slice::<serde_json::Value>(&reason).is_ok(), "the reason of {folder}");
            return Ok(());
        }
        match self.after {
            "move" => ensure!(below(&archive.join(&folder)) == source.files, "{folder}: {:?}", below(&archive).keys()),
            "zip" => ensure!(archive.join(format!("{}.zip", source.name)).is_file(), "{:?}", below(&archive).keys()),
            _ => ensure!(below(&archive).is_empty(), "{:?}", below(&archive).keys()),
        }
        Ok(())
    }
}

fn put(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

fn below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = station::files_below(folder).unwrap_or_default();
    let read = |path: &std::path::PathBuf| {
        let path = folder.join(path);
        let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
        (name, fs::read(path).unwrap())
    };
    files.iter().map(read).collect()
}

async fn killed(folders: bool, after: &'static str, places: &[(&str, Kind)]) {
    attacked(Attack::new(folders, after, false), places).await;
}

async fn attacked(mut attack: Attack, places: &[(&str, Kind)]) {
    for (place, kind) in places {
        attack.die_at(place, *kind).await.unwrap();
    }
    attack.verdict().await.unwrap();
}

#[tokio::test]
async fn a_folder_is_whole_wherever_the_station_is_killed_while_it_is_moved() {
    let places = [
        ("take.before:1", Kind::Single),
        ("commit.after:1", Kind::Single),
        ("archive.before:1", Kind::Single),
        ("archive.claimed:1", Kind::Single),
        ("archive.after:1", Kind::Single),
        ("archive.claimed:1", Kind::Torn),
        ("archive.aside:1", Kind::Torn),
    ];
    killed(true, "move", &places).await;
}

#[tokio::test]
async fn related_files_are_together_wherever_the_station_is_killed_while_they_are_moved() {
    let places = [
        ("commit.after:1", Kind::Single),
        ("archive.claim:1", Kind::Single),
        ("archive.claim:2", Kind::Single),
        ("archive.claim:3", Kind::Single),
        ("archive.claimed:1", Kind::Single),
        ("archive.after:1", Kind::Single),
        ("archive.claim:2", Kind::Torn),
        ("archive.aside:1", Kind::Torn),
    ];
    killed(false, "move", &places).await;
}

#[tokio::test]
async fn what_is_packed_or_deleted_is_whole_or_gone_wherever_the_station_is_killed() {
    for folders in [true, false] {
        let zip = [
            ("archive.claimed:1", Kind::Single),
            ("archive.placed:1", Kind::Single),
            ("archive.removed:1", Kind::Single),
        ];
        killed(folders, "zip", &zip).await;
        killed(folders, "delete", &[("archive.claimed:1", Kind::Single), ("archive.removed:1", Kind::Single)]).await;
    }
}

#[tokio::test]
async fn of_what_is_deleted_there_is_a_whole_copy_or_none_wherever_the_station_is_killed() {
    for folders in [true, false] {
        let places = [
            ("archive.before:1", Kind::Single),
            ("retain.before:1", Kind::Single),
            ("retain.written:1", Kind::Single),
            ("retain.after:1", Kind::Single),
            ("archive.claimed:1", Kind::Single),
            ("archive.removed:1", Kind::Single),
            ("archive.aside:1", Kind::Torn),
        ];
        attacked(Attack::new(folders, "delete", true), &places).await;
    }
}
