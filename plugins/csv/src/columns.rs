//! What each column holds, by its title and, where the title has more than one meaning, by its cells.

use wats_converter::{Error, log};

use crate::doubts;
use crate::kinds::Kind;
use crate::number::NumberStyle;
use crate::parts;
use crate::sample::Row;
use crate::settings::{Settings, Shape, UnknownColumns};
use crate::titles::{Field, field, fold, setting_field};
use crate::words::StatusWords;

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
    /// Columns whose numbers all have the same unit behind them.
    pub suffixed: Vec<bool>,
    /// Columns of which the settings say what they hold.
    pub told: Vec<bool>,
    /// Columns in which a row of the sample has something.
    pub filled: Vec<bool>,
}

/// Finds out what the columns hold.
///
/// # Errors
/// `misconfigured`, when a setting names a field that there is not, or must say what a column holds.
pub fn resolve(
    titles: &[String],
    rows: &[&Row],
    settings: &Settings,
    words: &StatusWords,
    numbers: &NumberStyle,
) -> Result<Columns, Error> {
    let kinds: Vec<Kind> = (0..titles.len()).map(|index| Kind::of(rows, index, words, numbers)).collect();
    let suffixed = kinds.iter().map(|kind| kind.suffixed).collect();
    let mut table = Table { titles, rows, kinds, known: Vec::new(), set: Vec::new(), repeated: Vec::new() };
    table.read_titles(settings)?;
    table.settle_measured();
    table.settle_tolerances();
    table.find_value(settings)?;
    let shape = table.shape(settings.shape);
    table.settle_words(shape);
    table.demote_repeated();
    let soft_start = table.settle_times(shape);
    table.demote_repeated();
    if shape == Shape::Rows || table.has(Field::Value) {
        table.find_status()?;
        table.find_comparison()?;
        doubts::repeated(&table)?;
        doubts::limits(&table)?;
    }
    let roles = table.roles(shape, rows, settings);
    let told = table.set.iter().map(Option::is_some).collect();
    let filled = table.kinds.iter().map(|kind| kind.any()).collect();
    Ok(Columns { roles, shape, soft_start, suffixed, told, filled })
}

/// The columns, while it is found out what they hold.
#[derive(Debug)]
pub struct Table<'t> {
    /// Titles.
    pub titles: &'t [String],
    /// Rows of the sample.
    pub rows: &'t [&'t Row],
    /// What the cells look like.
    pub kinds: Vec<Kind>,
    /// What is known.
    pub known: Vec<Option<Field>>,
    /// What the settings say.
    pub set: Vec<Option<Role>>,
    /// Columns that gave way to another of the same meaning: which, and to which.
    pub repeated: Vec<(Field, usize, usize)>,
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
            let winner = (0..self.known.len()).find(|other| {
                *other != index
                    && self.at(*other) == Some(field)
                    && (is_set(*other), *other < index) > (is_set(index), false)
            });
            if let Some(winner) = winner.filter(|_| !is_set(index)) {
                self.put(index, None);
                self.repeated.push((field, index, winner));
            }
        }
    }

    /// What a column is known to hold.
    pub fn at(&self, index: usize) -> Option<Field> {
        self.known.get(index).copied().flatten()
    }

    fn put(&mut self, index: usize, field: Option<Field>) {
        if let Some(slot) = self.known.get_mut(index) {
            *slot = field;
        }
    }

    /// What the cells of a column look like.
    pub fn kind(&self, index: usize) -> Kind {
        self.kinds.get(index).copied().unwrap_or_default()
    }

    /// True when a column holds this.
    pub fn has(&self, field: Field) -> bool {
        self.known.contains(&Some(field))
    }

    /// True when one of these is there.
    pub fn any(&self, fields: &[Field]) -> bool {
        fields.iter().any(|field| self.has(*field))
    }

    /// Columns of which neither title nor settings say anything.
    pub fn unknown(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.known.len())
            .filter(|index| self.at(*index).is_none() && !matches!(self.set.get(*index), Some(Some(_))))
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

    /// Without a nominal value an upper tolerance is a high limit, and a tolerance alone is nothing.
    fn settle_tolerances(&mut self) {
        if self.any(&[Field::Nominal, Field::Expected]) {
            return;
        }
        for field in [Field::Tolerance, Field::TolerancePercent, Field::TolerancePlus, Field::ToleranceMinus] {
            self.each(field, |table, index| {
                if matches!(table.set.get(index), Some(Some(_))) {
                    return Some(field);
                }
                table.titles.get(index).and_then(|title| parts::limit_without_nominal(title))
            });
        }
        self.demote_repeated();
    }

    /// With names of steps beside units or limits, the only other column of numbers is the value, whatever it is called.
    fn find_value(&mut self, settings: &Settings) -> Result<(), Error> {
        let named = self.any(&[Field::Test, Field::Step, Field::Parameter, Field::Path]);
        let limited = self.any(&[Field::Low, Field::High]);
        if !named || self.has(Field::Value) {
            return Ok(());
        }
        let numeric: Vec<usize> = self
            .unknown()
            .filter(|index| self.kind(*index).is_numeric())
            .filter(|index| !self.titles.get(*index).is_some_and(|title| parts::hints_at_limits(title)))
            .collect();
        match numeric.as_slice() {
            [index] if limited || self.any(&[Field::Unit, Field::Limit, Field::Comparison]) => {
                self.put(*index, Some(Field::Value));
            }
            [_, _, ..] if limited && settings.shape == Shape::Auto => return Err(doubts::value(self, &numeric)),
            _ => {}
        }
        Ok(())
    }

    /// The status whose title nobody knows, by its cells.
    fn find_status(&mut self) -> Result<(), Error> {
        if self.has(Field::Status) {
            return Ok(());
        }
        let mut found: Vec<usize> = Vec::new();
        for index in self.unknown() {
            let kind = self.kind(index);
            if kind.is_half_verdict() {
                return Err(doubts::verdicts(self, index));
            }
            let truth = kind.is_truth().then(|| self.titles.get(index).and_then(|title| parts::truth(title))).flatten();
            match truth {
                // `Failed`: true for what did not pass.
                Some(false) => return Err(doubts::verdicts(self, index)),
                Some(true) => found.push(index),
                None if kind.is_verdict() => found.push(index),
                None => {}
            }
        }
        match found.as_slice() {
            [] => {}
            [index] => {
                self.put(*index, Some(Field::Status));
                log::debug(format_args!(
                    "column {:?} holds nothing but status words: taken as the status",
                    self.title(*index)
                ));
            }
            [first, second, ..] => return Err(doubts::two(self, *first, *second, "a status")),
        }
        Ok(())
    }

    /// The comparison whose title nobody knows, by its cells.
    fn find_comparison(&mut self) -> Result<(), Error> {
        if self.any(&[Field::Comparison, Field::LowComparison, Field::HighComparison]) {
            return Ok(());
        }
        let found: Vec<usize> = self.unknown().filter(|index| self.kind(*index).is_sign()).collect();
        match found.as_slice() {
            [] => {}
            [index] => self.put(*index, Some(Field::Comparison)),
            [first, second, ..] => return Err(doubts::two(self, *first, *second, "a comparison")),
        }
        Ok(())
    }

    /// Title of a column.
    pub fn title(&self, index: usize) -> &str {
        self.titles.get(index).map_or("", String::as_str)
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
                | Field::Expected
                | Field::Tolerance
                | Field::TolerancePercent
                | Field::TolerancePlus
                | Field::ToleranceMinus
                | Field::Comparison
                | Field::LowComparison
                | Field::HighComparison
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
