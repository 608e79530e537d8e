//! What figures are grouped by, and which figures there are.

use std::fmt;

macro_rules! dimensions {
    ($($variant:ident = $name:literal $doc:literal,)*) => {
        /// What figures are grouped by, or a figure: the API takes both in one list.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Dimension {
            $(#[doc = $doc] $variant,)*
            /// One that this version does not know.
            Other(String),
        }

        impl Dimension {
            /// The name that the API has for it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(other) => other,
                }
            }
        }

        impl From<&str> for Dimension {
            fn from(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

dimensions! {
    PartNumber = "partNumber" "Part number.",
    ProductName = "productName" "Name of the product.",
    ProductGroup = "productGroup" "Product group.",
    Revision = "revision" "Revision.",
    StationName = "stationName" "Station.",
    Location = "location" "Location of the station.",
    Purpose = "purpose" "Purpose of the station.",
    TestOperation = "testOperation" "Test operation, by name.",
    ProcessCode = "processCode" "Test operation, by code.",
    Period = "period" "Period, as long as the filter's date grouping says.",
    SwFilename = "swFilename" "File of the test program.",
    SwVersion = "swVersion" "Version of the test program.",
    Level = "level" "Level.",
    BatchNumber = "batchNumber" "Batch number.",
    Operator = "operator" "Operator.",
    FixtureId = "fixtureId" "Fixture.",
    SocketIndex = "socketIndex" "Socket.",
    ErrorCode = "errorCode" "Error code.",
    StepCausedUutFailure = "stepCausedUutFailure" "Name of the step that made the unit fail.",
    StepPathCausedUutFailure = "stepPathCausedUutFailure" "Where the step is that made the unit fail.",
    MiscInfoDescription = "miscInfoDescription" "Name of a misc info.",
    MiscInfoString = "miscInfoString" "Value of a misc info.",
    AssetSerialNumber = "assetSerialNumber" "Serial number of an asset.",
    AssetName = "assetName" "Name of an asset.",
    UnitType = "unitType" "Kind of unit.",
    RepairOperation = "repairOperation" "Repairs only: repair operation.",
    RepairCode = "repairCode" "Repairs only: code of the failure.",
    RepairCategory = "repairCategory" "Repairs only: category of the failure.",
    RepairType = "repairType" "Repairs only: type of the failure.",
    ComponentRef = "componentRef" "Repairs only: place of the component on the board.",
    ComponentNumber = "componentNumber" "Repairs only: part number of the component.",
    ComponentRevision = "componentRevision" "Repairs only: revision of the component.",
    ComponentVendor = "componentVendor" "Repairs only: vendor of the component.",
    ComponentDescription = "componentDescription" "Repairs only: description of the component.",
    FunctionBlock = "functionBlock" "Repairs only: function block.",
    ReferencedStep = "referencedStep" "Repairs only: name of the step that failed.",
    ReferencedStepPath = "referencedStepPath" "Repairs only: where the step is that failed.",
    TestPeriod = "testPeriod" "Repairs only: period of the failed test.",
    TestLevel = "testLevel" "Repairs only: level of the failed test.",
    TestStationName = "testStationName" "Repairs only: station of the failed test.",
    TestLocation = "testLocation" "Repairs only: location of the failed test.",
    TestPurpose = "testPurpose" "Repairs only: purpose of the failed test.",
    TestOperator = "testOperator" "Repairs only: operator of the failed test.",
    UnitCount = "unitCount" "Figure: units.",
    FpCount = "fpCount" "Figure: units that passed in their first run.",
    SpCount = "spCount" "Figure: units that had passed after two runs.",
    TpCount = "tpCount" "Figure: units that had passed after three runs.",
    LpCount = "lpCount" "Figure: units that passed in their last run.",
    FpFailCount = "fpFailCount" "Figure: units that did not pass in their first run.",
    SpFailCount = "spFailCount" "Figure: units that had not passed after two runs.",
    TpFailCount = "tpFailCount" "Figure: units that had not passed after three runs.",
    LpFailCount = "lpFailCount" "Figure: units that did not pass in their last run.",
    Fpy = "fpy" "Figure: first pass yield, in percent.",
    Spy = "spy" "Figure: second pass yield, in percent.",
    Tpy = "tpy" "Figure: third pass yield, in percent.",
    Lpy = "lpy" "Figure: last pass yield, in percent.",
    PpmFpy = "ppmFpy" "Figure: failures of a million, by the first pass.",
    PpmSpy = "ppmSpy" "Figure: failures of a million, by the second pass.",
    PpmTpy = "ppmTpy" "Figure: failures of a million, by the third pass.",
    PpmLpy = "ppmLpy" "Figure: failures of a million, by the last pass.",
    PpmTestYield = "ppmTestYield" "Figure: failures of a million, by reports.",
    TestYieldCount = "testYieldCount" "Figure: reports that passed.",
    TestReportCount = "testReportCount" "Figure: reports.",
    TestYield = "testYield" "Figure: share of reports that passed, in percent.",
    RetestCount = "retestCount" "Figure: reports of runs after the first.",
    FirstUtc = "firstUtc" "Figure: start of the first report.",
    LastUtc = "lastUtc" "Figure: start of the last report.",
    RepairReportCount = "repairReportCount" "Figure: repair reports.",
    RepairCount = "repairCount" "Figure: repairs.",
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A list of dimensions, in order: rows are sorted by the first that says how, then by the next.
///
/// ```
/// use wats_client::analytics::{Dimension, Dimensions};
///
/// let dimensions = Dimensions::new().descending(Dimension::UnitCount).by(Dimension::PartNumber).by(Dimension::Period);
/// assert_eq!(dimensions.to_string(), "unitCount desc;partNumber;period");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct Dimensions(Vec<(Dimension, &'static str)>);

impl Dimensions {
    /// None: the server takes its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Then this one.
    pub fn by(self, dimension: impl Into<Dimension>) -> Self {
        self.with(dimension, "")
    }

    /// Then this one, with small values first.
    pub fn ascending(self, dimension: impl Into<Dimension>) -> Self {
        self.with(dimension, " asc")
    }

    /// Then this one, with large values first.
    pub fn descending(self, dimension: impl Into<Dimension>) -> Self {
        self.with(dimension, " desc")
    }

    fn with(mut self, dimension: impl Into<Dimension>, order: &'static str) -> Self {
        self.0.push((dimension.into(), order));
        self
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A name that the server would read as something else.
    pub(super) fn problem(&self) -> Option<String> {
        let is_name = |name: &str| !name.is_empty() && !name.contains(|c: char| c == ';' || c.is_whitespace());
        let (wrong, _) = self.0.iter().find(|(dimension, _)| !is_name(dimension.as_str()))?;
        Some(format!("has {:?}, which is no name: it may not be empty, or hold ; or spaces", wrong.as_str()))
    }
}

impl<const N: usize> From<[Dimension; N]> for Dimensions {
    fn from(dimensions: [Dimension; N]) -> Self {
        dimensions.into_iter().fold(Self::new(), Self::by)
    }
}

impl fmt::Display for Dimensions {
    /// As the API reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (dimension, order)) in self.0.iter().enumerate() {
            write!(f, "{}{dimension}{order}", if place == 0 { "" } else { ";" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_known_are_kept_and_those_that_are_none_are_a_problem() {
        let dimensions = Dimensions::new().by("lpCount").ascending("moonPhase");
        assert_eq!(
            dimensions,
            Dimensions::new().by(Dimension::LpCount).ascending(Dimension::Other("moonPhase".into()))
        );
        assert_eq!((dimensions.to_string().as_str(), dimensions.problem()), ("lpCount;moonPhase asc", None));
        for wrong in ["", "a;b", "partNumber desc"] {
            let problem = Dimensions::new().by("period").by(wrong).problem().unwrap();
            assert!(problem.contains(&format!("{wrong:?}")), "{problem}");
        }
    }
}
