//! Namespaces and versions, by their URIs: a file may call its prefixes what it likes.

use std::borrow::Cow;

/// The vocabulary that a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// IEEE 1636.1 TestResults, prefix usually `tr`.
    Results,
    /// IEEE 1636.1 TestResultsCollection, `trc`.
    Collection,
    /// IEEE 1671 Common and its sister for SIMICA, `c` and `sc`.
    Common,
    /// National Instruments TestStand, `ts`.
    TestStand,
    /// XML Schema instance, `xsi`.
    Xsi,
    Other,
}

/// Versions of the schema, by the year in the namespace of the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V202,
    V500,
    V601,
}

/// What is read, for messages.
pub(crate) const KNOWN_VERSIONS: &str = "2.02 (IEEE 1636.1 of 2006 and 2007), 5.00 (of 2011) and 6.01 (of 2013)";

impl Version {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V202 => "2.02",
            Self::V500 => "5.00",
            Self::V601 => "6.01",
        }
    }
}

const TESTSTAND: &str = "www.ni.com/TestStand/ATMLTestResults/";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Trial-use standard: `http://www.ieee.org/ATML/2007/TestResults`.
const TRIAL: &str = "http://www.ieee.org/ATML/";
/// Later: `urn:IEEE-1636.1:2011:01:TestResults`, `urn:IEEE-1671:2010:Common`.
const RESULTS: &str = "urn:IEEE-1636.1:";
const COMMON: &str = "urn:IEEE-1671:";
const SIMICA: &str = "urn:IEEE-1636.99:";

pub(crate) fn space(uri: &str) -> Space {
    let trial = uri.starts_with(TRIAL);
    if uri.starts_with(TESTSTAND) {
        Space::TestStand
    } else if uri == XSI {
        Space::Xsi
    } else if (trial || uri.starts_with(RESULTS)) && uri.ends_with("TestResults") {
        Space::Results
    } else if (trial || uri.starts_with(RESULTS)) && uri.ends_with("TestResultsCollection") {
        Space::Collection
    } else if trial || uri.starts_with(COMMON) || uri.starts_with(SIMICA) {
        Space::Common
    } else {
        Space::Other
    }
}

/// The version of a root in this namespace; none if the year is not one of the known.
pub(crate) fn version(uri: &str) -> Option<Version> {
    let rest = uri.strip_prefix(RESULTS).or_else(|| uri.strip_prefix(TRIAL))?;
    match rest.split([':', '/', '.']).next()? {
        "2006" | "2007" => Some(Version::V202),
        "2011" => Some(Version::V500),
        "2013" => Some(Version::V601),
        _ => None,
    }
}

macro_rules! known_names {
    ($($name:literal)*) => {
        /// The name without an allocation where it is one that is asked for.
        pub(crate) fn intern(name: &str) -> Cow<'static, str> {
            match name {
                $($name => Cow::Borrowed($name),)*
                other => Cow::Owned(other.to_owned()),
            }
        }
    };
}

known_names! {
    "Datum" "Value" "Item" "Collection" "IndexedArray" "Element" "Limit" "LimitPair" "SingleLimit" "Expected" "Limits"
    "TestLimits" "TestData" "TestResult" "Test" "TestGroup" "SessionAction" "Outcome" "ActionOutcome" "Extension"
    "TSStepProperties" "StepId" "StepType" "StepGroup" "BlockLevel" "StepCausedSequenceFailure" "Index" "TotalTime"
    "ModuleTime" "LoopingProperties" "TSLimitProperties" "RawLimits" "Low" "High" "Nominal" "ThresholdType" "Data"
    "TestResults" "TestResultsCollection" "ResultSet" "UUT" "TestStation" "Personnel" "TestProgram" "SerialNumber"
    "Definition" "Identification" "IdentificationNumbers" "IdentificationNumber" "Events" "Event" "Parameters"
    "Parameter" "Description" "IsComparisonTypeLog" "IsTestMeasurement" "ErrorLimits"
    "name" "ID" "value" "flags" "type" "position" "comparator" "operator" "qualifier" "startDateTime" "endDateTime"
    "testReferenceID" "callerName" "userDefinedType" "nonStandardUnit" "standardUnit" "unit" "dimensions"
    "lowerBounds" "upperBounds" "uuid" "number"
}
