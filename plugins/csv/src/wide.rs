//! Tables with a unit in each row: which columns are measurements, and where their limits stand.

use crate::columns::Role;
use crate::sample::Row;
use crate::settings::Settings;
use crate::titles::{Field, fold, split_bracket};
use crate::units::Unit;

/// A measurement that has a column of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Name of the step.
    pub name: String,
    /// Column of the value.
    pub column: usize,
    /// Unit from the title; empty for none.
    pub unit: String,
    /// Columns that belong to it: `Vcc low limit`, `Vcc status`.
    pub parts: Vec<(Field, usize)>,
    /// What the title or the rows of limits say.
    pub fixed: Vec<Fixed>,
}

/// Something about a measurement that is the same for all units.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixed {
    /// What it is: a limit, the unit, ...
    pub field: Field,
    /// The cell.
    pub text: String,
    /// Line, from 1.
    pub line: u64,
}

/// A row that holds limits, units, ... instead of a unit under test.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitRow {
    /// What its cells are.
    pub field: Field,
    /// Its cells.
    pub cells: Vec<String>,
    /// Line, from 1.
    pub line: u64,
}

impl LimitRow {
    /// Gives its cells to the measurements.
    pub fn apply(&self, measures: &mut [Measure]) {
        for measure in measures {
            let Some(text) = self.cells.get(measure.column).filter(|text| !text.is_empty()) else { continue };
            measure.fixed.retain(|fixed| fixed.field != self.field);
            measure.fixed.push(Fixed { field: self.field, text: text.clone(), line: self.line });
        }
    }
}

/// The part of a measurement that a word means: `LSL`, `Unit`, `Status`.
fn part(word: &str) -> Option<Field> {
    use Field as F;
    match crate::titles::field(word)? {
        F::Result | F::Status | F::UnitResult => Some(F::Status),
        field @ (F::Low
        | F::High
        | F::Unit
        | F::Limit
        | F::Nominal
        | F::Expected
        | F::Tolerance
        | F::TolerancePercent
        | F::TolerancePlus
        | F::ToleranceMinus
        | F::Comparison
        | F::LowComparison
        | F::HighComparison) => Some(field),
        _ => None,
    }
}

/// Whether a row holds limits: its first cell says which.
pub fn limit_row(row: &Row, settings: &Settings) -> Option<LimitRow> {
    let first = (0..row.cells.len()).find(|index| !row.get(*index).is_empty())?;
    let label = crate::preamble::strip_comment(row.get(first), settings).trim_end_matches(':');
    let field = part(label).filter(|field| *field != Field::Status);
    let field = match field {
        Some(field) => field,
        // A row of units in brackets, without a word.
        None if (first..row.cells.len()).all(|index| {
            let cell = row.get(index);
            cell.is_empty()
                || matches!((cell.chars().next(), cell.chars().last()), (Some('['), Some(']')) | (Some('('), Some(')')))
        }) =>
        {
            Field::Unit
        }
        // Or without brackets, below a column that has nothing to say: `;V;mA`.
        None if row.get(0).is_empty()
            && row.cells.iter().all(|cell| cell.is_empty() || Unit::known(cell).is_some()) =>
        {
            Field::Unit
        }
        None => return None,
    };
    let mut cells = row.cells.clone();
    if field == Field::Unit {
        for cell in &mut cells {
            let bare = cell.trim_matches(['[', ']', '(', ')', ' ']).to_owned();
            *cell = bare;
        }
    }
    let label_only = cells.iter().enumerate().all(|(index, cell)| index == first || cell.is_empty());
    (!label_only || row.cells.len() > 2).then_some(LimitRow { field, cells, line: row.line })
}

/// True for a row below the units that sums them up: `Mean;5.01;...`.
pub fn is_statistic(word: &str) -> bool {
    matches!(
        fold(word).as_str(),
        "mean"
            | "average"
            | "avg"
            | "median"
            | "std"
            | "stdev"
            | "stddev"
            | "sigma"
            | "variance"
            | "cp"
            | "cpk"
            | "pp"
            | "ppk"
            | "count"
            | "sum"
            | "total"
            | "yield"
            | "min"
            | "max"
            | "minimum"
            | "maximum"
            | "range"
            | "mittelwert"
            | "mittel"
            | "durchschnitt"
            | "standardabweichung"
            | "anzahl"
            | "summe"
            | "gjennomsnitt"
            | "snitt"
            | "standardavvik"
            | "antall"
    )
}

/// True for the last line below a table.
pub fn is_end_of_table(line: &str) -> bool {
    let folded = fold(line);
    ["endof", "endeof", "eof", "slutt", "endedes", "endeder", "findu", "findel"]
        .iter()
        .any(|word| folded.starts_with(word))
        || matches!(folded.as_str(), "end" | "ende" | "fin")
}

/// The measurements of a table.
pub fn measures(titles: &[String], roles: &[Role]) -> Vec<Measure> {
    let mut found: Vec<Measure> = Vec::new();
    let mut parts: Vec<(String, Field, usize)> = Vec::new();
    let names: Vec<(usize, &String)> = roles
        .iter()
        .enumerate()
        .filter_map(|(index, role)| match role {
            Role::Measure(name) => Some((index, name)),
            // `Vcc status` holds words, so it was taken for misc info.
            Role::Misc(name) if companion(name).is_some() => Some((index, name)),
            _ => None,
        })
        .collect();
    for (index, title) in &names {
        let base = companion(title).filter(|(base, _)| {
            names.iter().any(|(other, name)| {
                other != index && (fold(&bare(name)) == *base || value_base(name).as_deref() == Some(base))
            })
        });
        match base {
            Some((base, field)) => parts.push((base, field, *index)),
            None if matches!(roles.get(*index), Some(Role::Measure(_))) => found.push(measure(title, *index)),
            None => {}
        }
    }
    let single = found.len() == 1;
    for measure in &mut found {
        let base = fold(&measure.name);
        measure.parts = parts.iter().filter(|(of, ..)| *of == base).map(|(_, field, index)| (*field, *index)).collect();
        // The only measurement owns the columns that name none.
        if single {
            for (index, role) in roles.iter().enumerate() {
                if let (Role::Field(field), Some(title)) = (role, titles.get(index))
                    && (part(title).is_some() || is_part(*field))
                    && is_part(*field)
                {
                    measure.parts.push((*field, index));
                }
            }
        }
        if measure.unit.is_empty() && !measure.parts.iter().any(|(field, _)| *field == Field::Unit) {
            measure.unit = unit_of_limits(titles, &measure.parts);
        }
    }
    found
}

/// The unit that the titles of the limits have, where they have the same one.
fn unit_of_limits(titles: &[String], parts: &[(Field, usize)]) -> String {
    let mut units = parts
        .iter()
        .filter(|(field, _)| *field != Field::Status)
        .filter_map(|(_, index)| split_bracket(titles.get(*index)?).1)
        .filter(|unit| Unit::known(unit).is_some());
    let first = units.next().unwrap_or_default();
    if units.all(|unit| unit == first) { first.to_owned() } else { String::new() }
}

/// True for what judges a value.
pub fn is_part(field: Field) -> bool {
    (Field::Unit..=Field::Status).contains(&field)
}

fn measure(title: &str, column: usize) -> Measure {
    let mut fixed = Vec::new();
    let mut unit = String::new();
    let mut name = title.trim();
    // `Vcc [V] (4.9..5.1)`: unit and limits in brackets, in any order.
    while let (before, Some(inside)) = split_bracket(name) {
        if looks_like_limits(inside) {
            fixed.push(Fixed { field: Field::Limit, text: inside.to_owned(), line: 0 });
        } else if unit.is_empty() && (name.ends_with(']') || is_unit(inside)) {
            inside.clone_into(&mut unit);
        } else {
            break;
        }
        name = before;
    }
    let name = value_name(name).unwrap_or(name);
    Measure { name: name.to_owned(), column, unit, parts: Vec::new(), fixed }
}

fn bare(title: &str) -> String {
    measure(title, 0).name
}

/// `Vcc value` is the value of `Vcc`.
fn value_name(title: &str) -> Option<&str> {
    let (before, last) = title.rsplit_once([' ', '_', '.', ':', '-', '/'])?;
    (crate::titles::field(last) == Some(Field::Value) && !before.trim().is_empty()).then(|| before.trim())
}

fn value_base(title: &str) -> Option<String> {
    value_name(split_bracket(title).0).map(fold)
}

/// `Vcc low limit`, `Vcc_LSL`, `LSL Vcc`, `Status.Vcc`: the folded name of the measurement, and the part.
fn companion(title: &str) -> Option<(String, Field)> {
    let title = split_bracket(title).0;
    let separators: Vec<(usize, usize)> = title
        .char_indices()
        .filter(|(_, c)| matches!(c, ' ' | '_' | '.' | ':' | '-' | '/'))
        .map(|(at, c)| (at, at + c.len_utf8()))
        .collect();
    for (end, start) in &separators {
        let (Some(first), Some(second)) = (title.get(..*end), title.get(*start..)) else { continue };
        let (first, second) = (first.trim(), second.trim());
        if first.is_empty() || second.is_empty() {
            continue;
        }
        if let Some(field) = part(second) {
            return Some((fold(first), field));
        }
    }
    for (end, start) in separators.iter().rev() {
        let (Some(first), Some(second)) = (title.get(..*end), title.get(*start..)) else { continue };
        if let Some(field) = part(first.trim()).filter(|_| !second.trim().is_empty()) {
            return Some((fold(second), field));
        }
    }
    None
}

fn looks_like_limits(text: &str) -> bool {
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    digits && ["..", "…", "±", "+/-", "<", ">", "≤", "≥", " to ", " - ", ";"].iter().any(|sign| text.contains(sign))
}

/// A unit of measure, by its signs or because it is known.
fn is_unit(text: &str) -> bool {
    (text.contains(['°', '%', 'Ω', '/', '²', '³', '^']) && text.chars().count() <= 10) || Unit::known(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_measurements_carry_unit_and_limits() {
        for (title, name, unit, limits) in [
            ("Vcc", "Vcc", "", None),
            ("Vcc [V]", "Vcc", "V", None),
            ("Vcc (mV)", "Vcc", "mV", None),
            ("Voltage (cold)", "Voltage (cold)", "", None),
            ("Vcc [V] (4.9..5.1)", "Vcc", "V", Some("4.9..5.1")),
            ("Temp (°C)", "Temp", "°C", None),
            ("Vcc value [V]", "Vcc", "V", None),
        ] {
            let found = measure(title, 3);
            assert_eq!((found.name.as_str(), found.unit.as_str()), (name, unit), "{title}");
            assert_eq!(found.fixed.first().map(|f| f.text.as_str()), limits, "{title}");
        }
    }

    #[test]
    fn columns_with_limits_go_to_their_measurement() {
        let titles: Vec<String> =
            ["Vcc", "Vcc LSL", "Vcc_USL", "Unit Vcc", "Vcc status", "Icc", "Low battery"].map(String::from).to_vec();
        let roles: Vec<Role> = titles.iter().cloned().map(Role::Measure).collect();
        let found = measures(&titles, &roles);
        let names: Vec<&str> = found.iter().map(|m| m.name.as_str()).collect();
        assert_eq!(names, ["Vcc", "Icc", "Low battery"]);
        assert_eq!(found[0].parts, [(Field::Low, 1), (Field::High, 2), (Field::Unit, 3), (Field::Status, 4)]);
    }
}
