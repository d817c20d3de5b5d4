//! The figures of a pillar and of the programme.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{
    super::{links::in_order_of_text, programme::Programme},
    Standing, word,
};
use crate::{
    Filter,
    answer::{
        Evidence, NoAnswer, fields,
        ground::{self, Summary, Terms, Threshold, input},
    },
    frame, present,
};

pub(super) fn summary(
    programme: &Programme<'_>,
    rows: &[Standing<'_>],
    stale_days: &Threshold,
    filter: &Filter,
) -> Result<Summary, NoAnswer> {
    let counted: Vec<&Standing<'_>> = rows.iter().filter(|it| it.counts(programme)).collect();
    let keys = counted
        .iter()
        .map(|it| format!("{}/{}", it.pillar, word(it.counted())))
        .collect();
    let counts = frame::counts(keys)?;
    let share = programme.threshold("red_percent", "pillar", (25, 20));
    let rate = programme.threshold("reported_percent", "status", (80, 80));
    let mut grounds = Grounds {
        programme,
        counted: &counted,
        stale_days,
        told: Evidence::default(),
    };
    let of = |pillar: &str| {
        ["green", "amber", "red", "none"].map(|colour| {
            counts
                .get(&format!("{pillar}/{colour}"))
                .copied()
                .unwrap_or_default()
        })
    };
    let (mut pillars, mut in_dissolved) = (Map::new(), Map::new());
    let mut total = [0_i64; 4];
    // Every pillar of the catalogue, and whatever else a measure counts for.
    let narrowed = !filter.is_open();
    let mut seen: Vec<&str> = counted.iter().map(|it| it.pillar).collect();
    if !narrowed {
        seen.extend(programme.pillars());
    }
    seen.sort_unstable();
    seen.dedup();
    for pillar in seen {
        let here = of(pillar);
        for (sum, count) in total.iter_mut().zip(here) {
            *sum += count;
        }
        if !programme.is_dissolved(pillar) {
            pillars.insert(
                pillar.to_owned(),
                grounds.group(Some(pillar), here, &share, Some(&rate)),
            );
            continue;
        }
        let left = counted.iter().filter(|it| it.pillar == pillar);
        let left = in_order_of_text(programme, left.map(|it| it.entry.row().id));
        if !left.is_empty() {
            in_dissolved.insert(pillar.to_owned(), json!(left));
        }
    }
    let mut originals = Map::new();
    let stated = counted
        .iter()
        .filter(|it| it.current)
        .filter_map(|it| it.report?.row().original);
    for (original, count) in
        frame::counts(stated.map(|it| programme.text(it).to_owned()).collect())?
    {
        grounds.count(&format!("by_original.{original}"), None, |it| {
            let stated = it.report.filter(|_| it.current);
            let stated = stated.and_then(|it| it.row().original);
            stated.is_some_and(|it| programme.text(it) == original)
        });
        originals.insert(original, json!(count));
    }
    let reported: i64 = total[..3].iter().sum();
    let all: i64 = total.iter().sum();
    let rate_of = vec![input("reported", reported), input("measures", all)];
    grounds.tell("report_rate", None, rate_of, &[]);
    let figures = fields([
        ("programme", grounds.group(None, total, &share, None)),
        ("pillars", Value::Object(pillars)),
        ("in_dissolved_pillars", Value::Object(in_dissolved)),
        (
            "report_rate",
            present::percent(i128::from(reported), i128::from(all), "no measure in scope"),
        ),
        ("by_original", Value::Object(originals)),
    ]);
    let grounds = grounds.told;
    Ok(Summary { figures, grounds })
}

/// What the figures are made of, as they are computed.
struct Grounds<'a, 'r> {
    programme: &'r Programme<'a>,
    counted: &'r [&'r Standing<'a>],
    stale_days: &'r Threshold,
    told: Evidence,
}

impl<'a, 'r> Grounds<'a, 'r> {
    /// Those counted in a pillar, or in the programme.
    fn of(&self, pillar: Option<&str>) -> impl Iterator<Item = &'r Standing<'a>> {
        let all = self.counted.iter().copied();
        all.filter(move |it| pillar.is_none_or(|pillar| it.pillar == pillar))
    }

    /// Reports no call asked for are judged by their age, too.
    fn tell(
        &mut self,
        figure: &str,
        pillar: Option<&str>,
        inputs: Terms,
        judged_by: &[&Threshold],
    ) {
        let is_by_age = self.of(pillar).any(Standing::is_judged_by_age);
        let by_age = is_by_age.then_some(self.stale_days);
        let thresholds = judged_by.iter().copied().chain(by_age);
        let thresholds: Vec<Threshold> = thresholds.cloned().collect();
        self.told.ground(figure, inputs, &thresholds);
    }

    /// Of those of a pillar, or of the programme, the ones that count.
    fn count(
        &mut self,
        figure: &str,
        pillar: Option<&str>,
        counts: impl Fn(&Standing<'a>) -> bool,
    ) {
        let of = self.of(pillar).count();
        let which = self.of(pillar).filter(|it| counts(it));
        let ids = which.map(|it| self.programme.text(it.entry.row().id));
        let inputs = ground::count("measures", of, ids);
        self.tell(figure, pillar, inputs, &[]);
    }

    /// Counts of one pillar or the programme, and the colour they make.
    fn group(
        &mut self,
        pillar: Option<&str>,
        [green, amber, red, none]: [i64; 4],
        share: &Threshold,
        report_rate: Option<&Threshold>,
    ) -> Value {
        let reported = green + amber + red;
        let all = reported + none;
        // `part` of `whole` is at least `percent` %, without dividing.
        let at_least = |part: i64, whole: i64, percent: &Decimal| {
            Decimal::from(part) * Decimal::ONE_HUNDRED >= Decimal::from(whole) * percent
        };
        let colour = if reported == 0 {
            "none"
        } else if at_least(red, reported, &share.red) {
            "red"
        } else if at_least(red + amber, reported, &share.amber)
            || report_rate.is_some_and(|it| !at_least(reported, all, &it.amber))
        {
            "amber"
        } else {
            "green"
        };
        let figure = pillar.map_or_else(|| "programme".to_owned(), |it| format!("pillars.{it}"));
        let percent = |part: i64, whole: i64| present::percent(part.into(), whole.into(), NONE);
        let counts = [
            ("green", green),
            ("amber", amber),
            ("red", red),
            ("none", none),
        ];
        let mut inputs: Terms = counts.iter().map(|it| input(it.0, it.1)).collect();
        inputs.extend([
            input("reported", reported),
            input("measures", all),
            input("red_percent", percent(red, reported)),
            input("red_or_amber_percent", percent(red + amber, reported)),
            input("reported_percent", percent(reported, all)),
        ]);
        // Where nobody reported, nothing is judged.
        let judged_by = [Some(share), report_rate].into_iter().flatten();
        let judged_by: Vec<&Threshold> = judged_by.filter(|_| reported > 0).collect();
        self.tell(&figure, pillar, inputs, &judged_by);
        for (word, _) in counts {
            self.count(&format!("{figure}.{word}"), pillar, |it| {
                super::word(it.counted()) == word
            });
        }
        json!({
            "green": green, "amber": amber, "red": red, "none": none,
            "colour": colour, "reported": format!("{reported} of {all}"),
        })
    }
}

/// Why there is no share of the measures.
const NONE: &str = "no measure reported";
