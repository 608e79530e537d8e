//! Lines above and below the table that say something about the unit: `Serial: A1`, `Serial;A1`, `# Operator = kari`.

use crate::sample::Row;
use crate::settings::Settings;
use crate::titles::{Field, field, fold, setting_field};

/// What one line, or a part of it, says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// What it means; `None` for a word that nobody knows.
    pub field: Option<Field>,
    /// The word itself.
    pub key: String,
    /// What it says.
    pub value: String,
    /// Line, from 1.
    pub line: u64,
    /// Cell, from 1.
    pub column: usize,
}

/// The meaning of a word: the settings' first.
pub fn meaning(key: &str, settings: &Settings) -> Option<Field> {
    let folded = fold(key);
    settings
        .columns
        .iter()
        .find(|(title, _)| fold(title) == folded)
        .map_or_else(|| field(key), |(_, name)| setting_field(name))
}

/// What a row above the table says.
pub fn pairs(row: &Row, delimiter: u8, settings: &Settings) -> Vec<Pair> {
    let filled: Vec<usize> = (0..row.cells.len()).filter(|index| !row.get(*index).is_empty()).collect();
    let (Some(first), count) = (filled.first().copied(), filled.len()) else { return Vec::new() };
    let head = strip_comment(row.get(first), settings);
    // `Key: Value`, whose value may hold the delimiter.
    if let Some((key, value)) = split_pair(head)
        && (count == 1 || meaning(key, settings).is_some())
    {
        let mut value = value.to_owned();
        for index in filled.iter().skip(1) {
            value.push(char::from(delimiter));
            value.push(' ');
            value.push_str(row.get(*index));
        }
        let column = first + 1;
        return vec![Pair { field: meaning(key, settings), key: key.to_owned(), value, line: row.line, column }];
    }
    let mut pairs = Vec::new();
    let mut rest = filled.iter().copied().peekable();
    while let Some(index) = rest.next() {
        let key = strip_comment(row.get(index), settings).trim_end_matches([':', '=', ' ']);
        let field = meaning(key, settings);
        let Some(value_at) = rest.peek().copied() else { break };
        if key.is_empty() || (field.is_none() && count != 2) {
            continue;
        }
        rest.next();
        pairs.push(Pair {
            field,
            key: key.to_owned(),
            value: row.get(value_at).to_owned(),
            line: row.line,
            column: value_at + 1,
        });
    }
    pairs
}

/// A row of titles with a row of values below it, as some testers write their head.
pub fn small_table(titles: &Row, values: &Row, settings: &Settings) -> Vec<Pair> {
    let width = titles.filled();
    let known = |row: &Row| row.cells.iter().filter(|cell| meaning(cell, settings).is_some()).count();
    if width < 2 || known(titles) * 2 < width || known(titles) < 2 || known(values) > 0 || values.filled() > width {
        return Vec::new();
    }
    titles
        .cells
        .iter()
        .zip(&values.cells)
        .enumerate()
        .filter(|(_, (key, value))| !key.is_empty() && !value.is_empty())
        .map(|(index, (key, value))| Pair {
            field: meaning(key, settings),
            key: key.clone(),
            value: value.clone(),
            line: values.line,
            column: index + 1,
        })
        .collect()
}

/// A line without the signs that make it a comment.
pub fn strip_comment<'a>(cell: &'a str, settings: &Settings) -> &'a str {
    match &settings.comment {
        Some(prefix) => cell.strip_prefix(prefix.as_str()).unwrap_or(cell).trim(),
        None => cell.trim_start_matches(['#', '/', ' ', '\'', '*', '!', '%']).trim(),
    }
}

/// True for a line that is a comment.
pub fn is_comment(first_cell: &str, settings: &Settings) -> bool {
    match &settings.comment {
        Some(prefix) => !prefix.is_empty() && first_cell.starts_with(prefix.as_str()),
        None => first_cell.starts_with("//") || (first_cell.starts_with('#') && first_cell.len() > 1),
    }
}

fn split_pair(cell: &str) -> Option<(&str, &str)> {
    let at = cell.find([':', '='])?;
    let (key, value) = (cell.get(..at)?.trim(), cell.get(at + 1..)?.trim());
    let good =
        !key.is_empty() && key.chars().count() <= 60 && !value.is_empty() && key.chars().any(char::is_alphabetic);
    good.then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cells: &[&str], expected: &[(Option<Field>, &str, &str)]) {
        let row = Row { line: 3, cells: cells.iter().map(|c| (*c).to_owned()).collect() };
        let found = pairs(&row, b',', &Settings::default());
        let found: Vec<_> = found.iter().map(|p| (p.field, p.key.as_str(), p.value.as_str())).collect();
        assert_eq!(found, expected, "{cells:?}");
    }

    #[test]
    fn lines_above_the_table_are_read_in_their_usual_forms() {
        check(&["Serial number: A1"], &[(Some(Field::SerialNumber), "Serial number", "A1")]);
        check(&["# Operator = kari"], &[(Some(Field::Operator), "Operator", "kari")]);
        check(&["Serial number", "A1"], &[(Some(Field::SerialNumber), "Serial number", "A1")]);
        check(&["Serial number:", "", "A1"], &[(Some(Field::SerialNumber), "Serial number", "A1")]);
        check(
            &["S/N", "A1", "P/N", "LAMP-7"],
            &[(Some(Field::SerialNumber), "S/N", "A1"), (Some(Field::PartNumber), "P/N", "LAMP-7")],
        );
        check(&["Start: 2026-05-04 08:15:30"], &[(Some(Field::Start), "Start", "2026-05-04 08:15:30")]);
        check(&["Comment: first", "second"], &[(Some(Field::ReportText), "Comment", "first, second")]);
        check(&["Oven", "170 C"], &[(None, "Oven", "170 C")]);
        check(&["Report of line 3"], &[]);
        check(&["", ""], &[]);
    }
}
