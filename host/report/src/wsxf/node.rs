//! One `Report` element as a small tree.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

use crate::{MAX_DEPTH, ReadError};

/// Elements inside each other: each step takes one level, and what it holds a few more.
const MAX_XML_DEPTH: usize = MAX_DEPTH + 16;

/// An element without its name space.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Node>,
    /// Where it begins, in bytes.
    pub(super) offset: u64,
}

/// An attribute or element that cannot be understood.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) offset: u64,
    /// `Step/@Status`
    pub(super) what: String,
    pub(super) found: String,
    pub(super) allowed: String,
}

impl Node {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Child elements of that name.
    pub(super) fn all<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.is(name))
    }

    pub(super) fn first(&self, name: &'static str) -> Option<&Self> {
        self.all(name).next()
    }

    /// An attribute that says something, trimmed.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// An attribute as it is, also an empty one.
    pub(super) fn raw_attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// An attribute as owned text.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.attribute(name).map(str::to_owned)
    }

    /// The text in it, if it says something.
    pub(super) fn content(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }

    /// An attribute through a function that may not understand it.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Wrong> {
        let Some(text) = self.attribute(name) else { return Ok(None) };
        match parse(text) {
            Some(value) => Ok(Some(value)),
            None => Err(self.wrong(name, text, allowed)),
        }
    }

    pub(super) fn int(&self, name: &str) -> Result<Option<i64>, Wrong> {
        self.parsed(name, "a whole number", |text| text.parse().ok())
    }

    pub(super) fn float(&self, name: &str) -> Result<Option<f64>, Wrong> {
        self.parsed(name, "a number such as 4.9, NaN or INF", parse_float)
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, Wrong> {
        self.parsed(name, "true, false, 1 or 0", |text| match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        })
    }

    /// What is wrong with an attribute.
    pub(super) fn wrong(&self, attribute: &str, found: &str, allowed: &str) -> Wrong {
        let found: String = found.chars().take(60).collect();
        self.wrong_element(&format!("/@{attribute}"), &format!("\"{found}\""), allowed)
    }

    /// What is wrong with the element, or with something in it.
    pub(super) fn wrong_element(&self, inside: &str, found: &str, allowed: &str) -> Wrong {
        let what = format!("{}{inside}", self.name);
        Wrong { offset: self.offset, what, found: found.to_owned(), allowed: allowed.to_owned() }
    }
}

/// Numbers of XML Schema, which says INF where others say Infinity.
fn parse_float(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Reads elements from a document, one tree at a time.
pub(super) struct Elements<'a> {
    reader: Reader<&'a [u8]>,
}

impl<'a> Elements<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { reader: Reader::from_str(text) }
    }

    fn broken(&self, problem: &dyn ToString) -> ReadError {
        ReadError::Xml { offset: self.reader.buffer_position(), problem: problem.to_string() }
    }

    fn next_event(&mut self) -> Result<Event<'a>, ReadError> {
        self.reader
            .read_event()
            .map_err(|error| ReadError::Xml { offset: self.reader.error_position(), problem: error.to_string() })
    }

    /// The next element that is opened at this level, without what is in it. None when the level ends.
    pub(super) fn open(&mut self) -> Result<Option<(Node, bool)>, ReadError> {
        loop {
            let offset = self.reader.buffer_position();
            match self.next_event()? {
                Event::Start(start) => return Ok(Some((self.node(&start, offset)?, true))),
                Event::Empty(start) => return Ok(Some((self.node(&start, offset)?, false))),
                Event::End(_) | Event::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    /// Reads what is in an element that was opened.
    pub(super) fn fill(&mut self, node: Node) -> Result<Node, ReadError> {
        let mut open = vec![node];
        loop {
            let offset = self.reader.buffer_position();
            let event = self.next_event()?;
            let depth = open.len();
            let Some(top) = open.last_mut() else { return Err(self.broken(&"an element is closed twice")) };
            match event {
                Event::Start(start) => {
                    if depth >= MAX_XML_DEPTH {
                        return Err(ReadError::TooDeep { place: format!("byte {offset}"), allowed: MAX_XML_DEPTH });
                    }
                    open.push(self.node(&start, offset)?);
                }
                Event::Empty(start) => {
                    let node = self.node(&start, offset)?;
                    if let Some(top) = open.last_mut() {
                        top.children.push(node);
                    }
                }
                Event::Text(text) => top.text.push_str(&text.xml10_content()),
                Event::CData(text) => top.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let Some(c) = resolve(&reference) else {
                        let name = reference.xml10_content().into_owned();
                        return Err(self.broken(&format!("unknown entity &{name};")));
                    };
                    top.text.push(c);
                }
                Event::End(_) => {
                    let Some(done) = open.pop() else { return Err(self.broken(&"an element is closed twice")) };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                Event::Eof => {
                    let name = top.name.clone();
                    return Err(self.broken(&format!("the document ends inside {name}")));
                }
                _ => {}
            }
        }
    }

    fn node(&self, start: &BytesStart<'_>, offset: u64) -> Result<Node, ReadError> {
        let name = start.local_name().into_inner().to_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| self.broken(&error))?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| self.broken(&error))?;
            attributes.push((attribute.key.local_name().into_inner().to_owned(), value.into_owned()));
        }
        Ok(Node { name, attributes, text: String::new(), children: Vec::new(), offset })
    }
}

fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Some(c);
    }
    match &*reference.xml10_content() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}
