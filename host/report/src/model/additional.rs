//! Nested free data: `additionalData` of a report, `additionalResults` of a step. Values are always texts.

use crate::Extra;

/// One named tree of free data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AdditionalData {
    /// 1 to 200 characters.
    pub name: String,
    /// What it holds.
    pub props: Vec<AdditionalProperty>,
    /// Unknown keys.
    pub extra: Extra,
}

/// One property in a tree of free data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AdditionalProperty {
    /// Not empty.
    pub name: String,
    /// Not empty: `Number`, `String`, `Obj`, `Array`.
    pub kind: String,
    /// Flags of the test executive.
    pub flags: Option<i64>,
    /// The value as text, also for numbers.
    pub value: Option<String>,
    /// A remark.
    pub comment: Option<String>,
    /// How to display a number: `%d`.
    pub num_format: Option<String>,
    /// Properties of an `Obj`.
    pub props: Vec<AdditionalProperty>,
    /// Elements of an `Array`.
    pub array: Option<Box<AdditionalArray>>,
    /// Unknown keys.
    pub extra: Extra,
}

impl AdditionalProperty {
    /// A property with a value.
    pub fn new(name: impl Into<String>, kind: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), kind: kind.into(), value: Some(value.into()), ..Self::default() }
    }
}

/// Elements of an array property.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AdditionalArray {
    /// How many indexes an element has.
    pub dimension: i64,
    /// Kind of the elements.
    pub kind: String,
    /// The elements (`indexes`).
    pub items: Vec<AdditionalArrayItem>,
    /// Unknown keys.
    pub extra: Extra,
}

/// One element of an array property.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AdditionalArrayItem {
    /// Its place as text: `[0]`.
    pub text: String,
    /// Its place.
    pub indexes: Vec<i64>,
    /// The element.
    pub value: Option<Box<AdditionalProperty>>,
    /// Unknown keys.
    pub extra: Extra,
}
