//! What of XML stays: names of elements and attributes, and what a converter recognises a format by.
//!
//! Files that are packed are those that something is wrong with, so nothing is taken for granted here: what stands behind a
//! `<`, a quote or a `<!--` that nobody closed may be anything, and is replaced.

use super::keep;

const CDATA: &str = "<![CDATA[";

/// Markup declarations: what may stand behind `<!`.
const DECLARATIONS: [&str; 5] = ["DOCTYPE", "ENTITY", "ELEMENT", "ATTLIST", "NOTATION"];

/// Words of the language in them: with others, another parser error comes first.
const DECLARATION_WORDS: [&str; 17] = [
    "SYSTEM", "PUBLIC", "NDATA", "CDATA", "PCDATA", "EMPTY", "ANY", "ID", "IDREF", "IDREFS", "ENTITY", "ENTITIES",
    "NMTOKEN", "NMTOKENS", "REQUIRED", "IMPLIED", "FIXED",
];

/// `&thetasym;` and shorter ones.
const LONGEST_ENTITY: usize = 10;

/// What a tag is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    /// `<unit>`, `</unit>`.
    Element,
    /// `<?xml version="1.0"?>`.
    Document,
    /// `<!DOCTYPE unit>`.
    Declaration,
}

/// Names of elements and attributes, entities, namespaces, and what is about the document itself.
pub(super) fn keep_tags(chars: &[char], stays: &mut [bool]) {
    let mut at = 0;
    while let Some(char) = chars.get(at) {
        at = match char {
            '<' => markup(chars, stays, at),
            '&' => entity(chars, stays, at),
            _ => at + 1,
        };
    }
}

/// From a `<`; returns where to go on.
fn markup(chars: &[char], stays: &mut [bool], at: usize) -> usize {
    if starts(chars, at, "<!--") {
        return past(chars, at + "<!--".len(), "-->");
    }
    if starts(chars, at, CDATA) {
        let end = at + CDATA.len();
        keep(stays, at, end);
        return past(chars, end, "]]>");
    }
    if starts(chars, at, "<!") {
        return declaration(chars, stays, at + "<!".len());
    }
    if starts(chars, at, "<?") {
        let end = at + "<?xml".len();
        let is_xml =
            starts(chars, at, "<?xml") && chars.get(end).is_some_and(|char| char.is_whitespace() || *char == '?');
        if !is_xml {
            return past(chars, at + "<?".len(), "?>");
        }
        keep(stays, at, end);
        return inside(chars, stays, end, Tag::Document);
    }
    let from = at + if starts(chars, at, "</") { 2 } else { 1 };
    let end = name_end(chars, from);
    if end == from {
        // `5 < 6`: no tag.
        return from;
    }
    keep_name(chars, stays, from, end);
    inside(chars, stays, end, Tag::Element)
}

/// `<!DOCTYPE unit SYSTEM "unit.dtd">`, from behind the `!`.
fn declaration(chars: &[char], stays: &mut [bool], at: usize) -> usize {
    let end = name_end(chars, at);
    let word = text(chars, at, end);
    if !DECLARATIONS.iter().any(|known| known.eq_ignore_ascii_case(&word)) {
        return at;
    }
    keep(stays, at, end);
    // Behind it the name of what is declared; that of a parameter entity has a % in front.
    let mut from = past_space(chars, end);
    if chars.get(from) == Some(&'%') {
        from = past_space(chars, from + 1);
    }
    let end = name_end(chars, from);
    keep_name(chars, stays, from, end);
    inside(chars, stays, end, Tag::Declaration)
}

/// The rest of a tag, behind its name.
fn inside(chars: &[char], stays: &mut [bool], from: usize, tag: Tag) -> usize {
    let mut at = from;
    // Names before a `=` without quotes behind it. Behind a tag that nobody closed, text of the file may look the same.
    let mut unquoted = Vec::new();
    while let Some(char) = chars.get(at) {
        at = match char {
            '>' => {
                for (from, to) in unquoted {
                    keep_name(chars, stays, from, to);
                }
                return at + 1;
            }
            '<' => return at,
            '"' | '\'' => past_value(chars, stays, at),
            char if is_of_name(*char) => {
                let end = name_end(chars, at);
                let equals = past_space(chars, end);
                if chars.get(equals) == Some(&'=') {
                    let value = past_space(chars, equals + 1);
                    if matches!(chars.get(value), Some('"' | '\'')) {
                        keep_name(chars, stays, at, end);
                        keep_value(chars, stays, (at, end, value), tag);
                        past_value(chars, stays, value)
                    } else {
                        unquoted.push((at, end));
                        let ends = |char: &char| char.is_whitespace() || matches!(char, '<' | '>');
                        (value..chars.len()).find(|at| chars.get(*at).is_none_or(ends)).unwrap_or(chars.len())
                    }
                } else {
                    if tag == Tag::Declaration && DECLARATION_WORDS.contains(&text(chars, at, end).as_str()) {
                        keep(stays, at, end);
                    }
                    end
                }
            }
            _ => at + 1,
        };
    }
    at
}

/// Keeps the value of an attribute where a format is recognised by it: where its name begins, where that ends, and where the
/// quote before the value is.
fn keep_value(chars: &[char], stays: &mut [bool], (name, name_end, quote): (usize, usize, usize), tag: Tag) {
    let Some(end) = closing(chars, quote) else { return };
    let name = text(chars, name, name_end);
    let value = chars.get(quote + 1..end).unwrap_or_default();
    // Else the quote is one of another value, and text of the file lies between.
    let is_one = !value.iter().any(|char| matches!(char, '<' | '>'));
    let is_word = is_one && !value.iter().any(|char| char.is_whitespace());
    let stay = match tag {
        // `xsi:type` says which element of the format this is.
        Tag::Element if ["xmlns", "xsi:type"].contains(&name.as_str()) || name.starts_with("xmlns:") => is_word,
        // `schemaLocation` and `noNamespaceSchemaLocation`, with words between spaces.
        Tag::Element => is_one && name.to_ascii_lowercase().ends_with("schemalocation"),
        Tag::Document => is_word && matches!(name.as_str(), "version" | "encoding" | "standalone"),
        Tag::Declaration => false,
    };
    if stay {
        keep(stays, quote, end);
    }
}

/// Behind a value in quotes, of which entities stay. A quote that nobody closes is none.
fn past_value(chars: &[char], stays: &mut [bool], quote: usize) -> usize {
    let Some(end) = closing(chars, quote) else { return quote + 1 };
    let mut at = quote + 1;
    while at < end {
        at = if chars.get(at) == Some(&'&') { entity(chars, stays, at) } else { at + 1 };
    }
    end + 1
}

/// `&amp;`, `&#228;`: from the `&`.
fn entity(chars: &[char], stays: &mut [bool], at: usize) -> usize {
    let from = at + if chars.get(at + 1) == Some(&'#') { 2 } else { 1 };
    let is_letter = |at: usize| chars.get(at).is_some_and(char::is_ascii_alphanumeric);
    let end = (from..=from + LONGEST_ENTITY).find(|at| !is_letter(*at));
    match end {
        Some(end) if end > from && chars.get(end) == Some(&';') => {
            keep(stays, at, end);
            end + 1
        }
        _ => at + 1,
    }
}

/// Where a quote is closed.
fn closing(chars: &[char], quote: usize) -> Option<usize> {
    let open = chars.get(quote)?;
    (quote + 1..chars.len()).find(|at| chars.get(*at) == Some(open))
}

/// Keeps it where it can be a name: those do not begin with a digit, and serial numbers may.
fn keep_name(chars: &[char], stays: &mut [bool], from: usize, to: usize) {
    if chars.get(from).is_some_and(|char| char.is_alphabetic() || matches!(char, '_' | ':')) {
        keep(stays, from, to);
    }
}

fn is_of_name(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | ':')
}

fn name_end(chars: &[char], from: usize) -> usize {
    let rest = chars.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|char| is_of_name(**char)).count()
}

fn past_space(chars: &[char], from: usize) -> usize {
    let rest = chars.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|char| char.is_whitespace()).count()
}

/// Behind the next `end`, which has ASCII characters only; where there is none, the end of the file.
fn past(chars: &[char], from: usize, end: &str) -> usize {
    (from..chars.len()).find(|at| starts(chars, *at, end)).map_or(chars.len(), |at| at + end.len())
}

/// Whether these ASCII characters stand there.
fn starts(chars: &[char], at: usize, text: &str) -> bool {
    let rest = chars.get(at..).unwrap_or_default();
    rest.len() >= text.len() && text.chars().zip(rest).all(|(wanted, char)| wanted == *char)
}

fn text(chars: &[char], from: usize, to: usize) -> String {
    chars.get(from..to).unwrap_or_default().iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Redactor, Stay};

    fn redact(xml: &str) -> String {
        let replaced = Redactor::new(b"", Stay::Nothing).text(xml);
        let other = |char: char| !char.is_alphanumeric();
        assert_eq!(replaced.len(), xml.len(), "{replaced}");
        assert_eq!(
            replaced.replace(|c| !other(c), "x"),
            xml.replace(|c| !other(c), "x"),
            "separators stay: {replaced}"
        );
        replaced
    }

    /// Words that are gone, long enough not to come back by chance, and pieces that stay.
    fn check(xml: &str, gone: &[&str], stays: &[&str]) {
        let replaced = redact(xml);
        for word in gone {
            assert!(xml.contains(word) && !replaced.contains(word), "{word:?} stays in {replaced:?}");
        }
        for piece in stays {
            assert!(xml.contains(piece) && replaced.contains(piece), "{piece:?} is gone from {replaced:?}");
        }
    }

    #[test]
    fn comments_instructions_and_cdata_are_replaced() {
        check(
            "<a><!-- operator Kari Nordmann, badge=471108 <b who='x'>, dut SNX-99812 --><c d=\"Volvo\"/></a>",
            &["operator", "Kari", "Nordmann", "badge", "471108", "99812", "Volvo"],
            &["<a><!-- ", " --><c d=\"", "/></a>"],
        );
        check(
            "<?xml version=\"1.0\" encoding='iso-8859-1'?><?mes order=\"ORD-556677\" who=\"Kari Nordmann\"?><unit/>",
            &["556677", "Kari", "Nordmann"],
            &["<?xml version=\"1.0\" encoding='iso-8859-1'?><?", "?><unit/>"],
        );
        check(
            "<a><![CDATA[Returned by customer Volvo Torslanda, serial=QQ7788 <tag> R&D471108;]]></a>",
            &["Returned", "customer", "Volvo", "Torslanda", "serial", "QQ7788", "D471108"],
            &["<a><![CDATA[", "]]></a>"],
        );
    }

    #[test]
    fn addresses_stay_as_names_of_formats_only() {
        check(
            "<a xmlns='http://acme.example/results' xmlns:t = \"urn:results\" \
             xsi:schemaLocation=\"urn:results results.xsd\" xsi:type=\"TS_double\" link=\"http://mes.acme.local/unit/SNX-99812/Kari\" \
             id='urn:uut:QQ7788'>http://mes.acme.local/unit/Nordmann urn:uut:ZULU-9<b/></a>",
            &["local", "99812", "Kari", "QQ7788", "Nordmann", "ZULU"],
            &[
                "<a xmlns='http://acme.example/results' xmlns:t = \"urn:results\"",
                "xsi:schemaLocation=\"urn:results results.xsd\" xsi:type=\"TS_double\" link=\"",
                "<b/></a>",
            ],
        );
    }

    #[test]
    fn what_stands_behind_something_unclosed_is_replaced() {
        let gone = ["Kari", "Nordmann", "471108", "99812"];
        check("<a><unit\nKari Nordmann badge 471108\nSNX-99812 = ok\n</a>", &gone, &["<a><unit\n", "</a>"]);
        check("<a><unit id=\"1\" Kari Nordmann\n471108=\"SNX-99812", &gone, &["<a><unit id=\""]);
        check("<a xmlns=\"urn:x>Kari Nordmann</a><b c=\"471108 SNX-99812\">", &gone, &["<a xmlns=\""]);
        check("<a xmlns=\"Kari>Nordmann 471108 SNX-99812", &gone, &["<a xmlns=\""]);
        check("<a><!-- Kari Nordmann 471108</a><b c='SNX-99812'>", &gone, &["<a><!-- "]);
        check("<a><![CDATA[Kari Nordmann 471108</a>SNX-99812 = 1", &gone, &["<a><![CDATA["]);
        check(
            "<?xml version=\"1.0\"><a>Kari Nordmann 471108 < SNX-99812</a>",
            &gone,
            &["<?xml version=\"1.0\"><a>", "</a>"],
        );
        check("<?xml version=\"1.0 Kari\" Nordmann 471108 SNX-99812", &gone, &["<?xml version=\""]);
    }

    #[test]
    fn names_entities_and_declarations_stay() {
        check(
            "<!DOCTYPE unit SYSTEM \"Kari.dtd\" [<!ENTITY who \"Nordmann\">]>\n\
             <t:unit data-no=\"471108\" t:id = 'Olav &#228; &lt; Peder' plain=Volvo>&who; &quot;QX8177&quot;</t:unit>",
            &["Kari", "Nordmann", "471108", "Olav", "Peder", "Volvo", "QX8177"],
            &[
                "<!DOCTYPE unit SYSTEM \"",
                " [<!ENTITY who \"",
                "<t:unit data-no=\"",
                "\" t:id = '",
                " &#228; &lt; ",
                " plain=",
                ">&who; &quot;",
                "&quot;</t:unit>",
            ],
        );
    }
}
