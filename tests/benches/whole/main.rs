//! The figures of the whole product: the real station and the real simulated server as processes, real files, a real disk.
//!
//! `cargo xtask bench` builds what this needs, runs it, and makes one table of it and of the benches in the crates. Each row
//! is printed as one line of JSON behind the word `ROW`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench: what goes wrong here must end it"
)]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod guests;
mod languages;
mod measure;
mod pywats;
mod reload;
mod station;

use std::time::Instant;

/// What a row's figure must be.
#[derive(Debug, Clone, Copy)]
enum Budget {
    AtLeast(f64),
    AtMost(f64),
    /// A part of another row's figure.
    None,
}

/// One figure.
#[derive(Debug)]
struct Row {
    what: &'static str,
    value: f64,
    unit: &'static str,
    budget: Budget,
    /// How it was measured, and the figures behind a ratio.
    how: String,
}

impl Row {
    fn print(&self) {
        let (least, most) = match self.budget {
            Budget::AtLeast(least) => (Some(least), None),
            Budget::AtMost(most) => (None, Some(most)),
            Budget::None => (None, None),
        };
        let row = serde_json::json!({
            "what": self.what, "value": self.value, "unit": self.unit, "at_least": least, "at_most": most, "how": self.how,
        });
        println!("ROW {row}");
    }
}

/// Figures that are read beside each other: text for people.
#[derive(Debug)]
struct Sheet {
    title: &'static str,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    /// How they were measured.
    how: String,
}

impl Sheet {
    fn print(&self) {
        let Self { title, columns, rows, how } = self;
        println!("SHEET {}", serde_json::json!({ "title": title, "columns": columns, "rows": rows, "how": how }));
    }
}

type Bench = fn(quick: bool) -> (Vec<Row>, Vec<Sheet>);

const BENCHES: [(&str, Bench); 9] = [
    ("guests", |quick| (guests::throughput(quick), Vec::new())),
    ("languages", languages::languages),
    ("small", |quick| (guests::small(quick), Vec::new())),
    ("pipeline", |quick| (station::pipeline(quick), Vec::new())),
    ("latency", |quick| (station::latency(quick), Vec::new())),
    ("reload", |quick| (reload::reload(quick), Vec::new())),
    ("outage", |quick| (station::outage(quick), Vec::new())),
    ("idle", |quick| (station::idle(quick), Vec::new())),
    ("large", |quick| (station::large(quick), Vec::new())),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let quick = words.iter().any(|word| word == "--quick");
    // `cargo bench` adds `--bench`.
    let wanted: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
    println!("MACHINE {}", machine());
    for (name, bench) in BENCHES {
        if !wanted.is_empty() && !wanted.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let began = Instant::now();
        println!("-- {name}");
        let (rows, sheets) = bench(quick);
        for row in rows {
            row.print();
        }
        for sheet in sheets {
            sheet.print();
        }
        println!("-- {name}: {:.1} s", began.elapsed().as_secs_f64());
    }
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d");
    format!("{os} {arch}, {cores} processors ({model}), {day}.")
}
