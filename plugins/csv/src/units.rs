//! Units of measure: which are known, and how far two of them are apart.

/// A unit as a power of ten of a base unit: `mV` is 10^-3 `V`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    exponent: i32,
    base: &'static str,
}

/// Base units with their other spellings.
#[rustfmt::skip]
const BASES: &[(&str, &[&str])] = &[
    ("V", &["Vdc", "VDC", "volt", "volts", "Volt", "Volts"]), ("Vac", &["VAC"]), ("Vpp", &[]), ("Vrms", &[]),
    ("A", &["Adc", "ADC", "amp", "amps", "Amp", "Amps"]), ("Arms", &[]), ("W", &[]), ("VA", &[]), ("var", &[]),
    ("Wh", &[]), ("Ah", &[]), ("Ω", &["Ω", "Ohm", "ohm", "Ohms", "ohms", "OHM", "R"]), ("F", &[]), ("H", &[]),
    ("Hz", &["HZ", "hz"]), ("s", &["sec"]), ("min", &[]), ("h", &[]), ("m", &[]), ("in", &[]), ("g", &[]),
    ("K", &[]), ("C", &[]), ("°C", &["degC"]), ("°F", &["degF"]), ("N", &[]), ("Nm", &[]), ("J", &[]), ("Pa", &[]),
    ("bar", &[]), ("psi", &[]), ("B", &[]), ("bit", &[]), ("baud", &[]), ("px", &[]), ("dB", &[]), ("dBm", &[]),
    ("dBV", &[]), ("dBu", &[]), ("dBA", &["dB(A)"]), ("dBc", &[]), ("dBFS", &[]), ("lm", &[]), ("lx", &[]),
    ("cd", &[]), ("rpm", &["1/min"]), ("%", &[]), ("ppm", &[]), ("deg", &["°"]), ("rad", &[]), ("sr", &[]),
    ("T", &[]), ("Wb", &[]), ("S", &[]), ("mol", &[]), ("l", &["L"]),
];

/// SI prefixes as powers of ten.
const PREFIXES: &[(char, i32)] = &[
    ('f', -15),
    ('p', -12),
    ('n', -9),
    ('u', -6),
    ('µ', -6),
    ('μ', -6),
    ('m', -3),
    ('c', -2),
    ('d', -1),
    ('h', 2),
    ('k', 3),
    ('K', 3),
    ('M', 6),
    ('G', 9),
    ('T', 12),
];

impl Unit {
    /// A known unit, perhaps with a prefix; as a whole first: `min` is no milli-inch.
    pub fn known(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(base) = base(text) {
            return Some(Self { exponent: 0, base });
        }
        let first = text.chars().next()?;
        let (_, exponent) = PREFIXES.iter().find(|(prefix, _)| *prefix == first)?;
        let base = base(text.get(first.len_utf8()..)?)?;
        Some(Self { exponent: *exponent, base })
    }
}

fn base(text: &str) -> Option<&'static str> {
    BASES.iter().find(|(base, others)| *base == text || others.contains(&text)).map(|(base, _)| *base)
}

/// The power of ten that turns a number in one unit into a number in another; `None` when that is not known.
pub fn exponent_between(from: &str, to: &str) -> Option<i32> {
    if from == to {
        return Some(0);
    }
    match (Unit::known(from), Unit::known(to)) {
        (Some(from), Some(to)) => (from.base == to.base).then(|| from.exponent - to.exponent),
        // `Rpm` and `RPM` are the same; of what begins otherwise, such as `mv` and `MV`, it is not known.
        _ => (from.chars().next() == to.chars().next() && from.eq_ignore_ascii_case(to)).then_some(0),
    }
}

/// A number with its decimal mark moved: by its digits, since 100 * 1e-9 is not 1e-7.
pub fn shift(value: f64, exponent: i32) -> f64 {
    if exponent == 0 || !value.is_finite() {
        return value;
    }
    format!("{value}e{exponent}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_the_same_base_are_powers_of_ten_apart() {
        for (from, to, expected) in [
            ("mV", "V", Some(-3)),
            ("V", "mV", Some(3)),
            ("µA", "mA", Some(-3)),
            ("kOhm", "Ω", Some(3)),
            ("MHz", "kHz", Some(3)),
            ("hPa", "mbar", None),
            ("cm", "mm", Some(1)),
            ("V", "V", Some(0)),
            ("Vdc", "V", Some(0)),
            ("furlong", "Furlong", None),
            ("Counts", "COUNTS", Some(0)),
            ("V", "A", None),
            ("min", "s", None),
            ("°C", "K", None),
            ("dBm", "dB", None),
        ] {
            assert_eq!(exponent_between(from, to), expected, "{from} {to}");
        }
        assert_eq!(Unit::known("min"), Some(Unit { exponent: 0, base: "min" }));
        assert_eq!(Unit::known("pieces"), None);
        assert_eq!(Unit::known(""), None);
    }

    #[test]
    fn numbers_are_shifted_by_their_digits() {
        for (value, exponent, expected) in
            [(4000.0, -3, 4.0), (0.1, 3, 100.0), (100.0, -9, 1e-7), (5.01, 3, 5010.0), (-4.7e-6, 6, -4.7)]
        {
            assert_eq!(shift(value, exponent).to_bits(), f64::to_bits(expected), "{value}e{exponent}");
        }
        assert_eq!(shift(f64::INFINITY, 3).to_bits(), f64::INFINITY.to_bits());
    }
}
