//! Examples of embedding the WATS station: see `README.md`, and the programs in `src/bin`.

/// The code in the guide is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
pub struct Guide;
