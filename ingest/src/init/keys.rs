//! The built-in cost keys.

use leitstand_domain::{Day, Event, Meta, Percent, cell::Cell as _, event::CostKeySet};

use super::COST_KEYS;
use crate::{CommandId, command_id, feed::plain_rows, ident::Content};

/// Key years whose numbers were checked against the published table (dossier, section 4).
const VERIFIED: [u32; 3] = [2014, 2015, 2016];

/// The built-in cost keys, one per key year.
#[must_use]
pub fn built_in_keys() -> Vec<CostKeySet> {
    let rows = plain_rows(COST_KEYS);
    let columns = rows.first().into_iter().flat_map(|it| it.keys());
    let years = columns.filter_map(|it| it.strip_prefix("key_")?.parse::<u32>().ok());
    let key = |key_year: u32| {
        let percent = format!("key_{key_year}");
        let shares = rows.iter().filter_map(|row| {
            let part = Percent::parse(row.get(&percent)?).ok()?;
            Some((row.get("iso")?.clone(), part.units()))
        });
        CostKeySet {
            key_year,
            valid_from: Day::FIRST,
            verified: VERIFIED.contains(&key_year),
            shares: shares.collect(),
        }
    };
    years.map(key).collect()
}

/// One event per key year, with its command.
pub(super) fn cost_keys(programme: &str) -> Vec<(CommandId, Event)> {
    let event = |set: CostKeySet| {
        let mut content = Content::default();
        for (land, units) in &set.shares {
            content.state(land.clone(), units.to_string());
        }
        content.state("valid_from", set.valid_from.to_string());
        content.state("verified", if set.verified { "yes" } else { "no" });
        let key_year = set.key_year.to_string();
        let command = command_id(programme, "cost_keys", &key_year, &content.hash());
        let meta = Meta {
            built_in: true,
            ..Meta::default()
        };
        (command, Event::CostKeySet(set, meta))
    };
    built_in_keys().into_iter().map(event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_key_has_sixteen_laender_that_sum_to_a_hundred() {
        let mut years = Vec::new();
        for set in built_in_keys() {
            assert_eq!(set.shares.len(), 16, "{}", set.key_year);
            assert_eq!(
                set.shares.values().sum::<u32>(),
                Percent::WHOLE,
                "{}",
                set.key_year
            );
            years.push((set.key_year, set.verified));
        }
        assert_eq!(
            years,
            [(2014, true), (2015, true), (2016, true), (2019, false)]
        );
    }
}
