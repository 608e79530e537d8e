//! The server's address, and the one place where paths and queries are encoded.

use std::fmt::Write as _;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use crate::error::Error;
use crate::route::Route;

/// Everything but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where the server is: what every path is appended to.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    base: Arc<str>,
    origin: Arc<str>,
    url: Url,
}

impl Address {
    /// Normalises as WATS clients do: trailing `/` removed, then one trailing `/api` (exactly so written) removed.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let setting = |problem: String| Error::Setting { setting: "url", problem };
        let text = text.trim().trim_end_matches('/');
        let text = text.strip_suffix("/api").unwrap_or(text).trim_end_matches('/');
        let url = Url::parse(text)
            .map_err(|e| setting(format!("is no URL ({e}); give one like https://company.wats.com")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(setting(format!("has the scheme {:?}; http and https are possible", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(setting("contains a user or password; give them with credentials() or token()".to_owned()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(setting("contains a ? or #; give the address alone".to_owned()));
        }
        let origin = Arc::from(url.origin().ascii_serialization());
        let base = Arc::from(url.as_str().trim_end_matches('/'));
        Ok(Self { base, origin, url })
    }

    /// Without a trailing slash.
    pub(crate) fn base(&self) -> &Arc<str> {
        &self.base
    }

    /// Scheme, host and port: what logs and errors may show.
    pub(crate) fn origin(&self) -> &Arc<str> {
        &self.origin
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The URL of a target that was made by [`Target`].
    pub(crate) fn join(&self, route: Route, target: &str) -> Result<Url, Error> {
        Url::parse(&format!("{}{target}", self.base)).map_err(|e| Error::Argument {
            route,
            argument: "path",
            problem: format!("makes no URL: {e}"),
        })
    }
}

/// Builds path and query of one call, encoding every value.
#[derive(Debug)]
pub(crate) struct Target {
    text: String,
    has_query: bool,
}

impl Target {
    /// Fills the braces of the route's template with `segments`, in order.
    ///
    /// A value is one segment whatever it contains: `A/B C#1?x` becomes `A%2FB%20C%231%3Fx`. Empty values and dot
    /// segments are refused, because they name another resource and no encoding prevents it.
    pub(crate) fn new(route: Route, segments: &[(&'static str, &str)]) -> Result<Self, Error> {
        let mut text = String::with_capacity(route.template().len() + 48);
        let mut segments = segments.iter();
        let mut rest = route.template();
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (_, behind) = after.split_once('}').unwrap_or((after, ""));
            if let Some((argument, value)) = segments.next() {
                if value.is_empty() || matches!(*value, "." | "..") {
                    let problem = format!("is {value:?}, which cannot stand in a path");
                    return Err(Error::Argument { route, argument, problem });
                }
                push_encoded(&mut text, value);
            }
            rest = behind;
        }
        text.push_str(rest);
        Ok(Self { text, has_query: false })
    }

    /// Adds a query parameter.
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        push_encoded(&mut self.text, name);
        self.text.push('=');
        push_encoded(&mut self.text, value);
        self
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

fn push_encoded(text: &mut String, value: &str) {
    // Writing to a String cannot fail.
    write!(text, "{}", utf8_percent_encode(value, ENCODED)).ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{GET_PROCESSES, GET_PRODUCT};

    #[test]
    fn addresses_are_normalised_like_those_of_other_clients() {
        for (given, expected) in [
            ("https://h", "https://h"),
            ("https://h/", "https://h"),
            ("https://h/api", "https://h"),
            ("https://h/api/", "https://h"),
            (" https://h/api// ", "https://h"),
            ("https://h/wats/api", "https://h/wats"),
            ("https://h/API", "https://h/API"),
            ("https://h/api/api", "https://h/api"),
            ("http://h:8080/x", "http://h:8080/x"),
            ("https://H", "https://h"),
        ] {
            assert_eq!(&**Address::parse(given).unwrap().base(), expected, "{given}");
        }
    }

    #[test]
    fn addresses_that_cannot_be_meant_are_refused_without_repeating_a_password() {
        for bad in ["", "h", "ftp://h", "https://u:hunter2@h", "https://h?x=1", "https://h/#a", "https://"] {
            let error = Address::parse(bad).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_value_stays_one_segment_whatever_it_contains() {
        let address = Address::parse("http://h/wats").unwrap();
        let check = |value: &str, expected: &str| {
            let target = Target::new(GET_PRODUCT, &[("part_number", value)]).unwrap().into_text();
            assert_eq!(target, format!("/api/Product/{expected}"));
            assert_eq!(
                address.join(GET_PRODUCT, &target).unwrap().as_str(),
                format!("http://h/wats/api/Product/{expected}")
            );
        };
        check("A/B C#1?x", "A%2FB%20C%231%3Fx");
        check("100%", "100%25");
        check("a\\b", "a%5Cb");
        check("Prüfling+1", "Pr%C3%BCfling%2B1");
        check("%2e%2e", "%252e%252e");
        check("...", "...");
        for bad in ["", ".", ".."] {
            assert!(Target::new(GET_PRODUCT, &[("part_number", bad)]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn query_values_are_encoded_too() {
        let target = Target::new(GET_PROCESSES, &[]).unwrap().query("a", "true").query("b", "x&y=1 #").into_text();
        assert_eq!(target, "/api/App/Processes?a=true&b=x%26y%3D1%20%23");
    }
}
