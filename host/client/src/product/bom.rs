//! Bills of materials: what a revision of a product is made of.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{OtherFields, optional_id};

const NAMESPACE: &str = "http://wats.virinco.com/schemas/WATS/wsbf";
/// Stands between reference designators.
const SEPARATOR: char = ';';

/// A bill of materials, as [`Products::upload_bom`](crate::Products::upload_bom) sends it: a WSBF document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Bom {
    /// Part number of the product.
    pub part_number: String,
    /// Its revision.
    pub revision: String,
    /// What the product is.
    pub description: Option<String>,
    /// What it is made of.
    pub components: Vec<BomComponent>,
}

/// A part in a bill of materials.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct BomComponent {
    /// Part number of the part.
    pub part_number: String,
    /// Its revision: the part's own, not its manufacturer's number.
    pub revision: Option<String>,
    /// How many.
    pub quantity: u32,
    /// What it is.
    pub description: Option<String>,
    /// Where they are, like `D1` and `D2`.
    pub references: Vec<String>,
    /// The block of the circuit that they belong to.
    pub function_block: Option<String>,
}

impl Bom {
    /// An empty one, of this revision of this product.
    pub fn new(part_number: impl Into<String>, revision: impl Into<String>) -> Self {
        Self { part_number: part_number.into(), revision: revision.into(), ..Self::default() }
    }

    /// The document, or which text cannot stand in one.
    pub(super) fn to_wsbf(&self) -> Result<Vec<u8>, String> {
        self.check()?;
        let mut writer = Writer::new(Vec::new());
        self.write(&mut writer).map_err(|error| error.to_string())?;
        Ok(writer.into_inner())
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        let of_all = [("xmlns", NAMESPACE), ("Partnumber", &self.part_number), ("Revision", &self.revision)].map(Some);
        let attributes = of_all.into_iter().chain([optional("Desc", self.description.as_deref())]).flatten();
        writer.create_element("BOM").with_attributes(attributes).write_inner_content(|writer| {
            for component in &self.components {
                component.write(writer)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// XML has no form for some characters, and the document none for a reference with a separator in it.
    fn check(&self) -> Result<(), String> {
        text("the part number", &self.part_number, true)?;
        text("the revision", &self.revision, false)?;
        text("the description", self.description.as_deref().unwrap_or_default(), false)?;
        for (index, component) in self.components.iter().enumerate() {
            component.check().map_err(|problem| format!("component {}: {problem}", index + 1))?;
        }
        Ok(())
    }
}

impl BomComponent {
    /// So many of this part.
    pub fn new(part_number: impl Into<String>, quantity: u32) -> Self {
        Self { part_number: part_number.into(), quantity, ..Self::default() }
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let quantity = self.quantity.to_string();
        let references = self.references.join(&SEPARATOR.to_string());
        let attributes = [
            Some(("Number", self.part_number.as_str())),
            optional("Rev", self.revision.as_deref()),
            Some(("Qty", &quantity)),
            optional("Desc", self.description.as_deref()),
            optional("Ref", Some(references.as_str()).filter(|text| !text.is_empty())),
            optional("FunctionBlock", self.function_block.as_deref()),
        ];
        writer.create_element("Component").with_attributes(attributes.into_iter().flatten()).write_empty()?;
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        text("the part number", &self.part_number, true)?;
        for (what, value) in [
            ("the revision", &self.revision),
            ("the description", &self.description),
            ("the function block", &self.function_block),
        ] {
            text(what, value.as_deref().unwrap_or_default(), false)?;
        }
        for reference in &self.references {
            text("a reference", reference, true)?;
            if reference.contains(SEPARATOR) {
                return Err(format!("the reference {reference:?} contains a {SEPARATOR:?}; give each one by itself"));
            }
        }
        Ok(())
    }
}

fn optional<'a>(name: &'static str, value: Option<&'a str>) -> Option<(&'static str, &'a str)> {
    Some((name, value?))
}

fn text(what: &str, value: &str, is_needed: bool) -> Result<(), String> {
    if is_needed && value.is_empty() {
        return Err(format!("{what} is empty"));
    }
    let is_no_xml =
        |c: &char| matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    match value.chars().find(is_no_xml) {
        Some(bad) => Err(format!("{what} {value:?} contains {bad:?}, which cannot stand in XML")),
        None => Ok(()),
    }
}

/// A part in a bill of materials, as the server's own pages have it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct BomItem {
    /// The server's own id.
    #[serde(alias = "BomItemId", deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub bom_item_id: Option<Uuid>,
    /// The server's own id of the revision that it is a part of.
    #[serde(alias = "ProductRevisionId", deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub product_revision_id: Option<Uuid>,
    /// Reference designators, with `;` between them.
    #[serde(alias = "ComponentRef", alias = "compRef")]
    pub component_ref: Option<String>,
    /// Part number of the part.
    #[serde(alias = "PartNumber")]
    pub part_number: Option<String>,
    /// What it is.
    #[serde(alias = "Description")]
    pub description: Option<String>,
    /// How many; the server takes none for 1.
    #[serde(alias = "Quantity")]
    pub quantity: Option<i64>,
    /// Who makes it.
    #[serde(alias = "Manufacturer")]
    pub manufacturer: Option<String>,
    /// The maker's part number.
    #[serde(alias = "ManufacturerPn")]
    pub manufacturer_pn: Option<String>,
    /// Who sells it.
    #[serde(alias = "Vendor")]
    pub vendor: Option<String>,
    /// The seller's part number.
    #[serde(alias = "VendorPn")]
    pub vendor_pn: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl BomItem {
    /// So many of this part.
    pub fn new(part_number: impl Into<String>, quantity: i64) -> Self {
        Self { part_number: Some(part_number.into()), quantity: Some(quantity), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lamp() -> Bom {
        let led = BomComponent {
            revision: Some("1".into()),
            description: Some("LED".into()),
            references: ["D1", "D2", "D3", "D4"].map(str::to_owned).to_vec(),
            ..BomComponent::new("LED-3", 4)
        };
        Bom { description: Some("Lamp".into()), components: vec![led], ..Bom::new("LAMP-7", "C") }
    }

    #[test]
    fn the_document_has_the_servers_form() {
        assert_eq!(
            String::from_utf8(lamp().to_wsbf().unwrap()).unwrap(),
            r#"<?xml version="1.0" encoding="utf-8"?><BOM xmlns="http://wats.virinco.com/schemas/WATS/wsbf" Partnumber="LAMP-7" Revision="C" Desc="Lamp"><Component Number="LED-3" Rev="1" Qty="4" Desc="LED" Ref="D1;D2;D3;D4"/></BOM>"#
        );
    }

    #[test]
    fn no_text_can_break_out_of_its_place() {
        let mut bom = lamp();
        bom.components[0].description = Some("a\"/><Component Number='x' & <y>\n\t]]>".into());
        let text = String::from_utf8(bom.to_wsbf().unwrap()).unwrap();
        assert_eq!(text.matches("<Component").count(), 1, "{text}");
        assert!(text.contains("Number=&apos;x&apos; &amp; &lt;y&gt;&#10;&#9;]]&gt;"), "{text}");
    }

    #[test]
    fn what_the_document_cannot_say_is_refused_with_its_place() {
        let check = |change: fn(&mut Bom), expected: &str| {
            let mut bom = lamp();
            change(&mut bom);
            assert_eq!(bom.to_wsbf().unwrap_err(), expected);
        };
        check(|bom| bom.part_number.clear(), "the part number is empty");
        check(
            |bom| bom.description = Some("a\u{1}".into()),
            "the description \"a\\u{1}\" contains '\\u{1}', which cannot stand in XML",
        );
        check(
            |bom| bom.components[0].references = vec!["D1;D2".into()],
            "component 1: the reference \"D1;D2\" contains a ';'; give each one by itself",
        );
        check(|bom| bom.components[0].references = vec![String::new()], "component 1: a reference is empty");
    }
}
