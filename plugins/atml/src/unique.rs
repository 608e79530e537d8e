//! Names of measurements: in WATS each is unique in its step.

use std::collections::{HashMap, HashSet};

use crate::{MAX_NAME, fit};

#[derive(Debug, Default)]
pub(crate) struct Names {
    given: HashSet<String>,
    counts: HashMap<String, usize>,
}

impl Names {
    /// The name, or `name #2` and so on when it was given before. At most 100 characters.
    pub(crate) fn unique(&mut self, name: &str) -> String {
        let base = fit(name, MAX_NAME);
        if self.given.insert(base.clone()) {
            return base;
        }
        let mut count = self.counts.get(&base).copied().unwrap_or(1);
        loop {
            count += 1;
            let suffix = format!(" #{count}");
            let room = MAX_NAME - suffix.chars().count();
            let candidate: String = base.chars().take(room).chain(suffix.chars()).collect();
            if self.given.insert(candidate.clone()) {
                self.counts.insert(base, count);
                return candidate;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn a_repeated_name_gets_a_number_and_stays_short() {
        let mut names = Names::default();
        let long = "x".repeat(130);
        let given: Vec<String> = ["a", "a", "a #2", "a", "", " "].iter().map(|name| names.unique(name)).collect();
        assert_eq!(given, ["a", "a #2", "a #2 #2", "a #3", "(no name)", "(no name) #2"]);
        assert_eq!(names.unique(&long).chars().count(), 100);
        let second = names.unique(&long);
        assert!(second.ends_with(" #2") && second.chars().count() == 100, "{second}");
    }
}
