//! How an answer showed that something else than the WATS server gave it.

use std::fmt;
use std::sync::Arc;

/// Why an answer was taken to come from something else than the WATS server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignKind {
    /// A redirect; they are never followed. `to` is scheme and host only.
    Redirect {
        /// Scheme and host of the `Location` header, when it has one.
        to: Option<String>,
    },
    /// A web page.
    Html {
        /// Its title.
        title: Option<String>,
    },
    /// The answer names a report that is not ours.
    OtherReport {
        /// The id that was sent.
        sent: uuid::Uuid,
        /// What the server named instead.
        named: String,
    },
    /// A success without content, from a server that has not proved to be WATS.
    Unproved,
    /// A success that names no report.
    NotAReceipt,
    /// The address exists at no WATS server that we know: wrong base address or virtual host.
    NoSuchAddress {
        /// Its words, if it has any.
        said: Option<Arc<str>>,
    },
    /// A refusal as WATS may give it, by something that has not proved to be WATS: the API of another product also answers
    /// in JSON.
    UnprovedRefusal {
        /// Its words, if it has any.
        said: Option<Arc<str>>,
    },
    /// A refusal in none of the forms in which WATS refuses: of a proxy or firewall, or of a server that is half up.
    Refusal {
        /// Its words, if it has any.
        said: Option<Arc<str>>,
    },
    /// Not the form that this call answers with.
    Shape {
        /// What did not fit.
        problem: String,
    },
    /// Longer than this client reads.
    TooLong {
        /// The limit in bytes.
        limit_bytes: usize,
    },
}

impl ForeignKind {
    /// The next answer may be well: nothing but this one was odd.
    pub(crate) fn is_about_one_answer(&self) -> bool {
        matches!(self, Self::Shape { .. } | Self::TooLong { .. })
    }
}

impl fmt::Display for ForeignKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirect { to: Some(to) } => {
                write!(
                    f,
                    "a redirect to {to}; if that is the WATS server, set its address as the server URL, else open the server \
                     URL in a browser on this station"
                )
            }
            Self::Redirect { to: None } => f.write_str("a redirect; check the server URL"),
            Self::Html { title: Some(title) } => {
                write!(f, "a web page titled \"{title}\"; open the server URL in a browser on this station")
            }
            Self::Html { title: None } => f.write_str("a web page; open the server URL in a browser on this station"),
            Self::OtherReport { sent, named } => {
                write!(
                    f,
                    "the id of another report: sent {sent}, named {named}; check what stands between station and server"
                )
            }
            Self::Unproved => f.write_str(
                "an empty answer, from something that has not shown to be a WATS server; check the server URL",
            ),
            Self::NotAReceipt => f.write_str("a success that does not name the report; check the server URL"),
            Self::NoSuchAddress { said } => {
                write!(f, "no such address there{}; check the server URL", Words(said.as_deref()))
            }
            Self::UnprovedRefusal { said } => write!(
                f,
                "a refusal by something that has not shown to be a WATS server{}; check the server URL, and what stands \
                 between station and server",
                Words(said.as_deref())
            ),
            Self::Refusal { said: Some(said) } => {
                write!(
                    f,
                    "a refusal that is not in a form of WATS: {said}; check what stands between station and server"
                )
            }
            Self::Refusal { said: None } => f.write_str(
                "a refusal without a word; check the server URL, and what stands between station and server",
            ),
            Self::Shape { problem } => write!(f, "not the form expected: {problem}"),
            Self::TooLong { limit_bytes } => write!(
                f,
                "an answer longer than {} MiB; check the server URL, and what stands between station and server",
                limit_bytes >> 20
            ),
        }
    }
}

/// `: words`, where there are any.
struct Words<'a>(Option<&'a str>);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |words| write!(f, ": {words}"))
    }
}
