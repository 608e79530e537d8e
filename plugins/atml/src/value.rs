//! The data model of IEEE 1671 Common: a value is a datum, an array, or a collection of named values.

use std::io::Read;

use crate::error::{Fault, Place, Result};
use crate::names::Space;
use crate::number::{self, Notation};
use crate::xml::{Element, Node, Xml};

/// What a datum is, by its `xsi:type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Number(Notation),
    Boolean,
    Text,
    Time,
    Complex,
    /// Not said: what it is follows from where it stands.
    Open,
}

/// A single value as it stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct Datum {
    pub(crate) kind: Type,
    pub(crate) text: String,
    pub(crate) unit: String,
    pub(crate) place: Place,
}

/// Numbers of a one-dimensional array of plain numbers, all of them, from the first index on.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) first: i64,
    pub(crate) values: Vec<f64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Array {
    pub(crate) kind: Type,
    pub(crate) unit: String,
    pub(crate) dimensions: Vec<i64>,
    pub(crate) cells: Cells,
}

#[derive(Clone, Debug)]
pub(crate) enum Cells {
    Series(Series),
    /// Index and value of the elements that the file lists.
    Listed(Vec<(Vec<i64>, Value)>),
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Datum(Datum),
    Array(Array),
    Collection(Vec<(String, Value)>),
    Nothing,
}

/// What a longer array is not filled up with default values to.
const MAX_FILLED: i64 = 1_000_000;

impl Datum {
    /// The number, or what is wrong with it. None stands for no value: an empty text.
    pub(crate) fn number(&self, comma: bool) -> Result<Option<f64>> {
        let notation = match self.kind {
            Type::Number(notation) => notation,
            Type::Open | Type::Text => Notation::Any,
            Type::Boolean | Type::Time | Type::Complex => {
                return Err(Fault::unsupported(
                    self.place,
                    format!("\"{}\" is no number that WATS can hold", self.text),
                ));
            }
        };
        if self.text.trim().is_empty() {
            return Ok(None);
        }
        match number::parse(&self.text, notation, comma) {
            Some(number) => Ok(Some(number)),
            None => Err(Fault::malformed(self.place, not_a_number(&self.text, comma))),
        }
    }

    /// Whether it is meant as a number.
    pub(crate) fn is_numeric(&self, comma: bool) -> bool {
        match self.kind {
            Type::Number(_) => true,
            Type::Open => number::parse(&self.text, Notation::Any, comma).is_some(),
            Type::Boolean | Type::Text | Type::Time | Type::Complex => false,
        }
    }
}

pub(crate) fn not_a_number(text: &str, comma: bool) -> String {
    let hint = if !comma && number::parse(text, Notation::Any, true).is_some() {
        "; if this station writes decimal commas, say so with the setting decimal_comma"
    } else {
        ""
    };
    format!("\"{text}\" is not a number{hint}")
}

/// Reads what is inside the open element, to its end: `tr:TestData`, `tr:Data`, `c:Item`.
pub(crate) fn read<R: Read>(xml: &mut Xml<R>, comma: bool) -> Result<Value> {
    let mut found = Value::Nothing;
    let mut text = String::new();
    let place = xml.place();
    loop {
        match xml.next()? {
            Node::Text => xml.append_chunk_to(&mut text)?,
            Node::Open(element) => match element.key() {
                (Space::Common, "Datum" | "IndexedArray" | "Collection") => found = one(xml, &element, comma)?,
                _ => xml.skip()?,
            },
            Node::Close | Node::End => break,
        }
    }
    let bare = text.trim();
    if matches!(found, Value::Nothing) && !bare.is_empty() {
        found = Value::Datum(Datum { kind: Type::Open, text: bare.to_owned(), unit: String::new(), place });
    }
    Ok(found)
}

/// Reads an open `c:Datum`, `c:IndexedArray` or `c:Collection` to its end.
pub(crate) fn one<R: Read>(xml: &mut Xml<R>, element: &Element, comma: bool) -> Result<Value> {
    Ok(match &*element.name {
        "IndexedArray" => Value::Array(array(xml, element, comma)?),
        "Collection" => Value::Collection(collection(xml, comma)?),
        _ => Value::Datum(datum(xml, element)?),
    })
}

/// Reads an open `c:Datum`, or an element of that type such as `ts:LoopIndex`, to its end.
pub(crate) fn datum<R: Read>(xml: &mut Xml<R>, element: &Element) -> Result<Datum> {
    let mut kind = kind(element);
    let mut inner = None;
    let mut text = String::new();
    loop {
        match xml.next()? {
            Node::Text => xml.append_chunk_to(&mut text)?,
            Node::Open(child) if child.is(Space::Common, "Value") => inner = Some(xml.text()?),
            Node::Open(_) => xml.skip()?,
            Node::Close | Node::End => break,
        }
    }
    let text = match (element.raw_attribute("value"), inner) {
        (Some(value), _) => value.to_owned(),
        (None, Some(inner)) => {
            if kind == Type::Open {
                kind = Type::Text;
            }
            inner
        }
        (None, None) => match (element.attribute("real"), element.attribute("imaginary")) {
            (None, None) => text.trim().to_owned(),
            (real, imaginary) => complex(real, imaginary),
        },
    };
    Ok(Datum { kind, text, unit: unit(element), place: element.place })
}

/// Reads an open `<ts:IsComparisonTypeLog value="true"/>` to its end; there without a value means yes.
pub(crate) fn flag<R: Read>(xml: &mut Xml<R>, element: &Element) -> Result<bool> {
    let datum = datum(xml, element)?;
    if datum.text.trim().is_empty() {
        return Ok(true);
    }
    number::boolean(&datum.text).ok_or_else(|| {
        let message = format!("{} is \"{}\"; true or false was expected", element.name, datum.text);
        Fault::malformed(element.place, message)
    })
}

fn complex(real: Option<&str>, imaginary: Option<&str>) -> String {
    let imaginary = imaginary.unwrap_or("0");
    let sign = if imaginary.starts_with(['-', '+']) { "" } else { "+" };
    format!("{}{sign}{imaginary}i", real.unwrap_or("0"))
}

/// Units: the standard's own, another, or the short form of some programs.
pub(crate) fn unit(element: &Element) -> String {
    let unit = ["nonStandardUnit", "standardUnit", "unit"].into_iter().find_map(|name| element.attribute(name));
    unit.unwrap_or_default().to_owned()
}

/// `c:double`, `ts:TS_double`, `ts:TS_doubleArray`: the same kind.
fn kind(element: &Element) -> Type {
    let Some(name) = element.xsi_type.as_deref() else { return Type::Open };
    let name = name.strip_prefix("TS_").unwrap_or(name);
    match name.strip_suffix("Array").unwrap_or(name) {
        "double" | "integer" | "unsignedInteger" | "long" | "unsignedLong" | "float" => Type::Number(Notation::Any),
        "hexadecimal" => Type::Number(Notation::Hexadecimal),
        "octal" => Type::Number(Notation::Octal),
        "binary" => Type::Number(Notation::Binary),
        "boolean" => Type::Boolean,
        "string" | "NI_HyperlinkPath" => Type::Text,
        "dateTime" => Type::Time,
        "complex" => Type::Complex,
        _ => Type::Open,
    }
}

fn collection<R: Read>(xml: &mut Xml<R>, comma: bool) -> Result<Vec<(String, Value)>> {
    let mut items = Vec::new();
    while let Some(element) = xml.child()? {
        if element.is(Space::Common, "Item") {
            let name = element.attribute("name").unwrap_or_default().to_owned();
            items.push((name, read(xml, comma)?));
        } else {
            xml.skip()?;
        }
    }
    Ok(items)
}

fn array<R: Read>(xml: &mut Xml<R>, element: &Element, comma: bool) -> Result<Array> {
    let kind = kind(element);
    let of_collections = element.xsi_type.as_deref().is_some_and(|name| name.ends_with("CollectionArray"));
    let dimensions = numbers_in(element.attribute("dimensions").unwrap_or_default());
    let lower = numbers_in(element.attribute("lowerBounds").unwrap_or_default()).first().copied().unwrap_or(0);
    let mut default = None;
    let mut dense = Vec::new();
    let mut listed: Vec<(Vec<i64>, Value)> = Vec::new();
    // Waveforms have many elements: while they come one by one and are plain numbers only the numbers are kept.
    let mut plain = kind == Type::Number(Notation::Any) && dimensions.len() <= 1;
    while let Some(child) = xml.child()? {
        match &*child.name {
            "DefaultElementValue" => default = Some(datum(xml, &child)?),
            "Element" => {
                let index = numbers_in(child.attribute("position").unwrap_or_default());
                if of_collections {
                    plain = false;
                    listed.push((index, Value::Collection(collection(xml, comma)?)));
                    continue;
                }
                let mut cell = datum(xml, &child)?;
                cell.kind = if cell.kind == Type::Open { kind } else { cell.kind };
                let next = lower.saturating_add(i64::try_from(dense.len()).unwrap_or(i64::MAX));
                let in_order = index.is_empty() || index == [next];
                if plain
                    && in_order
                    && let Some(number) = cell.number(comma)?
                {
                    dense.push(number);
                    continue;
                }
                if plain {
                    plain = false;
                    spread(&mut listed, &dense, lower, child.place);
                    dense = Vec::new();
                }
                listed.push((index, Value::Datum(cell)));
            }
            _ => xml.skip()?,
        }
    }
    let mut cells = if plain { Cells::Series(Series { first: lower, values: dense }) } else { Cells::Listed(listed) };
    if let Some(filled) = fill(&cells, default.as_ref(), &dimensions, lower, comma)? {
        cells = Cells::Series(filled);
    }
    Ok(Array { kind, unit: unit(element), dimensions, cells })
}

fn spread(listed: &mut Vec<(Vec<i64>, Value)>, dense: &[f64], lower: i64, place: Place) {
    for (index, number) in (lower..).zip(dense) {
        let kind = Type::Number(Notation::Any);
        let cell = Datum { kind, text: number.to_string(), unit: String::new(), place };
        listed.push((vec![index], Value::Datum(cell)));
    }
}

/// The whole series of an array of which the file lists only what is not the default.
fn fill(cells: &Cells, default: Option<&Datum>, dimensions: &[i64], lower: i64, comma: bool) -> Result<Option<Series>> {
    let (Some(default), [length]) = (default, dimensions) else { return Ok(None) };
    if !(1..=MAX_FILLED).contains(length) || !default.is_numeric(comma) {
        return Ok(None);
    }
    let Some(number) = default.number(comma)? else { return Ok(None) };
    let mut values = vec![number; usize::try_from(*length).unwrap_or_default()];
    let mut put = |index: i64, number: f64| {
        let place = index.checked_sub(lower).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| values.get_mut(place)).map(|cell| *cell = number).is_some()
    };
    match cells {
        Cells::Series(series) => {
            for (index, number) in (lower..).zip(&series.values) {
                if !put(index, *number) {
                    return Ok(None);
                }
            }
        }
        Cells::Listed(listed) => {
            for (index, value) in listed {
                let (Value::Datum(cell), [index]) = (value, index.as_slice()) else { return Ok(None) };
                let Some(number) = cell.number(comma)? else { return Ok(None) };
                if !put(*index, number) {
                    return Ok(None);
                }
            }
        }
    }
    Ok(Some(Series { first: lower, values }))
}

/// The numbers of `[2,3]` and `[0][0]`.
fn numbers_in(text: &str) -> Vec<i64> {
    text.split(['[', ']', ',']).filter_map(|part| part.trim().parse().ok()).collect()
}
