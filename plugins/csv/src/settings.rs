//! What the station can set for this converter. Everything has a default: a table with recognisable titles needs none.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the `csv` converter, as they stand under `[settings]` of the plugin or of an inbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own, by its own name")]
pub struct Settings {
    /// Encoding by its WHATWG label: `utf-8`, `utf-16le`, `windows-1252`, `shift_jis`. Default: byte order mark, else
    /// UTF-16 by its zero bytes, else UTF-8 where the bytes are valid UTF-8, else Windows-1252.
    pub encoding: Option<String>,
    /// Delimiter: one ASCII character, or `tab`. Default: detected among comma, semicolon, tab and `|`.
    pub delimiter: Option<String>,
    /// Quote character, one ASCII character; empty for a format that knows no quotes.
    pub quote: String,
    /// Lines that begin with this are comments. They are still read for `Key: Value` above the table. Default: `#`, `//`.
    pub comment: Option<String>,
    /// Line that holds the titles, from 1; 0 when the table has none (then `columns` uses numbers, from 1).
    /// Default: detected.
    pub title_row: Option<u32>,
    /// Decimal mark. Default: detected from the numbers in the file.
    pub decimal: Option<Decimal>,
    /// Thousands separator that is dropped from numbers. Default: none, but groups that cannot be anything else are read
    /// (`1.234.567,8`, `1 234,5`).
    pub thousands: Option<String>,
    /// Order of day and month in dates such as `03/04/2026`. Default: by evidence in the file; without any, an error.
    pub date_order: Option<DateOrder>,
    /// Language and country of the tester's software, such as `de-DE`, `nb-NO`, `en-US`: sets `decimal` and `date_order`
    /// where they are not set.
    pub culture: Option<String>,

    /// One measurement in each row, or one unit in each row. Default: detected.
    pub shape: Shape,
    /// What the columns mean: title (or number of the column, from 1) to the name of a field. Titles are compared without
    /// regard to case, blanks and punctuation. `misc` and `misc:Name` make it misc info, `measurement` or
    /// `measurement:Name` a measurement of its own (one unit in each row), `ignore` drops it.
    pub columns: BTreeMap<String, String>,
    /// Columns (by title, number or field) whose values together tell one unit's test from another. Default: serial
    /// number, part number and start, where they are there.
    pub group_by: Vec<String>,
    /// Whether a unit whose first step comes again at another time begins a new test. Only without `group_by`, and with a
    /// column that is called time or date and not start.
    pub split_on_first_step: bool,
    /// What separates the sequences in a step path. Default: the first of `>`, `/`, `\`, `|`, `.` that the path holds.
    /// When set, step names are split by it too.
    pub path_separator: Option<String>,
    /// What becomes of columns that nobody recognised.
    pub unknown_columns: UnknownColumns,
    /// Where fields stand in the file's name, without extension: `{serial_number}_{start}`, with `{}` for anything.
    /// Columns and lines of the file win over it.
    pub file_name: Option<String>,

    /// `5.01 V` in a value or limit is a number with a unit.
    pub units_in_values: bool,
    /// `4.7k`, `10u` in a value or limit are numbers with an SI prefix (f p n u m k M G T).
    pub engineering_suffixes: bool,
    /// Whether a value that is equal to its limit passes, where the file has no operator.
    pub limits_inclusive: bool,
    /// More words for a status: `{ "1" = "passed", "0" = "failed" }`.
    pub status_words: BTreeMap<String, StatusWord>,
    /// A status that nobody knows is an error, or a warning with the status judged by the limits (`error` without any).
    pub unknown_status: UnknownStatus,
    /// Process codes by the name that the file has: `{ "Final test" = 100 }`. Names that are not listed are looked up on
    /// the server, with the grant `lookup`.
    pub processes: BTreeMap<String, u32>,

    /// A last line without line end and with fields missing.
    pub incomplete_line: IncompleteLine,
    /// A row that ends before a value, a limit or a status that other rows have.
    pub short_rows: ShortRows,
    /// A file whose last line has no line end is not complete, even when no field is missing.
    pub require_final_newline: bool,
    /// How many units may be open at once when their rows are mixed, 1 to 1000.
    pub max_open_units: u32,

    /// Used where the file has no part number.
    pub part_number: Option<String>,
    /// Used where the file has no revision.
    pub revision: Option<String>,
    /// Used where the file has no process.
    pub process_code: Option<u32>,
    /// Used where the file has no operator.
    pub operator: Option<String>,
    /// Used where the file has no station.
    pub station: Option<String>,
    /// Used where the file has no location.
    pub location: Option<String>,
    /// Used where the file has no purpose.
    pub purpose: Option<String>,
    /// Name of the test program where the file has none.
    pub sequence_name: String,
    /// Version of the test program where the file has none.
    pub sequence_version: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            encoding: None,
            delimiter: None,
            quote: "\"".to_owned(),
            comment: None,
            title_row: None,
            decimal: None,
            thousands: None,
            date_order: None,
            culture: None,
            shape: Shape::Auto,
            columns: BTreeMap::new(),
            group_by: Vec::new(),
            split_on_first_step: true,
            path_separator: None,
            unknown_columns: UnknownColumns::Auto,
            file_name: None,
            units_in_values: false,
            engineering_suffixes: false,
            limits_inclusive: true,
            status_words: BTreeMap::new(),
            unknown_status: UnknownStatus::Error,
            processes: BTreeMap::new(),
            incomplete_line: IncompleteLine::Error,
            short_rows: ShortRows::Error,
            require_final_newline: false,
            max_open_units: 64,
            part_number: None,
            revision: None,
            process_code: None,
            operator: None,
            station: None,
            location: None,
            purpose: None,
            sequence_name: "MainSequence".to_owned(),
            sequence_version: String::new(),
        }
    }
}

/// Mark between the whole and the fraction of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decimal {
    /// `5.01`
    Point,
    /// `5,01`
    Comma,
}

/// Order of the parts of a date written with numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// `31/12/2026`
    DayFirst,
    /// `12/31/2026`
    MonthFirst,
}

/// How the table is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Detected from the titles.
    Auto,
    /// One measurement in each row.
    Rows,
    /// One unit in each row, with a column for each measurement.
    Wide,
}

/// What becomes of columns that nobody recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownColumns {
    /// Misc info where the column says the same for the whole unit, else text of the step.
    Auto,
    /// Misc info of the unit, by its first row.
    MiscInfo,
    /// A line `Title: value` in the text of the step (misc info when each row is a unit).
    ReportText,
    /// Left out.
    Ignore,
}

/// What to do with a status word that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownStatus {
    /// The file is refused, with the cell.
    Error,
    /// A warning; the limits decide, and without limits the status is `error`.
    Warn,
}

/// What to do with a last line that was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IncompleteLine {
    /// The file is refused as truncated.
    Error,
    /// The file waits until it has grown.
    Wait,
    /// The line is left out, for logs that grow and are read again.
    Drop,
}

/// What to do with a row that ends before its last cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShortRows {
    /// The file is refused, unless the row itself says that it failed or was skipped.
    Error,
    /// A warning; the cells are empty, for testers that leave out empty cells at the end of a row.
    Warn,
}

/// A status as it is written in settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StatusWord {
    /// Passed.
    Passed,
    /// Failed.
    Failed,
    /// Ran, nothing was judged.
    Done,
    /// Did not run.
    Skipped,
    /// Could not be judged.
    Error,
    /// Stopped before its end.
    Terminated,
}
