//! What is done to a plugin by its name, or because of how it did.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::core::{self, Core, Files};
use super::memory::Memory;
use super::tracked::{Tracked, Version, remember, words};
use crate::error::Error;
use crate::manifest::Grant;
use crate::plugin::Plugin;

impl Core {
    pub(super) fn record_trap(&self, plugin: &Plugin, what: &str, now: Instant) {
        let mut state = self.lock();
        // A trap of a version that was replaced since is none of the new one's.
        let tracked = state.files.values_mut().find(|tracked| is(tracked.plugin.as_ref(), plugin));
        if tracked.is_some_and(|tracked| tracked.hold.trapped(what, now, &self.options)) {
            tracing::error!(plugin = plugin.name(), version = plugin.version(), what, "plugin held: it keeps breaking");
            self.publish(state);
        }
    }

    pub(super) fn record_success(&self, plugin: &Plugin) {
        let mut state = self.lock();
        if let Some(tracked) = state.files.values_mut().find(|tracked| is(tracked.plugin.as_ref(), plugin)) {
            tracked.hold.converted();
        }
    }

    pub(super) fn hold(&self, name: &str, reason: &str) -> Result<(), Error> {
        let mut state = self.lock();
        called(&mut state.files, name)?.1.hold.hold(reason);
        self.publish(state);
        Ok(())
    }

    /// Ends a hold, or has a version tried again that was given up.
    pub(super) fn resume(&self, name: &str) -> Result<(), Error> {
        let mut guard = self.lock();
        let state = &mut *guard;
        let (key, tracked) = called(&mut state.files, name)?;
        tracked.hold.resume();
        if let Some(next) = tracked.take_returned() {
            remember(state.memory.forgive(&next, &key.1));
            self.admit(tracked, next, &key.1, &mut state.memory);
        }
        self.publish(guard);
        Ok(())
    }

    /// Lets in the version that asks for more; what it asks for, and the version.
    pub(super) fn approve(&self, name: &str) -> Result<(Plugin, Vec<Grant>), Error> {
        let mut guard = self.lock();
        let state = &mut *guard;
        let (key, tracked) = called(&mut state.files, name)?;
        let nothing = || Error::NothingToApprove { name: name.to_owned() };
        let (next, asks) = tracked.take_unapproved().ok_or_else(nothing)?;
        let kept = state.memory.approve(&next, &key.1);
        tracing::info!(plugin = next.name(), version = next.version(), asks = words(&asks), "approved");
        self.admit(tracked, next.clone(), &key.1, &mut state.memory);
        self.publish(guard);
        kept.map(|()| (next, asks))
    }

    /// A file went well with this version.
    pub(super) fn record_passed(&self, plugin: &Plugin) {
        let mut state = self.lock();
        let tracked = state.files.values_mut().find(|tracked| is(tracked.plugin.as_ref(), plugin));
        let Some(tracked) = tracked.filter(|tracked| matches!(tracked.version, Version::Trial { .. })) else { return };
        if tracked.passed() {
            tracing::info!(
                plugin = plugin.name(),
                version = plugin.version(),
                "the trial is over: in service for good"
            );
            self.runtime.metrics().trial_ended(plugin, "kept");
            self.publish(state);
        } else {
            self.publish_count(state);
        }
    }

    /// Gives up the version that is on trial, and puts the one before back into service. False when it is not on trial
    /// any more.
    pub(super) fn give_up(&self, plugin: &Plugin, why: &str) -> bool {
        let mut guard = self.lock();
        let state = &mut *guard;
        let found = state.files.iter_mut().find(|(_, tracked)| is(tracked.plugin.as_ref(), plugin));
        let Some((key, tracked)) = found else { return false };
        let Some(next) = tracked.give_up(why) else { return false };
        tracing::error!(
            plugin = plugin.name(),
            version = plugin.version(),
            why,
            back_to = tracked.plugin.as_ref().map(Plugin::version),
            "the version on trial was given up, and the one before is in service again"
        );
        remember(state.memory.give_up(&next, &key.1, why));
        self.runtime.metrics().trial_ended(plugin, "returned");
        self.publish(guard);
        true
    }

    pub(super) fn admit(&self, tracked: &mut Tracked, plugin: Plugin, file: &Path, memory: &mut Memory) {
        let before = tracked.plugin.as_ref().map(|old| old.name().to_owned());
        tracked.admit(plugin, file, memory, self.options.canary_files);
        let now = tracked.plugin.as_ref().map(Plugin::name);
        if let Some(before) = before.filter(|before| Some(before.as_str()) != now) {
            self.runtime.metrics().state_changed(&before, None);
        }
    }
}

/// The file of the plugin of that name.
fn called<'a>(files: &'a mut Files, name: &str) -> Result<(&'a (usize, PathBuf), &'a mut Tracked), Error> {
    let key = core::called(files, name).map(|(key, _)| key.clone());
    let found = key.and_then(|key| files.range_mut(key..).next());
    found.ok_or_else(|| Error::NoSuchPlugin { name: name.to_owned() })
}

fn is(one: Option<&Plugin>, other: &Plugin) -> bool {
    one.is_some_and(|one| one.is_same(other))
}
