//! One foreign table under way: where its values stand, and what is noted of each cell beforehand.

use std::collections::HashMap;

use super::{Value, mapping::Mapping};
use crate::{
    Finding, GridCell, GridRow,
    profile::{
        account::{Fate, SheetAccount, Why},
        form::{FileForm, Skip},
        sheet::Laid,
        value::Held,
    },
};

/// One table under way.
pub(super) struct Table<'p> {
    pub(super) form: &'p FileForm,
    pub(super) laid: Laid,
    /// The columns' names for people.
    pub(super) names: Vec<String>,
    /// By name: the places its value may stand at.
    pub(super) places: Vec<(&'p str, Vec<usize>)>,
    pub(super) skips: Vec<(usize, &'p Skip)>,
    /// Per column what becomes of its cells if no row takes them; `None`: a value is read from them.
    pub(super) fates: Vec<Option<Fate>>,
    /// The columns that are a record each.
    pub(super) wide: Vec<usize>,
    pub(super) constants: Vec<(&'p str, Value)>,
    /// Its number in the account.
    pub(super) sheet: usize,
    pub(super) no_row: Why,
    /// A cell tells what the record is about, and what it says is in no row.
    pub(super) recognised: Why,
    /// In a CSV file every record has as many cells as the header.
    is_csv: bool,
    /// By name, what stood last in a column that is filled down.
    pub(super) above: HashMap<&'p str, (GridCell, u32)>,
}

impl<'p> Mapping<'p> {
    /// Finds the profile's columns in a table; and those that are not there.
    pub(super) fn table(
        &mut self,
        file: &str,
        sheet: Option<String>,
        form: &'p FileForm,
        laid: Laid,
    ) -> (Table<'p>, Vec<Finding>) {
        let mut missing = Vec::new();
        let mut place = |column| {
            let place = laid.place(column);
            if place.is_none() {
                missing.push(laid.missing(column));
            }
            place
        };
        let mut places: Vec<(&str, Vec<usize>)> = Vec::new();
        for (name, columns) in &form.columns {
            places.push((name, columns.iter().filter_map(&mut place).collect()));
        }
        let mut left_out = Vec::new();
        for (column, why) in &form.left_out {
            left_out.extend(place(column).map(|it| (it, why)));
        }
        let mut skips = Vec::new();
        for skip in &form.skips {
            skips.extend(place(&skip.column).map(|it| (it, skip)));
        }
        let is_wide = |it: &usize| {
            let header = laid.headers.get(*it).map_or("", String::as_str);
            form.wide
                .iter()
                .flat_map(|it| &it.headers)
                .any(|it| it.fits(header))
        };
        let wide: Vec<usize> = (0..laid.headers.len()).filter(is_wide).collect();
        let width = laid.rows.iter().map(|it| it.cells.len()).max().unwrap_or(0);
        let width = width.max(laid.headers.len());
        let read = places.iter().flat_map(|(_, it)| it).chain(&wide).copied();
        let fates = self.fates(width, read, &left_out);
        let names: Vec<String> = (0..width).map(|it| laid.name(it)).collect();
        let is_csv = sheet.is_none() && !form.transposed;
        let account = SheetAccount::new(
            file,
            sheet,
            laid.turned.clone(),
            names.clone(),
            laid.headings,
        );
        let table = Table {
            form,
            laid,
            names,
            places,
            skips,
            fates,
            wide,
            constants: self.constants(form),
            sheet: self.account.begin(account),
            no_row: self.account.why("no_row", "keine Zeile entsteht daraus"),
            recognised: self
                .account
                .why("recognised", "nur zum Wiedererkennen benutzt"),
            is_csv,
            above: HashMap::new(),
        };
        (table, missing)
    }

    fn fates(
        &mut self,
        width: usize,
        read: impl Iterator<Item = usize>,
        left_out: &[(usize, &String)],
    ) -> Vec<Option<Fate>> {
        let not_mapped = self
            .account
            .why("not_mapped", "das Profil nennt diese Spalte nicht");
        let mut fates = vec![Some(Fate::Left(not_mapped)); width];
        for place in read {
            if let Some(fate) = fates.get_mut(place) {
                *fate = None;
            }
        }
        for (place, why) in left_out {
            let why = self.account.why("left_out", why);
            if let Some(fate) = fates.get_mut(*place) {
                *fate = Some(Fate::Left(why));
            }
        }
        fates
    }

    fn constants(&self, form: &'p FileForm) -> Vec<(&'p str, Value)> {
        let constants = form.constants.iter().map(|(name, text)| {
            let value = Value {
                read: self.read(name, text),
                written: text.clone(),
                held: Held::Text,
                may_be_shown: false,
                cells: Vec::new(),
                column: None,
            };
            (name.as_str(), value)
        });
        constants.collect()
    }
}

impl Table<'_> {
    /// The name of a column for people.
    pub(super) fn name(&self, place: usize) -> &str {
        self.names.get(place).map_or("", String::as_str)
    }

    /// A record with more cells than the header, or in a CSV file with fewer: a quote or a line break is
    /// not where it seems.
    pub(super) fn wrong_count(&self, row: &GridRow) -> Option<Finding> {
        if self.form.header_rows == 0 {
            return None;
        }
        let (expected, found) = (self.laid.headers.len(), row.cells.len());
        let surplus = row.cells.iter().skip(expected);
        let surplus = surplus.into_iter().any(|it| !it.text().trim().is_empty());
        (surplus || self.is_csv && found < expected).then(|| wrong_cell_count(expected, found))
    }
}

fn wrong_cell_count(expected: usize, found: usize) -> Finding {
    Finding::new(
        "wrong_cell_count",
        format!("Die Zeile hat {found} Zellen, die Kopfzeile {expected}; stimmen Trennzeichen und Anführungszeichen im Profil?"),
        format!("The row has {found} cells, the header {expected}; are separator and quote right in the profile?"),
    )
    .showing(&found.to_string())
}
