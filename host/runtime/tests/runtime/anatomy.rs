//! What an author is told of a component without running it, and of a call beside its reports.

use std::path::Path;

use wats_runtime::{Anatomy, Error, Grant, LimitOverrides};

use crate::support::{Bench, convert, guest};

#[test]
fn a_component_is_taken_apart_to_the_last_byte() {
    let path = guest("scripted");
    let bytes = std::fs::read(&path).unwrap();
    let anatomy = Anatomy::of(&path, &bytes).unwrap();
    assert_eq!(anatomy.sections.iter().map(|section| section.bytes).sum::<u64>(), bytes.len() as u64);
    assert!(anatomy.sections.iter().any(|section| section.kind == "code" && section.bytes > 1_000), "{anatomy:?}");
    assert!(anatomy.imports.iter().any(|import| import.starts_with("wats:converter/report@0.1")), "{anatomy:?}");
    assert_eq!(anatomy.exports, ["describe", "probe", "convert"]);
    assert!(anatomy.producers.iter().any(|tool| tool.role == "language" && tool.name == "Rust"), "{anatomy:?}");
    assert!(anatomy.modules.iter().any(|module| module.functions > 10), "{anatomy:?}");
    assert_eq!(anatomy.digest, Bench::new().load("scripted", LimitOverrides::default()).digest());
}

#[test]
fn what_is_cut_short_anywhere_is_an_error_and_never_a_panic() {
    let bytes = std::fs::read(guest("lies")).unwrap();
    for length in [0, 3, 9, 100, 4_000, bytes.len() / 2, bytes.len() - 1] {
        let told = Anatomy::of(Path::new("a.wasm"), &bytes[..length]);
        assert!(matches!(told, Err(Error::NotAComponent { .. })), "{length}: {told:?}");
    }
}

#[test]
fn instructions_are_counted_on_demand_and_are_the_same_each_time() {
    let counting = Bench::with(|options| options.count_fuel = true).load("scripted", LimitOverrides::default());
    let fuel = |text: &str| convert(&counting, text).0.stats.fuel.unwrap();
    let first = fuel("report A 5.0");
    assert!(first > 1_000, "{first}");
    assert_eq!(fuel("report A 5.0"), first);
    let usual = Bench::new().load("scripted", LimitOverrides::default());
    assert_eq!(convert(&usual, "report A 5.0").0.stats.fuel, None);
}

#[test]
fn a_loaded_plugin_takes_other_settings_and_grants_by_the_same_rules() {
    let plugin = Bench::new().load("scripted", LimitOverrides::default());
    assert_eq!(plugin.grants().iter().count(), 0);
    let granted = plugin.with(toml::Table::new(), plugin.descriptor().wanted_grants.clone()).unwrap();
    assert_eq!(granted.grants().iter().cloned().collect::<Vec<_>>(), granted.descriptor().wanted_grants);
    assert!(granted.grants().has(&Grant::OwnId) || granted.grants().has(&Grant::Lookup));
    assert_eq!(plugin.grants().iter().count(), 0, "the other one is as it was");
    let wrong = plugin.with(toml::toml! { no_such_setting = 1 }, Vec::new()).unwrap_err();
    assert!(matches!(wrong, Error::Settings { manifest: None, .. }), "{wrong}");
    // They are of no file, so none is named.
    let wrong = wrong.to_string();
    assert!(wrong.starts_with("apply the settings to scripted@1.2.3: no_such_setting: "), "{wrong}");
}
