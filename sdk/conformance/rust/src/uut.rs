//! What the rows make.

use wats_converter::lookup::{self, Answer};
use wats_converter::{
    Asset, Attachment, Bounds, Chart, ChartScale, Error, ErrorKind, File, Header, Input, NumericLimits, Outcome, Place,
    Reports, Sequence, Status, StepGroup, SubUnit, TextLimits, Uut, Value, Waiting, log, progress,
};

use crate::Settings;
use crate::rows::{GROUPS, Row, STATUSES};

const SCALES: [(&str, ChartScale); 4] = [
    ("linear", ChartScale::Linear),
    ("log-x", ChartScale::LogX),
    ("log-y", ChartScale::LogY),
    ("log-xy", ChartScale::LogXy),
];

const KINDS: [(&str, ErrorKind); 5] = [
    ("malformed", ErrorKind::Malformed),
    ("truncated", ErrorKind::Truncated),
    ("unsupported", ErrorKind::Unsupported),
    ("misconfigured", ErrorKind::Misconfigured),
    ("internal", ErrorKind::Internal),
];

type OneBound = fn(f64) -> NumericLimits;
type TwoBounds = fn(Bounds) -> NumericLimits;
type TextBound = fn(String) -> TextLimits;
type Ask = fn(&Input) -> String;
type Log = fn(&str);

/// The comparisons, in the order of the page.
#[derive(Clone, Copy)]
enum Comparison {
    Log,
    One(OneBound),
    Two(TwoBounds),
}

const COMPARISONS: [(&str, Comparison); 16] = [
    ("log", Comparison::Log),
    ("eq", Comparison::One(NumericLimits::Eq)),
    ("eqt", Comparison::One(NumericLimits::Eqt)),
    ("ne", Comparison::One(NumericLimits::Ne)),
    ("lt", Comparison::One(NumericLimits::Lt)),
    ("le", Comparison::One(NumericLimits::Le)),
    ("gt", Comparison::One(NumericLimits::Gt)),
    ("ge", Comparison::One(NumericLimits::Ge)),
    ("gtlt", Comparison::Two(NumericLimits::Gtlt)),
    ("gtle", Comparison::Two(NumericLimits::Gtle)),
    ("gelt", Comparison::Two(NumericLimits::Gelt)),
    ("gele", Comparison::Two(NumericLimits::Gele)),
    ("ltgt", Comparison::Two(NumericLimits::Ltgt)),
    ("ltge", Comparison::Two(NumericLimits::Ltge)),
    ("legt", Comparison::Two(NumericLimits::Legt)),
    ("lege", Comparison::Two(NumericLimits::Lege)),
];

/// What rows say of the step or sequence that comes next.
#[derive(Default)]
struct Next {
    start: String,
    duration: Option<f64>,
    error_code: String,
    error_message: String,
    note: String,
    group: Option<StepGroup>,
    properties: Vec<(String, Value)>,
}

/// Puts it on a step, whatever its type.
macro_rules! tell {
    ($next:expr, $step:expr, $status:expr) => {{
        let (next, step) = ($next, $step);
        step.status($status).start(next.start).duration(next.duration).error_code(next.error_code);
        step.error_message(next.error_message).report_text(next.note).group(next.group.unwrap_or(StepGroup::Main));
        for (key, value) in next.properties {
            step.property(&key, value);
        }
    }};
}

/// Puts charts, attachments and results that follow onto a step.
macro_rules! add {
    ($run:expr, $rows:expr, $step:expr) => {{
        let (run, rows, step) = ($run, $rows, $step);
        while let Some(row) = rows.first() {
            match row.word {
                "plot" => {
                    *rows = rows.get(1..).unwrap_or_default();
                    let chart = run.chart(row, 0, rows)?;
                    step.chart(chart);
                    continue;
                }
                "attach-step" => {
                    step.attach(Attachment::new(row.required(0)?, row.required(1)?, row.text(2)));
                }
                "result" => {
                    step.result(row.text(0));
                }
                _ => break,
            }
            *rows = rows.get(1..).unwrap_or_default();
        }
    }};
}

/// A report before its writer is opened, and its writer.
struct Unit {
    header: Header,
    writer: Option<Uut>,
}

/// One conversion.
pub(crate) struct Run<'a> {
    input: &'a Input,
    settings: &'a Settings,
    reports: &'a mut Reports,
    unit: Option<Unit>,
    next: Next,
}

impl<'a> Run<'a> {
    pub(crate) fn new(input: &'a Input, settings: &'a Settings, reports: &'a mut Reports) -> Self {
        Self { input, settings, reports, unit: None, next: Next::default() }
    }

    /// Goes through all rows.
    pub(crate) fn all(mut self, mut rows: &[Row<'_>]) -> Result<Outcome, Error> {
        let ended = self.each(&mut rows);
        // What was not finished is no report: of a conversion that ends early the host wants nothing else.
        if let Some(Unit { writer: Some(writer), .. }) = self.unit.take() {
            writer.discard();
            return ended.and_then(|outcome| outcome.ok_or(Error::truncated("no end")));
        }
        ended.map(|outcome| outcome.unwrap_or(Outcome::Converted))
    }

    fn each(&mut self, rows: &mut &[Row<'_>]) -> Result<Option<Outcome>, Error> {
        while let Some(row) = rows.first() {
            *rows = rows.get(1..).unwrap_or_default();
            match row.word {
                "unit" => self.begin(row)?,
                "head" | "program" => self.head(row)?,
                "end" => {
                    let status = row.status(0)?;
                    self.writer(row)?;
                    if let Some(Unit { writer: Some(writer), .. }) = self.unit.take() {
                        writer.finish_with(status)?;
                    }
                }
                "discard" => {
                    self.writer(row)?;
                    if let Some(Unit { writer: Some(writer), .. }) = self.unit.take() {
                        writer.discard();
                    }
                }
                "emit" => {
                    let key = row.text(0);
                    self.reports.emit_json(row.text(1), (!key.is_empty()).then_some(key))?;
                }
                "at" | "took" | "failing" | "note" | "in" | "with" => self.collect(row)?,
                "log" | "progress" | "needs" => Self::station(row)?,
                "skip" => return Ok(Some(Outcome::skipped(row.text(0)))),
                "wait" => return self.wait(row).map(Some),
                "fail" | "fail-at" => return Err(fail(row)?),
                #[expect(clippy::panic, reason = "that is what the row is for")]
                "panic" => panic!("{}", row.text(0)),
                "m" => return Err(row.wrong("m outside of multi")),
                "series" => return Err(row.wrong("series outside of chart")),
                "plot" | "attach-step" | "result" => return Err(row.wrong("no step")),
                _ => self.report(row, rows)?,
            }
        }
        if self.unit.is_some() {
            return Err(Error::truncated("no end"));
        }
        Ok(None)
    }

    fn begin(&mut self, row: &Row<'_>) -> Result<(), Error> {
        if self.unit.is_some() {
            return Err(row.wrong("unit before end"));
        }
        let header = Header::new(row.required(0)?)
            .part_number(row.text(1))
            .revision(row.text(2))
            .start(row.text(3))
            .program(self.settings.program.as_str());
        self.unit = Some(Unit { header, writer: None });
        Ok(())
    }

    fn head(&mut self, row: &Row<'_>) -> Result<(), Error> {
        let unit = match &mut self.unit {
            None => return Err(row.wrong("no unit")),
            Some(Unit { writer: Some(_), .. }) => return Err(row.wrong("the head is closed")),
            Some(unit) => unit,
        };
        let header = unit.header.clone();
        if row.word == "program" {
            let program = Sequence::new(row.required(0)?).version(row.text(1)).path(row.text(2));
            unit.header = header.program(program);
            return Ok(());
        }
        let text = row.text(1);
        unit.header = match row.required(0)? {
            "process" => header.process_code(row.whole::<u32>(1)?),
            "duration" => header.duration(row.number(1)?),
            "operator" => header.operator(text),
            "machine" => header.machine_name(text),
            "location" => header.location(text),
            "purpose" => header.purpose(text),
            "batch" => header.batch_serial_number(text),
            "fixture" => header.fixture(text),
            "socket" => header.socket_index(row.whole::<i32>(1)?),
            "comment" => header.comment(text),
            "error-code" => header.error_code(row.whole::<i32>(1)?),
            "error-message" => header.error_message(text),
            "key" => header.key(text),
            "id" => header.id(text),
            key => header.property(key, value(row, text)),
        };
        Ok(())
    }

    /// The writer of the open report, opened now if this is its first row.
    fn writer(&mut self, row: &Row<'_>) -> Result<&mut Uut, Error> {
        let unit = self.unit.as_mut().ok_or_else(|| row.wrong("no unit"))?;
        Ok(unit.writer.get_or_insert_with(|| self.reports.uut(unit.header.clone())))
    }

    fn collect(&mut self, row: &Row<'_>) -> Result<(), Error> {
        self.writer(row)?;
        let next = &mut self.next;
        match row.word {
            "at" => row.text(0).clone_into(&mut next.start),
            "took" => next.duration = row.number(0)?,
            "failing" => {
                row.text(0).clone_into(&mut next.error_code);
                row.text(1).clone_into(&mut next.error_message);
            }
            "note" => row.text(0).clone_into(&mut next.note),
            "in" => next.group = row.word_of(0, &GROUPS)?,
            _ => next.properties.push((row.required(0)?.to_owned(), value(row, row.text(1)))),
        }
        Ok(())
    }

    /// Rows of an open report.
    fn report(&mut self, row: &Row<'_>, rows: &mut &[Row<'_>]) -> Result<(), Error> {
        self.writer(row)?;
        match row.word {
            "retitle" => {
                let (start, duration) = (row.text(0), row.number(1)?);
                if let Some(Unit { header, writer: Some(writer) }) = &mut self.unit {
                    *header = header.clone().start(start).duration(duration);
                    writer.set_header(header);
                }
                Ok(())
            }
            "open" => {
                let next = std::mem::take(&mut self.next);
                let mut sequence = Sequence::new(row.required(0)?)
                    .start(next.start)
                    .error_code(next.error_code)
                    .error_message(next.error_message)
                    .report_text(next.note)
                    .group(next.group.unwrap_or(StepGroup::Main));
                for (key, value) in next.properties {
                    sequence = sequence.property(key, value);
                }
                self.writer(row)?.open(sequence);
                Ok(())
            }
            "close" => {
                let (status, duration) = (row.status(0)?, row.number(1)?);
                self.writer(row)?.close_with(status, duration);
                Ok(())
            }
            "attach" => {
                let attachment = Attachment::new(row.required(0)?, row.required(1)?, row.text(2));
                self.writer(row)?.attach(&attachment);
                Ok(())
            }
            "attach-source" => {
                let (file, content_type) = (self.input.main(), row.required(0)?);
                self.writer(row)?.attach_file(file, content_type);
                Ok(())
            }
            "misc" => {
                let description = row.required(0)?;
                self.writer(row)?.misc_info(description, row.text(1));
                Ok(())
            }
            "sub" => {
                let unit = SubUnit::new(row.required(1)?, row.required(0)?);
                let unit = unit.with_revision(row.text(2)).with_type(row.text(3));
                self.writer(row)?.sub_unit(unit);
                Ok(())
            }
            "asset" => {
                let serial = row.required(0)?;
                row.required(1)?;
                let asset = Asset::new(serial, row.whole(1)?.unwrap_or_default());
                let asset = asset.with_type(row.text(2)).calibration_due(row.text(3));
                self.writer(row)?.asset(asset);
                Ok(())
            }
            "data" => {
                self.writer(row)?.data(row.text(0));
                Ok(())
            }
            _ => self.step(row, rows),
        }
    }

    fn step(&mut self, row: &Row<'_>, rows: &mut &[Row<'_>]) -> Result<(), Error> {
        let next = std::mem::take(&mut self.next);
        let scale = self.settings.scale;
        match row.word {
            "num" => {
                let (name, measured) = (row.required(0)?, Measured::read(row, scale)?);
                let uut = self.writer(row)?;
                let mut step = uut.numeric(name, measured.value);
                step.unit(measured.unit).limits(measured.limits);
                step.measured_status(measured.status);
                tell!(next, &mut step, measured.status);
                add!(Charts, rows, &mut step);
            }
            "multi" => {
                let (name, status) = (row.required(0)?, row.status(1)?);
                let uut = self.writer(row)?;
                let mut step = uut.multi_numeric(name);
                while let Some(row) = rows.first().filter(|row| row.word == "m") {
                    *rows = rows.get(1..).unwrap_or_default();
                    let (name, measured) = (row.required(0)?, Measured::read(row, scale)?);
                    step.measure(name, measured.value, |it| {
                        it.unit(measured.unit).limits(measured.limits).status(measured.status);
                    });
                }
                tell!(next, &mut step, status);
                add!(Charts, rows, &mut step);
            }
            "pf" => {
                row.required(1)?;
                let (name, status) = (row.required(0)?, row.status(1)?.unwrap_or(Status::Passed));
                let uut = self.writer(row)?;
                let mut step = uut.pass_fail(name, status);
                tell!(next, &mut step, None);
                add!(Charts, rows, &mut step);
            }
            "pfs" => {
                let (name, pairs) = (row.required(0)?, pairs(row)?);
                let mut all = Vec::new();
                for (name, status) in pairs {
                    all.push((name, row.one_of(1, status, &STATUSES)?));
                }
                let uut = self.writer(row)?;
                let mut step = uut.multi_pass_fail(name);
                for (name, status) in all {
                    step.measure(name, status);
                }
                tell!(next, &mut step, None);
                add!(Charts, rows, &mut step);
            }
            "text" => {
                let (name, text, limit) = (row.required(0)?, row.text(1), row.text(3).to_owned());
                let kinds: [(&str, TextBound); 5] = [
                    ("log", |_| TextLimits::Log),
                    ("eq", TextLimits::Eq),
                    ("ne", TextLimits::Ne),
                    ("case", TextLimits::CaseSensitive),
                    ("nocase", TextLimits::IgnoreCase),
                ];
                let limits = row.word_of(2, &kinds)?.map_or(TextLimits::Log, |kind| kind(limit));
                let status = row.status(4)?;
                let uut = self.writer(row)?;
                let mut step = uut.text(name, (!text.is_empty()).then_some(text));
                step.limits(limits).measured_status(status);
                tell!(next, &mut step, status);
                add!(Charts, rows, &mut step);
            }
            "texts" => {
                let (name, pairs) = (row.required(0)?, pairs(row)?);
                let uut = self.writer(row)?;
                let mut step = uut.multi_text(name);
                for (name, text) in pairs {
                    step.measure(name, text, |_| ());
                }
                tell!(next, &mut step, None);
                add!(Charts, rows, &mut step);
            }
            "chart" => {
                let name = row.required(0)?;
                let chart = Charts.chart(row, 1, rows)?;
                let uut = self.writer(row)?;
                let mut step = uut.chart(name, chart);
                tell!(next, &mut step, None);
                add!(Charts, rows, &mut step);
            }
            _ => {
                let (status, note) = match row.word {
                    "process" => (None, Some(process(row.required(0)?))),
                    "product" => (None, Some(product(row.required(0)?))),
                    "ask" | "read" | "companion" => (None, Some(self.answer(row)?)),
                    "action" => (row.status(1)?, None),
                    _ => (None, None),
                };
                let name = row.required(0)?;
                let (button, code) = match row.word {
                    "popup" => (row.whole(2)?, None),
                    "exec" => {
                        row.required(1)?;
                        (None, row.whole(1)?)
                    }
                    _ => (None, None),
                };
                let kind = if row.word == "generic" { row.required(1)? } else { "" };
                let uut = self.writer(row)?;
                let mut step = match row.word {
                    "popup" => uut.message_popup(name, Some(row.text(1)).filter(|text| !text.is_empty()), button),
                    "exec" => uut.call_executable(name, code.unwrap_or_default()),
                    "generic" => uut.generic(kind, name),
                    "read" => uut.action(format!("read {name} {}", row.text(1))),
                    "process" | "product" | "ask" | "companion" => uut.action(format!("{} {name}", row.word)),
                    _ => uut.action(name),
                };
                tell!(next, &mut step, status);
                if let Some(note) = note {
                    step.report_text(note);
                }
                add!(Charts, rows, &mut step);
            }
        }
        Ok(())
    }

    /// What the file and its companions answer.
    fn answer(&self, row: &Row<'_>) -> Result<String, Error> {
        let file = self.input.main();
        match row.word {
            "ask" => {
                let asked: [(&str, Ask); 5] = [
                    ("name", |input| input.main().name()),
                    ("path", |input| input.main().path()),
                    ("modified", |input| input.main().modified()),
                    ("size", |input| input.main().size().to_string()),
                    ("companions", |input| input.companions().iter().map(File::path).collect::<Vec<_>>().join(" ")),
                ];
                row.required(0)?;
                Ok(row.word_of(0, &asked)?.map(|ask| ask(self.input)).unwrap_or_default())
            }
            "read" => {
                row.required(0)?;
                row.required(1)?;
                let (offset, length) = (row.whole(0)?.unwrap_or_default(), row.whole::<u32>(1)?.unwrap_or_default());
                let bytes = file.read(offset, usize::try_from(length).unwrap_or_default());
                let sum: u64 = bytes.iter().copied().map(u64::from).sum();
                Ok(format!("{} bytes, sum {sum}", bytes.len()))
            }
            _ => {
                row.required(0)?;
                let index: usize = row.whole(0)?.unwrap_or_default();
                let companion = self.input.companions().get(index);
                companion.ok_or_else(|| row.malformed(0, "no such companion"))?.text(None)
            }
        }
    }

    fn station(row: &Row<'_>) -> Result<(), Error> {
        match row.word {
            "log" => {
                let levels: [(&str, Log); 5] = [
                    ("trace", |text| log::trace(text)),
                    ("debug", |text| log::debug(text)),
                    ("info", |text| log::info(text)),
                    ("warn", |text| log::warn(text)),
                    ("error", |text| log::error(text)),
                ];
                row.required(0)?;
                if let Some(log) = row.word_of(0, &levels)? {
                    log(row.text(1));
                }
            }
            "progress" => progress(row.number(0)?.unwrap_or_default()),
            // For `probe` alone.
            _ => {}
        }
        Ok(())
    }

    fn wait(&self, row: &Row<'_>) -> Result<Outcome, Error> {
        let mut waiting = Waiting::new(row.text(2));
        if let Some(seconds) = row.number(0)? {
            waiting = waiting.retry_after(seconds);
        }
        if !row.text(1).is_empty() {
            waiting = waiting.missing(row.text(1));
        }
        Ok(Outcome::Waiting(waiting))
    }
}

/// Reads charts.
struct Charts;

impl Charts {
    /// A chart whose label is the field `first`, and the series that follow.
    #[expect(clippy::unused_self, reason = "called by a macro")]
    fn chart(&self, row: &Row<'_>, first: usize, rows: &mut &[Row<'_>]) -> Result<Chart, Error> {
        let scale = row.word_of(first + 5, &SCALES)?.unwrap_or(ChartScale::Linear);
        let mut chart = Chart::new(row.text(first))
            .x_axis(row.text(first + 1), row.text(first + 2))
            .y_axis(row.text(first + 3), row.text(first + 4))
            .scale(scale);
        while let Some(row) = rows.first().filter(|row| row.word == "series") {
            *rows = rows.get(1..).unwrap_or_default();
            let numbers = |index: usize| -> Result<Vec<f64>, Error> {
                let text = row.text(index);
                let pieces = text.split(' ').filter(|_| !text.is_empty());
                pieces.map(|piece| row.decimal(index, piece)).collect()
            };
            chart = chart.series_xy(row.required(0)?, numbers(1)?, numbers(2)?);
        }
        Ok(chart)
    }
}

/// Value, unit, limits and status of a row `num` or `m`.
struct Measured<'a> {
    value: Option<f64>,
    unit: &'a str,
    limits: NumericLimits,
    status: Option<Status>,
}

impl<'a> Measured<'a> {
    fn read(row: &Row<'a>, scale: f64) -> Result<Self, Error> {
        let value = row.number(1)?.map(|value| value * scale);
        let comparison = row.word_of(3, &COMPARISONS)?;
        let (low, high) = (row.number(4)?, row.number(5)?);
        let limits = match comparison {
            Some(Comparison::Log) => NumericLimits::Log,
            Some(Comparison::One(limits)) => limits(low.ok_or_else(|| row.malformed(4, "empty"))?),
            Some(Comparison::Two(limits)) => limits(Bounds {
                low: low.ok_or_else(|| row.malformed(4, "empty"))?,
                high: high.ok_or_else(|| row.malformed(5, "empty"))?,
            }),
            None => NumericLimits::inclusive(low, high),
        };
        Ok(Self { value, unit: row.text(2), limits, status: row.status(6)? })
    }
}

/// `A=x,B=y` of the second field.
fn pairs<'a>(row: &Row<'a>) -> Result<Vec<(&'a str, &'a str)>, Error> {
    let all = row.required(1)?.split(',');
    all.map(|pair| pair.split_once('=').ok_or_else(|| row.malformed(1, &format!("\"{pair}\" is not NAME=VALUE"))))
        .collect()
}

/// A number where the text reads as one.
fn value(row: &Row<'_>, text: &str) -> Value {
    row.decimal(1, text).map_or_else(|_| text.into(), Value::from)
}

fn process(name: &str) -> String {
    match lookup::process(name) {
        Answer::Found(process) => format!("found {} {}", process.code, process.name),
        Answer::Absent => "absent".to_owned(),
        Answer::Unavailable(_) => "unavailable".to_owned(),
        Answer::Denied => "denied".to_owned(),
    }
}

fn product(part_number: &str) -> String {
    match lookup::product(part_number) {
        Answer::Found(product) => {
            format!("found {} {} {}", product.part_number, product.name, product.revisions.join(","))
        }
        Answer::Absent => "absent".to_owned(),
        Answer::Unavailable(_) => "unavailable".to_owned(),
        Answer::Denied => "denied".to_owned(),
    }
}

fn fail(row: &Row<'_>) -> Result<Error, Error> {
    if row.word == "fail-at" {
        return Ok(Error::malformed(row.text(1)).at_path(row.text(0)));
    }
    row.required(0)?;
    let kind = row.word_of(0, &KINDS)?.unwrap_or(ErrorKind::Internal);
    let error = Error::new(kind, row.text(2));
    Ok(match row.whole(1)? {
        Some(column) => error.at_cell(row.line, column),
        None => error.at(Place::Line(row.line)),
    })
}
