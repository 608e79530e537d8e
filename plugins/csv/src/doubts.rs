//! Columns of which it is not clear what they hold: rather an error that says what to set than a unit that passes because a
//! limit or a status was not understood.

use wats_converter::Error;

use crate::columns::{Columns, Role, Table};
use crate::parts;
use crate::titles::Field;
use crate::wide::{Measure, is_part};

/// What a measurement is judged by: a second column of the same meaning may say something else.
const JUDGED: &[Field] = &[
    Field::Value,
    Field::Unit,
    Field::Low,
    Field::High,
    Field::Limit,
    Field::Nominal,
    Field::Expected,
    Field::Tolerance,
    Field::TolerancePercent,
    Field::TolerancePlus,
    Field::ToleranceMinus,
    Field::Comparison,
    Field::LowComparison,
    Field::HighComparison,
    Field::Status,
    Field::UnitResult,
];

/// A second column of the same meaning, unless both say the same.
///
/// # Errors
/// `misconfigured`, with both columns.
pub fn repeated(table: &Table<'_>) -> Result<(), Error> {
    for (field, index, winner) in &table.repeated {
        let (index, winner) = (*index, *winner);
        let differs = || table.rows.iter().any(|row| !row.get(index).is_empty() && row.get(index) != row.get(winner));
        // Control limits and remarks of the tester beside a number stay what they are called.
        let other = match field {
            Field::Low | Field::High => parts::is_control_limit(table.title(index)),
            Field::Value => table.kind(winner).is_numeric() && table.kind(index).numbers == 0,
            _ => false,
        };
        if JUDGED.contains(field) && table.at(index).is_none() && !other && differs() {
            return Err(two(table, winner, index, field.name()));
        }
    }
    let sided = [Field::LowComparison, Field::HighComparison];
    for (one, others, what) in
        [(Field::Comparison, sided.as_slice(), "a comparison"), (Field::Nominal, &[Field::Expected], "a nominal value")]
    {
        let column = |field: Field| (0..table.known.len()).find(|index| table.at(*index) == Some(field));
        if let (Some(first), Some(second)) = (column(one), others.iter().find_map(|field| column(*field))) {
            return Err(two(table, first, second, what));
        }
    }
    Ok(())
}

/// Two columns that mean the same.
pub fn two(table: &Table<'_>, first: usize, second: usize, what: &str) -> Error {
    both(table.titles, first, second, what)
}

fn both(titles: &[String], first: usize, second: usize, what: &str) -> Error {
    let title = |index: usize| titles.get(index).map_or("", String::as_str);
    let (a, b) = (title(first), title(second));
    // Columns with the same title are told apart by their numbers.
    let key = if a == b { (second + 1).to_string() } else { b.to_owned() };
    Error::misconfigured(format!(
        "columns {} ({a:?}) and {} ({b:?}) both mean {what}: say what the other one is, such as columns = {{ {key:?} = \"text\" }} \
         for a line in the step's text, or \"ignore\"",
        first + 1,
        second + 1,
    ))
}

/// Limits that nobody knows, in a table where no others are known.
///
/// # Errors
/// `misconfigured`, with the column.
pub fn limits(table: &Table<'_>) -> Result<(), Error> {
    let tolerances = [Field::Tolerance, Field::TolerancePercent, Field::TolerancePlus, Field::ToleranceMinus];
    let known = table.has(Field::Limit)
        || (table.has(Field::Low) && table.has(Field::High))
        || (table.any(&[Field::Nominal, Field::Expected]) && table.any(&tolerances));
    if known {
        return Ok(());
    }
    let numeric: Vec<usize> = table.unknown().filter(|index| table.kind(*index).is_numeric()).collect();
    let hint = numeric.iter().find(|index| parts::hints_at_limits(table.title(**index)));
    let pair = numeric
        .iter()
        .find(|first| numeric.iter().any(|second| parts::may_be_pair(table.title(**first), table.title(*second))));
    let Some(index) = hint.or(pair).copied() else { return Ok(()) };
    let title = table.title(index);
    Err(Error::misconfigured(format!(
        "column {} ({title:?}) may hold limits, and it is not known which: say what it is, such as columns = {{ {title:?} = \
         \"low_limit\" }}, or high_limit, limit, nominal, tolerance; \"text\" for what is no limit",
        index + 1
    )))
}

/// Several columns of numbers beside limits, none of which is called a value.
pub fn value(table: &Table<'_>, columns: &[usize]) -> Error {
    let titles: Vec<&str> = columns.iter().map(|index| table.title(*index)).collect();
    let first = titles.first().copied().unwrap_or_default();
    Error::misconfigured(format!(
        "there are limits, and it is not known which column has the value they are for: {}. Say which: columns = {{ {first:?} = \
         \"value\" }}; or shape = \"wide\" where each row is a unit",
        titles.join(", ")
    ))
}

/// A column that holds failures among what nobody knows.
pub fn verdicts(table: &Table<'_>, index: usize) -> Error {
    let title = table.title(index);
    Error::misconfigured(format!(
        "column {} ({title:?}) holds words for passed and failed, and it is not sure that it is the status: say what it is, \
         columns = {{ {title:?} = \"status\" }} with what its words mean in status_words; \"text\" for what is no status",
        index + 1
    ))
}

/// Columns that belong to no measurement, or doubly to one, where each row is a unit.
///
/// # Errors
/// `misconfigured`, with the column.
pub fn measures(titles: &[String], columns: &Columns, measures: &[Measure]) -> Result<(), Error> {
    let title = |index: usize| titles.get(index).map_or("", String::as_str);
    for measure in measures {
        for (at, (field, index)) in measure.parts.iter().enumerate() {
            let twice = measure.parts.iter().take(at).find(|(other, column)| other == field && column != index);
            if let Some((_, first)) = twice {
                return Err(both(titles, *first, *index, &format!("{} of {:?}", field.name(), measure.name)));
            }
        }
    }
    for (index, role) in columns.roles.iter().enumerate() {
        let claimed = || measures.iter().any(|measure| measure.parts.iter().any(|(_, column)| *column == index));
        if let Role::Field(field) = role
            && is_part(*field)
            && !claimed()
        {
            let title = title(index);
            return Err(Error::misconfigured(format!(
                "column {} ({title:?}) is {} of one of {} measurements, and it is not known of which: put the name of the measurement \
                 before it, or say what it is: columns = {{ {title:?} = \"misc\" }}",
                index + 1,
                field.name(),
                measures.len(),
            )));
        }
    }
    let bare = |measure: &Measure| {
        !measure.fixed.iter().any(|fixed| is_limit(fixed.field))
            && !measure.parts.iter().any(|(field, _)| is_limit(*field))
    };
    for measure in measures {
        let (name, index) = (title(measure.column), measure.column);
        let told = columns.told.get(index) == Some(&true);
        if !told && measures.len() > 1 && parts::is_limit(name) {
            return Err(Error::misconfigured(format!(
                "column {} ({name:?}) holds limits, and it is not known of what: say which column has the value, such as columns = {{ \
                 {:?} = \"value\" }}, or put the name of a measurement before the title of its limits",
                index + 1,
                measures.iter().map(|other| title(other.column)).find(|other| !parts::is_limit(other)).unwrap_or("..."),
            )));
        }
        let other = measures.iter().find(|other| {
            other.column != index && bare(other) && parts::first_word(title(other.column)) == parts::first_word(name)
        });
        if let Some(other) = other.filter(|_| !told && parts::hints_at_limits(name)) {
            return Err(Error::misconfigured(format!(
                "column {} ({name:?}) may hold limits of {:?}, and it is not known which: say what it is, such as columns = {{ \
                 {name:?} = \"measurement\" }} for a measurement of its own, or call it {:?}",
                index + 1,
                other.name,
                format!("{} low limit", other.name),
            )));
        }
    }
    Ok(())
}

fn is_limit(field: Field) -> bool {
    matches!(field, Field::Low | Field::High | Field::Limit | Field::Nominal | Field::Expected)
}
