//! How does a written text become the value of a key?
//!
//! [`Resolver`] is asked once for every key. It answers with a value in any case, so that one problem does not
//! hide the next, and keeps what `portcullis config` shows.

use std::path::PathBuf;

use secrecy::ExposeSecret;

use super::keys::{Declared, Default, Key, Visibility};
use super::problem::{Problem, Warning, nearest_within};
use super::value::{Refusal, Value, redacted};
use super::written::{Source, Written};

/// The value that a key has in the end, ready to be shown.
#[derive(Debug, Clone)]
pub(crate) struct Effective {
    /// The key.
    pub(crate) key: &'static Declared,
    /// The value, secrets redacted; `None` when the key has none.
    pub(crate) shown: Option<String>,
    /// Where it was written.
    pub(crate) source: Source,
}

/// Whose name a value was written under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spelling {
    /// That of an older backend, whose `.env` may hold more than is meant.
    Old,
    /// Ours, so that it was meant.
    Own,
}

/// Turns texts into values.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    written: &'a Written,
    effective: Vec<Effective>,
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
    /// Keys whose value is not what was written.
    unsound: Vec<&'static str>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(written: &'a Written, problems: Vec<Problem>) -> Self {
        Self { written, effective: Vec::new(), problems, warnings: Vec::new(), unsound: Vec::new() }
    }

    /// The files that the configuration was read from.
    pub(super) fn files(&self) -> &'a [PathBuf] {
        self.written.files()
    }

    /// The variables of the process that a database driver would obey behind our back.
    pub(super) fn driver_variables(&self) -> &'a [&'static str] {
        self.written.driver_variables()
    }

    /// The value of a key that has one only when somebody wrote it.
    pub(super) fn find<T: Value>(&mut self, key: &'static Key<T>) -> Option<T> {
        let (value, source) = self.explicit(key);
        self.show(&key.declared, value.as_ref(), source);
        value
    }

    /// The value of a key, or what it is when nobody wrote it.
    pub(super) fn get_or<T: Value>(&mut self, key: &'static Key<T>, default: impl FnOnce() -> T) -> T {
        let (value, source) = self.explicit(key);
        let value = value.unwrap_or_else(default);
        self.show(&key.declared, Some(&value), source);
        value
    }

    /// The value of a key whose default is a text.
    pub(super) fn get<T: Value>(&mut self, key: &'static Key<T>) -> Option<T> {
        let (value, source) = self.explicit(key);
        let value = value.or_else(|| match key.declared.default {
            Default::Text(text) => T::parse(text).ok(),
            Default::Absent | Default::Computed(_) => None,
        });
        self.show(&key.declared, value.as_ref(), source);
        value
    }

    /// The value of a key, or what it is where somebody in particular decides that.
    pub(super) fn get_or_of<T: Value>(&mut self, key: &'static Key<T>, whom: &'static str, default: T) -> T {
        let (written, source) = self.explicit(key);
        let source = if written.is_some() { source } else { Source::DefaultOf { whom } };
        let value = written.unwrap_or(default);
        self.show(&key.declared, Some(&value), source);
        value
    }

    /// The value that somebody wrote for a secret which is made from the master key where `replaces` says so.
    pub(super) fn find_or_make<T: Value>(
        &mut self,
        key: &'static Key<T>,
        replaces: impl FnOnce(Option<&T>) -> bool,
    ) -> Option<T> {
        let (written, source) = self.explicit(key);
        if replaces(written.as_ref()) {
            let in_place_of = written.is_some().then(|| source.to_string());
            self.show_made(&key.declared, in_place_of);
        } else {
            self.show(&key.declared, written.as_ref(), source);
        }
        written
    }

    /// Leaves a key without a value, because what is written for it has no meaning beside other keys.
    pub(super) fn pass_over<T: Value>(&mut self, key: &'static Key<T>) {
        self.show::<T>(&key.declared, None, Source::Default);
    }

    /// Gives a key that nobody wrote the value that another key holds for it.
    pub(super) fn take_over<T: Value>(&mut self, key: &'static Key<T>, value: &T, from: &Declared) {
        let source = self.written.find(from).map_or(Source::Default, |written| written.source.clone());
        self.show(&key.declared, Some(value), source);
    }

    /// What a rule says about several keys; kept quiet when one of them is wrong already, or could be.
    pub(super) fn forbid(
        &mut self,
        keys: &[&'static Declared],
        what: impl Into<String>,
        fix: impl Into<String>,
    ) {
        if self.written.is_whole() && !keys.iter().any(|key| self.unsound.contains(&key.name)) {
            self.problems.push(Problem::new(what, fix));
        }
    }

    /// `key = value (source)`, for the sentence of a rule.
    pub(super) fn cite(&self, key: &Declared) -> String {
        let found = self.effective.iter().find(|effective| effective.key.name == key.name);
        let (shown, source) = found.map_or((None, &Source::Default), |e| (e.shown.as_deref(), &e.source));
        cited(key, shown.unwrap_or(""), source)
    }

    /// The same, with the text as it stands there where that differs: `key = 10m, written 600 (source)`.
    pub(super) fn cite_with_original(&self, key: &Declared) -> String {
        let found = self.effective.iter().find(|effective| effective.key.name == key.name);
        let shown = found.and_then(|effective| Some((effective.shown.as_deref()?, &effective.source)));
        match (shown, self.original(key)) {
            (Some((shown, source)), Some(original)) if shown != original => {
                format!("`{}` = `{shown}`, written `{original}` ({source})", key.name)
            }
            _ => self.cite(key),
        }
    }

    /// The text that somebody wrote for a key, as it stands there; that of a secret is not told.
    pub(super) fn original(&self, key: &Declared) -> Option<&'a str> {
        let written = self.written.find(key).filter(|_| key.visibility == Visibility::Shown)?;
        Some(written.original.expose_secret())
    }

    /// The variable that sets nothing and has nearly this name.
    pub(super) fn misspelled(&self, name: &str) -> Option<&'a Source> {
        let strangers = || self.written.strangers().iter();
        // A name of four letters more or less is another name: `API_SECRET` is not `JWT_SECRET`.
        let near = nearest_within(1 + name.len() / 8, name, strangers().filter_map(Source::variable))?;
        strangers().find(|source| source.variable() == Some(near))
    }

    /// Whether somebody wrote a key.
    pub(super) fn is_written(&self, key: &Declared) -> bool {
        self.written.find(key).is_some()
    }

    /// Under which kind of name somebody wrote a key.
    pub(super) fn spelling(&self, key: &Declared) -> Option<Spelling> {
        let variable = self.written.find(key)?.source.variable();
        let is_old = key.aliases.iter().any(|alias| variable == Some(alias.name));
        Some(if is_old { Spelling::Old } else { Spelling::Own })
    }

    /// The name that a key was written under, to be removed or changed there.
    pub(super) fn name_written(&self, key: &Declared) -> String {
        let variable = self.written.find(key).and_then(|written| written.source.variable());
        variable.map_or_else(|| format!("`{}`", key.name), ToOwned::to_owned)
    }

    /// Notes what a start bears with.
    pub(super) fn warn(&mut self, about: &'static str, what: impl Into<String>, advice: impl Into<String>) {
        self.warnings.push(Warning { about, what: what.into(), advice: advice.into() });
    }

    /// What a start bears with, so far.
    pub(super) fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    /// `key (source)`: where somebody wrote a value, which is not quoted.
    pub(super) fn cite_place(&self, key: &Declared) -> String {
        let source = self.written.find(key).map_or(&Source::Default, |written| &written.source);
        format!("`{}` ({source})", key.name)
    }

    pub(super) fn finish(self) -> (Vec<Effective>, Vec<Problem>) {
        (self.effective, self.problems)
    }

    fn explicit<T: Value>(&mut self, key: &'static Key<T>) -> (Option<T>, Source) {
        let declared = &key.declared;
        let Some(written) = self.written.find(declared) else { return (None, Source::Default) };
        let text = written.text.expose_secret();
        match T::parse(text) {
            Ok(value) => (Some(value), written.source.clone()),
            Err(refusal) => {
                self.unsound.push(declared.name);
                self.problems.push(refused::<T>(declared, text, &written.source, refusal));
                (None, Source::Default)
            }
        }
    }

    fn show_made(&mut self, key: &'static Declared, in_place_of: Option<String>) {
        let shown = Some(redacted("", Visibility::Hidden));
        self.effective.push(Effective { key, shown, source: Source::MasterKey { in_place_of } });
    }

    fn show<T: Value>(&mut self, key: &'static Declared, value: Option<&T>, source: Source) {
        let shown = value.map(|value| match key.visibility {
            Visibility::Hidden => redacted("", Visibility::Hidden),
            // Such a type leaves the password out itself.
            Visibility::Shown | Visibility::WithoutPassword => value.show(),
        });
        self.effective.push(Effective { key, shown, source });
    }
}

fn refused<T: Value>(key: &Declared, text: &str, source: &Source, refusal: Refusal) -> Problem {
    let cited = cited(key, &redacted(text, key.visibility), source);
    let mut fix = refusal.fix.map_or_else(|| format!("write {}", T::expects()), Into::into);
    if let Some(alias) = key.aliases.iter().find(|alias| source.variable() == Some(alias.name)) {
        // It may be there for another program.
        fix = format!("{fix}; {} wins over {}", key.environment_name(), alias.name);
    }
    Problem::new(format!("{cited} {}", refusal.what), fix)
}

fn cited(key: &Declared, shown: &str, source: &Source) -> String {
    match key.visibility {
        Visibility::Hidden => format!("`{}` ({source})", key.name),
        Visibility::Shown | Visibility::WithoutPassword => format!("`{}` = `{shown}` ({source})", key.name),
    }
}
