//! What titles mean: fields, and how a title is compared with the words of the dictionary.

use crate::dictionary::known;
use crate::parts;

/// What a column, or a line above the table, holds.
///
/// `Result`, `When`, `Elapsed`, `Operator`, `Measured` and `Limit` are words with more than one meaning; the layout
/// decides by what the cells hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the report")]
pub enum Field {
    SerialNumber,
    PartNumber,
    Revision,
    Station,
    Location,
    Purpose,
    /// The person; or a comparison, when the cells say so.
    Operator,
    Process,
    Batch,
    Fixture,
    Socket,
    /// Start of the unit's test.
    Start,
    StartDate,
    StartTime,
    End,
    /// Seconds that the unit's test took.
    Duration,
    /// Result of the whole unit.
    UnitResult,
    UnitErrorCode,
    UnitErrorMessage,
    Comment,
    SequenceName,
    SequenceVersion,
    Group,
    Path,
    /// Setup, main or cleanup.
    StepGroup,
    /// Outermost name of a step: test, test case.
    Test,
    /// Name of a step.
    Step,
    /// Innermost name of a step: measurement, parameter.
    Parameter,
    /// A name only where there is no other.
    Description,
    /// A number that counts the steps: says nothing that the order does not say.
    StepNumber,
    StepType,
    Value,
    Unit,
    Low,
    High,
    /// Both limits in a cell, or the only one.
    Limit,
    Nominal,
    /// A nominal value that the measured one must be equal to where there is no tolerance.
    Expected,
    Tolerance,
    TolerancePercent,
    TolerancePlus,
    ToleranceMinus,
    Comparison,
    /// How the low limit is compared, in a column of its own.
    LowComparison,
    HighComparison,
    /// Status of the step.
    Status,
    /// Seconds that the step took.
    StepTime,
    StepStart,
    StepErrorCode,
    StepErrorMessage,
    ReportText,
    /// Measurement or step name, by what the cells hold.
    Measured,
    /// Result of step or unit, or the value, by what the cells hold.
    Result,
    /// Date, time of day, or both.
    When,
    /// Seconds that a step or a unit took.
    Elapsed,
}

impl Field {
    /// Fields by the names used in settings.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("serial_number", Self::SerialNumber),
        ("part_number", Self::PartNumber),
        ("revision", Self::Revision),
        ("station", Self::Station),
        ("location", Self::Location),
        ("purpose", Self::Purpose),
        ("operator", Self::Operator),
        ("process", Self::Process),
        ("process_code", Self::Process),
        ("batch", Self::Batch),
        ("fixture", Self::Fixture),
        ("socket", Self::Socket),
        ("start", Self::Start),
        ("start_date", Self::StartDate),
        ("start_time", Self::StartTime),
        ("end", Self::End),
        ("duration", Self::Duration),
        ("result", Self::UnitResult),
        ("unit_error_code", Self::UnitErrorCode),
        ("unit_error_message", Self::UnitErrorMessage),
        ("comment", Self::Comment),
        ("sequence_name", Self::SequenceName),
        ("sequence_version", Self::SequenceVersion),
        ("group", Self::Group),
        ("path", Self::Path),
        ("step_group", Self::StepGroup),
        ("step_name", Self::Step),
        ("step_type", Self::StepType),
        ("value", Self::Value),
        ("unit", Self::Unit),
        ("low_limit", Self::Low),
        ("high_limit", Self::High),
        ("limit", Self::Limit),
        ("nominal", Self::Nominal),
        ("expected", Self::Expected),
        ("tolerance", Self::Tolerance),
        ("tolerance_percent", Self::TolerancePercent),
        ("tolerance_plus", Self::TolerancePlus),
        ("tolerance_minus", Self::ToleranceMinus),
        ("comparison", Self::Comparison),
        ("low_comparison", Self::LowComparison),
        ("high_comparison", Self::HighComparison),
        ("status", Self::Status),
        ("step_time", Self::StepTime),
        ("step_start", Self::StepStart),
        ("error_code", Self::StepErrorCode),
        ("error_message", Self::StepErrorMessage),
        ("report_text", Self::ReportText),
    ];

    /// The name used in settings, or what the title says, for messages.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, field)| *field == self).map_or("step_name", |(name, _)| name)
    }

    /// True for what belongs to a unit and not to a step.
    pub fn of_unit(self) -> bool {
        self <= Self::SequenceVersion
    }
}

/// A title as it is compared: letters and digits in lower case, with the signs that mean something spelt out.
pub fn fold(title: &str) -> String {
    let mut out = String::with_capacity(title.len());
    let mut rest = title.trim();
    // "Tol -" and "Tol +" are two columns.
    let minus = rest.len() > 1 && rest.ends_with('-') && !rest.ends_with("/-");
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("+/-") {
            out.push_str("plusminus");
            rest = after;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            'ä' | 'Ä' | 'æ' | 'Æ' => out.push_str("ae"),
            'ö' | 'Ö' | 'ø' | 'Ø' => out.push_str("oe"),
            'ü' | 'Ü' => out.push_str("ue"),
            'å' | 'Å' => out.push_str("aa"),
            'ß' => out.push_str("ss"),
            'à' | 'á' | 'â' | 'ã' | 'À' | 'Á' | 'Â' | 'Ã' => out.push('a'),
            'è' | 'é' | 'ê' | 'ë' | 'È' | 'É' | 'Ê' | 'Ë' => out.push('e'),
            'ì' | 'í' | 'î' | 'ï' | 'Ì' | 'Í' | 'Î' | 'Ï' => out.push('i'),
            'ò' | 'ó' | 'ô' | 'õ' | 'Ò' | 'Ó' | 'Ô' | 'Õ' => out.push('o'),
            'ù' | 'ú' | 'û' | 'Ù' | 'Ú' | 'Û' => out.push('u'),
            'ç' | 'Ç' => out.push('c'),
            'ñ' | 'Ñ' => out.push('n'),
            '+' => out.push_str("plus"),
            '±' => out.push_str("plusminus"),
            '%' => out.push_str("percent"),
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    if minus && !out.is_empty() {
        out.push_str("minus");
    }
    out
}

/// A title without its last bracket, and what stood in it: `Vcc [V]` is `Vcc` and `V`.
pub fn split_bracket(title: &str) -> (&str, Option<&str>) {
    let title = title.trim();
    for (open, close) in [('[', ']'), ('(', ')'), ('<', '>'), ('{', '}')] {
        if let Some(inner) = title.strip_suffix(close)
            && let Some((before, inside)) = inner.rsplit_once(open)
            && !before.trim().is_empty()
        {
            return (before.trim(), Some(inside.trim()));
        }
    }
    (title, None)
}

/// What a title means: as a whole, without its bracket, or by its parts.
pub fn field(title: &str) -> Option<Field> {
    if title.len() > 80 {
        return None;
    }
    let folded = fold(title);
    if let Some(field) = known(&folded) {
        return Some(field);
    }
    let (before, inside) = split_bracket(title);
    inside.and_then(|_| known(&fold(before))).or_else(|| parts::field(title))
}

/// The field that a setting names.
pub fn setting_field(name: &str) -> Option<Field> {
    let folded = fold(name);
    Field::NAMES.iter().find(|(known, _)| fold(known) == folded).map(|(_, field)| *field).or_else(|| known(&folded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_known_in_three_languages_and_in_their_abbreviations() {
        for (title, expected) in [
            ("Serial Number", Field::SerialNumber),
            ("S/N", Field::SerialNumber),
            ("Serial #:", Field::SerialNumber),
            ("serial_no", Field::SerialNumber),
            ("Seriennummer", Field::SerialNumber),
            ("Serienr.", Field::SerialNumber),
            ("P/N", Field::PartNumber),
            ("Artikkelnummer", Field::PartNumber),
            ("Prüfschritt", Field::Step),
            ("Målt verdi", Field::Value),
            ("Øvre grense", Field::High),
            ("Untere Grenze", Field::Low),
            ("LSL", Field::Low),
            ("Value [V]", Field::Value),
            ("Tol +", Field::TolerancePlus),
            ("Tol -", Field::ToleranceMinus),
            ("+/-", Field::Tolerance),
            ("Tol. [%]", Field::TolerancePercent),
            ("Gesamtergebnis", Field::UnitResult),
            ("Operatør", Field::Operator),
        ] {
            assert_eq!(field(title), Some(expected), "{title}");
        }
        for title in ["", "Vcc", "Speaker 1", "R12"] {
            assert_eq!(field(title), None, "{title}");
        }
    }

    #[test]
    fn every_name_of_a_field_in_the_settings_is_read() {
        for (name, expected) in Field::NAMES {
            assert_eq!(setting_field(name), Some(*expected), "{name}");
            assert_eq!(setting_field(&name.replace('_', "-")), Some(*expected), "{name}");
        }
        assert_eq!(setting_field("nonsense"), None);
    }
}
