//! The filter that most calls have as their body.

use std::iter;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Map, Value};

use super::period::Grouping;
use super::report::Report;

/// Texts that a report has once; the others are looked for in lists.
const TEXTS: [&str; 15] = [
    "serialNumber",
    "partNumber",
    "revision",
    "batchNumber",
    "stationName",
    "location",
    "purpose",
    "testOperation",
    "processCode",
    "level",
    "productGroup",
    "status",
    "swFilename",
    "swVersion",
    "socket",
];

/// What no report says, so that nothing honest can be answered.
const NOT_KNOWN: [&str; 1] = ["assetName"];

/// Which reports count.
#[derive(Debug)]
pub(super) struct Filter {
    texts: Vec<(&'static str, Alternatives)>,
    misc: Vec<Misc>,
    asset: Option<Alternatives>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    pub(super) grouping: Option<Grouping>,
    run: i64,
    pub(super) top_count: Option<usize>,
    pub(super) min_count: Option<u64>,
    pub(super) max_count: Option<u64>,
    /// In percent.
    pub(super) highest_yield: Option<f64>,
}

/// A text with `;` between alternatives.
#[derive(Debug)]
pub(super) struct Alternatives(Vec<String>);

impl Alternatives {
    pub(super) fn new(text: &str) -> Self {
        Self(text.split(';').map(str::to_owned).collect())
    }

    pub(super) fn fit(&self, text: &str) -> bool {
        self.0.iter().any(|pattern| is_like(pattern, text))
    }

    fn fit_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.fit(text),
            Value::Number(number) => self.fit(&number.to_string()),
            _ => false,
        }
    }
}

/// `%` is any text, `_` any one character; letter case counts.
fn is_like(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Which beginnings of the text fit the pattern so far, by their length.
    let mut fits: Vec<bool> = iter::once(true).chain(text.iter().map(|_| false)).collect();
    for wanted in pattern.chars() {
        fits = if wanted == '%' {
            fits.iter()
                .scan(false, |any, fits| {
                    *any |= fits;
                    Some(*any)
                })
                .collect()
        } else {
            let longer = fits.iter().zip(&text).map(|(fits, is)| *fits && (wanted == '_' || wanted == *is));
            iter::once(false).chain(longer).collect()
        };
    }
    fits.last() == Some(&true)
}

impl Filter {
    /// Of a body; the text says what is not understood. Keys that are not known do nothing, as on the server.
    pub(super) fn parse(fields: &Map<String, Value>, now: Timestamp) -> Result<Self, String> {
        if let Some(key) = NOT_KNOWN.into_iter().find(|key| fields.contains_key(*key)) {
            return Err(format!("{key} is not known to this simulated server: no report says it"));
        }
        let text = |key: &str| match fields.get(key).unwrap_or(&Value::Null) {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            Value::Number(number) => Ok(Some(number.to_string())),
            other => Err(format!("{key} is {other}, allowed is a text")),
        };
        let whole = |key: &str| match fields.get(key).unwrap_or(&Value::Null) {
            Value::Null => Ok(None),
            other => other.as_i64().map(Some).ok_or_else(|| format!("{key} is {other}, allowed is a whole number")),
        };
        let patterns = |key: &str| Ok::<_, String>(text(key)?.map(|text| Alternatives::new(&text)));
        let mut texts = Vec::new();
        for key in TEXTS {
            texts.extend(patterns(key)?.map(|alternatives| (key, alternatives)));
        }
        let misc = [("miscDescription", "miscValue"), ("miscInfoDescription", "miscInfoString")];
        let misc = misc.into_iter().map(|(name, value)| Ok(Misc { name: patterns(name)?, value: patterns(value)? }));
        let misc: Vec<_> = misc.collect::<Result<_, String>>()?;
        let grouping = whole("dateGrouping")?.map(Grouping::of).transpose()?.flatten();
        let date = |key: &str| text(key)?.map(|text| moment(key, &text)).transpose();
        let (mut from, mut to) = (date("dateFrom")?, date("dateTo")?);
        if let Some(count) = whole("periodCount")? {
            let (begin, end) = grouping.unwrap_or(Grouping::Day).last(count, now);
            let with_current = fields.get("includeCurrentPeriod").and_then(Value::as_bool).unwrap_or_default();
            from = Some(begin);
            to = (!with_current).then_some(end);
        } else if from.is_none() && to.is_none() {
            from = Some(now.saturating_sub((30 * 24).hours()).unwrap_or(now));
        }
        let count = |key: &str| Ok::<_, String>(whole(key)?.and_then(|count| u64::try_from(count).ok()));
        Ok(Self {
            texts,
            misc: misc.into_iter().filter(|misc| misc.name.is_some() || misc.value.is_some()).collect(),
            asset: patterns("assetSerialNumber")?,
            from,
            to,
            grouping,
            run: whole("run")?.unwrap_or(-2),
            top_count: count("topCount")?.and_then(|count| usize::try_from(count).ok()),
            min_count: count("minCount")?,
            max_count: count("maxCount")?,
            highest_yield: fields.get("yield").and_then(Value::as_f64),
        })
    }

    /// Whether the report is one of those asked for, whichever run it is.
    pub(super) fn fits(&self, report: &Report) -> bool {
        let is_in_time = match report.start {
            Some(start) => self.from.is_none_or(|from| start >= from) && self.to.is_none_or(|to| start < to),
            None => false,
        };
        is_in_time
            && self.texts.iter().all(|(key, alternatives)| alternatives.fit_value(&report.value(key)))
            && self.misc.iter().all(|wanted| report.list("miscInfos").iter().any(|misc| wanted.fits(misc)))
            && (self.asset.is_none() || report.list("assets").iter().any(|asset| self.takes("assets", asset)))
    }

    /// Whether an item of a report's list is one that it asks for.
    pub(super) fn takes(&self, list: &str, item: &Value) -> bool {
        match list {
            "assets" => self.asset.as_ref().is_none_or(|serial| item.get("sn").is_some_and(|sn| serial.fit_value(sn))),
            _ => self.misc.iter().all(|wanted| wanted.fits(item)),
        }
    }

    /// The same, and whether it is the run asked for.
    pub(super) fn fits_with_run(&self, report: &Report) -> bool {
        let is_run = match self.run {
            -1 => report.is_last_run,
            1.. => usize::try_from(self.run) == Ok(report.run),
            _ => true,
        };
        is_run && self.fits(report)
    }

    /// No more rows than asked for.
    pub(super) fn top<T>(&self, mut rows: Vec<T>) -> Vec<T> {
        rows.truncate(self.top_count.unwrap_or(usize::MAX));
        rows
    }
}

/// The name and the value that a misc info must have.
#[derive(Debug)]
struct Misc {
    name: Option<Alternatives>,
    value: Option<Alternatives>,
}

impl Misc {
    fn fits(&self, misc: &Value) -> bool {
        let fits = |wanted: Option<&Alternatives>, key: &str| {
            wanted.is_none_or(|wanted| misc.get(key).is_some_and(|value| wanted.fit_value(value)))
        };
        fits(self.name.as_ref(), "description") && fits(self.value.as_ref(), "text")
    }
}

/// A date with an offset, or one in UTC without.
fn moment(key: &str, text: &str) -> Result<Timestamp, String> {
    let zoned = text.parse::<Timestamp>().ok();
    let civil = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    zoned.or_else(civil).ok_or_else(|| format!("{key} is {text:?}, allowed is a date and time as in ISO 8601"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_fits_as_a_whole_with_any_text_and_any_character() {
        let fits = |pattern: &str, text: &str| Alternatives::new(pattern).fit(text);
        for (pattern, text) in [
            ("A", "A"),
            ("%", ""),
            ("A%", "A"),
            ("A%C", "ABBC"),
            ("_B%", "ÅB"),
            ("%a%a%", "banana"),
            ("X;A_", "AB"),
            ("A_B", "A_B"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("A", "AB"), ("a", "A"), ("A%C", "ABCD"), ("_", ""), ("_", "AB"), ("X;Y", "X;Y"), ("", "A")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let now = Timestamp::UNIX_EPOCH;
        for (body, word) in [
            (json!({ "dateFrom": "yesterday" }), "yesterday"),
            (json!({ "dateGrouping": 9 }), "9"),
            (json!({ "run": "first" }), "first"),
            (json!({ "partNumber": ["A"] }), "partNumber"),
            (json!({ "assetName": "A" }), "assetName"),
        ] {
            let error = Filter::parse(body.as_object().unwrap(), now).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
        let other = json!({ "colour": "red", "partNumber": null });
        assert!(Filter::parse(other.as_object().unwrap(), now).is_ok());
    }
}
