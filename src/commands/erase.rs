//! `leitstand erase`: destroys the keys of free texts and records that it did.

use leitstand_ingest::{Actor, erase};
use leitstand_store::Position;

use crate::{
    cli,
    config::Config,
    exit::{Exit, Stop},
    out,
    stores::{self, Missing},
};

pub(super) async fn run(args: &cli::Erase, config: &Config) -> Result<Exit, Stop> {
    let reason = stores::id("Der Grund", &args.reason)?;
    let opened = stores::open(config, Missing::Refuse).await?;
    let desk = opened.desk(config).await?;
    let positions: Vec<Position> = args
        .events
        .iter()
        .map(|it| Position::from_json(*it))
        .collect();
    let erased = match erase(&desk, &positions, &reason, &Actor::local()).await? {
        Ok(erased) => erased,
        Err(findings) => {
            for finding in findings {
                out::say(&format!(
                    "leitstand: {} [{}]",
                    finding.message, finding.code
                ));
            }
            out::say("Nichts wurde gelöscht.");
            return Ok(Exit::Findings);
        }
    };
    for it in erased {
        let word = if it.was_erased {
            "war schon gelöscht"
        } else {
            "gelöscht"
        };
        out::print(&format!(
            "Position {}: {} {word}, festgehalten an Position {}\n",
            it.position.as_json(),
            it.columns.join(", "),
            it.recorded.as_json()
        ))?;
    }
    out::say(
        "In Sicherungen, die ihre Schlüssel enthalten, stehen die Texte noch: bitte ablaufen lassen.",
    );
    Ok(Exit::Done)
}
