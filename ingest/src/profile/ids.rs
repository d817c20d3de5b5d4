//! Recognising the same thing from file to file: by number, by name, by a list of aliases.

use std::collections::{HashMap, HashSet};

use super::{
    part::{Part, Problems},
    past::Past,
    words::{folded, slug, squeezed},
};
use crate::Finding;

/// An `[ids.NAME]` of a profile.
#[derive(Debug)]
pub(super) struct IdRule {
    /// The values it is recognised by, the surest first.
    pub(super) by: Vec<String>,
    /// Those of `by` that are ids themselves; an id is made of the others.
    as_written: Vec<String>,
    /// Id by name, folded.
    names: HashMap<String, String>,
}

impl IdRule {
    pub(super) fn read(mut part: Part<'_>, problems: &mut Problems) -> Self {
        let by = part.texts("by", problems);
        if by.is_empty() {
            problems.add(
                &part.place("by"),
                "„by“ fehlt: woran etwas wiedererkannt wird",
                "`by` is missing: what a thing is recognised by",
            );
        }
        let as_written = part.texts("as_written", problems);
        for name in as_written.iter().filter(|it| !by.contains(it)) {
            problems.unknown(
                &part.place("as_written"),
                name,
                by.iter().map(String::as_str),
            );
        }
        let names = super::form::single(part.pairs("names", problems));
        part.end(problems);
        Self {
            by,
            as_written,
            names: names
                .into_iter()
                .map(|(name, id)| (folded(&name), id))
                .collect(),
        }
    }
}

impl IdRule {
    /// Whether a text of that name is an id itself.
    pub(super) fn is_as_written(&self, name: &str) -> bool {
        self.as_written.iter().any(|it| it == name)
    }

    /// Whether the list of names gives that id.
    pub(super) fn is_listed(&self, id: &str) -> bool {
        self.names.values().any(|it| it == id)
    }
}

/// What has been recognised so far.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Id by (value name, folded text).
    ids: HashMap<(String, String), String>,
    /// By id, the name it was made of.
    made: HashMap<String, String>,
    /// Every id given so far.
    given: HashSet<String>,
}

/// A thing that was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identified {
    pub(super) id: String,
    /// Nobody knew it before.
    pub(super) is_new: bool,
}

impl Known {
    /// The id of a thing with these texts by value name, the surest first; `None` if there are none.
    ///
    /// Whoever is seen first gives the id, in this feed or in one before, so that one more file leaves the
    /// ids of the others as they are.
    ///
    /// # Errors
    /// `ambiguous_id`: its texts belong to different things; `id_collision`: the id made of its name is
    /// another thing's; `no_id`: no id can be made of its name.
    pub(super) fn id(
        &mut self,
        (name, rule): (&str, &IdRule),
        texts: &[(&str, &str)],
        past: &Past,
    ) -> Result<Option<Identified>, Finding> {
        let Some((first, text)) = texts.first() else {
            return Ok(None);
        };
        let key = |name: &str, text: &str| (name.to_owned(), folded(text));
        let mut found: Vec<(&str, String)> = Vec::new();
        for (by, text) in texts {
            let key = key(by, text);
            if let Some(id) = rule.names.get(&key.1).or_else(|| self.ids.get(&key)) {
                found.push((text, id.clone()));
            } else {
                let ids = past.ids(name, by, text).into_iter().flatten();
                found.extend(ids.map(|id| (*text, id.clone())));
            }
        }
        let is_new = found.is_empty();
        let id = if let Some(((_, id), rest)) = found.split_first() {
            if let Some((text, other)) = rest.iter().find(|(_, other)| other != id) {
                return Err(ambiguous(id, text, other));
            }
            id.clone()
        } else {
            let id = self.made_of(rule, first, text)?;
            let other = past.name_of(name, &id, first);
            if let Some(other) = other.filter(|_| !rule.is_as_written(first)) {
                return Err(collision(&id, other));
            }
            id
        };
        self.given.insert(id.clone());
        for (name, text) in texts {
            self.ids
                .entry(key(name, text))
                .or_insert_with(|| id.clone());
        }
        Ok(Some(Identified { id, is_new }))
    }

    /// Whether a thing was in this feed.
    pub(super) fn has(&self, id: &str) -> bool {
        self.given.contains(id)
    }

    fn made_of(&mut self, rule: &IdRule, name: &str, text: &str) -> Result<String, Finding> {
        let id = if rule.is_as_written(name) {
            squeezed(text)
        } else {
            slug(text)
        };
        if id.is_empty() {
            return Err(no_id());
        }
        let other = self.made.entry(id.clone()).or_insert_with(|| folded(text));
        if *other != folded(text) {
            return Err(collision(&id, other));
        }
        Ok(id)
    }
}

fn ambiguous(id: &str, text: &str, other: &str) -> Finding {
    Finding::new(
        "ambiguous_id",
        format!(
            "Die Zeile gehört zu „{id}“, aber „{text}“ ist als „{other}“ bekannt; bitte im Profil unter „names“ festlegen, was gemeint ist"
        ),
        format!(
            "The row belongs to `{id}`, but `{text}` is known as `{other}`; say in the profile under `names` which is meant"
        ),
    )
}

fn collision(id: &str, other: &str) -> Finding {
    Finding::new(
        "id_collision",
        format!(
            "Aus diesem Namen würde die Kennung „{id}“, die schon „{other}“ hat; bitte im Profil unter „names“ eine eigene vergeben"
        ),
        format!(
            "This name would become the id `{id}`, which is already that of `{other}`; give it one of its own in the profile under `names`"
        ),
    )
}

fn no_id() -> Finding {
    Finding::new(
        "no_id",
        "Aus diesem Namen lässt sich keine Kennung bilden; bitte im Profil unter „names“ eine vergeben",
        "No id can be made of this name; give it one in the profile under `names`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(names: &[(&str, &str)]) -> IdRule {
        IdRule {
            by: vec!["number".to_owned(), "name".to_owned()],
            as_written: vec!["number".to_owned()],
            names: names
                .iter()
                .map(|(name, id)| (folded(name), (*id).to_owned()))
                .collect(),
        }
    }

    fn id(known: &mut Known, rule: &IdRule, number: &str, name: &str) -> Result<String, String> {
        let texts = [("number", number), ("name", name)];
        let texts: Vec<_> = texts.into_iter().filter(|(_, it)| !it.is_empty()).collect();
        known
            .id(("thing", rule), &texts, &Past::default())
            .map(|it| it.map(|it| it.id).unwrap_or_default())
            .map_err(|it| it.code.to_string())
    }

    #[test]
    fn whoever_is_seen_first_gives_the_id() {
        let (mut known, rule) = (Known::default(), rule(&[]));
        let mut id = |number: &str, name: &str| id(&mut known, &rule, number, name);
        assert_eq!(id("", "Type 31e "), Ok("type-31e".to_owned()));
        assert_eq!(id("MOD_1", "TYPE  31E"), Ok("type-31e".to_owned()));
        assert_eq!(id("MOD_1", "Renamed"), Ok("type-31e".to_owned()));
        assert_eq!(id("MOD_2", "Other"), Ok("MOD_2".to_owned()));
        assert_eq!(id("", "other"), Ok("MOD_2".to_owned()));
        assert_eq!(id("", ""), Ok(String::new()));
    }

    #[test]
    fn what_cannot_be_told_is_found() {
        let (mut known, open) = (Known::default(), rule(&[]));
        assert_eq!(id(&mut known, &open, "", "A"), Ok("a".to_owned()));
        assert_eq!(id(&mut known, &open, "N1", "B"), Ok("N1".to_owned()));
        assert_eq!(
            id(&mut known, &open, "N1", "A"),
            Err("ambiguous_id".to_owned())
        );
        assert_eq!(
            id(&mut known, &open, "", "a!"),
            Err("id_collision".to_owned())
        );
        assert_eq!(id(&mut known, &open, "", "—"), Err("no_id".to_owned()));
        let listed = rule(&[("B", "a")]);
        assert_eq!(
            id(&mut Known::default(), &listed, "N1", "b"),
            Ok("a".to_owned())
        );
    }
}
