//! What each column holds, by its title and, where the title has more than one meaning, by its cells.

use wats_converter::Error;

use crate::moment::{DateStyle, Moment, NotMoment};
use crate::number::NumberStyle;
use crate::sample::Row;
use crate::settings::{DateOrder, Settings, Shape, UnknownColumns};
use crate::titles::{Field, field, fold, setting_field};
use crate::words::{StatusWords, comparison};

/// What a column is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A field of unit or step.
    Field(Field),
    /// Misc info with this description.
    Misc(String),
    /// A line of the step's text with this title.
    Text(String),
    /// One unit in each row: a measurement with this title.
    Measure(String),
    /// Left out.
    Ignore,
}

/// All columns, and how the rows are to be read.
#[derive(Debug, Clone)]
pub struct Columns {
    /// By column.
    pub roles: Vec<Role>,
    /// [`Shape::Rows`] or [`Shape::Wide`].
    pub shape: Shape,
    /// The start comes from a column that may as well be the time of each row.
    pub soft_start: bool,
}

/// What the cells of a column look like.
#[derive(Debug, Default, Clone, Copy)]
struct Kind {
    numbers: usize,
    statuses: usize,
    comparisons: usize,
    moments: usize,
    dates: usize,
    clocks: usize,
    others: usize,
}

impl Kind {
    fn of(rows: &[&Row], index: usize, words: &StatusWords, numbers: &NumberStyle) -> Self {
        let mut kind = Self::default();
        for cell in rows.iter().take(200).map(|row| row.get(index)).filter(|cell| !cell.is_empty()) {
            if numbers.accepts(cell) {
                kind.numbers += 1;
                // Ten digits may be seconds since 1970; the title decides.
                if matches!(moment(cell), Some(Moment::Both(..))) {
                    kind.moments += 1;
                }
            } else if words.read(cell).is_some() {
                kind.statuses += 1;
            } else if let Some(moment) = moment(cell) {
                match moment {
                    Moment::Both(..) => kind.moments += 1,
                    Moment::Date(_) => kind.dates += 1,
                    Moment::Clock(_) => kind.clocks += 1,
                }
            } else {
                kind.others += 1;
            }
            kind.comparisons += usize::from(is_plain_comparison(cell));
        }
        kind
    }

    fn any(self) -> bool {
        self.numbers + self.statuses + self.moments + self.dates + self.clocks + self.others > 0
    }

    fn is_numeric(self) -> bool {
        self.numbers > 0 && self.numbers >= self.statuses + self.others
    }

    fn is_measured(self) -> bool {
        !self.any()
            || self.numbers > 0
            || (self.statuses > 0 && self.others + self.moments + self.dates + self.clocks == 0)
    }
}

/// Day and month do not matter here.
fn moment(cell: &str) -> Option<Moment> {
    match DateStyle::default().read(cell) {
        Ok(moment) => Some(moment),
        Err(NotMoment::Ambiguous) => DateStyle { order: Some(DateOrder::DayFirst) }.read(cell).ok(),
        Err(_) => None,
    }
}

/// A comparison that is not also a person's name.
fn is_plain_comparison(cell: &str) -> bool {
    comparison(cell).is_some() && !cell.eq_ignore_ascii_case("max") && !cell.eq_ignore_ascii_case("min")
}

/// Finds out what the columns hold.
///
/// # Errors
/// `misconfigured`, when a setting names a field that there is not.
pub fn resolve(
    titles: &[String],
    rows: &[&Row],
    settings: &Settings,
    words: &StatusWords,
    numbers: &NumberStyle,
) -> Result<Columns, Error> {
    let kinds: Vec<Kind> = (0..titles.len()).map(|index| Kind::of(rows, index, words, numbers)).collect();
    let mut table = Table { titles, kinds, known: Vec::new(), set: Vec::new() };
    table.read_titles(settings)?;
    table.settle_measured();
    table.find_value();
    let shape = table.shape(settings.shape);
    table.settle_words(shape);
    table.demote_repeated();
    let soft_start = table.settle_times(shape);
    table.demote_repeated();
    let roles = table.roles(shape, rows, settings);
    Ok(Columns { roles, shape, soft_start })
}

struct Table<'t> {
    titles: &'t [String],
    kinds: Vec<Kind>,
    known: Vec<Option<Field>>,
    set: Vec<Option<Role>>,
}

impl Table<'_> {
    fn read_titles(&mut self, settings: &Settings) -> Result<(), Error> {
        for (index, title) in self.titles.iter().enumerate() {
            let folded = fold(title);
            let setting = settings
                .columns
                .iter()
                .find(|(key, _)| !folded.is_empty() && fold(key) == folded)
                .or_else(|| settings.columns.iter().find(|(key, _)| key.parse() == Ok(index + 1)));
            let role = setting.map(|(key, name)| role_of(key, name, title)).transpose()?;
            self.known.push(match &role {
                Some(Role::Field(field)) => Some(*field),
                Some(_) => None,
                None => field(title),
            });
            self.set.push(role);
        }
        self.demote_repeated();
        Ok(())
    }

    /// A field that can be there once keeps the column that the settings gave it, else the first.
    fn demote_repeated(&mut self) {
        for index in 0..self.known.len() {
            let Some(field) = self.at(index) else { continue };
            if matches!(
                field,
                Field::Group | Field::Test | Field::Step | Field::Parameter | Field::StepNumber | Field::When
            ) {
                continue;
            }
            let is_set = |at: usize| matches!(self.set.get(at), Some(Some(_)));
            let beaten = (0..self.known.len()).any(|other| {
                other != index
                    && self.at(other) == Some(field)
                    && (is_set(other), other < index) > (is_set(index), false)
            });
            if beaten && !is_set(index) {
                self.put(index, None);
            }
        }
    }

    fn at(&self, index: usize) -> Option<Field> {
        self.known.get(index).copied().flatten()
    }

    fn put(&mut self, index: usize, field: Option<Field>) {
        if let Some(slot) = self.known.get_mut(index) {
            *slot = field;
        }
    }

    fn kind(&self, index: usize) -> Kind {
        self.kinds.get(index).copied().unwrap_or_default()
    }

    fn has(&self, field: Field) -> bool {
        self.known.contains(&Some(field))
    }

    fn each(&mut self, from: Field, change: impl Fn(&Self, usize) -> Option<Field>) {
        for index in 0..self.known.len() {
            if self.at(index) == Some(from) {
                let to = change(self, index);
                self.put(index, to);
            }
        }
    }

    fn settle_measured(&mut self) {
        self.each(Field::Measured, |table, index| {
            let value = table.kind(index).is_numeric() && !table.has(Field::Value);
            Some(if value { Field::Value } else { Field::Parameter })
        });
        self.each(Field::Operator, |table, index| {
            let kind = table.kind(index);
            let all = kind.numbers + kind.statuses + kind.others;
            let signs = kind.comparisons > 0 && kind.comparisons == all && !table.has(Field::Comparison);
            Some(if signs { Field::Comparison } else { Field::Operator })
        });
        // Two columns for who and with what, both called "operator", are told apart by their cells; so are the results.
        if !self.has(Field::Value) {
            self.each(Field::Result, |table, index| {
                let value = table.kind(index).is_numeric() && !table.has(Field::Value);
                Some(if value { Field::Value } else { Field::Result })
            });
        }
    }

    /// With names of steps beside units or limits, the only other column of numbers is the value, whatever it is called.
    fn find_value(&mut self) {
        let any = |table: &Self, fields: &[Field]| fields.iter().any(|field| table.has(*field));
        let named = any(self, &[Field::Test, Field::Step, Field::Parameter, Field::Path]);
        let judged = any(self, &[Field::Unit, Field::Low, Field::High, Field::Limit, Field::Comparison]);
        if !self.has(Field::Nominal) {
            for field in [Field::Tolerance, Field::TolerancePercent, Field::TolerancePlus, Field::ToleranceMinus] {
                self.each(field, |_, _| None);
            }
        }
        if !named || !judged || self.has(Field::Value) {
            return;
        }
        let free = |index: &usize| self.at(*index).is_none() && !matches!(self.set.get(*index), Some(Some(_)));
        let numeric: Vec<usize> =
            (0..self.known.len()).filter(free).filter(|index| self.kind(*index).is_numeric()).collect();
        if let [index] = numeric.as_slice() {
            self.put(*index, Some(Field::Value));
        }
    }

    fn shape(&self, wanted: Shape) -> Shape {
        if wanted != Shape::Auto {
            return wanted;
        }
        let name = [Field::Test, Field::Step, Field::Parameter, Field::Path].iter().any(|field| self.has(*field));
        let value = self.has(Field::Value);
        let judged = self.has(Field::Status) || self.has(Field::Result);
        let measured =
            (0..self.known.len()).any(|index| self.known.get(index) == Some(&None) && self.kind(index).numbers > 0);
        let named = name || self.has(Field::Description);
        if (value && named) || (name && judged && !measured) { Shape::Rows } else { Shape::Wide }
    }

    /// Words that mean one thing for a step and another for a unit.
    fn settle_words(&mut self, shape: Shape) {
        let rows = shape == Shape::Rows;
        // One value in each row, which has no name: the column is the measurement.
        let single = !rows && self.has(Field::Value);
        let (has_status, has_unit_result) = (self.has(Field::Status), self.has(Field::UnitResult));
        let has_name = [Field::Test, Field::Step, Field::Parameter, Field::Path].iter().any(|field| self.has(*field));
        for index in 0..self.known.len() {
            let Some(field) = self.at(index) else { continue };
            if matches!(self.set.get(index), Some(Some(_))) {
                continue;
            }
            let to = match field {
                Field::Result if rows && has_status && has_unit_result => None,
                Field::Result if rows && has_status => Some(Field::UnitResult),
                Field::Result if rows || (single && !has_status) => Some(Field::Status),
                Field::Result => Some(Field::UnitResult),
                Field::Status if !rows && !single => Some(Field::UnitResult),
                Field::Elapsed => Some(if rows { Field::StepTime } else { Field::Duration }),
                Field::ReportText if !rows => Some(Field::Comment),
                Field::StepErrorCode if !rows => Some(Field::UnitErrorCode),
                Field::StepErrorMessage if !rows => Some(Field::UnitErrorMessage),
                Field::Socket if self.kind(index).any() && self.kind(index).numbers == 0 => None,
                Field::Description if rows && !has_name => Some(Field::Step),
                Field::Description => None,
                Field::Value
                | Field::Unit
                | Field::Low
                | Field::High
                | Field::Limit
                | Field::Nominal
                | Field::Tolerance
                | Field::TolerancePercent
                | Field::TolerancePlus
                | Field::ToleranceMinus
                | Field::Comparison
                    if !rows && !single =>
                {
                    None
                }
                Field::Test
                | Field::Step
                | Field::Parameter
                | Field::Path
                | Field::Group
                | Field::StepGroup
                | Field::StepType
                | Field::StepTime
                | Field::StepStart
                    if !rows =>
                {
                    None
                }
                other => Some(other),
            };
            self.put(index, to);
        }
    }

    /// Dates and times, in one column or two. True when the start may as well be the time of each row.
    fn settle_times(&mut self, shape: Shape) -> bool {
        let rows = shape == Shape::Rows;
        let hard = self.has(Field::Start) || self.has(Field::StartDate);
        let mut soft = false;
        for index in 0..self.known.len() {
            let kind = self.kind(index);
            let only_clocks = kind.clocks > 0 && kind.moments + kind.dates == 0;
            match self.at(index) {
                Some(Field::Start) if only_clocks => self.put(index, Some(Field::StartTime)),
                Some(Field::When) => {
                    let to = if kind.moments > 0 {
                        Field::Start
                    } else if kind.dates > 0 {
                        Field::StartDate
                    } else if only_clocks {
                        Field::StartTime
                    } else if kind.numbers > 0 {
                        if rows { Field::StepTime } else { Field::Duration }
                    } else {
                        self.put(index, None);
                        continue;
                    };
                    let is_start = matches!(to, Field::Start | Field::StartDate | Field::StartTime);
                    let to = match to {
                        Field::Start if hard && rows => Some(Field::StepStart),
                        Field::Start | Field::StartDate if hard => None,
                        other => Some(other),
                    };
                    soft |= rows && is_start && !hard;
                    self.put(index, to);
                }
                _ => {}
            }
        }
        // "Start" with the day alone, beside a column with the time of day.
        if self.has(Field::StartTime) && !self.has(Field::StartDate) {
            self.each(Field::Start, |table, index| {
                let kind = table.kind(index);
                Some(if kind.dates > 0 && kind.moments == 0 { Field::StartDate } else { Field::Start })
            });
        }
        soft
    }

    fn roles(&self, shape: Shape, rows: &[&Row], settings: &Settings) -> Vec<Role> {
        let serial = (0..self.known.len()).find(|index| self.at(*index) == Some(Field::SerialNumber));
        (0..self.titles.len())
            .map(|index| {
                if let Some(Some(role)) = self.set.get(index)
                    && !matches!(role, Role::Field(_))
                {
                    return role.clone();
                }
                let title = self.titles.get(index).cloned().unwrap_or_default();
                match self.at(index) {
                    Some(Field::StepNumber) if shape == Shape::Rows => Role::Ignore,
                    // Without a name of its own the value is called by its title.
                    Some(Field::Value) if shape == Shape::Wide => Role::Measure(title),
                    Some(field) if field != Field::StepNumber => Role::Field(field),
                    _ if title.is_empty()
                        || settings.unknown_columns == UnknownColumns::Ignore && shape == Shape::Rows =>
                    {
                        Role::Ignore
                    }
                    _ if shape == Shape::Wide => {
                        // A word that is known, such as the name of a test, is not a measurement.
                        let named = field(&title).is_some_and(|field| field.of_unit() || field < Field::Value);
                        let numeric = self.kind(index).is_measured();
                        match settings.unknown_columns {
                            _ if numeric && !named => Role::Measure(title),
                            UnknownColumns::Ignore => Role::Ignore,
                            _ => Role::Misc(title),
                        }
                    }
                    // What tells units apart says something about the unit.
                    _ if settings.group_by.iter().any(|name| fold(name) == fold(&title)) => Role::Misc(title),
                    _ => match settings.unknown_columns {
                        UnknownColumns::MiscInfo => Role::Misc(title),
                        UnknownColumns::ReportText => Role::Text(title),
                        _ if varies(rows, index, serial) => Role::Text(title),
                        _ => Role::Misc(title),
                    },
                }
            })
            .collect()
    }
}

/// Whether a column says different things about the same unit.
fn varies(rows: &[&Row], index: usize, serial: Option<usize>) -> bool {
    rows.windows(2).any(|pair| match pair {
        [above, below] => {
            let same_unit = serial.is_none_or(|at| above.get(at) == below.get(at) || below.get(at).is_empty());
            same_unit && above.get(index) != below.get(index)
        }
        _ => false,
    })
}

fn role_of(key: &str, name: &str, title: &str) -> Result<Role, Error> {
    let (word, detail) = name.split_once(':').map_or((name.trim(), ""), |(word, detail)| (word.trim(), detail.trim()));
    let named = |otherwise: &str| if detail.is_empty() { otherwise.to_owned() } else { detail.to_owned() };
    let title = if title.is_empty() { key } else { title };
    Ok(match fold(word).as_str() {
        "ignore" => Role::Ignore,
        "misc" | "miscinfo" => Role::Misc(named(title)),
        "text" => Role::Text(named(title)),
        "measurement" => Role::Measure(named(title)),
        _ => Role::Field(setting_field(word).filter(|_| detail.is_empty()).ok_or_else(|| {
            let known: Vec<&str> = Field::NAMES.iter().map(|(name, _)| *name).collect();
            Error::misconfigured(format!(
                "columns: {key:?} = {name:?}: there is no such field. Fields: {}, misc, misc:Name, measurement, measurement:Name, \
                 text, ignore",
                known.join(", ")
            ))
        })?),
    })
}
