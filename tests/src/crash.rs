//! Campaigns of kills: files arrive, the real station is killed with `kill -9` at named places or at random moments, and
//! when it has come to rest at last, the judge looks at everything.

use std::{fmt::Write as _, future::Future, time::Duration};

use anyhow::{Context as _, Result, bail};
use fastrand::Rng;
use wats_sim::{
    SimControl, SimProcess,
    fault::{Action, Point, Rule, Script},
};

use crate::{
    judge::{self, Broken, Dropped, Evidence, Faults, Ledger, Unit},
    station::{self, PATIENCE, Setup, Station},
};

/// Units in a large lot.
const LOT: u32 = 300;

/// What kinds of files arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A CSV of one unit.
    Single,
    /// A CSV of 300 units.
    Lot,
    /// A WSJF report.
    Wsjf,
    /// WSJF reports with attachments: more than the station holds in memory, so that they are staged.
    Large,
    /// A CSV that cannot be converted.
    Torn,
}

/// Makes files, each with units of its own.
#[derive(Debug, Clone)]
pub struct Files {
    rng: Rng,
    next: u32,
}

impl Files {
    /// Makes the same files for the same seed.
    pub fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), next: 1 }
    }

    /// The next file.
    pub fn make(&mut self, kind: Kind) -> Dropped {
        let number = self.next;
        self.next += 1;
        match kind {
            Kind::Single => self.csv(format!("unit-{number:04}.csv"), number, 1),
            Kind::Lot => self.csv(format!("lot-{number:04}.csv"), number, LOT),
            Kind::Wsjf => self.wsjf(format!("unit-{number:04}.json"), number, 1, 0),
            Kind::Large => self.wsjf(format!("large-{number:04}.json"), number, 80, 90_000),
            Kind::Torn => {
                let mut file = self.csv(format!("torn-{number:04}.csv"), number, 1);
                let row = format!("T-{number};LAMP-7;kari;2026-05-04T08:09:30+02:00;Flicker;zero point three;%;0;1\n");
                file.content.extend_from_slice(row.as_bytes());
                file.units.clear();
                file
            }
        }
    }

    fn csv(&mut self, name: String, number: u32, units: u32) -> Dropped {
        let mut text = "serial number;part number;operator;start;step;value;unit;low limit;high limit\n".to_owned();
        let mut made = Vec::new();
        for unit in 0..units {
            let serial = format!("C{number:04}-{unit:03}");
            let failed = self.rng.u8(0..10) == 0;
            let (minute, second) = (unit / 60 % 60, unit % 60);
            for (step, value, symbol, low, high) in [
                ("Supply", 5.0 + self.rng.f64() / 20.0, "V", 4.9, 5.1),
                ("Brightness", if failed { 310.0 } else { 450.0 + 20.0 * self.rng.f64() }, "lm", 420.0, 500.0),
            ] {
                // Writing to a String cannot fail.
                let _written = writeln!(
                    text,
                    "{serial};LAMP-7;kari;2026-05-04T08:{minute:02}:{second:02}+02:00;{step};{value:.4};{symbol};{low};{high}"
                );
            }
            made.push(Unit { serial, part: "LAMP-7".into(), result: if failed { 'F' } else { 'P' } });
        }
        Dropped { name, content: text.into_bytes(), units: made }
    }

    fn wsjf(&mut self, name: String, number: u32, units: u32, attached: usize) -> Dropped {
        let mut made = Vec::new();
        let mut reports = Vec::new();
        for unit in 0..units {
            let serial = format!("J{number:04}-{unit:03}");
            let mut steps = vec![serde_json::json!({
                "stepType": "ET_NLT", "name": "Supply", "group": "M", "status": "P",
                "numericMeas": [{
                    "compOp": "GELE", "value": 5.0 + self.rng.f64() / 20.0, "lowLimit": 4.9, "highLimit": 5.1, "unit": "V",
                    "status": "P"
                }]
            })];
            if attached > 0 {
                // Noise, so that it stays large when it is compressed; a multiple of 4, so that it is base64.
                let noise: String = (0..attached / 4 * 4).map(|_| self.rng.alphanumeric()).collect();
                steps.push(serde_json::json!({
                    "stepType": "WATS_AttachFile", "name": "Wave", "group": "M", "status": "D",
                    "attachment": { "name": "wave.bin", "contentType": "application/octet-stream", "data": noise }
                }));
            }
            reports.push(serde_json::json!({
                "type": "T", "pn": "LAMP-9", "sn": serial, "rev": "C", "processCode": 100, "result": "P",
                "machineName": "EOL-03", "location": "Hall", "purpose": "Development",
                "start": "2026-05-04T09:00:00.250+02:00", "uut": { "user": "per", "execTime": 4.2 },
                "miscInfos": [], "subUnits": [],
                "root": {
                    "stepType": "SequenceCall", "name": "MainSequence Callback", "group": "M", "status": "P",
                    "seqCall": { "path": "lamp.seq", "name": "lamp.seq", "version": "2.1" }, "steps": steps
                }
            }));
            made.push(Unit { serial, part: "LAMP-9".into(), result: 'P' });
        }
        let document = match reports.pop() {
            Some(report) if reports.is_empty() => report,
            Some(report) => {
                reports.push(report);
                reports.into()
            }
            None => serde_json::Value::Null,
        };
        Dropped { name, content: document.to_string().into_bytes(), units: made }
    }
}

/// How the server behaves while the station is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// It is there.
    Up,
    /// It comes and goes every few hundred milliseconds.
    Flapping,
    /// It is away until the last start.
    Down,
    /// Each answer takes its time.
    Slow,
    /// It cuts connections: before it has the report, after it has stored it, within its answer.
    Cutting,
    /// It answers twice.
    Twice,
    /// It says 200 and means no: an error, another report, half of a document, a portal.
    Lying,
    /// It refuses the token now and then.
    Unauthorised,
    /// It asks for patience: 429 and 503.
    Busy,
    /// It does not take large reports.
    TooLarge,
}

impl Server {
    /// It is there, and does not what it should.
    pub fn is_wrong(self) -> bool {
        !self.rules().is_empty()
    }

    /// What it does to reports.
    pub fn rules(self) -> Vec<Rule> {
        let share = |share: f64, action| Rule::reports(action).probability(share);
        match self {
            Self::Up | Self::Flapping | Self::Down => Vec::new(),
            Self::Slow => vec![
                share(0.5, Action::Delay { ms: 200 }),
                share(0.3, Action::Trickle { chunk_bytes: 20, every_ms: 10 }),
            ],
            Self::Cutting => vec![
                share(0.1, Action::cut(Point::BeforeBody)),
                share(0.1, Action::cut(Point::AfterStore)),
                share(0.1, Action::Cut { at: Point::MidAnswer, reset: true }),
            ],
            Self::Twice => vec![share(0.5, Action::AnswerTwice)],
            Self::Lying => vec![
                share(0.1, Action::ErrorInOk { form: None, message: None }),
                share(0.1, Action::OtherId { id: None, stored: false }),
                share(0.1, Action::WrongJson { stored: true }),
                share(0.05, Action::CaptivePortal),
            ],
            Self::Unauthorised => vec![share(0.1, Action::status(401))],
            Self::Busy => vec![share(0.1, Action::retry_after(429, 1)), share(0.1, Action::retry_after(503, 1))],
            Self::TooLarge => vec![Rule::reports(Action::TooLarge { limit_bytes: 2_500 })],
        }
    }
}

/// A station under attack, its server, and what has happened so far.
#[derive(Debug)]
pub struct Campaign {
    /// The station.
    pub station: Station,
    /// The server.
    pub server: SimProcess,
    /// Makes the files.
    pub files: Files,
    /// What was put into the inbox.
    pub dropped: Vec<Dropped>,
    /// What was done.
    pub faults: Faults,
    rng: Rng,
}

impl Campaign {
    /// A station that does not run yet, and a server that does.
    ///
    /// # Errors
    /// When something was not built or does not start.
    pub fn new(seed: u64, workers: u32, setup: Setup) -> Result<Self> {
        Self::with_server(seed, workers, setup, station::server(&[])?)
    }

    /// The same with a server of one's own.
    ///
    /// # Errors
    /// As [`Campaign::new`].
    pub fn with_server(seed: u64, workers: u32, setup: Setup, server: SimProcess) -> Result<Self> {
        let setup = Setup { server: Some(server.url().to_owned()), workers: Some(workers), ..setup };
        Ok(Self {
            station: Station::new(&setup)?,
            server,
            files: Files::new(seed),
            dropped: Vec::new(),
            faults: Faults::default(),
            rng: Rng::with_seed(seed ^ 0x5eed),
        })
    }

    /// Drives the server.
    pub fn control(&self) -> SimControl {
        self.server.control()
    }

    /// A file arrives.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn arrive(&mut self, kind: Kind) -> Result<()> {
        let file = self.files.make(kind);
        self.station.drop_file(&file.name, &file.content)?;
        self.dropped.push(file);
        Ok(())
    }

    /// Lets the process come to a named place for the `times`th time, where it ends as by `kill -9`, and looks at what it
    /// leaves behind. `kinds` arrive when it is ready, if it comes that far.
    ///
    /// # Errors
    /// When it does not come there, ends in another way, or leaves a ledger whose sums do not agree.
    pub async fn die_at(&mut self, place: &str, times: u32, kinds: &[Kind], variables: &[(&str, &str)]) -> Result<()> {
        let fault = format!("{place}:{times}");
        let mut all = vec![("WATS_FAULT", fault.as_str())];
        all.extend_from_slice(variables);
        self.station.start_with(&all)?;
        match self.station.ready().await {
            Ok(()) => {}
            Err(_) if self.station.ended()?.is_some() => {}
            Err(error) => return Err(error),
        }
        for kind in kinds {
            self.arrive(*kind)?;
        }
        if place.starts_with("queue.checkpoint") {
            self.station.terminate()?;
        }
        let status = self.station.wait_end(PATIENCE).await.with_context(|| format!("die at {fault}"))?;
        if !was_killed(status) {
            bail!("the station came to its end by {status}, not at {fault}:\n{}", self.station.log_tail());
        }
        self.killed().await.with_context(|| format!("after the end at {fault}"))
    }

    /// One start, files that arrive, and a kill at a random moment.
    ///
    /// # Errors
    /// When the station ends by itself, or leaves a ledger whose sums do not agree.
    pub async fn die_at_random(&mut self, server: Server, variables: &[(&str, &str)]) -> Result<()> {
        let control = self.control();
        control.set_script(Script { seed: self.rng.u64(..), ..Script::of(server.rules()) }).await?;
        let before = [Kind::Single, Kind::Lot, Kind::Wsjf, Kind::Torn];
        for kind in before.iter().take(self.rng.usize(1..=before.len())) {
            self.arrive(*kind)?;
        }
        self.station.start_with(variables)?;
        let mut flaps = self.rng.fork();
        let mut moment = self.rng.fork();
        let flapping = async {
            if server != Server::Flapping {
                return std::future::pending::<Result<()>>().await;
            }
            loop {
                control.close_listener(None).await?;
                pause(&mut flaps, 300).await;
                control.open_listener().await?;
                pause(&mut flaps, 600).await;
            }
        };
        let life = async {
            let kind = moment.u8(0..4);
            if kind > 0 {
                self.station.ready().await?;
            }
            let done = self.station.archive();
            if kind > 1 {
                // In the middle of the work: when files begin to leave the inbox.
                let at_start = station::files_below(&done)?.len();
                let mut looks = 0;
                while looks < 200 && station::files_below(&done)?.len() == at_start {
                    looks += 1;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
            let mut files: Vec<_> = (0..moment.usize(0..8))
                .map(|_| self.files.make(if moment.u8(0..5) == 0 { Kind::Wsjf } else { Kind::Single }))
                .collect();
            if moment.bool() {
                files.push(self.files.make(Kind::Lot));
            }
            for file in files {
                pause(&mut moment, 60).await;
                self.station.drop_file(&file.name, &file.content)?;
                self.dropped.push(file);
            }
            pause(&mut moment, 100).await;
            if cfg!(unix) && moment.u8(0..3) == 0 {
                // Time passes, and nothing of it is felt.
                self.station.freeze()?;
                pause(&mut moment, 400).await;
                self.station.thaw()?;
                pause(&mut moment, 100).await;
            }
            if !self.station.kill().await? {
                bail!("the station ended by itself:\n{}", self.station.log_tail());
            }
            Ok(())
        };
        race(life, flapping).await?;
        if server == Server::Flapping {
            control.open_listener().await?;
        }
        self.killed().await
    }

    /// Looks at what a kill leaves behind.
    async fn killed(&mut self) -> Result<()> {
        self.faults.kills += 1;
        if !self.station.data().join("queue").join("queue.db").exists() {
            // It died before it had a ledger: nothing can be wrong with it.
            return Ok(());
        }
        let ledger = Ledger::read(&self.station, &[]).await?;
        let wrong = judge::not_conserved(&ledger);
        if !wrong.is_empty() {
            bail!("a kill leaves a ledger behind that is not sound: {wrong:#?}");
        }
        let waiting = station::files_below(&self.station.inbox())?.len();
        if waiting > 0 || ledger.counts.reports_live > 0 {
            self.faults.interrupted += 1;
        }
        Ok(())
    }

    /// A last start with a server that is well: one more file arrives, everything comes to its end, the station is stopped,
    /// and the judge looks at it.
    ///
    /// # Errors
    /// When it does not come to rest in time, or does not stop.
    pub async fn verdict(&mut self) -> Result<Vec<Broken>> {
        let control = self.control();
        control.open_listener().await?;
        control.set_script(Script::default()).await?;
        self.station.start_ready().await?;
        self.arrive(Kind::Single)?;
        self.end().await
    }

    /// The server is well from now on, what it has refused for good is sent again, and everything comes to its end; the
    /// station is stopped, and the judge looks at it.
    ///
    /// # Errors
    /// When it does not come to rest in time, or does not stop.
    pub async fn end(&mut self) -> Result<Vec<Broken>> {
        let control = self.control();
        control.open_listener().await?;
        control.set_script(Script::default()).await?;
        // What the server has refused for good, an operator sends again when the server is mended.
        self.station.json(&["queue", "retry", "--all"]).await?;
        self.rest().await?;
        self.station.stop().await?;
        let (reports, stats) = (control.reports().await?, control.stats().await?);
        let evidence = Evidence::gather(&self.station, &self.dropped, reports, &stats, self.faults).await?;
        Ok(judge::judge(&evidence))
    }

    /// Waits until nothing is left to do: no file in the inbox, no report to be sent, nothing to be filed away.
    ///
    /// # Errors
    /// When that does not come in time.
    pub async fn rest(&mut self) -> Result<()> {
        let station = &self.station;
        let settled = station::until("all files and reports come to their end", || async move {
            // In this order: a file that has left the inbox is in the queue by then.
            if !station::files_below(&station.inbox())?.is_empty() {
                return Ok(None);
            }
            let details = station.details().await?;
            let live = details.pointer("/queue/reports_live").and_then(serde_json::Value::as_u64);
            Ok((live == Some(0)).then_some(()))
        });
        settled.await.with_context(|| format!("the log of the station:\n{}", self.station.log_tail()))?;
        // Where the files are may have gone unrecorded when the process was killed: that is found out by and by.
        for file in &self.dropped {
            let filed = station::until("it is recorded where a file is", || async move {
                let trace = station.trace(&file.name).await?;
                let state = trace.pointer("/sources/0/archive/state").and_then(serde_json::Value::as_str);
                Ok((state != Some("pending")).then_some(()))
            });
            filed.await.with_context(|| format!("{}; the log:\n{}", file.name, self.station.log_tail()))?;
        }
        Ok(())
    }
}

/// Ends as by `kill -9`: by a signal, without a word.
#[cfg(unix)]
fn was_killed(status: std::process::ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal().is_some()
}

#[cfg(not(unix))]
fn was_killed(status: std::process::ExitStatus) -> bool {
    !matches!(status.code(), Some(0..=2))
}

async fn pause(rng: &mut Rng, at_most_ms: u64) {
    tokio::time::sleep(Duration::from_millis(rng.u64(0..=at_most_ms))).await;
}

/// Runs both until the first ends.
async fn race<T>(life: impl Future<Output = T>, beside: impl Future<Output = T>) -> T {
    tokio::select! {
        ended = life => ended,
        ended = beside => ended,
    }
}
