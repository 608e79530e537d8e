//! Where everything stands in a row.

use wats_converter::{Error, StepGroup};

use crate::columns::Role;
use crate::layout::Layout;
use crate::measure::At;
use crate::records::Record;
use crate::settings::Settings;
use crate::titles::{Field, fold, split_bracket};
use crate::units::Unit;

/// Names of sequences above a step.
pub const DEPTH: usize = 32;

/// Where everything stands in a row.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "by their fields")]
pub struct Columns {
    pub serial: Option<usize>,
    pub group: Vec<usize>,
    pub unit: Vec<(Field, usize)>,
    pub misc: Vec<(String, usize)>,
    pub texts: Vec<(String, usize)>,
    pub names: Vec<usize>,
    pub path: Option<usize>,
    pub step: StepColumns,
    pub time_scale: f64,
    pub splits: bool,
}

/// Columns of a step.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "by their fields")]
pub struct StepColumns {
    pub value: Option<usize>,
    pub unit: Option<usize>,
    pub low: Option<usize>,
    pub high: Option<usize>,
    pub limit: Option<usize>,
    pub nominal: Option<usize>,
    /// The nominal value is one to be equal to.
    pub exact: bool,
    pub tolerance: Option<usize>,
    pub tolerance_percent: Option<usize>,
    pub tolerance_plus: Option<usize>,
    pub tolerance_minus: Option<usize>,
    pub comparison: Option<usize>,
    pub low_comparison: Option<usize>,
    pub high_comparison: Option<usize>,
    pub status: Option<usize>,
    pub kind: Option<usize>,
    pub group: Option<usize>,
    pub time: Option<usize>,
    pub start: Option<usize>,
    pub date: Option<usize>,
    pub error_code: Option<usize>,
    pub error_message: Option<usize>,
    pub text: Option<usize>,
    /// Unit of measure in the title of the value.
    pub title_unit: String,
}

impl Columns {
    /// By the layout.
    ///
    /// # Errors
    /// `misconfigured`, when the units of the limits differ and the value has none.
    pub fn new(layout: &Layout, settings: &Settings) -> Result<Self, Error> {
        let mut found = Self { serial: layout.column(Field::SerialNumber), time_scale: 1.0, ..Self::default() };
        let of = |field: Field| layout.column(field);
        for (index, role) in layout.roles.iter().enumerate() {
            match role {
                Role::Field(field) if field.of_unit() && *field != Field::Group => found.unit.push((*field, index)),
                // A column of words may be a part of a measurement: `Vcc unit`.
                Role::Misc(title)
                    if !layout.measures.iter().any(|measure| measure.parts.iter().any(|(_, part)| *part == index)) =>
                {
                    found.misc.push((title.clone(), index));
                }
                Role::Text(title) => found.texts.push((title.clone(), index)),
                _ => {}
            }
        }
        for field in [Field::Group, Field::Test, Field::Step, Field::Parameter] {
            let columns = layout.roles.iter().enumerate().filter(|(_, role)| **role == Role::Field(field));
            found.names.extend(columns.map(|(index, _)| index));
        }
        found.path = of(Field::Path);
        found.step = StepColumns {
            value: of(Field::Value),
            unit: of(Field::Unit),
            low: of(Field::Low),
            high: of(Field::High),
            limit: of(Field::Limit),
            nominal: of(Field::Nominal).or_else(|| of(Field::Expected)),
            exact: of(Field::Nominal).is_none(),
            tolerance: of(Field::Tolerance),
            tolerance_percent: of(Field::TolerancePercent),
            tolerance_plus: of(Field::TolerancePlus),
            tolerance_minus: of(Field::ToleranceMinus),
            comparison: of(Field::Comparison),
            low_comparison: of(Field::LowComparison),
            high_comparison: of(Field::HighComparison),
            status: of(Field::Status),
            kind: of(Field::StepType),
            group: of(Field::StepGroup),
            time: of(Field::StepTime),
            start: of(Field::StepStart).or_else(|| {
                let own = of(Field::Start).or_else(|| of(Field::StartTime));
                own.filter(|_| layout.soft_start)
            }),
            date: of(Field::StartDate),
            error_code: of(Field::StepErrorCode),
            error_message: of(Field::StepErrorMessage),
            text: of(Field::ReportText),
            title_unit: String::new(),
        };
        if let Some(inside) = found.step.value.and_then(|index| split_bracket(layout.title(index)).1) {
            inside.clone_into(&mut found.step.title_unit);
        }
        // Limits in units, and a value without one: theirs is its own.
        if found.step.title_unit.is_empty() && found.step.unit.is_none() {
            found.step.title_unit = shared_unit(layout, &found.step)?;
        }
        if let Some(index) = found.step.time {
            found.time_scale = scale(layout.title(index));
        }
        found.group = layout.group_by.clone().unwrap_or_else(|| {
            let mut group: Vec<usize> = found.serial.into_iter().chain(of(Field::PartNumber)).collect();
            if !layout.soft_start {
                group.extend([Field::Start, Field::StartDate, Field::StartTime].into_iter().filter_map(of));
            }
            group
        });
        // Only another time tells a second test from a step that comes twice.
        found.splits =
            settings.split_on_first_step && layout.group_by.is_none() && layout.soft_start && found.serial.is_some();
        Ok(found)
    }

    /// Names of the sequences and of the step, outermost first; how many there are.
    ///
    /// # Errors
    /// When there are too many.
    pub fn names<'r>(
        &self,
        record: &Record<'r>,
        line: u64,
        settings: &Settings,
        path: &mut [&'r str; DEPTH],
    ) -> Result<usize, Error> {
        let mut depth = 0;
        let mut push = |name: &'r str, column: usize| -> Result<(), Error> {
            if name.is_empty() {
                return Ok(());
            }
            let slot = path.get_mut(depth);
            *slot
                .ok_or_else(|| At { text: name, line, column }.wrong(format!("a path of more than {DEPTH} names")))? =
                name;
            depth += 1;
            Ok(())
        };
        let set = settings.path_separator.as_deref().filter(|separator| !separator.is_empty());
        let mut last_of_path = "";
        if let Some(index) = self.path {
            let cell = record.get(index);
            for name in split_path(cell, set) {
                push(name, index + 1)?;
                last_of_path = name;
            }
        }
        for (place, index) in self.names.iter().enumerate() {
            let cell = record.get(*index);
            // The path may end in the name of the step.
            if place + 1 == self.names.len() && cell == last_of_path && !cell.is_empty() {
                continue;
            }
            match set {
                Some(separator) => {
                    for name in cell.split(separator) {
                        push(name.trim(), index + 1)?;
                    }
                }
                None => push(cell, index + 1)?,
            }
        }
        Ok(depth)
    }
}

/// The unit that the titles of all limits have.
fn shared_unit(layout: &Layout, step: &StepColumns) -> Result<String, Error> {
    let mut shared: Option<(&str, &str)> = None;
    for index in [step.low, step.high, step.limit, step.nominal].into_iter().flatten() {
        let title = layout.title(index);
        let Some(unit) = split_bracket(title).1.filter(|unit| Unit::known(unit).is_some()) else { continue };
        match shared {
            Some((other, first)) if other != unit => {
                return Err(Error::misconfigured(format!(
                    "the titles {first:?} and {title:?} have different units, and the value has none: name the column with its unit \
                     in columns, as \"unit\""
                )));
            }
            _ => shared = Some((unit, title)),
        }
    }
    Ok(shared.map_or_else(String::new, |(unit, _)| unit.to_owned()))
}

/// Parts of a path by the separator that is set, or by the first of the usual ones that it holds.
fn split_path<'p>(cell: &'p str, set: Option<&str>) -> impl Iterator<Item = &'p str> {
    let separator = match set {
        Some(separator) => separator.to_owned(),
        None => [">", "/", "\\", "|", "::"]
            .into_iter()
            .find(|separator| cell.contains(separator))
            .or_else(|| is_dotted(cell).then_some("."))
            .unwrap_or("\n")
            .to_owned(),
    };
    let mut rest = Some(cell);
    std::iter::from_fn(move || {
        let text = rest?;
        let (part, after) =
            text.split_once(separator.as_str()).map_or((text, None), |(part, after)| (part, Some(after)));
        rest = after;
        Some(part.trim())
    })
    .filter(|part| !part.is_empty())
}

/// Points between names, and not within numbers such as `3.3V`.
fn is_dotted(cell: &str) -> bool {
    cell.contains('.') && cell.split('.').all(|part| part.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_'))
}

/// Setup, main or cleanup.
pub fn step_group(cell: &str) -> Option<StepGroup> {
    match fold(cell).as_str() {
        "s" | "setup" => Some(StepGroup::Setup),
        "m" | "main" => Some(StepGroup::Main),
        "c" | "cleanup" => Some(StepGroup::Cleanup),
        _ => None,
    }
}

/// Seconds in what a title such as `Time [ms]` counts.
pub fn scale(title: &str) -> f64 {
    match split_bracket(title).1.map(fold).as_deref() {
        Some("ms" | "msec" | "millisekunden" | "milliseconds") => 1e-3,
        Some("us" | "µs" | "μs") => 1e-6,
        Some("min" | "minutes" | "minuten" | "minutter") => 60.0,
        Some("h" | "hours" | "stunden" | "timer") => 3600.0,
        _ => 1.0,
    }
}
