//! One converter in every language, in the sandbox, and its Rust code compiled for this machine beside it.
//!
//! `cargo xtask bench` builds the converters of `sdk/conformance` into `target/conformance`; a language that is not there is
//! left out.

use std::{fmt::Write as _, fs, path::PathBuf};

use conformance::Conformance;
use wats_converter::testing::Run;
use wats_report::Defaults;
use wats_runtime::{Job, Outcome, Plugin, Runtime, Source, SourceFile, Stats};
use wats_tests::station;

use crate::{
    Budget, Row, Sheet,
    guests::{MODIFIED, Write, runtime},
    measure::{median, on_this_thread},
};

/// As people write them, and their folders.
const LANGUAGES: [(&str, &str); 7] = [
    ("Rust", "rust"),
    ("C", "c"),
    ("C++", "cpp"),
    ("Go", "go"),
    ("TypeScript", "typescript"),
    ("JavaScript", "javascript"),
    ("Python", "python"),
];
/// Conversions of the small file in each round: one alone is as short as what disturbs it.
const SMALL_CALLS: usize = 10;

/// A file that all of them convert.
struct Input {
    source: Source,
    text: String,
    steps: usize,
}

impl Input {
    fn new(text: String) -> Self {
        let steps = text.lines().filter(|line| line.starts_with("num;") || line.starts_with("open;")).count();
        Self { source: Source::new(SourceFile::from_bytes("a.rows", MODIFIED, text.clone().into_bytes())), text, steps }
    }

    fn named(&self) -> String {
        format!("{:.1} KiB, {} steps", self.text.len() as f64 / 1024.0, self.steps)
    }
}

/// A language and what was measured of it, in seconds of CPU.
struct Language {
    name: &'static str,
    component: PathBuf,
    plugin: Plugin,
    loads: Vec<f64>,
    instances: Vec<f64>,
    small: Vec<f64>,
    large: Vec<f64>,
    /// Of the large file.
    stats: Stats,
}

impl Language {
    fn load(runtime: &Runtime, name: &'static str, folder: &str) -> Option<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let component = root.join(format!("../target/conformance/{folder}.wasm"));
        if !component.exists() {
            println!("left out: {name}, for {} is not there", component.display());
            return None;
        }
        // Compiles it, unless an earlier run did.
        let plugin = runtime.load(&component).unwrap();
        Some(Self {
            name,
            component,
            plugin,
            loads: Vec::new(),
            instances: Vec::new(),
            small: Vec::new(),
            large: Vec::new(),
            stats: Stats::default(),
        })
    }
}

pub(crate) fn languages(quick: bool) -> (Vec<Row>, Vec<Sheet>) {
    let rounds = if quick { 7 } else { 31 };
    let runtime = runtime();
    let mut languages: Vec<_> =
        LANGUAGES.iter().filter_map(|(name, folder)| Language::load(&runtime, name, folder)).collect();
    if languages.is_empty() {
        println!("no converter in any language: run cargo xtask bench");
        return (Vec::new(), Vec::new());
    }
    let (small, large) = (Input::new(small()), Input::new(large()));
    let defaults = Run::<Conformance>::file("a.rows", "").defaults();
    let (mut native_small, mut native_large) = (Vec::new(), Vec::new());
    // In turns, so that what else the machine does meets all of them.
    for round in 0..=rounds {
        let natively = [(&small, &mut native_small, SMALL_CALLS), (&large, &mut native_large, 1)];
        for (input, into, calls) in natively {
            let took = native(input, calls);
            // The first round fills the caches.
            if round > 0 {
                into.push(took);
            }
        }
        for language in &mut languages {
            let (small_took, instance, _) = guest(&language.plugin, &small, &defaults, SMALL_CALLS);
            let (large_took, _, stats) = guest(&language.plugin, &large, &defaults, 1);
            let (again, load) = on_this_thread(|| runtime.load(&language.component).unwrap());
            assert!(again.loaded_from_cache(), "{}", language.name);
            if round > 0 {
                language.loads.push(load);
                language.instances.push(instance);
                language.small.push(small_took);
                language.large.push(large_took);
                language.stats = stats;
            }
        }
    }
    let native = (median(&mut native_small), median(&mut native_large));
    let mut rows = vec![loads(&runtime, &mut languages, rounds)];
    if let Some(rust) = languages.iter_mut().find(|language| language.name == "Rust") {
        let guest = median(&mut rust.large);
        rows.push(Row {
            what: "conformance guest against the same code native",
            value: native.1 / guest,
            unit: "of native",
            budget: Budget::None,
            how: format!(
                "{:.2} against {:.2} ms for {}; CPU of the thread, medians of {rounds} rounds in turns; both write checked WSJF",
                1e3 * guest,
                1e3 * native.1,
                large.named()
            ),
        });
    }
    (rows, vec![sheet(&mut languages, native, &small, &large, rounds)])
}

/// A unit with a hundred steps, as small files are.
fn small() -> String {
    let mut text = "#rows;1\nunit;A-1;PCB-7;B;2026-05-04T08:15:30\nhead;operator;kari\nopen;Supply\n".to_owned();
    for step in 0..100 {
        let volts = 4.9 + f64::from(step * 13 % 20) / 100.0;
        writeln!(text, "num;Output {step};{volts:.3};V;gele;4.8;5.2").unwrap();
    }
    text.push_str("close;passed;0.5\nend;passed\n");
    text
}

/// The largest of the cases in which all languages must give the same bytes.
fn large() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../sdk/conformance/cases/many_steps/input.rows");
    fs::read_to_string(path).unwrap()
}

/// Seconds of CPU for one conversion, by the same code in this program.
fn native(input: &Input, calls: usize) -> f64 {
    let mut took = Vec::new();
    for _ in 0..calls {
        let run = Run::<Conformance>::file("a.rows", input.text.as_str());
        let (texts, seconds) = on_this_thread(|| run.texts().unwrap());
        took.push(seconds);
        assert_eq!(texts.len(), 1);
    }
    median(&mut took)
}

/// Seconds of CPU for one conversion in the sandbox, and for making its instance in that.
fn guest(plugin: &Plugin, input: &Input, defaults: &Defaults, calls: usize) -> (f64, f64, Stats) {
    let (mut took, mut instances, mut stats) = (Vec::new(), Vec::new(), Stats::default());
    for _ in 0..calls {
        let job = Job::new(Write(defaults.clone()));
        let ((conversion, _), seconds) = on_this_thread(|| plugin.convert(&input.source, job));
        took.push(seconds);
        assert!(matches!(conversion.outcome, Ok(Outcome::Converted)), "{:?}", conversion.outcome);
        assert_eq!(conversion.reports, 1);
        instances.push(conversion.stats.instantiate.as_secs_f64());
        stats = conversion.stats;
    }
    (median(&mut took), median(&mut instances), stats)
}

/// Loading what is in the compile cache, for plugins in Rust: those that are shipped, and the one of the languages.
fn loads(runtime: &Runtime, languages: &mut [Language], rounds: usize) -> Row {
    let mut figures: Vec<(&str, f64)> = Vec::new();
    for language in languages.iter_mut().filter(|language| language.name == "Rust") {
        figures.push(("conformance", 1e3 * median(&mut language.loads)));
    }
    let shipped: Vec<_> = ["csv", "atml", "wats-json"].map(|name| (name, station::plugin(name).unwrap())).into();
    let mut took = vec![Vec::new(); shipped.len()];
    for round in 0..=rounds {
        for ((_, path), took) in shipped.iter().zip(&mut took) {
            let (plugin, load) = on_this_thread(|| runtime.load(path).unwrap());
            // The first one compiles, unless an earlier run did.
            assert!(round == 0 || plugin.loaded_from_cache());
            if round > 0 {
                took.push(load);
            }
        }
    }
    figures.extend(shipped.iter().zip(&mut took).map(|((name, _), took)| (*name, 1e3 * median(took))));
    let words: Vec<_> = figures.iter().map(|(name, ms)| format!("{name} {ms:.2} ms")).collect();
    Row {
        what: "load from the compile cache, Rust plugin",
        value: figures.iter().map(|(_, ms)| *ms).fold(0.0, f64::max),
        unit: "ms",
        budget: Budget::AtMost(10.0),
        how: format!("CPU of the thread, the slowest of {}; medians of {rounds} rounds in turns", words.join(", ")),
    }
}

fn sheet(languages: &mut [Language], native: (f64, f64), small: &Input, large: &Input, rounds: usize) -> Sheet {
    let column = |input: &Input| format!("{}, median", input.named());
    let columns = [
        "",
        "component",
        "load from the cache",
        "make an instance",
        &column(small),
        "against native",
        &column(large),
        "against native",
        "memory",
        "in",
        "out",
    ];
    let time = |seconds: f64| {
        if seconds < 1e-3 { format!("{:.0} us", 1e6 * seconds) } else { format!("{:.2} ms", 1e3 * seconds) }
    };
    let kib = |bytes: u64| format!("{:.0} KiB", bytes as f64 / 1024.0);
    let mut rows = vec![
        ["Rust, native", "", "", "", &time(native.0), "1", &time(native.1), "1", "", "", ""]
            .map(str::to_owned)
            .to_vec(),
    ];
    for language in languages {
        let (small, large) = (median(&mut language.small), median(&mut language.large));
        let size = fs::metadata(&language.component).unwrap().len();
        rows.push(vec![
            language.name.to_owned(),
            kib(size),
            time(median(&mut language.loads)),
            time(median(&mut language.instances)),
            time(small),
            format!("{:.2} times", small / native.0),
            time(large),
            format!("{:.2} times", large / native.1),
            kib(language.stats.peak_memory_bytes),
            kib(language.stats.bytes_read),
            kib(language.stats.bytes_out),
        ]);
    }
    Sheet {
        title: "One converter in every language",
        columns: columns.map(str::to_owned).to_vec(),
        rows,
        how: format!(
            "The converter of `sdk/conformance`, in an instance of its own for each file; medians of {rounds} rounds in which all take \
             turns. Times are CPU of the one thread that does it, so that other work on the machine is not in them (but for making an \
             instance, which is by the clock). A conversion is all of it: instance, guest, the report taken over, checked and written \
             as WSJF, and tear-down; native, the same Rust code with the test kit's station, which checks and writes the same. \
             Memory and the bytes that cross the boundary are of the large file."
        ),
    }
}
