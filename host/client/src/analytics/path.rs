//! Where a measurement is.

use std::fmt;

/// Stands between the names of a path, and twice before the name of a measurement.
const PILCROW: &str = "¶";
const TWO_PILCROWS: &str = "¶¶";

/// Where a step or one of its measurements is: the names of steps from the root on, and for a step with several measurements the
/// name of one.
///
/// ```
/// use wats_client::analytics::MeasurementPath;
///
/// let path = MeasurementPath::new(["MainSequence", "Power", "Rails"]).measurement("5 V");
/// assert_eq!(path.to_string(), "MainSequence¶Power¶Rails¶¶5 V");
/// assert_eq!(MeasurementPath::from("MainSequence/Power/Rails::5 V"), path);
/// assert_eq!(MeasurementPath::from("MainSequence¶Power¶Rails¶¶5 V"), path);
/// // A name that has a slash can be told apart here only:
/// assert_eq!(MeasurementPath::new(["Main", "R/W test"]).to_string(), "Main¶R/W test");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[must_use]
pub struct MeasurementPath {
    steps: Vec<String>,
    measurement: Option<String>,
}

impl MeasurementPath {
    /// The step of these names, from the root on.
    pub fn new<T: Into<String>>(steps: impl IntoIterator<Item = T>) -> Self {
        Self { steps: steps.into_iter().map(Into::into).collect(), measurement: None }
    }

    /// One of its measurements, where it has several.
    pub fn measurement(mut self, name: impl Into<String>) -> Self {
        self.measurement = Some(name.into());
        self
    }

    /// What the API would read as something else.
    fn problem(&self) -> Option<String> {
        let mut names = self.steps.iter().chain(&self.measurement);
        if self.steps.is_empty() {
            return Some("has a path without steps".to_owned());
        }
        let wrong = names.find(|name| name.is_empty() || name.contains(['¶', ';']))?;
        Some(format!(
            "has the name {wrong:?}: a name may not be empty, nor hold ¶ or ;, which stand between names and paths"
        ))
    }
}

impl From<&str> for MeasurementPath {
    /// `A/B::M`, or the API's own form `A¶B¶¶M`, which is what a text with a pilcrow is taken for.
    fn from(text: &str) -> Self {
        let (between, before) = if text.contains(PILCROW) { (PILCROW, TWO_PILCROWS) } else { ("/", "::") };
        let (steps, measurement) = match text.rsplit_once(before) {
            Some((steps, measurement)) => (steps, Some(measurement.to_owned())),
            None => (text, None),
        };
        Self { measurement, ..Self::new(steps.split(between)) }
    }
}

impl fmt::Display for MeasurementPath {
    /// In the API's form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.steps.join(PILCROW))?;
        match &self.measurement {
            Some(name) => write!(f, "{TWO_PILCROWS}{name}"),
            None => Ok(()),
        }
    }
}

/// Paths as one argument, or what is wrong with them.
pub(super) fn joined(paths: &[MeasurementPath]) -> Result<String, String> {
    match paths.iter().find_map(MeasurementPath::problem) {
        Some(problem) => Err(problem),
        None => Ok(paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(";")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_in_both_forms_and_writes_in_the_servers() {
        for (given, expected) in [
            ("A", "A"),
            ("A/B", "A¶B"),
            ("A/B::M", "A¶B¶¶M"),
            ("A::B::M", "A::B¶¶M"),
            ("A¶B/C", "A¶B/C"),
            ("A¶B::C¶¶M/N", "A¶B::C¶¶M/N"),
        ] {
            let path = MeasurementPath::from(given);
            assert_eq!(path.to_string(), expected, "{given}");
            assert_eq!(MeasurementPath::from(expected).to_string(), expected);
        }
        let both = [MeasurementPath::from("A/B"), MeasurementPath::new(["C"]).measurement("D")];
        assert_eq!(joined(&both).unwrap(), "A¶B;C¶¶D");
    }

    #[test]
    fn a_path_that_would_be_read_as_another_is_a_problem() {
        for path in [
            MeasurementPath::from(""),
            MeasurementPath::from("A//B"),
            MeasurementPath::from("A::"),
            MeasurementPath::new(["A¶B"]),
            MeasurementPath::new(["A"]).measurement("B;C"),
            MeasurementPath::new::<String>([]),
        ] {
            assert!(joined(std::slice::from_ref(&path)).is_err(), "{path:?}");
        }
    }
}
