//! What the cells of a column look like.

use crate::moment::{DateStyle, Moment, NotMoment};
use crate::number::NumberStyle;
use crate::sample::Row;
use crate::settings::DateOrder;
use crate::words::{Status, StatusWords, comparison, is_bad, is_nothing};

/// Rows that are looked at.
const ROWS: usize = 200;

/// What the cells of a column look like, and how many do.
#[derive(Debug, Default, Clone, Copy)]
#[expect(missing_docs, reason = "as the fields of the table")]
pub struct Kind {
    pub numbers: usize,
    pub statuses: usize,
    pub comparisons: usize,
    pub moments: usize,
    pub dates: usize,
    pub clocks: usize,
    pub others: usize,
    /// Words that judge, among the statuses: passed, failed, aborted, and not `true` or one letter that says less.
    pub judging: usize,
    /// Failed and its like, among those.
    pub bad: usize,
    /// `true` and `false`, among the statuses.
    pub truths: usize,
    /// Signs and codes of comparisons that mean nothing else: `>=`, `GELE`.
    pub signs: usize,
    /// All numbers have the same known unit behind them.
    pub suffixed: bool,
}

impl Kind {
    /// Of the cells of a column.
    pub fn of(rows: &[&Row], index: usize, words: &StatusWords, numbers: &NumberStyle) -> Self {
        let mut kind = Self::default();
        let (mut suffixed, mut unit) = (0, None);
        let known_units = NumberStyle { known_units: true, ..numbers.clone() };
        // Cells that are as the one above are many, in columns about the unit and in those of limits.
        let (mut last, mut of_last, mut unit_of_last) = ("", Self::default(), None);
        for cell in rows.iter().take(ROWS).map(|row| row.get(index)).filter(|cell| !cell.is_empty()) {
            if cell != last {
                (of_last, unit_of_last) = Self::of_cell(cell, words, numbers, &known_units);
                last = cell;
            }
            kind.add(&of_last);
            if let Some(found) = unit_of_last {
                suffixed += usize::from(*unit.get_or_insert(found) == found);
            }
        }
        if suffixed > 0 && suffixed == kind.all() {
            kind.suffixed = true;
            kind.numbers = suffixed;
            kind.others = 0;
        }
        kind
    }

    /// Of one cell, and the unit behind its number.
    fn of_cell<'c>(
        cell: &'c str,
        words: &StatusWords,
        numbers: &NumberStyle,
        known_units: &NumberStyle,
    ) -> (Self, Option<&'c str>) {
        let mut kind = Self::default();
        let mut unit = None;
        if numbers.accepts(cell) {
            kind.numbers = 1;
            // Ten digits may be seconds since 1970; the title decides.
            kind.moments = usize::from(cell.len() >= 10 && matches!(moment(cell), Some(Moment::Both(..))));
            return (kind, unit);
        }
        if let Some(status) = words.read(cell) {
            kind.statuses = 1;
            kind.truths = usize::from(is_truth(cell));
            let says = !is_truth(cell) && (cell.len() > 1 || matches!(cell, "P" | "F" | "p" | "f"));
            kind.judging = usize::from(says && (is_bad(status) || status == Status::Passed));
            kind.bad = usize::from(says && is_bad(status));
        } else if let Some(moment) = moment(cell) {
            match moment {
                Moment::Both(..) => kind.moments = 1,
                Moment::Date(_) => kind.dates = 1,
                Moment::Clock(_) => kind.clocks = 1,
            }
        } else if let Ok(number) = known_units.clone().read(cell) {
            kind.others = 1;
            unit = Some(number.unit);
        } else if !is_nothing(cell) {
            kind.others = 1;
        }
        let compares = comparison(cell).is_some();
        kind.comparisons = usize::from(compares && !is_name(cell));
        kind.signs = usize::from(compares && is_sign(cell));
        (kind, unit)
    }

    fn add(&mut self, other: &Self) {
        self.numbers += other.numbers;
        self.statuses += other.statuses;
        self.comparisons += other.comparisons;
        self.moments += other.moments;
        self.dates += other.dates;
        self.clocks += other.clocks;
        self.others += other.others;
        self.judging += other.judging;
        self.bad += other.bad;
        self.truths += other.truths;
        self.signs += other.signs;
    }

    /// Cells that say something.
    fn all(self) -> usize {
        self.numbers + self.statuses + self.moments + self.dates + self.clocks + self.others
    }

    /// One of its cells says something.
    pub fn any(self) -> bool {
        self.all() > 0
    }

    /// Most of its cells are numbers.
    pub fn is_numeric(self) -> bool {
        self.numbers > 0 && self.numbers >= self.statuses + self.others
    }

    /// What a tester writes for a measurement: numbers, or verdicts and nothing else.
    pub fn is_measured(self) -> bool {
        !self.any()
            || self.numbers > 0
            || (self.statuses > 0 && self.others + self.moments + self.dates + self.clocks == 0)
    }

    /// Verdicts and nothing else.
    pub fn is_verdict(self) -> bool {
        self.judging > 0 && self.statuses == self.all()
    }

    /// Verdicts, some of them bad, among other words.
    pub fn is_half_verdict(self) -> bool {
        self.bad > 0 && self.statuses < self.all() && self.statuses * 2 >= self.all()
    }

    /// `true` and `false` and nothing else.
    pub fn is_truth(self) -> bool {
        self.truths > 0 && self.truths == self.all()
    }

    /// Signs of comparisons and nothing else.
    pub fn is_sign(self) -> bool {
        self.signs > 0 && self.signs == self.all()
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

fn is_truth(cell: &str) -> bool {
    ["true", "false", "wahr", "falsch", "sann", "usann"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// A comparison that may also be a person's name.
fn is_name(cell: &str) -> bool {
    cell.eq_ignore_ascii_case("max") || cell.eq_ignore_ascii_case("min")
}

/// A comparison that is no word.
fn is_sign(cell: &str) -> bool {
    cell.chars().all(|c| matches!(c, '<' | '>' | '=' | '≤' | '≥' | '!' | '≠'))
        || (cell.len() == 4 && cell.bytes().all(|b| matches!(b, b'G' | b'L' | b'E' | b'T')))
}
