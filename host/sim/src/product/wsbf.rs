//! Reading bills of materials that come as WSBF documents.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};
use serde_json::{Value, json};

const NAMESPACE: &str = "http://wats.virinco.com/schemas/WATS/wsbf";

/// A document: whose parts they are, and the parts as the server has them.
#[derive(Debug)]
pub(crate) struct Wsbf {
    pub(crate) part: String,
    pub(crate) revision: String,
    pub(crate) items: Vec<Value>,
}

/// The text says what is wrong.
pub(crate) fn read(document: &[u8]) -> Result<Wsbf, String> {
    let text = std::str::from_utf8(document).map_err(|error| format!("the document is not UTF-8: {error}"))?;
    let mut reader = NsReader::from_str(text);
    let mut found: Option<Wsbf> = None;
    let mut depth = 0_usize;
    loop {
        let event = reader.read_event().map_err(|error| format!("the document is not well-formed: {error}"))?;
        let (element, is_open) = match &event {
            Event::Start(element) => (element, true),
            Event::Empty(element) => (element, false),
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            Event::DocType(_) => return Err("a document type is not allowed".to_owned()),
            Event::Eof => break,
            _ => continue,
        };
        let (namespace, name) = reader.resolver().resolve_element(element.name());
        if !matches!(namespace, ResolveResult::Bound(bound) if bound.0 == NAMESPACE) {
            return Err(format!("an element of another namespace than {NAMESPACE}"));
        }
        match (depth, name.as_ref(), &mut found) {
            (0, "BOM", None) => found = Some(head(element)?),
            (1, "Component", Some(bom)) => bom.items.push(component(element)?),
            (_, name, _) => return Err(format!("the element {name} is out of place")),
        }
        depth += usize::from(is_open);
    }
    found.filter(|_| depth == 0).ok_or_else(|| "the document has no whole BOM element".to_owned())
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let Some(found) = element.try_get_attribute(name).map_err(|error| error.to_string())? else { return Ok(None) };
    let value = found.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
    Ok(Some(value.into_owned()))
}

fn needed(element: &BytesStart<'_>, name: &str) -> Result<String, String> {
    let value = attribute(element, name)?.filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("the attribute {name} is missing"))
}

fn head(element: &BytesStart<'_>) -> Result<Wsbf, String> {
    let revision = attribute(element, "Revision")?.unwrap_or_default();
    Ok(Wsbf { part: needed(element, "Partnumber")?, revision, items: Vec::new() })
}

fn component(element: &BytesStart<'_>) -> Result<Value, String> {
    let quantity = attribute(element, "Qty")?.unwrap_or_else(|| "1".to_owned());
    let quantity: u32 = quantity.parse().map_err(|_| format!("the quantity {quantity:?} is no whole number"))?;
    Ok(json!({
        "partNumber": needed(element, "Number")?, "revision": attribute(element, "Rev")?, "quantity": quantity,
        "description": attribute(element, "Desc")?, "componentRef": attribute(element, "Ref")?,
        "functionBlock": attribute(element, "FunctionBlock")?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_bill_of_materials_is_refused_with_a_reason() {
        let ns = format!("xmlns=\"{NAMESPACE}\"");
        let check = |text: &str, expected: &str| {
            let error = read(text.replace("NS", &ns).as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("", "no whole BOM");
        check("<BOM NS Partnumber='A'>", "no whole BOM");
        check("<BOM Partnumber='A'/>", "another namespace");
        check("<BOM NS/>", "Partnumber");
        check("<BOM NS Partnumber='A'><Component Qty='1'/></BOM>", "Number");
        check("<BOM NS Partnumber='A'><Component Number='B' Qty='x'/></BOM>", "no whole number");
        check("<BOM NS Partnumber='A'><Part/></BOM>", "out of place");
        check("<BOM NS Partnumber='A'/><BOM NS Partnumber='A'/>", "out of place");
        check("<!DOCTYPE x><BOM NS Partnumber='A'/>", "document type");
        check("<BOM NS Partnumber='A'></X>", "not well-formed");
        let read = read(format!("<BOM {ns} Partnumber='A'><Component Number='&amp;'/></BOM>").as_bytes()).unwrap();
        assert_eq!((read.part.as_str(), read.items[0]["partNumber"].as_str()), ("A", Some("&")));
    }
}
