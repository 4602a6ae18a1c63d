//! What does a mail say?
//!
//! A kind has two templates in each language: `en/reset_password.txt`, whose first line is `Subject: …`, and
//! `en/reset_password.html`. They fill the blocks of `en/layout.*`, and those the blocks of `layout.*`.

mod blocks;
mod embedded;
mod facts;

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};
use portcullis_core::model::mail::Letter;
use secrecy::ExposeSecret as _;

use crate::words;
use embedded::EMBEDDED;

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The directory or a file in it cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// A file that is the template of nothing.
    #[error("{} is the template of nothing; the names are {known}", path.display())]
    Unknown {
        /// Which.
        path: PathBuf,
        /// Those that there are.
        known: String,
    },
    /// It does not compile, or not render.
    #[error("{file}{}: {cause}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Broken {
        /// The path of the file, or the name of a template that is built in.
        file: String,
        /// Where in it.
        line: Option<usize>,
        /// Why.
        cause: String,
    },
    /// A block that nothing shows.
    #[error("{}, line {line}: no layout has a block `{block}`; there are {known}", path.display())]
    Block {
        /// The file.
        path: PathBuf,
        /// Where in it.
        line: usize,
        /// What it is called there.
        block: String,
        /// Those that there are.
        known: String,
    },
    /// It leaves out what its mail is good for.
    #[error("{file} does not show {{{{ {name} }}}}, without which its mail is of no use")]
    Silent {
        /// The path of the file, or the name of a template that is built in.
        file: String,
        /// What is missing.
        name: &'static str,
    },
}

/// A mail in words.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    /// One line.
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// All templates, compiled.
pub(crate) struct Templates {
    environment: Environment<'static>,
    /// Where those come from that are not built in.
    origins: HashMap<&'static str, PathBuf>,
}

impl Templates {
    /// Compiles what is built in, or what is in the directory instead.
    pub(crate) fn load(overrides: Option<&Path>) -> Result<Self, TemplateError> {
        let mut templates = Self { environment: environment(), origins: HashMap::new() };
        let mut texts = overrides.map(read_overrides).transpose()?.unwrap_or_default();
        check_blocks(&texts)?;
        for (name, embedded) in EMBEDDED {
            let text = match texts.remove(name) {
                Some((path, text)) => {
                    templates.origins.insert(name, path);
                    text
                }
                None => embedded.to_owned(),
            };
            let added = templates.environment.add_template_owned(name, text);
            added.map_err(|error| templates.broken(name, &error))?;
        }
        Ok(templates)
    }

    /// Writes a letter.
    pub(crate) fn render(&self, letter: &Letter, app_name: &str) -> Result<Rendered, TemplateError> {
        let facts = facts::of(letter, app_name);
        let name = |suffix| format!("{}/{}.{suffix}", letter.locale.as_str(), letter.kind.as_str());
        let render = |name: &str, facts| {
            let rendered = self.environment.get_template(name).and_then(|template| template.render(facts));
            rendered.map_err(|error| self.broken(name, &error))
        };

        let name_of_text = name("txt");
        let text = render(&name_of_text, context! { subject => "", ..facts.clone() })?;
        let (first, body) = text.split_once('\n').unwrap_or((&text, ""));
        let subject = first.strip_prefix("Subject:").map(words::plain).unwrap_or_default();
        if subject.is_empty() {
            return Err(TemplateError::Broken {
                file: self.place(&name_of_text),
                line: Some(1),
                cause: "the first line has to be `Subject: …`".to_owned(),
            });
        }
        let html = render(&name("html"), context! { subject => subject.clone(), ..facts })?;
        Ok(Rendered { subject, text: words::wrapped(body), html })
    }

    /// Writes a letter to see that it can be written, and shows its link and its code.
    pub(crate) fn check(&self, letter: &Letter, app_name: &str) -> Result<(), TemplateError> {
        let Rendered { text, html, .. } = self.render(letter, app_name)?;
        let html = html.replace("&#x2f;", "/");
        let link = letter.link.as_ref().map(|link| ("link", link.expose_secret().to_owned()));
        let code = letter.code.as_ref().map(|code| ("code", code.expose_in_groups()));
        for (name, value) in [link, code].into_iter().flatten() {
            for (suffix, said) in [("txt", &text), ("html", &html)] {
                if !said.contains(&value) {
                    return Err(TemplateError::Silent { file: self.whose(letter, suffix), name });
                }
            }
        }
        Ok(())
    }

    /// The file that is to blame for what a mail leaves out: its own, or the layout around it that is not ours.
    fn whose(&self, letter: &Letter, suffix: &str) -> String {
        let locale = letter.locale.as_str();
        let own = format!("{locale}/{}.{suffix}", letter.kind.as_str());
        let layouts = [format!("{locale}/layout.{suffix}"), format!("layout.{suffix}")];
        let is_not_ours = |name: &&String| self.origins.contains_key(name.as_str());
        self.place(std::iter::once(&own).chain(&layouts).find(is_not_ours).unwrap_or(&own))
    }

    fn broken(&self, name: &str, error: &Error) -> TemplateError {
        // The cause lies deepest: an error in a block is one of the block that renders it, too.
        let mut deepest = error;
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            deepest = inner.downcast_ref().unwrap_or(deepest);
            source = inner.source();
        }
        let detail = deepest.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
        TemplateError::Broken {
            file: self.place(deepest.name().unwrap_or(name)),
            line: deepest.line(),
            cause: format!("{}{detail}", deepest.kind()),
        }
    }

    fn place(&self, name: &str) -> String {
        match self.origins.get(name) {
            Some(path) => path.display().to_string(),
            None => format!("the template {name}"),
        }
    }
}

/// Strict in every way: a name that there is not, and a value that this letter does not have, is an error.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(|out, state, value| {
        if value.is_none() {
            return Err(Error::new(
                ErrorKind::UndefinedError,
                "some mails do not have this value; ask by {% if … %} first",
            ));
        }
        minijinja::escape_formatter(out, state, value)
    });
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    environment
}

type Overrides = HashMap<String, (PathBuf, String)>;

/// A block that no layout has is never shown: a slip in its name would leave a mail without its words.
fn check_blocks(overrides: &Overrides) -> Result<(), TemplateError> {
    let mut files: Vec<_> = overrides.iter().collect();
    files.sort();
    for (name, (path, text)) in files {
        let layouts = blocks::layouts_around(name);
        // Whoever leaves a block out of a layout need not leave it out of all that fill it.
        let texts = layouts.iter().flat_map(|name| [source(overrides, name), embedded(name)]).flatten();
        let known: BTreeSet<_> = texts.flat_map(blocks::all).collect();
        if let Some((line, block)) =
            blocks::outermost(text).into_iter().find(|(_, block)| !known.contains(block))
        {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            return Err(TemplateError::Block { path: path.clone(), line, block: block.to_owned(), known });
        }
    }
    Ok(())
}

/// The text of a template, as it is used.
fn source<'a>(overrides: &'a Overrides, name: &str) -> Option<&'a str> {
    overrides.get(name).map(|(_, text)| text.as_str()).or_else(|| embedded(name))
}

fn embedded(name: &str) -> Option<&'static str> {
    EMBEDDED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// What is in a directory and the directories in it. Hidden files are somebody else's.
fn read_overrides(directory: &Path) -> Result<Overrides, TemplateError> {
    let mut found = HashMap::new();
    for path in entries(directory)? {
        if path.is_dir() {
            for inner in entries(&path)? {
                add_override(directory, inner, &mut found)?;
            }
        } else {
            add_override(directory, path, &mut found)?;
        }
    }
    Ok(found)
}

fn add_override(directory: &Path, path: PathBuf, found: &mut Overrides) -> Result<(), TemplateError> {
    let relative = path.strip_prefix(directory).unwrap_or(&path);
    let name =
        relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    if !EMBEDDED.iter().any(|(known, _)| *known == name) {
        let known = EMBEDDED.map(|(known, _)| known).join(", ");
        return Err(TemplateError::Unknown { path, known });
    }
    let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
    found.insert(name, (path, text));
    Ok(())
}

/// In one order, so that one error is told first every time.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, TemplateError> {
    let unreadable = |error| unreadable(directory, &error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn unreadable(path: &Path, error: &std::io::Error) -> TemplateError {
    TemplateError::Read { path: path.to_owned(), cause: error.to_string() }
}

#[cfg(test)]
#[path = "templates/tests.rs"]
mod tests;
