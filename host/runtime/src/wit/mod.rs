//! The contract, one module per track. Each translates between its own types and those of this crate, and nothing of it
//! is seen outside.

pub(crate) mod v0_1;
