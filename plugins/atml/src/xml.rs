//! A pull reader of elements: names with their vocabulary, attributes as values, places, and hard limits.
//!
//! No document type declarations, so no entities beyond the five of XML, and nothing is ever fetched.

use std::borrow::Cow;
use std::io::Read;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};
use quick_xml::reader::NsReader;

use crate::error::{At, Fault, Kind, Place, Result};
use crate::input::Input;
use crate::names::{self, Space};

/// Elements inside elements. Reports are as deep as their sequences, some ten or twenty; the contract ends at 256.
const MAX_DEPTH: usize = 256;

/// Attributes of one element. The schema knows a dozen.
const MAX_ATTRIBUTES: usize = 64;

/// Text of one element.
const MAX_TEXT_BYTES: usize = 32 * 1024 * 1024;

/// An element's start tag.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) space: Space,
    pub(crate) name: Cow<'static, str>,
    attributes: Vec<(Cow<'static, str>, String)>,
    /// The local part of `xsi:type`.
    pub(crate) xsi_type: Option<String>,
    pub(crate) place: Place,
}

impl Element {
    /// The attribute of that name without a prefix, trimmed; none when it is missing or empty.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.raw_attribute(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The attribute as it is, even empty.
    pub(crate) fn raw_attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is(&self, space: Space, name: &str) -> bool {
        self.space == space && self.name == name
    }

    /// Vocabulary and name, for `match`.
    pub(crate) fn key(&self) -> (Space, &str) {
        (self.space, &self.name)
    }
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Node {
    Open(Element),
    /// Text, to be had with [`Xml::append_chunk_to`].
    Text,
    Close,
    End,
}

pub(crate) struct Xml<R: Read> {
    reader: NsReader<Input<R>>,
    buffer: Vec<u8>,
    /// Where the node read last begins.
    place: Place,
    depth: usize,
    root_seen: bool,
    root_uri: String,
    chunk: String,
}

impl<R: Read> Xml<R> {
    pub(crate) fn new(source: R) -> Result<Self> {
        let mut reader = NsReader::from_reader(Input::new(source)?);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        Ok(Self {
            reader,
            buffer: Vec::with_capacity(4096),
            place: Place { line: 1, column: 1 },
            depth: 0,
            root_seen: false,
            root_uri: String::new(),
            chunk: String::new(),
        })
    }

    /// Where the node read last begins.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// How much of a file of that size was taken in.
    pub(crate) fn fraction(&self, size: u64) -> f64 {
        self.reader.get_ref().fraction(size)
    }

    /// Namespace URI of the root element, empty when it has none.
    pub(crate) fn root_uri(&self) -> &str {
        &self.root_uri
    }

    /// The next child element of the open one, or none at its end. Text between children is passed over.
    pub(crate) fn child(&mut self) -> Result<Option<Element>> {
        loop {
            match self.next()? {
                Node::Open(element) => return Ok(Some(element)),
                Node::Text => {}
                Node::Close | Node::End => return Ok(None),
            }
        }
    }

    /// Passes over the rest of the open element.
    pub(crate) fn skip(&mut self) -> Result<()> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if matches!(self.next()?, Node::End) {
                break;
            }
        }
        Ok(())
    }

    /// The text of the open element to its end, without that of elements inside.
    pub(crate) fn text(&mut self) -> Result<String> {
        let mut text = String::new();
        loop {
            match self.next()? {
                Node::Text => self.append_chunk_to(&mut text)?,
                Node::Open(_) => self.skip()?,
                Node::Close | Node::End => return Ok(text),
            }
        }
    }

    /// Appends the text of the last [`Node::Text`].
    pub(crate) fn append_chunk_to(&self, text: &mut String) -> Result<()> {
        if text.len() + self.chunk.len() > MAX_TEXT_BYTES {
            let limit = MAX_TEXT_BYTES / (1024 * 1024);
            return Err(Fault::malformed(self.place, format!("the text of one element is longer than {limit} MiB")));
        }
        text.push_str(&self.chunk);
        Ok(())
    }

    pub(crate) fn next(&mut self) -> Result<Node> {
        loop {
            self.buffer.clear();
            let input = self.reader.get_mut();
            input.begin_event();
            self.place = input.place();
            let place = self.place;
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => {
                    let below = self.reader.get_mut().take_fault();
                    return Err(below.unwrap_or_else(|| fault_of(&error, place)));
                }
            };
            match event {
                Event::Start(start) => {
                    if self.depth == 0 && self.root_seen {
                        let message = "a second root element; an XML file has one".to_owned();
                        return Err(Fault::malformed(place, message));
                    }
                    if self.depth >= MAX_DEPTH {
                        let message = format!("elements stand more than {MAX_DEPTH} deep inside each other");
                        return Err(Fault::malformed(place, message));
                    }
                    let resolver = self.reader.resolver();
                    if self.depth == 0
                        && let ResolveResult::Bound(namespace) = resolver.resolve_element(start.name()).0
                    {
                        namespace.0.clone_into(&mut self.root_uri);
                    }
                    let element = element(resolver, &start, place)?;
                    self.root_seen = true;
                    self.depth += 1;
                    return Ok(Node::Open(element));
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Node::Close);
                }
                Event::Text(text) => {
                    let text = text.xml10_content();
                    if self.depth > 0 {
                        text.as_ref().clone_into(&mut self.chunk);
                        return Ok(Node::Text);
                    }
                    if !text.trim().is_empty() {
                        return Err(Fault::malformed(place, "text outside of the root element"));
                    }
                }
                Event::CData(data) => {
                    if self.depth == 0 {
                        return Err(Fault::malformed(place, "text outside of the root element"));
                    }
                    data.xml10_content().as_ref().clone_into(&mut self.chunk);
                    return Ok(Node::Text);
                }
                Event::GeneralRef(reference) => {
                    self.chunk.clear();
                    let character = reference
                        .resolve_char_ref()
                        .map_err(|_| Fault::malformed(place, format!("&{};: no such character", &*reference)))?;
                    match character {
                        Some(character) => self.chunk.push(character),
                        None => match resolve_xml_entity(&reference) {
                            Some(text) => self.chunk.push_str(text),
                            None => return Err(unknown_entity(&reference, place)),
                        },
                    }
                    if self.depth == 0 {
                        return Err(Fault::malformed(place, "text outside of the root element"));
                    }
                    return Ok(Node::Text);
                }
                Event::DocType(_) => {
                    let message =
                        "a document type declaration (<!DOCTYPE>); test results have none, and it is not read";
                    return Err(Fault::unsupported(place, message));
                }
                Event::Eof => {
                    if self.depth > 0 {
                        let message = format!("the file ends with {} elements still open", self.depth);
                        return Err(Fault::truncated(place, message));
                    }
                    if !self.root_seen {
                        return Err(Fault::truncated(place, "the file has no root element"));
                    }
                    return Ok(Node::End);
                }
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Empty(_) => {}
            }
        }
    }
}

fn element(resolver: &NamespaceResolver, start: &BytesStart<'_>, place: Place) -> Result<Element> {
    let (namespace, local) = resolver.resolve_element(start.name());
    let space = match namespace {
        ResolveResult::Bound(namespace) => names::space(namespace.0),
        ResolveResult::Unbound => Space::Other,
        ResolveResult::Unknown(prefix) => {
            return Err(Fault::malformed(place, format!("the prefix \"{prefix}\" is not declared")));
        }
    };
    let name = names::intern(local.into_inner());
    let mut attributes = Vec::new();
    let mut xsi_type = None;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| Fault::malformed(place, format!("element {name}: {error}")))?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        if attributes.len() >= MAX_ATTRIBUTES {
            return Err(Fault::malformed(place, format!("element {name} has more than {MAX_ATTRIBUTES} attributes")));
        }
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| Fault::malformed(place, format!("element {name}, attribute: {error}")))?;
        if attribute.key.prefix().is_none() {
            attributes.push((names::intern(attribute.key.local_name().into_inner()), value.into_owned()));
        } else if attribute.key.local_name().into_inner() == "type"
            && let ResolveResult::Bound(namespace) = resolver.resolve_attribute(attribute.key).0
            && names::space(namespace.0) == Space::Xsi
        {
            let local = value.rsplit(':').next().unwrap_or_default();
            xsi_type = Some(local.trim().to_owned());
        }
    }
    Ok(Element { space, name, attributes, xsi_type, place })
}

fn unknown_entity(name: &str, place: Place) -> Fault {
    let message = format!("&{name}; is not one of the five entities of XML (lt, gt, amp, quot, apos)");
    Fault::malformed(place, message)
}

fn fault_of(error: &quick_xml::Error, place: Place) -> Fault {
    match error {
        quick_xml::Error::Syntax(syntax) => Fault::truncated(place, syntax.to_string()),
        quick_xml::Error::Io(io) => Fault::new(Kind::Truncated, At::Place(place), io.to_string()),
        other => Fault::malformed(place, other.to_string()),
    }
}
