//! `leitstand close-year`: closes a pot's fiscal year, provisionally and then finally.

use std::fmt::Write as _;

use leitstand_domain::{Day, pot::Closing};
use leitstand_ingest::{Actor, Sealer, close_year, complete_pairs};
use leitstand_projections::{Ask, Filter, Page, View, answers};
use serde_json::Value;

use super::answer::question;
use crate::{
    cli, clock,
    config::Config,
    exit::{Exit, Stop},
    follow, out,
    stores::{self, Missing},
};

/// What is told of a closed year, and where it stands in `funds`.
const FIGURES: [(&str, &str); 6] = [
    ("Ansatz", "budget"),
    ("ausgezahlt", "paid_out"),
    ("davon bei Empfängern", "with_recipients"),
    ("gebunden, zu übertragen", "bound_to_carry"),
    ("bewilligt, nicht gebunden", "unbound_rest"),
    ("nie bewilligt", "free"),
];

pub(super) async fn run(args: &cli::CloseYear, config: &Config) -> Result<Exit, Stop> {
    let pot = stores::id("Der Topf", &args.pot)?;
    let on = question(&cli::Question {
        as_of: args.as_of.clone(),
        ..cli::Question::default()
    })?;
    let on = on.ask.view.as_of;
    let wanted = if args.r#final {
        Some(Closing::Final)
    } else {
        args.provisional.then_some(Closing::Provisional)
    };
    let opened = stores::open(config, Missing::Refuse).await?;
    let desk = opened.desk(config).await?;
    complete_pairs(&desk).await?;
    let closed = match close_year(&desk, &pot, wanted, on, &Actor::local()).await? {
        Ok(closed) => closed,
        Err(finding) => {
            let told = format!("leitstand: {} [{}]", finding.message, finding.code);
            out::say(&told);
            return Ok(Exit::Findings);
        }
    };
    let store = std::sync::Arc::clone(&opened.store);
    Sealer::new(store, clock::clock()).seal_now().await?;
    let state = match closed.closing {
        Closing::Open => "offen",
        Closing::Provisional => "vorläufig abgegrenzt",
        Closing::Final => "festgestellt",
    };
    let place = closed.recorded.map_or_else(
        || "das war schon so".to_owned(),
        |it| format!("festgehalten an Position {}", it.as_json()),
    );
    out::print(&format!("{pot}: {state} zum {on}, {place}\n"))?;
    let facts = follow::fold_all(&opened).await?;
    out::print(&figures(&facts, &pot, on)?)?;
    Ok(super::answer::standing(&facts))
}

/// What the year comes to: what went out, what is bound, what nobody bound, what nobody was granted.
fn figures(facts: &leitstand_projections::Facts, pot: &str, on: Day) -> Result<String, Stop> {
    let ask = Ask {
        view: View {
            as_of: on,
            known_on: None,
            at_position: None,
        },
        filter: Filter {
            pot: Some(pot.to_owned()),
            ..Filter::default()
        },
        page: Page::default(),
    };
    let funds = answers::by_name("funds").map(|it| it.answer(facts, &ask));
    let Some(funds) = funds.transpose()? else {
        return Ok(String::new());
    };
    let mut told = String::new();
    for (label, field) in FIGURES {
        let amount = funds.rows.first().and_then(|it| it.fields.get(field));
        let amount = amount.and_then(Value::as_str).unwrap_or("–");
        let _ = writeln!(told, "  {label:<26} {amount:>18}");
    }
    Ok(told)
}
