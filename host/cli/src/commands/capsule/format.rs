//! What a capsule is: a zip archive with `capsule.json`, `plugin.wasm`, and the files of the source as `source/0`, `source/1`
//! and so on. It outlives this program, so it has a version, and it comes from anywhere, so nothing in it is believed: it is
//! never unpacked to a disk, names other than these are refused, sizes are bounded, and all bytes have their digests in
//! `capsule.json`.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read as _, Write as _},
    path::Path,
};

use anyhow::{Context as _, anyhow, bail};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use wats_report::Defaults;
use wats_runtime::{Grant, LogLine, LookupRecord, Source, SourceFile};

/// Form of capsules that are written.
pub(super) const VERSION: u64 = 1;
const MANIFEST: &str = "capsule.json";
const PLUGIN: &str = "plugin.wasm";
/// Bounds of what is read, and so of what is written: of `capsule.json`; of the plugin and the files together, and of the
/// archive; of the number of files of the source.
const MAX_MANIFEST_BYTES: u64 = 64 << 20;
const MAX_BYTES: u64 = 512 << 20;
const MAX_FILES: usize = 10_000;

/// `capsule.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Capsule {
    /// Form of the capsule.
    pub(super) version: u64,
    /// When it was made.
    pub(super) made: jiff::Timestamp,
    /// Whether letters and digits of the source were replaced.
    pub(super) redacted: bool,
    pub(super) versions: Versions,
    pub(super) plugin: PluginPart,
    pub(super) station: StationPart,
    /// The files of the source, the main one first.
    pub(super) source: Vec<FilePart>,
    /// What the plugin asked a server, and the answers.
    pub(super) lookups: Vec<LookupRecord>,
    /// What the sandbox made of it where it was packed: what `expected.json` of a case holds.
    pub(super) outcome: Value,
    /// What the plugin logged there.
    pub(super) log: Vec<LogLine>,
    /// The error as the station told it, where it did and the capsule is not redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// What it was made with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Versions {
    pub(super) wats: String,
    pub(super) engine: String,
    pub(super) contract: String,
    pub(super) system: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PluginPart {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) sha256: String,
    /// Of the manifest beside it.
    pub(super) settings: toml::Table,
    /// Settings that seemed to be secrets.
    pub(super) settings_left_out: Vec<String>,
    pub(super) grants: Vec<Grant>,
}

/// What is filled in where reports are silent, as the inbox had it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StationPart {
    pub(super) inbox: Option<String>,
    pub(super) time_zone: String,
    pub(super) machine_name: Option<String>,
    pub(super) location: Option<String>,
    pub(super) purpose: Option<String>,
    pub(super) part_number: Option<String>,
    pub(super) revision: Option<String>,
    pub(super) process_code: Option<i32>,
    pub(super) operator: Option<String>,
}

impl StationPart {
    pub(super) fn of(inbox: Option<&str>, defaults: &Defaults) -> Self {
        let zone = defaults.zone.as_ref().and_then(|zone| zone.iana_name()).unwrap_or("UTC");
        Self {
            inbox: inbox.map(str::to_owned),
            time_zone: zone.to_owned(),
            machine_name: defaults.machine_name.clone(),
            location: defaults.location.clone(),
            purpose: defaults.purpose.clone(),
            part_number: defaults.part_number.clone(),
            revision: defaults.revision.clone(),
            process_code: defaults.process_code,
            operator: defaults.operator.clone(),
        }
    }

    /// For a source that was changed at this time.
    pub(super) fn defaults(&self, modified: &str) -> anyhow::Result<Defaults> {
        let zone =
            TimeZone::get(&self.time_zone).with_context(|| format!("find the time zone {:?}", self.time_zone))?;
        Ok(Defaults {
            machine_name: self.machine_name.clone(),
            location: self.location.clone(),
            purpose: self.purpose.clone(),
            part_number: self.part_number.clone(),
            revision: self.revision.clone(),
            process_code: self.process_code,
            operator: self.operator.clone(),
            zone: Some(zone),
            start: modified.parse().ok(),
        })
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilePart {
    /// Path in the inbox.
    pub(super) path: String,
    /// With offset.
    pub(super) modified: String,
    pub(super) size: u64,
    pub(super) sha256: String,
}

/// A capsule with all its bytes.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    pub(super) capsule: Capsule,
    pub(super) plugin: Vec<u8>,
    /// As `capsule.source`.
    pub(super) files: Vec<Vec<u8>>,
}

impl Whole {
    /// What its plugin is given.
    pub(super) fn source(&self) -> anyhow::Result<Source> {
        let mut files = self.capsule.source.iter().zip(&self.files).map(|(part, bytes)| {
            let name = part.path.rsplit('/').next().unwrap_or(&part.path);
            let mut file = SourceFile::from_bytes(name, part.modified.as_str(), bytes.as_slice());
            file.path = part.path.as_str().into();
            file
        });
        let main = files.next().ok_or_else(|| anyhow!("there is no source in it"))?;
        Ok(Source { main, companions: files.collect() })
    }

    /// Writes it to a new file. What [`Self::read`] refuses is not written.
    pub(super) fn write(&self, to: &Path) -> anyhow::Result<()> {
        let manifest = self.manifest().with_context(|| format!("write {}", to.display()))?;
        let mut file =
            File::options().write(true).create_new(true).open(to).with_context(|| format!("write {}", to.display()))?;
        self.write_into(&mut file, &manifest).or_else(|error| {
            // Half a capsule helps nobody, and would be in the way of the next one.
            std::fs::remove_file(to).with_context(|| format!("remove {}, which is not whole", to.display()))?;
            Err(error.context(format!("write {}", to.display())))
        })
    }

    /// `capsule.json`, where all is as large as is allowed.
    fn manifest(&self) -> anyhow::Result<Vec<u8>> {
        let sizes = self.capsule.source.iter().zip(&self.files);
        check_size(self.plugin.len() as u64, sizes.map(|(part, bytes)| (part.path.as_str(), bytes.len() as u64)))?;
        self.capsule.check()?;
        let manifest = serde_json::to_vec_pretty(&self.capsule)?;
        if manifest.len() as u64 > MAX_MANIFEST_BYTES {
            bail!(
                "{MANIFEST}, with the outcome and the log of the plugin, has {} bytes, and {MAX_MANIFEST_BYTES} are allowed; \
                 pack a smaller file that shows the same",
                manifest.len()
            );
        }
        Ok(manifest)
    }

    fn write_into(&self, file: &mut File, manifest: &[u8]) -> anyhow::Result<()> {
        let options = || zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        let mut zip = zip::ZipWriter::new(&mut *file);
        zip.start_file(MANIFEST, options())?;
        zip.write_all(manifest)?;
        zip.start_file(PLUGIN, options())?;
        zip.write_all(&self.plugin)?;
        for (index, bytes) in self.files.iter().enumerate() {
            zip.start_file(format!("source/{index}"), options())?;
            zip.write_all(bytes)?;
        }
        zip.finish()?;
        // What cannot be compressed gets larger by being packed.
        let size = file.metadata()?.len();
        if size > MAX_BYTES {
            bail!("the archive has {size} bytes, and {MAX_BYTES} are allowed; pack a smaller file that shows the same");
        }
        file.sync_all()?;
        Ok(())
    }

    /// Reads one that may come from anywhere.
    pub(super) fn read(from: &Path) -> anyhow::Result<Self> {
        let file = File::open(from).with_context(|| format!("read {}", from.display()))?;
        if file.metadata()?.len() > MAX_BYTES {
            bail!("it has more than the {MAX_BYTES} bytes that are allowed");
        }
        let mut zip = zip::ZipArchive::new(io::BufReader::new(file)).context("read it as a zip archive")?;
        if zip.len() > MAX_FILES + 2 {
            bail!("it holds {} files, and {} are allowed", zip.len(), MAX_FILES + 2);
        }
        let mut left = MAX_BYTES;
        let manifest = entry(&mut zip, MANIFEST, &mut MAX_MANIFEST_BYTES.min(left))?;
        let value = crate::commands::document(&manifest).context("read capsule.json")?;
        let version = value.get("version").and_then(Value::as_u64);
        if version != Some(VERSION) {
            let found = version.map_or("none".to_owned(), |version| version.to_string());
            bail!(
                "its form has the version {found}, and this wats reads {VERSION}; use the wats that made it, or a newer one"
            );
        }
        let capsule: Capsule = serde_json::from_value(value).context("read capsule.json")?;
        capsule.check()?;
        let mut expected = BTreeSet::from([MANIFEST.to_owned(), PLUGIN.to_owned()]);
        expected.extend((0..capsule.source.len()).map(|index| format!("source/{index}")));
        let found: Vec<_> = (0..zip.len()).map(|index| name_of(&mut zip, index)).collect::<Result<_, _>>()?;
        if let Some(strange) = found.iter().find(|name| !expected.contains(*name)) {
            bail!("it holds {strange:?}, which no capsule does");
        }
        if found.len() != expected.len() {
            bail!("it holds {} files, and its manifest speaks of {}", found.len(), expected.len());
        }
        let plugin = entry(&mut zip, PLUGIN, &mut left)?;
        same(PLUGIN, &plugin, &capsule.plugin.sha256)?;
        let mut files = Vec::with_capacity(capsule.source.len());
        for (index, part) in capsule.source.iter().enumerate() {
            let name = format!("source/{index}");
            let bytes = entry(&mut zip, &name, &mut left)?;
            same(&name, &bytes, &part.sha256)?;
            files.push(bytes);
        }
        Ok(Self { capsule, plugin, files })
    }
}

impl Capsule {
    /// Paths are text for the plugin; they must be such as an inbox has them.
    fn check(&self) -> anyhow::Result<()> {
        if self.source.is_empty() || self.source.len() > MAX_FILES {
            bail!("its source has {} files, from 1 to {MAX_FILES} are allowed", self.source.len());
        }
        for part in &self.source {
            let bad = |step: &str| step.is_empty() || step == "." || step == "..";
            if part.path.split('/').any(bad) || part.path.contains(['\\', ':', '\0']) {
                bail!("{:?} is no path in an inbox", part.path);
            }
        }
        Ok(())
    }
}

/// Whether the plugin and the files of a source, by path and size, are not more than can be read again.
pub(super) fn check_size<'a>(plugin: u64, source: impl Iterator<Item = (&'a str, u64)>) -> anyhow::Result<()> {
    let (mut count, mut sum, mut largest) = (0_usize, plugin, (PLUGIN, plugin));
    for (path, size) in source {
        count += 1;
        sum = sum.saturating_add(size);
        if size > largest.1 {
            largest = (path, size);
        }
    }
    if count > MAX_FILES {
        bail!("its source has {count} files, and {MAX_FILES} are allowed; pack one with fewer that shows the same");
    }
    if sum > MAX_BYTES {
        let (path, size) = largest;
        bail!(
            "the plugin and the files of the source have {sum} bytes together, and {MAX_BYTES} are allowed; the largest is \
             {path:?} with {size} bytes; pack a smaller file that shows the same"
        );
    }
    Ok(())
}

type Archive = zip::ZipArchive<io::BufReader<File>>;

fn name_of(zip: &mut Archive, index: usize) -> anyhow::Result<String> {
    Ok(zip.by_index_raw(index)?.name()?.into_owned())
}

/// The bytes of an entry, at most `left`, which is less by them afterwards. The size that the archive names is not believed.
fn entry(zip: &mut Archive, name: &str, left: &mut u64) -> anyhow::Result<Vec<u8>> {
    let entry = zip.by_name(name).with_context(|| format!("find {name}"))?;
    let mut bytes = Vec::new();
    let read = entry.take(left.saturating_add(1)).read_to_end(&mut bytes).with_context(|| format!("unpack {name}"))?;
    *left = left.checked_sub(read as u64).ok_or_else(|| anyhow!("unpack {name}: it is larger than allowed"))?;
    Ok(bytes)
}

fn same(name: &str, bytes: &[u8], wanted: &str) -> anyhow::Result<()> {
    let found = sha256(bytes);
    if found == wanted {
        Ok(())
    } else {
        Err(anyhow!("{name} has the digest {found}, and capsule.json says {wanted:?}"))
    }
}

/// In hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn says<T: std::fmt::Debug>(result: anyhow::Result<T>, words: &[&str]) {
        let error = format!("{:#}", result.unwrap_err());
        for word in words {
            assert!(error.contains(word), "{word:?} is not in {error:?}");
        }
    }

    fn whole(files: usize, outcome: &Value) -> Whole {
        let part = |index: usize| json!({ "path": format!("in/{index}.csv"), "modified": "", "size": 0, "sha256": sha256(b"") });
        let capsule = json!({
            "version": VERSION, "made": "2026-05-04T08:15:30Z", "redacted": false,
            "versions": { "wats": "", "engine": "", "contract": "", "system": "" },
            "plugin": {
                "name": "a", "version": "1.0.0", "sha256": sha256(b"plugin"), "settings": {}, "settings_left_out": [],
                "grants": [],
            },
            "station": { "time_zone": "UTC" },
            "source": (0..files).map(part).collect::<Vec<_>>(), "lookups": [], "outcome": outcome, "log": [],
        });
        let capsule = serde_json::from_value(capsule).unwrap();
        Whole { capsule, plugin: b"plugin".to_vec(), files: vec![Vec::new(); files] }
    }

    #[test]
    fn a_capsule_that_could_not_be_read_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("c.zip");
        let many = whole(MAX_FILES + 1, &Value::Null).write(&to);
        says(many, &["c.zip", "its source has 10001 files", "10000 are allowed", "fewer"]);
        let long = Value::String("x".repeat(64 << 20));
        says(
            whole(1, &long).write(&to),
            &["c.zip", "capsule.json", "with the outcome", "67108864 are allowed", "smaller"],
        );
        assert!(!to.exists(), "nothing is left of them");
        whole(MAX_FILES, &Value::Null).write(&to).unwrap();
        assert_eq!(Whole::read(&to).unwrap().files.len(), MAX_FILES);
    }

    #[test]
    fn the_plugin_counts_with_the_files_and_the_largest_is_named() {
        let half = MAX_BYTES / 2;
        check_size(100, [("a.csv", half), ("b.csv", half - 100)].into_iter()).unwrap();
        let over = check_size(101, [("a.csv", half), ("b.csv", half - 100)].into_iter());
        says(over, &["536870913 bytes together", "536870912 are allowed", "\"a.csv\" with 268435456 bytes"]);
        says(check_size(u64::MAX, [("a.csv", 1)].into_iter()), &["\"plugin.wasm\""]);
    }
}
