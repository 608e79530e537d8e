//! Titles by the words that they are made of: no list holds `Test Limit Low`, `Spec. Min` and `Grenzwert unten` with all
//! their sisters.

use crate::titles::{Field, fold, split_bracket};

/// What a word of a title says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Low,
    High,
    /// One letter for low or high, beside a word for a limit.
    Letter(Side),
    /// A limit, whatever stands beside it.
    Limit,
    /// How far a value may lie from the nominal one.
    Tolerance,
    /// A limit when low or high stands beside it.
    Bound,
    /// How a value is compared.
    Comparison,
    /// Says nothing.
    Filler,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Low,
    High,
}

/// The words, folded, in English, German, Norwegian, French and Spanish.
#[rustfmt::skip]
const WORDS: &[(Part, &[&str])] = &[
    (Part::Low, &[
        "low", "lower", "lowest", "lo", "min", "minimum", "minimal", "unten", "unter", "untere", "unterer", "unteres",
        "nedre", "minste", "inf", "inferieur", "inferieure", "inferior", "mini", "minimo",
    ]),
    (Part::High, &[
        "high", "higher", "highest", "hi", "upper", "max", "maximum", "maximal", "oben", "ober", "obere", "oberer",
        "oberes", "oevre", "ovre", "maks", "stoerste", "hoeyeste", "sup", "superieur", "superieure", "superior", "maxi",
        "maximo",
    ]),
    (Part::Letter(Side::Low), &["l"]),
    (Part::Letter(Side::High), &["h", "u"]),
    (Part::Limit, &[
        "limit", "limits", "lim", "spec", "specs", "specification", "threshold", "thresh", "thr", "bound", "boundary",
        "grenze", "grenzen", "grenz", "grenzwert", "grenzwerte", "spez", "spezifikation", "schwelle", "schwellwert",
        "schranke", "grense", "grenser", "grenseverdi", "terskel", "limite", "limites", "seuil", "borne", "umbral",
    ]),
    (Part::Tolerance, &["tol", "tolerance", "tolerances", "toleranz", "toleranzen", "toleranse", "tolerancia"]),
    (Part::Bound, &[
        "expected", "acceptance", "acceptable", "accepted", "accept", "allowed", "allowable", "permitted",
        "permissible", "valid", "control", "soll", "sollwert", "erwartet", "zulaessig", "erlaubt", "gueltig", "tillatt",
        "forventet", "admissible", "permitido",
    ]),
    (Part::Comparison, &["op", "operator", "comp", "compop", "comparison", "comparator", "vergleich"]),
    (Part::Filler, &["test", "value", "val", "wert", "verdi", "valeur", "valor", "of", "the"]),
];

/// Letters that stand for all of it: lower and upper control limit.
const SHORT: &[(&str, Field)] = &[("lcl", Field::Low), ("ucl", Field::High)];

/// Pairs of titles that may be limits or the ends of something else.
const PAIRS: &[(&str, &str)] = &[
    ("from", "to"),
    ("von", "bis"),
    ("fra", "til"),
    ("ut", "ot"),
    ("limit1", "limit2"),
    ("de", "a"),
    ("desde", "hasta"),
];

/// How often each kind of word is in a title.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    low: u8,
    high: u8,
    letter: Option<Side>,
    limit: u8,
    tolerance: u8,
    bound: u8,
    comparison: u8,
    other: u8,
}

impl Count {
    fn of(title: &str) -> Self {
        let mut count = Self::default();
        let title = split_bracket(title).0;
        each_word(title, |word| {
            // Both halves of `minspec` are known.
            let halves = || {
                (1..word.len()).find_map(|at| {
                    let (first, second) = (word.get(..at)?, word.get(at..)?);
                    Some((part(first)?, part(second)?))
                })
            };
            match (part(word), word) {
                (Some(part), _) => count.add(part),
                // `Limit 1`: which of several.
                (None, word) if word.bytes().all(|b| b.is_ascii_digit()) => {}
                _ => match halves() {
                    Some((first, second)) => {
                        count.add(first);
                        count.add(second);
                    }
                    None => count.other += 1,
                },
            }
        });
        match title.trim_end().chars().last() {
            Some('-') => count.low += 1,
            Some('+') => count.high += 1,
            _ => {}
        }
        match count.letter {
            Some(Side::Low) if count.limit > 0 => count.low += 1,
            Some(Side::High) if count.limit > 0 => count.high += 1,
            Some(_) => count.other += 1,
            None => {}
        }
        count
    }

    fn add(&mut self, part: Part) {
        match part {
            Part::Low => self.low += 1,
            Part::High => self.high += 1,
            Part::Letter(side) => self.letter = Some(side),
            Part::Limit => self.limit += 1,
            Part::Tolerance => self.tolerance += 1,
            Part::Bound => self.bound += 1,
            Part::Comparison => self.comparison += 1,
            Part::Filler => {}
        }
    }
}

fn part(word: &str) -> Option<Part> {
    WORDS.iter().find(|(_, words)| words.contains(&word)).map(|(part, _)| *part)
}

/// The words of a title: at blanks and signs, where capitals or digits begin, folded.
fn each_word(title: &str, mut take: impl FnMut(&str)) {
    let kind = |c: char| match c {
        c if c.is_ascii_digit() => 1,
        c if c.is_uppercase() => 2,
        c if c.is_alphabetic() => 3,
        _ => 0,
    };
    let mut from = 0;
    let mut before = 0;
    let mut cut = |from: usize, to: usize| {
        let word = title.get(from..to).unwrap_or_default();
        if word.contains(char::is_alphanumeric) {
            take(&fold(word));
        }
    };
    for (at, c) in title.char_indices() {
        let now = kind(c);
        // `lowLimit` and `Limit1` are two words, `Limit` is one.
        if now != before && (now == 0 || before != 2 || now != 3) {
            cut(from, at);
            from = at;
        }
        before = now;
    }
    cut(from, title.len());
}

/// The limit, or how it is compared, that a title means by its words; `None` when one of them says something else.
pub fn field(title: &str) -> Option<Field> {
    let folded = fold(title);
    if let Some((_, field)) = SHORT.iter().find(|(short, _)| *short == folded) {
        return Some(*field);
    }
    let count = Count::of(title);
    let any = count.limit + count.tolerance + count.bound;
    if count.other > 0 {
        return None;
    }
    match (count.low > 0, count.high > 0) {
        (true, false) if count.comparison > 0 => Some(Field::LowComparison),
        (false, true) if count.comparison > 0 => Some(Field::HighComparison),
        _ if count.comparison > 0 => None,
        // Without a nominal value it is a limit; see `columns`.
        (true, false) if count.tolerance > 0 && count.limit == 0 => Some(Field::ToleranceMinus),
        (false, true) if count.tolerance > 0 && count.limit == 0 => Some(Field::TolerancePlus),
        (true, false) if any > 0 => Some(Field::Low),
        (false, true) if any > 0 => Some(Field::High),
        (true, true) => Some(Field::Limit),
        _ => None,
    }
}

/// The limit that `Untere Toleranz` is where there is no nominal value; `None` for `Tol -`.
pub fn limit_without_nominal(title: &str) -> Option<Field> {
    let bare = split_bracket(title).0.trim_end_matches(['+', '-', ' ']);
    match field(bare)? {
        Field::ToleranceMinus => Some(Field::Low),
        Field::TolerancePlus => Some(Field::High),
        _ => None,
    }
}

/// True for a title with a word for a limit, whatever else it says.
pub fn hints_at_limits(title: &str) -> bool {
    let count = Count::of(title);
    count.limit + count.tolerance > 0 || (count.bound > 0 && count.low + count.high > 0)
}

/// True for a title that is nothing but a limit, and no name of a measurement as `Max` can be.
pub fn is_limit(title: &str) -> bool {
    const SHORT: &[&str] = &["lsl", "usl", "ltl", "utl", "ll", "ul", "hl", "lcl", "ucl", "ug", "og", "ugw", "ogw"];
    let folded = fold(split_bracket(title).0);
    matches!(crate::titles::field(title), Some(Field::Low | Field::High | Field::Limit))
        && (hints_at_limits(title) || SHORT.contains(&folded.as_str()))
}

/// True for limits of statistics, which are no limits of the test where there are others.
pub fn is_control_limit(title: &str) -> bool {
    let folded = fold(title);
    SHORT.iter().any(|(short, _)| *short == folded) || folded.contains("control")
}

/// Whether `true` under this title means passed; `None` when it says nothing about that.
pub fn truth(title: &str) -> Option<bool> {
    let mut found = None;
    each_word(title, |word| match word {
        "pass" | "passed" | "ok" | "good" | "success" | "successful" | "io" | "bestanden" | "gut" | "godkjent" => {
            found.get_or_insert(true);
        }
        // `Pass/Fail` is true for a pass.
        "fail" | "failed" | "failure" | "error" | "ng" | "nok" | "nio" | "bad" | "reject" | "rejected" | "fehler"
        | "feil" | "feilet" => {
            found.get_or_insert(false);
        }
        _ => {}
    });
    found
}

/// The first word of a title, folded.
pub fn first_word(title: &str) -> String {
    let mut first = None;
    each_word(title, |word| {
        first.get_or_insert_with(|| word.to_owned());
    });
    first.unwrap_or_default()
}

/// True for two titles that may be the two limits.
pub fn may_be_pair(first: &str, second: &str) -> bool {
    let (first, second) = (fold(split_bracket(first).0), fold(split_bracket(second).0));
    PAIRS.iter().any(|(low, high)| *low == first && *high == second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_known_by_the_parts_of_their_titles() {
        for (low, high) in [
            ("Spec Min", "Spec Max"),
            ("Min Spec", "Max Spec"),
            ("Lim. Low", "Lim. High"),
            ("LCL", "UCL"),
            ("Soll-Min", "Soll-Max"),
            ("Lower Tol Limit", "Upper Tol Limit"),
            ("LowerLimit", "UpperLimit"),
            ("Limit-", "Limit+"),
            ("Low Spec [V]", "High Spec [V]"),
            ("Grenzwert unten", "Grenzwert oben"),
            ("Test Limit Low", "Test Limit High"),
            ("Low Threshold", "High Threshold"),
            ("Minimum Limit", "Maximum Limit"),
            ("L-Limit", "H-Limit"),
            ("LimitL", "LimitU"),
            ("LIMIT_L", "LIMIT_H"),
            ("liml", "limh"),
            ("Lower Limit 1", "Upper Limit 1"),
            ("Expected Min", "Expected Max"),
            ("Acceptance Low", "Acceptance High"),
            ("Limite inf.", "Limite sup."),
            ("Límite inferior", "Límite superior"),
            ("Min allowed", "Max allowed"),
            ("Valid Min", "Valid Max"),
            ("MinSpec", "MaxSpec"),
            ("Terskel min", "Terskel maks"),
        ] {
            assert_eq!(field(low), Some(Field::Low), "{low}");
            assert_eq!(field(high), Some(Field::High), "{high}");
        }
        for (low, high) in [("Toleranz min", "Toleranz max"), ("Untere Toleranz", "Obere Toleranz")] {
            assert_eq!(limit_without_nominal(low), Some(Field::Low), "{low}");
            assert_eq!(limit_without_nominal(high), Some(Field::High), "{high}");
        }
        assert_eq!(limit_without_nominal("Tol -"), None);
        assert_eq!(field("Min/Max"), Some(Field::Limit));
        assert_eq!(field("Low Op"), Some(Field::LowComparison));
        assert_eq!(field("Upper Limit Comparator"), Some(Field::HighComparison));
    }

    #[test]
    fn a_title_that_says_something_else_too_is_no_limit_and_may_hint_at_one() {
        for title in ["Vcc Spec Min", "High Voltage", "Low battery", "Max current", "Spec", "L", "U1", "Operator", "h"]
        {
            assert_eq!(field(title), None, "{title}");
        }
        for title in ["Spec No", "Limit 1", "Voltage limit", "Tolerance", "Specs"] {
            assert!(hints_at_limits(title), "{title}");
        }
        for title in ["Max current", "Expected", "Low battery", "Hour", "Location", "Serial"] {
            assert!(!hints_at_limits(title), "{title}");
        }
        for title in ["Low Limit", "LSL [V]", "Untergrenze", "Limite inf", "Spec"] {
            assert!(is_limit(title), "{title}");
        }
        for title in ["Max", "Low", "Range", "Voltage limit", "Vcc LSL"] {
            assert!(!is_limit(title), "{title}");
        }
        assert!(may_be_pair("From", "To") && may_be_pair("Von [V]", "Bis [V]") && !may_be_pair("From", "Via"));
    }
}
