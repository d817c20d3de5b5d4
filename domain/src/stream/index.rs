//! Where rows are among those of a stream, by table and by what they are found by.

use std::{collections::HashMap, sync::Arc};

/// Places by (table, text). There may be a million of them, nearly all with one place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index(Vec<(usize, HashMap<Arc<str>, Places>)>);

#[derive(Debug, Clone)]
enum Places {
    One(usize),
    Many(Vec<usize>),
}

impl Index {
    /// The places, in the order they were added.
    pub(crate) fn get(&self, table: usize, text: &str) -> &[usize] {
        let texts = self.0.iter().find(|(it, _)| *it == table);
        match texts.and_then(|(_, texts)| texts.get(text)) {
            None => &[],
            Some(Places::One(place)) => std::slice::from_ref(place),
            Some(Places::Many(places)) => places,
        }
    }

    pub(super) fn add(&mut self, table: usize, text: Arc<str>, place: usize) {
        let known = self.0.iter().position(|(it, _)| *it == table);
        let at = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push((table, HashMap::new()));
        }
        let places = self.0[at].1.entry(text);
        places
            .and_modify(|it| it.add(place))
            .or_insert(Places::One(place));
    }
}

impl Places {
    fn add(&mut self, place: usize) {
        match self {
            Self::One(first) => *self = Self::Many(vec![*first, place]),
            Self::Many(places) => places.push(place),
        }
    }
}
