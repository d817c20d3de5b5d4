//! Reading a profile's TOML key by key, so that a key nobody asks for is an error with what was meant.

use toml::{Table, Value};

use super::words::hint;
use crate::Finding;

/// Everything wrong with a profile so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// The profile's file, as it was named.
    pub(super) file: String,
    pub(super) findings: Vec<Finding>,
}

impl Problems {
    /// Notes what is wrong at a place like `emit[2].measure`.
    pub(super) fn add(&mut self, at: &str, de: impl Into<String>, en: impl Into<String>) {
        let finding = Finding::new("bad_profile", de, en).at(at);
        let file = Some(self.file.as_str()).filter(|it| !it.is_empty());
        self.findings.push(finding.in_row(file, None));
    }

    /// Notes a word that is none of those possible there.
    pub(super) fn unknown<'a>(
        &mut self,
        at: &str,
        word: &str,
        possible: impl Iterator<Item = &'a str> + Clone,
    ) {
        let shown = crate::finding::shortened(word);
        let (de, en) = hint(word, possible);
        self.add(
            at,
            format!("„{shown}“ gibt es hier nicht; {de}"),
            format!("There is no `{shown}` here; {en}"),
        );
    }
}

/// One table of the profile, and which of its keys are known.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Where it stands, as in `file[1].columns`; empty at the top.
    pub(super) at: String,
    table: &'a Table,
    known: Vec<&'static str>,
}

impl<'a> Part<'a> {
    pub(super) fn new(at: impl Into<String>, table: &'a Table) -> Self {
        Self {
            at: at.into(),
            table,
            known: Vec::new(),
        }
    }

    /// The place of one of its keys.
    pub(super) fn place(&self, key: &str) -> String {
        if self.at.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.at)
        }
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.table.get(key)
    }

    /// A text; numbers and dates are taken as they are written.
    pub(super) fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<String> {
        let value = self.get(key)?;
        let text = plain(value);
        if text.is_none() {
            problems.add(
                &self.place(key),
                "Erwartet wird ein Text: \"…\"",
                "Expected a text: \"…\"",
            );
        }
        text
    }

    /// A text that must be there.
    pub(super) fn needed(&mut self, key: &'static str, problems: &mut Problems) -> Option<String> {
        let text = self.text(key, problems);
        if text.is_none() && !self.table.contains_key(key) {
            let (de, en) = (format!("„{key}“ fehlt"), format!("`{key}` is missing"));
            problems.add(&self.place(key), de, en);
        }
        text
    }

    /// One text or a list of them.
    pub(super) fn texts(&mut self, key: &'static str, problems: &mut Problems) -> Vec<String> {
        match self.get(key) {
            None => Vec::new(),
            Some(value) => texts(value, &self.place(key), problems),
        }
    }

    /// One character.
    pub(super) fn letter(&mut self, key: &'static str, problems: &mut Problems) -> Option<char> {
        let text = self.text(key, problems)?;
        let mut letters = text.chars();
        let letter = letters.next().filter(|_| letters.next().is_none());
        if letter.is_none() {
            problems.add(
                &self.place(key),
                "Erwartet wird genau ein Zeichen",
                "Expected exactly one character",
            );
        }
        letter
    }

    /// `true` or `false`; `false` if it is not there.
    pub(super) fn flag(&mut self, key: &'static str, problems: &mut Problems) -> bool {
        match self.get(key) {
            None => false,
            Some(Value::Boolean(flag)) => *flag,
            Some(_) => {
                problems.add(
                    &self.place(key),
                    "Erwartet wird true oder false",
                    "Expected true or false",
                );
                false
            }
        }
    }

    /// A whole number from 0 to 10,000.
    pub(super) fn count(&mut self, key: &'static str, problems: &mut Problems) -> Option<usize> {
        match self.get(key)? {
            Value::Integer(number) if (0..=10_000).contains(number) => {
                usize::try_from(*number).ok()
            }
            _ => {
                problems.add(
                    &self.place(key),
                    "Erwartet wird eine Zahl von 0 bis 10000",
                    "Expected a number from 0 to 10000",
                );
                None
            }
        }
    }

    /// One of certain words.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(key, problems)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            problems.unknown(&self.place(key), &text, words.iter().map(|(word, _)| *word));
        }
        found.map(|(_, value)| *value)
    }

    /// A table inside.
    pub(super) fn part(&mut self, key: &'static str, problems: &mut Problems) -> Option<Part<'a>> {
        let table = self.get(key)?.as_table();
        if table.is_none() {
            no_section(&self.place(key), problems);
        }
        table.map(|table| Part::new(self.place(key), table))
    }

    /// Tables inside, as in `[[file]]`.
    pub(super) fn parts(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Part<'a>> {
        let place = self.place(key);
        let tables: Option<Vec<&Table>> = match self.get(key) {
            None => return Vec::new(),
            Some(Value::Array(values)) => values.iter().map(Value::as_table).collect(),
            Some(_) => None,
        };
        let Some(tables) = tables else {
            problems.add(
                &place,
                format!("Erwartet werden Abschnitte: [[{place}]]"),
                format!("Expected sections: [[{place}]]"),
            );
            return Vec::new();
        };
        let numbered = tables.into_iter().enumerate();
        numbered
            .map(|(at, table)| Part::new(format!("{place}[{}]", at + 1), table))
            .collect()
    }

    /// Sections with names of the profile's own, as in `[fields.end]`.
    pub(super) fn named(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Vec<(&'a str, Part<'a>)> {
        let Some(part) = self.part(key, problems) else {
            return Vec::new();
        };
        let mut named = Vec::new();
        for (name, value) in part.table {
            let place = part.place(name);
            match value.as_table() {
                Some(table) => named.push((name.as_str(), Part::new(place, table))),
                None => no_section(&place, problems),
            }
        }
        named
    }

    /// Texts under names of the profile's own.
    pub(super) fn pairs(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Vec<(String, Vec<String>)> {
        let Some(part) = self.part(key, problems) else {
            return Vec::new();
        };
        part.all(problems)
    }

    /// Every key with its texts, whatever it is called.
    pub(super) fn all(&self, problems: &mut Problems) -> Vec<(String, Vec<String>)> {
        let pairs = self.table.iter();
        pairs
            .map(|(name, value)| (name.clone(), texts(value, &self.place(name), problems)))
            .collect()
    }

    /// The keys not asked for yet, each with its text.
    pub(super) fn others(&mut self, problems: &mut Problems) -> Vec<(String, String)> {
        let others = self
            .table
            .iter()
            .filter(|(name, _)| !self.known.contains(&name.as_str()));
        let mut texts = Vec::new();
        for (name, value) in others {
            match plain(value) {
                Some(text) => texts.push((name.clone(), text)),
                None => problems.add(
                    &self.place(name),
                    "Erwartet wird ein Text: \"…\"",
                    "Expected a text: \"…\"",
                ),
            }
        }
        texts
    }

    /// Names the keys nobody asked for.
    pub(super) fn end(self, problems: &mut Problems) {
        for key in self
            .table
            .keys()
            .filter(|it| !self.known.contains(&it.as_str()))
        {
            problems.unknown(&self.place(key), key, self.known.iter().copied());
        }
    }
}

fn no_section(at: &str, problems: &mut Problems) {
    let (de, en) = (
        format!("Erwartet wird ein Abschnitt: [{at}]"),
        format!("Expected a section: [{at}]"),
    );
    problems.add(at, de, en);
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Datetime(day) => Some(day.to_string()),
        // A float is no text anybody wrote: 0.10 would come back as 0.1.
        Value::Float(_) | Value::Boolean(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

fn texts(value: &Value, at: &str, problems: &mut Problems) -> Vec<String> {
    let texts: Option<Vec<String>> = match value {
        Value::Array(values) => values.iter().map(plain).collect(),
        _ => plain(value).map(|it| vec![it]),
    };
    texts.unwrap_or_else(|| {
        problems.add(
            at,
            "Erwartet wird ein Text oder eine Liste von Texten: [\"…\", \"…\"]",
            "Expected a text or a list of texts: [\"…\", \"…\"]",
        );
        Vec::new()
    })
}
