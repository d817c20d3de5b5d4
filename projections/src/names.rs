//! Ids as small numbers, so that fact columns stay plain and small.

use std::{collections::HashMap, num::NonZeroU32};

use leitstand_domain::Id;

/// An interned id or title: its number, counted from 1, so that a column without one is as small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(NonZeroU32);

/// Every id and title seen.
#[derive(Debug, Default)]
pub struct Names {
    places: HashMap<Id, Name>,
    texts: Vec<Id>,
}

impl Names {
    /// The number of an id, made if new.
    pub fn intern(&mut self, id: &Id) -> Name {
        if let Some(name) = self.places.get(id) {
            return *name;
        }
        // Four billion different ids are more than any log holds.
        self.texts.push(id.clone());
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let name = Name(NonZeroU32::new(number).unwrap_or(NonZeroU32::MAX));
        self.places.insert(id.clone(), name);
        name
    }

    /// The number of an id already seen.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Name> {
        self.places.get(text).copied()
    }

    /// The id of a number.
    #[must_use]
    pub fn id(&self, name: Name) -> Id {
        // A name is only ever made by `intern`.
        self.texts[name.place()].clone()
    }

    /// The text of a number.
    #[must_use]
    pub fn text(&self, name: Name) -> &str {
        self.texts.get(name.place()).map_or("", |it| it.as_str())
    }
}

impl Name {
    fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}
