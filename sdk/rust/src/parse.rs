//! Numbers as files spell them. Nothing is guessed: what is no number is an error that shows the text.

use crate::Error;

/// A number with a decimal point: `5`, `-1.25e-3`, `NaN`, `inf`. White space around it does not matter.
///
/// # Errors
/// `malformed`, with the text.
pub fn number(text: &str) -> Result<f64, Error> {
    text.trim().parse().map_err(|_| Error::malformed(format!("{text:?} is not a number")))
}

/// A number with another decimal mark: `number_with("5,01", ',')`. A point is refused then: it could group thousands.
///
/// # Errors
/// `malformed`, with the text.
pub fn number_with(text: &str, decimal_mark: char) -> Result<f64, Error> {
    if decimal_mark == '.' {
        return number(text);
    }
    if text.contains('.') {
        return Err(Error::malformed(format!("{text:?} is not a number with the decimal mark {decimal_mark:?}")));
    }
    let pointed: String = text.trim().chars().map(|c| if c == decimal_mark { '.' } else { c }).collect();
    pointed.parse().map_err(|_| Error::malformed(format!("{text:?} is not a number")))
}

/// A whole number.
///
/// # Errors
/// `malformed`, with the text.
pub fn integer<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.trim().parse().map_err(|_| Error::malformed(format!("{text:?} is not a whole number in its range")))
}
