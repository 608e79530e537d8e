//! Says about itself what no plugin may say.
use wats_converter::bindings::wats::converter::conversion::{Magic, Recognition};
use wats_converter::bindings::{self, ConvertError, Descriptor, Detection, Guest, Input, Outcome};

struct Lies;

impl Guest for Lies {
    fn describe() -> Descriptor {
        Descriptor {
            name: "../Lies\u{1b}[31m".into(),
            version: "one".into(),
            summary: "s".repeat(5_000),
            formats: Vec::new(),
            recognition: Recognition {
                patterns: vec!["*".into(); 200],
                min_size: Some(5),
                max_size: Some(4),
                magic: vec![Magic { offset: 4_095, bytes: vec![1, 2] }],
                contains: vec![String::new()],
            },
            settings_schema: String::new(),
            grants: vec!["everything".into()],
            properties: Vec::new(),
        }
    }

    fn probe(_: Input) -> Detection {
        Detection { confidence: 1.0, detail: String::new(), missing: Vec::new(), properties: Vec::new() }
    }

    fn convert(_: Input) -> Result<Outcome, ConvertError> {
        Ok(Outcome::Converted)
    }
}

bindings::__export_world!(Lies with_types_in wats_converter::bindings);
