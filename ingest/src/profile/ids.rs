//! Recognising the same thing from file to file: by number, by name, by a list of aliases.

use std::collections::HashMap;

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

    /// The only text that is an id itself.
    pub(super) fn written_id(&self) -> Option<&str> {
        match self.as_written.as_slice() {
            [name] => Some(name),
            _ => None,
        }
    }

    /// Whether the list of names gives that id.
    pub(super) fn is_listed(&self, id: &str) -> bool {
        self.names.values().any(|it| it == id)
    }
}

/// A text that so many things share tells nothing more by one thing more.
const SHARED: usize = 16;

/// What has been recognised so far.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Ids by (value name, folded text).
    ids: HashMap<(String, String), Vec<String>>,
    /// By id, the name it was made of.
    made: HashMap<String, String>,
    /// By every id given so far, what the thing is recognised by: value name and folded text.
    given: HashMap<String, Vec<(String, String)>>,
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
    /// ids of the others as they are. A thing that is known by another text that is surer and an id itself
    /// is not meant by a number nobody knows: two numbers are two things, whatever they are called.
    ///
    /// # Errors
    /// `ambiguous_id`: its texts belong to different things, or a name leads to a thing whose surer name is
    /// another; `id_collision`: the id made of its name is another thing's; `no_id`: no id can be made of
    /// its name.
    pub(super) fn id(
        &mut self,
        (name, rule): (&str, &IdRule),
        texts: &[(&str, &str)],
        past: &Past,
    ) -> Result<Option<Identified>, Finding> {
        let Some((first, text)) = texts.first() else {
            return Ok(None);
        };
        let mut found: Vec<(&str, String)> = Vec::new();
        for (at, (by, text)) in texts.iter().enumerate() {
            let folded = folded(text);
            // What the profile lists needs no other text to agree.
            if let Some(id) = rule.names.get(&folded) {
                found.push((text, id.clone()));
                continue;
            }
            let here = self.ids.get(&(String::from(*by), folded));
            let there = past.ids(name, by, text);
            let ids = here.into_iter().flatten();
            let ids = ids.chain(there.into_iter().flatten().take(SHARED));
            if let Some((_, surest)) = found.first() {
                // Others may be called the same.
                if self.is_called(name, surest, (by, text), past) != Some(true) {
                    found.extend(ids.map(|it| (*text, it.clone())));
                }
                continue;
            }
            for id in ids {
                let mut surer = texts.iter().take(at);
                match surer.find(|it| self.is_called(name, id, **it, past) == Some(false)) {
                    Some((by, _)) if rule.is_as_written(by) => {}
                    Some((_, surer)) => return Err(ambiguous(&slug(surer), text, id)),
                    None => found.push((text, id.clone())),
                }
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
            let other = past.called(name, &id, first).next();
            if let Some(other) = other.filter(|_| !rule.is_as_written(first)) {
                return Err(collision(&id, other));
            }
            id
        };
        for (by, text) in texts {
            self.call(&id, by, text);
        }
        Ok(Some(Identified { id, is_new }))
    }

    /// Notes what a thing is called.
    fn call(&mut self, id: &str, by: &str, text: &str) {
        let key = (by.to_owned(), folded(text));
        let called = self.given.entry(id.to_owned()).or_default();
        if !called.contains(&key) {
            called.push(key.clone());
        }
        let ids = self.ids.entry(key).or_default();
        if ids.len() < SHARED && !ids.iter().any(|it| it == id) {
            ids.push(id.to_owned());
        }
    }

    /// Whether a thing is known by this text; none if it is known by no text of that name.
    fn is_called(
        &self,
        rule: &str,
        id: &str,
        (by, text): (&str, &str),
        past: &Past,
    ) -> Option<bool> {
        let here = self.given.get(id).into_iter().flatten();
        let here = here.filter(|(it, _)| it == by).map(|(_, it)| it.clone());
        let there = past.called(rule, id, by).map(folded);
        let mut texts = here.chain(there).peekable();
        texts.peek()?;
        let text = folded(text);
        Some(texts.any(|it| it == text))
    }

    /// Whether a thing was in this feed.
    pub(super) fn has(&self, id: &str) -> bool {
        self.given.contains_key(id)
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
    fn two_numbers_are_two_things_whatever_they_are_called() {
        let (mut known, open) = (Known::default(), rule(&[]));
        let mut id = |number: &str, name: &str| id(&mut known, &open, number, name);
        assert_eq!(id("V-1", "Other"), Ok("V-1".to_owned()));
        assert_eq!(id("V-3", "Other"), Ok("V-3".to_owned()));
        assert_eq!(id("V-1", "other"), Ok("V-1".to_owned()));
        assert_eq!(id("V-3", "Renamed"), Ok("V-3".to_owned()));
        // Which of them is meant, the name alone does not tell.
        assert_eq!(id("", "Other"), Err("ambiguous_id".to_owned()));
        assert_eq!(id("", "Renamed"), Ok("V-3".to_owned()));
        // A list of the profile does.
        let listed = rule(&[("V-3", "V-1")]);
        let mut known = Known::default();
        for number in ["V-1", "V-3", "V-1"] {
            let id = self::id(&mut known, &listed, number, "Other");
            assert_eq!(id, Ok("V-1".to_owned()), "{number}");
        }
    }

    #[test]
    fn of_names_nobody_can_tell_whether_one_is_new() {
        let names = IdRule {
            as_written: Vec::new(),
            ..rule(&[])
        };
        let mut known = Known::default();
        let mut id = |long: &str, short: &str| id(&mut known, &names, long, short);
        assert_eq!(id("Line South", "Line"), Ok("line-south".to_owned()));
        assert_eq!(id("Line North", "Line"), Err("ambiguous_id".to_owned()));
        assert_eq!(id("Line South", "line"), Ok("line-south".to_owned()));
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
