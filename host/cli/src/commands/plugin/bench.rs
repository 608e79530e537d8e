//! `wats plugin bench`: what a plugin takes, and limits that fit it.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::bail;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;
use wats_report::{
    Report, Step, StepBody, Violation,
    cases::{Lookups, MODIFIED},
};
use wats_runtime::{Draft, Job, Outcome, Plugin, ReportSink, SinkError, Source};

use super::{Setup, case, facts, sandbox};
use crate::{
    args::BenchArgs,
    exit,
    output::{Output, count, plain},
};

/// Fewer runs say nothing.
const LEAST_RUNS: usize = 5;
/// More runs say nothing new.
const MOST_RUNS: usize = 20_000;
/// A deadline is so many times what was seen: a busy station is slower by far, and a deadline ends a file's way.
const DEADLINE_FACTOR: f64 = 20.0;
/// Memory is so many times what was seen.
const MEMORY_FACTOR: u64 = 4;
/// Only of a file of this size it can be told how time grows with the size.
const LARGE: u64 = 1 << 20;
const TEN_MIB: f64 = 10.0 * 1024.0 * 1024.0;
const MIB: u64 = 1 << 20;

/// Times of one thing in microseconds.
#[derive(Debug, Clone, Copy, Serialize)]
struct Times {
    median: f64,
    p95: f64,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |part: usize| {
            let index = (times.len().saturating_sub(1) * part).div_ceil(100);
            times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e6)
        };
        Self { median: at(50), p95: at(95) }
    }

    fn shown(self) -> String {
        format!("{} median, {} p95", micros(self.median), micros(self.p95))
    }
}

fn micros(time: f64) -> String {
    match time {
        time if time < 10_000.0 => format!("{time:.0} µs"),
        time if time < 10_000_000.0 => format!("{:.1} ms", time / 1e3),
        time => format!("{:.1} s", time / 1e6),
    }
}

/// What one sample took.
#[derive(Debug, Serialize)]
struct Measured {
    sample: PathBuf,
    bytes: u64,
    runs: usize,
    probe_us: Times,
    convert_us: Times,
    instantiate_us: Times,
    /// Most memory of the guest.
    peak_memory_bytes: u64,
    /// Bytes that the plugin read; what it read twice counts twice.
    bytes_in: u64,
    /// Bytes that it handed over.
    bytes_out: u64,
    /// Instructions, roughly: the same on every machine.
    fuel: Option<u64>,
    reports: u64,
    steps: u64,
    steps_per_second: f64,
    mib_per_second: f64,
}

/// Limits for the manifest.
#[derive(Debug, Serialize)]
struct Proposal {
    memory_bytes: u64,
    deadline_ms: u64,
    /// None when no sample was large enough to tell.
    deadline_per_10_mib_ms: Option<u64>,
}

pub(super) fn bench(args: &BenchArgs, output: Output) -> anyhow::Result<u8> {
    let file = super::component(&args.file)?;
    let plugin = super::load(&super::runtime(Setup::default())?, &file)?;
    super::must_convert_files(&plugin, "`wats plugin bench`")?;
    let counting = super::load(&super::runtime(Setup { count_fuel: true, ..Setup::default() })?, &file)?;
    let seconds = Duration::try_from_secs_f64(args.seconds.clamp(0.0, 3600.0)).unwrap_or_default();
    let mut all = Vec::new();
    for sample in &args.samples {
        let measured = measure(&plugin, &counting, sample, seconds)?;
        if !output.json {
            show(&measured, output)?;
        }
        all.push(measured);
    }
    let proposal = propose(&all);
    if output.json {
        output.value(&json!({
            "plugin": plugin.name(), "version": plugin.version(), "samples": all, "proposed_limits": proposal,
        }))?;
    } else {
        show_proposal(&plugin, &proposal, &all, output)?;
    }
    Ok(exit::OK)
}

fn measure(plugin: &Plugin, counting: &Plugin, sample: &Path, seconds: Duration) -> anyhow::Result<Measured> {
    let source = Source::new(case::file(&case::name(sample), MODIFIED, super::read(sample)?));
    // Once with all rules: what cannot be converted is not worth measuring.
    match sandbox::convert(plugin, &source, &Lookups::default()).conversion.outcome {
        Ok(Outcome::Converted) => {}
        Ok(other) => bail!("convert {}: it is not converted, but {other:?}", sample.display()),
        Err(failure) => bail!("{failure}"),
    }
    // As that one, but for the rules: with the same answers, or another way through the plugin would be measured.
    let job = || Job::new(Counting::default()).with_lookup(sandbox::answers(&Lookups::default()));
    let (conversion, counted) = counting.convert(&source, job());
    let fuel = conversion.stats.fuel;
    let (mut probes, mut conversions, mut instances) = (Vec::new(), Vec::new(), Vec::new());
    let (mut peak, mut bytes_in, mut bytes_out) = (0, 0, 0);
    let began = Instant::now();
    while conversions.len() < LEAST_RUNS || (began.elapsed() < seconds && conversions.len() < MOST_RUNS) {
        let asked = Instant::now();
        if let Err(failure) = plugin.probe(&source) {
            bail!("{failure}");
        }
        probes.push(asked.elapsed());
        let (conversion, _) = plugin.convert(&source, job());
        match conversion.outcome {
            Ok(Outcome::Converted) => {}
            Ok(other) => bail!("convert {}: it is not converted, but {other:?}", sample.display()),
            Err(failure) => bail!("{failure}"),
        }
        let stats = conversion.stats;
        conversions.push(stats.duration);
        instances.push(stats.instantiate);
        peak = peak.max(stats.peak_memory_bytes);
        (bytes_in, bytes_out) = (stats.bytes_read, stats.bytes_out);
    }
    let (runs, convert_us) = (conversions.len(), Times::of(conversions));
    let per_second = |amount: f64| if convert_us.median > 0.0 { amount * 1e6 / convert_us.median } else { 0.0 };
    Ok(Measured {
        sample: sample.to_path_buf(),
        bytes: source.size(),
        runs,
        probe_us: Times::of(probes),
        convert_us,
        instantiate_us: Times::of(instances),
        peak_memory_bytes: peak,
        bytes_in,
        bytes_out,
        fuel,
        reports: counted.reports,
        steps: counted.steps,
        steps_per_second: per_second(float(counted.steps)),
        mib_per_second: per_second(float(source.size())) / float(MIB),
    })
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn float(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded, and not negative")]
fn milliseconds(time: f64, least: u64, step: u64) -> u64 {
    (time.clamp(0.0, 1e12) as u64).max(least).div_ceil(step) * step
}

/// Takes reports as fast as they come, and counts: what the plugin takes is measured, not what the station does with it.
#[derive(Debug, Default)]
struct Counting {
    reports: u64,
    steps: u64,
}

impl ReportSink for Counting {
    fn accept(&mut self, draft: Draft) -> Result<Result<String, Vec<Violation>>, SinkError> {
        self.reports += 1;
        if let Report::Uut(report) = &draft.report {
            self.steps += steps(&report.root);
        }
        Ok(Ok(Uuid::nil().to_string()))
    }
}

/// Steps in a step.
fn steps(step: &Step) -> u64 {
    match &step.body {
        StepBody::Sequence { steps: inner, .. } => inner.iter().map(|step| 1 + steps(step)).sum(),
        _ => 0,
    }
}

fn propose(all: &[Measured]) -> Proposal {
    let peak = all.iter().map(|sample| sample.peak_memory_bytes).max().unwrap_or_default();
    let memory = peak.saturating_mul(MEMORY_FACTOR).div_ceil(16 * MIB).max(2) * 16 * MIB;
    let slowest = |of: &dyn Fn(&Measured) -> f64, large: bool| {
        let times = all.iter().filter(|sample| (sample.bytes >= LARGE) == large).map(of);
        times.fold(0.0, f64::max) / 1e3
    };
    let per_ten_mib = |sample: &Measured| sample.convert_us.p95 * TEN_MIB / float(sample.bytes.max(1));
    let small = slowest(&|sample| sample.convert_us.p95, false);
    let any_large = all.iter().any(|sample| sample.bytes >= LARGE);
    let large = any_large.then(|| milliseconds(slowest(&per_ten_mib, true) * DEADLINE_FACTOR, 1000, 500));
    Proposal {
        memory_bytes: memory.min(4096 * MIB),
        deadline_ms: milliseconds(small * DEADLINE_FACTOR, 2000, 500),
        deadline_per_10_mib_ms: large,
    }
}

fn show(sample: &Measured, output: Output) -> anyhow::Result<()> {
    let name = plain(&sample.sample.display().to_string());
    output.line(&format!(
        "{}  {}, {}, {}",
        output.strong(&name),
        facts::bytes(sample.bytes),
        count(sample.reports, "report"),
        count(sample.steps, "step")
    ))?;
    facts::line("convert", &format!("{}  ({})", sample.convert_us.shown(), count(sample.runs as u64, "run")), output)?;
    facts::line("probe", &sample.probe_us.shown(), output)?;
    facts::line("instance", &sample.instantiate_us.shown(), output)?;
    facts::line("memory", &format!("{} at most", facts::bytes(sample.peak_memory_bytes)), output)?;
    let crossed = format!("{} in, {} out", facts::bytes(sample.bytes_in), facts::bytes(sample.bytes_out));
    facts::line("boundary", &crossed, output)?;
    let fuel =
        sample.fuel.map_or("not counted".to_owned(), |fuel| format!("{fuel} (instructions, the same everywhere)"));
    facts::line("fuel", &fuel, output)?;
    facts::line("speed", &format!("{:.0} steps/s, {:.1} MiB/s", sample.steps_per_second, sample.mib_per_second), output)
}

fn show_proposal(plugin: &Plugin, proposal: &Proposal, all: &[Measured], output: Output) -> anyhow::Result<()> {
    let name = wats_runtime::Manifest::path_for(plugin.path());
    let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let peak = all.iter().map(|sample| sample.peak_memory_bytes).max().unwrap_or_default();
    output.line(&format!("proposed for {}, beside the plugin:", plain(&name)))?;
    output.line("    [limits]")?;
    output.line(&format!(
        "    memory_bytes = {}  # {MEMORY_FACTOR} times the {} seen, in steps of 16 MiB, 32 MiB at least",
        proposal.memory_bytes,
        facts::bytes(peak)
    ))?;
    output.line(&format!(
        "    deadline_ms = {}  # {DEADLINE_FACTOR} times the slowest sample below 1 MiB (p95), 2 s at least",
        proposal.deadline_ms
    ))?;
    match proposal.deadline_per_10_mib_ms {
        Some(time) => output.line(&format!(
            "    deadline_per_10_mib_ms = {time}  # {DEADLINE_FACTOR} times the slowest sample above it, 1 s at least"
        ))?,
        None => output.line("    # no sample of 1 MiB or more: how time grows with the size was not seen")?,
    }
    output.line("Give it the largest files that you expect: memory may grow with them. Slower machines need longer.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(bytes: u64, p95: f64, peak_memory_bytes: u64) -> Measured {
        let times = Times { median: p95 / 2.0, p95 };
        Measured {
            sample: "a".into(),
            bytes,
            runs: 1,
            probe_us: times,
            convert_us: times,
            instantiate_us: times,
            peak_memory_bytes,
            bytes_in: 0,
            bytes_out: 0,
            fuel: None,
            reports: 0,
            steps: 0,
            steps_per_second: 0.0,
            mib_per_second: 0.0,
        }
    }

    #[test]
    fn limits_are_multiples_of_what_was_seen_and_never_too_tight() {
        let quick = propose(&[sample(1000, 50.0, MIB)]);
        assert_eq!((quick.memory_bytes, quick.deadline_ms, quick.deadline_per_10_mib_ms), (32 * MIB, 2000, None));
        // 400 ms below a MiB; 2 s for 20 MiB.
        let slow = propose(&[sample(1000, 400_000.0, 20 * MIB), sample(20 * MIB, 2_000_000.0, 50 * MIB)]);
        assert_eq!((slow.memory_bytes, slow.deadline_ms, slow.deadline_per_10_mib_ms), (208 * MIB, 8000, Some(20_000)));
        assert_eq!(propose(&[sample(1, 1.0, 4096 * MIB)]).memory_bytes, 4096 * MIB);
    }

    #[test]
    fn the_median_and_the_95th_of_100_are_in_the_middle_and_near_the_end() {
        let times = Times::of((1..=101).rev().map(Duration::from_micros).collect());
        assert_eq!((times.median.round(), times.p95.round()), (51.0, 96.0));
    }
}
