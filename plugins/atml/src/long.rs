//! Texts that are longer than their place in WATS.

use wats_converter::{Uut, log};

use crate::data;
use crate::value::{Datum, Type, Value};
use crate::{Place, cut};

/// The text, cut as by [`cut`] if it is too long. Then it goes whole into the additional data of the report, and a log line
/// says so. `what`: what it is, for people.
pub(crate) fn kept(uut: &mut Uut, what: &str, text: &str, most: usize, place: Place) -> String {
    let short = cut(text, most);
    let whole = text.trim();
    if short != whole {
        let length = whole.chars().count();
        log::warn(format_args!(
            "{what}: found {length} characters, allowed are {most}; cut there, whole in the additional data"
        ));
        let datum = Datum { kind: Type::Text, text: whole.to_owned(), unit: String::new(), place };
        uut.data(&data::entry_of(what, &Value::Datum(datum)));
    }
    short
}
