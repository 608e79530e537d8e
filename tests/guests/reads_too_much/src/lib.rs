//! Wants to read more at once than anybody may. Written against the contract itself: the SDK does not let it.
use wats_converter::bindings::wats::converter::conversion::Recognition;
use wats_converter::bindings::{self, ConvertError, Descriptor, Detection, Guest, Input, Outcome};

struct Raw;

impl Guest for Raw {
    fn describe() -> Descriptor {
        Descriptor {
            name: "reads-too-much".into(),
            version: "0.1.0".into(),
            summary: String::new(),
            formats: Vec::new(),
            recognition: Recognition {
                patterns: Vec::new(),
                min_size: None,
                max_size: None,
                magic: Vec::new(),
                contains: Vec::new(),
            },
            settings_schema: String::new(),
            grants: Vec::new(),
            properties: Vec::new(),
        }
    }

    fn probe(_: Input) -> Detection {
        Detection { confidence: f64::NAN, detail: String::new(), missing: Vec::new(), properties: Vec::new() }
    }

    fn convert(input: Input) -> Result<Outcome, ConvertError> {
        Ok(Outcome::Skipped(input.main.read(0, u32::MAX).len().to_string()))
    }
}

bindings::__export_world!(Raw with_types_in wats_converter::bindings);
