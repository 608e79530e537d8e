//! Filing away what was decided upon, and having it recorded where it is.

use std::path::{Path, PathBuf};

use wats_queue::{Archive, SourceId, SourceRow, Stat};

use super::STATION_RETRY;
use crate::{
    archive::{self, Action, FiledAway},
    config::{After, ArchiveWhen, SourceKind},
    core::{Core, InboxState},
    filing::{self, Filed},
    intake::Verdict,
    retained, sidecar,
};

/// Files away a file of which the ledger says that it is due: after a crash, or after delivery.
pub(crate) fn file_away(core: &Core, inbox: &InboxState, row: &SourceRow, worker: &str) -> Verdict {
    let Some(path) = wats_queue::decode_path(&row.key.path) else { return Verdict::Done };
    // Who told of it may have done so long ago. If it has been filed away since, the file of that name is another one.
    if core.filing.is_open(row.id) {
        return Verdict::Done;
    }
    let row = match core.handle.block_on(core.queue.source(row.id)) {
        Ok(row) if row.archive == Archive::Pending => row,
        Ok(_) | Err(wats_queue::Error::NoSource { .. }) => return Verdict::Done,
        Err(error) => {
            let why = format!("{} cannot be filed away: {error}", inbox.config.path.join(&path).display());
            return Verdict::Stuck { why, after: STATION_RETRY };
        }
    };
    let place = Place { path: &path, stat: &row.stat, digest: &row.digest, source: row.id };
    match &row.outcome {
        wats_queue::Outcome::Quarantined { error } => to_error_folder(core, inbox, &place, error, worker),
        _ => to_archive_now(core, inbox, &place, worker),
    }
}

/// A source in its inbox, as it was decided upon.
pub(crate) struct Place<'a> {
    pub(crate) path: &'a Path,
    pub(crate) stat: &'a Stat,
    pub(crate) digest: &'a [u8; 32],
    pub(crate) source: SourceId,
}

impl Place<'_> {
    fn file_away(
        &self,
        core: &Core,
        inbox: &InboxState,
        action: Action<'_>,
        worker: &str,
    ) -> std::io::Result<FiledAway> {
        let config = &inbox.config;
        if archive::is_whole(config, self.path, worker) {
            let passes = |place| core.fault(place);
            return archive::file_away_whole(config, self.path, self.stat, action, worker, &passes);
        }
        archive::file_away(&config.path, self.path, self.stat, action, worker)
    }

    /// Where it lies in a folder, if a crash came between the move and its record. `path` is where it was to go.
    fn find(&self, inbox: &InboxState, folder: &Path, path: &Path) -> Option<PathBuf> {
        let config = &inbox.config;
        let file = || archive::find(folder, path, self.stat.size, self.digest);
        let whole = || archive::find_whole(config, folder, path, self.digest);
        match config.source {
            SourceKind::Folders => whole(),
            SourceKind::Files if config.related.is_empty() => file(),
            SourceKind::Files => file().or_else(whole),
        }
    }

    /// Has it recorded where the file is now: `at` that place, or nowhere that matters.
    fn filed(&self, core: &Core, inbox: &InboxState, archive: Archive, at: Option<&Path>) {
        let was = inbox.config.path.join(self.path);
        let folders = [Some(was.as_path()), at].into_iter().flatten().filter_map(Path::parent).map(PathBuf::from);
        filing::record(core, Filed { source: self.source, archive, folders: folders.collect() });
    }

    fn stuck(&self, inbox: &InboxState, error: &std::io::Error) -> Verdict {
        let path = inbox.config.path.join(self.path);
        let why = format!("{} cannot be filed away: {error}", path.display());
        Verdict::Stuck { why, after: STATION_RETRY }
    }
}

/// Files a source away whose reports are safe, if now is the time.
pub(super) fn to_archive(core: &Core, inbox: &InboxState, place: &Place<'_>, worker: &str) -> Verdict {
    if inbox.config.archive_when == ArchiveWhen::Delivered && inbox.config.after != After::Keep {
        return Verdict::Done;
    }
    to_archive_now(core, inbox, place, worker)
}

fn to_archive_now(core: &Core, inbox: &InboxState, place: &Place<'_>, worker: &str) -> Verdict {
    let config = &inbox.config;
    let action = match config.after {
        After::Keep => return Verdict::Done,
        After::Move => Action::Move { to: &config.archive_dir },
        After::Zip => Action::Zip { to: &config.archive_dir },
        After::Delete => Action::Delete,
    };
    core.fault("archive.before");
    if config.after == After::Delete {
        retained::copy(core, inbox, place);
    }
    match place.file_away(core, inbox, action, worker) {
        Ok(FiledAway::At(path)) => {
            core.fault("archive.after");
            place.filed(core, inbox, archived(&path), Some(&path));
            Verdict::Done
        }
        Ok(FiledAway::Deleted) => {
            core.fault("archive.after");
            place.filed(core, inbox, Archive::Archived { to: "deleted".into() }, None);
            Verdict::Done
        }
        Ok(FiledAway::Missing) => {
            let folder = match config.after {
                After::Move | After::Zip => Some(&config.archive_dir),
                After::Keep | After::Delete => None,
            };
            // A crash may have come between the move and its record.
            let found = folder.and_then(|folder| place.find(inbox, folder, place.path));
            place.filed(core, inbox, archived_or_gone(found.as_deref()), found.as_deref());
            Verdict::Done
        }
        Ok(FiledAway::Changed) => {
            place.filed(core, inbox, Archive::Gone, None);
            Verdict::Changed
        }
        Err(error) => place.stuck(inbox, &error),
    }
}

/// Sets a source aside, with the reason (`text`) beside it.
pub(super) fn to_error_folder(core: &Core, inbox: &InboxState, place: &Place<'_>, text: &str, worker: &str) -> Verdict {
    let folder = &inbox.config.error_dir;
    let reason = match sidecar::Ready::write(folder, text) {
        Ok(reason) => reason,
        Err(error) => return place.stuck(inbox, &archive::about("the reason cannot be written into", folder, &error)),
    };
    let action = Action::SetAside { to: folder };
    match place.file_away(core, inbox, action, worker) {
        Ok(FiledAway::At(path)) => {
            core.fault("archive.aside");
            inbox.add_quarantined();
            explain(reason, &path);
            place.filed(core, inbox, archived(&path), Some(&path));
            Verdict::Done
        }
        Ok(FiledAway::Missing) => {
            // After a crash between the move and the sidecar the file lies there without its reason.
            let aside = sidecar::name_aside(place.path);
            let found = place.find(inbox, folder, &aside);
            if let Some(path) = found.as_ref().filter(|path| !sidecar::path_for(path).exists()) {
                explain(reason, path);
            }
            place.filed(core, inbox, archived_or_gone(found.as_deref()), found.as_deref());
            Verdict::Done
        }
        Ok(FiledAway::Changed | FiledAway::Deleted) => {
            place.filed(core, inbox, Archive::Gone, None);
            Verdict::Changed
        }
        Err(error) => place.stuck(inbox, &error),
    }
}

fn explain(reason: sidecar::Ready, file: &Path) {
    if let Err(error) = reason.place(file) {
        tracing::error!(file = %file.display(), %error, "the reason could not be put beside the file; `wats trace` tells it");
    }
}

fn archived(path: &Path) -> Archive {
    Archive::Archived { to: path.display().to_string() }
}

fn archived_or_gone(found: Option<&Path>) -> Archive {
    found.map_or(Archive::Gone, archived)
}
