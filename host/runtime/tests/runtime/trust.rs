//! Which plugin files are taken: signatures, digests, folders and files of others, links.

use std::path::{Path, PathBuf};

use wats_runtime::{Error, LimitOverrides, Manifest, Plugin, Trust, TrustedKey};

use crate::made::Signer;
use crate::support::{Bench, guest, version};

/// A plugin in a folder, and somebody who signs.
struct Place {
    dir: tempfile::TempDir,
    signer: Signer,
}

impl Place {
    fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap(), signer: Signer::default() };
        std::fs::copy(guest("scripted"), place.component()).unwrap();
        place
    }

    fn component(&self) -> PathBuf {
        self.dir.path().join("scripted.wasm")
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.dir.path().join(name), content).unwrap();
    }

    fn sign(&self, signer: &Signer, bytes: &[u8], comment: &str) {
        self.put("scripted.wasm.minisig", signer.sign(bytes, comment));
    }

    fn load(&self, trust: Trust) -> Result<Plugin, Error> {
        Bench::with(|options| options.trust = trust).runtime.load(&self.component())
    }
}

fn trusting(signers: &[&Signer], require_signature: bool) -> Trust {
    let mut trust = Trust::default();
    trust.keys = signers.iter().map(|signer| TrustedKey::parse(&signer.public_key()).unwrap()).collect();
    trust.require_signature = require_signature;
    trust
}

fn refusal(loaded: Result<Plugin, Error>) -> String {
    let Err(error @ Error::Signature { .. }) = loaded else { panic!("{loaded:?}") };
    assert!(!error.is_transient() && error.kind() == "signature");
    error.to_string()
}

#[test]
fn a_plugin_that_a_trusted_key_has_signed_is_loaded_and_tells_what_the_signer_wrote() {
    let place = Place::new();
    let bytes = std::fs::read(place.component()).unwrap();
    place.sign(&place.signer, &bytes, "scripted 1.2.3 of ACME");
    let other = Signer::default();
    let plugin = place.load(trusting(&[&other, &place.signer], true)).unwrap();
    let signed = plugin.signed().unwrap();
    assert_eq!((signed.comment.as_str(), &signed.key), ("scripted 1.2.3 of ACME", &place.signer.public_key()));
}

#[test]
fn a_signature_over_a_hash_of_the_bytes_counts_as_minisign_makes_it_today() {
    let place = Place::new();
    let key = "RWR0ZXN0a2V5MRSEdNqLayTXVrvMLwN8gbNgValwAkFM/QFHIcwm50Nz";
    place.put("scripted.wasm", b"\0asm\x0d\0\x01\0");
    place.put(
        "scripted.wasm.minisig",
        "untrusted comment: signature\n\
         RUR0ZXN0a2V5MWOxGtpDf/ne8DuMXpxmnetefjlp8cbBCTAeIPOQ2DHrLPei1I7P0qnk6YUZ0EaC0ToiYoQ9twDCrKiYPucT4wo=\n\
         trusted comment: an empty component\n\
         /6PdQiyAprXtBXt9IQeL1xlbwd7lpSojcfOWN/d45USz8jERs0gJKGqNEl71+Bt9ECjqH2fR/3w6OmnFsT4hDA==\n",
    );
    let mut trust = Trust::default();
    trust.keys = vec![TrustedKey::parse(key).unwrap()];
    trust.require_signature = true;
    // It is past the signature when it is found to be no plugin.
    let loaded = place.load(trust.clone());
    assert!(matches!(loaded, Err(Error::WrongWorld { .. })), "{loaded:?}");
    place.put("scripted.wasm", b"\0asm\x0d\0\x01\x01");
    refusal(place.load(trust));
}

#[test]
fn an_unsigned_plugin_is_refused_where_signatures_are_required_and_only_there() {
    let place = Place::new();
    let said = refusal(place.load(trusting(&[&place.signer], true)));
    assert!(said.contains("not signed") && said.contains("scripted.wasm.minisig"), "{said}");
    let plugin = place.load(trusting(&[&place.signer], false)).unwrap();
    assert!(plugin.signed().is_none());
}

#[test]
fn a_wrong_signature_refuses_also_where_none_is_required() {
    let place = Place::new();
    let bytes = std::fs::read(place.component()).unwrap();
    for required in [false, true] {
        let trust = || trusting(&[&place.signer], required);
        place.sign(&place.signer, b"another file", "x");
        let said = refusal(place.load(trust()));
        assert!(said.contains("of another file"), "{said}");

        place.sign(&Signer::default(), &bytes, "x");
        let said = refusal(place.load(trust()));
        assert!(said.contains("not among the trusted ones"), "{said}");

        // What the signer wrote is covered by the signature as well.
        let changed = place.signer.sign(&bytes, "for tests").replace("for tests", "for all!!");
        place.put("scripted.wasm.minisig", changed);
        refusal(place.load(trust()));

        for nonsense in [b"".as_slice(), b"oh no", b"\xff\xfe\0", b"a\nb\nc\nd\n"] {
            place.put("scripted.wasm.minisig", nonsense);
            let said = refusal(place.load(trust()));
            assert!(said.contains("no signature of minisign"), "{said}");
        }
    }
    // Without a key nothing can be checked, and nothing is.
    assert!(place.load(Trust::default()).unwrap().signed().is_none());
}

#[test]
fn a_key_is_read_as_text_or_as_the_file_of_minisign_and_nothing_else() {
    let line = Signer::default().public_key();
    assert_eq!(TrustedKey::parse(&line).unwrap().to_string(), line);
    let file = format!("untrusted comment: minisign public key 5A\n{line}\n");
    assert_eq!(TrustedKey::parse(&file).unwrap().to_string(), line);
    for wrong in ["", "RW", line.get(1..).unwrap(), "minisign.pub", &format!("{line}x")] {
        assert!(TrustedKey::parse(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn a_component_with_another_digest_than_its_manifest_names_is_refused_with_both() {
    let place = Place::new();
    let digest = place.load(Trust::default()).unwrap().digest().to_owned();
    place.put("scripted.toml", format!("digest = \"sha256:{}\"\n", digest.to_uppercase()));
    assert!(place.load(Trust::default()).unwrap().is_pinned());
    place.put("scripted.wasm", version("versions", "1.0.0", "-", "convert"));
    let error = place.load(Trust::default()).unwrap_err();
    let Error::Pinned { found, .. } = &error else { panic!("{error}") };
    let said = error.to_string();
    assert!(said.contains(&format!("sha256:{digest}")) && said.contains(&format!("sha256:{found}")), "{said}");
    assert_ne!(*found, digest);
    for wrong in ["", "sha256:", "sha256:abc", &digest, &format!("sha512:{digest}")] {
        place.put("scripted.toml", format!("digest = \"{wrong}\"\n"));
        let error = place.load(Trust::default()).unwrap_err();
        assert!(matches!(error, Error::Manifest { .. }), "{error}");
    }
}

#[test]
fn bytes_are_held_against_the_digest_too() {
    let bench = Bench::new();
    let digest = bench.load("scripted", LimitOverrides::default()).digest().to_owned();
    let mut manifest = Manifest::default();
    manifest.digest = Some(format!("sha256:{digest}"));
    let bytes = version("versions", "1.0.0", "-", "convert");
    let error = bench.runtime.load_bytes(Path::new("x.wasm"), &bytes, manifest).unwrap_err();
    assert!(matches!(error, Error::Pinned { .. }), "{error}");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn set(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn open_to_others(result: Result<(), Error>) -> (PathBuf, String) {
        match result {
            Err(error @ Error::OpenToOthers { .. }) => {
                let said = error.to_string();
                let Error::OpenToOthers { path, .. } = error else { unreachable!() };
                (path, said)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_to_which_everybody_may_write_is_refused_unless_that_is_permitted() {
        let place = Place::new();
        place.put("scripted.toml", "priority = 1\n");
        for name in ["scripted.wasm", "scripted.toml"] {
            let path = place.dir.path().join(name);
            set(&path, 0o666);
            let (found, said) = open_to_others(place.load(Trust::default()).map(drop));
            assert_eq!(found, path);
            assert!(said.contains("chmod o-w") && said.contains("allow_shared_dirs"), "{said}");
            let mut trust = Trust::default();
            trust.allow_shared = true;
            place.load(trust).unwrap();
            set(&path, 0o664);
        }
        place.load(Trust::default()).unwrap();
    }

    #[test]
    fn a_folder_is_refused_when_everybody_may_write_to_it_or_put_another_into_its_place() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/plugins");
        std::fs::create_dir_all(&folder).unwrap();
        let trust = Trust::default();
        trust.check_folder(&folder).unwrap();
        set(&folder, 0o777);
        assert_eq!(open_to_others(trust.check_folder(&folder)).0, folder);
        // The sticky bit keeps others from renaming, not from adding.
        set(&folder, 0o1777);
        assert_eq!(open_to_others(trust.check_folder(&folder)).0, folder);
        set(&folder, 0o755);
        // Whoever may rename a folder above may put another one there.
        set(&root.path().join("a"), 0o777);
        let (found, said) = open_to_others(trust.check_folder(&folder));
        assert!(found.ends_with("a") && said.contains("rename"), "{said}");
        set(&root.path().join("a"), 0o1777);
        trust.check_folder(&folder).unwrap();
        // A link is only as good as the folder that it is in.
        let open = root.path().join("open");
        std::fs::create_dir(&open).unwrap();
        set(&open, 0o777);
        symlink(&folder, open.join("plugins")).unwrap();
        let (found, _) = open_to_others(trust.check_folder(&open.join("plugins")));
        assert!(found.ends_with("open"), "{found:?}");
        let mut permitted = Trust::default();
        permitted.allow_shared = true;
        permitted.check_folder(&open.join("plugins")).unwrap();
    }

    #[test]
    fn a_link_is_followed_inside_of_the_folder_and_not_out_of_it() {
        let place = Place::new();
        let outside = tempfile::tempdir().unwrap();
        let folder = place.dir.path();
        std::fs::rename(place.component(), folder.join("blue")).unwrap();
        symlink("blue", place.component()).unwrap();
        place.load(Trust::default()).unwrap();
        let digest = place.load(Trust::default()).unwrap().digest().to_owned();

        // The component, its manifest and its signature alike; also by a folder in between that is a link.
        std::fs::write(outside.path().join("m"), "priority = 1\n").unwrap();
        symlink(outside.path(), folder.join("sub")).unwrap();
        for (name, target) in
            [("scripted.toml", outside.path().join("m")), ("scripted.wasm.minisig", folder.join("sub/m"))]
        {
            symlink(target, folder.join(name)).unwrap();
            let error = place.load(Trust::default()).unwrap_err();
            assert!(matches!(&error, Error::LinkOutside { path, .. } if path.ends_with(name)), "{error}");
            std::fs::remove_file(folder.join(name)).unwrap();
        }
        std::fs::remove_file(place.component()).unwrap();
        symlink(guest("scripted"), place.component()).unwrap();
        let error = place.load(Trust::default()).unwrap_err();
        assert!(matches!(error, Error::LinkOutside { .. }), "{error}");
        assert!(!digest.is_empty());
    }

    #[test]
    fn a_link_into_a_folder_to_which_everybody_may_write_is_refused_as_the_folder_is() {
        let place = Place::new();
        let folder = place.dir.path().canonicalize().unwrap();
        let (outer, inner) = (folder.join("outer"), folder.join("outer/inner"));
        std::fs::create_dir_all(&inner).unwrap();
        set(&outer, 0o755);
        set(&inner, 0o755);
        // The component and its manifest alike.
        std::fs::rename(place.component(), inner.join("blue")).unwrap();
        std::fs::write(outer.join("m"), "priority = 1\n").unwrap();
        symlink("outer/inner/blue", place.component()).unwrap();
        place.load(Trust::default()).unwrap();
        let check = |open: &Path| {
            // Also where others may add only: what is added may come to be what the link means.
            for mode in [0o777, 0o1777] {
                set(open, mode);
                let (found, said) = open_to_others(place.load(Trust::default()).map(drop));
                assert_eq!(found, open);
                assert!(said.contains("chmod o-w") && said.contains("allow_shared_dirs"), "{said}");
            }
            let mut trust = Trust::default();
            trust.allow_shared = true;
            place.load(trust).unwrap();
            set(open, 0o755);
            place.load(Trust::default()).unwrap();
        };
        check(&inner);
        check(&outer);
        std::fs::remove_file(place.component()).unwrap();
        std::fs::rename(inner.join("blue"), place.component()).unwrap();
        symlink("outer/m", folder.join("scripted.toml")).unwrap();
        check(&outer);
        // A component that is named by itself may lie in any folder; a plugin folder is checked as a folder.
        set(&folder, 0o777);
        place.load(Trust::default()).unwrap();
    }

    #[test]
    fn a_pipe_is_refused_instead_of_waited_for() {
        let place = Place::new();
        std::fs::remove_file(place.component()).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            place.component(),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert!(matches!(place.load(Trust::default()), Err(Error::Read { .. })));
    }

    #[test]
    fn what_is_swapped_between_the_look_and_the_opening_never_gets_in() {
        let place = Place::new();
        let outside = tempfile::tempdir().unwrap();
        // The two manifests tell which of them was read: the one outside would be told as `Pinned`.
        std::fs::write(outside.path().join("evil"), format!("digest = \"sha256:{}\"\n", "0".repeat(64))).unwrap();
        place.put("good", "priority = 1\n");
        let manifest = place.dir.path().join("scripted.toml");
        let (inside, evil) = (place.dir.path().join("good"), outside.path().join("evil"));
        symlink(&inside, &manifest).unwrap();
        // An empty component: loading ends soon, so that the manifest is read thousands of times.
        std::fs::write(place.component(), "").unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let swapping = {
            let (stop, folder, manifest) = (Arc::clone(&stop), place.dir.path().to_owned(), manifest.clone());
            std::thread::spawn(move || {
                let next = folder.join("next");
                while !stop.load(Ordering::Relaxed) {
                    for target in [&evil, &inside] {
                        symlink(target, &next).unwrap();
                        std::fs::rename(&next, &manifest).unwrap();
                    }
                }
            })
        };
        let bench = Bench::new();
        let (mut refused, mut read) = (0, 0);
        for _ in 0..20_000 {
            match bench.runtime.load(&place.component()) {
                Err(Error::Pinned { .. }) => panic!("the file outside was read"),
                Err(Error::LinkOutside { .. } | Error::Read { .. }) => refused += 1,
                Err(Error::NotAComponent { .. }) => read += 1,
                other => panic!("{other:?}"),
            }
        }
        stop.store(true, Ordering::Relaxed);
        swapping.join().unwrap();
        assert!(refused > 0 && read > 0, "nothing was swapped: {refused} refused, {read} read");
    }
}
