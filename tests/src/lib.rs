//! What the end-to-end tests stand on. The tests themselves are in `tests/`.

pub mod embedded;
