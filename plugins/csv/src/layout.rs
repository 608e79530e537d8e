//! Everything that is known about a table before its rows are read.

use wats_converter::Error;

use crate::columns::{Columns, Role, resolve};
use crate::doubts;
use crate::measure::ColumnStyle;
use crate::moment::DateStyle;
use crate::number::NumberStyle;
use crate::parts::limit_without_nominal;
use crate::preamble::{Pair, is_comment, meaning, pairs, small_table};
use crate::records::Dialect;
use crate::sample::{Row, Sample};
use crate::settings::{DateOrder, Decimal, Settings, Shape};
use crate::titles::{Field, fold, split_bracket};
use crate::units::Unit;
use crate::wide::{LimitRow, Measure, is_part, limit_row, measures};
use crate::words::StatusWords;

/// A table, as far as its first rows tell.
#[derive(Debug, Clone)]
pub struct Layout {
    /// How cells are separated.
    pub dialect: Dialect,
    /// Line of the titles; 0 when there are none.
    pub title_line: u64,
    /// Records up to and with the titles, which are no rows of the table.
    pub records_above: usize,
    /// The titles.
    pub titles: Vec<String>,
    /// [`Shape::Rows`] or [`Shape::Wide`].
    pub shape: Shape,
    /// What each column is for.
    pub roles: Vec<Role>,
    /// Columns by which rows are judged, and that rows of the sample fill: values, limits, statuses.
    pub judged: Vec<usize>,
    /// What stands above the table.
    pub head: Vec<Pair>,
    /// Measurements, when each row is a unit.
    pub measures: Vec<Measure>,
    /// Limits and units that stand above the titles.
    pub limit_rows: Vec<LimitRow>,
    /// The start comes from a column that may as well be the time of each row.
    pub soft_start: bool,
    /// Columns whose numbers all have the same unit behind them.
    pub suffixed: Vec<bool>,
    /// Columns of which the settings say what they hold.
    pub told: Vec<bool>,
    /// How numbers are written.
    pub numbers: NumberStyle,
    /// How dates are written.
    pub dates: DateStyle,
    /// Where the columns are that tell units apart, when the settings say so.
    pub group_by: Option<Vec<usize>>,
}

impl Layout {
    /// From the first look.
    ///
    /// # Errors
    /// `misconfigured`, when the settings do not fit the table.
    pub fn new(sample: &Sample, settings: &Settings, words: &StatusWords) -> Result<Self, Error> {
        let title_row = sample.titles.and_then(|at| sample.rows.get(at));
        let (above, below) = sample.rows.split_at_checked(sample.titles.unwrap_or(0)).unwrap_or((&[], &sample.rows));
        let below: Vec<&Row> = below.iter().skip(usize::from(title_row.is_some())).collect();
        let titles: Vec<String> = match title_row {
            Some(row) => row.cells.iter().take(row.filled()).cloned().collect(),
            None => (1..=sample.rows.iter().map(Row::filled).max().unwrap_or(0)).map(|n| n.to_string()).collect(),
        };
        let mut data: Vec<&Row> = Vec::with_capacity(below.len());
        // In a table of measurements many rows begin with the same cell, of which it is known that it names no limits.
        let mut usual = "";
        for row in below.iter().copied().filter(|row| row.cells != titles) {
            let first = row.get(0);
            if first.is_empty() || first != usual {
                if limit_row(row, settings).is_some() {
                    continue;
                }
                // What is in brackets may be a unit, which the other cells tell.
                usual = if first.starts_with(['[', '(']) { "" } else { first };
            }
            if !is_comment(first, settings) && row.filled() > 0 {
                data.push(row);
            }
        }
        let (decimal, date_order) = culture(settings)?;
        let mut numbers = NumberStyle {
            decimal,
            lone_comma: (sample.dialect.delimiter == b';').then_some(Decimal::Comma),
            thousands: thousands(settings)?,
            thousands_learnt: false,
            suffixes: settings.engineering_suffixes,
            units: settings.units_in_values,
            known_units: false,
        };
        let columns = resolve(&titles, &data, settings, words, &numbers)?;
        let measures = if columns.shape == Shape::Wide {
            let measures = measures(&titles, &columns.roles);
            doubts::measures(&titles, &columns, &measures)?;
            measures
        } else {
            Vec::new()
        };
        let mut dates = DateStyle { order: date_order };
        learn(&mut numbers, &mut dates, &columns, &below);
        let (head, limit_rows) = head(above, sample.dialect.delimiter, settings, columns.shape);
        let group_by = group_by(settings, &titles, &columns.roles)?;
        Ok(Self {
            dialect: sample.dialect,
            title_line: title_row.map_or(0, |row| row.line),
            records_above: sample.titles.map_or(0, |at| at + 1),
            titles,
            shape: columns.shape,
            judged: judged(&columns, &measures),
            roles: columns.roles,
            head,
            measures,
            limit_rows,
            soft_start: columns.soft_start,
            suffixed: columns.suffixed,
            told: columns.told,
            numbers,
            dates,
            group_by,
        })
    }

    /// Column of a field.
    pub fn column(&self, field: Field) -> Option<usize> {
        self.roles.iter().position(|role| *role == Role::Field(field))
    }

    /// Title of a column, for messages.
    pub fn title(&self, index: usize) -> &str {
        self.titles.get(index).map_or("", String::as_str)
    }

    /// What the columns say about the numbers in them.
    pub fn styles(&self) -> Vec<ColumnStyle> {
        let style = |(index, title): (usize, &String)| ColumnStyle {
            unit: split_bracket(title).1.filter(|unit| Unit::known(unit).is_some()).unwrap_or_default().to_owned(),
            suffixed: self.suffixed.get(index) == Some(&true),
            may_be_limit: self.told.get(index) != Some(&true) && limit_without_nominal(title).is_some(),
        };
        self.titles.iter().enumerate().map(style).collect()
    }

    /// True when a line above the table tells this field.
    pub fn head_has(&self, field: Field) -> bool {
        self.head.iter().any(|pair| pair.field == Some(field))
    }
}

fn judged(columns: &Columns, measures: &[Measure]) -> Vec<usize> {
    let parts = measures
        .iter()
        .flat_map(|measure| std::iter::once(measure.column).chain(measure.parts.iter().map(|(_, column)| *column)));
    let fields = columns.roles.iter().enumerate().filter_map(|(index, role)| match role {
        Role::Field(Field::Value | Field::UnitResult) => Some(index),
        Role::Field(field) if is_part(*field) => Some(index),
        _ => None,
    });
    let mut judged: Vec<usize> =
        parts.chain(fields).filter(|index| columns.filled.get(*index) == Some(&true)).collect();
    judged.sort_unstable();
    judged.dedup();
    judged
}

/// What stands above the table.
fn head(above: &[Row], delimiter: u8, settings: &Settings, shape: Shape) -> (Vec<Pair>, Vec<LimitRow>) {
    let mut found = Vec::new();
    let mut limits = Vec::new();
    let mut rows = above.iter().peekable();
    while let Some(row) = rows.next() {
        if shape == Shape::Wide
            && row.filled() > 2
            && let Some(limit) = limit_row(row, settings)
        {
            limits.push(limit);
            continue;
        }
        if let Some(next) = rows.peek() {
            let table = small_table(row, next, settings);
            if !table.is_empty() {
                found.extend(table);
                rows.next();
                continue;
            }
        }
        found.extend(pairs(row, delimiter, settings));
    }
    found.retain(|pair| fold(&pair.key) != "sep");
    (found, limits)
}

/// Numbers and dates that leave no doubt settle how the others are read.
fn learn(numbers: &mut NumberStyle, dates: &mut DateStyle, columns: &Columns, rows: &[&Row]) {
    let (mut commas, mut points, mut grouped) = (0_u32, 0_u32, false);
    let above = std::iter::once(None).chain(rows.iter().map(Some));
    for (row, above) in rows.iter().zip(above) {
        for (index, role) in columns.roles.iter().enumerate() {
            let cell = row.get(index);
            // It says the same once more.
            if above.is_some_and(|above| above.get(index) == cell) {
                continue;
            }
            match role {
                Role::Measure(_)
                | Role::Field(
                    Field::Value
                    | Field::Low
                    | Field::High
                    | Field::Nominal
                    | Field::Expected
                    | Field::Tolerance
                    | Field::TolerancePlus
                    | Field::ToleranceMinus
                    | Field::StepTime
                    | Field::Duration,
                ) if numbers.decimal.is_none() || numbers.thousands.is_none() => {
                    let known_units = columns.suffixed.get(index) == Some(&true);
                    let mut trial = NumberStyle { lone_comma: None, known_units, ..numbers.clone() };
                    if trial.read(cell).is_ok() {
                        grouped |= cell.contains(',') && cell.contains('.');
                        match trial.decimal {
                            Some(Decimal::Comma) => commas += 1,
                            // 1.234 alone might be a group in a file with decimal commas.
                            Some(Decimal::Point) if !three_behind(cell) => points += 1,
                            _ => {}
                        }
                    }
                }
                Role::Field(Field::Start | Field::StartDate | Field::End | Field::StepStart)
                    if dates.order.is_none() =>
                {
                    dates.learn(cell);
                }
                _ => {}
            }
        }
    }
    numbers.decimal = match (commas, points) {
        _ if numbers.decimal.is_some() => numbers.decimal,
        (0, 0) => None,
        (_, 0) => Some(Decimal::Comma),
        (0, _) => Some(Decimal::Point),
        // Both: the first cell of the other kind is an error, with its place.
        (_, _) => Some(if commas > points { Decimal::Comma } else { Decimal::Point }),
    };
    // `1,234.5` says what the comma in `1,000` is.
    if grouped && numbers.thousands.is_none() && (commas == 0 || points == 0) {
        numbers.thousands = numbers.decimal.map(|decimal| if decimal == Decimal::Point { ',' } else { '.' });
        numbers.thousands_learnt = true;
    }
}

fn three_behind(cell: &str) -> bool {
    cell.rsplit_once('.').is_some_and(|(_, behind)| behind.len() == 3)
}

fn thousands(settings: &Settings) -> Result<Option<char>, Error> {
    let Some(text) = &settings.thousands else { return Ok(None) };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (None, _) => Ok(None),
        (Some(c), None) if !c.is_alphanumeric() => Ok(Some(c)),
        _ => Err(Error::misconfigured(format!("thousands = {text:?}: one character that is no letter or digit"))),
    }
}

/// Decimal mark and order of dates, from their own settings or from the culture.
fn culture(settings: &Settings) -> Result<(Option<Decimal>, Option<DateOrder>), Error> {
    let (mut decimal, mut order) = (None, None);
    if let Some(culture) = &settings.culture {
        let (language, country) = culture.split_once(['-', '_']).unwrap_or((culture, ""));
        let good = (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
        if !good {
            return Err(Error::misconfigured(format!(
                "culture = {culture:?}: language and country, such as \"de-DE\""
            )));
        }
        let (language, country) = (language.to_ascii_lowercase(), country.to_ascii_uppercase());
        let point = matches!(language.as_str(), "en" | "zh" | "ja" | "ko" | "th" | "he" | "ga" | "cy" | "ms" | "hi")
            || (language == "de" && matches!(country.as_str(), "CH" | "LI"))
            || (language == "es" && matches!(country.as_str(), "MX" | "US" | "GT" | "PR"));
        decimal = Some(if point { Decimal::Point } else { Decimal::Comma });
        let month_first = country == "US" || country == "PH" || (language == "en" && country.is_empty());
        order = Some(if month_first { DateOrder::MonthFirst } else { DateOrder::DayFirst });
    }
    Ok((settings.decimal.or(decimal), settings.date_order.or(order)))
}

fn group_by(settings: &Settings, titles: &[String], roles: &[Role]) -> Result<Option<Vec<usize>>, Error> {
    if settings.group_by.is_empty() {
        return Ok(None);
    }
    let mut columns = Vec::new();
    for name in &settings.group_by {
        let folded = fold(name);
        let by_title = titles.iter().position(|title| fold(title) == folded);
        let by_field =
            || meaning(name, settings).and_then(|field| roles.iter().position(|role| *role == Role::Field(field)));
        let by_number = || name.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < titles.len());
        let found = by_title.or_else(by_field).or_else(by_number).ok_or_else(|| {
            Error::misconfigured(format!(
                "group_by: the table has no column {name:?}. Its columns: {}",
                titles.join(", ")
            ))
        })?;
        columns.push(found);
    }
    Ok(Some(columns))
}
