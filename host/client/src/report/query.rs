//! Finding reports by their headers.

use wats_report::Status;

use super::header::ReportHeader;
use crate::client::Client;
use crate::odata::{self, Filter};
use crate::pages::Pages;
use crate::request::Outline;
use crate::route::{Method, Route};

const QUERY_HEADER: Route = Route::new(Method::Get, "/api/Report/Query/Header");

/// Tests or repairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportKind {
    /// Reports of tests.
    Uut,
    /// Reports of repairs.
    Uur,
}

impl ReportKind {
    /// In a header query. Not the letter that a report itself carries: there a test is `T`.
    const fn query_letter(self) -> &'static str {
        match self {
            Self::Uut => "U",
            Self::Uur => "R",
        }
    }

    /// By the letter that a report carries.
    pub(super) fn of(letter: &str) -> Option<Self> {
        match letter {
            "T" | "t" | "U" | "u" => Some(Self::Uut),
            "R" | "r" => Some(Self::Uur),
            _ => None,
        }
    }
}

/// A list that belongs to a header and comes only when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderPart {
    /// Parts of the unit.
    SubUnits,
    /// Free facts about the run.
    MiscInfo,
    /// Equipment that was used.
    Assets,
    /// Files.
    Attachments,
}

impl HeaderPart {
    const fn name(self, kind: ReportKind) -> &'static str {
        match (kind, self) {
            (ReportKind::Uut, Self::SubUnits) => "subUnits",
            (ReportKind::Uut, Self::MiscInfo) => "miscInfo",
            (ReportKind::Uut, Self::Assets) => "assets",
            (ReportKind::Uut, Self::Attachments) => "attachments",
            (ReportKind::Uur, Self::SubUnits) => "uurSubUnits",
            (ReportKind::Uur, Self::MiscInfo) => "uurMiscInfo",
            (ReportKind::Uur, Self::Assets) => "uurAssets",
            (ReportKind::Uur, Self::Attachments) => "uurAttachments",
        }
    }
}

/// Which comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The smallest, the earliest.
    Ascending,
    /// The largest, the latest.
    Descending,
}

macro_rules! header_fields {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A field of a header that can be filtered by and put in order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum HeaderField {
            $($(#[$doc])* $variant,)*
        }

        impl HeaderField {
            /// The name that the server has for it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

header_fields! {
    /// The report's id.
    Id = "uuid",
    /// Serial number of the unit.
    SerialNumber = "serialNumber",
    /// Part number of the unit.
    PartNumber = "partNumber",
    /// Revision of the unit.
    Revision = "revision",
    /// Batch number.
    BatchNumber = "batchNumber",
    /// Name of the station.
    StationName = "stationName",
    /// Where the station stands.
    Location = "location",
    /// What the station is for.
    Purpose = "purpose",
    /// Test operation of a test, repair operation of a repair.
    ProcessCode = "processCode",
    /// How it ended, in a word: see [`HeaderQuery::with_result`].
    Result = "result",
    /// When it began.
    Start = "start",
    /// Who tested or repaired.
    Operator = "operator",
    /// Name of the test program.
    SwFilename = "swFilename",
    /// Its version.
    SwVersion = "swVersion",
    /// Place in a multi-site tester.
    TestSocketIndex = "testSocketIndex",
    /// Fixture.
    FixtureId = "fixtureId",
    /// Error of the whole test.
    ErrorCode = "errorCode",
    /// Seconds that it took.
    ExecutionTime = "executionTime",
}

impl HeaderField {
    /// Begins a condition on it.
    pub fn field(self) -> odata::Field {
        odata::field(self.as_str())
    }
}

/// A query for headers, made by [`Reports::headers`](super::Reports::headers). Conditions add up: a header has to fit all of them.
///
/// ```no_run
/// # async fn f(client: wats_client::Client, since: jiff::Timestamp) -> Result<(), wats_client::Error> {
/// use wats_client::report::{HeaderField, HeaderPart, ReportKind};
///
/// let mut headers = client
///     .report()
///     .headers(ReportKind::Uut)
///     .filter(HeaderField::PartNumber.field().eq("LAMP-7").and(HeaderField::Start.field().ge(since)))
///     .with_result(wats_report::Status::Failed)
///     .expand([HeaderPart::SubUnits])
///     .pages();
/// while let Some(header) = headers.next().await? {
///     println!("{:?} failed at {:?}", header.serial_number, header.station_name);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a query is not made until its pages are read"]
pub struct HeaderQuery {
    client: Client,
    kind: ReportKind,
    filter: Option<Filter>,
    order: Vec<(HeaderField, Direction)>,
    parts: Vec<HeaderPart>,
}

impl HeaderQuery {
    pub(super) fn new(client: &Client, kind: ReportKind) -> Self {
        Self { client: client.clone(), kind, filter: None, order: Vec::new(), parts: Vec::new() }
    }

    /// A condition, beside those that are there.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(match self.filter {
            Some(other) => other.and(filter),
            None => filter,
        });
        self
    }

    /// Only those that ended so. Headers have words where reports have letters.
    pub fn with_result(self, result: Status) -> Self {
        self.filter(HeaderField::Result.field().eq(result.word()))
    }

    /// The order; the first call decides, later ones where it leaves a choice. The latest first unless told.
    pub fn order_by(mut self, field: HeaderField, direction: Direction) -> Self {
        self.order.push((field, direction));
        self
    }

    /// Lists that are to come with each header.
    pub fn expand(mut self, parts: impl IntoIterator<Item = HeaderPart>) -> Self {
        self.parts.extend(parts);
        self
    }

    /// The headers, page by page.
    pub fn pages(self) -> Pages<ReportHeader> {
        let Self { client, kind, filter, order, parts } = self;
        let latest_first = [(HeaderField::Start, Direction::Descending)];
        let order = if order.is_empty() { &latest_first[..] } else { &order };
        let order = joined(order.iter().map(|(field, direction)| match direction {
            Direction::Ascending => format!("{} asc", field.as_str()),
            Direction::Descending => format!("{} desc", field.as_str()),
        }));
        let parts = joined(parts.into_iter().map(|part| part.name(kind).to_owned()));
        Pages::new(move |skip, top| {
            Outline::new(&client, QUERY_HEADER, &[])
                .query("reportType", kind.query_letter())
                .query_if("$filter", filter.as_ref())
                .query_if("$orderby", order.as_deref())
                .query_if("$expand", parts.as_deref())
                .query("$top", top)
                .query("$skip", skip)
                .list()
        })
    }
}

/// With commas between them; none of none.
fn joined(items: impl Iterator<Item = String>) -> Option<String> {
    items.reduce(|list, item| list + "," + &item)
}
