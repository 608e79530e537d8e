//! Files that are to be filed away because the ledger says so: their reports are delivered at last, or a crash came between
//! the commit and the way to the archive.

use std::collections::VecDeque;

use wats_queue::SourceRow;

/// Most that wait here; more are told of again.
const MOST: usize = 1024;

/// Those for which no worker was free yet.
#[derive(Debug, Default)]
pub(crate) struct Away {
    rows: VecDeque<Box<SourceRow>>,
    /// The next single place is for one of these.
    has_turn: bool,
}

impl Away {
    /// One was told of, perhaps again.
    pub(crate) fn add(&mut self, row: Box<SourceRow>) {
        if self.rows.len() < MOST && !self.rows.iter().any(|known| known.id == row.id) {
            self.rows.push_back(row);
        }
    }

    /// The one that was told of first.
    pub(crate) fn next(&mut self) -> Option<Box<SourceRow>> {
        self.rows.pop_front()
    }

    /// How many of the free places of the workers these may take: every second one, so that neither they nor files that have
    /// arrived wait for all of the others.
    pub(crate) fn places(&mut self, room: usize) -> usize {
        let room = room + usize::from(self.has_turn);
        self.has_turn = !room.is_multiple_of(2);
        room / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_place_is_given_out_however_few_are_free_at_a_time() {
        for room in 0..7 {
            let mut away = Away::default();
            let given: usize = (0..10).map(|_| away.places(room)).sum();
            assert_eq!(given, 5 * room, "{room} at a time");
        }
    }
}
