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
        let cells: Vec<&str> =
            rows.iter().take(ROWS).map(|row| row.get(index)).filter(|cell| !cell.is_empty()).collect();
        // In columns about the unit, and in those of limits, many cells are as the one above.
        for run in cells.chunk_by(|a, b| a == b) {
            let (Some(cell), times) = (run.first().copied(), run.len()) else { continue };
            if numbers.accepts(cell) {
                kind.numbers += times;
                // Ten digits may be seconds since 1970; the title decides.
                if cell.len() >= 10 && matches!(moment(cell), Some(Moment::Both(..))) {
                    kind.moments += times;
                }
                continue;
            }
            let count = |is: bool| if is { times } else { 0 };
            if let Some(status) = words.read(cell) {
                kind.statuses += times;
                kind.truths += count(is_truth(cell));
                let says = !is_truth(cell) && (cell.len() > 1 || matches!(cell, "P" | "F" | "p" | "f"));
                kind.judging += count(says && (is_bad(status) || status == Status::Passed));
                kind.bad += count(says && is_bad(status));
            } else if let Some(moment) = moment(cell) {
                match moment {
                    Moment::Both(..) => kind.moments += times,
                    Moment::Date(_) => kind.dates += times,
                    Moment::Clock(_) => kind.clocks += times,
                }
            } else if let Ok(number) = known_units.clone().read(cell) {
                kind.others += times;
                suffixed += count(*unit.get_or_insert(number.unit) == number.unit);
            } else if !is_nothing(cell) {
                kind.others += times;
            }
            let compares = comparison(cell).is_some();
            kind.comparisons += count(compares && !is_name(cell));
            kind.signs += count(compares && is_sign(cell));
        }
        if suffixed > 0 && suffixed == kind.all() {
            kind.suffixed = true;
            kind.numbers = suffixed;
            kind.others = 0;
        }
        kind
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
