use std::fmt;

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read as a configuration: not TOML, a key that nobody knows, a value of another type.
    #[error("read {origin}: {}", .source.to_string().trim_end())]
    Syntax {
        /// The file.
        origin: String,
        /// Line, column and what would be right.
        source: Box<toml::de::Error>,
    },
    /// Values that cannot be.
    #[error("check {origin}: {}", Listed(.problems))]
    Values {
        /// The file.
        origin: String,
        /// All of them.
        problems: Vec<Problem>,
    },
}

/// One value that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: `inbox[1].settle_seconds`.
    pub key: String,
    /// Line in the file, from 1, where it is known.
    pub line: Option<usize>,
    /// What was found and what is allowed.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}: {}", self.key, self.message)
    }
}

struct Listed<'a>(&'a [Problem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [only] => only.fmt(f),
            many => {
                write!(f, "{} problems", many.len())?;
                for problem in many {
                    write!(f, "\n  {problem}")?;
                }
                Ok(())
            }
        }
    }
}
