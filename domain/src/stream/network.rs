//! The network of activities: no activity may, on any day, wait for itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Day, Refusal, Row,
    stream::Root,
    tables::{ActivityPlanned, predecessors},
};

/// Names of a long cycle that are told from either end.
const TOLD: usize = 10;

/// What each activity waits for, from which day on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network {
    activities: BTreeMap<String, States>,
    /// Who waits for an activity, in any state: with nobody, it can be in no cycle.
    waiting: BTreeMap<String, BTreeSet<usize>>,
    /// Where each row was last put.
    placed: BTreeMap<usize, (String, Day)>,
}

/// An activity's states: what it waits for, by (day, place of the row).
type States = BTreeMap<(Day, usize), BTreeSet<String>>;

/// An activity as it would stand, or the disappearance of one of its states.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned<'a> {
    /// The activity; of an annulled state, as it was.
    pub(crate) activity: &'a ActivityPlanned,
    /// From when the state holds; `None`: it is annulled.
    pub(crate) from: Option<Day>,
    /// The place of the row it changes.
    pub(crate) replaces: Option<usize>,
}

impl Network {
    /// Takes in how a row now stands.
    pub(crate) fn settle(&mut self, at: usize, root: &Root) {
        if let Some((id, day)) = self.placed.remove(&at)
            && let Some(old) = self
                .activities
                .get_mut(&id)
                .and_then(|it| it.remove(&(day, at)))
        {
            for before in old {
                self.waiting.entry(before).or_default().remove(&at);
            }
        }
        let newest = root.newest();
        if let Row::ActivityPlanned(activity) = &newest.row
            && !newest.void
        {
            let before = named(activity);
            for it in &before {
                self.waiting.entry(it.clone()).or_default().insert(at);
            }
            let id = activity.id.to_string();
            self.placed.insert(at, (id.clone(), newest.effective));
            self.activities
                .entry(id)
                .or_default()
                .insert((newest.effective, at), before);
        }
    }

    /// Refuses an activity that would, over others, wait for itself on any day.
    pub(crate) fn judge(&self, planned: Planned<'_>) -> Result<(), Refusal> {
        let id = planned.activity.id.as_str();
        let old = self.activities.get(id);
        let mut states = old.cloned().unwrap_or_default();
        if let Some(at) = planned.replaces {
            states.retain(|(_, it), _| *it != at);
        }
        if let Some(day) = planned.from {
            let before = named(planned.activity);
            if before.contains(id) {
                return Err(cycle(&[id, id]));
            }
            states.insert((day, planned.replaces.unwrap_or(usize::MAX)), before);
        }
        // Nobody waits for it, or it waits for nothing new: the two quick answers for long networks.
        let waited_for = self.waiting.get(id).is_some_and(|it| !it.is_empty());
        if !waited_for || old.is_some_and(|old| adds_nothing(old, &states)) {
            return Ok(());
        }
        // Over all days together there is seldom a cycle; only if so, each day is asked by itself.
        if self.path(id, &states, None).is_none() {
            return Ok(());
        }
        let was = planned.replaces.and_then(|at| self.placed.get(&at));
        let since = was.map(|it| it.1).into_iter().chain(planned.from).min();
        let states_of_all = self.activities.values().chain([&states]);
        let turns = states_of_all.flat_map(|it| it.keys()).map(|it| it.0);
        let days: BTreeSet<Day> = turns.filter(|it| Some(*it) > since).chain(since).collect();
        for day in days {
            if let Some(path) = self.path(id, &states, Some(day)) {
                return Err(cycle(&path));
            }
        }
        Ok(())
    }

    /// A way from an activity over what it waits for back to itself, on one day or over all days.
    /// Depth first with an own stack; each activity remembers only who waited for it.
    fn path<'a>(
        &'a self,
        target: &'a str,
        own: &'a States,
        day: Option<Day>,
    ) -> Option<Vec<&'a str>> {
        let mut waited_by: BTreeMap<&str, &str> = BTreeMap::new();
        let mut stack = vec![target];
        while let Some(at) = stack.pop() {
            let states = if at == target {
                Some(own)
            } else {
                self.activities.get(at)
            };
            for before in states.into_iter().flat_map(|it| holding(it, day)) {
                if before == target {
                    let mut path = vec![target, at];
                    while let Some(next) = waited_by.get(path[path.len() - 1]) {
                        path.push(next);
                    }
                    path.reverse();
                    return Some(path);
                }
                if !waited_by.contains_key(before.as_str()) {
                    waited_by.insert(before, at);
                    stack.push(before);
                }
            }
        }
        None
    }
}

/// What an activity waits for on a day, or on any.
fn holding(states: &States, day: Option<Day>) -> impl Iterator<Item = &String> {
    let one = day.and_then(|day| states.range(..=(day, usize::MAX)).next_back());
    let all = states.iter().filter(move |_| day.is_none());
    one.into_iter().chain(all).flat_map(|(_, before)| before)
}

/// Whether on no day anything is waited for that was not before.
fn adds_nothing(old: &States, new: &States) -> bool {
    let days: BTreeSet<Day> = old.keys().chain(new.keys()).map(|it| it.0).collect();
    days.into_iter().all(|day| {
        let before: BTreeSet<&String> = holding(old, Some(day)).collect();
        holding(new, Some(day)).all(|it| before.contains(it))
    })
}

/// Names the cycle; of a very long one its ends.
fn cycle(path: &[&str]) -> Refusal {
    let told = if path.len() <= 2 * TOLD {
        path.join(" ← ")
    } else {
        let (first, last) = (&path[..TOLD], &path[path.len() - TOLD..]);
        format!(
            "{} ← … ({}) … ← {}",
            first.join(" ← "),
            path.len() - 2 * TOLD,
            last.join(" ← ")
        )
    };
    Refusal::new(
        "cycle",
        "predecessors",
        format!("Die Vorgänge warten aufeinander: {told}"),
        format!("These activities wait for each other: {told}"),
    )
}

/// The activities an activity names.
fn named(activity: &ActivityPlanned) -> BTreeSet<String> {
    let text = activity.predecessors.as_deref().unwrap_or_default();
    let links = predecessors(text).unwrap_or_default();
    links.into_iter().map(|it| it.activity).collect()
}
