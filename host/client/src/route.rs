//! The calls of the API, as templates.
//!
//! A route is what appears in errors, logs and metric labels: `GET /api/Product/{partNumber}`, never the concrete
//! path, so that a serial number is not a label value and a path with a person's name is not in a log.

use std::fmt;

/// One call of the API: method and path template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Route {
    method: Method,
    template: &'static str,
}

/// The HTTP methods that the API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Reads.
    Get,
    /// Submits, queries with a body, actions.
    Post,
    /// Creates or updates.
    Put,
    /// Removes.
    Delete,
    /// Changes parts.
    Patch,
}

impl Method {
    /// The name in the protocol, upper case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
        }
    }
}

impl Route {
    pub(crate) const fn new(method: Method, template: &'static str) -> Self {
        Self { method, template }
    }

    /// The method.
    pub const fn method(self) -> Method {
        self.method
    }

    /// Whether it hands over a report.
    pub(crate) fn is_submission(self) -> bool {
        self == POST_WSJF || self == POST_WSXF
    }

    /// Whether it is made for the server's own pages: without a promise, and subject to change with any version.
    pub fn is_internal(self) -> bool {
        self.template.starts_with("/api/internal/")
    }

    /// The path with names in braces for what varies.
    pub const fn template(self) -> &'static str {
        self.template
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.template)
    }
}

pub(crate) const POST_WSJF: Route = Route::new(Method::Post, "/api/Report/WSJF");
pub(crate) const POST_WSXF: Route = Route::new(Method::Post, "/api/Report/WSXF");
pub(crate) const GET_VERSION: Route = Route::new(Method::Get, "/api/App/Version");
pub(crate) const GET_PROCESSES: Route = Route::new(Method::Get, "/api/App/Processes");
pub(crate) const GET_PRODUCT: Route = Route::new(Method::Get, "/api/Product/{partNumber}");
