//! What analytics are asked about.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Dimensions;
use crate::model::OtherFields;
use crate::open::open_numbers;

open_numbers! {
    /// Lengths of periods.
    DateGrouping {
        /// No periods.
        None = -1,
        /// Years.
        Year = 0,
        /// Quarters.
        Quarter = 1,
        /// Months.
        Month = 2,
        /// Weeks.
        Week = 3,
        /// Days.
        Day = 4,
        /// Hours.
        Hour = 5,
    }
}

open_numbers! {
    /// Which of the runs of a unit at a process count.
    Run {
        /// The first.
        First = 1,
        /// The second.
        Second = 2,
        /// The third.
        Third = 3,
        /// The last.
        Last = -1,
        /// All of them.
        All = -2,
    }
}

/// The result that reports must have. Without one in the filter, all count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Passed.
    Passed,
    /// Failed.
    Failed,
    /// An error ended it.
    Error,
    /// Somebody ended it.
    Terminated,
    /// Done, where there was nothing to pass or to fail.
    Done,
    /// Skipped.
    Skipped,
    /// One that this version does not know.
    Other(String),
}

impl Status {
    /// As the API writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Passed => "Passed",
            Self::Failed => "Failed",
            Self::Error => "Error",
            Self::Terminated => "Terminated",
            Self::Done => "Done",
            Self::Skipped => "Skipped",
            Self::Other(other) => other,
        }
    }
}

impl AsRef<str> for Status {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<Status> for Pattern {
    fn from(status: Status) -> Self {
        status.as_str().into()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a text must look like: `;` stands between alternatives, `%` for any text, `_` for any one character. Made from a text, or
/// by [`any_of`]. The API has no way to take these three as they are; a `_` fits itself too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    problem: Option<String>,
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&String> for Pattern {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        let problem = text.trim().is_empty().then(|| "is empty, which would let everything through".to_owned());
        Self { text, problem }
    }
}

/// One of these, each of which may hold `%` and `_`. None at all, an empty one, and one with a `;` (which would become two) are
/// refused when the call is made.
///
/// ```
/// use wats_client::analytics::{WatsFilter, any_of};
///
/// let filter = WatsFilter::new().part_number(any_of(["LAMP-7", "LED-%"])).station_name("EOL-_");
/// # drop(filter);
/// ```
pub fn any_of<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> Pattern {
    let values: Vec<T> = values.into_iter().collect();
    let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    let problem = if values.is_empty() {
        Some("is a list of nothing, which would let everything through".to_owned())
    } else if values.iter().any(|value| value.trim().is_empty()) {
        Some("has an empty alternative".to_owned())
    } else {
        let split = values.iter().find(|value| value.contains(';'));
        split.map(|value| format!("has the alternative {value:?}: its ; would make it two"))
    };
    Pattern { text: values.join(";"), problem }
}

/// Which reports, units or steps count: the body of most analytics calls. What is not set does not matter; without dates the server
/// takes the last 30 days.
///
/// ```
/// use jiff::Timestamp;
/// use wats_client::analytics::{DateGrouping, Run, WatsFilter};
///
/// # fn f() -> Result<(), jiff::Error> {
/// let filter = WatsFilter::new()
///     .part_number("LAMP-%")
///     .test_operation("Final test")
///     .date_from("2026-05-04T00:00:00+02:00".parse::<Timestamp>()?)
///     .run(Run::First);
/// let last_weeks = WatsFilter::new().date_grouping(DateGrouping::Week).period_count(8);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use]
pub struct WatsFilter {
    fields: OtherFields,
    problem: Option<(&'static str, String)>,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $method:ident = $key:literal,)*) => {
        $($(#[$doc])*
        pub fn $method(self, text: impl Into<Pattern>) -> Self {
            self.text($key, text.into())
        })*
    };
}

macro_rules! values {
    ($($(#[$doc:meta])* $method:ident($kind:ty) = $key:literal,)*) => {
        $($(#[$doc])*
        pub fn $method(self, value: $kind) -> Self {
            self.other($key, value)
        })*
    };
}

impl WatsFilter {
    /// Everything.
    pub fn new() -> Self {
        Self::default()
    }

    texts! {
        /// Serial number.
        serial_number = "serialNumber",
        /// Part number.
        part_number = "partNumber",
        /// Revision.
        revision = "revision",
        /// Batch number.
        batch_number = "batchNumber",
        /// Station.
        station_name = "stationName",
        /// Test operation, by name.
        test_operation = "testOperation",
        /// Level, by name.
        level = "level",
        /// Product group, by name.
        product_group = "productGroup",
        /// Name of a misc info, as older calls have it.
        misc_description = "miscDescription",
        /// Value of a misc info, as older calls have it.
        misc_value = "miscValue",
        /// Name of a misc info.
        misc_info_description = "miscInfoDescription",
        /// Value of a misc info.
        misc_info_string = "miscInfoString",
        /// Serial number of an asset.
        asset_serial_number = "assetSerialNumber",
        /// Name of an asset.
        asset_name = "assetName",
        /// The result of the report: a [`Status`], or [`any_of`] several.
        status = "status",
        /// File of the test program.
        sw_filename = "swFilename",
        /// Version of the test program.
        sw_version = "swVersion",
        /// Socket.
        socket = "socket",
    }

    values! {
        /// Length of the periods.
        date_grouping(DateGrouping) = "dateGrouping",
        /// How many periods before the current one, instead of dates.
        period_count(u32) = "periodCount",
        /// Whether the period that is not over yet counts too. [`dynamic_yield`](super::Analytics::dynamic_yield) and
        /// [`dynamic_repair`](super::Analytics::dynamic_repair) take it in, unless this is said.
        include_current_period(bool) = "includeCurrentPeriod",
        /// Groups with more than this do not count.
        max_count(u32) = "maxCount",
        /// Groups with less than this do not count.
        min_count(u32) = "minCount",
        /// How many rows at most.
        top_count(u32) = "topCount",
        /// Which runs of a unit count.
        run(Run) = "run",
    }

    /// From this moment on. A time of the calendar has to be given its zone first: a [`jiff::Zoned`] can be used as well.
    pub fn date_from(self, from: impl Into<Timestamp>) -> Self {
        self.other("dateFrom", from.into().to_string())
    }

    /// Until this moment, as [`date_from`](Self::date_from).
    pub fn date_to(self, to: impl Into<Timestamp>) -> Self {
        self.other("dateTo", to.into().to_string())
    }

    /// Yield in percent, 0 to 100.
    pub fn yield_percent(mut self, percent: u8) -> Self {
        if percent > 100 {
            self.problem = Some(("yield", format!("is {percent}, allowed is 0 to 100")));
        }
        self.other("yield", percent)
    }

    /// Anything else that the server knows, by its name there.
    pub fn other(mut self, key: &str, value: impl Serialize) -> Self {
        // Numbers and texts always make JSON; of what does not, nothing can be sent.
        match serde_json::to_value(value) {
            Ok(value) => drop(self.fields.insert(key.to_owned(), value)),
            Err(error) => self.problem = Some(("filter", format!("{key:?} makes no JSON: {error}"))),
        }
        self
    }

    fn text(mut self, key: &'static str, pattern: Pattern) -> Self {
        if let Some(problem) = pattern.problem {
            self.problem = Some((key, problem));
        }
        self.other(key, pattern.text)
    }

    /// What no server can take of it: the field, and why.
    pub(super) fn problem(&self) -> Option<(&'static str, &str)> {
        self.problem.as_ref().map(|(key, problem)| (*key, problem.as_str()))
    }

    /// The body of the calls that group by dimensions: they want them there as well as in the query, but not alone; and they leave
    /// the current period out unless they are told.
    pub(super) fn with_dimensions(&self, dimensions: &Dimensions) -> Self {
        let mut filter = self.clone();
        let has_periods = ["periodCount", "dateGrouping"].iter().any(|key| filter.fields.contains_key(*key));
        if has_periods {
            filter.fields.entry("includeCurrentPeriod").or_insert(Value::Bool(true));
        }
        if filter.fields.is_empty() || dimensions.is_empty() {
            return filter;
        }
        filter.other("dimensions", dimensions.to_string())
    }
}

impl Serialize for WatsFilter {
    /// As the body of a call.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.fields.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Dimension;
    use super::*;

    fn body(filter: &WatsFilter) -> Value {
        serde_json::to_value(filter).unwrap()
    }

    #[test]
    fn a_filter_is_what_was_set_and_nothing_else() {
        assert_eq!(body(&WatsFilter::new()), json!({}));
        let zoned: jiff::Zoned = "2026-03-29T03:30:00+02:00[Europe/Oslo]".parse().unwrap();
        let filter = WatsFilter::new()
            .part_number("LAMP-%;L_D")
            .batch_number(any_of(["B 1", "B-2%"]))
            .status(Status::Failed)
            .yield_percent(95)
            .date_from(&zoned)
            .date_to("2026-05-04T08:00:00Z".parse::<Timestamp>().unwrap())
            .run(Run::Last)
            .date_grouping(DateGrouping::None)
            .top_count(7)
            .other("colour", "red");
        let expected = json!({
            "partNumber": "LAMP-%;L_D", "batchNumber": "B 1;B-2%", "status": "Failed", "yield": 95,
            "dateFrom": "2026-03-29T01:30:00Z", "dateTo": "2026-05-04T08:00:00Z", "run": -1, "dateGrouping": -1, "topCount": 7,
            "colour": "red",
        });
        assert_eq!(body(&filter), expected);
        assert_eq!(filter.problem(), None);
    }

    #[test]
    fn what_would_ask_for_more_than_was_meant_is_a_problem() {
        let none: [&str; 0] = [];
        for (pattern, word) in [
            (any_of(none), "nothing"),
            (any_of(["A", ""]), "empty"),
            (any_of(["A;B"]), "two"),
            (Pattern::from(""), "empty"),
            (Pattern::from(" "), "empty"),
        ] {
            let filter = WatsFilter::new().serial_number(pattern.clone()).part_number("A");
            let (key, problem) = filter.problem().unwrap();
            assert!(key == "serialNumber" && problem.contains(word), "{pattern:?}: {key} {problem}");
        }
        assert_eq!(WatsFilter::new().yield_percent(101).problem(), Some(("yield", "is 101, allowed is 0 to 100")));
    }

    #[test]
    fn dimensions_go_into_a_body_that_is_not_empty_without_them() {
        let by_part = Dimensions::from([Dimension::PartNumber]);
        assert_eq!(body(&WatsFilter::new().with_dimensions(&by_part)), json!({}));
        let filter = WatsFilter::new().part_number("A").with_dimensions(&by_part);
        assert_eq!(body(&filter), json!({ "partNumber": "A", "dimensions": "partNumber" }));
        assert_eq!(body(&WatsFilter::new().with_dimensions(&Dimensions::new())), json!({}));
    }

    #[test]
    fn the_current_period_counts_unless_it_is_said() {
        let body_of = |filter: WatsFilter| body(&filter.with_dimensions(&Dimensions::new()));
        assert_eq!(
            body_of(WatsFilter::new().period_count(3)),
            json!({ "periodCount": 3, "includeCurrentPeriod": true })
        );
        assert_eq!(
            body_of(WatsFilter::new().date_grouping(DateGrouping::Day).include_current_period(false)),
            json!({ "dateGrouping": 4, "includeCurrentPeriod": false })
        );
    }
}
