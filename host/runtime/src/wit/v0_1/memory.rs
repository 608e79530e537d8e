//! The interface `state`: what a scheduled converter remembers, if it was granted `state`.

use wasmtime::Result;

use super::scheduled::wats::converter::state::{Host, StateError};
use crate::limits::Limit;
use crate::manifest::Grant;
use crate::state::State;

/// Characters of a key at most.
const MAX_KEY_CHARS: usize = 200;

impl State {
    fn may_remember(&mut self, key: Option<&str>) -> Result<std::result::Result<(), StateError>> {
        self.not_in_describe("state")?;
        if !self.facts.grants.has(&Grant::State) {
            return Ok(Err(StateError::Denied));
        }
        let is_key = |key: &str| (1..=MAX_KEY_CHARS).contains(&key.chars().count());
        Ok(if key.is_none_or(is_key) { Ok(()) } else { Err(StateError::InvalidKey) })
    }
}

impl Host for State {
    fn keys(&mut self) -> Result<std::result::Result<Vec<String>, StateError>> {
        Ok(self.may_remember(None)?.map(|()| self.memory.keys()))
    }

    fn get(&mut self, key: String) -> Result<std::result::Result<Option<Vec<u8>>, StateError>> {
        Ok(self.may_remember(Some(&key))?.map(|()| self.memory.get(&key).map(<[u8]>::to_vec)))
    }

    fn set(&mut self, key: String, value: Vec<u8>) -> Result<std::result::Result<(), StateError>> {
        if let Err(error) = self.may_remember(Some(&key))? {
            return Ok(Err(error));
        }
        self.memory.set(key, Some(value));
        let (found, allowed) = (self.memory.bytes(), self.limits().state_bytes);
        if found > allowed {
            return Err(self.over(Limit::StateBytes, found, allowed, "wants to remember too much"));
        }
        Ok(Ok(()))
    }

    fn delete(&mut self, key: String) -> Result<std::result::Result<(), StateError>> {
        Ok(self.may_remember(Some(&key))?.map(|()| self.memory.set(key, None)))
    }
}
