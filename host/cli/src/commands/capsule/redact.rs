//! Other letters and digits in the place of those that say something about units, people and places.
//!
//! Lengths, separators, line breaks and the kind of each character stay, so that places in the file stay where they are. The
//! same word becomes the same other word throughout a capsule, and in each capsule another one: who guesses a word cannot try
//! it. What a format is made of stays as well: tags, names of attributes, and namespaces (XML), keys (JSON), dates and times, and
//! words of four letters or more that the plugin itself contains.

mod xml;

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
};

use sha2::{Digest as _, Sha256};

/// Shorter words are in every program, by chance.
const SHORTEST_KNOWN: usize = 4;

/// Replaces words, the same by the same.
pub(super) struct Redactor {
    key: [u8; 32],
    /// The plugin, in small letters.
    known: Vec<u8>,
    /// All that four bytes of it are, so that most words are not searched for.
    starts: HashSet<[u8; SHORTEST_KNOWN]>,
    /// Words that were searched for.
    found: RefCell<HashMap<String, bool>>,
    stay: Stay,
}

/// What stays beside, because the error is another one without it: how much of a file its error depends on cannot be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stay {
    Nothing,
    /// Numbers with a decimal point: where measurements and limits are others, limits may be crossed.
    Decimals,
    /// Also words of up to three letters and numbers of up to three digits: units, comparisons, statuses, counts.
    Short,
}

impl Stay {
    pub(super) const ALL: [Self; 3] = [Self::Nothing, Self::Decimals, Self::Short];

    /// In words, where there is anything.
    pub(super) const fn told(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Decimals => Some("numbers with a decimal point"),
            Self::Short => {
                Some("numbers with a decimal point, words of up to three letters, and numbers of up to three digits")
            }
        }
    }
}

/// What the text is, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Xml,
    Json,
    Plain,
}

impl Redactor {
    pub(super) fn new(plugin: &[u8], stay: Stay) -> Self {
        let mut key = [0; 32];
        let (first, second) = key.split_at_mut(16);
        first.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        second.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        let known = plugin.to_ascii_lowercase();
        let starts = known.array_windows::<SHORTEST_KNOWN>().copied().collect();
        Self { key, known, starts, found: RefCell::default(), stay }
    }

    /// The bytes of a file; nothing where it is no text.
    pub(super) fn file(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match bytes {
            [0xFF, 0xFE, rest @ ..] => self.wide(rest, &[0xFF, 0xFE], u16::from_le_bytes, u16::to_le_bytes),
            [0xFE, 0xFF, rest @ ..] => self.wide(rest, &[0xFE, 0xFF], u16::from_be_bytes, u16::to_be_bytes),
            _ if bytes.contains(&0) => None,
            _ => Some(
                std::str::from_utf8(bytes).map_or_else(|_| self.narrow(bytes), |text| self.text(text).into_bytes()),
            ),
        }
    }

    /// One byte is one character: the upper half as letters.
    fn narrow(&self, bytes: &[u8]) -> Vec<u8> {
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        self.text(&text).chars().map(|char| u8::try_from(u32::from(char)).unwrap_or(b'?')).collect()
    }

    fn wide(&self, bytes: &[u8], mark: &[u8], read: fn([u8; 2]) -> u16, write: fn(u16) -> [u8; 2]) -> Option<Vec<u8>> {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| read(*pair)).collect();
        let text = String::from_utf16(&units).ok().filter(|_| rest.is_empty())?;
        let replaced = self.text(&text);
        Some(mark.iter().copied().chain(replaced.encode_utf16().flat_map(write)).collect())
    }

    /// A text.
    pub(super) fn text(&self, text: &str) -> String {
        let start = text.trim_start_matches('\u{feff}').trim_start();
        let syntax = match start.chars().next() {
            Some('<') => Syntax::Xml,
            Some('{' | '[') => Syntax::Json,
            _ => Syntax::Plain,
        };
        let chars: Vec<char> = text.chars().collect();
        let stays = stays(&chars, syntax);
        let is_word = |index: usize| chars.get(index).is_some_and(|char| char.is_alphanumeric() || *char == '_');
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(char) = chars.get(at) {
            if !is_word(at) || stays.get(at).copied().unwrap_or_default() {
                out.push(*char);
                at += 1;
                continue;
            }
            let end = (at..chars.len())
                .find(|index| !is_word(*index) || stays.get(*index) == Some(&true))
                .unwrap_or(chars.len());
            let before = at.checked_sub(1).and_then(|index| chars.get(index)).copied();
            let before_that = at.checked_sub(2).and_then(|index| chars.get(index)).copied();
            let digit = |char: Option<char>| char.is_some_and(|char| char.is_ascii_digit());
            let fraction = matches!(before, Some('.' | ',')) && digit(before_that);
            let whole = chars.get(end) == Some(&'.') && digit(chars.get(end + 1).copied());
            let word = chars.get(at..end).unwrap_or_default();
            if self.stay >= Stay::Decimals && is_number(word) && (whole || (fraction && before == Some('.'))) {
                out.extend(word);
            } else {
                self.word(word, fraction, &mut out);
            }
            at = end;
        }
        out
    }

    fn word(&self, word: &[char], fraction: bool, out: &mut String) {
        let text: String = word.iter().collect();
        let letters_only = word.iter().all(|char| char.is_alphabetic() || *char == '_');
        let is_number = is_number(word);
        let short = (letters_only || is_number) && word.len() < SHORTEST_KNOWN;
        if (self.stay == Stay::Short && short) || (letters_only && self.is_known(&text)) {
            out.push_str(&text);
            return;
        }
        for (index, char) in word.iter().enumerate() {
            let draw = self.draw(&text, index);
            out.push(match char {
                // A number does not get another length by a 0 in front, and does not lose one.
                '0' if is_number && index == 0 && !fraction => '0',
                '1'..='9' if index == 0 && !fraction => pick("123456789", draw),
                '0'..='9' => pick("0123456789", draw),
                'e' | 'E' if is_number => *char,
                'a'..='z' => pick("abcdefghijklmnopqrstuvwxyz", draw),
                'A'..='Z' => pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ", draw),
                '_' => '_',
                // Of as many bytes, in the encodings that there are.
                char if char.len_utf8() == 2 && u32::from(*char) < 0x100 => {
                    if char.is_uppercase() {
                        'É'
                    } else {
                        'é'
                    }
                }
                char if char.len_utf8() == 2 => {
                    if char.is_uppercase() {
                        'Ω'
                    } else {
                        'ω'
                    }
                }
                char if char.len_utf8() == 3 => '中',
                _ => '𐐨',
            });
        }
    }

    fn is_known(&self, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        let bytes = word.as_bytes();
        if bytes.len() < SHORTEST_KNOWN || !bytes.array_windows().all(|start| self.starts.contains(start)) {
            return false;
        }
        let search = || self.known.windows(bytes.len()).any(|window| window == bytes);
        *self.found.borrow_mut().entry(word.clone()).or_insert_with(search)
    }

    fn draw(&self, word: &str, index: usize) -> usize {
        let digest =
            Sha256::new().chain_update(self.key).chain_update(word).chain_update(index.to_le_bytes()).finalize();
        digest.iter().take(4).fold(0, |sum, byte| (sum << 8) | usize::from(*byte))
    }
}

fn pick(from: &str, draw: usize) -> char {
    from.chars().nth(draw % from.len()).unwrap_or('x')
}

/// `12`, `5e3`, `0E`: a run of digits with at most one exponent. Signs and points are no part of words.
fn is_number(word: &[char]) -> bool {
    let exponents = word.iter().filter(|char| matches!(char, 'e' | 'E')).count();
    word.first().is_some_and(char::is_ascii_digit)
        && exponents <= 1
        && word.iter().all(|char| char.is_ascii_digit() || matches!(char, 'e' | 'E'))
}

/// Which characters stay whatever they are.
fn stays(chars: &[char], syntax: Syntax) -> Vec<bool> {
    let mut stays = vec![false; chars.len()];
    keep_times(chars, &mut stays);
    match syntax {
        Syntax::Xml => xml::keep_tags(chars, &mut stays),
        Syntax::Json => keep_keys(chars, &mut stays),
        Syntax::Plain => {}
    }
    stays
}

fn keep(stays: &mut [bool], from: usize, to: usize) {
    for stay in stays.iter_mut().take(to).skip(from) {
        *stay = true;
    }
}

/// Dates and times: another date may be none.
fn keep_times(chars: &[char], stays: &mut [bool]) {
    // A 9 stands for a digit.
    const FORMS: [&str; 7] =
        ["9999-99-99", "9999/99/99", "99.99.9999", "99/99/9999", "99-99-9999", "99:99:99", "99:99"];
    let mut at = 0;
    while at < chars.len() {
        let digit = |index: Option<usize>| index.and_then(|index| chars.get(index)).is_some_and(char::is_ascii_digit);
        let fits = |form: &&str| {
            let mut pairs = form.chars().zip(chars.get(at..).unwrap_or_default());
            let all = pairs.all(|(form, char)| if form == '9' { char.is_ascii_digit() } else { *char == form });
            all && chars.len() - at >= form.len() && !digit(at.checked_sub(1)) && !digit(Some(at + form.len()))
        };
        match FORMS.iter().find(|form| fits(form)) {
            Some(form) => {
                keep(stays, at, at + form.len());
                // The letters between date and time, and for UTC.
                at += form.len();
                let next = chars.get(at);
                if (matches!(next, Some('T')) && digit(Some(at + 1))) || matches!(next, Some('Z')) {
                    keep(stays, at, at + 1);
                    at += 1;
                }
            }
            None => at += 1,
        }
    }
}

/// Keys, escapes and the words of the language.
fn keep_keys(chars: &[char], stays: &mut [bool]) {
    let mut at = 0;
    while let Some(char) = chars.get(at) {
        if *char != '"' {
            for word in ["true", "false", "null"] {
                if word.chars().zip(chars.get(at..).unwrap_or_default()).filter(|(a, b)| a == *b).count() == word.len()
                {
                    keep(stays, at, at + word.len());
                }
            }
            at += 1;
            continue;
        }
        let start = at + 1;
        let mut end = start;
        while let Some(inner) = chars.get(end).filter(|char| **char != '"') {
            if *inner == '\\' {
                let length = if chars.get(end + 1) == Some(&'u') { 6 } else { 2 };
                keep(stays, end, end + length);
                end += length;
            } else {
                end += 1;
            }
        }
        let after = chars.get(end + 1..).unwrap_or_default().iter().find(|char| !char.is_whitespace());
        if after == Some(&':') {
            keep(stays, start, end);
        }
        at = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redact(text: &str) -> String {
        Redactor::new(b"..serial_number..value..passed..", Stay::Nothing).text(text)
    }

    /// Letters as `a`, digits as `9`.
    fn shape(text: &str) -> String {
        let shape = |char: char| match char {
            'a'..='z' => 'a',
            'A'..='Z' => 'A',
            '0'..='9' => '9',
            other => other,
        };
        text.chars().map(shape).collect()
    }

    #[test]
    fn values_are_others_of_the_same_shape_and_what_the_plugin_knows_stays() {
        let text = "serial_number,Value,who\r\nLX7-4481,5.01,Ragnhild\r\nLX7-4481,Passed,2026-05-04T08:15:30\r\n";
        let replaced = redact(text);
        assert_eq!(shape(&replaced), shape(text));
        for gone in ["LX7", "4481", "Ragnhild"] {
            assert!(!replaced.contains(gone), "{replaced}");
        }
        for stays in ["serial_number,Value,", "Passed,2026-05-04T08:15:30\r\n"] {
            assert!(replaced.contains(stays), "{replaced}");
        }
        let lines: Vec<_> = replaced.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(lines[1], lines[2], "the same stays the same");
        assert_ne!(replaced, redact(text), "who guesses a word cannot try it");
    }

    #[test]
    fn numbers_stay_numbers_of_their_size() {
        let replaced = redact("0.05 120 -3.5e-7 7");
        let numbers: Vec<f64> = replaced.split(' ').map(|number| number.parse().unwrap()).collect();
        assert!(
            (100.0..1000.0).contains(&numbers[1]) && (0.0..1.0).contains(&numbers[0]) && numbers[3] >= 1.0,
            "{replaced}"
        );
    }

    #[test]
    fn more_stays_where_it_has_to() {
        let redact = |stay| Redactor::new(b"", stay).text("Ragnhild;V;4.91;77;2e-3.5;1234");
        let decimals = redact(Stay::Decimals);
        assert!(
            decimals.contains(";4.91;") && !decimals.contains("Ragnhild") && !decimals.contains("1234"),
            "{decimals}"
        );
        let short = redact(Stay::Short);
        assert!(short.contains(";V;4.91;77;") && !short.contains("Ragnhild") && !short.contains("1234"), "{short}");
    }

    #[test]
    fn what_xml_and_json_are_made_of_stays() {
        let xml = "<?xml version=\"1.0\"?><unit id=\"Kari\" xmlns=\"http://x.org/y\">Ola &amp; Per</unit>";
        let replaced = redact(xml);
        assert!(
            replaced.starts_with("<?xml version=\"1.0\"?><unit id=\"") && replaced.ends_with("</unit>"),
            "{replaced}"
        );
        assert!(replaced.contains("\" xmlns=\"http://x.org/y\">") && replaced.contains(" &amp; "), "{replaced}");
        assert!(!replaced.contains("Kari") && !replaced.contains("Ola"), "{replaced}");
        let replaced = redact(r#"{"owner": "Kari \u00e5 \n", "ok": true, "n": [17, null]}"#);
        let value: serde_json::Value = serde_json::from_str(&replaced).unwrap();
        assert_eq!((&value["ok"], &value["n"][1]), (&true.into(), &serde_json::Value::Null), "{replaced}");
        assert!(!replaced.contains("Kari"), "{replaced}");
    }

    #[test]
    fn other_encodings_keep_their_bytes_and_what_is_no_text_is_refused() {
        let redactor = Redactor::new(b"", Stay::Nothing);
        let latin = b"\xc5ge;1";
        assert_eq!(redactor.file(latin).unwrap().len(), latin.len());
        let wide: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain("Åge;12".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let replaced = redactor.file(&wide).unwrap();
        assert!(replaced.len() == wide.len() && replaced.starts_with(&[0xFF, 0xFE]) && replaced != wide);
        assert_eq!("Ågé 中 ω".len(), redactor.text("Ågé 国 λ").len());
        assert!(redactor.file(b"a\0b").is_none());
    }
}
