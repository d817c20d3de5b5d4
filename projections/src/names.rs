//! Ids as small numbers, so that fact columns stay plain and small.

use std::collections::HashMap;

use leitstand_domain::Id;

/// An interned id or title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(u32);

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
        let name = Name(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(id.clone());
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
        self.texts[name.0 as usize].clone()
    }

    /// The text of a number.
    #[must_use]
    pub fn text(&self, name: Name) -> &str {
        self.texts.get(name.0 as usize).map_or("", |it| it.as_str())
    }
}
