//! Which stream a row belongs to, and whether what it refers to is there.

use leitstand_domain::{
    Id, Row,
    table::{Home, Referable, Reference},
};

use super::book::Name;
use crate::{
    Directory, Finding,
    wish::{Named, What, Wish, Wrong},
};

/// Where a row goes.
#[derive(Debug)]
pub(super) enum Located {
    /// To this stream.
    At(Name),
    /// It rests on something in another stream that is decided on and not yet recorded.
    Waits,
    /// Nowhere, for these reasons.
    Nowhere(Vec<Finding>),
}

/// What is recorded, and what is decided on and about to be.
pub(super) struct Places<'a> {
    pub(super) recorded: &'a Directory,
    pub(super) pending: &'a [Directory],
    /// Whether what is pending counts as recorded: in a rehearsal, which records nothing.
    pub(super) counts: bool,
}

impl<'a> Places<'a> {
    /// Only what is recorded.
    pub(super) fn recorded(recorded: &'a Directory) -> Self {
        Self {
            recorded,
            pending: &[],
            counts: false,
        }
    }

    /// Finds the stream of a wish.
    pub(super) fn locate(&self, wish: &Wish) -> Located {
        match &wish.what {
            What::Row(row, named) => self.of_row(wish, row, named),
            What::Correction(wrong) => self.of_correction(wish, wrong),
        }
    }

    /// Whether everything mentioned is there for a row of this stream.
    pub(super) fn mentioned(
        &self,
        table: &str,
        mentioned: &[Reference],
        stream: &str,
    ) -> Option<Located> {
        let mut findings = Vec::new();
        let mut waits = false;
        for it in mentioned {
            if self.recorded.knows(it.what, &it.id) {
                continue;
            }
            match self.pending(|pending| pending.refers(it.what, &it.id)) {
                Some(other) => waits |= !self.counts && **other != *stream,
                None => findings.push(unknown_reference(table, it)),
            }
        }
        if !findings.is_empty() {
            return Some(Located::Nowhere(findings));
        }
        waits.then_some(Located::Waits)
    }

    /// The stream of a row as it would stand; `None` if what it hangs on is nowhere.
    pub(super) fn home(&self, row: &Row) -> Option<Name> {
        match row.home() {
            Home::Named(kind, id) => Some(kind.name(id.as_deref()).into()),
            Home::Of(what, id) => {
                let recorded = self.recorded.refers(what, &id);
                recorded
                    .or_else(|| self.pending(|pending| pending.refers(what, &id)))
                    .cloned()
            }
        }
    }

    fn pending<'s>(&self, find: impl Fn(&'a Directory) -> Option<&'s Name>) -> Option<&'s Name> {
        self.pending.iter().find_map(find)
    }

    fn of_row(&self, wish: &Wish, row: &Row, named: &Named) -> Located {
        let table = row.table().name;
        let mut mentioned = row.references();
        mentioned.extend(reporter(wish));
        // What has no home lacks what it hangs on, which is among what it mentions.
        let home = self.home(row).unwrap_or_else(|| "".into());
        if let Some(elsewhere) = self.mentioned(table, &mentioned, &home) {
            return elsewhere;
        }
        let defines = row.defines();
        let is_elsewhere = |directory: &Directory| {
            let same = directory.row_at(named.key);
            let other = defines
                .as_ref()
                .and_then(|(what, id)| directory.refers(*what, id));
            same.into_iter().chain(other).any(|it| *it != home)
        };
        let pending = self.pending.iter().any(is_elsewhere);
        if is_elsewhere(self.recorded) || (pending && self.counts) {
            return Located::Nowhere(vec![recorded_elsewhere(table, &named.identity)]);
        }
        if pending {
            Located::Waits
        } else {
            Located::At(home)
        }
    }

    fn of_correction(&self, wish: &Wish, wrong: &Wrong) -> Located {
        let recorded = self.recorded.row(wrong.table.name, &wrong.key);
        let place =
            recorded.or_else(|| self.pending(|pending| pending.row(wrong.table.name, &wrong.key)));
        let Some(stream) = place else {
            return Located::Nowhere(vec![no_such_row(wrong.table.name, &wrong.key)]);
        };
        let reporter: Vec<_> = reporter(wish).into_iter().collect();
        self.mentioned("corrections", &reporter, stream)
            .unwrap_or_else(|| Located::At(Name::clone(stream)))
    }
}

fn reporter(wish: &Wish) -> Option<Reference> {
    let id = wish.beside.reporter.clone()?;
    Some(Reference {
        column: "reporter",
        what: Referable::Body,
        id,
    })
}

fn unknown_reference(table: &str, reference: &Reference) -> Finding {
    let (id, column) = (&reference.id, reference.column);
    let (de, en) = words(reference.what);
    Finding::new(
        "unknown_reference",
        format!("„{id}“ in „{column}“ ist nicht erfasst als {de}; bitte zuerst erfassen oder die Kennung prüfen"),
        format!("`{id}` in `{column}` is not recorded as {en}; record it first or check the id"),
    )
    .in_table(table)
    .at(column)
    .showing(id)
}

fn words(what: Referable) -> (&'static str, &'static str) {
    match what {
        Referable::Subject => ("Katalogeintrag", "a catalogue entry"),
        Referable::Measure => (
            "Maßnahme oder Governance-Eintrag",
            "a measure or governance entry",
        ),
        Referable::Goal => ("Ziel", "a goal"),
        Referable::Body => ("Gremium, Stelle oder Themenbereich", "a body or topic area"),
        Referable::Seat => ("Sitz", "a seat"),
        Referable::Sitting => ("Sitzung", "a sitting"),
        Referable::Paper => ("Vorlage", "a paper"),
        Referable::Resolution => ("Beschluss", "a resolution"),
        Referable::Mandate => ("Arbeitsauftrag", "a mandate"),
        Referable::Milestone => ("Meilenstein", "a milestone"),
        Referable::Activity => ("Vorgang", "an activity"),
        Referable::Risk => ("Risiko", "a risk"),
        Referable::Impediment => ("Hindernis", "an impediment"),
        Referable::Pot => ("Topf", "a pot"),
        Referable::Request => ("Antrag", "a request"),
        Referable::Booking => ("Buchung", "a booking"),
        Referable::Scheme => (
            "Kostenteilung (oder zwei Prozentsätze wie 25/75, zusammen 100)",
            "a cost-sharing scheme (or two percentages such as 25/75, 100 together)",
        ),
    }
}

fn no_such_row(table: &str, key: &Id) -> Finding {
    Finding::new(
        "no_such_row",
        format!("In „{table}“ ist keine Zeile „{key}“ erfasst; die Teile der Identität werden mit „/“ verbunden"),
        format!("No row `{key}` is recorded in `{table}`; the parts of an identity are joined by `/`"),
    )
    .in_table("corrections")
    .at("key")
    .showing(key)
}

/// The refusal of an id that is already another row's.
fn recorded_elsewhere(table: &str, identity: &str) -> Finding {
    Finding::new(
        "use_correction",
        format!("„{identity}“ ist in „{table}“ schon an anderer Stelle erfasst (anderer Topf, andere Sitzung, anderes Gremium, anderer Gegenstand oder anderer Schlüssel); bitte eine eigene Kennung vergeben oder die frühere Zeile berichtigen"),
        format!("`{identity}` is already recorded in `{table}` in another place (another pot, sitting, body, subject or key); give it an id of its own or correct the earlier row"),
    )
    .in_table(table)
    .showing(identity)
}

/// The refusal of a correction that would move its row.
pub(super) fn other_stream(table: &str) -> Finding {
    Finding::new(
        "other_stream",
        format!("Die Berichtigung würde die Zeile aus „{table}“ an eine andere Stelle verschieben (anderer Topf, andere Sitzung oder anderes Gremium); bitte die Zeile annullieren (void = yes) und neu erfassen"),
        format!("The correction would move the row of `{table}` to another place (another pot, sitting or body); annul the row (void = yes) and record it anew"),
    )
    .in_table("corrections")
}
