//! `leitstand <answer>`: an answer of the registry.

use leitstand_projections::{Facts, answer::Kind};
use leitstand_reports::{Format, Question};

use crate::{
    cli, clock,
    config::Config,
    exit::{Exit, Stop},
    follow, out,
    stores::{self, Missing},
};

pub(super) async fn run(
    kind: &'static Kind,
    args: &cli::Answer,
    config: &Config,
) -> Result<Exit, Stop> {
    let format = format(config.get("format").unwrap_or_default())?;
    let question = question(&args.question)?;
    let opened = stores::open(config, Missing::Refuse).await?;
    let facts = follow::fold_all(&opened).await?;
    let (pieces, _) = format.answer(kind, &facts, &question.ask)?;
    out::print(&pieces.concat())?;
    Ok(standing(&facts))
}

/// Reads what is asked.
pub(super) fn question(args: &cli::Question) -> Result<Question, Stop> {
    Question::read(args.options(), clock::today()).map_err(|bad| {
        let name = bad.name.replace('_', "-");
        Stop::usage(
            bad.message
                .replacen(&format!("{}=", bad.name), &format!("--{name} "), 1),
        )
    })
}

fn format(word: &str) -> Result<Format, Stop> {
    Format::of(word).ok_or_else(|| {
        Stop::usage(format!(
            "Die Form „{word}“ gibt es nicht; möglich sind: {}.",
            Format::WORDS.join(", ")
        ))
    })
}

/// Says so if the facts stand still: then an answer is right only up to there.
pub(super) fn standing(facts: &Facts) -> Exit {
    let Some(stopped) = &facts.stopped else {
        return Exit::Done;
    };
    out::say(&format!(
        "leitstand: Die Auskünfte stehen seit Position {} ({}): {}. Neueres fehlt in ihnen; bitte das neueste Programm benutzen.",
        stopped.position, stopped.name, stopped.cause
    ));
    Exit::Failure
}
