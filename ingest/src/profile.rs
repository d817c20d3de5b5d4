//! Profiles: how somebody else's table becomes rows of ours.
//!
//! A profile is a TOML file (`docs/profiles.md`). It says which files it means and how they are written
//! ([`form`]), how a cell is read ([`value`]), how things are recognised from file to file ([`ids`]), and
//! which feed rows are made of a foreign row ([`emit`]), after what the log says already ([`past`]). What
//! became of every foreign cell is kept in the [`Account`].
//!
//! What is not here: guesses. A cell that is neither readable nor one of the texts that mean "missing" is
//! a finding; a number is never rounded and never becomes 0 unless the profile or the file says so.

mod account;
mod date;
mod decimal;
mod emit;
mod form;
mod ids;
mod missing;
mod part;
mod past;
mod read;
mod sheet;
mod template;
mod value;
mod words;

use std::collections::BTreeMap;

pub(crate) use self::{
    account::Origin,
    emit::{Again, Mapped, Mapping},
    form::FileForm,
    sheet::sheets,
};
pub use self::{
    account::{Account, ColumnAccount, FileAccount, Line, Reason, TableAccount},
    past::Past,
};
use self::{
    emit::Emit,
    ids::IdRule,
    missing::Missing,
    part::{Part, Problems},
    value::Reader,
};
use crate::Finding;

/// What is wrong with a profile.
pub type BadProfile = Vec<Finding>;

/// The programme a profile is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileProgramme {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The currency of its amounts, as in `GBP`.
    pub currency: String,
}

impl ProfileProgramme {
    /// The catalogue it begins with, as `init` takes it: the programme itself.
    #[must_use]
    pub fn catalogue(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        format!(
            "id,kind,title\n{},programme,{}\n",
            quoted(&self.id),
            quoted(&self.title)
        )
    }
}

/// How foreign files become feed rows.
#[derive(Debug)]
pub struct Profile {
    programme: Option<ProfileProgramme>,
    /// As it was named.
    pub(crate) label: String,
    pub(crate) files: Vec<FileForm>,
    /// How the cells behind a name are read; names not listed are text.
    fields: BTreeMap<String, Reader>,
    missing: Missing,
    ids: BTreeMap<String, IdRule>,
    emits: Vec<Emit>,
}

/// A row that stands in the profile itself.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) table: &'static str,
    pub(crate) cells: BTreeMap<String, String>,
}

impl Profile {
    /// Reads a profile; `label` is how its file was named.
    ///
    /// # Errors
    /// Everything wrong with it: no TOML, unknown keys, names, tables or columns.
    pub fn read(text: &str, label: &str) -> Result<Self, BadProfile> {
        let mut problems = Problems {
            file: label.to_owned(),
            findings: Vec::new(),
        };
        let table: toml::Table = match text.trim_start_matches('\u{feff}').parse() {
            Ok(table) => table,
            Err(error) => {
                let error: toml::de::Error = error;
                let before = error
                    .span()
                    .and_then(|it| text.get(..it.start))
                    .unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let why = crate::finding::shortened(error.message());
                problems.add(
                    &format!("Zeile {line}"),
                    format!("Kein gültiges TOML (Zeile {line}): {why}"),
                    format!("Not valid TOML (line {line}): {why}"),
                );
                return Err(problems.findings);
            }
        };
        let profile = read::profile(Part::new("", &table), &mut problems);
        if problems.findings.is_empty() {
            Ok(profile)
        } else {
            Err(problems.findings)
        }
    }

    /// Whether everything a rule recognises things by is written into the log with every state of them,
    /// so that a file that comes alone finds them there.
    fn is_recorded(&self, rule: &str) -> bool {
        let Some(by) = self.ids.get(rule).map(|it| &it.by) else {
            return false;
        };
        let namings = self.emits.iter().filter_map(|it| it.naming(&self.ids));
        let namings: Vec<_> = namings.filter(|it| it.rule == rule && it.is_kept).collect();
        let has = |name: &String| {
            let mut texts = namings.iter().flat_map(|it| &it.texts);
            texts.any(|(_, it)| it == name)
        };
        by.len() == 1 || by.iter().all(has)
    }

    /// The programme it is for, where it says so.
    #[must_use]
    pub fn programme(&self) -> Option<&ProfileProgramme> {
        self.programme.as_ref()
    }
}
