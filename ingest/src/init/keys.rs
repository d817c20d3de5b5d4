//! The built-in cost keys.

use std::collections::BTreeMap;

use leitstand_domain::{Day, Event, Meta, event::CostKeySet, shares::key_units};

use super::COST_KEYS;
use crate::{CommandId, command_id, feed::plain_rows, ident::Content};

/// Key years whose numbers were checked against the published table (dossier, section 4).
const VERIFIED: [u32; 3] = [2014, 2015, 2016];

/// One event per key year, with its command.
pub(super) fn cost_keys(programme: &str) -> Vec<(CommandId, Event)> {
    let rows = plain_rows(COST_KEYS);
    let columns = rows.first().into_iter().flat_map(|it| it.keys());
    let years = columns.filter_map(|it| it.strip_prefix("key_")?.parse::<u32>().ok());
    years
        .map(|key_year| {
            let percent = format!("key_{key_year}");
            let shares: BTreeMap<String, u32> = rows
                .iter()
                .filter_map(|row| Some((row.get("iso")?.clone(), key_units(row.get(&percent)?)?)))
                .collect();
            let verified = VERIFIED.contains(&key_year);
            let mut content = Content::default();
            for (land, units) in &shares {
                content.state(land.clone(), units.to_string());
            }
            content.state("valid_from", Day::FIRST.to_string());
            content.state("verified", if verified { "yes" } else { "no" });
            let command = command_id(
                programme,
                "cost_keys",
                &key_year.to_string(),
                &content.hash(),
            );
            let set = CostKeySet {
                key_year,
                valid_from: Day::FIRST,
                verified,
                shares,
            };
            (
                command,
                Event::CostKeySet(
                    set,
                    Meta {
                        built_in: true,
                        ..Meta::default()
                    },
                ),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use leitstand_domain::shares::WHOLE;

    use super::*;

    #[test]
    fn every_built_in_key_has_sixteen_laender_that_sum_to_a_hundred() {
        let keys = cost_keys("spt-dd");
        let mut years = Vec::new();
        for (_, event) in &keys {
            let Event::CostKeySet(set, _) = event else {
                panic!("a cost key")
            };
            assert_eq!(set.shares.len(), 16, "{}", set.key_year);
            assert_eq!(set.shares.values().sum::<u32>(), WHOLE, "{}", set.key_year);
            years.push((set.key_year, set.verified));
        }
        assert_eq!(
            years,
            [(2014, true), (2015, true), (2016, true), (2019, false)]
        );
    }
}
