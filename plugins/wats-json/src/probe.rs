//! Whether a file is WSJF, by its first bytes.

use wats_converter::Detection;

/// How much of the file is looked at. A report that the server exported has its `root` in the middle.
pub(crate) const HEAD: usize = 64 * 1024;

/// How sure it is: 0.98 with a known type and what goes with it, 0.7 with a serial or part number, 0.5 for any other object,
/// 0 for what is no JSON object.
pub(crate) fn probe(head: &[u8]) -> Detection {
    let text = decode(head);
    let mut keys = Keys::new(&text);
    if !keys.enter_object() {
        return Detection::no("no JSON object");
    }
    let mut seen = Seen::default();
    let mut serial = None;
    let mut part = None;
    while let Some((key, value)) = keys.next_key() {
        match key {
            "type" => seen.kind = kind(value),
            "root" => seen.root = true,
            "uur" => seen.uur = true,
            "sn" => serial = Some(value),
            "pn" => part = Some(value),
            "serialNumber" => serial = serial.or(Some(value)),
            "partNumber" => part = part.or(Some(value)),
            _ => {}
        }
    }
    let numbered = serial.is_some() || part.is_some();
    // What has not come yet may still come when the head is not the whole file.
    let cut = head.len() >= HEAD;
    let mut detection = match seen.kind {
        Some(Kind::Test) if seen.root || cut && numbered => Detection::likely(0.98).detail("WSJF, a test"),
        Some(Kind::Repair) if seen.uur || cut && numbered => Detection::likely(0.98).detail("WSJF, a repair"),
        _ if numbered => Detection::likely(0.7).detail("JSON with a serial or part number"),
        _ => Detection::likely(0.5).detail("JSON, and nothing known in it"),
    };
    if let Some(serial) = serial.and_then(plain) {
        detection = detection.serial_number(serial);
    }
    if let Some(part) = part.and_then(plain) {
        detection = detection.part_number(part);
    }
    detection
}

#[derive(Default)]
struct Seen {
    kind: Option<Kind>,
    root: bool,
    uur: bool,
}

enum Kind {
    Test,
    Repair,
}

fn kind(value: &str) -> Option<Kind> {
    match plain(value)?.trim().to_ascii_uppercase().as_str() {
        "T" | "U" | "UUT" | "TEST" => Some(Kind::Test),
        "R" | "UUR" | "REPAIR" => Some(Kind::Repair),
        _ => None,
    }
}

/// The text of a value without escapes.
fn plain(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('\\')).then_some(inner)
}

/// As far as it can be read: the head may end anywhere.
fn decode(head: &[u8]) -> String {
    let unit = |pair: &[u8], little: bool| match pair {
        [a, b] if little => u16::from_le_bytes([*a, *b]),
        [a, b] => u16::from_be_bytes([*a, *b]),
        _ => 0,
    };
    let wide = |bytes: &[u8], little| {
        String::from_utf16_lossy(&bytes.chunks_exact(2).map(|pair| unit(pair, little)).collect::<Vec<u16>>())
    };
    match head {
        [0xff, 0xfe, rest @ ..] => wide(rest, true),
        [0xfe, 0xff, rest @ ..] => wide(rest, false),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        all => String::from_utf8_lossy(all).into_owned(),
    }
}

/// Keys of the first object, without looking into its values.
struct Keys<'a> {
    rest: &'a str,
}

impl<'a> Keys<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.trim_start() }
    }

    /// Into the object, or into the first of an array.
    fn enter_object(&mut self) -> bool {
        self.take('[');
        self.take('{')
    }

    fn take(&mut self, char: char) -> bool {
        let after = self.rest.strip_prefix(char);
        self.rest = after.unwrap_or(self.rest).trim_start();
        after.is_some()
    }

    /// A key, and its value as far as the text goes.
    fn next_key(&mut self) -> Option<(&'a str, &'a str)> {
        self.take(',');
        let end = end_of_value(self.rest)?;
        let (key, rest) = self.rest.split_at_checked(end)?;
        let key = key.strip_prefix('"')?.strip_suffix('"')?;
        self.rest = rest.trim_start();
        if !self.take(':') {
            return None;
        }
        let (value, rest) = match end_of_value(self.rest).and_then(|end| self.rest.split_at_checked(end)) {
            Some(parts) => parts,
            None => (self.rest, ""),
        };
        self.rest = rest.trim_start();
        Some((key, value))
    }
}

/// Where the value at the start of the text ends; none when the text ends before.
fn end_of_value(text: &str) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    for (index, byte) in text.bytes().enumerate() {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' if depth == 0 => return Some(index + 1),
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return Some(if depth == 1 { index + 1 } else { index }),
            b'}' | b']' => depth -= 1,
            b',' | b':' if depth == 0 => return Some(index),
            byte if depth == 0 && byte.is_ascii_whitespace() => return Some(index),
            _ => {}
        }
    }
    None
}
