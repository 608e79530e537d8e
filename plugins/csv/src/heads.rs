//! Headers of reports: identity, times, processes, and what the settings add.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use wats_converter::lookup::{self, Answer};
use wats_converter::{Error, Header, Sequence, Waiting, log};

use crate::long::{COMMENT, NAME, SAFE_COMMENT, VERSION, cut, is_long};
use crate::measure::{At, Rules, line};
use crate::moment::{Clock, Date, DateStyle, Moment, NotMoment, iso, seconds_between};
use crate::settings::{DateOrder, Settings};
use crate::titles::Field;
use crate::unit::{Draft, Kept};

/// A day and a time of day.
pub type Instant = (Date, Clock);

/// Makes headers: reads times, processes and numbers, and counts what comes twice.
pub struct Heads<'a> {
    settings: &'a Settings,
    dates: DateStyle,
    /// Looks through the whole file for a date that tells the order of day and month.
    search: &'a dyn Fn() -> Option<DateOrder>,
    searched: bool,
    processes: HashMap<String, Option<u32>>,
    /// By hash: a million of them must fit.
    keys: HashMap<u64, u32>,
    /// Seconds in what the column with the duration counts.
    pub duration_scale: f64,
}

impl std::fmt::Debug for Heads<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heads").field("dates", &self.dates).field("units", &self.keys.len()).finish_non_exhaustive()
    }
}

/// The same in every run, so that the same file gives the same reports.
pub fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// More units than this in one file would need more memory than a plugin has.
const MAX_UNITS: usize = 1_000_000;

impl<'a> Heads<'a> {
    /// For one file.
    pub fn new(settings: &'a Settings, dates: DateStyle, search: &'a dyn Fn() -> Option<DateOrder>) -> Self {
        Self {
            settings,
            dates,
            search,
            searched: false,
            processes: HashMap::new(),
            keys: HashMap::new(),
            duration_scale: 1.0,
        }
    }

    /// Begins a unit's report.
    ///
    /// # Errors
    /// With the cell that cannot be read.
    pub fn identify(&mut self, draft: &Draft) -> Result<(String, Option<Instant>), Error> {
        let serial = serial(draft)?;
        let start = self.start(draft)?;
        let mut key = serial.to_owned();
        if let Some((date, clock)) = start {
            key.push('|');
            key.push_str(&iso(date, clock));
        }
        let hash = hash(&key);
        if self.keys.len() >= MAX_UNITS && !self.keys.contains_key(&hash) {
            return Err(Error::unsupported(format!("more than {MAX_UNITS} units in one file: split it")));
        }
        let count = self.keys.entry(hash).or_insert(0);
        *count += 1;
        // Counted in the order of the file, so that rows that come later change no key.
        if *count > 1 || start.is_none() {
            key = format!("{key}#{count}");
        }
        let key = key.chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
        Ok((key, start))
    }

    /// The head of a report.
    ///
    /// # Errors
    /// With the cell that cannot be read.
    pub fn header(
        &mut self,
        draft: &mut Draft,
        key: &str,
        start: Option<Instant>,
        rules: &mut Rules,
    ) -> Result<Header, Error> {
        let settings = self.settings;
        let process = match draft.get(Field::Process).cloned() {
            Some(kept) => self.process(&kept, draft)?,
            None => None,
        };
        let duration = self.duration(draft, start, rules)?;
        let socket = match draft.get(Field::Socket) {
            Some(kept) => {
                let index = kept.text.parse::<i32>().ok();
                if index.is_none() {
                    let text = kept.text.clone();
                    draft.note("Socket", &text);
                }
                index
            }
            None => None,
        };
        let error_code = draft.text(Field::UnitErrorCode).and_then(|text| text.parse::<i32>().ok());
        let mut error_message = draft.text(Field::UnitErrorMessage).unwrap_or_default().to_owned();
        if let (None, Some(word)) = (error_code, draft.text(Field::UnitErrorCode)) {
            error_message = if error_message.is_empty() { word.to_owned() } else { format!("{word}: {error_message}") };
        }
        let mut long: Vec<(&str, &str)> = Vec::new();
        let mut fit = |field: Field, what: &'static str, default: Option<&'a str>, most: usize| {
            let text = draft.text(field).or(default)?;
            let short = cut(text, most);
            if short != text {
                long.push((what, text));
            }
            Some(short.into_owned())
        };
        let program = fit(Field::SequenceName, "Program", Some(&settings.sequence_name), NAME);
        let version = fit(Field::SequenceVersion, "Program version", Some(&settings.sequence_version), VERSION);
        let revision = fit(Field::Revision, "Revision", settings.revision.as_deref(), NAME);
        let operator = fit(Field::Operator, "Operator", settings.operator.as_deref(), NAME);
        let station = fit(Field::Station, "Station", settings.station.as_deref(), NAME);
        let location = fit(Field::Location, "Location", settings.location.as_deref(), NAME);
        let purpose = fit(Field::Purpose, "Purpose", settings.purpose.as_deref(), NAME);
        let batch = fit(Field::Batch, "Batch", None, NAME);
        let fixture = fit(Field::Fixture, "Fixture", None, NAME);
        let infos = draft.misc.iter().filter(|(what, text)| is_long(what, NAME) || is_long(text, NAME));
        long.extend(infos.map(|(what, text)| (what.as_str(), text.as_str())));
        let comment = comment(draft.text(Field::Comment).unwrap_or_default(), &long, key);
        let part =
            draft.text(Field::PartNumber).or(settings.part_number.as_deref()).map(|part| unlabelled(part).to_owned());
        Ok(Header::new(serial(draft)?)
            .part_number(part)
            .revision(revision)
            .process_code(process.or(settings.process_code))
            .start(start.map(|(date, clock)| iso(date, clock)))
            .duration(duration)
            .operator(operator)
            .machine_name(station)
            .location(location)
            .purpose(purpose)
            .batch_serial_number(batch)
            .fixture(fixture)
            .socket_index(socket)
            .comment(comment)
            .error_code(error_code)
            .error_message(error_message)
            .program(Sequence::new(program.unwrap_or_default()).version(version.unwrap_or_default()))
            .key(key))
    }

    /// Date and time of a cell; `None` for a time of day alone without a date to go with it.
    ///
    /// # Errors
    /// When it is none, or could be two.
    pub fn instant(&mut self, at: &At<'_>, day: Option<Date>) -> Result<Option<Instant>, Error> {
        Ok(match self.moment(at)? {
            Moment::Both(date, clock) => Some((date, clock)),
            Moment::Date(date) => Some((date, Clock::default())),
            Moment::Clock(clock) => day.map(|date| (date, clock)),
        })
    }

    fn moment(&mut self, at: &At<'_>) -> Result<Moment, Error> {
        let mut read = self.dates.read(at.text);
        if read == Err(NotMoment::Ambiguous) && !self.searched {
            self.searched = true;
            self.dates.order = (self.search)();
            read = self.dates.read(at.text);
        }
        read.map_err(|why| {
            at.wrong(match why {
                NotMoment::Text => format!("{:?} is no date or time in a format that is known", at.text),
                NotMoment::Ambiguous => format!(
                    "{:?} can be two dates, and no other date in the file tells the order: set date_order = \"day-first\" or \
                     \"month-first\", or culture",
                    at.text
                ),
                NotMoment::OtherOrder => {
                    format!("{:?} has day and month in another order than other dates of the file, or than date_order says", at.text)
                }
            })
        })
    }

    fn start(&mut self, draft: &Draft) -> Result<Option<Instant>, Error> {
        let day = match draft.get(Field::StartDate) {
            Some(kept) => self.instant(&kept.at(), None)?,
            None => None,
        };
        if let Some(kept) = draft.get(Field::Start) {
            let found = self.instant(&kept.at(), day.map(|(date, _)| date))?;
            return found
                .map(Some)
                .ok_or_else(|| kept.at().wrong(format!("{:?} is a time of day without a date", kept.text)));
        }
        let clock = match draft.get(Field::StartTime) {
            Some(kept) => match (self.moment(&kept.at())?, day) {
                (Moment::Both(date, clock), _) => return Ok(Some((date, clock))),
                (Moment::Clock(clock), Some(_)) => Some(clock),
                (Moment::Clock(_), None) => {
                    return Err(kept.at().wrong(format!("{:?} is a time of day without a date", kept.text)));
                }
                (Moment::Date(_), _) => None,
            },
            None => None,
        };
        Ok(day.map(|(date, midnight)| (date, clock.unwrap_or(midnight))))
    }

    fn duration(&mut self, draft: &Draft, start: Option<Instant>, rules: &mut Rules) -> Result<Option<f64>, Error> {
        if let Some(kept) = draft.get(Field::Duration) {
            return seconds(&kept.at(), self.duration_scale, rules);
        }
        let (Some(start), Some(kept)) = (start, draft.get(Field::End)) else { return Ok(None) };
        let kept = kept.clone();
        let end = self.instant(&kept.at(), Some(start.0))?;
        let duration = end.and_then(|end| seconds_between(start, end));
        if duration.is_none() {
            log::warn(format_args!("line {}: the end {:?} is not after the start; no duration", kept.line, kept.text));
        }
        Ok(duration)
    }

    /// A code, or the code of a name.
    fn process(&mut self, kept: &Kept, draft: &mut Draft) -> Result<Option<u32>, Error> {
        if let Ok(code) = kept.text.parse::<u32>() {
            return Ok(Some(code));
        }
        let listed = self.settings.processes.iter().find(|(name, _)| name.to_lowercase() == kept.text.to_lowercase());
        if let Some((_, code)) = listed {
            return Ok(Some(*code));
        }
        if let Some(known) = self.processes.get(&kept.text) {
            if known.is_none() {
                draft.note("Process", &kept.text);
            }
            return Ok(*known);
        }
        let code = match lookup::process(&kept.text) {
            Answer::Found(process) => Some(process.code),
            Answer::Absent => {
                return Err(kept.at().wrong(format!(
                    "the server knows no process {:?}; list it: processes = {{ {:?} = 100 }}",
                    kept.text, kept.text
                )));
            }
            Answer::Unavailable(reason) => return Err(Waiting::new(reason).into()),
            Answer::Denied => {
                log::warn(format_args!(
                    "process {:?} is a name: the default code is used. List it in processes, or grant lookup",
                    kept.text
                ));
                draft.note("Process", &kept.text);
                None
            }
        };
        self.processes.insert(kept.text.clone(), code);
        Ok(code)
    }
}

/// Seconds from a number, or from a time such as `00:01:30`.
///
/// # Errors
/// When the cell is neither.
pub fn seconds(at: &At<'_>, scale: f64, rules: &mut Rules) -> Result<Option<f64>, Error> {
    if at.text.contains(':')
        && let Ok(Moment::Clock(clock)) = DateStyle::default().read(at.text)
    {
        let whole = u32::from(clock.hour) * 3600 + u32::from(clock.minute) * 60 + u32::from(clock.second);
        return Ok(Some(f64::from(whole) + f64::from(clock.nanos) / 1e9));
    }
    Ok(rules
        .number("duration", at)?
        .map(|number| if scale < 1.0 { number / (1.0 / scale).round() } else { number * scale })
        .filter(|seconds| *seconds >= 0.0))
}

fn serial(draft: &Draft) -> Result<&str, Error> {
    let kept = draft.get(Field::SerialNumber).ok_or_else(|| Error::malformed("no serial number"))?;
    let serial = unlabelled(&kept.text);
    if serial.is_empty() {
        return Err(Error::malformed("no serial number"));
    }
    if serial.contains(char::is_control) {
        return Err(kept.at().wrong(format!("the serial number {serial:?} holds a character that is no text")));
    }
    if is_rounded(serial) {
        return Err(kept.at().wrong(format!(
            "the serial number {serial:?} was rounded by a spreadsheet, and its digits are lost: export the file anew, with this \
             column as text"
        )));
    }
    Ok(serial)
}

/// `1.23457E+11`, as spreadsheets show a long number.
fn is_rounded(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once("E+") else { return false };
    let digit = |b: &u8| b.is_ascii_digit();
    exponent.len() == 2
        && exponent.as_bytes().iter().all(digit)
        && matches!(digits.as_bytes(), [first, b'.' | b',', rest @ ..] if digit(first) && !rest.is_empty() && rest.iter().all(digit))
}

/// The comment, with what was shortened elsewhere, as far as it may be long.
fn comment(own: &str, long: &[(&str, &str)], key: &str) -> Option<String> {
    let mut comment = cut(own, COMMENT).into_owned();
    if comment != own {
        log::warn(format_args!("unit {key:?}: the comment is longer than {COMMENT} characters, and was shortened"));
    }
    for (what, text) in long {
        let mut longer = comment.clone();
        line(&mut longer, what, text);
        if is_long(&longer, SAFE_COMMENT) {
            log::warn(format_args!("unit {key:?}: {what:?} is longer than a report takes, and was shortened"));
        } else {
            log::info(format_args!("unit {key:?}: {what:?} was shortened; the comment has it whole"));
            comment = longer;
        }
    }
    (!comment.is_empty()).then_some(comment)
}

/// `S/N 13` is 13: a slash cannot be part of a serial or part number.
fn unlabelled(text: &str) -> &str {
    for label in ["S/N", "s/n", "P/N", "p/n"] {
        if let Some(rest) = text.strip_prefix(label) {
            return rest.trim_start_matches([' ', ':', '#', '=', '.']);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(units: &[(&str, &str)]) -> Vec<String> {
        let settings = Settings::default();
        let search = || None;
        let mut heads = Heads::new(&settings, DateStyle::default(), &search);
        units
            .iter()
            .map(|(serial, start)| {
                let mut draft = Draft::default();
                draft.put(Field::SerialNumber, &At { text: serial, line: 1, column: 1 });
                draft.put(Field::Start, &At { text: start, line: 1, column: 2 });
                heads.identify(&draft).unwrap().0
            })
            .collect()
    }

    #[test]
    fn the_key_of_a_unit_is_its_serial_number_and_start_and_units_that_follow_do_not_change_it() {
        let units = [
            ("A", "04.05.2026 08:00"),
            ("B", ""),
            ("A", "2026-05-04T08:00:00"),
            ("B", ""),
            ("A", "2026-05-04T09:00:00"),
        ];
        let all = keys(&units);
        assert_eq!(
            all,
            ["A|2026-05-04T08:00:00", "B#1", "A|2026-05-04T08:00:00#2", "B#2", "A|2026-05-04T09:00:00"],
            "the same moment in two spellings is one"
        );
        for count in 1..units.len() {
            assert_eq!(keys(&units[..count]), all[..count]);
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_rounded_is_known() {
        for (cell, expected) in [
            ("1.23457E+11", true),
            ("1,23457E+11", true),
            ("1E10", false),
            ("12.5E+11", false),
            ("A.5E+11", false),
            ("E+11", false),
        ] {
            assert_eq!(is_rounded(cell), expected, "{cell}");
        }
    }

    #[test]
    fn a_label_with_a_slash_is_no_part_of_a_serial_number() {
        for (cell, expected) in
            [("S/N 13", "13"), ("S/N: 13", "13"), ("P/N #X-5", "X-5"), ("SN 13", "SN 13"), ("13", "13")]
        {
            assert_eq!(unlabelled(cell), expected, "{cell}");
        }
    }
}
