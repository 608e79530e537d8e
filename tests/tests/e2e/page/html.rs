//! What a page of HTML consists of, and what must hold of ours.

use std::collections::{BTreeMap, HashSet};

use html5gum::{Token, Tokenizer, emitters::default::DefaultEmitter};

/// Elements that have no end.
const VOID: [&str; 3] = ["meta", "link", "br"];
const ELEMENTS: [&str; 31] = [
    "html", "head", "meta", "title", "link", "body", "a", "header", "div", "h1", "h2", "span", "p", "time", "nav",
    "ul", "li", "main", "section", "table", "caption", "thead", "tbody", "tr", "th", "td", "bdi", "code", "br",
    "strong", "footer",
];
const ATTRIBUTES: [&str; 16] = [
    "lang",
    "charset",
    "name",
    "content",
    "http-equiv",
    "rel",
    "href",
    "class",
    "id",
    "tabindex",
    "role",
    "aria-labelledby",
    "aria-label",
    "datetime",
    "scope",
    "title",
];

#[derive(Debug)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    /// With that of all elements in it.
    text: String,
    parent: Option<usize>,
}

/// A page, its elements in the order in which they begin.
#[derive(Debug)]
pub(super) struct Page(Vec<Element>);

impl Page {
    /// Reads it, and takes nothing that a browser would have to mend.
    pub(super) fn read(html: &str) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let (mut elements, mut open, mut faults) = (Vec::<Element>::new(), Vec::<usize>::new(), Vec::new());
        for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
            match token {
                Token::StartTag(tag) => {
                    let attributes =
                        tag.attributes.iter().map(|(name, value)| (text(name), text(&value.value))).collect();
                    let name = text(&tag.name);
                    if !VOID.contains(&name.as_str()) {
                        open.push(elements.len());
                    }
                    let parent = open.iter().rev().find(|at| **at != elements.len()).copied();
                    elements.push(Element { name, attributes, text: String::new(), parent });
                }
                Token::EndTag(tag) => {
                    let ended = open.pop().map(|at| elements[at].name.clone());
                    assert_eq!(ended, Some(text(&tag.name)), "an end without its beginning");
                }
                Token::String(found) => {
                    for at in &open {
                        elements[*at].text.push_str(&text(&found.value));
                    }
                }
                found @ (Token::Comment(_) | Token::Error(_)) => faults.push(found),
                Token::Doctype(_) => assert!(elements.is_empty()),
            }
        }
        assert!(
            open.is_empty() && faults.is_empty(),
            "what has no end: {open:?}, what is wrong: {faults:?}, in {html}"
        );
        Self(elements)
    }

    fn named(&self, name: &str) -> impl Iterator<Item = (usize, &Element)> {
        self.0.iter().enumerate().filter(move |(_, element)| element.name == name)
    }

    fn children(&self, of: usize) -> impl Iterator<Item = (usize, &Element)> {
        self.0.iter().enumerate().filter(move |(_, element)| element.parent == Some(of))
    }

    fn is_in(&self, mut at: usize, ancestor: usize) -> bool {
        while let Some(parent) = self.0[at].parent {
            if parent == ancestor {
                return true;
            }
            at = parent;
        }
        false
    }

    /// Only what is harmless, and all that those need who do not see it.
    pub(super) fn must_be_sound(&self) {
        let mut ids = HashSet::new();
        for element in &self.0 {
            assert!(ELEMENTS.contains(&element.name.as_str()), "{element:?}");
            assert!(element.attributes.keys().all(|name| ATTRIBUTES.contains(&name.as_str())), "{element:?}");
            if let Some(id) = element.attributes.get("id") {
                assert!(ids.insert(id.as_str()), "{id} twice");
            }
        }
        for element in &self.0 {
            if let Some(label) = element.attributes.get("aria-labelledby") {
                assert!(ids.contains(label.as_str()), "{element:?}");
            }
            if let Some(to) = element.attributes.get("href") {
                let goes =
                    to.strip_prefix('#').map_or(to.starts_with('/') && !to.starts_with("//"), |id| ids.contains(id));
                assert!(goes, "{element:?}");
            }
        }
        assert_eq!(self.0[0].attributes.get("lang").map(String::as_str), Some("en"));
        for once in ["title", "h1", "main", "header", "footer", "nav"] {
            let found: Vec<_> = self.text_of(once);
            assert!(matches!(found.as_slice(), [text] if !text.is_empty()), "{once}: {found:?}");
        }
        assert!(self.named("table").count() >= 4);
        for (at, table) in self.named("table") {
            let first = self.children(at).next().unwrap().1;
            assert!(first.name == "caption" && !first.text.is_empty(), "no caption: {table:?}");
            let rows = self.named("tr").filter(|(row, _)| self.is_in(*row, at));
            let cells: HashSet<_> = rows.map(|(row, _)| self.children(row).count()).collect();
            assert_eq!(cells.len(), 1, "rows of unequal length: {table:?}");
        }
        for (_, cell) in self.named("th") {
            let scope = cell.attributes.get("scope").map(String::as_str);
            assert!(matches!(scope, Some("col" | "row")) && !cell.text.is_empty(), "{cell:?}");
        }
        for (at, row) in self.named("tr") {
            assert!(self.children(at).any(|(_, cell)| cell.name == "th"), "a row that nothing names: {row:?}");
        }
    }

    pub(super) fn text_of(&self, name: &str) -> Vec<&str> {
        self.named(name).map(|(_, element)| element.text.as_str()).collect()
    }

    /// The rows of the table whose caption has this id, with that of the titles if there is one.
    pub(super) fn rows(&self, caption: &str) -> Vec<Vec<String>> {
        let caption = self.named("caption").find(|(_, it)| it.attributes.get("id").is_some_and(|id| id == caption));
        let table = caption.unwrap().1.parent.unwrap();
        let rows = self.named("tr").filter(|(row, _)| self.is_in(*row, table));
        rows.map(|(row, _)| self.children(row).map(|(_, cell)| cell.text.clone()).collect()).collect()
    }

    /// The row of a table whose heading is this.
    pub(super) fn row(&self, caption: &str, heading: &str) -> Vec<String> {
        let rows = self.rows(caption);
        let found = rows.iter().find(|row| row[0] == heading).cloned();
        assert!(found.is_some(), "no row {heading:?}: {rows:?}");
        found.unwrap()
    }

    /// After how many seconds it is loaded again.
    pub(super) fn refresh(&self) -> Option<String> {
        let is = |element: &&Element| element.attributes.get("http-equiv").is_some_and(|what| what == "refresh");
        self.0.iter().find(is).map(|element| element.attributes["content"].clone())
    }

    /// Elements and where they are, without their words, some of which change from moment to moment.
    pub(super) fn shape(&self) -> Vec<(&str, Option<usize>)> {
        self.0.iter().map(|element| (element.name.as_str(), element.parent)).collect()
    }
}
