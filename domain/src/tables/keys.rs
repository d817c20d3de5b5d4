//! Who bears what: cost keys and cost-sharing schemes as data. Both hold as a whole (`stream::whole`).

use crate::{
    Count, Day, Id, Percent, Refusal,
    partner::{Group, Partner},
    stream::StreamKind,
    table::{Home, Referable, table},
};

table! {
    /// A Land's part of the cost key of a year. All parts of a key are handed in together and sum to 100 percent.
    "cost_keys" => "settings.key_part_set" v 1 as KeyPartSet {
        /// The year of the key, not of its application.
        key_year: Count = ["Schlüsseljahr"],
        /// The Land.
        partner: Partner = ["Land", "Partner"],
        /// Its part in percent, with at most five decimals.
        percent: Percent = ["Prozent", "Anteil"],
        /// From when the key is applied.
        valid_from: Day = ["Gültig ab"],
    }
    defines: true, states: false,
    identity: [key_year, partner, valid_from],
    effective: Some("valid_from") => |it| Some(it.valid_from),
    home: |_| Home::Named(StreamKind::Settings, None),
    references: [],
    is: |_| None,
    check: |it| {
        if it.partner == Partner::Bund {
            return Err(Refusal::new(
                "key_of_laender",
                "partner",
                "Ein Kostenschlüssel teilt nur unter den Ländern; was der Bund trägt, sagt die Kostenteilung",
                "A cost key shares among the Länder only; what the Bund bears is said by the scheme",
            ));
        }
        if (1949..=2100).contains(&it.key_year.get()) {
            return Ok(());
        }
        Err(Refusal::new(
            "bad_year",
            "key_year",
            format!("{} ist kein Schlüsseljahr zwischen 1949 und 2100", it.key_year),
            format!("{} is not the year of a key between 1949 and 2100", it.key_year),
        ))
    },
}

table! {
    /// A group's part of a cost-sharing scheme. All parts of a scheme are handed in together and sum to 100 percent.
    "cost_schemes" => "settings.scheme_part_set" v 1 as SchemePartSet {
        /// Stable id of the scheme, as in `25/75` or `EfA`.
        id: Id = ["Kennung", "Kostenteilung"],
        /// Who bears the part: the Bund, all Länder by the cost key, or one partner alone.
        partner_group: Group = ["Gruppe", "Partnergruppe"],
        /// The part in percent, with at most five decimals.
        percent: Percent = ["Prozent", "Anteil"],
        /// From when the scheme is applied.
        valid_from: Day = ["Gültig ab"],
    }
    defines: true, states: false,
    identity: [id, partner_group, valid_from],
    effective: Some("valid_from") => |it| Some(it.valid_from),
    home: |_| Home::Named(StreamKind::Settings, None),
    references: [],
    is: |it| Some((Referable::Scheme, it.id.clone())),
    check: |_| Ok(()),
}
