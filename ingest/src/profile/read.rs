//! From a profile's TOML to a profile.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Fixed, Profile, ProfileProgramme,
    emit::Emit,
    form::{FileForm, single},
    ids::IdRule,
    missing::Missing,
    part::{Part, Problems},
    value::{self, List, Reader},
};
use crate::columns::Sheet;

/// Reads everything; what is wrong is in `problems`.
pub(super) fn profile(mut part: Part<'_>, problems: &mut Problems) -> Profile {
    let programme = part
        .part("programme", problems)
        .and_then(|it| programme(it, problems));
    let lists = lists(&mut part, problems);
    let fields = fields(&mut part, &lists, problems);
    let ids: BTreeMap<String, IdRule> = part
        .named("ids", problems)
        .into_iter()
        .map(|(name, part)| (name.to_owned(), IdRule::read(part, problems)))
        .collect();
    let missing = Missing::new(single(part.pairs("missing", problems)));
    let files: Vec<FileForm> = part
        .parts("file", problems)
        .into_iter()
        .map(|it| FileForm::read(it, problems))
        .collect();
    let emits = part.parts("emit", problems).into_iter();
    let mut emits: Vec<Emit> = emits.filter_map(|it| Emit::read(it, problems)).collect();
    let dated_by = emits.iter().find_map(Emit::own_day).map(str::to_owned);
    for emit in &mut emits {
        emit.dated_by.clone_from(&dated_by);
    }
    part.end(problems);
    let label = problems.file.clone();
    let profile = Profile {
        programme,
        label,
        files,
        fields,
        missing,
        ids,
        emits,
    };
    names(&profile, problems);
    profile
}

/// Whether every name used is one some file has a value for.
fn names(profile: &Profile, problems: &mut Problems) {
    if profile.files.is_empty() {
        problems.add(
            "file",
            "Es fehlt ein Abschnitt [[file]]: welche Dateien gemeint sind",
            "A section [[file]] is missing: which files are meant",
        );
    }
    if profile.emits.is_empty() {
        problems.add(
            "emit",
            "Es fehlt ein Abschnitt [[emit]]: welche Zeilen entstehen",
            "A section [[emit]] is missing: which rows are made",
        );
    }
    let values: BTreeSet<&str> = profile
        .files
        .iter()
        .flat_map(FileForm::value_names)
        .collect();
    let wide: BTreeSet<&str> = profile
        .files
        .iter()
        .flat_map(FileForm::wide_names)
        .collect();
    for name in profile
        .fields
        .keys()
        .filter(|it| !values.contains(it.as_str()))
    {
        problems.unknown(&format!("fields.{name}"), name, values.iter().copied());
    }
    for (id, rule) in &profile.ids {
        if values.contains(id.as_str()) {
            problems.add(
                &format!("ids.{id}"),
                format!("„{id}“ ist auch der Name einer Spalte oder Konstante"),
                format!("`{id}` is also the name of a column or constant"),
            );
        }
        // Whatever is recognised is recognised once per record, not once per wide column.
        let possible = values.difference(&wide).copied();
        for name in rule
            .by
            .iter()
            .filter(|it| !possible.clone().any(|name| name == it.as_str()))
        {
            problems.unknown(&format!("ids.{id}.by"), name, possible.clone());
        }
    }
    let all: BTreeSet<&str> = values
        .into_iter()
        .chain(profile.ids.keys().map(String::as_str))
        .collect();
    for emit in &profile.emits {
        for (at, name) in emit.names() {
            if !all.contains(name) {
                problems.unknown(&at, name, all.iter().copied());
            }
        }
    }
}

fn programme(mut part: Part<'_>, problems: &mut Problems) -> Option<ProfileProgramme> {
    let (id, title) = (part.needed("id", problems), part.needed("title", problems));
    let currency = part.needed("currency", problems);
    part.end(problems);
    Some(ProfileProgramme {
        id: id?,
        title: title?,
        currency: currency?,
    })
}

fn lists(part: &mut Part<'_>, problems: &mut Problems) -> Vec<(String, List)> {
    let named = part.named("values", problems).into_iter();
    named
        .map(|(name, part)| (name.to_owned(), List::new(single(part.all(problems)))))
        .collect()
}

fn fields(
    part: &mut Part<'_>,
    lists: &[(String, List)],
    problems: &mut Problems,
) -> BTreeMap<String, Reader> {
    let mut fields = BTreeMap::new();
    for (name, part) in part.named("fields", problems) {
        let (mut reader, list) = value::reader(part, lists, problems);
        let words = lists.iter().find(|(name, _)| Some(name) == list.as_ref());
        if let (Reader::List(reader), Some((_, words))) = (&mut reader, words) {
            reader.take_words(words);
        }
        fields.insert(name.to_owned(), reader);
    }
    fields
}

/// A row that stands in the profile itself.
pub(super) fn fixed(mut part: Part<'_>, problems: &mut Problems) -> Option<Fixed> {
    let sheet = table(&mut part, problems)?;
    let mut cells = BTreeMap::new();
    for (header, text) in part.others(problems) {
        if let Some(column) = column(&part.place(&header), sheet, &header, problems) {
            cells.insert(column, text);
        }
    }
    Some(Fixed {
        table: sheet.name(),
        cells,
    })
}

/// The feed table a part of the profile names.
pub(super) fn table(part: &mut Part<'_>, problems: &mut Problems) -> Option<Sheet> {
    let name = part.needed("table", problems)?;
    // A correction names a table of its own, and a foreign table corrects nothing of ours.
    let found = Sheet::of(&name).filter(|it| matches!(it, Sheet::Table(_)));
    if found.is_none() {
        let names = leitstand_domain::tables::ALL.iter().map(|it| it.name);
        problems.unknown(&part.place("table"), &name, names);
    }
    found
}

/// The column of a table by the name a profile gives it.
pub(super) fn column(
    at: &str,
    sheet: Sheet,
    header: &str,
    problems: &mut Problems,
) -> Option<String> {
    let found = sheet.column(header);
    if found.is_none() {
        problems.unknown(at, header, sheet.columns().iter().map(|it| it.name));
    }
    found.map(std::borrow::Cow::into_owned)
}
