//! What a result was compared with.

use std::io::Read;

use wats_converter::{Bounds, NumericLimits, TextLimits};

use crate::error::{Fault, Place, Result};
use crate::names::{Space, Version};
use crate::value::{self, Datum};
use crate::xml::{Element, Xml};

/// A comparison with one bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Gt,
    Ge,
    Lt,
    Le,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Gt => "GT",
            Self::Ge => "GE",
            Self::Lt => "LT",
            Self::Le => "LE",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Equality {
    Eq,
    Ne,
    /// Equal without regard to case.
    AnyCase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Logic {
    And,
    Or,
}

/// A comparator as it stands there. TestStand writes an empty one when a step was forced to fail and nothing was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparator {
    Side(Side),
    Equality(Equality),
    NotCompared,
}

#[derive(Clone, Debug)]
enum Form {
    /// One or two bounds; two are joined by the logic.
    Sides {
        sides: Vec<(Comparator, Datum)>,
        logic: Option<Logic>,
        nominal: bool,
        place: Place,
    },
    Expected {
        comparator: Comparator,
        datum: Option<Datum>,
        place: Place,
    },
}

/// How far from the nominal value is still equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Threshold {
    Percentage,
    Ppm,
    Delta,
}

/// What TestStand says beside the limits of the standard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Properties {
    log: bool,
    measurement: bool,
    threshold: Option<Threshold>,
    nominal: Option<Datum>,
    low: Option<Datum>,
    high: Option<Datum>,
    threshold_low: Option<Datum>,
    threshold_high: Option<Datum>,
}

/// The limits of one result.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    forms: Vec<Form>,
    properties: Properties,
}

impl Limits {
    /// Whether there is anything to compare with.
    pub(crate) fn are_given(&self) -> bool {
        !self.forms.is_empty()
    }

    /// Whether there are limits, or TestStand says that the value was logged without any.
    pub(crate) fn are_marked(&self) -> bool {
        self.are_given() || self.properties.log
    }

    /// Whether TestStand calls it a measurement. It also does so for values beside the measurements.
    pub(crate) fn are_of_measurement(&self) -> bool {
        self.properties.measurement
    }

    /// The unit that the limits are in, where they say.
    pub(crate) fn unit(&self) -> Option<String> {
        let units = self.forms.iter().flat_map(|form| match form {
            Form::Sides { sides, .. } => sides.iter().map(|(_, datum)| &datum.unit).collect::<Vec<_>>(),
            Form::Expected { datum, .. } => datum.iter().map(|datum| &datum.unit).collect(),
        });
        units.into_iter().find(|unit| !unit.is_empty()).cloned()
    }

    /// The limits in words, when the file has limits that it did not compare with.
    pub(crate) fn not_compared(&self) -> Option<String> {
        let (mut found, mut values) = (false, Vec::new());
        for form in &self.forms {
            match form {
                Form::Sides { sides, .. } => {
                    found |= sides.iter().any(|(comparator, _)| *comparator == Comparator::NotCompared);
                    values.extend(sides.iter().map(|(_, datum)| datum.text.clone()));
                }
                Form::Expected { comparator, datum, .. } => {
                    found |= *comparator == Comparator::NotCompared;
                    values.extend(datum.iter().map(|datum| datum.text.clone()));
                }
            }
        }
        found.then(|| format!("Not compared with its limits: {}", values.join(", ")))
    }

    /// Reads an open `tr:TestLimits` to its end.
    pub(crate) fn read<R: Read>(&mut self, xml: &mut Xml<R>) -> Result<()> {
        while let Some(element) = xml.child()? {
            if element.is(Space::Results, "Limits") {
                self.limits(xml, &element)?;
            } else {
                xml.skip()?;
            }
        }
        Ok(())
    }

    fn limits<R: Read>(&mut self, xml: &mut Xml<R>, limits: &Element) -> Result<()> {
        let joined = logic(limits)?;
        while let Some(element) = xml.child()? {
            match element.key() {
                (Space::Common, "LimitPair") => {
                    let form = pair(xml, &element)?;
                    self.forms.push(form);
                }
                (Space::Common, "SingleLimit") => {
                    let comparator = comparator(&element)?;
                    let side = datum_in(xml, &element)?.map(|datum| (comparator, datum));
                    self.single(side, joined, element.place)?;
                }
                (Space::Common, "Expected") => {
                    let comparator = comparator(&element)?;
                    let datum = datum_in(xml, &element)?;
                    self.forms.push(Form::Expected { comparator, datum, place: element.place });
                }
                (Space::Common, "Mask") => {
                    let message = "a limit that is a bit mask; WATS has no comparison with a mask";
                    return Err(Fault::unsupported(element.place, message));
                }
                (Space::Common | Space::Results, "Extension") => self.properties.read(xml)?,
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    /// Two single limits, joined by AND or OR, are a pair.
    fn single(&mut self, side: Option<(Comparator, Datum)>, joined: Option<Logic>, place: Place) -> Result<()> {
        let Some(side) = side else { return Err(Fault::malformed(place, "SingleLimit without a value")) };
        match (self.forms.last_mut(), joined) {
            (Some(Form::Sides { sides, logic, .. }), Some(joined)) if sides.len() == 1 => {
                sides.push(side);
                *logic = Some(joined);
            }
            _ => self.forms.push(Form::Sides { sides: vec![side], logic: None, nominal: false, place }),
        }
        Ok(())
    }

    /// Reads an open `Extension` of the result or of the limits.
    pub(crate) fn extension<R: Read>(&mut self, xml: &mut Xml<R>) -> Result<()> {
        self.properties.read(xml)
    }

    /// For a number.
    pub(crate) fn numeric(&self, comma: bool) -> Result<NumericLimits> {
        let form = match self.forms.as_slice() {
            [] => return Ok(NumericLimits::Log),
            [form] => form,
            [_, second, ..] => return Err(several(second)),
        };
        let number = |datum: &Datum| match datum.number(comma)? {
            Some(number) => Ok(number),
            None => Err(Fault::malformed(datum.place, "a limit without a value")),
        };
        match form {
            Form::Expected { comparator, datum, place } => {
                let Some(datum) = datum else { return Err(Fault::malformed(*place, "Expected without a value")) };
                match comparator {
                    Comparator::NotCompared => Ok(NumericLimits::Log),
                    Comparator::Equality(Equality::Eq) => {
                        let tolerant = self.properties.tolerance(comma)?;
                        Ok(tolerant.unwrap_or(NumericLimits::Eq(number(datum)?)))
                    }
                    Comparator::Equality(Equality::Ne) => Ok(NumericLimits::Ne(number(datum)?)),
                    Comparator::Equality(Equality::AnyCase) => {
                        Err(Fault::malformed(*place, "numbers compared without regard to case (CIEQ)"))
                    }
                    Comparator::Side(side) => Ok(one_sided(*side, number(datum)?)),
                }
            }
            Form::Sides { nominal: true, .. } if self.properties.tolerance(comma)?.is_some() => {
                Ok(self.properties.tolerance(comma)?.unwrap_or(NumericLimits::Log))
            }
            Form::Sides { sides, logic, place, .. } => match sides.as_slice() {
                [(Comparator::NotCompared, _), ..] | [_, (Comparator::NotCompared, _)] => Ok(NumericLimits::Log),
                [(Comparator::Side(side), datum)] => Ok(one_sided(*side, number(datum)?)),
                [(Comparator::Equality(equality), datum)] => Ok(match equality {
                    Equality::Eq => NumericLimits::Eq(number(datum)?),
                    Equality::Ne => NumericLimits::Ne(number(datum)?),
                    Equality::AnyCase => {
                        return Err(Fault::malformed(*place, "numbers compared without regard to case (CIEQ)"));
                    }
                }),
                [(Comparator::Side(first), a), (Comparator::Side(second), b)] => {
                    two_sided((*first, number(a)?), (*second, number(b)?), *logic, *place)
                }
                _ => Err(Fault::malformed(*place, "a LimitPair needs two limits, each with one of GT, GE, LT, LE")),
            },
        }
    }

    /// For a text.
    pub(crate) fn text(&self, version: Version) -> Result<TextLimits> {
        let form = match self.forms.as_slice() {
            [] => return Ok(TextLimits::Log),
            [form] => form,
            [_, second, ..] => return Err(several(second)),
        };
        let (comparator, datum, place) = match form {
            Form::Expected { comparator, datum, place } => (comparator, datum.as_ref(), *place),
            Form::Sides { sides, place, .. } => match sides.as_slice() {
                [(comparator, datum)] => (comparator, Some(datum), *place),
                _ => return Err(Fault::unsupported(*place, "a text compared with a pair of limits")),
            },
        };
        let limit = datum.map(|datum| datum.text.clone()).unwrap_or_default();
        match comparator {
            Comparator::NotCompared => Ok(TextLimits::Log),
            // Version 2.02 has no word for case: TestStand writes EQ for both.
            Comparator::Equality(Equality::Eq) if version == Version::V202 => Ok(TextLimits::Eq(limit)),
            Comparator::Equality(Equality::Eq) => Ok(TextLimits::CaseSensitive(limit)),
            Comparator::Equality(Equality::Ne) => Ok(TextLimits::Ne(limit)),
            Comparator::Equality(Equality::AnyCase) => Ok(TextLimits::IgnoreCase(limit)),
            Comparator::Side(_) => Err(Fault::unsupported(
                place,
                "texts compared by GT, GE, LT or LE; WATS knows EQ, NE and CIEQ for texts",
            )),
        }
    }
}

impl Properties {
    fn read<R: Read>(&mut self, xml: &mut Xml<R>) -> Result<()> {
        while let Some(element) = xml.child()? {
            match element.key() {
                (Space::TestStand, "TSLimitProperties" | "RawLimits") => self.read(xml)?,
                (Space::TestStand, "IsComparisonTypeLog") => self.log = value::flag(xml, &element)?,
                (Space::TestStand, "IsTestMeasurement") => self.measurement = value::flag(xml, &element)?,
                (Space::TestStand, "ThresholdType") => {
                    let word = xml.text()?;
                    self.threshold = Some(threshold(word.trim(), element.place)?);
                }
                (Space::TestStand, "Nominal") => self.nominal = Some(value::datum(xml, &element)?),
                (Space::TestStand, "Low") => self.low = Some(value::datum(xml, &element)?),
                (Space::TestStand, "High") => self.high = Some(value::datum(xml, &element)?),
                (Space::TestStand, "ThresholdLow") => self.threshold_low = Some(value::datum(xml, &element)?),
                (Space::TestStand, "ThresholdHigh") => self.threshold_high = Some(value::datum(xml, &element)?),
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    /// The bounds of "equal within a threshold", where TestStand gives them.
    fn tolerance(&self, comma: bool) -> Result<Option<NumericLimits>> {
        let Some(threshold) = self.threshold else { return Ok(None) };
        let known = |datum: &Option<Datum>| match datum {
            Some(datum) => Ok(datum.number(comma)?.filter(|number| !number.is_nan())),
            None => Ok(None),
        };
        let (mut low, mut high) = (known(&self.threshold_low)?, known(&self.threshold_high)?);
        if let Some(nominal) = known(&self.nominal)? {
            let distance = |raw: f64| match threshold {
                Threshold::Percentage => nominal.abs() * raw / 100.0,
                Threshold::Ppm => nominal.abs() * raw / 1_000_000.0,
                Threshold::Delta => raw,
            };
            low = low.or(known(&self.low)?.map(|raw| nominal - distance(raw)));
            high = high.or(known(&self.high)?.map(|raw| nominal + distance(raw)));
        }
        Ok(match (low, high) {
            (Some(low), Some(high)) => Some(NumericLimits::Gele(Bounds { low, high })),
            (Some(low), None) => Some(NumericLimits::Ge(low)),
            (None, Some(high)) => Some(NumericLimits::Le(high)),
            (None, None) => None,
        })
    }
}

fn one_sided(side: Side, limit: f64) -> NumericLimits {
    match side {
        Side::Gt => NumericLimits::Gt(limit),
        Side::Ge => NumericLimits::Ge(limit),
        Side::Lt => NumericLimits::Lt(limit),
        Side::Le => NumericLimits::Le(limit),
    }
}

/// The pair in WATS's order: what is below first.
///
/// With AND the value lies between the two, with OR outside of them, in whichever order they stand. Without a word the order
/// tells: WATS's own names begin an inside pair with GT or GE, and an outside pair with LT or LE.
fn two_sided(a: (Side, f64), b: (Side, f64), logic: Option<Logic>, place: Place) -> Result<NumericLimits> {
    let is_lower = |side: Side| matches!(side, Side::Gt | Side::Ge);
    let (lower, upper) = match (is_lower(a.0), is_lower(b.0)) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        _ => {
            let message = format!("a pair of limits that both point the same way ({} and {})", a.0.name(), b.0.name());
            return Err(Fault::malformed(place, message));
        }
    };
    let inside = match logic {
        Some(Logic::And) => true,
        Some(Logic::Or) => false,
        None => is_lower(a.0),
    };
    if inside {
        let bounds = Bounds { low: lower.1, high: upper.1 };
        return Ok(match (lower.0, upper.0) {
            (Side::Gt, Side::Lt) => NumericLimits::Gtlt(bounds),
            (Side::Gt, _) => NumericLimits::Gtle(bounds),
            (_, Side::Lt) => NumericLimits::Gelt(bounds),
            _ => NumericLimits::Gele(bounds),
        });
    }
    // Outside: below the limit of "less than", or above that of "greater than".
    let bounds = Bounds { low: upper.1, high: lower.1 };
    Ok(match (upper.0, lower.0) {
        (Side::Lt, Side::Gt) => NumericLimits::Ltgt(bounds),
        (Side::Lt, _) => NumericLimits::Ltge(bounds),
        (_, Side::Gt) => NumericLimits::Legt(bounds),
        _ => NumericLimits::Lege(bounds),
    })
}

fn several(form: &Form) -> Fault {
    let (Form::Sides { place, .. } | Form::Expected { place, .. }) = form;
    Fault::unsupported(*place, "more than one limit for one result; WATS holds one comparison for each measurement")
}

fn pair<R: Read>(xml: &mut Xml<R>, pair: &Element) -> Result<Form> {
    let logic = logic(pair)?;
    let mut sides = Vec::new();
    let mut nominal = false;
    while let Some(element) = xml.child()? {
        match element.key() {
            (Space::Common, "Limit") => {
                let comparator = comparator(&element)?;
                let Some(datum) = datum_in(xml, &element)? else {
                    return Err(Fault::malformed(element.place, "Limit without a value"));
                };
                sides.push((comparator, datum));
            }
            (Space::Common, "Nominal") => {
                nominal = true;
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    if sides.len() != 2 {
        let message = format!("a LimitPair with {} limits; two are needed", sides.len());
        return Err(Fault::malformed(pair.place, message));
    }
    Ok(Form::Sides { sides, logic, nominal, place: pair.place })
}

/// The `c:Datum` of the open element, which is read to its end.
fn datum_in<R: Read>(xml: &mut Xml<R>, limit: &Element) -> Result<Option<Datum>> {
    let mut found = None;
    while let Some(element) = xml.child()? {
        match element.key() {
            (Space::Common, "Datum") => found = Some(value::datum(xml, &element)?),
            (Space::Common, "Collection" | "IndexedArray") => {
                let message = format!("{} with an array or a collection; WATS compares single values", limit.name);
                return Err(Fault::unsupported(element.place, message));
            }
            _ => xml.skip()?,
        }
    }
    Ok(found)
}

fn comparator(element: &Element) -> Result<Comparator> {
    let Some(word) = element.raw_attribute("comparator").map(str::trim) else {
        return Err(Fault::malformed(element.place, format!("{} without a comparator", element.name)));
    };
    Ok(match word.to_ascii_uppercase().as_str() {
        "GT" => Comparator::Side(Side::Gt),
        "GE" => Comparator::Side(Side::Ge),
        "LT" => Comparator::Side(Side::Lt),
        "LE" => Comparator::Side(Side::Le),
        "EQ" => Comparator::Equality(Equality::Eq),
        "NE" => Comparator::Equality(Equality::Ne),
        "CIEQ" => Comparator::Equality(Equality::AnyCase),
        "" => Comparator::NotCompared,
        _ => {
            let message = format!("the comparator \"{word}\" is not known. Known are GT, GE, LT, LE, EQ, NE and CIEQ");
            return Err(Fault::malformed(element.place, message));
        }
    })
}

fn logic(element: &Element) -> Result<Option<Logic>> {
    match element.attribute("operator").map(str::to_ascii_uppercase).as_deref() {
        None => Ok(None),
        Some("AND") => Ok(Some(Logic::And)),
        Some("OR") => Ok(Some(Logic::Or)),
        Some(other) => {
            let message = format!("the operator \"{other}\" of {} is not known. Known are AND and OR", element.name);
            Err(Fault::malformed(element.place, message))
        }
    }
}

fn threshold(word: &str, place: Place) -> Result<Threshold> {
    match word.to_ascii_lowercase().as_str() {
        "percentage" => Ok(Threshold::Percentage),
        "ppm" => Ok(Threshold::Ppm),
        "delta" => Ok(Threshold::Delta),
        _ => {
            let message = format!("the ThresholdType \"{word}\" is not known. Known are PERCENTAGE, PPM and DELTA");
            Err(Fault::malformed(place, message))
        }
    }
}
