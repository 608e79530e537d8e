//! Converter of tables of measurements.
pub mod moment;
pub mod number;
pub mod settings;
pub mod titles;
pub mod words;
pub mod records;
pub mod text;
pub mod limits;
pub mod sample;
